# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Change Dovecot's listeners: plan, validate, switch, reload, prove, or undo it all."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import select
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable, Optional

from . import _dovecot_host as host
from ._doveconf import Block, words
from ._dovecot_files import Files
from ._dovecot_plan import (
    CLOSED,
    LOGIN_SERVICES,
    OPEN,
    AuthSocket,
    PlanError,
    Wanted,
    differences,
    protocol_differences,
    render,
)
from ._finding import Finding, reaches
from ._keypair import KeypairError, digest
from ._policy import Policy
from ._proof import Proof, Question, prove, vantages
from ._services import MANAGESIEVE_PORT
from ._transaction import Edit, Outcome, Steps, changes, content, interrupted, run

STATE_FOLDER = "/var/lib/postmaster.mailports"
DEFAULT_CONFIG = "/etc/dovecot/dovecot.conf"
# How long a server may take until every process of it serves what it was told to.
PROOF_SECONDS = 3.0
_PROOF_PAUSE = 0.2


class ProofError(Exception):
    """The server runs and is not as intended; ``findings`` say how."""

    def __init__(self, message: str, findings: Sequence[Finding]) -> None:
        super().__init__(message)
        self.findings = tuple(findings)


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
    state_folder: str = STATE_FOLDER


@dataclass(frozen=True)
class Report:
    """What was done, or would be. ``diff`` holds path, text before and after of each file."""

    changed: bool
    recovered: bool
    version: str
    diff: tuple[tuple[str, str, str], ...]
    findings: tuple[Finding, ...] = ()
    not_judged: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Change:
    """One change; the parts between planning and proof share what the plan found out."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._files = Files(options.config)
        self._version = host.version()
        self._conf = Block()
        self._sha256 = ""
        self._before: dict[str, Optional[bytes]] = {}
        self._proof = Proof((), (), ())

    def run(self, reached: Callable[[str], None] = lambda point: None) -> Report:
        """Do it. Raises what the steps raise, and TransactionError behind the switch."""
        outcome = run(
            state_folder(self._options),
            Steps(
                before=self._state,
                plan=self._plan,
                validate=self._validate,
                apply=self._apply,
                prove=self._prove,
                restore=self._restore,
                settle=self._settle,
            ),
            reached,
        )
        return self._report(outcome)

    def look(self) -> Report:
        """Return what ``run`` would do; nothing is touched."""
        warnings = []
        edits = changes(self._plan())
        try:
            self._validate(edits)
        except KeypairError as error:
            # An earlier task that only looked may have been about to make it.
            if not isinstance(error.__cause__, FileNotFoundError):
                raise
            warnings.append(str(error))
        cut_off = interrupted(state_folder(self._options))
        report = self._report(Outcome(tuple(edits), cut_off, not edits and not self._serves()))
        return Report(**{**vars(report), "warnings": (*report.warnings, *warnings)})

    def _report(self, outcome: Outcome) -> Report:
        return Report(
            changed=bool(outcome.edits) or outcome.recovered or outcome.settled,
            recovered=outcome.recovered,
            version=self._version.text,
            diff=tuple(
                (edit.path, _text(self._before[edit.path]), _text(edit.data))
                for edit in outcome.edits
            ),
            findings=self._proof.findings,
            not_judged=self._proof.not_judged,
            warnings=(self._version.warning,) if self._version.warning else (),
        )

    def _state(self) -> Mapping[str, Any]:
        return {"running": self._server(self._present()).master() is not None}

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
        wanted, generation = self._options.wanted, self._version.generation
        with self._files.staged(self._files.without(), self._options.scratch) as config:
            text = render(host.read(config), wanted, generation)
        found: list[str] = []
        for edits in self._files.placements(text):
            with self._files.staged(edits, self._options.scratch) as config:
                self._conf = host.read(config)
                found = differences(self._conf, wanted, generation)
                found += self._undone(config)
            if not found:
                self._before = {edit.path: content(edit.path) for edit in edits}
                return edits
        raise PlanError(
            "Settings of this Dovecot that are read after the drop-in undo it: " + "; ".join(found)
        )

    def _undone(self, config: str) -> list[str]:
        """Return what the settings of single protocols undo."""
        open_protocols = {
            one.protocol for one in self._options.wanted.listeners if one.state == OPEN
        }
        return [
            f"protocol {name}: {problem}"
            for name in sorted(open_protocols)
            for problem in protocol_differences(
                host.read(config, name).settings, self._version.generation
            )
        ]

    def _validate(self, edits: Sequence[Edit]) -> None:
        """Raise for what Dovecot itself would only notice when it runs."""
        del edits
        wanted = self._options.wanted
        if wanted.certificate:
            self._sha256 = digest(wanted.certificate, wanted.key)
        if wanted.socket is not None:
            _check_socket(wanted.socket)

    def _closed(self) -> set[int]:
        wanted = self._options.wanted
        ports = {one.port for one in wanted.listeners if one.state == CLOSED}
        return ports | ({MANAGESIEVE_PORT} if wanted.managesieve == CLOSED else set())

    def _apply(self) -> None:
        self._server(self._conf).serve(host.endpoints(self._conf), self._closed())

    def _serves(self) -> bool:
        """Tell whether the running server listens as its files say."""
        server = self._server(self._conf)
        ports = {port for _address, port in server.listening()}
        return (
            server.master() is not None
            and not server.missing(host.endpoints(self._conf))
            and not ports & self._closed()
        )

    def _settle(self) -> bool:
        """Make the server serve the files that are as planned, where it does not."""
        self._validate(())
        acted = not self._serves()
        if acted:
            self._apply()
        elif self._options.prove:
            self._proof = self._ask()
            if self._proof.other_certificate:
                # Renewed in its file, and nobody told the server.
                self._apply()
                acted = True
        self._prove(None if acted else self._proof)
        return acted

    def _restore(self, before: Mapping[str, Any]) -> None:
        self._server(self._present()).restore(bool(before["running"]))

    def _prove(self, first: Optional[Proof] = None) -> None:
        """Prove until it holds: old processes may answer for a moment after a reload.

        ``first`` is a proof that was made already.
        """
        if not self._options.prove:
            return
        limit = time.monotonic() + PROOF_SECONDS
        while True:
            self._proof, first = first or self._ask(), None
            complaint = _complaint(self._options.host, self._proof)
            if not complaint:
                return
            if time.monotonic() > limit:
                raise ProofError(complaint, self._proof.findings)
            select.select([], [], [], _PROOF_PAUSE)

    def _ask(self) -> Proof:
        options = self._options
        addresses = sorted({address for address, _port in host.endpoints(self._conf) if address})
        return prove(
            Question(
                host=options.host,
                policy=options.policy,
                listeners=options.wanted.listeners,
                vantages=vantages(
                    addresses or ["127.0.0.1"],
                    _own_addresses(),
                    words(self._conf.settings.get("login_trusted_networks")),
                ),
                sha256=self._sha256,
                ca_path=options.ca_path,
            )
        )


def state_folder(options: Options) -> str:
    """Return where the journal and the lock of this server are kept."""
    name = "dovecot"
    if options.config != DEFAULT_CONFIG:
        name += options.config.replace("/", "-")
    return os.path.join(options.state_folder, name)


def ours(listeners: Sequence[Any]) -> list[Any]:
    """Return the listeners of an expanded intent that Dovecot serves."""
    return [one for one in listeners if one.protocol in LOGIN_SERVICES]


def _complaint(name: str, proof: Proof) -> str:
    """Return what is wrong, one line each, worst first; "" where all is as intended."""
    lines = [f"{where} serves another certificate" for where in proof.other_certificate]
    if reaches(proof.findings, "error"):
        lines += [
            f"{one.service} ({one.port}): {one.message} [{one.rule}]"
            for one in proof.findings
            if one.severity == "error"
        ]
    return "\n".join([f"{name}: the listeners are not as intended", *lines]) if lines else ""


def _check_socket(socket_: AuthSocket) -> None:
    try:
        pwd.getpwnam(socket_.user)
        grp.getgrnam(socket_.group)
    except KeyError as error:
        raise PlanError(f"auth_socket: {error.args[0]}") from error
    folder = os.path.dirname(socket_.path)
    if not os.path.isdir(folder):
        raise PlanError(f"auth_socket: the folder {folder} does not exist; Postfix makes its own")


def _own_addresses() -> list[str]:
    """Return the global IPv6 addresses of this machine; on IPv4 all of 127/8 is its own."""
    found = []
    with contextlib.suppress(OSError), open("/proc/net/if_inet6", encoding="ascii") as table:
        for line in table:
            fields = line.split()
            if fields[3] == "00":
                found.append(socket.inet_ntop(socket.AF_INET6, bytes.fromhex(fields[0])))
    return found


def _text(data: Optional[bytes]) -> str:
    return "" if data is None else data.decode("utf-8", "replace")
