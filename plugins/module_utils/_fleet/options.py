# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a fleet: those that all hosts share, and those that one host has of its own."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .._check.job import options as check_options
from .._check.options import MAX_PARALLEL, ParamsError
from .._model.safe_text import printable
from .._probe.turns import PER_ADDRESS, Limits
from .run import LIMITS

# One host has no threads of its own here, and how long a failed task's result is nobody's wish.
_OF_ALL = ("parallel", "details")
# What only the controller does.
_OF_THE_ACTION: dict[str, Any] = {
    "chunk": {"type": "int", "default": 50},
    "keep_in": {"type": "path"},
    "vantage": {"type": "str", "default": ""},
    "resume": {"type": "bool", "default": False},
    "max_age": {"type": "int", "default": 24},
}


def _own_options() -> dict[str, Any]:
    """Return the argument spec of one host."""
    spec = {key: dict(one) for key, one in check_options().items() if key not in _OF_ALL}
    for one in spec.values():
        one.pop("default", None)
    # That of an intent is for its validator to say.
    return {**spec, "intent": {"type": "raw", "required": True}, "error": {"type": "str"}}


def fleet_options() -> dict[str, Any]:
    """Return the argument spec of a fleet.

    Types of a single host's options are checked host by host (``audits_from``): what is wrong with
    one must not cost the others their results.
    """
    own = {
        key: {"type": "raw", "no_log": one.get("no_log", False)}
        for key, one in _own_options().items()
    }
    shared = {
        key: one
        for key, one in check_options().items()
        if key not in ("intent", "configured", *_OF_ALL)
    }
    return {
        "audits": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {"name": {"type": "str"}, **own},
        },
        **shared,
        "connections": {"type": "int", "default": LIMITS.connections},
        "per_address": {"type": "int", "default": PER_ADDRESS},
        "ceilings": {"type": "dict", "default": {}},
        **_OF_THE_ACTION,
    }


def audits_from(params: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield each audit of a fleet with all its options, as ``audit_many`` takes them.

    One with wrong options has ``error``, which says what is wrong.
    """
    shared = {key: params[key] for key in check_options() if key in params}
    shared.update(configured=None, parallel=1)
    spec = _own_options()
    for given in params["audits"]:
        own = {key: value for key, value in given.items() if value is not None}
        name = str(own.pop("name", "") or _host_of(own))
        checked = ArgumentSpecValidator(spec).validate(own)
        if checked.error_messages:
            words = "; ".join(checked.error_messages)
            yield {**shared, **own, "name": name, "error": own.get("error") or words}
            continue
        known = checked.validated_parameters
        own = {key: value for key, value in known.items() if value is not None}
        yield {**shared, **own, "name": name}


def _host_of(audit: Mapping[str, Any]) -> str:
    intent = audit.get("intent")
    return str(intent.get("host", "?")) if isinstance(intent, Mapping) else "?"


def limits_from(params: Mapping[str, Any]) -> Limits:
    """Return the limits that options set. Raises ParamsError."""
    errors = []
    if not 2 <= params["connections"] <= MAX_PARALLEL:
        errors.append(f"connections: {params['connections']} is not between 2 and {MAX_PARALLEL}")
    if params["per_address"] < 2:
        # A server that does not greet is asked for TLS while the first connection still waits.
        errors.append(f"per_address: {params['per_address']} is below 2")
    ceilings = []
    for network, rate in params["ceilings"].items():
        try:
            parsed = ipaddress.ip_network(network, strict=False)
            if not 0 < float(rate) < 1e6:
                raise ValueError(f"{rate} connections a second is not a number above 0")
            ceilings.append((parsed, float(rate)))
        except (TypeError, ValueError) as error:
            errors.append(f"ceilings: {printable(str(network), 50)}: {printable(str(error), 100)}")
    if errors:
        raise ParamsError("\n".join(errors))
    return Limits(params["connections"], params["per_address"], ceilings=tuple(ceilings))
