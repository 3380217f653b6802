# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a JSON Schema has against data that a user wrote, in the project's words.

One line for each thing that is wrong: the key, what was found, what is allowed.
"""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Callable

from ansible.errors import AnsibleError

from ...module_utils._model.safe_text import printable
from .accepts import accepts

SCHEMAS = Path(__file__).resolve().parents[3] / "schemas"
_TYPES = {"object": "a mapping", "array": "a list", "integer": "a whole number", "null": "nothing"}
_LIMITS = {
    "minLength": "is empty",
    "maxLength": "is longer than {} characters",
    "minItems": "is empty",
}
_MOST = 25
# More than any intent has. YAML aliases can make a short file much larger, or endless.
MAX_DEPTH = 8
MAX_VALUES = 20_000
MAX_BITS = 64
# How many values are tried to find the one that is in the way.
_MOST_TRIED = 500

# Says one schema error in words of its own, or returns "" to leave it to the general words.
Words = Callable[[Any, "list[str]", str], str]


class IntentError(AnsibleError):
    """An intent that cannot be used; the message has one line for everything wrong."""


class NoJsonSchema(Exception):
    """The library that says what is wrong is not here."""


@functools.cache
def schema(file: Path) -> Any:
    """Return the schema in a file."""
    return json.loads(file.read_text(encoding="utf-8"))


@functools.cache
def _validator(file: Path) -> Any:
    try:
        from jsonschema.validators import Draft202012Validator, extend
    except ImportError as error:
        raise NoJsonSchema from error
    # JSON Schema takes 25.0 for a whole number; no socket does.
    checker = Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _checker, value: isinstance(value, int) and not isinstance(value, bool)
    )
    strict: Any = extend
    return strict(Draft202012Validator, type_checker=checker)(schema(file))


def judged(
    data: Any,
    file: Path,
    others: Callable[[Any], Iterable[str]],
    words: Words = lambda _error, _path, _where: "",
) -> dict[str, Any]:
    """Return a copy of ``data`` if the schema in ``file`` and ``others`` (what only code can see)
    have nothing against it. Raises IntentError that tells everything at once.

    A whole number may come as text, as it does from ``-e`` and from templates.
    """
    excess = list(_excess(data))
    if not excess:
        data = _with_numbers(data, _whole_numbers(file))
    messages = (
        excess
        or list(dict.fromkeys([*_text_errors(data), *_schema_errors(data, file, words)]))
        or list(others(data))
    )
    if messages:
        more = len(messages) - _MOST
        rest = [f"... and {more} more"] if more > 0 else []
        raise IntentError("The intent is not valid.\n" + "\n".join(messages[:_MOST] + rest))
    result: dict[str, Any] = json.loads(json.dumps(data))
    return result


@functools.cache
def _whole_numbers(file: Path) -> frozenset[str]:
    """Return the keys that the schema in a file has whole numbers for, wherever they stand."""
    found: dict[str, set[bool]] = {}
    for path, value in _values(schema(file)):
        if path[-2:-1] == ("properties",) and isinstance(value, dict):
            found.setdefault(path[-1], set()).add(value.get("type") == "integer")
    return frozenset(key for key, kinds in found.items() if kinds == {True})


def _with_numbers(data: Any, keys: frozenset[str]) -> Any:
    """Return a copy of ``data`` in which digits under one of ``keys`` are the number they say."""
    if isinstance(data, list):
        return [_with_numbers(one, keys) for one in data]
    if not isinstance(data, dict):
        return data
    return {
        key: int(value)
        if isinstance(key, str) and key in keys and _is_number(value)
        else _with_numbers(value, keys)
        for key, value in data.items()
    }


def _is_number(value: Any) -> bool:
    """Tell whether text is a whole number as people write one."""
    return isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10


def _values(data: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield every value in ``data`` with its path, outermost first."""
    todo: list[tuple[tuple[Any, ...], Any]] = [((), data)]
    while todo:
        path, value = todo.pop()
        yield path, value
        if isinstance(value, dict):
            todo += [((*path, key), value[key]) for key in reversed(list(value))]
        elif isinstance(value, list):
            todo += [((*path, index), value[index]) for index in reversed(range(len(value)))]


def _excess(data: Any) -> Iterator[str]:
    """Yield one message where there is more than an intent can hold: all else stops there."""
    for count, (path, value) in enumerate(_values(data)):
        if count >= MAX_VALUES:
            yield f"the intent: holds more than {MAX_VALUES} values"
        elif len(path) > MAX_DEPTH:
            yield f"{_where(path)}: is nested more than {MAX_DEPTH} deep"
        elif isinstance(value, int) and value.bit_length() > MAX_BITS:
            yield f"{_where(path)}: is a number of more than {MAX_BITS} bits"
        elif any(isinstance(key, int) and key.bit_length() > MAX_BITS for key in path[-1:]):
            yield f"{_where(path[:-1])}: has a key of more than {MAX_BITS} bits"
        else:
            continue
        return


def _text_errors(data: Any) -> Iterator[str]:
    """Yield the keys that are not text, and the text that is not one printable line."""
    for path, value in _values(data):
        if isinstance(value, dict):
            for key in value:
                if not isinstance(key, str):
                    yield f"{_where(path)}: the key {found_words(key)} is not a string"
                elif not _is_printable(key):
                    yield f"{_where(path)}: the key {found_words(key)} has unprintable characters"
        elif isinstance(value, str) and not _is_printable(value):
            yield f"{_where(path)}: {found_words(value)} has unprintable characters"


def _is_printable(text: str) -> bool:
    return printable(text, len(text) + 1) == text


def _where(path: Iterable[Any]) -> str:
    return printable(".".join(map(str, path))) or "the intent"


def _schema_errors(data: Any, file: Path, words: Words) -> Iterator[str]:
    """Yield what the schema has against ``data``."""
    if not isinstance(data, dict):
        yield f"the intent: {found_words(data)} is not a mapping"
        return
    if accepts(schema(file), data):
        return
    try:
        errors = _validator(file).iter_errors(data)
    except NoJsonSchema:
        yield from _suspects(data, schema(file))
        yield (
            "What is allowed there is said where the Python library jsonschema is installed on the "
            "controller, beside Ansible: pip install jsonschema"
        )
        return
    for error in sorted(errors, key=lambda error: [str(part) for part in error.absolute_path]):
        yield _message(error, words)


def _suspects(data: dict[str, Any], root: Any) -> Iterator[str]:
    """Yield what a schema has against ``data``, as far as can be told without jsonschema: required
    keys that are missing, or the one value without which all would be well."""
    lacking = [key for key in root.get("required", ()) if key not in data]
    if lacking:
        yield f"the intent: {', '.join(lacking)} is missing"
        return
    loose = {**root, "required": []}
    # From the inside out, since a value is in the way wherever one inside it is.
    inside_out = sorted(itertools.islice(_values(data), _MOST_TRIED), key=lambda one: -len(one[0]))
    for path, value in inside_out:
        if path and accepts(loose, _without(data, path)):
            yield f"{_where(path)}: {found_words(value)} is not allowed"
            return
    yield "the intent: several keys or values are not allowed, or something is missing"


def _without(data: Any, path: tuple[Any, ...]) -> Any:
    """Return ``data`` without the value at a path."""
    first, rest = path[0], path[1:]
    if isinstance(data, list):
        if rest:
            return [*data[:first], _without(data[first], rest), *data[first + 1 :]]
        return [*data[:first], *data[first + 1 :]]
    if rest:
        return {**data, first: _without(data[first], rest)}
    return {key: value for key, value in data.items() if key != first}


def _message(error: Any, words: Words) -> str:
    """Say one schema error in the project's words: path, what was found, what is allowed."""
    path = [str(part) for part in error.absolute_path]
    where = _where(path)
    found, allowed = found_words(error.instance), error.validator_value
    own = words(error, path, where)
    if own:
        return own
    if error.validator == "enum":
        return f"{where}: {found} is not one of {', '.join(map(str, allowed))}"
    if error.validator == "type":
        return f"{where}: {found} is not {_type_words(allowed)}"
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        extra = ", ".join(found_words(key) for key in error.instance if key not in known)
        return f"{where}: {extra} is not one of {', '.join(known)}"
    if error.validator == "required":
        return f"{where}: {missing(error)} is missing"
    if error.validator in ("minimum", "maximum"):
        schema = error.schema
        return f"{where}: {found} is not between {schema['minimum']} and {schema['maximum']}"
    if error.validator == "uniqueItems":
        twice = [item for item in error.instance if error.instance.count(item) > 1]
        return f"{where}: {found_words(twice[0])} is given twice"
    if error.validator == "pattern":
        return f"{where}: {found} is not a host name or address"
    return f"{where}: {found} {_LIMITS[error.validator].format(allowed)}"


def missing(error: Any) -> str:
    """Return the required keys that are not there."""
    return ", ".join(key for key in error.validator_value if key not in error.instance)


def _type_words(allowed: Any) -> str:
    names = [allowed] if isinstance(allowed, str) else allowed
    return " or ".join(_TYPES.get(name, f"a {name}") for name in names)


def found_words(value: Any) -> str:
    """Return a value as it is shown in a message; what it holds is not shown (secrets, size)."""
    for kind, words in ((dict, "object"), (list, "array")):
        if isinstance(value, kind):
            return _TYPES[words]
    return printable(repr(value), 120)
