# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Change, add and remove entries of master.cf, and leave every other byte alone (master(5))."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Optional

from .lines import SPACE, CfError, Line, ignored, joined, terminated
from .main_cf import check_name, check_value
from .master_cf import FIELDS, Entry, MasterCf, Option, check_field

# Widths of the columns as the distributions' own master.cf has them.
_WIDTHS = (9, 5, 7, 7, 7, 7, 7, 0)
_UNSET = {name: "-" for name in FIELDS if name not in ("service", "type", "command")}
_INDENT = "  "
# Stands for what is cut out until the line is tidied; no file that can be parsed holds one.
_HOLE = "\0"


@dataclass(frozen=True)
class Wanted:
    """What an entry shall be: columns by name, options (None removes one), and the arguments.

    What is not named stays as it is; with ``purge`` options that are not named are removed.
    ``arguments`` are the words behind the options, None to leave them.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Optional[str]] = field(default_factory=dict)
    purge: bool = False
    arguments: Optional[Sequence[str]] = None

    def check(self) -> None:
        """Raise CfError for what cannot be written into master.cf."""
        for name, value in self.fields.items():
            check_field(name, value)
        for name, option in self.options.items():
            check_name(name)
            check_value(name, option)
            _assigned(name, option or "")
        for word in self.arguments or ():
            check_value("arguments", word)
            _held_together(word)

    def values(self, present: Mapping[str, str]) -> dict[str, str]:
        """Return the options that an entry with ``present`` shall have in the end."""
        kept = {} if self.purge else dict(present)
        for name, value in self.options.items():
            kept.pop(name, None)
            if value is not None:
                kept[name] = joined(value)
        return kept


@dataclass(frozen=True)
class _Cut:
    """Put ``text`` in place of what stands between two offsets of an entry's raw text."""

    start: int
    end: int
    text: str = _HOLE


def changed(master: MasterCf, entry: Entry, wanted: Wanted) -> MasterCf:
    """Return the file with one of its entries changed; what is as wanted stays as it is written.

    Raises CfError where that cannot be written so that Postfix reads it back.
    """
    wanted.check()
    line = next(line for line, found in master.lines if found is entry)
    cuts = [*_field_cuts(line, entry, wanted), *_option_cuts(line, entry, wanted)]
    if wanted.arguments is not None and list(wanted.arguments) != entry.words:
        words = "".join(f" {_held_together(word)}" for word in wanted.arguments)
        cuts.append(_Cut(entry.insertion, entry.insertion, words))
        cuts += [_Cut(token.start, token.end) for token in entry.arguments]
    raw = _cut(line.raw, cuts)
    text = "".join(raw if found is entry else other.raw for other, found in master.lines)
    new = MasterCf.parse(text)
    position = master.entries.index(entry)
    _check_others(master.entries, new.entries, position)
    columns = {name: entry[name] for name in FIELDS}
    words_now = entry.words if wanted.arguments is None else list(wanted.arguments)
    _check_entry(
        new.entries[position], {**columns, **wanted.fields}, entry.values, wanted, words_now
    )
    return new


def added(master: MasterCf, wanted: Wanted) -> MasterCf:
    """Return the file with a new entry, behind the last one of its type or at the end.

    The columns ``service``, ``type`` and ``command`` must be given. Raises CfError as ``changed``.
    """
    wanted.check()
    columns = {**_UNSET, **wanted.fields}
    end = master.lines[0][0].end if master.lines else "\n"
    row = " ".join(columns[name].ljust(width) for name, width in zip(FIELDS, _WIDTHS))
    for name, value in wanted.values({}).items():
        row += f"{end}{_INDENT}-o {_assigned(name, value)}"
    row += "".join(f" {_held_together(word)}" for word in wanted.arguments or ()) + end
    alike = [i for i, (_line, e) in enumerate(master.lines) if e and e["type"] == columns["type"]]
    place = alike[-1] + 1 if alike else len(master.lines)
    head = "".join(line.raw for line, _entry in master.lines[:place])
    tail = "".join(line.raw for line, _entry in master.lines[place:])
    new = MasterCf.parse(terminated(head, end) + row + tail)
    position = sum(1 for _line, found in master.lines[:place] if found)
    others = list(master.entries)
    others.insert(position, new.entries[position])
    _check_others(others, new.entries, position)
    _check_entry(new.entries[position], columns, {}, wanted, list(wanted.arguments or ()))
    return new


def removed(master: MasterCf, entries: Iterable[Entry]) -> MasterCf:
    """Return the file without these entries; comments that stand inside them stay."""
    gone = [entry.line for entry in entries]
    text = "".join(
        line.comments if entry and entry.line in gone else line.raw for line, entry in master.lines
    )
    new = MasterCf.parse(text)
    _check_others([entry for entry in master.entries if entry.line not in gone], new.entries, -1)
    return new


def separated(master: MasterCf) -> str:
    """Return the file with ``-oname=value`` as two words.

    Postfix's programs read both alike, but postconf (3.7 and 3.10) cuts the one word at every "o".
    """
    parts: list[str] = []
    for line, entry in master.lines:
        glued = [o for o in (entry.options if entry else ()) if len(o.tokens) == 1]
        parts.append(_cut(line.raw, [cut for o in glued for cut in _revalued(o, o.value)]))
    return "".join(parts)


def _field_cuts(line: Line, entry: Entry, wanted: Wanted) -> Iterator[_Cut]:
    """Change columns; the ones behind them stay where they are if there is room."""
    for name, token in zip(FIELDS, entry.fields):
        value = wanted.fields.get(name, token.text)
        if value == token.text:
            continue
        rest = line.raw[token.end :]
        gap = len(rest) - len(rest.lstrip(" "))
        width = min(gap, max(1, gap + len(token.text) - len(value)))
        yield _Cut(token.start, token.end + gap, value + " " * width)


def _option_cuts(line: Line, entry: Entry, wanted: Wanted) -> Iterator[_Cut]:
    last = {option.name: option for option in entry.options}
    new = ""
    for name, value in wanted.values(entry.values).items():
        if name not in last:
            new += f"{line.end}{_indent(line, entry)}-o {_assigned(name, value)}"
        elif value != last[name].value:
            yield from _revalued(last[name], value)
    kept = wanted.values(entry.values)
    for option in entry.options:
        if option.name not in kept:
            yield from _dropped(option)
    if new:
        yield _Cut(entry.insertion, entry.insertion, new)


def _revalued(option: Option, value: str) -> Iterator[_Cut]:
    """Give an option another value; where it is one word with its flag, write it anew."""
    assigned = _assigned(option.name, value)
    token = option.tokens[-1]
    if len(option.tokens) == 1:
        flags = f"-{option.flags} " if option.flags else ""
        assigned = f"{flags}-o {assigned}"
    yield _Cut(token.start, token.end, assigned)


def _dropped(option: Option) -> Iterator[_Cut]:
    """Remove an option; flags that were written together with its ``-o`` stay."""
    first, *more = option.tokens
    yield _Cut(first.start, first.end, f"-{option.flags}" if option.flags else _HOLE)
    for token in more:
        yield _Cut(token.start, token.end)


def _indent(line: Line, entry: Entry) -> str:
    """Return the white space before the entry's last option that begins a line."""
    for option in reversed(entry.options):
        before = line.raw[: option.tokens[0].start]
        start = before.rfind("\n") + 1
        if start and not before[start:].strip(" \t"):
            return before[start:]
    return _INDENT


def _cut(raw: str, cuts: Iterable[_Cut]) -> str:
    """Apply the cuts; drop lines that become blank and the gaps that cuts leave in others."""
    parts: list[str] = []
    at = 0
    for cut in sorted(cuts, key=lambda cut: (cut.start, cut.end)):
        parts += [raw[at : cut.start], cut.text]
        at = cut.end
    lines = re.findall(r"[^\n]*\n|[^\n]+", "".join(parts) + raw[at:])
    return "".join(_tidied(line) if _HOLE in line else line for line in lines)


def _tidied(line: str) -> str:
    if ignored(line.replace(_HOLE, "")):
        return ""
    line = re.sub(rf"[ \t{_HOLE}]*{_HOLE}[ \t{_HOLE}]*(?=\r?\n|\Z)", "", line)
    return re.sub(rf"{_HOLE}[ \t{_HOLE}]*", "", line)


def _assigned(name: str, value: str) -> str:
    """Return ``name=value`` as one word of master.cf. Raises CfError where there is none."""
    value = joined(value)
    if any(char in SPACE for char in value):
        _check_braces(name, value)
        return f"{{ {name} = {value} }}"
    _check_braces(name, value.replace("}", "") if "{" not in value else value)
    return f"{name}={value}"


def _held_together(word: str) -> str:
    """Return one argument as one word of master.cf. Raises CfError where there is none."""
    _check_braces("arguments", word)
    if not word.strip(SPACE) or "\n" in word:
        raise CfError(f"arguments: {word!r} cannot be one word of master.cf")
    return f"{{ {word} }}" if word.startswith("{") or any(c in SPACE for c in word) else word


def _check_braces(name: str, text: str) -> None:
    depth = 0
    for char in text:
        depth += {"{": 1, "}": -1}.get(char, 0)
        if depth < 0:
            break
    if depth:
        raise CfError(f"{name}: the braces in {text!r} do not match, which master.cf cannot hold")


def _check_others(old: Sequence[Entry], new: Sequence[Entry], but: int) -> None:
    """Raise CfError unless both are the same but for the entry at one position."""
    before = [entry.meaning for i, entry in enumerate(old) if i != but]
    if len(old) != len(new) or before != [e.meaning for i, e in enumerate(new) if i != but]:
        raise CfError("the change would alter other entries")


def _check_entry(
    entry: Entry,
    columns: Mapping[str, str],
    present: Mapping[str, str],
    wanted: Wanted,
    words: Sequence[str],
) -> None:
    """Raise CfError unless the entry reads back as what is wanted."""
    held = {name: entry[name] for name in FIELDS}
    good = held == columns and entry.values == wanted.values(present)
    if not good or entry.words != [joined(word) for word in words]:
        raise CfError(f"{columns['service']}: cannot be written so that Postfix reads it back")
