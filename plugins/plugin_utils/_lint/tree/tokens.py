# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens of languages in which configuration is written: Terraform, Nix, Puppet, Ruby and PHP."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from .nodes import UNKNOWN, Scalar

TERRAFORM, NIX, PUPPET, RUBY, PHP = "terraform", "nix", "puppet", "ruby", "php"

STRING, NUMBER, WORD, MARK, NEWLINE = "string", "number", "word", "mark", "newline"
_TOKEN = re.compile(
    r"(?P<blank>[ \t\r\f\v]+)|(?P<newline>\n)"
    r"|(?P<comment>\#[^\n]*|/\*(?:[^*]|\*(?!/))*\*/|(?<![:\w])//(?P<slashes>[^\n]*))"
    r"|(?P<here><<<?[-~]?[ \t]*(?P<quote>['\"]?)(?P<end>[A-Za-z_]\w*)(?P=quote))"
    r"|(?P<words>%[wi](?P<open>[\[({]))"
    r"|(?P<double>\"(?:[^\"\\]|\\.)*\")|(?P<indented>''(?:[^']|'(?!')|'''|''[$\\])*''(?!'))"
    r"|(?P<single>'(?:[^'\\]|\\.)*')"
    r"|(?P<number>\d+(?:\.\d+)*)(?![\w])"
    r"|(?P<symbol>(?<![\w:]):[A-Za-z_]\w*[?!]?(?!:))"
    r"|(?P<word>[$@]{0,2}[A-Za-z_]\w*(?:(?:::|\.|->|\\|-(?=[A-Za-z]))[A-Za-z_]\w*)*[?!]?|\d\w+)"
    r"|(?P<mark>===|!==|=>|->|==|!=|>=|<=|\+=|\+\+|\|\|=|\?\?=?|\?:|&&|\|\||::|.)",
    re.DOTALL,
)
_CLOSING = {"[": "]", "(": ")", "{": "}"}
# What a string takes from elsewhere.
_INTERPOLATED = {
    TERRAFORM: re.compile(r"[$%]\{[^{}]*\}"),
    NIX: re.compile(r"\$\{[^{}]*\}"),
    PUPPET: re.compile(r"\$\{[^{}]*\}|\$[a-z]\w*(?:::\w+)*"),
    RUBY: re.compile(r"#\{[^{}]*\}"),
    PHP: re.compile(r"\{\$[^{}]*\}|\$[A-Za-z_]\w*(?:->\w+|\[[^\]]*\])?"),
}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": ""}


@dataclass(frozen=True)
class Token:
    """A token: ``text`` is the text of a string without its quotes, or the mark itself.

    ``near`` tells whether nothing stands between it and the token before.
    """

    kind: str
    text: str
    line: int
    near: bool = False
    scalar: Scalar = Scalar("")


def tokens_of(text: str, language: str) -> Iterator[Token]:
    """Yield the tokens of a text, without blanks and comments."""
    at, line, near = 0, 1, False
    while at < len(text) and (match := _TOKEN.match(text, at)):
        kind = match.lastgroup or ""
        if kind in ("slashes", "quote", "end", "open"):
            kind = _kind(match)
        end = match.end()
        if kind == "comment" and language == NIX and match["slashes"] is not None:
            # In Nix this joins two mappings.
            end = at + 2
            yield Token(MARK, "//", line, near)
        elif kind == "comment" and match[0].startswith("#") and _is_attribute(language, match[0]):
            end = at + 1
        elif kind in ("here", "words"):
            token, end = _long(text, match, line, language, near)
            yield token
        elif kind == "single" and language == NIX:
            # The last letter of a name such as foldl'.
            end = at + 1
        elif kind in ("double", "single", "indented"):
            if kind == "indented" and language != NIX:
                # An empty string, and what follows it.
                end = at + 2
                yield Token(STRING, "", line, near, Scalar("", line, 0, False, 0))
            else:
                yield _string(match[0], kind, line, language, near)
        elif kind == "newline":
            yield Token(NEWLINE, "\n", line)
        elif kind == "symbol":
            yield Token("symbol", match[0][1:], line, near, Scalar(match[0], line, 0, True, 0))
        elif kind not in ("blank", "comment"):
            yield Token(kind, match[0], line, near, Scalar(match[0], line, 0, True, 0))
        near = kind not in ("blank", "comment", "newline")
        line += text.count("\n", at, end)
        at = end


def _kind(match: re.Match[str]) -> str:
    return "comment" if match["comment"] else "here" if match["here"] else "words"


def _is_attribute(language: str, text: str) -> bool:
    """Tell whether a number sign starts an attribute of PHP and no comment."""
    return language == PHP and text.startswith("#[")


def _string(text: str, kind: str, line: int, language: str, near: bool) -> Token:
    """Return the token of a string in quotes."""
    width = 2 if kind == "indented" else 1
    inner = text[width:-width]
    own_lines = "\n" in inner
    if kind == "indented":
        inner = textwrap.dedent(inner)
    if kind == "double" or language == NIX:
        inner = _filled(inner, language)
    if kind != "indented":
        inner = _ESCAPE.sub(lambda match: _escaped(match[1], kind, own_lines), inner)
    scalar = Scalar(inner, line, 0, False, 0)
    if own_lines:
        # As of a block of YAML, whose text starts on the next line.
        scalar = Scalar(inner, line - 1, 0, False, 1)
    elif "\n" in inner:
        scalar = Scalar(inner, line, 0, False, -1)
    return Token(STRING, inner, line, near, scalar)


def _escaped(sign: str, kind: str, own_lines: bool) -> str:
    if kind == "double" and sign in _ESCAPES:
        return " " if sign == "n" and own_lines else _ESCAPES[sign]
    return sign if sign in "\"'\\$#/" else f"\\{sign}"


def _filled(text: str, language: str) -> str:
    """Return a string with UNKNOWN for what it takes from elsewhere; a reference alone stays."""
    pattern = _INTERPOLATED[language]
    whole = pattern.fullmatch(text)
    if whole and language == TERRAFORM:
        return text[2:-1].strip()
    return pattern.sub(lambda match: UNKNOWN + "\n" * match[0].count("\n"), text)


def _long(
    text: str, match: re.Match[str], line: int, language: str, near: bool
) -> tuple[Token, int]:
    """Return the token of a here document, or of a list of words, and where it ends."""
    if match["words"]:
        end = text.find(_CLOSING[match["open"]], match.end())
        inner = text[match.end() : end] if end >= 0 else ""
        scalar = Scalar(inner, line, 0, False, 0)
        return Token("words", inner, line, near, scalar), end + 1 if end >= 0 else match.end()
    start = text.find("\n", match.end()) + 1
    closing = re.compile(rf"^[ \t]*{match['end']}\b", re.MULTILINE)
    found = closing.search(text, start) if start else None
    if found is None:
        return Token(MARK, "<<", line, near), match.start() + 2
    inner = _filled(textwrap.dedent(text[start : found.start()]), language)
    # The rest of the line in front of it is a call's: it says nothing here.
    return Token(STRING, inner, line, near, Scalar(inner, line, 0, False, 1)), found.end()
