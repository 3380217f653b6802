# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what postconf prints to the listeners that Postfix is configured to have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Optional

from .._model.host_view import ALL, ALL_IPV4, ALL_IPV6, Configured, ReadError, Source
from .._model.servers import POSTFIX
from .._model.services import MAX_PORT, by_port

_CERTIFICATES = (
    "smtpd_tls_chain_files",
    "smtpd_tls_cert_file",
    "smtpd_tls_eccert_file",
    "smtpd_tls_dcert_file",
)
_RESTRICTIONS = (
    "smtpd_client_restrictions",
    "smtpd_helo_restrictions",
    "smtpd_sender_restrictions",
    "smtpd_relay_restrictions",
    "smtpd_recipient_restrictions",
)
_SWITCHES = (
    "smtpd_tls_wrappermode",
    "smtpd_tls_security_level",
    "smtpd_tls_auth_only",
    "smtpd_sasl_auth_enable",
)
# All that must be asked for with ``postconf -x``.
PARAMETERS = (
    *_CERTIFICATES,
    *_RESTRICTIONS,
    *_SWITCHES,
    "smtpd_use_tls",
    "smtpd_enforce_tls",
    "postscreen_tls_security_level",
    "inet_interfaces",
    "inet_protocols",
    "smtpd_upstream_proxy_protocol",
    "postscreen_upstream_proxy_protocol",
)
_FIELDS = 8


@dataclass(frozen=True)
class PostfixText:
    """What Postfix says: ``postconf -M``, ``-Px``, ``-x`` of PARAMETERS, and master.cf itself."""

    entries: str
    overrides: str
    parameters: str
    master_cf: str = ""
    path: str = ""


def read_postfix(
    text: PostfixText,
    port_of: Callable[[str], Optional[int]],
    addresses_of: Callable[[str], list[str]],
) -> tuple[list[Configured], list[str]]:
    """Return the SMTP listeners that are configured, and what could not be understood.

    ``port_of`` returns the port of a service name, None for an unknown one; ``addresses_of`` those
    of a host name. Raises ReadError.
    """
    reader = _Reader(text, port_of, addresses_of)
    return list(reader.listeners()), reader.warnings


class _Reader:
    """One Postfix instance."""

    def __init__(
        self,
        text: PostfixText,
        port_of: Callable[[str], Optional[int]],
        addresses_of: Callable[[str], list[str]],
    ) -> None:
        self._text = text
        self._port_of = port_of
        self._addresses_of = addresses_of
        self._main = parameters(text.parameters)
        self._overrides = _overrides(text.overrides)
        self._lines = _places(text.master_cf)
        self.warnings: list[str] = []

    def listeners(self) -> Iterator[Configured]:
        """Yield the listeners, entry by entry, address by address."""
        for line in self._text.entries.splitlines():
            fields = line.split(None, _FIELDS)
            if not fields:
                continue
            if len(fields) < _FIELDS:
                raise ReadError(f"postconf -M: {line[:60]!r} is not an entry of master.cf")
            name, kind, command = fields[0], fields[1], fields[7]
            if kind == "inet" and command in ("smtpd", "postscreen"):
                yield from self._entry(name, command)

    def _entry(self, name: str, command: str) -> Iterator[Configured]:
        host, word = _host_and_port(name)
        port = self._port(word)
        if port is None:
            self.warnings.append(f"Postfix: the port of the entry {name!r} is not known here")
            return
        own = self._own(f"{name}/inet")
        setting = own if command == "smtpd" else self._own("smtpd/pass")
        level = _level(setting) if command == "smtpd" else own("postscreen_tls_security_level")
        certificate = any(setting(one) for one in _CERTIFICATES)
        implicit = command == "smtpd" and _yes(setting("smtpd_tls_wrappermode"))
        starttls = certificate and level not in ("", "none")
        tls = "implicit" if implicit else "starttls" if starttls else "cleartext"
        login = _login(setting)
        in_clear = tls == "cleartext" or (tls == "starttls" and level == "may")
        known = by_port(port)
        for address in self._addresses(host):
            yield Configured(
                service=known.name if known else name,
                protocol="smtp",
                port=port,
                address=address,
                tls=tls,
                login=login,
                clear_login=login != "none"
                and in_clear
                and not _yes(setting("smtpd_tls_auth_only")),
                certificate=certificate,
                server=POSTFIX,
                source=Source(self._text.path, self._lines.get((name, "inet"), 0)),
                settings=_deciding(setting, own, command),
                proxied=bool(own(f"{command}_upstream_proxy_protocol")),
            )

    def _own(self, entry: str) -> Callable[[str], str]:
        """Return the way to a parameter as the processes of an entry see it."""
        mine = self._overrides.get(entry, {})
        return lambda name: mine.get(name, self._main.get(name, ""))

    def _port(self, word: str) -> Optional[int]:
        if re.fullmatch("[0-9]{1,5}", word):
            return int(word) if 0 < int(word) <= MAX_PORT else None
        return self._port_of(word)

    def _addresses(self, host: str) -> list[str]:
        """Return the addresses of a listener, all of both families as one."""
        families = _words(self._main.get("inet_protocols", "all"))
        both = "all" in families or {"ipv4", "ipv6"} <= set(families)
        words = [host] if host else _words(self._main.get("inet_interfaces", "all"))
        if "all" in words:
            return [ALL if both else ALL_IPV6 if "ipv6" in families else ALL_IPV4]
        found: list[str] = []
        for word in words:
            bare = word[1:-1] if word.startswith("[") and word.endswith("]") else word
            found += ["127.0.0.1", "::1"] if bare == "loopback-only" else self._addresses_of(bare)
        return [one for one in found if both or (":" in one) is ("ipv6" in families)]


def _level(setting: Callable[[str], str]) -> str:
    """Return the security level, which two older parameters stand for where it is empty."""
    if setting("smtpd_tls_security_level"):
        return setting("smtpd_tls_security_level").lower()
    if _yes(setting("smtpd_enforce_tls")):
        return "encrypt"
    return "may" if _yes(setting("smtpd_use_tls")) else "none"


def _login(setting: Callable[[str], str]) -> str:
    """Return none, optional, or required where a restriction list turns all others away."""
    if not _yes(setting("smtpd_sasl_auth_enable")):
        return "none"
    for name in _RESTRICTIONS:
        words = _words(setting(name))
        if "permit_sasl_authenticated" in words:
            rest = words[words.index("permit_sasl_authenticated") :]
            if "reject" in rest and "permit" not in rest[: rest.index("reject")]:
                return "required"
    return "optional"


def _deciding(
    setting: Callable[[str], str], own: Callable[[str], str], command: str
) -> dict[str, str]:
    found = {name: setting(name) for name in _SWITCHES}
    found.update({name: setting(name) for name in _CERTIFICATES if setting(name)})
    if command == "postscreen":
        name = "postscreen_tls_security_level"
        found[name] = own(name)
    return found


def parameters(text: str) -> dict[str, str]:
    """Return the parameters that postconf prints, one a line."""
    found = {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if not equals:
            raise ReadError(f"postconf: {line[:60]!r} is not a parameter")
        found[name.strip()] = value.strip()
    return found


def _overrides(text: str) -> dict[str, dict[str, str]]:
    """Return the parameters of each entry (``name/type``) of master.cf."""
    found: dict[str, dict[str, str]] = {}
    for key, value in parameters(text).items():
        entry, slash, name = key.rpartition("/")
        if not slash:
            raise ReadError(f"postconf -P: {key[:60]!r} names no entry of master.cf")
        found.setdefault(entry, {})[name] = value
    return found


def _places(master_cf: str) -> Mapping[tuple[str, str], int]:
    """Return the line of each entry, by name and type."""
    found = {}
    for number, line in enumerate(master_cf.splitlines(), 1):
        words = line.split()
        # What begins with white space continues the entry above.
        if len(words) > 1 and not line[0].isspace() and not line.startswith("#"):
            found[words[0], words[1]] = number
    return found


def _host_and_port(name: str) -> tuple[str, str]:
    host, _colon, port = name.rpartition(":")
    return (host[1:-1] if host.startswith("[") and host.endswith("]") else host), port


def known_ports(text: str) -> dict[str, int]:
    """Return the ports by name in a value of ``known_tcp_ports`` (name=other=port, …)."""
    found = {}
    for word in _words(text):
        *names, port = word.split("=")
        if re.fullmatch("[0-9]{1,5}", port):
            found.update(dict.fromkeys(names, int(port)))
    return found


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[,\s]+", text) if word]


def _yes(value: str) -> bool:
    return value.lower() == "yes"
