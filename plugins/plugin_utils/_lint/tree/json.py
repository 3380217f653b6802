# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read JSON, also with comments, trailing commas, tabs, or one value a line."""

from __future__ import annotations

import json
import re

from ..words.mentions import first_mention
from .nodes import Node, TreeError
from .yaml import read_yaml

# Strings stay, comments and the commas in front of a closing bracket go; lines are kept.
_TOKEN = re.compile(
    r"(?P<string>\"(?:[^\"\\\n]|\\.)*\")|(?P<comment>//[^\n]*|/\*.*?\*/)"
    r"|(?P<comma>,)(?=\s*(?:(?://[^\n]*|/\*.*?\*/)\s*)*[\]}])|(?P<tab>\t)",
    re.DOTALL,
)
_HALF = re.compile(r"(?<!\\)\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_MOST_LINES = 2000


def read_json(text: str) -> tuple[Node, ...]:
    """Return the documents of a text whose name says that it is JSON, none of one without mail.

    Raises TreeError where it cannot be read although it holds mail ports or settings.
    """
    plain = _TOKEN.sub(_plain, text)
    try:
        return read_yaml(plain)
    except TreeError as error:
        lines = _lines(plain)
        if lines:
            return lines
        if not first_mention(text):
            return ()
        raise TreeError(_why(plain) or str(error), error.line) from None


def _plain(match: re.Match[str]) -> str:
    if match["string"]:
        # YAML knows no escaped slash, and no halves of a character.
        return _HALF.sub("\N{REPLACEMENT CHARACTER}", match["string"].replace("\\/", "/"))
    if match["tab"]:
        return " "
    return " " + "\n" * match[0].count("\n")


def _lines(text: str) -> tuple[Node, ...]:
    """Return the documents of a text that has one on each line, none of another text."""
    lines = [line for line in text.split("\n") if line.strip()]
    if not 1 < len(lines) < _MOST_LINES or not all(line.lstrip()[:1] in "{[" for line in lines):
        return ()
    try:
        return read_yaml("\n--- ".join(["", *text.rstrip("\n").split("\n")])[1:])
    except TreeError:
        return ()


def _why(text: str) -> str:
    """Return why JSON's own parser does not read a text, "" where it does."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return f"not JSON: {error.msg}"
    except RecursionError:
        return ""
    return ""
