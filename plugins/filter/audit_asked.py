# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters: what the role audit asks of its hosts, and from where; see audit_asked.yml."""

from __future__ import annotations

from ..plugin_utils._report.role_facts import asked, vantages


class FilterModule:
    """The filters of this file."""

    def filters(self):
        """Return them by name."""
        return {"audit_asked": asked, "audit_vantages": vantages}
