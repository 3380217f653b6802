# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Change Postfix's listeners: plan, validate, switch, reload, prove, or undo it all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
from .._model.host_view import ALL_IPV4, Configured
from .._model.intent import Listener
from .._model.policy import Policy
from .._system.keypair import digest
from .._system.names import addresses_of, port_of
from .._system.programs import ServerError, call
from .._system.replace_file import content
from .._system.server import held_by_others
from .._system.socket_units import active_units
from . import running as host
from .configured import PARAMETERS, PostfixText, known_ports, parameters, read_postfix
from .demands import Wanted
from .edits import parsed, refuse_difference, refuse_unknown
from .effective import Settings
from .entries import PlanError, Present
from .files.main_cf import MainCf
from .files.master_cf import MasterCf
from .files.master_edit import separated
from .files.master_find import is_loopback
from .kept import unkept
from .plan import Planned, differences, plan, restart_needed
from .postconf import Postfix, ask, find, staged

# A Postfix process that finds main.cf younger than two seconds sleeps until it is not. That guards
# against files that are half written, which one that is renamed into its place never is.
_AGE = 10.0


@dataclass(frozen=True)
class Options:
    """What is asked for. ``config_directory`` is None for the installed Postfix's own, ``host`` the
    name that the certificate must bear, ``ca_path`` what the proof trusts (None: the system's
    store)."""

    wanted: Wanted
    host: str
    policy: Policy
    prove: bool
    config_directory: Optional[str] = None
    ca_path: Optional[str] = None
    state_folder: str = server_change.STATE_FOLDER


class Change(server_change.Change):
    """One change; the parts between planning and proof share what the plan found out."""

    def __init__(self, options: Options) -> None:
        self._postfix: Postfix = find(call, options.config_directory)
        folder = server_change.state_folder(
            options.state_folder, "postfix", self._postfix.config_directory, host.DEFAULT_CONFIG
        )
        super().__init__(options.host, folder, options.prove, options.ca_path)
        self._options = options
        self._warnings += self._postfix.warnings
        self._planned = Planned("", "")
        self._values: Mapping[str, str] = {}
        self._places: set[tuple[str, int]] = set()
        self._restart = False
        self._sha256 = ""
        self._unanswered = ""

    def _more(self) -> Mapping[str, Any]:
        return {"unanswered": self._unanswered}

    def _effects(self) -> tuple[str, str]:
        return self._planned.effects

    def _version(self) -> str:
        return self._postfix.release

    @property
    def _server(self) -> host.PostfixServer:
        return self._server_of(self._values["queue_directory"])

    def _server_of(self, queue: str) -> host.PostfixServer:
        return host.PostfixServer(self._postfix.config_directory, queue)

    def _state(self) -> Mapping[str, Any]:
        return {
            "running": self._server.master() is not None,
            "restart": self._restart,
            "queue": self._values["queue_directory"],
        }

    def _listening(self, state: Mapping[str, Any]) -> set[tuple[str, int]]:
        return self._server_of(state["queue"]).listening()

    def _plan(self) -> Sequence[Edit]:
        postfix, wanted = self._postfix, self._options.wanted
        before = {name: postfix.text(name) for name in ("main.cf", "master.cf")}
        for name, kind in (("main.cf", MainCf), ("master.cf", MasterCf)):
            parsed(kind, postfix, name, before[name])
        present = Present(before["main.cf"], before["master.cf"], postfix.version, {})
        values = parameters(ask(postfix, before, "-x").output)
        cyrus = host.cyrus_is_set_up(values)
        raw = parameters(ask(postfix, before).output)
        present = replace(present, values=values, cyrus=cyrus, raw=raw)
        planned = plan(present, wanted)
        self._planned = planned
        self._warnings += planned.warnings
        found = self._as_postfix_reads(planned)
        problems = [*differences(wanted, found), *self._others_differ(present, planned)]
        if problems:
            raise PlanError("Postfix would not be as intended: " + "; ".join(problems))
        ports = {one.port for one in wanted.open}
        self._places = host.endpoints(one for one in found if one.port in ports)
        self._warnings += self._not_everywhere()
        self._restart = restart_needed(values, self._values)
        after = {"main.cf": planned.main, "master.cf": planned.master}
        edits = [
            Edit(
                postfix.path(name),
                content(after[name]),
                made_from=content(before[name]),
                guarded=True,
                locked=True,
                age=_AGE if name == "main.cf" else 0.0,
            )
            for name in before
        ]
        self._before = {edit.path: edit.made_from for edit in edits}
        return edits

    def _others_differ(self, present: Present, planned: Planned) -> list[str]:
        """Return what would change, by Postfix's own reading, for entries that nobody has named."""
        texts = {"main.cf": planned.main, "master.cf": separated(MasterCf.parse(planned.master))}
        after = Settings(parameters(ask(self._postfix, texts).output))
        return unkept(present, self._options.wanted, planned.master, after)

    def _not_everywhere(self) -> Iterator[str]:
        """Yield the intended listeners that this host alone reaches: by a name that is its own."""
        wanted = self._options.wanted
        for one in wanted.open:
            at = sorted(address for address, port in self._places if port == one.port)
            if at and not wanted.addresses and all(map(is_loopback, at)):
                yield f"{one.service} ({one.port}) is on {', '.join(at)} only"

    def _as_postfix_reads(self, planned: Planned) -> list[Configured]:
        """Return the listeners that Postfix's own tools see in the new files.

        Raises PostfixError where they refuse them, or see what was not meant.
        """
        master = MasterCf.parse(planned.master)
        texts = {"main.cf": planned.main, "master.cf": separated(master)}
        entries = ask(self._postfix, texts, "-M")
        refuse_difference(master, entries)
        asked = [name for options in self._options.wanted.extra.values() for name in options]
        refuse_unknown(self._postfix, asked, ask(self._postfix, texts, "-n"))
        self._values = parameters(ask(self._postfix, texts, "-x").output)
        text = PostfixText(
            entries=entries.output,
            overrides=ask(self._postfix, texts, "-Px").output,
            parameters="".join(
                f"{name} = {self._values[name]}\n" for name in PARAMETERS if name in self._values
            ),
        )
        known = known_ports(self._values.get("known_tcp_ports", ""))
        return read_postfix(text, lambda name: known.get(name) or port_of(name), addresses_of)[0]

    def _validate(self, edits: Sequence[Edit]) -> None:
        wanted = self._options.wanted
        extra = [value or "" for options in wanted.extra.values() for value in options.values()]
        missing = list(host.missing_tables(extra))
        if missing:
            raise PlanError("listener_options: " + "; ".join(missing))
        held = held_by_others(self._places, self._server.master(), active_units())
        if held:
            raise ServerError("Postfix could not listen: " + "; ".join(held))
        if edits and not self._only_look:
            texts = {"main.cf": self._planned.main, "master.cf": self._planned.master}
            with staged(self._postfix, texts) as folder:
                host.judge(folder)
        if any(one.login != "none" for one in wanted.open):
            self._check_logins()
        if wanted.certificate:
            self._sha256 = digest(wanted.certificate, wanted.key)

    def _check_logins(self) -> None:
        try:
            host.check_logins(self._values)
        except host.Unanswered as error:
            if not self._only_look:
                raise
            # An earlier task that only looked may have been about to start Dovecot.
            self._warnings.append(str(error))
            self._unanswered = error.path

    def _closed(self) -> set[int]:
        return {one.port for one in self._options.wanted.listeners if one.state == "closed"}

    def _idle(self) -> bool:
        """Tell whether Postfix does not run and does not have to."""
        return not self._options.wanted.open and self._server.master() is None

    def _apply(self) -> None:
        if self._idle():
            return
        ports = {port for _address, port in self._server.listening()}
        missing = self._server.missing(self._places)
        # Listening, and elsewhere: its addresses were changed and it was not restarted.
        moved = any(port in ports for _address, port in missing)
        self._server.serve(self._places, self._closed(), restart=self._restart or moved)

    def _serves(self) -> bool:
        return self._idle() or self._server.serves(self._places, self._closed())

    def _restore(self, before: Mapping[str, Any]) -> None:
        server = self._server_of(before["queue"])
        server.restore(bool(before["running"]), restart=bool(before["restart"]))

    def _ask(self) -> Proof:
        """Probe each listener on the addresses where it is configured."""
        addresses = sorted({address for address, _port in self._places}) or [ALL_IPV4]
        return together(self._asked(where) for where in vantages(addresses, (), ()))

    def _asked(self, where: Vantage) -> Proof:
        options = self._options
        found = expected(options.wanted.listeners, self._places, where.address)
        own = self._planned.own_certificates
        apart = [one for one in found if (where.address, one.port) in own and one.state == "open"]
        question = Question(
            host=options.host,
            policy=options.policy,
            listeners=tuple(one for one in found if one not in apart),
            # Postfix treats a client with its own address like any other.
            vantages=(replace(where, source="", judges_clear=True),),
            sha256=self._sha256,
            ca_path=options.ca_path,
        )
        proofs = [prove(question)]
        if apart:
            others = replace(question, listeners=tuple(apart), sha256="")
            proofs.append(without_certificates(prove(others), apart, where.address))
        return together(proofs)


def ours(listeners: Sequence[Listener]) -> list[Listener]:
    """Return the listeners of an expanded intent that Postfix serves."""
    return [one for one in listeners if one.protocol == "smtp"]
