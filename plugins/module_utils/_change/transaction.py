# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Change the files of a server: all or nothing, even if the process is killed half-way.

Order: lock, undo what a killed run left, plan, validate, journal, stage, switch, apply, prove,
forget the journal. Whatever fails behind the journal puts the files back and applies them again.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable, Optional

from .journal import Journal, JournalError, resolved, stage

LOCK_SECONDS = 60.0

# Where a run can be cut off, in this order; "switched" comes once for each file.
POINTS = (
    "locked",
    "planned",
    "validated",
    "journalled",
    "staged",
    "switched",
    "applied",
    "proved",
    "forgotten",
)


@dataclass(frozen=True)
class Edit:
    """One file as it shall be: its bytes, or None for no such file.

    A file that exists keeps its owner, mode and extended attributes; ``mode`` is for a new one.
    ``made_from`` is what an edit of a whole file was made from: one that holds something else by
    the time of the switch was edited meanwhile, which stops the change. ``age`` is how many seconds
    old the new file shall look, for a server that waits where it finds one that is too young.
    """

    path: str
    data: Optional[bytes]
    mode: int = 0o644
    made_from: Optional[bytes] = None
    age: float = 0.0


@dataclass(frozen=True)
class Steps:
    """The parts of a change that differ between servers; each may raise to stop the change.

    ``before`` returns what must be known to restore the server (plain data, kept in the journal),
    ``plan`` the files as they shall be, ``validate`` sees them before anything is written,
    ``apply`` makes the server serve them and waits for it, ``prove`` looks whether it does, and
    ``restore`` makes the server serve the old files again. ``settle`` is called instead of all
    that where the files are as planned already: it makes the server serve them where it does not,
    proves it, and returns whether it had to do anything.
    """

    before: Callable[[], Mapping[str, Any]]
    plan: Callable[[], Sequence[Edit]]
    validate: Callable[[Sequence[Edit]], None]
    apply: Callable[[], None]
    prove: Callable[[], None]
    restore: Callable[[Mapping[str, Any]], None]
    settle: Callable[[], bool]


@dataclass(frozen=True)
class Outcome:
    """``edits`` are those that differed from the files; ``recovered`` tells that a killed run was
    undone first, ``settled`` that the server did not serve what its files said."""

    edits: tuple[Edit, ...]
    recovered: bool
    settled: bool


class TransactionError(Exception):
    """The change did not happen. ``restored`` tells whether the server is again as before."""

    def __init__(self, message: str, restored: bool) -> None:
        super().__init__(message)
        self.restored = restored


def run(
    folder: str,
    steps: Steps,
    reached: Callable[[str], None] = lambda point: None,
    lock_seconds: float = LOCK_SECONDS,
) -> Outcome:
    """Change the files that ``steps`` plan, with the journal and the lock in ``folder``.

    ``reached`` is told each of POINTS. What a step raises before the switch is raised as it is:
    nothing was changed. Afterwards the files are put back, and TransactionError tells the cause
    (``__cause__``) and whether that worked.
    """
    os.makedirs(folder, mode=0o700, exist_ok=True)
    with _locked(os.path.join(folder, "lock"), lock_seconds):
        reached("locked")
        journal = Journal(folder)
        recovered = recover(journal, steps)
        edits = changes(steps.plan())
        reached("planned")
        if edits:
            steps.validate(edits)
            reached("validated")
            _change(journal, edits, steps, reached)
        settled = not edits and steps.settle()
        return Outcome(tuple(edits), recovered, settled)


def interrupted(folder: str) -> bool:
    """Tell whether a killed run left a journal; for check mode, which must not undo it.

    Raises TransactionError for one that a run could not follow.
    """
    journal = Journal(folder)
    try:
        if journal.exists():
            journal.check()
    except JournalError as error:
        raise TransactionError(str(error), restored=False) from error
    return journal.exists()


def changes(edits: Sequence[Edit]) -> list[Edit]:
    """Return the edits that differ from what the files hold now."""
    return [edit for edit in edits if content(edit.path) != edit.data]


def content(path: str) -> Optional[bytes]:
    """Return the bytes of a file, None where there is no such file."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def recover(journal: Journal, steps: Steps) -> bool:
    """Undo what a killed run left, and tell whether there was any."""
    journal.discard_leftovers()
    if not journal.exists():
        return False
    try:
        before = journal.restore()
        if journal.marked:
            steps.restore(before)
    except JournalError as error:
        raise TransactionError(str(error), restored=False) from error
    except Exception as error:
        message = f"an interrupted change could not be undone: {error}"
        raise TransactionError(message, restored=False) from error
    journal.forget()
    return True


def _change(
    journal: Journal, edits: Sequence[Edit], steps: Steps, reached: Callable[[str], None]
) -> None:
    _refuse_overtaken(edits)
    journal.write([(edit.path, edit.data) for edit in edits], steps.before())
    try:
        reached("journalled")
        staged = [
            (stage(edit.path, edit.data, edit.mode, edit.age), edit)
            for edit in edits
            if edit.data is not None
        ]
        reached("staged")
        _refuse_overtaken(edits)
        journal.mark()
        for temporary, edit in staged:
            os.replace(temporary, resolved(edit.path))
            reached("switched")
        for edit in edits:
            if edit.data is None:
                os.unlink(edit.path)
                reached("switched")
        journal.sync_folders()
        steps.apply()
        reached("applied")
        steps.prove()
        reached("proved")
    except Exception as error:
        _undo(journal, steps, error)
        raise TransactionError(str(error), restored=True) from error
    journal.forget()
    reached("forgotten")


def _refuse_overtaken(edits: Sequence[Edit]) -> None:
    for edit in edits:
        if edit.made_from is not None and content(edit.path) != edit.made_from:
            message = f"{edit.path} was edited by somebody else meanwhile; run this again"
            raise TransactionError(message, restored=True)


def _undo(journal: Journal, steps: Steps, cause: Exception) -> None:
    """Put the files back; the server needs to hear of it only where they had been switched."""
    try:
        before = journal.restore()
        if journal.marked:
            steps.restore(before)
    except Exception as error:
        message = f"{cause}\nThe old state could not be restored: {error}"
        raise TransactionError(message, restored=False) from cause
    journal.forget()


@contextlib.contextmanager
def _locked(path: str, seconds: float) -> Iterator[None]:
    """Hold the lock of one server, or say after ``seconds`` that another run has it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle = _wait_for_lock(handle, path, seconds)
    try:
        yield
    finally:
        os.close(handle)


def _wait_for_lock(handle: int, path: str, seconds: float) -> int:
    """Wait in a thread of its own: only a blocking flock wakes up as soon as the lock is free."""
    got = threading.Event()
    given_up = threading.Event()

    def wait() -> None:
        fcntl.flock(handle, fcntl.LOCK_EX)
        got.set()
        if given_up.is_set():
            os.close(handle)

    threading.Thread(target=wait, daemon=True).start()
    if not got.wait(seconds):
        given_up.set()
        message = f"another change of this server has held {path} for {seconds:g} s"
        raise TransactionError(message, restored=True)
    return handle
