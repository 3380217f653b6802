# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The texts that a template can become: one for each way through its conditions.

Jinja, ERB, EPP and Go's templates are known by their tags. Of conditions whose branches have
nothing to do with mail all branches are kept; so is everything where tags do not match.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Optional

_TAG = re.compile(
    r"\{%[-+~]?\s*(?P<jinja>[^%]{0,500}?)\s*[-+~]?%\}"
    r"|<%-?(?![=%#])\s*(?P<erb>[^%]{0,500}?)\s*-?%>"
    r"|\{\{-?\s*(?P<go>(?:if|else|end|range|with|define|block)\b[^{}|]{0,300}?)\s*-?\}\}"
    r"|\{\{-?\s*(?P<one>[^{}]{1,200}?)\bif\b(?P<when>[^{}]{1,200}?)\belse\b(?P<other>[^{}]{1,200}?)-?\}\}"
    r"|\{\{-?\s*(?P<test>[^{}|]{1,200}?)\|\s*ternary\(\s*(?P<yes>[^(){},]{1,80}),\s*(?P<no>[^(){},]{1,80})"
    r"\s*\)\s*-?\}\}"
)
_RELEVANT = re.compile(
    r"smtp|imap|pop3?|mail|ssl|tls|auth|login|port|relay|listen|protocol|plaintext|cleartext|scheme"
    r"|secur|encrypt|verif|\b(?:25|110|143|465|587|993|995|2525)\b",
    re.IGNORECASE,
)
_KEY = re.compile(r"^[ \t-]*([\w.\"'\[\]$-]{2,80})\s*(?:=|:(?=\s)|\s)", re.MULTILINE)
_OPENERS = re.compile(
    r"(?:range|with|define|block)\b|.*\bdo\b(?:\s*\|[^|]*\|)?$|(?:while|case|begin)\b"
)
# Conditions of which one variable decides: it is there, and not empty.
_TESTED = re.compile(
    r"([A-Za-z_][\w.]{0,80})(?:\s*\|\s*length(?:\s*>\s*0)?|\s+is\s+defined|\s*!=\s*(?:''|\"\"))?"
)
_MOST_TAGS, _MOST_TEXTS, _MOST_CHARACTERS, _DEEPEST = 1500, 32, 400_000, 20
_Branch = list["_Part"]


@dataclass
class _Choice:
    """A condition with its branches, each with a condition of its own ("" for else).

    ``skips``: that no branch is taken counts as well.
    """

    start: int
    conditions: list[str] = field(default_factory=list)
    branches: list[_Branch] = field(default_factory=list)
    end: int = 0
    skips: bool = False

    @property
    def key(self) -> tuple[str, ...]:
        """Return what decides: conditions with the same words decide alike."""
        return tuple(_bare(one) for one in self.conditions if one)

    def chosen(self, index: int) -> Optional[int]:
        """Return the branch that the decision number ``index`` takes, None for none."""
        if len(self.key) == 1 and _negated(self.conditions[0]):
            index = 1 - index
        if index < len(self.branches):
            return index
        return None if self.skips else 0


@dataclass
class _Part:
    """A piece of the text, or a choice between pieces; ``text`` replaces what stands there."""

    start: int
    end: int
    choice: Optional[_Choice] = None
    text: Optional[str] = None


def _bare(condition: str) -> str:
    words = " ".join(condition.split())
    for mark in ("not ", "!", "unless "):
        words = words.removeprefix(mark).strip()
    return words.strip("()")


def _negated(condition: str) -> bool:
    return condition.strip().startswith(("not ", "!", "unless "))


def variants(text: str) -> list[str]:
    """Return the texts that a template can become, at most so many; each has the lines of ``text``.

    A text without conditions about mail is the only one itself.
    """
    if "{%" not in text and "<%" not in text and "{{" not in text:
        return [text]
    parts = _parsed(text)
    if parts is None:
        return [text]
    found_choices = list(_choices(parts, text))
    choices = {one.key: one for one in found_choices}
    if not choices:
        return [text]
    # Where one of several choices has a branch for it, the others of the condition skip theirs.
    skipped = {one.key for one in found_choices if one.skips or one.conditions[-1] == ""}
    for one in found_choices:
        one.skips = one.key in skipped and one.conditions[-1] != ""
    found = dict.fromkeys(
        _without_empty(parts, text, dict(zip(choices, decision)))
        for decision in _decisions([len(key) + 1 for key in choices])
    )
    most = max(2, min(_MOST_TEXTS, _MOST_CHARACTERS // (len(text) + 1)))
    return list(itertools.islice(found, most))


def _without_empty(parts: _Branch, text: str, decisions: Mapping[tuple[str, ...], int]) -> str:
    """Return one text; a variable that its conditions found empty or undefined is empty in it."""
    found = "".join(_written(parts, text, decisions))
    for key, index in decisions.items():
        tested = _TESTED.fullmatch(key[0]) if len(key) == index == 1 else None
        if tested:
            name = re.escape(tested[1])
            found = re.sub(rf"\{{\{{-?\s*{name}\s*(?:\|[^{{}}\n]{{0,100}})?-?\}}\}}", "", found)
    return found


def _decisions(sizes: list[int]) -> Iterator[tuple[int, ...]]:
    """Yield decisions in which each two choices meet in each way (of two branches)."""
    total = 1
    for size in sizes:
        total *= size
        if total > _MOST_TEXTS:
            break
    else:
        yield from itertools.product(*map(range, sizes))
        return
    first, last = [0] * len(sizes), [size - 1 for size in sizes]
    yield tuple(first)
    yield tuple(last)
    for at, size in enumerate(sizes):
        for one in range(size):
            for others in (first, last):
                yield (*others[:at], one, *others[at + 1 :])


def _parsed(text: str) -> Optional[_Branch]:
    """Return the parts of a text, None where its tags do not match."""
    # Each open block: its branch, and its choice where it is a condition.
    root: _Branch = []
    stack: list[tuple[_Branch, Optional[_Choice]]] = [(root, None)]
    done = 0
    for count, match in enumerate(_TAG.finditer(text)):
        if count > _MOST_TAGS or len(stack) > _DEEPEST:
            return None
        branch = stack[-1][0]
        branch.append(_Part(done, match.start()))
        done = match.end()
        word, condition = _statement(match)
        if word == "value":
            branch.append(_inline(match))
        elif word == "if":
            choice = _Choice(match.start(), [condition], [[]])
            branch.append(_Part(match.start(), match.end(), choice))
            stack.append((choice.branches[0], choice))
        elif word == "open":
            stack.append((branch, None))
        elif word in ("elif", "else"):
            current = stack[-1][1]
            if current is None:
                if len(stack) == 1:
                    return None
                continue
            current.conditions.append(condition if word == "elif" else "")
            current.branches.append([])
            stack[-1] = (current.branches[-1], current)
        elif word == "end":
            if len(stack) == 1:
                return None
            current = stack.pop()[1]
            if current is not None:
                current.end = match.end()
        else:
            branch.append(_Part(match.start(), match.end()))
    root.append(_Part(done, len(text)))
    return root if len(stack) == 1 else None


def _statement(match: re.Match[str]) -> tuple[str, str]:
    """Return what a tag does (if, elif, else, end, open, value, "" for anything else), and when."""
    if match["one"] is not None or match["test"] is not None:
        return "value", ""
    jinja = match["jinja"]
    if jinja is not None:
        word, _blank, rest = jinja.partition(" ")
        return {"if": "if", "elif": "elif", "else": "else", "endif": "end"}.get(word, ""), rest
    words = (match["go"] if match["go"] is not None else match["erb"]) or ""
    if match["go"] is None and words.startswith("}"):
        # EPP, whose blocks are closed by braces.
        words = words[1:].strip()
        if not words:
            return "end", ""
        words = words.rstrip("{ ")
    elif match["go"] is None and words.endswith("{"):
        words = words.rstrip("{ ")
        if not words.startswith(("if", "unless")):
            return "open", ""
    word, _blank, rest = words.partition(" ")
    if word in ("else", "elsif") and rest:
        return "elif", rest.removeprefix("if ").strip()
    if word in ("else", "elsif", "when"):
        return "else", ""
    if word == "if":
        return "if", rest
    if word == "unless":
        return "if", f"not {rest}"
    if word in ("end", "}"):
        return "end", ""
    return ("open" if _OPENERS.match(words) else ""), ""


def _inline(match: re.Match[str]) -> _Part:
    """Return the choice that one expression makes."""
    condition = match["when"] if match["one"] is not None else match["test"]
    values = (
        (match["one"], match["other"]) if match["one"] is not None else (match["yes"], match["no"])
    )
    choice = _Choice(match.start(), [condition, ""], end=match.end())
    for value in values:
        lines = "\n" * (match[0].count("\n") if value is values[-1] else 0)
        choice.branches.append(
            [_Part(match.start(), match.end(), text=f"{{{{ {value.strip()} }}}}{lines}")]
        )
    return _Part(match.start(), match.end(), choice)


def _choices(parts: _Branch, text: str) -> Iterator[_Choice]:
    """Yield the choices that say something about mail, those inside of others too."""
    for part in parts:
        choice = part.choice
        if choice is None:
            continue
        start = text.rfind("\n", 0, choice.start) + 1
        end = text.find("\n", choice.end)
        inner = text[start : end if end >= 0 else len(text)]
        if _RELEVANT.search(inner):
            # Without an else, not to take the branch counts where it replaces an earlier value.
            before = set(_KEY.findall(text[:start]))
            choice.skips = choice.conditions[-1] != "" and bool(before & set(_KEY.findall(inner)))
            yield choice
            for branch in choice.branches:
                yield from _choices(branch, text)


def _written(parts: _Branch, text: str, decisions: Mapping[tuple[str, ...], int]) -> Iterator[str]:
    """Yield the pieces of a text in which the choices are decided; other lines become empty."""
    for part in parts:
        choice = part.choice
        if part.text is not None:
            yield part.text
        elif choice is None:
            yield text[part.start : part.end]
        else:
            yield from _branches(choice, text, decisions)


def _branches(
    choice: _Choice, text: str, decisions: Mapping[tuple[str, ...], int]
) -> Iterator[str]:
    """Yield the pieces of one choice; the lines of branches that are not taken become empty."""
    decided = choice.key in decisions
    taken = choice.chosen(decisions[choice.key]) if decided else None
    lines = 0
    for index, branch in enumerate(choice.branches):
        if decided and index != taken:
            continue
        for piece in _written(branch, text, decisions):
            at = branch[0].start if branch else choice.start
            wanted = text.count("\n", choice.start, at)
            if wanted > lines:
                yield "\n" * (wanted - lines)
                lines = wanted
            yield piece
            lines += piece.count("\n")
    rest = text.count("\n", choice.start, choice.end) - lines
    yield "\n" * max(0, rest)
