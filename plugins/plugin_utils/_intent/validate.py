# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""THE validator of intents, on the controller: the JSON Schema and what a schema cannot say."""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError

from ...module_utils._model.host_names import FAMILIES, is_address, is_host, not_a_host
from ...module_utils._model.intent import expand
from ...module_utils._model.safe_text import printable
from ...module_utils._model.services import SERVICES, unknown_service
from .accepts import accepts

SCHEMA_FILE = Path(__file__).resolve().parents[3] / "schemas" / "intent.schema.json"
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


class IntentError(AnsibleError):
    """An intent that cannot be used; the message has one line for everything wrong."""


@functools.lru_cache(maxsize=1)
def _schema() -> Any:
    return json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))


@functools.lru_cache(maxsize=1)
def _validator() -> Any:
    try:
        from jsonschema.validators import Draft202012Validator, extend
    except ImportError as error:
        raise AnsibleError(
            "The intent is not plainly valid; to judge it postmaster.mailports needs the Python "
            f"library jsonschema on the controller: {error}"
        ) from error
    # JSON Schema takes 25.0 for a whole number; no socket does.
    checker = Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _checker, value: isinstance(value, int) and not isinstance(value, bool)
    )
    strict: Any = extend
    return strict(Draft202012Validator, type_checker=checker)(_schema())


def validated(data: Any) -> dict[str, Any]:
    """Return ``data`` if it is an intent. Raises IntentError that names each key, what was found
    and what is allowed, all at once."""
    data = _with_a_labels(data)
    messages = (
        list(_excess(data))
        or list(dict.fromkeys([*_text_errors(data), *_schema_errors(data)]))
        or list(_other_errors(data))
    )
    if messages:
        more = len(messages) - _MOST
        rest = [f"... and {more} more"] if more > 0 else []
        raise IntentError("The intent is not valid.\n" + "\n".join(messages[:_MOST] + rest))
    result: dict[str, Any] = json.loads(json.dumps(data))
    return result


def _with_a_labels(data: Any) -> Any:
    """Return ``data`` with its names in ASCII (IDNA 2008), where the library idna is at hand."""
    if not isinstance(data, dict):
        return data
    for key in ("host", "server_name"):
        name = data.get(key)
        if not isinstance(name, str) or name.isascii():
            continue
        with contextlib.suppress(ImportError, ValueError):
            # Its errors are ValueErrors; a name that stays as it is will be refused.
            import idna

            label = idna.encode(name, uts46=True, transitional=False).decode("ascii")
            data = {**data, key: label}
    return data


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
                    yield f"{_where(path)}: the key {_found(key)} is not a string"
                elif not _is_printable(key):
                    yield f"{_where(path)}: the key {_found(key)} has unprintable characters"
        elif isinstance(value, str) and not _is_printable(value):
            yield f"{_where(path)}: {_found(value)} has unprintable characters"


def _is_printable(text: str) -> bool:
    return printable(text, len(text) + 1) == text


def _where(path: Iterable[Any]) -> str:
    return printable(".".join(map(str, path))) or "the intent"


def _schema_errors(data: Any) -> Iterator[str]:
    """Yield what the schema has against ``data``."""
    if not isinstance(data, dict):
        yield f"the intent: {_found(data)} is not a mapping"
        return
    if accepts(_schema(), data):
        return
    errors = _validator().iter_errors(data)
    for error in sorted(errors, key=lambda error: [str(part) for part in error.absolute_path]):
        yield _message(error)


def _message(error: Any) -> str:
    """Say one schema error in the project's words: path, what was found, what is allowed."""
    path = [str(part) for part in error.absolute_path]
    where = _where(path)
    found, allowed = _found(error.instance), error.validator_value
    if error.validator == "enum":
        return f"{where}: {found} is not one of {', '.join(map(str, allowed))}"
    if error.validator == "type":
        return f"{where}: {found} is not {_type_words(allowed)}"
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        extra = ", ".join(_found(key) for key in error.instance if key not in known)
        return f"{where}: {extra} is not one of {', '.join(known)}"
    if error.validator == "required":
        return _missing(path, where, error)
    if error.validator in ("minimum", "maximum"):
        schema = error.schema
        return f"{where}: {found} is not between {schema['minimum']} and {schema['maximum']}"
    if error.validator == "uniqueItems":
        twice = [item for item in error.instance if error.instance.count(item) > 1]
        return f"{where}: {_found(twice[0])} is given twice"
    if error.validator == "pattern" and path[:1] == ["services"]:
        return f"{where}: {found} is not a service name (letters, digits, '_', '.', '-')"
    if error.validator == "pattern":
        return f"{where}: {found} is not a host name or address"
    return f"{where}: {found} {_LIMITS[error.validator].format(allowed)}"


def _missing(path: list[str], where: str, error: Any) -> str:
    """Say which keys are missing; a service without them is most often a misspelt name."""
    missing = ", ".join(key for key in error.validator_value if key not in error.instance)
    if len(path) == 2 and path[0] == "services" and path[1] not in SERVICES:
        name = printable(path[1])
        return f"{where}: {unknown_service(name)}; a service of your own needs {missing}"
    return f"{where}: {missing} is missing"


def _type_words(allowed: Any) -> str:
    names = [allowed] if isinstance(allowed, str) else allowed
    return " or ".join(_TYPES.get(name, f"a {name}") for name in names)


def _found(value: Any) -> str:
    """Return a value as it is shown in a message; what it holds is not shown (secrets, size)."""
    for kind, words in ((dict, "object"), (list, "array")):
        if isinstance(value, kind):
            return _TYPES[words]
    return printable(repr(value), 120)


def _other_errors(data: dict[str, Any]) -> Iterator[str]:
    """Yield what only code can see: names, addresses, ports given twice."""
    for key in ("host", "server_name"):
        if key in data and not is_host(data[key]):
            yield f"{key}: {printable(not_a_host(data[key]), 200)}"
    for index, address in enumerate(data.get("addresses", ())):
        if address not in FAMILIES and not is_address(address):
            allowed = f"an address, {' or '.join(FAMILIES)}"
            yield f"addresses.{index}: {_found(address)} is not {allowed}"
    owners: dict[int, str] = {}
    for listener in expand(data).listeners:
        if listener.named and listener.port in owners:
            first = owners[listener.port]
            yield f"services.{listener.service}.port: {listener.port} is {first}'s port already"
        elif listener.named:
            owners[listener.port] = listener.service
