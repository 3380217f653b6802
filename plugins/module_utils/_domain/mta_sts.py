# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MTA-STS (RFC 8461): senders shall deliver over valid TLS only, and to these hosts only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Optional

from . import tags
from .names import labels, same
from .question import Answer, Fetch, Fetched, Question, Steps

VERSION = "STSv1"
MODES = ("enforce", "testing", "none")
MAX_AGE = 31557600
PATH = "/.well-known/mta-sts.txt"
_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")
_PATTERN = re.compile(
    r"(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+"
)


class PolicyError(ValueError):
    """A policy that no sender would follow; one line that says what is wrong."""


@dataclass(frozen=True)
class Policy:
    """One policy: mode, age in seconds, and the patterns of mail hosts."""

    mode: str
    max_age: int
    mx: tuple[str, ...]

    def allows(self, host: str) -> bool:
        """Tell whether a mail host matches one of the patterns (section 4.1)."""
        return any(matches(pattern, host) for pattern in self.mx)


def matches(pattern: str, host: str) -> bool:
    """Tell whether a pattern covers a host: ``*`` stands for one whole leftmost label."""
    if not pattern.startswith("*."):
        return same(pattern, host)
    return len(labels(host)) > 1 and same(pattern[2:], ".".join(labels(host)[1:]))


def record_id(text: str) -> str:
    """Return the id of a record (section 3.1). Raises TagError."""
    if not tags.begins(text, VERSION):
        raise tags.TagError(f"the record does not begin with v={VERSION}")
    found = tags.parse(text)
    if "id" not in found:
        raise tags.TagError("id= is missing")
    if not _ID.fullmatch(found["id"]):
        raise tags.TagError(f"id={found['id'][:60]} is not 1 to 32 letters and digits")
    return found["id"]


def parse_policy(body: bytes) -> Policy:
    """Return the policy in the document (section 3.2). Raises PolicyError."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise PolicyError("the policy is not UTF-8") from None
    single: dict[str, str] = {}
    patterns: list[str] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        if not line.strip(" \t"):
            continue
        key, colon, value = line.partition(":")
        key, value = key.strip(" \t"), value.strip(" \t")
        if not colon or not _KEY.fullmatch(key):
            raise PolicyError(f"{line[:60]!r} is not of the form key: value")
        if key == "mx":
            patterns.append(value)
        else:
            # Of a key given twice the first counts (section 3.2).
            single.setdefault(key, value)
    return _policy(single, patterns)


def _policy(single: dict[str, str], patterns: Sequence[str]) -> Policy:
    if single.get("version") != VERSION:
        raise PolicyError(f"version: is not {VERSION}")
    mode = single.get("mode", "")
    if mode not in MODES:
        raise PolicyError(f"mode: {mode!r} is not one of {', '.join(MODES)}")
    age = single.get("max_age", "")
    if not re.fullmatch("[0-9]{1,10}", age) or int(age) > MAX_AGE:
        raise PolicyError(f"max_age: {age[:20]!r} is not between 0 and {MAX_AGE}")
    if mode != "none" and not patterns:
        raise PolicyError("no mx: is given")
    for pattern in patterns:
        if not _PATTERN.fullmatch(pattern):
            raise PolicyError(f"mx: {pattern[:80]!r} is neither a host name nor *. and a host name")
    return Policy(mode, int(age), tuple(patterns))


@dataclass(frozen=True)
class MtaSts:
    """What the DNS and HTTPS say: the answer to the record, and the document."""

    answer: Answer
    fetched: Fetched

    @property
    def texts(self) -> list[str]:
        """The TXT records that are of this standard."""
        found = map(tags.text_of, self.answer.records)
        return [text for text in found if tags.begins(text, VERSION)]

    @property
    def policy(self) -> Optional[Policy]:
        """The policy, if it can be had and read."""
        if fetch_problem(self.fetched)[0]:
            return None
        try:
            return parse_policy(self.fetched.body)
        except PolicyError:
            return None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "answer": self.answer.to_dict(),
            "status": self.fetched.status,
            "content_type": self.fetched.content_type,
            "body": self.fetched.body.decode("utf-8", "backslashreplace"),
            "problem": ": ".join(fetch_problem(self.fetched)).strip(": "),
        }


def fetch_problem(fetched: Fetched) -> tuple[str, str]:
    """Return what makes a document unusable (section 3.3) and the words, or two empty texts."""
    if fetched.problem:
        return fetched.problem, fetched.detail
    if 300 <= fetched.status < 400:
        return (
            "redirect",
            f"HTTP {fetched.status} to {fetched.location}; redirects are not followed",
        )
    if fetched.status != 200:
        return "status", f"HTTP {fetched.status}"
    if fetched.content_type.partition(";")[0].strip().lower() != "text/plain":
        return "content_type", f"it is {fetched.content_type or 'of no type'}, not text/plain"
    if fetched.too_long:
        return "size", f"it is longer than {len(fetched.body)} bytes"
    return "", ""


def gather(domain: str) -> Steps[MtaSts]:
    """Ask for the record and the policy's host at once, since its name is known; then fetch."""
    host = f"mta-sts.{domain}"
    question = Question(f"_mta-sts.{domain}", "TXT")
    places = [Question(host, kind) for kind in ("A", "AAAA")]
    answers = yield [question, *places]
    found = [answers[one] for one in places]
    addresses = tuple(address for one in found for address in one.records)
    unknown = [one for one in found if not one.known]
    if addresses:
        fetch = Fetch(host, PATH, addresses)
        fetched = (yield [fetch])[fetch]
    elif unknown:
        fetched = Fetched(problem="timeout", detail=f"{host}: {unknown[0].words}")
    else:
        fetched = Fetched(problem="name", detail=f"{host} has no address")
    return MtaSts(answers[question], fetched)
