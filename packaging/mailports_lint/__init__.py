# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command mailports-lint of the wheel, around the engine that the wheel brings along."""

from __future__ import annotations

from .plugins.plugin_utils._lint.cli import main

__all__ = ["main"]
