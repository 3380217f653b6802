# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what doveconf prints to the listeners that Dovecot is configured to have, 2.3 and 2.4."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Optional

from .._model.host_view import ALL, ALL_IPV4, ALL_IPV6, Configured, ReadError, Source
from .._model.servers import BEHIND_A_PROXY, DOVECOT
from .._model.services import MANAGESIEVE_PORT, MAX_PORT, SERVICES, by_port
from .syntax import NAMELESS, Path, Setting, Settings, parse_dovecot

# RFC 5804 section 1.8; no mail port of the table.
_FIRST_LINE = re.compile(r"# (\d+\.\d+[^ ]*) \([^)]*\): (\S+)")
_FILTERS = ("local", "remote", "local_name")
_CERTIFICATES = ("ssl_cert", "ssl_alt_cert", "ssl_server_cert_file", "ssl_server_alt_cert_file")
_YES = ("yes", "y", "1", "true")


@dataclass(frozen=True)
class _Login:
    """A login service of Dovecot: its name in ``protocols``, what it speaks, its own listeners."""

    protocol: str
    speaks: str
    listeners: Mapping[str, int]


def _own(*names: str) -> dict[str, int]:
    """Return the listeners that a login service has unless they are configured otherwise."""
    return {name: SERVICES[name].port for name in names}


# doveconf 2.4 does not print these defaults, whatever it is asked for.
_LOGINS = {
    "imap-login": _Login("imap", "imap", _own("imap", "imaps")),
    "pop3-login": _Login("pop3", "pop3", _own("pop3", "pop3s")),
    "submission-login": _Login("submission", "smtp", _own("submission")),
    "managesieve-login": _Login("sieve", "sieve", {"sieve": MANAGESIEVE_PORT}),
}
_SUBMISSIONS = _Login("submission", "smtp", _own("submission", "submissions"))


def dovecot_version(text: str) -> tuple[str, str]:
    """Return the version and the configuration file that doveconf names in its first line.

    Raises ReadError where it names none.
    """
    found = _FIRST_LINE.match(text)
    if found is None:
        raise ReadError("doveconf does not name its version and file in its first line")
    return found[1], found[2]


def read_dovecot(text: str, files: Settings) -> tuple[list[Configured], list[str]]:
    """Return the listeners that are configured, and what was not taken into account.

    ``text`` is what ``doveconf -a`` (or ``-n``) prints; ``files`` are the settings as the files
    have them, for the place of each. Raises ReadError.
    """
    version, _file = dovecot_version(text)
    settings = parse_dovecot(text, "doveconf")
    reader = _Reader(settings, files, new=not version.startswith("2.3."))
    found = list(reader.listeners())
    return found, [*_warnings(settings), *_through_a_proxy(found)]


def _through_a_proxy(found: Iterable[Configured]) -> Iterator[str]:
    """Yield the listeners behind a proxy where Dovecot 2.4 takes logins in cleartext, whatever
    auth_allow_cleartext says: it takes what a proxy hands over for secured."""
    for port in sorted({one.port for one in found if one.proxied and one.clear_login}):
        what = f"the listener for a proxy on port {port} takes logins in cleartext"
        yield f"Dovecot: {what}. {BEHIND_A_PROXY}"


def certificate_files(text: str) -> list[str]:
    """Return the certificate files that are named anywhere in what doveconf prints, also for single
    names and addresses. Raises ReadError."""
    files = []
    for path, setting in parse_dovecot(text, "doveconf").items():
        inside = path[-2:] in (("ssl_server", "cert_file"), ("ssl_server", "alt_cert_file"))
        if setting.value and (path[-1] in _CERTIFICATES or inside):
            files.append(setting.value.lstrip("<").strip())
    return list(dict.fromkeys(files))


def _warnings(settings: Settings) -> Iterator[str]:
    for kind in _FILTERS:
        if any(path[0] == kind for path in settings):
            yield f"Dovecot: settings in {kind} blocks were not taken into account"


class _Reader:
    """The settings of one Dovecot, and its generation."""

    def __init__(self, settings: Settings, files: Settings, new: bool) -> None:
        self._settings = settings
        self._files = files
        self._new = new

    def listeners(self) -> Iterator[Configured]:
        """Yield the listeners of every login service whose protocol is switched on."""
        protocols = self._protocols()
        for service, row in _LOGINS.items():
            if self._new and row.protocol == "submission":
                row = _SUBMISSIONS
            if row.protocol in protocols:
                for name in self._names(service, row):
                    yield from self._listener(service, name, row)

    def _names(self, service: str, row: _Login) -> Iterator[str]:
        head = ("service", service, "inet_listener")
        blocks = [
            path[3]
            for path, setting in self._settings.items()
            if path[:3] == head and len(path) == 4 and setting.value is None
        ]
        # For 2.3 Imaps is imaps, and doveconf prints the one under the other's name.
        known = (
            set() if self._new else {name.lower() for name in blocks if name not in row.listeners}
        )
        yield from (name for name in row.listeners if name not in known)
        yield from (name for name in blocks if name not in row.listeners)

    def _listener(self, service: str, name: str, row: _Login) -> Iterator[Configured]:
        here = ("service", service, "inet_listener", name)
        port = _port(self._get(here, "port"), row.listeners.get(name, 0), name)
        implicit = self._implicit(here, name, row)
        ssl = self._for(row.protocol, "ssl") or "yes"
        # With ssl = no Dovecot does not open the listeners that would speak TLS at once.
        if not port or (implicit and ssl == "no"):
            return
        known = by_port(port)
        tls = "implicit" if implicit else "cleartext" if ssl == "no" else "starttls"
        proxied = (self._get(here, "haproxy") or "no") in _YES
        for address in self._addresses(here):
            yield Configured(
                service=known.name if known else str(port) if name.startswith(NAMELESS) else name,
                protocol=row.speaks,
                port=port,
                address=address,
                tls=tls,
                login="required",
                clear_login=tls != "implicit"
                and ssl != "required"
                and (self._clear(row.protocol) or (proxied and self._new)),
                certificate=bool(self._certificate()),
                server=DOVECOT,
                source=self._source(here),
                settings=self._deciding(here, row.protocol),
                proxied=proxied,
            )

    def _implicit(self, here: Path, name: str, row: _Login) -> bool:
        own = self._get(here, "ssl")
        if own is not None:
            return own in _YES
        table = SERVICES.get(name)
        return name in row.listeners and table is not None and table.tls == "implicit"

    def _addresses(self, here: Path) -> list[str]:
        """Return the addresses of a listener, all of both families as one."""
        own = self._get(here, "listen" if self._new else "address")
        text = own or self._plain("listen") or "*, ::"
        found = [_bound(word) for word in re.split(r"[,\s]+", text) if word]
        if ALL_IPV4 in found and ALL_IPV6 in found:
            rest = [one for one in found if one not in (ALL_IPV4, ALL_IPV6)]
            return [ALL, *rest]
        return found

    def _clear(self, protocol: str) -> bool:
        if self._new:
            return (self._for(protocol, "auth_allow_cleartext") or "no") in _YES
        return (self._for(protocol, "disable_plaintext_auth") or "yes") not in _YES

    def _certificate(self) -> str:
        if not self._new:
            return self._plain("ssl_cert") or ""
        inside = self._get(("ssl_server",), "cert_file")
        return inside or self._plain("ssl_server_cert_file") or ""

    def _deciding(self, here: Path, protocol: str) -> dict[str, str]:
        allow = "auth_allow_cleartext" if self._new else "disable_plaintext_auth"
        found = {name: self._for(protocol, name) for name in ("ssl", allow)}
        found["ssl_server_cert_file" if self._new else "ssl_cert"] = self._certificate()
        found["inet_listener ssl"] = self._get(here, "ssl")
        return {name: value for name, value in found.items() if value is not None}

    def _source(self, here: Path) -> Source:
        place = self._files.get(here) or self._files.get((*here, "port"))
        return Source(place.file, place.line) if place else Source()

    def _protocols(self) -> list[str]:
        inside = [
            path[1]
            for path, setting in self._settings.items()
            if path[0] == "protocols" and len(path) == 2 and setting.value in _YES
        ]
        return inside or re.split(r"[,\s]+", self._plain("protocols") or "")

    def _for(self, protocol: str, name: str) -> Optional[str]:
        """Return a setting as it is for one protocol."""
        own = self._get(("protocol", protocol), name)
        return self._plain(name) if own is None else own

    def _plain(self, name: str) -> Optional[str]:
        return self._get((), name)

    def _get(self, block: Path, name: str) -> Optional[str]:
        setting: Optional[Setting] = self._settings.get((*block, name))
        return setting.value if setting else None


def _bound(word: str) -> str:
    """Return an address in the form that the listeners of all servers have."""
    if word == "*":
        return ALL_IPV4
    return word[1:-1] if word.startswith("[") and word.endswith("]") else word


def _port(text: Optional[str], default: int, name: str) -> int:
    """Return a port, 0 for a listener that is closed. Raises ReadError."""
    if text is None:
        return default
    if not re.fullmatch("[0-9]{1,5}", text) or int(text) > MAX_PORT:
        raise ReadError(f"Dovecot: inet_listener {name} has the port {text[:20]!r}")
    return int(text)
