# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of the DNS and of HTTPS, and what can come back; nothing here asks anything.

Whoever needs answers is a generator: it yields questions that do not depend on each other, is sent
their answers, and returns its result. So the standards are pure, tests answer from tables, and
``run`` sends the questions of all generators out at once.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Optional, TypeVar

RECORDS = "records"
NODATA = "nodata"
NXDOMAIN = "nxdomain"
SERVFAIL = "servfail"
REFUSED = "refused"
LAME = "lame"
BOGUS = "bogus"
TIMEOUT = "timeout"
LOOP = "loop"
GARBLED = "garbled"
INVALID = "invalid"
KINDS = (
    RECORDS,
    NODATA,
    NXDOMAIN,
    SERVFAIL,
    REFUSED,
    LAME,
    BOGUS,
    TIMEOUT,
    LOOP,
    GARBLED,
    INVALID,
)
# The DNS has said for sure that there is none; all other kinds but RECORDS say nothing for sure.
ABSENT = (NODATA, NXDOMAIN)
_WORDS = {
    RECORDS: "there are records",
    NODATA: "the name exists without such a record",
    NXDOMAIN: "the name does not exist",
    SERVFAIL: "the resolver could not get an answer (SERVFAIL)",
    REFUSED: "the resolver refused the question (REFUSED)",
    LAME: "the server that was asked does not serve the zone (lame)",
    BOGUS: "the answer failed DNSSEC validation (bogus)",
    TIMEOUT: "no answer came in time",
    LOOP: "the aliases (CNAME) lead nowhere or in a circle",
    GARBLED: "the answer could not be read",
    INVALID: "the name cannot exist in the DNS",
}


@dataclass(frozen=True)
class Question:
    """One look-up: a name without its last dot, and a type such as ``MX``."""

    name: str
    type: str

    def __str__(self) -> str:
        """Return the question as people write it."""
        return f"{self.name} {self.type}"


@dataclass(frozen=True)
class Answer:
    """What the DNS said to one question.

    ``kind`` is one of KINDS. ``records``: text for A, AAAA, CNAME, PTR and NS; tuples for MX
    (preference, exchange), SRV (priority, weight, port, target), TXT (its strings, as bytes), TLSA
    and SMIMEA (usage, selector, matching, bytes), CAA (flags, tag, value as bytes). Names come
    without their last dot, the root as ``.``. ``chain`` holds the targets of the aliases that were
    followed. ``secure`` is what a trusted validating resolver said of DNSSEC, None where nobody
    could judge it. ``wildcard`` says whether a signature shows that a wildcard answered, None
    where there was no signature. ``ttl`` is in seconds. ``detail`` is why, for people.
    """

    kind: str
    records: tuple[Any, ...] = ()
    chain: tuple[str, ...] = ()
    secure: Optional[bool] = None
    ttl: Optional[int] = None
    wildcard: Optional[bool] = None
    tcp: bool = False
    detail: str = ""

    @property
    def known(self) -> bool:
        """Tell whether the DNS has answered: with records, or that there are none."""
        return self.kind == RECORDS or self.kind in ABSENT

    @property
    def absent(self) -> bool:
        """Tell whether the DNS has said that there are no such records."""
        return self.kind in ABSENT

    @property
    def words(self) -> str:
        """Return what happened, in words."""
        return f"{_WORDS[self.kind]}: {self.detail}" if self.detail else _WORDS[self.kind]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data; bytes as text, TXT strings put together."""
        data = asdict(self)
        data["chain"] = list(self.chain)
        data["records"] = [plain(record) for record in self.records]
        return data


@dataclass(frozen=True)
class Fetch:
    """One document to be had over HTTPS: the host's name and addresses, the path, and how much of
    it is read at most (bytes).

    ``secure`` is false for HTTP in clear; ``body`` is posted as XML where it is not empty.
    """

    host: str
    path: str
    addresses: tuple[str, ...] = ()
    limit: int = 64 * 1024
    secure: bool = True
    body: bytes = b""

    @property
    def url(self) -> str:
        """Return the address as people write it."""
        return f"http{'s' if self.secure else ''}://{self.host}{self.path}"


@dataclass(frozen=True)
class Fetched:
    """What HTTPS gave. ``problem`` is "" or one of name, refused, connect, timeout, tls,
    certificate and protocol.

    ``status`` is the HTTP status, 0 where none came; ``location`` where a redirect pointed;
    ``too_long`` that the body exceeds the limit; ``silent`` that not even TCP was answered in time.
    ``detail`` is why, for people.
    """

    status: int = 0
    content_type: str = ""
    body: bytes = b""
    location: str = ""
    too_long: bool = False
    silent: bool = False
    problem: str = ""
    detail: str = ""


_Result = TypeVar("_Result")
# A generator that yields questions and is sent a mapping of each question to its answer.
Steps = Generator[Sequence[Any], Mapping[Any, Any], _Result]


def ask(name: str, kind: str) -> Steps[Answer]:
    """Ask one question and return its answer."""
    question = Question(name, kind)
    answers = yield [question]
    answer: Answer = answers[question]
    return answer


def ask_all(questions: Sequence[Question]) -> Steps[dict[Question, Answer]]:
    """Ask questions at once and return the answers."""
    if not questions:
        return {}
    answers = yield list(questions)
    return {question: answers[question] for question in questions}


def together(steps: Mapping[Any, Steps[Any]]) -> Steps[dict[Any, Any]]:
    """Run several generators side by side and return the result of each under its key."""
    results: dict[Any, Any] = {}
    waiting: dict[Any, Sequence[Any]] = {}
    for key, one in steps.items():
        _advance(key, one, None, waiting, results)
    while waiting:
        wanted = dict.fromkeys(question for asked in waiting.values() for question in asked)
        answers = yield list(wanted)
        for key in list(waiting):
            mine = {question: answers[question] for question in waiting.pop(key)}
            _advance(key, steps[key], mine, waiting, results)
    return results


def _advance(
    key: Any,
    steps: Steps[Any],
    answers: Optional[dict[Any, Any]],
    waiting: dict[Any, Sequence[Any]],
    results: dict[Any, Any],
) -> None:
    """Send a generator its answers; note what it asks next, or what it returned."""
    try:
        waiting[key] = next(steps) if answers is None else steps.send(answers)
    except StopIteration as end:
        results[key] = end.value


def plain(record: Any) -> Any:
    """Return a record as plain data: TXT strings put together, bytes as text or hex."""
    if isinstance(record, tuple):
        if record and all(isinstance(part, bytes) for part in record):
            return b"".join(record).decode("utf-8", "backslashreplace")
        return [
            part.hex() if isinstance(part, bytes) and not _is_text(part) else plain(part)
            for part in record
        ]
    if isinstance(record, bytes):
        return record.decode("ascii", "backslashreplace") if _is_text(record) else record.hex()
    return record


def _is_text(data: bytes) -> bool:
    return all(0x20 <= octet < 0x7F for octet in data)
