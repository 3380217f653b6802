# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The validator of a domain's intent, on the controller: the JSON Schema and what it cannot say."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from typing import Any

from ...module_utils._domain.dkim import parse as parse_key
from ...module_utils._domain.intent import uris
from ...module_utils._domain.tags import TagError
from ...module_utils._domain.tlsa import parse as parse_tlsa
from ...module_utils._model.host_names import is_address, is_host
from .schema import SCHEMAS, found_words, judged

SCHEMA_FILE = SCHEMAS / "domain.schema.json"
# The key whose value has a pattern, to what a value of that kind is.
_KINDS = {
    "selectors": "a DKIM selector (letters, digits, '-' and '.')",
    "public_keys": "a key in base64, with ed25519: before it where it is of that type",
    "id": "1 to 32 letters and digits",
    "tlsa": "a TLSA record (usage, selector, matching type and hex, such as 3 1 1 0a1b...)",
    "reports": "an address for reports (a mail address or a URI)",
    "failures": "an address for reports (a mail address or a URI)",
}


def validated_domain(data: Any) -> dict[str, Any]:
    """Return ``data`` if it is a domain's intent. Raises IntentError that tells all at once."""
    return judged(data, SCHEMA_FILE, _other_errors, _own_words)


def _own_words(error: Any, path: list[str], where: str) -> str:
    if error.validator != "pattern":
        return ""
    kind = next((_KINDS[key] for key in reversed(path) if key in _KINDS), "a domain or host name")
    return f"{where}: {found_words(error.instance)} is not {kind}"


def _other_errors(data: dict[str, Any]) -> Iterator[str]:
    """Yield what only code can see: names, addresses, keys, records."""
    yield from _names("domain", [data["domain"]])
    yield from _names("mail_hosts", data.get("mail_hosts", ()))
    yield from _names("tlsa", data.get("tlsa", {}))
    yield from _names("spf.include", data.get("spf", {}).get("include", ()))
    yield from _names("caa.issuers", data.get("caa", {}).get("issuers", ()))
    if "clients" in data:
        yield from _names("clients.host", [data["clients"]["host"]])
    for index, sender in enumerate(data.get("senders", ())):
        try:
            ipaddress.ip_network(sender, strict=False)
        except ValueError:
            allowed = "an address or a network"
            yield f"senders.{index}: {found_words(sender)} is not {allowed}"
    yield from _dkim(data.get("dkim", {}))
    yield from _reports(data)
    for host, records in data.get("tlsa", {}).items():
        for index, record in enumerate(records):
            problem = parse_tlsa(record).problem
            if problem:
                yield f"tlsa.{host}.{index}: {problem}"


def _names(where: str, names: Iterable[str]) -> Iterator[str]:
    for index, name in enumerate(names):
        if is_address(name) or not is_host(name) or "." not in name.rstrip("."):
            place = where if where in ("domain", "clients.host") else f"{where}.{index}"
            yield f"{place}: {found_words(name)} is not a domain or host name"


def _dkim(data: dict[str, Any]) -> Iterator[str]:
    selectors = data.get("selectors", [])
    if "key" in data and len(selectors) > 1:
        yield "dkim.key: is for one selector; with several, give keys, a file by selector"
    for option in ("keys", "public_keys"):
        for selector in data.get(option, {}):
            if selector not in selectors:
                found = found_words(selector)
                yield f"dkim.{option}: {found} is not one of {', '.join(selectors)}"
    for selector, text in data.get("public_keys", {}).items():
        kind, _colon, key = text.rpartition(":")
        try:
            problem = parse_key(f"k={kind or 'rsa'}; p={key}").problem
        except TagError as error:
            problem = str(error)
        if problem:
            yield f"dkim.public_keys.{selector}: {problem}"


def _reports(data: dict[str, Any]) -> Iterator[str]:
    places = [
        ("dmarc.reports", data.get("dmarc", {}).get("reports"), ("mailto",)),
        ("dmarc.failures", data.get("dmarc", {}).get("failures"), ("mailto",)),
        ("tlsrpt.reports", data.get("tlsrpt", {}).get("reports"), ("mailto", "https")),
    ]
    for where, value, schemes in places:
        for uri in uris(value):
            scheme, _colon, rest = uri.partition(":")
            if scheme.lower() not in schemes or (scheme.lower() == "mailto" and "@" not in rest):
                allowed = " or ".join(f"{one}: URI" for one in schemes)
                yield f"{where}: {found_words(uri)} is neither a mail address nor a {allowed}"
