# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read and judge Exim's configuration: listeners, authenticators and transports."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Optional

from ....module_utils._model.services import TLS_VERSIONS, Service, by_port
from ..facts import (
    CLEARTEXT,
    CLIENT,
    IMPLICIT,
    LISTENER,
    OPTIONAL,
    SOME,
    Fact,
    Flaw,
    Lowest,
    Mention,
    Place,
    unverified,
)
from ..words.mail_words import service_named, truth
from ..words.values import is_local
from ..words.versions import version_of

_SECTION = re.compile(r"begin[ \t]+(\w+)")
_BLOCK = re.compile(r"([\w.-]+):[ \t]*(?:#.*)?")
_SETTING = re.compile(r"(?:hide[ \t]+)?([A-Za-z_][\w.]*)[ \t]*=[ \t]*(.*)")
_SWITCH = re.compile(r"(no_|not_)?([a-z]\w*)")
_TLS_CONDITION = re.compile(r"tls_(?:in_)?(?:cipher|sni|ver)|tls_certificate_verified|TLS", re.I)
_EXCLUDED = re.compile(r"\+no_(sslv2|sslv3|tlsv1(?:_[0-3])?)\b")
# Drivers that take a password as it is; the names of mechanisms that do.
_PLAIN_DRIVERS = ("plaintext", "dovecot", "cyrus_sasl", "pam")
_CLEAR = ("PLAIN", "LOGIN")
_MACROS = {
    "AUTH_SERVER_ALLOW_NOTLS_PASSWORDS": "login-before-tls",
    "AUTH_CLIENT_ALLOW_NOTLS_PASSWORDS": "starttls-not-required",
}


@dataclass
class _Block:
    """A section's part: its settings by name, value and line; ``line`` is that of its name."""

    line: int = 0
    values: dict[str, tuple[str, int]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return a value, "" where it is not set."""
        return self.values.get(name, ("", 0))[0]

    def place(self, *names: str) -> Place:
        """Return the place of the first name that is set, of the block for none."""
        line = next((self.values[name][1] for name in names if name in self.values), self.line)
        return Place(line)


def exim_facts(text: str) -> Iterator[Fact]:
    """Yield the facts of a configuration, whole or one of its parts."""
    main, sections = _parsed(text)
    for name, rule in _MACROS.items():
        if name in main.values and truth(main.text(name) or "yes") is not False:
            yield Flaw(rule, main.place(name), {"seen": name})
    yield from _listeners(main)
    if "tls_advertise_hosts" in main.values and not main.text("tls_advertise_hosts"):
        facts = {"message": "tls_advertise_hosts is empty, so no listener offers TLS"}
        remedy = "Set tls_advertise_hosts = *, and give Exim a certificate and key."
        yield Flaw("cleartext-port", main.place("tls_advertise_hosts"), facts, remedy=remedy)
    excluded = {version_of(one) for one in _EXCLUDED.findall(main.text("openssl_options"))}
    if excluded:
        lowest = next((one for one in TLS_VERSIONS if one not in excluded), None)
        if lowest:
            yield Lowest(lowest, main.place("openssl_options"), main.text("openssl_options"))
    yield from _logins(main, sections.get("authenticators", {}))
    for transport in sections.get("transports", {}).values():
        if transport.text("driver") == "smtp":
            yield from _transport(transport)


def _parsed(text: str) -> tuple[_Block, dict[str, dict[str, _Block]]]:
    """Return the main settings, and the blocks of each section."""
    main = _Block()
    sections: dict[str, dict[str, _Block]] = {}
    current: Optional[dict[str, _Block]] = None
    block = main
    lines = iter(enumerate(text.split("\n"), 1))
    for number, raw in lines:
        line = raw.strip()
        while line.endswith("\\"):
            more = next(lines, (0, ""))[1].strip()
            line = line[:-1].rstrip() + " " + ("" if more.startswith("#") else more)
            if not more:
                break
        if not line or line.startswith(("#", ".")):
            continue
        section = _SECTION.fullmatch(line)
        name = _BLOCK.fullmatch(line)
        setting = _SETTING.match(line)
        if section:
            current = sections.setdefault(section[1], {})
            block = _Block(number)
        elif name and (current is not None or block is main):
            # A part of conf.d has its section in another file: its drivers tell what it is.
            if current is None:
                current = sections.setdefault("", {})
            block = current.setdefault(name[1], _Block(number))
        elif setting:
            block.values[setting[1]] = (setting[2].strip().strip('"'), number)
        elif current:
            switch = _SWITCH.fullmatch(line)
            if switch:
                block.values[switch[2]] = ("no" if switch[1] else "yes", number)
    for name_, one in sections.pop("", {}).items():
        server = any(key.startswith(("server_", "public_name")) for key in one.values)
        sections.setdefault("authenticators" if server else "transports", {})[name_] = one
    return main, sections


def _ports(text: str) -> Iterator[int]:
    """Yield the ports of a list of Exim's: ``25 : 587``, ``<, 25, smtps``."""
    for word in re.split(r"[:;,\s]+", re.sub(r"^<.", "", text.strip())):
        row = service_named(word)
        if row is not None:
            yield row.port
        elif word.isdigit() and len(word) < 6:
            yield int(word)


def _listeners(main: _Block) -> Iterator[Fact]:
    implicit = set(_ports(main.text("tls_on_connect_ports")))
    interfaces = main.text("local_interfaces")
    bound = [one for one in re.split(r"[;\s]+", re.sub(r"^<.", "", interfaces)) if one]
    if bound and all(is_local(one) for one in bound):
        return
    for port in _ports(main.text("daemon_smtp_ports")):
        row = by_port(port)
        if row is None:
            continue
        if row.tls == IMPLICIT and port not in implicit:
            facts = {"intended": "TLS from the first byte", "seen": "STARTTLS"}
            place = main.place("daemon_smtp_ports")
            yield Flaw("wrong-tls-mode", place, facts, row.name, port)
        elif row.tls != IMPLICIT and port in implicit:
            facts = {"intended": "STARTTLS", "seen": "TLS from the first byte"}
            place = main.place("tls_on_connect_ports")
            yield Flaw("wrong-tls-mode", place, facts, row.name, port)
        else:
            yield Mention(row, port, LISTENER, main.place("daemon_smtp_ports"), str(port))


def _logins(main: _Block, authenticators: Mapping[str, _Block]) -> Iterator[Fact]:
    """Yield the authenticators that offer a password login before TLS."""
    hosts = main.text("auth_advertise_hosts")
    if "auth_advertise_hosts" in main.values and (not hosts or _TLS_CONDITION.search(hosts)):
        return
    for one in authenticators.values():
        server = any(name.startswith("server_") for name in one.values)
        clear = one.text("public_name").upper() in _CLEAR
        if not server or not clear or one.text("driver") not in _PLAIN_DRIVERS:
            continue
        condition = one.text("server_advertise_condition")
        if not condition or not (_TLS_CONDITION.search(condition) or condition in ("no", "false")):
            seen = f"{one.text('public_name')} without server_advertise_condition on TLS"
            remedy = "Set server_advertise_condition = ${if def:tls_in_cipher}."
            place = one.place("server_advertise_condition", "driver")
            yield Flaw("login-before-tls", place, {"seen": seen}, remedy=remedy)


def _transport(one: _Block) -> Iterator[Fact]:
    """Yield the facts of Exim as a client."""
    login = bool(one.text("hosts_require_auth") or one.text("hosts_try_auth"))
    ports = list(_ports(one.text("port")))
    row: Optional[Service] = by_port(ports[0]) if ports else None
    tls: Optional[str] = OPTIONAL if login else None
    if one.text("protocol") == "smtps":
        tls = IMPLICIT
    elif one.text("hosts_require_tls"):
        tls = SOME
    elif one.text("hosts_avoid_tls") == "*":
        tls = CLEARTEXT
    local = is_local(one.text("hosts"))
    if row is not None and row.protocol == "smtp":
        place = one.place("port")
        yield Mention(row, row.port, CLIENT, place, str(row.port), tls, login, local)
    for name in ("tls_verify_hosts", "tls_try_verify_hosts"):
        checked = one.values.get(name)
        if checked and checked[0] in ("", ":") and login and name == "tls_try_verify_hosts":
            yield unverified(Place(checked[1]))
