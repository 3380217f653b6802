# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a text that cannot be read holds mail ports or mail settings."""

from __future__ import annotations

import re

from ....module_utils._model.services import SERVICES

_PORTS = "|".join(sorted({str(row.port) for row in SERVICES.values()}))
_MENTION = re.compile(
    r"(?:smtpd?|imaps?|pop3s?|submissions?|postfix|dovecot|exim4?|sendmail)(?![a-rt-z])"
    rf"|ports?\W{{1,6}}(?:{_PORTS})\b",
    re.IGNORECASE,
)


def first_mention(text: str) -> int:
    """Return the line of the first mail word or mail port, 0 where there is none."""
    match = _MENTION.search(text)
    return text.count("\n", 0, match.start()) + 1 if match else 0
