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
from typing import Any, Callable

from .edit import Edit, content
from .journal import Journal, JournalError, locks, put_aside, resolved, stage, sync_folders

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
class Steps:
    """The parts of a change that differ between servers; each may raise to stop the change.

    ``before`` returns what must be known to restore the server (plain data, kept in the journal),
    ``plan`` the files as they shall be, ``validate`` sees them before anything is written,
    ``apply`` makes the server serve them and waits for it, ``prove`` looks whether it does, and
    ``restore`` makes the server serve the old files again. ``settle`` is called instead of all
    that where the files are as planned already: it makes the server serve them where it does not,
    proves it, and returns whether it had to do anything. ``overtaken`` tells, right before the
    switch, what somebody else has edited since the plan was made, "" for nothing.
    """

    before: Callable[[], Mapping[str, Any]]
    plan: Callable[[], Sequence[Edit]]
    validate: Callable[[Sequence[Edit]], None]
    apply: Callable[[], None]
    prove: Callable[[], None]
    restore: Callable[[Mapping[str, Any]], None]
    settle: Callable[[], bool]
    overtaken: Callable[[], str] = lambda: ""


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
    try:
        _refuse_overtaken(edits, steps)
        # First, so that a lock that a kill leaves behind is known by it.
        journal.write(edits, steps.before())
        reached("journalled")
        with locks([edit.path for edit in edits if edit.locked]):
            _switch(journal, edits, steps, reached)
        steps.apply()
        reached("applied")
        steps.prove()
        reached("proved")
    except Exception as error:
        if not journal.exists():
            raise
        _undo(journal, steps, error)
        raise TransactionError(str(error), restored=True) from error
    journal.forget()
    reached("forgotten")


def _switch(
    journal: Journal, edits: Sequence[Edit], steps: Steps, reached: Callable[[str], None]
) -> None:
    """Put the new files in their places, all of them or, as the journal then says, some."""
    staged = [(stage(edit), edit) for edit in edits if edit.data is not None]
    reached("staged")
    _refuse_overtaken(edits, steps)
    journal.mark()
    for draft, edit in staged:
        os.replace(draft, resolved(edit.path))
        reached("switched")
    for edit in edits:
        if edit.data is None:
            put_aside(edit.path)
            reached("switched")
    sync_folders(edit.path for edit in edits)


def _refuse_overtaken(edits: Sequence[Edit], steps: Steps) -> None:
    for edit in edits:
        guarded = edit.guarded or edit.made_from is not None
        if guarded and content(edit.path) != edit.made_from:
            message = f"{edit.path} was edited by somebody else meanwhile; run this again"
            raise TransactionError(message, restored=True)
    overtaken = steps.overtaken()
    if overtaken:
        raise TransactionError(f"{overtaken} meanwhile; run this again", restored=True)


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
