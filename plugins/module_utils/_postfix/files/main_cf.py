# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read and edit the parameters of main.cf, and leave every other byte alone (postconf(5))."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Optional

from .lines import SPACE, CfError, Line, joined, plain, split, terminated


@dataclass(frozen=True)
class Setting:
    """One ``name = value``; ``line`` is its place in the file, from 1.

    ``value`` has its line breaks as single spaces. Where a name is set twice, the last one counts.
    """

    name: str
    value: str
    line: int


@dataclass(frozen=True)
class MainCf:
    """A main.cf; ``settings`` are in the order of the file."""

    lines: tuple[Line, ...]
    settings: tuple[Setting, ...]

    @classmethod
    def parse(cls, text: str) -> MainCf:
        """Return the parsed text. Raises CfError with the line of what Postfix would not read."""
        lines = split(text)
        return cls(lines, tuple(_setting(line) for line in lines if line.entry))

    @property
    def text(self) -> str:
        """Return the file, byte for byte."""
        return plain(self.lines)

    @property
    def values(self) -> dict[str, str]:
        """Return what is in force: each name with its last value."""
        return {setting.name: setting.value for setting in self.settings}

    def changed(self, wanted: Mapping[str, Optional[str]]) -> MainCf:
        """Return the file with these values; None removes a name, which restores its default.

        What has the value already stays as it is written. Of a name that is set twice only the
        last one is changed, but every one is removed. A new name goes to the end. Comments inside
        a value stay. Raises CfError for a name or value that cannot be written.
        """
        for name, value in wanted.items():
            check_name(name)
            check_value(name, value)
        present = self.values
        last = {setting.name: setting.line for setting in self.settings}
        parts: list[str] = []
        for line in self.lines:
            name = _setting(line).name if line.entry else ""
            if name not in wanted or (wanted[name] is not None and last[name] != line.number):
                parts.append(line.raw)
                continue
            value = wanted[name]
            if value is None:
                parts.append(line.comments)
            elif joined(value) == present[name]:
                parts.append(line.raw)
            else:
                parts.append(_rewritten(line, joined(value)))
        text = "".join(parts)
        end = self.lines[0].end if self.lines else "\n"
        for name, value in wanted.items():
            if value is not None and name not in present:
                shown = joined(value)
                text = terminated(text, end) + f"{name} ={' ' * bool(shown)}{shown}{end}"
        return _checked(self, MainCf.parse(text), wanted)


def check_name(name: str) -> None:
    """Raise CfError for what cannot be the name of a parameter."""
    odd = not name or name.startswith("#") or any(c in SPACE + "=\0" for c in name)
    if odd:
        raise CfError(f"{name!r} cannot be the name of a parameter")


def check_value(name: str, value: Optional[str]) -> None:
    """Raise CfError for a value that main.cf and master.cf cannot hold."""
    if value is not None and any(ord(c) < 32 and c not in SPACE for c in value):
        raise CfError(f"{name}: the value holds a control character")


def _setting(line: Line) -> Setting:
    name, equals, value = line.visible.partition("=")
    name = name.rstrip(SPACE)
    if not name:
        raise CfError(f"line {line.number}: a value without a name")
    if not equals or any(c in SPACE for c in name):
        word = name.split(maxsplit=1)[0]
        raise CfError(f"line {line.number}: no '=' behind the name {word!r}")
    return Setting(name, joined(value), line.number)


def _rewritten(line: Line, value: str) -> str:
    """Return the entry with another value: its spelling before the value and its comments stay."""
    first = line.physical[0]
    head = first[: first.index("=") + 1] if "=" in first else _setting(line).name + " ="
    body = first[len(head) :].rstrip("\n").rstrip(SPACE)
    gap = body[: len(body) - len(body.lstrip(SPACE))] if body else " "
    end = line.end if first.endswith("\n") or line.comments else ""
    return f"{head}{gap if value else ''}{value}{end}{line.comments}"


def _checked(old: MainCf, new: MainCf, wanted: Mapping[str, Optional[str]]) -> MainCf:
    """Return ``new`` after a look that it holds what is wanted and, besides, what ``old`` held."""
    kept = [(s.name, s.value) for s in old.settings if s.name not in wanted]
    if kept != [(s.name, s.value) for s in new.settings if s.name not in wanted]:
        raise CfError("the change would alter other parameters")
    held = new.values
    for name, value in wanted.items():
        if held.get(name) != (None if value is None else joined(value)):
            raise CfError(f"{name}: the value cannot be written so that Postfix reads it back")
    return new
