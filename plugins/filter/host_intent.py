# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: the intent of an inventory host that has none of its own; see host_intent.yml."""

from __future__ import annotations

from ..plugin_utils._intent.of_host import intent_of_host


def host_intent(name, ansible_host=""):
    """Return an intent as plain data, not yet validated."""
    return intent_of_host(str(name), str(ansible_host or ""))


class FilterModule:
    """The filters of this file."""

    def filters(self):
        """Return them by name."""
        return {"host_intent": host_intent}
