# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the XML from which mail programs configure themselves (autoconfig)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...module_utils._services import by_port
from ._facts import CLEARTEXT, CLIENT, IMPLICIT, STARTTLS, Fact, Mention, Place
from ._template import enclosed, replaced
from ._tree import TreeError
from ._values import is_local, number

_MODES = {"ssl": IMPLICIT, "starttls": STARTTLS, "plain": CLEARTEXT}
# By patterns and not by a parser of XML: entities cannot blow up, and lines are kept.
_SERVERS = ("incomingServer", "outgoingServer")
_FIELD = re.compile(r"<(port|socketType|hostname|username|authentication)\s*>([^<]*)</")


def autoconfig_facts(text: str) -> Iterator[Fact]:
    """Yield a mention for each server. Raises TreeError for what is no such file."""
    text = replaced(text, "<!--", "-->", lambda _inner: "")
    if "<clientConfig" in text and "</clientConfig" not in text:
        raise TreeError("the XML ends before its root element does")
    for name in _SERVERS:
        for start, end in enclosed(text, f"<{name}", f"</{name}"):
            yield from _server(text[start:end], text.count("\n", 0, start), name)


def _server(text: str, before: int, name: str) -> Iterator[Fact]:
    """Yield the mention of one server, whose text begins behind ``before`` lines."""
    fields: dict[str, tuple[str, int]] = {}
    for field in _FIELD.finditer(text):
        line = before + text.count("\n", 0, field.start(2)) + 1
        fields.setdefault(field[1], (field[2].strip(), line))
    if "port" not in fields:
        return
    word, line = fields["port"]
    row = by_port(number(word))
    if row is None:
        return
    mode, mode_line = fields.get("socketType", ("", 0))
    authentication = fields.get("authentication", ("", 0))[0].lower()
    yield Mention(
        row=row,
        port=row.port,
        role=CLIENT,
        place=Place(line, 0, f"{name}.port"),
        text=word,
        tls=_MODES.get(mode.lower()),
        login=authentication not in ("none", "client-ip-address"),
        local=is_local(fields.get("hostname", ("", 0))[0]),
        tls_place=Place(mode_line) if mode_line else None,
    )
