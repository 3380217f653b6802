# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that each server of the table has a reader, and that there is no other."""

from __future__ import annotations

from ansible_collections.postmaster.mailports.plugins.module_utils._host.readers import READERS
from ansible_collections.postmaster.mailports.plugins.module_utils._model.servers import SERVERS


def test_one_reader_for_each_row() -> None:
    assert list(READERS) == list(SERVERS)
