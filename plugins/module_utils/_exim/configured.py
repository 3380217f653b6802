# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what ``exim4 -bP`` prints to the listeners that Exim is configured to have.

Many of Exim's settings are expanded anew for each client. Only what is the same for every client,
or depends on TLS alone, is told; the rest is "unknown", and a warning says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import Optional

from .._model.host_view import ALL, ALL_IPV4, ALL_IPV6, UNKNOWN, Configured, ReadError, Source
from .._model.servers import EXIM
from .._model.services import MAX_PORT, by_port
from .conditions import Answer, all_of, any_of, condition, hosts
from .lists import elements

PORTS = "daemon_smtp_ports"
INTERFACES = "local_interfaces"
IMPLICIT = "tls_on_connect_ports"
STARTTLS_HOSTS = "tls_advertise_hosts"
LOGIN_HOSTS = "auth_advertise_hosts"
CERTIFICATE = "tls_certificate"
NO_IPV6 = "disable_ipv6"
# All that must be asked for with ``exim4 -bP``.
OPTIONS = (PORTS, INTERFACES, IMPLICIT, STARTTLS_HOSTS, LOGIN_HOSTS, CERTIFICATE, NO_IPV6)
# Without these nothing is known; an Exim built without TLS lacks the others.
_NEEDED = (PORTS, INTERFACES)
# What makes an authenticator one for clients that log in here (the Exim specification, chapters
# 34 to 42); "" for a driver that always is.
_SERVES = {
    "plaintext": "server_condition",
    "external": "server_condition",
    "cram_md5": "server_secret",
    "dovecot": "server_socket",
    "spa": "server_password",
    "cyrus_sasl": "",
}
# Of an option that this Exim was built without.
_NOT_THERE = " is not a known option"
_ADDRESS = re.compile(
    r"\[(?P<inner>[^\]]+)\](?::(?P<port>\d+))?$"
    r"|(?P<v4>\d+\.\d+\.\d+\.\d+)(?:\.(?P<port4>\d+))?$"
    r"|(?P<v6>[0-9A-Fa-f:]*:[0-9A-Fa-f:]*(?:\d+\.\d+\.\d+\.\d+)?)(?:\.(?P<port6>\d+))?$"
)


@dataclass(frozen=True)
class Authenticator:
    """One authenticator: its name and its options with their values."""

    name: str
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class EximText:
    """What Exim says: its options by name, its authenticators, and the command line that its daemon
    is started with (``arguments``), with the place where each is written."""

    options: Mapping[str, str]
    authenticators: Sequence[Authenticator] = ()
    arguments: Sequence[str] = ()
    source: Source = field(default_factory=Source)


def options_in(text: str, names: Sequence[str] = OPTIONS) -> dict[str, str]:
    """Return the options in what ``exim4 -bP NAME...`` prints; a value may have several lines."""
    found: dict[str, str] = {}
    last = ""
    for line in text.splitlines():
        name, equals, value = line.partition(" =")
        bare = line[3:] if line.startswith("no_") else line
        if equals and name in names and name not in found:
            last = name
            found[name] = value.strip()
        elif bare in names and bare not in found:
            last = ""
            found[bare] = "no" if bare != line else "yes"
        elif last and not line.endswith(_NOT_THERE):
            found[last] += f"\n{line}"
    return found


def authenticators_in(text: str) -> list[Authenticator]:
    """Return the authenticators in what ``exim4 -bP authenticators`` prints."""
    found: list[Authenticator] = []
    for line in text.splitlines():
        title = re.fullmatch(r"(\S+) authenticator:", line)
        name, equals, value = line.partition(" = ")
        if title:
            found.append(Authenticator(title[1], {}))
        elif found and (equals or line.endswith(" =")) and re.fullmatch(r"\w+", name.rstrip(" =")):
            last = found[-1]
            name = name.rstrip(" =")
            if name not in last.options:
                found[-1] = replace(last, options={**last.options, name: value})
    return found


def read_exim(
    text: EximText, port_of: Callable[[str], Optional[int]]
) -> tuple[list[Configured], list[str]]:
    """Return the SMTP listeners that are configured, and what could not be told.

    ``port_of`` returns the port of a service name, None for an unknown one. Raises ReadError.
    """
    reader = _Reader(text, port_of)
    return list(reader.listeners()), reader.warnings


class _Reader:
    """One Exim daemon."""

    def __init__(self, text: EximText, port_of: Callable[[str], Optional[int]]) -> None:
        missing = [name for name in _NEEDED if name not in text.options]
        if missing:
            raise ReadError(f"exim4 -bP does not print {' and '.join(missing)}")
        self._text = text
        self._port_of = port_of
        self.warnings: list[str] = []

    def listeners(self) -> Iterator[Configured]:
        """Yield the listeners, address by address."""
        words, interfaces = self._places()
        ports = list(self._ports(words))
        implicit = set(self._ports(elements(self._option(IMPLICIT))))
        always = "-tls-on-connect" in self._text.arguments
        bound: dict[int, list[str]] = {}
        for item in interfaces:
            address, own = self._interface(item)
            for port in [own] if own else ports:
                if address not in bound.setdefault(port, []):
                    bound[port].append(address)
        starttls = self._answer(STARTTLS_HOSTS, hosts(self._option(STARTTLS_HOSTS)))
        login = self._login()
        for port, addresses in bound.items():
            for address in self._together(addresses):
                yield self._listener(port, address, always or port in implicit, starttls, login)

    def _listener(
        self, port: int, address: str, implicit: bool, starttls: Answer, login: Answer
    ) -> Configured:
        known = by_port(port)
        tls = "implicit" if implicit else _mode(starttls.before)
        return Configured(
            service=known.name if known else str(port),
            protocol="smtp",
            port=port,
            address=address,
            tls=tls,
            login=_login_word(tls, login),
            clear_login=False if implicit else login.before,
            certificate=bool(self._option(CERTIFICATE)),
            server=EXIM,
            source=self._text.source,
            settings=self._deciding(),
        )

    def _places(self) -> tuple[list[str], list[str]]:
        """Return the ports and the interfaces; the daemon's ``-oX`` overrides either or both."""
        given = list(self._text.arguments)
        override = elements(given[given.index("-oX") + 1]) if "-oX" in given[:-1] else []
        ports = [item for item in override if not _is_place(item)]
        interfaces = [item for item in override if _is_place(item)]
        return (
            ports or elements(self._option(PORTS)),
            interfaces or elements(self._option(INTERFACES)),
        )

    def _ports(self, words: Sequence[str]) -> Iterator[int]:
        for word in words:
            port = int(word) if re.fullmatch(r"\d{1,5}", word) else self._port_of(word)
            if port is None or not 0 < port <= MAX_PORT:
                self.warnings.append(f"Exim: the port {word[:40]!r} is not known here")
            else:
                yield port

    def _interface(self, item: str) -> tuple[str, int]:
        """Return the address of an item of local_interfaces, and its own port or 0."""
        found = _ADDRESS.match(item)
        parts = found.groupdict() if found else {}
        text = parts.get("inner") or parts.get("v4") or parts.get("v6") or ""
        port = int(parts.get("port") or parts.get("port4") or parts.get("port6") or 0)
        try:
            address = ip_address(text)
        except ValueError as error:
            raise ReadError(f"Exim: {item[:60]!r} in {INTERFACES} is not an address") from error
        if port > MAX_PORT:
            raise ReadError(f"Exim: {item[:60]!r} in {INTERFACES} has no port that exists")
        return str(address), port

    def _together(self, addresses: Sequence[str]) -> list[str]:
        """Return the addresses of one port, all of both families as one."""
        found = [one for one in addresses if ":" not in one or self._option(NO_IPV6) != "yes"]
        if ALL_IPV4 in found and ALL_IPV6 in found:
            return [ALL]
        return [
            one
            for one in found
            if one in (ALL_IPV4, ALL_IPV6) or (ALL_IPV6 if ":" in one else ALL_IPV4) not in found
        ]

    def _login(self) -> Answer:
        """Return whether logins are offered: by some authenticator, to the hosts that may."""
        offered = []
        for one in self._text.authenticators:
            driver = one.options.get("driver", "")
            decides = _SERVES.get(driver)
            if decides is None:
                self.warnings.append(
                    f"Exim: whether the authenticator {one.name} ({driver}) takes logins is not "
                    "known"
                )
                offered.append(Answer(None, None))
            elif not decides or one.options.get(decides):
                wish = one.options.get("server_advertise_condition", "")
                name = f"server_advertise_condition of the authenticator {one.name}"
                offered.append(self._answer(name, condition(wish)))
        by_host = self._answer(LOGIN_HOSTS, hosts(self._option(LOGIN_HOSTS)))
        return all_of([by_host, any_of(offered)]) if offered else Answer(False, False)

    def _answer(self, name: str, answer: Answer) -> Answer:
        if None in (answer.before, answer.inside):
            self.warnings.append(f"Exim: {name} is decided client by client, and was not evaluated")
        return answer

    def _option(self, name: str) -> str:
        return self._text.options.get(name, "")

    def _deciding(self) -> dict[str, str]:
        found = {name: self._option(name) for name in OPTIONS if self._option(name)}
        found["authenticators"] = ", ".join(one.name for one in self._text.authenticators)
        if self._text.arguments:
            found["daemon options"] = " ".join(self._text.arguments)
        return found


def _is_place(item: str) -> bool:
    """Tell an address from a port in ``-oX``, as Exim does: by a dot, a colon or a bracket."""
    return any(sign in item for sign in ".:[")


def _mode(starttls: Optional[bool]) -> str:
    if starttls is None:
        return UNKNOWN
    return "starttls" if starttls else "cleartext"


def _login_word(tls: str, login: Answer) -> str:
    """Return none, optional or unknown. Whether a login is required is up to Exim's access lists,
    which are programs, and are not evaluated."""
    reached = {"implicit": [login.inside], "cleartext": [login.before]}.get(
        tls, [login.before, login.inside]
    )
    if any(reached):
        return "optional"
    return UNKNOWN if None in reached else "none"
