# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Change the listeners of one server: plan, validate, switch, apply, prove, or undo it all."""

from __future__ import annotations

import abc
import itertools
import os
import select
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Callable, Optional

from .._model.finding import Finding, reaches
from .._model.secrets import masked
from .._model.services import by_port
from .._system.programs import ServerError, until
from .._system.server import BIND_SECONDS, silent
from .edit import Edit
from .proof import Proof, trust_store
from .transaction import Outcome, Steps, changes, interrupted, run

STATE_FOLDER = "/var/lib/postmaster.mailports"
# How long a server may take until every process of it serves what it was told to.
PROOF_SECONDS = 3.0
# The title of the part of a diff that is no file.
EFFECTS = "what each listener does"
_PROOF_PAUSE = 0.2


class ProofError(Exception):
    """The server runs and is not as intended; ``findings`` say how."""

    def __init__(self, message: str, findings: Sequence[Finding]) -> None:
        super().__init__(message)
        self.findings = tuple(findings)


@dataclass(frozen=True)
class Report:
    """What was done, or would be. ``diff`` holds path, text before and after of each file, ``more``
    what one server's module returns besides."""

    changed: bool
    recovered: bool
    version: str
    diff: tuple[tuple[str, str, str], ...]
    findings: tuple[Finding, ...] = ()
    not_judged: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)


class Change(abc.ABC):
    """One change of one server; what it is made of is each server's own.

    ``host`` is the name that the certificate must bear, ``folder`` where the journal and the lock
    are kept, ``proves`` whether the listeners are probed, trusting ``ca_path``. The plan must set
    ``before``: what each file that it names held.
    """

    def __init__(self, host: str, folder: str, proves: bool, ca_path: Optional[str] = None) -> None:
        self._host = host
        self._ca_path = ca_path
        self._folder = folder
        self._proves = proves
        self._only_look = False
        self._before: dict[str, Optional[bytes]] = {}
        self._warnings: list[str] = []
        self._proof = Proof((), (), ())

    @abc.abstractmethod
    def _version(self) -> str:
        """Return the version of the server."""

    def _effects(self) -> tuple[str, str]:
        """Return what the change means for each listener, before and after, for the diff."""
        return "", ""

    def _more(self) -> Mapping[str, Any]:
        """Return what the module of this server returns besides what all of them do."""
        return {}

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return the warnings for the user, which are shown even if the change fails."""
        return tuple(self._warnings)

    @abc.abstractmethod
    def _state(self) -> Mapping[str, Any]:
        """Return what ``_restore`` must know."""

    @abc.abstractmethod
    def _plan(self) -> Sequence[Edit]:
        """Return the files as they shall be; nothing is written."""

    @abc.abstractmethod
    def _validate(self, edits: Sequence[Edit]) -> None:
        """Raise for what the server would only notice when it runs.

        In check mode an error whose cause is a FileNotFoundError is only a warning: an earlier task
        of the same play may have been about to create that file.
        """

    def _overtaken(self) -> str:
        """Return what else of the configuration was edited since the plan, "" for nothing."""
        return ""

    @abc.abstractmethod
    def _apply(self) -> None:
        """Make the server serve its files."""

    @abc.abstractmethod
    def _serves(self) -> bool:
        """Tell whether the server listens as its files say."""

    @abc.abstractmethod
    def _restore(self, before: Mapping[str, Any]) -> None:
        """Make the server serve the old files again."""

    @abc.abstractmethod
    def _ask(self) -> Proof:
        """Probe the listeners and judge them."""

    def run(self, reached: Callable[[str], None] = lambda point: None) -> Report:
        """Make the change. Raises what the steps raise, and TransactionError after the switch."""
        outcome = run(
            self._folder,
            Steps(
                before=self._before_change,
                plan=self._plan,
                validate=self._checked,
                apply=self._apply,
                prove=self._prove,
                restore=self._go_back,
                settle=self._settle,
                overtaken=self._overtaken,
            ),
            reached,
        )
        return self._report(outcome)

    def look(self) -> Report:
        """Return what ``run`` would do; nothing is touched."""
        self._only_look = True
        warnings = []
        edits = changes(self._plan())
        try:
            self._checked(edits)
        except Exception as error:
            if not isinstance(error.__cause__, FileNotFoundError):
                raise
            warnings.append(str(error))
        cut_off = interrupted(self._folder)
        report = self._report(Outcome(tuple(edits), cut_off, not edits and not self._serves()))
        return replace(report, warnings=(*report.warnings, *warnings))

    @abc.abstractmethod
    def _listening(self, state: Mapping[str, Any]) -> set[tuple[str, int]]:
        """Return where the server listens now; ``state`` is what ``_state`` returned, perhaps in a
        run that was killed."""

    def _before_change(self) -> Mapping[str, Any]:
        state = self._state()
        return {**state, "listening": sorted(self._listening(state))}

    def _checked(self, edits: Sequence[Edit]) -> None:
        self._validate(edits)
        if self._proves:
            trust_store(self._ca_path)

    def _go_back(self, before: Mapping[str, Any]) -> None:
        """Make the server serve the old files, and see that it does before that is said."""
        self._restore(before)
        old = set(map(tuple, before.get("listening", ())))
        until(lambda: old <= self._listening(before), BIND_SECONDS)
        # What others than mail clients connect to may well be silent.
        missing = sorted(old - self._listening(before)) or silent(
            [one for one in old if by_port(one[1])]
        )
        if missing:
            places = ", ".join(f"{address} port {port}" for address, port in missing)
            raise ServerError(
                f"the old files are back, but nobody answers on {places}: check the server's "
                "log, and start it"
            )

    def _report(self, outcome: Outcome) -> Report:
        return Report(
            changed=bool(outcome.edits) or outcome.recovered or outcome.settled,
            recovered=outcome.recovered,
            version=self._version(),
            diff=self._diff(outcome.edits),
            findings=self._proof.findings,
            not_judged=self._proof.not_judged,
            warnings=self.warnings,
            more=self._more(),
        )

    def _diff(self, edits: Sequence[Edit]) -> tuple[tuple[str, str, str], ...]:
        files = [(edit.path, _text(self._before[edit.path]), _text(edit.data)) for edit in edits]
        before, after = self._effects()
        return (
            *files,
            *([(EFFECTS, masked(before), masked(after))] if edits and before != after else []),
        )

    def _settle(self) -> bool:
        """Make the server serve the files that are as planned, where it does not."""
        self._checked(())
        acted = not self._serves()
        if acted:
            self._apply()
        elif self._proves:
            self._proof = self._ask()
            if self._proof.other_certificate:
                # Renewed in its file, and nobody told the server.
                self._apply()
                acted = True
        self._prove(None if acted else self._proof)
        return acted

    def _prove(self, first: Optional[Proof] = None) -> None:
        """Prove until it holds: old processes may answer for a moment after a reload, or keep a
        connection and never answer, so that one proof can last longer than all may.

        ``first`` is a proof that was made already.
        """
        if not self._proves:
            return
        limit = time.monotonic() + PROOF_SECONDS
        for attempt in itertools.count():
            self._proof, first = first or self._ask(), None
            complaint = _complaint(self._host, self._proof)
            if not complaint:
                return
            if attempt and time.monotonic() > limit:
                raise ProofError(complaint, self._proof.findings)
            select.select([], [], [], _PROOF_PAUSE)


def state_folder(top: str, name: str, config: str, default: str) -> str:
    """Return where the journal and the lock of a server are kept; one with a configuration of its
    own has its own."""
    return os.path.join(top, name if config == default else name + config.replace("/", "-"))


def _complaint(name: str, proof: Proof) -> str:
    """Return what is wrong and what to do, one line each, worst first; "" where all is as intended.

    What is so on several addresses is said once.
    """
    lines = [f"{where} serves another certificate" for where in proof.other_certificate]
    if reaches(proof.findings, "error"):
        lines += [
            f"{one.service} ({one.port}): {one.message} [{one.rule}]. {one.remedy}".strip()
            for one in proof.findings
            if one.severity == "error"
        ]
    if not lines:
        return ""
    return "\n".join([f"{name}: the listeners are not as intended", *dict.fromkeys(lines)])


def _text(data: Optional[bytes]) -> str:
    """Return a file for a diff: without secrets."""
    return "" if data is None else masked(data.decode("utf-8", "replace"))
