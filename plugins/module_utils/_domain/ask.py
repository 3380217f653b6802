# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the options of the modules to a run that asks the DNS and HTTPS."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._model.host_names import is_address, is_host
from .collect import QUESTIONS
from .fetch import HTTP_PORT, Fetcher
from .fetch import PORT as HTTPS_PORT
from .question import Fetch
from .resolve import PORT, TIMEOUT_SECONDS, Resolver, ResolverError, Settings
from .run import DEADLINE, PARALLEL, Run

MAX_PARALLEL = 256


class AskError(ValueError):
    """Options that cannot be used, or nobody to ask; one line for everything wrong."""


def options() -> dict[str, Any]:
    """Return the argument spec that the modules share."""
    return {
        "resolvers": {"type": "list", "elements": "str", "default": []},
        "resolver_port": {"type": "int", "default": PORT},
        "dnssec": {"type": "bool", "default": False},
        "timeout": {"type": "float", "default": TIMEOUT_SECONDS},
        "deadline": {"type": "float", "default": DEADLINE},
        "parallel": {"type": "int", "default": PARALLEL},
        "ca_path": {"type": "path"},
        "https_port": {"type": "int", "default": HTTPS_PORT},
    }


def run_of(params: Mapping[str, Any], domains: Sequence[str], senders: Sequence[str] = ()) -> Run:
    """Return the run that the options ask for. Raises AskError; asks nothing yet."""
    errors = list(_errors(params, domains, senders))
    if errors:
        raise AskError("\n".join(errors))
    try:
        resolver = Resolver(
            Settings(
                servers=tuple(params["resolvers"]),
                trusted=params["dnssec"],
                timeout=params["timeout"],
                port=params["resolver_port"],
            )
        )
    except ResolverError as error:
        raise AskError(str(error)) from None
    try:
        http = params.get("http_port", HTTP_PORT)
        fetcher = Fetcher(params["ca_path"], port=params["https_port"], http_port=http)
    except (OSError, ssl.SSLError) as error:
        raise AskError(f"ca_path: {params['ca_path']}: {error}") from None

    def ask(question: Any) -> Any:
        return fetcher(question) if isinstance(question, Fetch) else resolver(question)

    return Run(ask, params["parallel"], params["deadline"], QUESTIONS * max(len(domains), 1))


def _errors(
    params: Mapping[str, Any], domains: Sequence[str], senders: Sequence[str]
) -> Iterator[str]:
    for index, name in enumerate(domains):
        if not is_host(name) or is_address(name) or "." not in name.rstrip("."):
            yield f"domain.{index}: {name!r} is not the name of a domain"
    for index, sender in enumerate(senders):
        try:
            ipaddress.ip_network(sender, strict=False)
        except ValueError:
            yield f"senders.{index}: {sender!r} is not an address or a network"
    for index, server in enumerate(params["resolvers"]):
        if not is_address(server):
            yield f"resolvers.{index}: {server!r} is not an address"
    for key in ("timeout", "deadline"):
        if not 0 < params[key] < 86400:
            yield f"{key}: {params[key]:g} is not a number of seconds above 0 and below a day"
    for key in ("resolver_port", "https_port", "http_port"):
        if not 1 <= params.get(key, 1) <= 65535:
            yield f"{key}: {params[key]} is not between 1 and 65535"
    if not 1 <= params["parallel"] <= MAX_PARALLEL:
        yield f"parallel: {params['parallel']} is not between 1 and {MAX_PARALLEL}"
