# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that the probing modules share, all checked at once, and the request they make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Optional

from .._model.host_names import FAMILIES, is_address, is_host, not_a_host
from .._model.services import (
    LOGINS,
    MAX_PORT,
    PROTOCOLS,
    SERVICES,
    STATES,
    TLS_MODES,
    TLS_VERSIONS,
    by_port,
    unknown_service,
)
from .._probe.request import (
    DEFAULT_DEADLINE,
    DEFAULT_PARALLEL,
    DEFAULT_TIMEOUT,
    Credentials,
    Request,
    Target,
)

MAX_PARALLEL = 1024
# ``named`` is of no use here, but a listener of an expanded intent has it.
_SERVICE_KEYS = ("service", "port", "protocol", "tls", "login", "state", "named")

_WORDS = {"protocol": PROTOCOLS, "tls": TLS_MODES, "login": LOGINS, "state": STATES}


class ParamsError(ValueError):
    """Options that cannot be used; one line for everything wrong."""


def probe_options() -> dict[str, Any]:
    """Return the argument spec that port_info and port_check have in common."""
    return {
        "ehlo_name": {"type": "str"},
        "source_address": {"type": "str"},
        "timeout": {"type": "float", "default": DEFAULT_TIMEOUT},
        "deadline": {"type": "float", "default": DEFAULT_DEADLINE},
        "parallel": {"type": "int", "default": DEFAULT_PARALLEL},
        "ca_path": {"type": "path"},
        "verify": {"type": "bool", "default": True},
        "starttls_injection": {"type": "bool", "default": False},
        "starttls_enforcement": {"type": "bool", "default": True},
        "login_user": {"type": "str"},
        "login_password": {"type": "str", "no_log": True},
    }


def request_from(
    params: Mapping[str, Any],
    host: str,
    targets: Sequence[Target],
    addresses: Sequence[str],
    server_name: Optional[str],
    versions: Sequence[str],
) -> Request:
    """Return the request that a module's options make. Raises ParamsError; connects nowhere."""
    errors = list(_errors(params, host, targets, addresses, server_name))
    if errors:
        raise ParamsError("\n".join(errors))
    user = params["login_user"]
    return Request(
        host=host,
        targets=tuple(targets),
        addresses=tuple(addresses),
        server_name=(server_name or host).rstrip("."),
        ehlo_name=params["ehlo_name"] or "",
        source_address=params["source_address"],
        timeout=params["timeout"],
        deadline=params["deadline"],
        parallel=params["parallel"],
        ca_path=params["ca_path"],
        verify=params["verify"],
        versions=tuple(versions),
        injection=params["starttls_injection"],
        enforcement=params["starttls_enforcement"],
        credentials=None if user is None else Credentials(user, params["login_password"]),
    )


def targets_from(services: Optional[Sequence[Any]]) -> list[Target]:
    """Return targets from names of the table, or from dictionaries such as those of listeners.

    None stands for all services of the table. Raises ParamsError.
    """
    errors: list[str] = []
    targets: list[Target] = []
    for index, item in enumerate(list(SERVICES) if services is None else services):
        try:
            targets.append(_target(item))
        except ParamsError as error:
            errors.append(f"services.{index}: {error}")
    owners: dict[int, str] = {}
    for target in targets:
        if target.port in owners:
            errors.append(f"services: port {target.port} is given twice ({owners[target.port]})")
        owners[target.port] = target.service
    if not targets and not errors:
        errors.append("services: none is given")
    if errors:
        raise ParamsError("\n".join(errors))
    return targets


def _target(item: Any) -> Target:
    """Return one target; what a dictionary leaves out comes from the table."""
    if not isinstance(item, Mapping):
        item = {"service": item}
    for key in item:
        if key not in _SERVICE_KEYS:
            raise ParamsError(f"{key!r} is not one of {', '.join(_SERVICE_KEYS)}")
    given = {key: value for key, value in item.items() if value is not None}
    if "port" in given:
        given["port"] = _port(given["port"])
    name = given.get("service")
    row = SERVICES.get(str(name)) if name is not None else by_port(given.get("port", 0))
    merged = {**(row.to_dict() if row else {}), **given}
    if any(key not in merged for key in ("port", "protocol", "tls")):
        missing = ", ".join(key for key in ("port", "protocol", "tls") if key not in merged)
        whose = f"{unknown_service(str(name))}; a service of your own" if name else "a service"
        raise ParamsError(f"{whose} needs {missing}")
    merged = {"login": "required", "state": "open", **merged}
    for key, allowed in _WORDS.items():
        if merged[key] not in allowed:
            raise ParamsError(f"{key}: {merged[key]!r} is not one of {', '.join(allowed)}")
    label = name or (row.name if row else f"{merged['protocol']}-{merged['port']}")
    return Target(
        str(label),
        merged["protocol"],
        merged["port"],
        merged["tls"],
        merged["login"],
        merged["state"] == "open",
    )


def _port(value: Any) -> int:
    huge = isinstance(value, int) and value.bit_length() > 64
    text = f"a number of {value.bit_length()} bits" if huge else str(value)
    if len(text) > 5 or not text.isdecimal() or not 1 <= int(text) <= MAX_PORT:
        raise ParamsError(f"port: {text[:40]!r} is not between 1 and {MAX_PORT}")
    return int(text)


def _errors(
    params: Mapping[str, Any],
    host: str,
    targets: Sequence[Target],
    addresses: Sequence[str],
    server_name: Optional[str],
) -> Iterator[str]:
    for key, name in (("host", host), ("server_name", server_name), ("ehlo_name", _ehlo(params))):
        if name is not None and not is_host(name):
            yield f"{key}: {not_a_host(name)}"
    for index, address in enumerate(addresses):
        if address not in FAMILIES and not is_address(address):
            yield f"addresses.{index}: {address!r} is not an address, {' or '.join(FAMILIES)}"
    source = params["source_address"]
    if source is not None and not is_address(source):
        yield f"source_address: {source!r} is not an address"
    for key in ("timeout", "deadline"):
        if not 0 < params[key] < 86400:
            yield f"{key}: {params[key]:g} is not a number of seconds above 0 and below a day"
    if not 1 <= params["parallel"] <= MAX_PARALLEL:
        yield f"parallel: {params['parallel']} is not between 1 and {MAX_PARALLEL}"
    yield from _login_errors(params, targets)


def _ehlo(params: Mapping[str, Any]) -> Optional[str]:
    """Return the EHLO name without the brackets of an address literal (RFC 5321 section 4.1.3)."""
    name: Optional[str] = params["ehlo_name"]
    if name and name.startswith("[") and name.endswith("]"):
        return name[1:-1].replace("IPv6:", "", 1)
    return name


def _login_errors(params: Mapping[str, Any], targets: Sequence[Target]) -> Iterator[str]:
    """A password may only go where TLS protects it and the server has proved its name."""
    if (params["login_user"] is None) != (params["login_password"] is None):
        yield "login_user and login_password: one is given without the other"
    if params["login_user"] is None:
        return
    for key in ("login_user", "login_password"):
        # Such text comes from an environment in another encoding, and no server can be sent it.
        if not _is_utf8(params[key] or ""):
            yield f"{key}: this is not UTF-8 text; its encoding must be UTF-8 where it comes from"
    if not params["verify"]:
        yield "login_user: a password is sent only to verified servers; verify must be true"
    for target in targets:
        if target.tls == "cleartext":
            words = "is to be probed without TLS; no password is sent there"
            yield f"login_user: {target.service} {words}"


def _is_utf8(text: str) -> bool:
    try:
        return bool(text.encode("utf-8")) or not text
    except UnicodeEncodeError:
        return False


__all__ = ["TLS_VERSIONS", "ParamsError", "probe_options", "request_from", "targets_from"]
