# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Change Dovecot's listeners: plan, validate, switch, reload, prove, or undo it all."""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Optional

from .._change import listener_change as server_change
from .._change.edit import Edit
from .._change.proof import (
    Proof,
    Question,
    Vantage,
    expected,
    prove,
    together,
    vantages,
    without_certificates,
)
from .._model.host_view import ALL_IPV4, ALL_IPV6
from .._model.policy import Policy
from .._model.services import MANAGESIEVE_PORT
from .._system.keypair import digest
from .._system.names import addresses_of, own_addresses
from .._system.programs import ServerError
from .._system.server import held_by_others
from .._system.socket_units import active_units
from . import running as host
from .doveconf import Block, listeners, words
from .drop_in import Files
from .filters import Filter, filters, is_loopback, local_networks
from .plan import (
    CLOSED,
    LOGIN_SERVICES,
    OLD_SYNTAX,
    OPEN,
    AuthSocket,
    PlanError,
    Wanted,
    differences,
    has_certificate,
    keeps_its_certificate,
    overridden,
    protocol_differences,
    render,
    secluded,
    undone,
)

DEFAULT_CONFIG = "/etc/dovecot/dovecot.conf"


@dataclass(frozen=True)
class Options:
    """What is asked for. ``config`` is Dovecot's main file, ``host`` the name that the certificate
    must bear, ``ca_path`` what the proof trusts (None: the system's store), ``scratch`` a folder
    for copies that others cannot read."""

    config: str
    wanted: Wanted
    host: str
    policy: Policy
    prove: bool
    ca_path: Optional[str] = None
    scratch: Optional[str] = None
    state_folder: str = server_change.STATE_FOLDER


class Change(server_change.Change):
    """One change; the parts between planning and proof share what the plan found out."""

    def __init__(self, options: Options) -> None:
        folder = server_change.state_folder(
            options.state_folder, "dovecot", options.config, DEFAULT_CONFIG
        )
        super().__init__(options.host, folder, options.prove, options.ca_path)
        named = tuple(options.wanted.addresses) or tuple(addresses_of(options.host))
        wanted = replace(options.wanted, host=options.host, host_addresses=named)
        self._options = replace(options, wanted=wanted)
        self._files = Files(options.config)
        self._installed = host.version()
        self._warnings += [self._installed.warning] if self._installed.warning else []
        self._conf = Block()
        self._trusted: list[str] = []
        self._blocks: list[Filter] = []
        self._seen: Mapping[str, str] = {}
        self._sha256 = ""

    def _version(self) -> str:
        return self._installed.text

    def _state(self) -> Mapping[str, Any]:
        return {"running": self._server(self._present()).master() is not None}

    def _listening(self, state: Mapping[str, Any]) -> set[tuple[str, int]]:
        return self._server(self._present()).listening()

    def _present(self) -> Block:
        """Return the configuration as it is, of which only ``base_dir`` is asked."""
        return host.read(self._options.config)

    def _server(self, conf: Block) -> host.Server:
        return host.Server(self._options.config, conf.settings.get("base_dir") or "/run/dovecot")

    def _plan(self) -> Sequence[Edit]:
        """Return the edits that have the intended effect, tried on a copy of the configuration.

        The drop-in follows from what the user's own files say, so that a second run finds it as
        the first has written it.
        """
        if not self._socket_is_possible():
            self._options = replace(
                self._options, wanted=replace(self._options.wanted, socket=None)
            )
        wanted, generation = self._options.wanted, self._installed.generation
        self._seen = self._files.state()
        with self._files.staged(self._files.without(), self._options.scratch) as config:
            own = host.read_blocks(config)
            blocks = filters(own)
            conf = host.read(config)
            text = render(conf, wanted, generation, blocks)
        self._warnings += [
            f"{service} ({port}) was for this host alone, and is on all addresses now; to keep it, "
            "give the addresses"
            for service, port in secluded(conf, wanted)
        ]
        self._refuse_no_certificate(own)
        self._warnings += self._exceptions(blocks, conf.settings)
        found: list[str] = []
        for edits in self._files.placements(text):
            with self._files.staged(edits, self._options.scratch) as config:
                self._conf = host.read(config)
                found = differences(self._conf, wanted, generation)
                found += self._undone(config)
            if not found:
                self._warnings += self._not_everywhere()
                self._before = {edit.path: edit.made_from for edit in edits}
                return edits
        raise PlanError(
            "Settings of this Dovecot that are read after the drop-in undo it: " + "; ".join(found)
        )

    def _refuse_no_certificate(self, own: Block) -> None:
        """Raise PlanError where nothing could be encrypted."""
        wanted = self._options.wanted
        opens = any(one.state == OPEN for one in wanted.listeners)
        if opens and not wanted.certificate and not has_certificate(own):
            raise PlanError("certificate: this Dovecot has none, so that one must be given")

    def _exceptions(self, blocks: Sequence[Filter], settings: Mapping[str, str]) -> Iterator[str]:
        """Yield what is, or was, otherwise for the clients of single networks."""
        wanted, generation = self._options.wanted, self._installed.generation
        for title in overridden(blocks, wanted, generation):
            yield f"{title} let logins or mail go in cleartext, or by old TLS; it is overridden"
        trusted = words(settings.get("login_trusted_networks"))
        others = [network for network in trusted if not is_loopback(network)]
        if others and generation == OLD_SYNTAX:
            yield (
                f"login_trusted_networks: clients in {', '.join(others)} may log in without TLS, "
                "whatever else is set"
            )

    def _not_everywhere(self) -> Iterator[str]:
        """Yield the intended listeners that not everybody reaches who reaches this machine."""
        wanted, places = self._options.wanted, host.endpoints(self._conf)
        own = {inet.port for inet in listeners(self._conf) if inet.addresses}
        for one in wanted.listeners:
            at = sorted(address for address, port in places if port == one.port)
            local = bool(at) and all(map(is_loopback, at))
            if one.state == OPEN and not wanted.addresses and (local or (at and one.port in own)):
                yield f"{one.service} ({one.port}) is on {', '.join(at)} only"

    def _socket_is_possible(self) -> bool:
        """Tell whether the ground for an optional socket is laid, or will be once it is not only
        looked."""
        wish = self._options.wanted.socket
        if wish is None or not wish.optional:
            return True
        try:
            _check_socket(wish)
        except PlanError as error:
            return self._only_look and isinstance(error.__cause__, FileNotFoundError)
        return True

    def _undone(self, config: str) -> list[str]:
        """Return what the settings of single protocols, networks and names undo."""
        wanted, generation = self._options.wanted, self._installed.generation
        own = host.read_blocks(config)
        self._trusted = local_networks(own)
        self._blocks = filters(own)
        found = undone(self._blocks, wanted, generation)
        open_protocols = {one.protocol for one in wanted.listeners if one.state == OPEN}
        return found + [
            f"protocol {name}: {problem}"
            for name in sorted(open_protocols)
            for problem in protocol_differences(host.read(config, name).settings, generation)
        ]

    def _overtaken(self) -> str:
        now = self._files.state()
        edited = [
            path for path in sorted({**self._seen, **now}) if self._seen.get(path) != now.get(path)
        ]
        return f"{' and '.join(edited)} was edited by somebody else" if edited else ""

    def _validate(self, edits: Sequence[Edit]) -> None:
        """Raise for what Dovecot itself would only notice when it runs."""
        del edits
        wanted = self._options.wanted
        self._refuse_held_ports()
        if wanted.certificate:
            self._sha256 = digest(wanted.certificate, wanted.key)
        if wanted.socket is not None:
            _check_socket(wanted.socket)

    def _refuse_held_ports(self) -> None:
        """Raise ServerError for ports that Dovecot can neither open nor really close."""
        server, units = self._server(self._present()), active_units()
        held = held_by_others(host.endpoints(self._conf), server.master(), units)
        if held:
            raise ServerError("Dovecot could not listen: " + "; ".join(held))
        kept = {port: units[port] for port in self._closed() if port in units}
        if kept:
            ports = ", ".join(str(port) for port in sorted(kept))
            names = " ".join(sorted(set(kept.values())))
            raise ServerError(
                f"port {ports} is held by systemd ({names}), which would go on taking connections "
                "that nobody answers once Dovecot has closed it. Let Dovecot open its ports itself "
                f"(`systemctl disable --now {names}`, `systemctl restart dovecot.service`), then "
                "run this again"
            )

    def _closed(self) -> set[int]:
        wanted = self._options.wanted
        ports = {one.port for one in wanted.listeners if one.state == CLOSED}
        return ports | ({MANAGESIEVE_PORT} if wanted.managesieve == CLOSED else set())

    def _apply(self) -> None:
        server = self._server(self._conf)
        restart = server.needs_start(self._conf)
        server.serve(host.endpoints(self._conf), self._closed(), restart=restart)

    def _serves(self) -> bool:
        return self._server(self._conf).serves(host.endpoints(self._conf), self._closed())

    def _restore(self, before: Mapping[str, Any]) -> None:
        self._server(self._present()).restore(bool(before["running"]))

    def _ask(self) -> Proof:
        options = self._options
        places = host.endpoints(self._conf)
        addresses = sorted({address for address, _port in places if address})
        trusted = words(self._conf.settings.get("login_trusted_networks"))
        seen = [
            self._asked(where, places)
            for where in vantages(
                [*(addresses or ["127.0.0.1"]), *self._apart(addresses)],
                own_addresses(6),
                [*trusted, *self._trusted],
            )
        ]
        named = {port for address, port in places if not address}
        unseen = tuple(
            f"{one.service} ({one.port}): its address is configured by name. Run port_check from "
            "another machine"
            for one in options.wanted.listeners
            if one.state == OPEN and one.port in named
        )
        return together([*seen, Proof((), unseen, ())])

    def _apart(self, addresses: Sequence[str]) -> list[str]:
        """Return the addresses of this machine that have settings of their own: what loopback is
        given says nothing about them."""
        everywhere = {ALL_IPV4: 4, ALL_IPV6: 6}
        families = [everywhere[one] for one in addresses if one in everywhere]
        own = [one for family in families for one in own_addresses(family)]
        return [one for one in own if any(block.at(one) for block in self._blocks)]

    def _asked(self, where: Vantage, places: Collection[tuple[str, int]]) -> Proof:
        options = self._options
        listeners_ = expected(options.wanted.listeners, places, where.address)
        apart = any(
            block.at(where.address) and keeps_its_certificate(block, options.wanted)
            for block in self._blocks
        )
        question = Question(
            host=options.host,
            policy=options.policy,
            listeners=listeners_,
            vantages=(where,),
            sha256="" if apart else self._sha256,
            ca_path=options.ca_path,
        )
        if not apart:
            return prove(question)
        opened = [one for one in listeners_ if one.state == OPEN]
        return without_certificates(prove(question), opened, where.address)


def ours(listeners: Sequence[Any]) -> list[Any]:
    """Return the listeners of an expanded intent that Dovecot serves."""
    return [one for one in listeners if one.protocol in LOGIN_SERVICES]


def _check_socket(socket_: AuthSocket) -> None:
    try:
        pwd.getpwnam(socket_.user)
        grp.getgrnam(socket_.group)
    except KeyError as error:
        raise PlanError(f"auth_socket: {error.args[0]}") from error
    folder = os.path.dirname(socket_.path)
    try:
        os.stat(folder)
    except FileNotFoundError as error:
        raise PlanError(
            f"auth_socket: the folder {folder} does not exist; Postfix makes its own"
        ) from error
