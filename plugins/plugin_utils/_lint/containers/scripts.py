# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read Dockerfiles and shell scripts: exposed ports, commands, and the files that they write.

Only commands of known shapes and texts that are written to files are read. What a script computes
is not followed.
"""

from __future__ import annotations

import bisect
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..facts import LISTENER, Fact, Mention, Place, moved
from ..servers.postfix_rules import Parameter, main_facts
from ..settings.commands import line_facts, postconf_settings
from ..tree.nodes import Scalar, Table
from ..words.values import ports_within

_HEREDOC = re.compile(r"<<-?[ \t]*(['\"]?)([A-Za-z_]\w{0,60})\1")
_TARGET = re.compile(
    r">{1,2}[ \t]*['\"]?([\w./${}-]{1,300})|\btee[ \t]+(?:-a[ \t]+)?['\"]?([\w./${}-]{1,300})"
)
_EXPOSE = re.compile(r"EXPOSE[ \t]+(.*)", re.IGNORECASE)
_ENV = re.compile(r"ENV[ \t]+(.*)", re.IGNORECASE)
_OLD_ENV = re.compile(r"(\w+)[ \t]+([^=]*)")
_LOOP = re.compile(
    r"[ \t]*for[ \t]+(\w{1,40})[ \t]+in[ \t]+"
    r"([\w \t/-]{1,500}?|\"?\$\{?\w{1,40}(?:\[@\]\})?\}?\"?)[ \t]*(?:;|$)"
)
_ASSIGNED = re.compile(
    r"[ \t]*(?:(?:export|readonly|local|declare(?:[ \t]+-\w+)?)[ \t]+)?([A-Za-z_]\w{0,40})="
    r"(\([\w \t\"'/:-]{0,500}\)|\"[\w \t,/:-]{0,200}\"|'[\w \t,/:-]{0,200}'|[\w,/:-]{1,200})"
    r"[ \t]*;?[ \t]*(?:#.*)?$"
)
_USED = re.compile(r"\"?\$\{?([A-Za-z_]\w{0,40})")
_MOST_VARIABLES, _MOST_WORDS = 500, 50
_DONE = re.compile(r"[ \t]*done\b")
_ECHO = re.compile(r"\becho[ \t]+(?:-\w+[ \t]+)?(['\"])")
_INTO = re.compile(r"[ \t]*>{1,2}[ \t]*['\"]?([\w./${}-]{1,300})")
_LONGEST_TEXT = 20_000
_MOST_LOOPS = 5
_COMMENT = re.compile(r"[ \t]*#")
_MOST_LINES = 100

# Reads a text that becomes the file of a name; reads settings.
ReadText = Callable[[str, str], Iterator[Fact]]
ReadSettings = Callable[[Table], Iterator[Fact]]


@dataclass(frozen=True)
class _Line:
    """A line with those that continue it; ``body`` is the text behind it, up to a certain word.

    ``number`` is that of the first line, ``last`` that of the last one before the body; ``parts``
    are the lines one by one, with their numbers.
    """

    number: int
    text: str
    body: str = ""
    last: int = 0
    parts: tuple[tuple[int, str], ...] = ()


def script_facts(text: str, read: ReadText) -> Iterator[Fact]:
    """Yield the facts of a shell script."""
    settings: dict[str, Parameter] = {}
    loops: list[tuple[str, list[str], int]] = []
    variables: dict[str, tuple[list[str], int]] = {}
    for line in _lines(text):
        given = _ASSIGNED.match(line.text)
        if given and len(variables) < _MOST_VARIABLES:
            variables[given[1]] = (_words_of(given[2]), line.number)
        loop = _LOOP.match(line.text)
        if loop and len(loops) < _MOST_LOOPS:
            loops.append((loop[1], *_looped(loop[2].split(), variables, line.number)))
        elif _DONE.match(line.text):
            del loops[-1:]
        yield from _line(line, settings, read)
        for name, words, number in loops:
            yield from _turns(line.text, name, words, Place(number))
        if "$" in line.text and not given:
            for name in dict.fromkeys(_USED.findall(line.text)):
                words, number = variables.get(name, ([], 0))
                yield from _turns(line.text, name, words, Place(number))
    yield from main_facts(settings, False)
    yield from _echoed(text, read)


def _turns(line: str, name: str, words: list[str], place: Place) -> Iterator[Fact]:
    """Yield the facts of a command in a loop, once for each word; they stand in the list."""
    used = re.compile(rf"[\"']?\$(?:{name}\b|\{{{name}(?:\[[@*]\])?\}})[\"']?")
    if used.search(line):
        for word in words:
            yield from line_facts(used.sub(word.replace("\\", ""), line), place)


def _words_of(text: str) -> list[str]:
    """Return the words of a value: of an array each, of a list of ports all as one."""
    if text.startswith("("):
        return [word.strip("\"'") for word in text[1:].partition(")")[0].split()][:_MOST_WORDS]
    value = text.strip("\"'; \t")
    return [value, *(value.split() if " " in value else ())][:_MOST_WORDS]


def _looped(
    words: list[str], variables: dict[str, tuple[list[str], int]], number: int
) -> tuple[list[str], int]:
    """Return the words of a loop and where they stand: those of a variable, where it is set."""
    used = _USED.match(words[0]) if len(words) == 1 else None
    return variables.get(used[1], (words, number)) if used else (words, number)


def _echoed(text: str, read: ReadText) -> Iterator[Fact]:
    """Yield the facts of quoted texts that go into files."""
    for match in _ECHO.finditer(text):
        end = text.find(match[1], match.end(), match.end() + _LONGEST_TEXT)
        while end > 0 and text[end - 1] == "\\":
            end = text.find(match[1], end + 1, match.end() + _LONGEST_TEXT)
        target = _INTO.match(text, end + 1) if end > 0 else None
        if target:
            for fact in read(text[match.end() : end], target[1]):
                yield moved(fact, text.count("\n", 0, match.end()))


def dockerfile_facts(text: str, read: ReadText, read_table: ReadSettings) -> Iterator[Fact]:
    """Yield the facts of a Dockerfile."""
    settings: dict[str, Parameter] = {}
    variables: list[tuple[Scalar, Scalar]] = []
    for line in _lines(text):
        exposed = _EXPOSE.match(line.text)
        given = _ENV.match(line.text)
        if exposed:
            for word in exposed[1].split():
                for row, port in ports_within(word):
                    yield Mention(row, port, LISTENER, Place(line.number), word)
        elif given:
            for number, part in line.parts:
                variables += _variables(part.removeprefix(line.text[: given.start(1)]), number)
        elif not line.text.upper().startswith("HEALTHCHECK"):
            yield from _line(line, settings, read)
    yield from main_facts(settings, False)
    yield from read_table(Table(tuple(variables)))


def _variables(text: str, number: int) -> Iterator[tuple[Scalar, Scalar]]:
    """Yield the names and values of ENV, in either of its spellings."""
    old = _OLD_ENV.fullmatch(text)
    if old:
        yield Scalar(old[1], number), Scalar(old[2].strip(), number)
        return
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    for word in words:
        name, equals, value = word.partition("=")
        if equals:
            yield Scalar(name, number), Scalar(value, number)


def _line(line: _Line, settings: dict[str, Parameter], read: ReadText) -> Iterator[Fact]:
    """Yield the facts of one command; parameters of Postfix are added to ``settings``."""
    place = Place(line.number)
    found = _TARGET.search(line.text) if line.body else None
    if found:
        for fact in read(line.body, found[1] or found[2]):
            yield moved(fact, line.last)
        return
    added = postconf_settings(line.text, place)
    settings.update(added)
    yield from line_facts(line.text, place, not added)


def _lines(text: str) -> Iterator[_Line]:
    """Yield the lines that are no comments, each with what continues it."""
    lines = text.split("\n")
    ends: dict[str, list[int]] = {}
    for index, line in enumerate(lines):
        ends.setdefault(line.strip(), []).append(index)
    index = 0
    while index < len(lines):
        parts = [(index + 1, lines[index])]
        index += 1
        if _COMMENT.match(parts[0][1]):
            continue
        while parts[-1][1].endswith("\\") and index < len(lines) and len(parts) < _MOST_LINES:
            number, open_line = parts[-1][0], parts[-1][1][:-1]
            parts[-1] = (number, open_line)
            while index < len(lines) and _COMMENT.match(lines[index]):
                index += 1
            if open_line.rstrip().endswith(("&&", ";", "||")):
                # Each command of a long line keeps its own place.
                yield _joined(parts, "", index)
                parts = []
            if index < len(lines):
                parts.append((index + 1, lines[index]))
                index += 1
            elif not parts:
                return
        end = _end_of_text(" ".join(part for _number, part in parts), ends, index)
        yield _joined(parts, "\n".join(lines[index:end]), index)
        index = end + 1 if end > index else index


def _joined(parts: list[tuple[int, str]], body: str, last: int) -> _Line:
    return _Line(parts[0][0], " ".join(text for _number, text in parts), body, last, tuple(parts))


def _end_of_text(line: str, ends: dict[str, list[int]], index: int) -> int:
    """Return the index of the line that ends a here document, ``index`` if there is none."""
    word = _HEREDOC.search(line)
    found = ends.get(word[2], []) if word else []
    at = bisect.bisect_left(found, index)
    return found[at] if at < len(found) else index
