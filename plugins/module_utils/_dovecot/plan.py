# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The drop-in file that gives Dovecot the intended listeners, in the syntax of 2.3 or 2.4.

A pure function from the intent and from what the server is configured to do without the drop-in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Optional

from .._model.intent import Listener
from .._model.services import MANAGESIEVE_PORT
from .doveconf import Block, Inet, listeners, protocols, words
from .filters import Filter, is_loopback, with_certificates

HEADER = "# Written by postmaster.mailports.dovecot_listeners; changes made here are lost.\n"
LOGIN_SERVICES = {"imap": "imap-login", "pop3": "pop3-login"}
SIEVE_SERVICE = "managesieve-login"
SIEVE_PROTOCOL = "sieve"
KEEP, OPEN, CLOSED = "keep", "open", "closed"
OLD_SYNTAX = (2, 3)
_NO_PROTOCOL = "none"
MIN_TLS = "ssl_min_protocol"
_CERTIFICATES = ("ssl_cert", "ssl_alt_cert", "ssl_server_cert_file", "ssl_server_alt_cert_file")
EVERYWHERE = ("*", "::")
_NEW_ENOUGH = ("TLSv1.2", "TLSv1.3", "LATEST")


_NAMELESS = (
    "the inet_listener of port {} of {} has no name, so no other file can change it, and it is to "
    "be {}: give it a name (`inet_listener NAME {{`), then run this again"
)


class PlanError(ValueError):
    """An intent that Dovecot cannot be given; one line for everything wrong."""


@dataclass(frozen=True)
class AuthSocket:
    """The socket through which Postfix asks for logins; ``mode`` in octal digits.

    An ``optional`` one is made only where its folder and its owner are there.
    """

    path: str
    user: str
    group: str
    mode: str
    optional: bool = False


@dataclass(frozen=True)
class Wanted:
    """What the server shall be. Empty values leave the server's own setting alone, but that a TLS
    version older than 1.2 is never one. ``host`` is the name that ``certificate`` is for, and
    ``host_addresses`` are those of that name.

    ``listeners``: those of the intent that speak IMAP or POP3, open and closed. ``addresses`` are
    those to listen on. ``managesieve`` is keep, open or closed.
    """

    listeners: tuple[Listener, ...]
    certificate: str = ""
    key: str = ""
    min_tls: str = ""
    addresses: tuple[str, ...] = ()
    managesieve: str = KEEP
    socket: Optional[AuthSocket] = None
    host: str = ""
    host_addresses: tuple[str, ...] = ()


def check(wanted: Wanted) -> None:
    """Raise PlanError for what no Dovecot can be given."""
    errors = []
    for one in wanted.listeners:
        if one.protocol not in LOGIN_SERVICES:
            errors.append(f"{one.service}: {one.protocol} is not served by Dovecot here")
        elif one.state == OPEN and one.tls == "cleartext":
            errors.append(f"{one.service}: a cleartext listener is refused; set tls to starttls")
    ports = [one.port for one in wanted.listeners]
    errors += [
        f"port {port} is given twice" for port in sorted(set(ports)) if ports.count(port) > 1
    ]
    if errors:
        raise PlanError("\n".join(errors))


def plan(conf: Block, wanted: Wanted) -> list[Inet]:
    """Return the listeners to write: every one to be open, and those that must be closed for it.

    A listener that is on the port already keeps its name, whatever that is; one that holds a port
    of the intent in another place is closed. ``conf`` is the server's own without the drop-in.
    Raises PlanError.
    """
    present = listeners(conf)
    result: dict[tuple[str, str], Inet] = {}
    for one in _open(wanted):
        chosen = _place(present, result, one)
        if chosen.proxied:
            raise PlanError(
                f"inet_listener {chosen.name} of {chosen.service} (port {one.port}) takes "
                "connections from a HAProxy alone (haproxy = yes), so that no mail program reaches "
                "it; give the proxy a listener on another port, or name that port in the intent"
            )
        _refuse_nameless(present, chosen)
        result[chosen.service, chosen.name] = chosen
    closed = {one.port for one in wanted.listeners} | _sieve_ports(present, wanted)
    for inet in present:
        if inet.port in closed and (inet.service, inet.name) not in result:
            if inet.nameless:
                raise PlanError(_NAMELESS.format(inet.port, inet.service, "closed"))
            result[inet.service, inet.name] = Inet(inet.service, inet.name, 0, inet.tls, ())
    return [inet for inet in result.values() if not inet.nameless]


def _refuse_nameless(present: Iterable[Inet], chosen: Inet) -> None:
    """Raise PlanError for a listener without a name that is not as it must be already."""
    mode = "one with TLS from the first byte" if chosen.tls else "one with STARTTLS"
    if chosen.nameless and chosen not in present:
        raise PlanError(_NAMELESS.format(chosen.port, chosen.service, mode))


@dataclass(frozen=True)
class _Place:
    """Where a listener belongs: the service that speaks its protocol, port and implicit TLS."""

    service: str
    name: str
    port: int
    tls: bool


def _open(wanted: Wanted) -> Iterator[_Place]:
    for one in wanted.listeners:
        if one.state == OPEN:
            implicit = one.tls == "implicit"
            yield _Place(LOGIN_SERVICES[one.protocol], one.service, one.port, implicit)
    if wanted.managesieve == OPEN:
        yield _Place(SIEVE_SERVICE, SIEVE_PROTOCOL, MANAGESIEVE_PORT, False)


def _sieve_ports(present: Iterable[Inet], wanted: Wanted) -> set[int]:
    """Return the ports of ManageSieve that are to be closed, where it is to be as asked."""
    if wanted.managesieve == KEEP:
        return set()
    return {inet.port for inet in present if inet.service == SIEVE_SERVICE and inet.port}


def _place(present: Sequence[Inet], taken: Iterable[tuple[str, str]], one: _Place) -> Inet:
    """Return the listener that ``one`` becomes: that of its port, else of its name, else a new."""
    own = [
        inet
        for inet in present
        if inet.service == one.service and (inet.service, inet.name) not in taken
    ]
    for inet in own:
        if inet.port == one.port:
            return Inet(one.service, inet.name, one.port, one.tls, inet.addresses, inet.proxied)
    for inet in own:
        if inet.name == one.name and not inet.port:
            return Inet(one.service, inet.name, one.port, one.tls, inet.addresses, inet.proxied)
    name = one.name
    while name in {inet.name for inet in own}:
        name = f"mailports-{name}"
    return Inet(one.service, name, one.port, one.tls, ())


def render(
    conf: Block, wanted: Wanted, generation: tuple[int, int], blocks: Sequence[Filter] = ()
) -> str:
    """Return the text of the drop-in; ``blocks`` are the server's own filters. Raises PlanError."""
    check(wanted)
    old = generation == OLD_SYNTAX
    lines = [*_settings(conf.settings, wanted, old), *_protocols(conf, wanted, old)]
    for block in blocks:
        changed = _overrides(block, wanted, old)
        if changed:
            lines += block.lines(changed)
    planned = [_reachable(inet, wanted) for inet in plan(conf, wanted)]
    for service, group in _by_service([*planned, *_unmoved(conf, wanted, planned)]).items():
        lines.append(f"service {service} {{")
        for inet in group:
            lines += _listener(inet, old)
        lines.append("}")
    if wanted.socket is not None:
        lines += _socket(wanted.socket)
    return HEADER + "\n".join(lines) + "\n"


def _reachable(inet: Inet, wanted: Wanted) -> Inet:
    """Return a listener on the addresses that are asked for, or on all in place of loopback."""
    if not inet.addresses or not inet.port:
        return replace(inet, addresses=())
    if wanted.addresses:
        return replace(inet, addresses=wanted.addresses)
    return replace(inet, addresses=EVERYWHERE if _all_loopback(inet.addresses) else ())


def _unmoved(conf: Block, wanted: Wanted, planned: Sequence[Inet]) -> Iterator[Inet]:
    """Yield the listeners that no intent names and that a change of ``listen`` would move: they
    stay where they are."""
    now = words(conf.settings.get("listen"))
    changes = (wanted.addresses and wanted.addresses != now) or _only_loopback(conf.settings)
    known = {(inet.service, inet.name) for inet in planned}
    for inet in listeners(conf) if changes else ():
        if inet.port and not inet.addresses and (inet.service, inet.name) not in known:
            if inet.nameless:
                raise PlanError(_NAMELESS.format(inet.port, inet.service, "kept where it is"))
            yield replace(inet, addresses=now)


def _settings(settings: Mapping[str, str], wanted: Wanted, old: bool) -> Iterator[str]:
    """Yield the settings that hold for all listeners.

    Login in cleartext is off in both ways that Dovecot has.
    """
    for name, demand in _demands(wanted, old).items():
        if name != MIN_TLS or wanted.min_tls or settings.get(name) not in demand:
            yield f"{name} = {demand[0]}"
    if wanted.certificate:
        for name, path in _pair(wanted, old).items():
            yield f"{name} = {path}"
    addresses = wanted.addresses or (EVERYWHERE if _only_loopback(settings) else ())
    if addresses:
        yield f"listen = {', '.join(addresses)}"


def _only_loopback(settings: Mapping[str, str]) -> bool:
    """Tell whether nobody but this host reaches what has no addresses of its own."""
    return _all_loopback(words(settings.get("listen")))


def _all_loopback(addresses: Sequence[str]) -> bool:
    return bool(addresses) and all(map(is_loopback, addresses))


def secluded(conf: Block, wanted: Wanted) -> list[tuple[str, int]]:
    """Return the intended listeners (service and port) that this host alone reaches, though nobody
    has asked for that; an intent is about what others reach."""
    if wanted.addresses:
        return []
    everywhere = words(conf.settings.get("listen"))
    there = {inet.port: inet.addresses or everywhere for inet in listeners(conf) if inet.port}
    return [
        (one.service, one.port)
        for one in wanted.listeners
        if one.state == OPEN and _all_loopback(there.get(one.port, ()))
    ]


def _demands(wanted: Wanted, old: bool) -> dict[str, tuple[str, ...]]:
    """Return the values that settings may have, first the one to write."""
    return {
        "ssl": ("required",),
        **({"disable_plaintext_auth": ("yes",)} if old else {"auth_allow_cleartext": ("no",)}),
        MIN_TLS: (wanted.min_tls,) if wanted.min_tls else _NEW_ENOUGH,
    }


def _pair(wanted: Wanted, old: bool) -> dict[str, str]:
    if old:
        return {"ssl_cert": f"<{wanted.certificate}", "ssl_key": f"<{wanted.key}"}
    return {"ssl_server_cert_file": wanted.certificate, "ssl_server_key_file": wanted.key}


def _overrides(block: Filter, wanted: Wanted, old: bool) -> dict[str, str]:
    """Return what a block must say instead of what it says.

    What it does not say is not added: Dovecot ends where two blocks that hold for a client, and of
    which neither is the narrower one, say the same thing.
    """
    changed = {
        name: demand[0]
        for name, demand in _demands(wanted, old).items()
        if block.settings.get(name, demand[0]) not in demand
    }
    pair = _pair(wanted, old) if wanted.certificate else {}
    about_it = wanted.host and block.serves(wanted.host, wanted.host_addresses)
    if about_it and pair.keys() & block.settings.keys():
        changed.update(pair)
    return changed


def keeps_its_certificate(block: Filter, wanted: Wanted) -> bool:
    """Tell whether a block has a certificate for another name or address, which stays."""
    has = any(block.settings.get(name) for name in _CERTIFICATES)
    return has and not block.serves(wanted.host, wanted.host_addresses)


def has_certificate(own: Block) -> bool:
    """Tell whether a configuration (as ``doveconf -n`` prints it) names any certificate."""
    settings = with_certificates(own)
    return any(settings.get(name) for name in _CERTIFICATES)


def undone(blocks: Iterable[Filter], wanted: Wanted, generation: tuple[int, int]) -> list[str]:
    """Return what blocks say otherwise than they must; ``blocks`` are those in force."""
    old = generation == OLD_SYNTAX
    return [
        f"{block.title}: {name} is {block.settings[name]!r}, not {value!r}"
        for block in blocks
        for name, value in _overrides(block, wanted, old).items()
        if name in _demands(wanted, old)
    ]


def overridden(blocks: Iterable[Filter], wanted: Wanted, generation: tuple[int, int]) -> list[str]:
    """Return the titles of the blocks for single networks whose clients lose an exception."""
    old = generation == OLD_SYNTAX
    return [block.title for block in blocks if block.networks and _overrides(block, wanted, old)]


def _protocols(conf: Block, wanted: Wanted, old: bool) -> list[str]:
    """Return the lines that enable what is needed and is not yet; none is switched off, because
    users may reach a protocol in other ways than through a port."""
    have = protocols(conf)
    missing = [name for name in _needed(wanted) if name not in have]
    if not missing:
        return []
    if old:
        kept = [name for name in have if name != _NO_PROTOCOL]
        return [f"protocols = {' '.join([*kept, *missing])}"]
    return ["protocols {", *(f"  {name} = yes" for name in missing), "}"]


def _needed(wanted: Wanted) -> list[str]:
    needed = [one.protocol for one in wanted.listeners if one.state == OPEN]
    if wanted.managesieve == OPEN:
        needed.append(SIEVE_PROTOCOL)
    return list(dict.fromkeys(needed))


def differences(conf: Block, wanted: Wanted, generation: tuple[int, int]) -> list[str]:
    """Return where a configuration (with the drop-in) is not as wanted: a setting of the user's
    that is read later wins."""
    found = _setting_differences(conf.settings, wanted, generation == OLD_SYNTAX)
    enabled = protocols(conf)
    found += [f"protocols does not have {name}" for name in _needed(wanted) if name not in enabled]
    present = listeners(conf)
    open_places = list(_open(wanted))
    for place in open_places:
        on_port = [inet for inet in present if inet.port == place.port]
        if [(inet.service, inet.tls) for inet in on_port] != [(place.service, place.tls)]:
            found.append(f"the listener on port {place.port} is not {place.service}'s alone")
    closed = {one.port for one in wanted.listeners if one.state == CLOSED}
    if wanted.managesieve == CLOSED:
        closed |= _sieve_ports(present, wanted)
    for inet in present:
        if inet.port in closed:
            found.append(f"inet_listener {inet.name} of {inet.service} has port {inet.port}")
    return found


def _setting_differences(settings: Mapping[str, str], wanted: Wanted, old: bool) -> list[str]:
    found = [
        f"{name} is {settings.get(name, '')!r}, not {demand[0]!r}"
        for name, demand in _demands(wanted, old).items()
        if settings.get(name, "") not in demand
    ]
    if wanted.addresses and words(settings.get("listen")) != wanted.addresses:
        found.append(f"listen is {settings.get('listen', '')!r}, not {', '.join(wanted.addresses)}")
    return found


def protocol_differences(settings: Mapping[str, str], generation: tuple[int, int]) -> list[str]:
    """Return what one protocol's own settings undo; ``settings`` are those that it sees."""
    return _setting_differences(settings, Wanted(()), generation == OLD_SYNTAX)


def _by_service(found: Iterable[Inet]) -> dict[str, list[Inet]]:
    groups: dict[str, list[Inet]] = {}
    for inet in found:
        groups.setdefault(inet.service, []).append(inet)
    return groups


def _listener(inet: Inet, old: bool) -> Iterator[str]:
    name = inet.name if inet.name.replace("-", "").replace("_", "").isalnum() else f'"{inet.name}"'
    yield f"  inet_listener {name} {{"
    yield f"    port = {inet.port}"
    if inet.port:
        yield f"    ssl = {'yes' if inet.tls else 'no'}"
        if inet.addresses:
            yield f"    {'address' if old else 'listen'} = {', '.join(inet.addresses)}"
    yield "  }"


def _socket(socket: AuthSocket) -> Iterator[str]:
    yield "service auth {"
    yield f"  unix_listener {socket.path} {{"
    yield f"    mode = {socket.mode}"
    yield f"    user = {socket.user}"
    yield f"    group = {socket.group}"
    yield "  }"
    yield "}"
