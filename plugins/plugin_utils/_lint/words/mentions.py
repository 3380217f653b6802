# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a text can hold mail ports or mail settings at all, before anything parses it."""

from __future__ import annotations

import re

from ....module_utils._model.services import SERVICES

_PORTS = "|".join(sorted({str(row.port) for row in SERVICES.values()}))
_MENTION = re.compile(
    r"(?:smtpd?|imaps?|pop3s?|submissions?|postfix|dovecot|exim4?|sendmail)(?![a-rt-z])"
    rf"|ports?\W{{1,6}}(?:{_PORTS})\b",
    re.IGNORECASE,
)
# Without any of these no reader of data or programs finds anything: numbers of mail ports, ranges
# that may take them in, names of protocols, servers and settings, and ports of variables.
_CAN_HOLD = re.compile(
    rf"(?<![\w.])(?:{_PORTS})(?![\w-]|\.\d)|smtp|imap|pop3|submission|dovecot|postfix|exim|mailports"
    r"|(?<!\w)mail:\s"
    r"|relay_?host|smarthost|starttls|ssl_|disable_plaintext|auth_allow|(?:pass|password)_scheme"
    r"|from_?port|port_?range|(?<![\w.-])\d{1,5}\s?[-:]\s?\d{3,5}(?![\w-])"
    r"|\{\{[^{}]{0,80}port|verif|insecure|unauthorized",
    re.IGNORECASE,
)


def can_hold(text: str) -> bool:
    """Tell whether a text can hold mail ports or mail settings."""
    return _CAN_HOLD.search(text) is not None


def first_mention(text: str) -> int:
    """Return the line of the first mail word or mail port, 0 where there is none."""
    match = _MENTION.search(text)
    return text.count("\n", 0, match.start()) + 1 if match else 0
