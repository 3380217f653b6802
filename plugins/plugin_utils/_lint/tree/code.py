# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read Terraform, Nix, Puppet, Ruby and PHP into one tree, as far as they only set values.

One tolerant reader serves five languages: what they have in common is that a key is followed by a
value, and a name by a block. What a program computes is UNKNOWN. No grammar is needed, and no
parser of another project: what is not understood is passed over, and the rest is read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Optional

from .nodes import MAX_DEPTH, MAX_NODES, UNKNOWN, Items, Node, Scalar, Table, TreeError
from .tokens import (
    MARK,
    NEWLINE,
    NIX,
    NUMBER,
    PHP,
    PUPPET,
    RUBY,
    STRING,
    TERRAFORM,
    WORD,
    Token,
    tokens_of,
)

_OPENING = {"{": "}", "[": "]", "(": ")"}
_ASSIGNING = frozenset(("=", "=>", "+=", "||=", "??="))
# In these the end of a line ends a setting.
_BY_LINE = (TERRAFORM, RUBY, PUPPET)
_RUBY_OPENERS = frozenset(
    ("if", "unless", "case", "def", "class", "module", "begin", "while", "until", "for")
)
_CONSTANTS = frozenset(("true", "false", "null", "nil", "none", "yes", "no"))
# Calls that look a value up and have a default behind its name.
_LOOKUPS = ("env", "getenv", "fetch", "env.fetch", "lookup", "get", "config", "mkdefault")
# Words that say nothing about the key or the block behind them.
_FILLERS = {
    NIX: ("let", "in", "with", "rec", "inherit", "if", "then", "else", "assert"),
    PHP: ("php", "return", "new", "public", "private", "protected", "static", "const", "var"),
    PUPPET: ("include", "then"),
}
# No key and no name of a block has more words.
_LONGEST = 20
_COMPARING = frozenset(("==", "===", "!=", "!==", "&&", ">=", "<="))
_FALLBACKS = frozenset(("||", "??", "?:", "or"))
_Entry = tuple[Optional[tuple[Scalar, ...]], Node]


def read_code(text: str, language: str) -> Table:
    """Return the settings of a text. Raises TreeError for what is nested too deep."""
    return _Reader(text, language).document()


class _Reader:
    """Reads the tokens of one text, one after the other."""

    def __init__(self, text: str, language: str) -> None:
        self._language = language
        self._tokens = list(tokens_of(text, language))
        if len(self._tokens) > MAX_NODES:
            raise TreeError(f"more than {MAX_NODES} words")
        self._at = 0
        self._depth = 0

    def document(self) -> Table:
        """Return all settings of the text."""
        found: list[_Entry] = []
        while self._at < len(self._tokens):
            found += self._entries("")
            # A bracket that closes nothing.
            self._at += 1
        return _table(found, 1)

    def _peek(self, ahead: int = 0) -> Optional[Token]:
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else None

    def _entries(self, close: str) -> list[_Entry]:
        """Return what stands up to a closing bracket, which is taken if it is the right one."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            token = self._peek()
            raise TreeError(f"nested more than {MAX_DEPTH} deep", token.line if token else 0)
        found: list[_Entry] = []
        head: list[Token] = []
        ends = 0
        while True:
            token = self._peek()
            if token is None or (token.kind == MARK and token.text in ")]}"):
                self._at += int(token is not None and token.text == close)
                break
            if self._language == RUBY and token.kind == WORD:
                if token.text == "end":
                    self._at += 1
                    if not ends and close == "end":
                        break
                    ends = max(0, ends - 1)
                    continue
                if token.text in _RUBY_OPENERS and not head:
                    ends += 1
                    self._skip_line()
                    continue
            self._at += 1
            head = self._take(token, head, found, close)
        found += self._loose(head)
        self._depth -= 1
        return found

    def _loose(self, head: list[Token]) -> list[_Entry]:
        """Return what stands by itself: an item of a list, in Ruby a setting without a mark."""
        if self._language == RUBY and [one.kind == WORD for one in head] == [True, False]:
            return [(_path(head[:1]), head[1].scalar)]
        return _loose(head, self._language)

    def _skip_line(self) -> None:
        """Pass over the rest of a line: the condition of a block."""
        token = self._peek()
        while token is not None and token.kind != NEWLINE:
            self._at += 1
            token = self._peek()

    def _take(
        self, token: Token, head: list[Token], found: list[_Entry], close: str
    ) -> list[Token]:
        """Take one token; return the words that wait for a value or a block."""
        mark = token.text if token.kind == MARK else ""
        if token.kind == NEWLINE or mark in (",", ";"):
            return self._separated(token, head, found)
        if mark in _ASSIGNING or (mark == ":" and head and self._is_key(head, close)):
            if mark == ":" and self._language == PUPPET and head[-1].kind == STRING:
                found.append((_path(head), _table(self._titled(), token.line)))
                return []
            found.append((_path(head), self._value()))
            return []
        if mark == "[" and head and token.near:
            inner = [node for _key, node in self._entries("]")]
            if len(inner) == 1 and isinstance(inner[0], Scalar):
                return [*head, Token(STRING, inner[0].text, token.line, True, inner[0])]
            return head
        if mark in _OPENING or (self._language == RUBY and token.text == "do"):
            listed = close in ("]", ")")
            return self._opened(token, mark, head, found, listed)
        if self._language == NIX and close == "]":
            found += _loose([token], self._language) if token.kind != MARK else []
            return []
        if token.kind == WORD and token.text in _FILLERS.get(self._language, ()):
            return head
        return [*head[-_LONGEST:], token] if token.kind != MARK or mark in ("?", "$") else head

    def _is_key(self, head: list[Token], close: str) -> bool:
        """Tell whether a colon belongs to the word in front of it."""
        before = self._tokens[self._at - 1]
        if self._language == NIX:
            return False
        return before.near or head[-1].kind == STRING or close == "}"

    def _separated(self, token: Token, head: list[Token], found: list[_Entry]) -> list[Token]:
        """Take the end of a line or of an item."""
        if token.kind == NEWLINE and self._language not in _BY_LINE:
            return head
        if token.text == "," and self._language == RUBY and len(head) > 1 and head[0].kind == WORD:
            # A call without parentheses: its settings follow.
            found.append((_path(head), _table(self._arguments(), token.line)))
            return []
        if len(head) == 1 or token.text == "," or self._language == RUBY:
            found += self._loose(head)
        return []

    def _arguments(self) -> list[_Entry]:
        """Return the settings of a call, up to the end of its line."""
        found: list[_Entry] = []
        head: list[Token] = []
        while True:
            token = self._peek()
            last = self._tokens[self._at - 1]
            ends = token is not None and token.kind == NEWLINE and last.text != ","
            if token is None or ends or (token.kind == MARK and token.text in ")]}"):
                return found
            if token.kind == WORD and token.text == "do":
                return found
            self._at += 1
            if token.kind != NEWLINE:
                head = [] if token.text == "," else self._take(token, head, found, "}")

    def _titled(self) -> list[_Entry]:
        """Return the parameters of a resource of Puppet, up to the next one or the end."""
        found: list[_Entry] = []
        head: list[Token] = []
        while True:
            token = self._peek()
            if token is None or (token.kind == MARK and token.text in ")]};"):
                return found
            self._at += 1
            head = self._take(token, head, found, "}")

    def _opened(
        self, token: Token, mark: str, head: list[Token], found: list[_Entry], listed: bool
    ) -> list[Token]:
        """Take a bracket that opens: a block of the words before it, or their arguments.

        ``listed``: it is an item of a list.
        """
        if mark == "(" and head and token.near:
            inner = self._entries(")")
            name = head[-1].text.lower()
            if name == "define" and len(inner) == 2 and isinstance(inner[0][1], Scalar):
                found.append(((inner[0][1],), inner[1][1]))
                return []
            found += [one for one in inner if not isinstance(one[1], Scalar) or one[0]]
            return head
        inner = self._entries(_OPENING.get(mark, "end"))
        after = self._peek()
        if mark == "{" and self._language == NIX and after is not None and after.text in ":@":
            # The arguments of a function.
            return []
        node = _container(inner, token.line, mark)
        path = _path(head)
        if path:
            found.append((path, node))
        elif isinstance(node, Table) and not listed:
            found += [((key,), value) for key, value in node.items]
        else:
            found.append((None, node))
        return []

    def _value(self) -> Node:
        """Return the value behind a key, up to the end of its line or item."""
        parts: list[Token] = []
        nodes: list[Node] = []
        call = ""
        while True:
            token = self._peek()
            if token is None or (token.kind == MARK and token.text in ")]},;"):
                break
            if token.kind == NEWLINE:
                if self._language in _BY_LINE and (parts or nodes) and not self._goes_on(parts):
                    break
                self._at += 1
                continue
            self._at += 1
            if token.kind == MARK and token.text in _OPENING:
                if token.text == "[" and token.near and parts and not nodes:
                    inner = self._entries("]")
                    parts[-1] = replace(parts[-1], kind=WORD, text=parts[-1].text + "[]")
                    nodes += _defaults(parts[-1], inner)
                    continue
                called = parts[-1].text.lower() if parts and token.near else ""
                start = self._at
                inner = self._entries(_OPENING[token.text])
                if token.text == "(" and not called and self._compares(start):
                    nodes.append(Scalar(UNKNOWN, token.line))
                    continue
                if token.text == "(" and called and called != "array":
                    call = called.rpartition("->")[2]
                    nodes += self._called(call, inner, token)
                    parts.pop()
                else:
                    nodes.append(_container(inner, token.line, token.text))
            elif token.kind == WORD and token.text == "do" and self._language == RUBY:
                nodes.append(_container(self._entries("end"), token.line, "{"))
            elif token.kind == "words":
                nodes.append(_words(token))
            else:
                parts.append(token)
        return _chosen(parts, nodes, self._language)

    def _compares(self, start: int) -> bool:
        """Tell whether what was taken since ``start`` is a condition."""
        taken = self._tokens[start : self._at]
        return any(one.kind == MARK and one.text in _COMPARING for one in taken)

    def _goes_on(self, parts: list[Token]) -> bool:
        """Tell whether a value goes on behind the end of its line."""
        last = self._tokens[self._at - 1]
        return last.kind == MARK and last.text in ("=", "=>", "||", "&&", "+", "?", ":", ".", "|")

    def _called(self, name: str, inner: list[_Entry], token: Token) -> list[Node]:
        """Return what a call stands for: a default, what it is given, or UNKNOWN."""
        scalars = [node for key, node in inner if key is None and isinstance(node, Scalar)]
        if name.rpartition(".")[2] in _LOOKUPS or name in _LOOKUPS:
            if len(scalars) > 1:
                return [scalars[1]]
            return [Scalar(UNKNOWN, token.line)]
        unknown: Node = Scalar(UNKNOWN, token.line)
        nested: list[Node] = [node for _key, node in inner if not isinstance(node, Scalar)]
        if nested:
            return nested[:1]
        if any(key for key, _node in inner):
            return [_table(inner, token.line)]
        return [scalars[0] if len(scalars) == 1 and not name else unknown]


def _defaults(token: Token, inner: list[_Entry]) -> list[Node]:
    """Return UNKNOWN for an element of something else."""
    return [Scalar(UNKNOWN, token.line)] if inner else []


def _path(head: Iterable[Token]) -> tuple[Scalar, ...]:
    """Return the names of a key or a block, the outermost first."""
    found: list[Scalar] = []
    for token in head:
        if token.kind == STRING:
            found.append(Scalar(token.text, token.line))
        elif token.kind == NUMBER:
            found.append(Scalar(token.text, token.line, 0, True))
        elif token.kind == "symbol":
            found.append(Scalar(token.text, token.line))
        elif token.kind == WORD:
            name = token.text.lstrip("$@").replace("->", ".").replace("self.", "")
            found += [Scalar(part, token.line) for part in name.split(".") if part]
    return tuple(found)


def _loose(head: list[Token], language: str) -> list[_Entry]:
    """Return what stands by itself: an item of a list."""
    if len(head) == 1 and head[0].kind == "words":
        return [(None, one) for one in _words(head[0]).nodes]
    literal = [one for one in head if one.kind in (STRING, NUMBER, "symbol")]
    if len(literal) == 1 and (len(head) == 1 or head[-1] is literal[0]):
        return [(None, literal[0].scalar)]
    if len(head) == 1 and head[0].kind == WORD:
        return [(None, _scalar(head[0], language))]
    return [(None, Scalar(UNKNOWN, head[0].line))] if head else []


def _words(token: Token) -> Items:
    """Return the items of a list of words such as ``%w[25 110]``."""
    return Items(tuple(Scalar(one, token.line, 0, True) for one in token.text.split()), token.line)


def _scalar(token: Token, language: str) -> Scalar:
    """Return the value of a token; what it refers to is not known."""
    if token.kind in (STRING, NUMBER, "symbol"):
        return token.scalar
    word = token.text
    refers = word[:1] in "$@" or "." in word or "->" in word or word.endswith("[]")
    if refers and language != TERRAFORM:
        return Scalar(UNKNOWN, token.line)
    return Scalar(word, token.line, 0, True, 0)


def _chosen(parts: list[Token], nodes: list[Node], language: str) -> Node:
    """Return the one node that the words and brackets of a value make."""
    marks = [one.text for one in parts if one.kind == MARK]
    words = [one for one in parts if one.kind != MARK]
    collections = [one for one in nodes if not isinstance(one, Scalar)]
    if collections:
        if len(collections) == 1:
            return collections[0]
        if all(isinstance(one, Table) for one in collections):
            tables = [one for one in collections if isinstance(one, Table)]
            return Table(tuple(pair for one in tables for pair in one.items), tables[0].line)
        lists = [one for one in collections if isinstance(one, Items)]
        return Items(tuple(one for some in lists for one in some.nodes), lists[0].line)
    known = [one for one in nodes if isinstance(one, Scalar)]
    if _COMPARING & set(marks) and "?" not in marks:
        return Scalar(UNKNOWN, words[0].line if words else 0)
    if "?" in marks and ":" in marks and len(words) >= 2:
        first, second = (_scalar(one, language).text for one in words[-2:])
        return Scalar(f"{{{{ '{first}' if x else '{second}' }}}}", words[-1].line)
    if _FALLBACKS & {*marks, *(one.text for one in words)}:
        literal = [one for one in words if one.kind in (STRING, NUMBER)]
        return literal[-1].scalar if literal else Scalar(UNKNOWN, words[0].line if words else 0)
    if known:
        return known[-1] if not words or language == NIX else Scalar(UNKNOWN, known[-1].line)
    if len(words) == 1 and (not marks or marks == ["-"]):
        return _scalar(words[0], language)
    if language == NIX and words:
        # mkDefault 25, mkForce "a": the last word is the value.
        return _scalar(words[-1], language)
    line = words[0].line if words else 0
    text = "".join(one.text if one.kind == STRING else UNKNOWN for one in words)
    return Scalar(text, line, 0, not words)


def _container(entries: list[_Entry], line: int, mark: str) -> Node:
    """Return a mapping where entries have keys, else a list."""
    if mark == "{" or any(key for key, _node in entries):
        return _table(entries, line)
    return Items(tuple(node for _key, node in entries), line)


def _table(entries: list[_Entry], line: int) -> Table:
    """Return the mapping of entries, those with several names one inside the other."""
    found: list[tuple[Scalar, Node]] = []
    groups: dict[str, tuple[Scalar, list[_Entry], int]] = {}
    for key, node in entries:
        if not key:
            continue
        if len(key) == 1:
            found.append((key[0], node))
            continue
        name = key[0].text
        if name not in groups:
            groups[name] = (key[0], [], len(found))
            found.append((key[0], Table(())))
        groups[name][1].append((key[1:], node))
    for first, inner, at in groups.values():
        found[at] = (first, _table(inner, first.line))
    return Table(tuple(found), line)
