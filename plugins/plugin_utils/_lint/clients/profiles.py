# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read configuration profiles of Apple's systems (mobileconfig), as files or in programs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ....module_utils._model.services import SERVICES, by_port
from ..facts import CLEARTEXT, CLIENT, SOME, Fact, Mention, Place
from ..tree.template import replaced
from ..words.values import is_local, number

_KEY = re.compile(
    r"<key>\s*(?P<key>\w+)\s*</key>\s*"
    r"(?:<(?P<kind>integer|string)>\s*(?P<value>[^<]*?)\s*</|<(?P<switch>true|false)\s*/>)"
)
_ENDS = re.compile(r"</dict>")
_Fields = dict[str, tuple[str, int]]


def profile_facts(text: str) -> Iterator[Fact]:
    """Yield a mention for each server that a profile sets up."""
    text = replaced(text, "<!--", "-->", lambda _inner: "")
    start = 0
    for end in [*(match.end() for match in _ENDS.finditer(text)), len(text)]:
        fields: _Fields = {}
        for match in _KEY.finditer(text, start, end):
            value = match["switch"] or match["value"]
            fields[match["key"]] = (value, text.count("\n", 0, match.end()) + 1)
        start = end
        for side in ("Incoming", "Outgoing"):
            yield from _server(fields, side)


def _server(fields: _Fields, side: str) -> Iterator[Fact]:
    """Yield the mention of the server for mail that comes in or goes out."""
    prefix = f"{side}MailServer"
    host, host_line = fields.get(f"{prefix}HostName", ("", 0))
    word, line = fields.get(f"{prefix}PortNumber", ("", 0))
    # Without this switch, systems of Apple's do not use TLS.
    switch, switch_line = fields.get(f"{prefix}UseSSL", ("false" if host or word else "", 0))
    if not switch or not (host or word):
        return
    secure = switch == "true"
    kind = fields.get("EmailAccountType", ("", 0))[0].lower()
    protocol = "smtp" if side == "Outgoing" else "pop3" if "pop" in kind else "imap"
    row = by_port(number(word)) if word else None
    if row is None and not word and side == "Incoming":
        row = SERVICES[f"{protocol}s" if secure else protocol]
    if row is None:
        return
    authentication = fields.get(f"{prefix}Authentication", ("", 0))[0]
    yield Mention(
        row,
        row.port,
        CLIENT,
        Place(line or switch_line or host_line, 0, f"{prefix}PortNumber"),
        word or str(row.port),
        tls=SOME if secure else CLEARTEXT,
        login=authentication != "EmailAuthNone",
        local=is_local(host),
        tls_place=Place(switch_line) if switch_line else None,
    )
