# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: validate and expand an intent; documented in intent.yml."""

from __future__ import annotations

from ..module_utils._model.intent import expand
from ..plugin_utils._intent.validate import validated


def intent(data):
    """Return the expanded intent."""
    return expand(validated(data)).to_dict()


class FilterModule:
    """The filters of this file."""

    def filters(self):
        """Return them by name."""
        return {"intent": intent}
