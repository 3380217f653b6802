# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: what is asked of hosts that said how they are configured; see audit_asked.yml."""

from __future__ import annotations

from ..plugin_utils._report.role_facts import with_listeners


class FilterModule:
    """The filter of this file."""

    def filters(self):
        """Return it by name."""
        return {"audit_asked": with_listeners}
