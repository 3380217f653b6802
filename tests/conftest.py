# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load the plugins and hypothesis profile that every test of the project shares."""

from __future__ import annotations

from hypothesis import settings

from tests.support.amount import examples

pytest_plugins = ["pytester", "tests.support.gaps", "tests.support.slowest"]

# No deadline: the machine may be busy. Derandomised: a failure must be the change's fault.
settings.register_profile(
    "mailports", deadline=None, derandomize=True, database=None, max_examples=examples(100)
)
settings.load_profile("mailports")
