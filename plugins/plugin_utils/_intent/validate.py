# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""THE validator of intents, on the controller: the JSON Schema and what a schema cannot say."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from ...module_utils._model.host_names import FAMILIES, is_address, is_host, not_a_host
from ...module_utils._model.intent import expand
from ...module_utils._model.safe_text import printable
from ...module_utils._model.services import SERVICES, unknown_service
from .schema import MAX_DEPTH, MAX_VALUES, SCHEMAS, IntentError, found_words, judged, missing

SCHEMA_FILE = SCHEMAS / "intent.schema.json"


def validated(data: Any) -> dict[str, Any]:
    """Return ``data`` if it is an intent. Raises IntentError that names each key, what was found
    and what is allowed, all at once."""
    return judged(_with_a_labels(data), SCHEMA_FILE, _other_errors, _own_words)


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


def _own_words(error: Any, path: list[str], where: str) -> str:
    """Say what is wrong with a service; one that lacks keys is most often a misspelt name."""
    if path[:1] != ["services"]:
        return ""
    if error.validator == "pattern":
        found = found_words(error.instance)
        return f"{where}: {found} is not a service name (letters, digits, '_', '.', '-')"
    if error.validator == "required" and len(path) == 2 and path[1] not in SERVICES:
        name = printable(path[1])
        return f"{where}: {unknown_service(name)}; a service of your own needs {missing(error)}"
    return ""


def _other_errors(data: dict[str, Any]) -> Iterator[str]:
    """Yield what only code can see: names, addresses, ports given twice."""
    for key in ("host", "server_name"):
        if key in data and not is_host(data[key]):
            yield f"{key}: {printable(not_a_host(data[key]), 200)}"
    for index, address in enumerate(data.get("addresses", ())):
        if address not in FAMILIES and not is_address(address):
            allowed = f"an address, {' or '.join(FAMILIES)}"
            yield f"addresses.{index}: {found_words(address)} is not {allowed}"
    owners: dict[int, str] = {}
    for listener in expand(data).listeners:
        if listener.named and listener.port in owners:
            first = owners[listener.port]
            yield f"services.{listener.service}.port: {listener.port} is {first}'s port already"
        elif listener.named:
            owners[listener.port] = listener.service


__all__ = ["MAX_DEPTH", "MAX_VALUES", "SCHEMA_FILE", "IntentError", "validated"]
