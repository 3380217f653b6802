# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records to publish in other shapes: a zone file, and arguments of modules that write to the DNS.

The shapes follow the documentation of community.dns 3, community.general 12 and amazon.aws 10.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Callable

from .publish import Record

_CHUNK = 255


class ShapeError(ValueError):
    """A record that a module cannot write; one line that says which and what to do."""


def chunks(text: str) -> list[str]:
    """Return the strings of a TXT record: each has at most 255 bytes (RFC 1035 section 3.3.14)."""
    data = text.encode()
    cut = [data[at : at + _CHUNK] for at in range(0, len(data), _CHUNK)] or [b""]
    return [_escaped(one) for one in cut]


def _escaped(data: bytes) -> str:
    r"""Return bytes as master files write them: quotes and backslashes escaped, others ``\DDD``."""
    return "".join(
        f"\\{chr(octet)}"
        if octet in b'"\\'
        else chr(octet)
        if 0x20 <= octet < 0x7F
        else f"\\{octet:03d}"
        for octet in data
    )


def quoted(record: Record) -> list[str]:
    """Return the values as a zone file has them."""
    if record.type != "TXT":
        return list(record.values)
    return [" ".join(f'"{one}"' for one in chunks(value)) for value in record.values]


def zone_file(records: Sequence[Record]) -> str:
    """Return the records as lines of a master file (RFC 1035 section 5)."""
    return "".join(
        f"{record.name}. {record.ttl} IN {record.type} {value}\n"
        for record in records
        for value in quoted(record)
    )


def record_sets(records: Sequence[Record], zone: str) -> list[dict[str, Any]]:
    """Return arguments of community.dns.*_dns_record_set; TXT is unquoted there."""
    return [
        {
            "zone_name": zone,
            "record": record.name,
            "type": record.type,
            "ttl": record.ttl,
            "value": list(record.values),
            "state": "present",
        }
        for record in records
    ]


def nsupdate(records: Sequence[Record], zone: str) -> list[dict[str, Any]]:
    """Return arguments of community.general.nsupdate; the server and its key are the user's."""
    return [
        {
            "zone": f"{zone}.",
            "record": f"{record.name}.",
            "type": record.type,
            "ttl": record.ttl,
            "value": quoted(record),
            "state": "present",
        }
        for record in records
    ]


def route53(records: Sequence[Record], zone: str) -> list[dict[str, Any]]:
    """Return arguments of amazon.aws.route53."""
    return [
        {
            "zone": zone,
            "record": record.name,
            "type": record.type,
            "ttl": record.ttl,
            "value": quoted(record),
            "state": "present",
            "overwrite": True,
        }
        for record in records
    ]


def cloudflare(records: Sequence[Record], zone: str) -> list[dict[str, Any]]:
    """Return arguments of community.general.cloudflare_dns, one record each.

    The module takes the dot off a target, so that ``.`` cannot be written: SRV records that say
    "not offered" are left out, which says the same. Raises ShapeError for a null MX.
    """
    made = []
    for record in records:
        for value in record.values:
            common = {"zone": zone, "type": record.type, "ttl": record.ttl, "state": "present"}
            one = _CLOUDFLARE.get(record.type, _cloudflare_plain)(record, value, zone)
            if one is not None:
                made.append({**common, **one})
    return made


def relative(name: str, zone: str) -> str:
    """Return a name as it stands in its zone, ``@`` for the zone itself."""
    if name == zone:
        return "@"
    return name[: -len(zone) - 1] if name.endswith("." + zone) else name


def _cloudflare_plain(record: Record, value: str, zone: str) -> Any:
    return {"record": relative(record.name, zone), "value": value}


def _cloudflare_mx(record: Record, value: str, zone: str) -> Any:
    priority, _blank, host = value.partition(" ")
    if host == ".":
        raise ShapeError(
            f"{record.name} MX 0 . cannot be written by cloudflare_dns, which takes the dot off; "
            "publish it by hand"
        )
    name = relative(record.name, zone)
    return {"record": name, "value": host.rstrip("."), "priority": int(priority)}


def _cloudflare_srv(record: Record, value: str, zone: str) -> Any:
    priority, weight, port, target = value.split(" ")
    if target == ".":
        return None
    service, proto, *rest = relative(record.name, zone).split(".")
    return {
        "record": ".".join(rest) or "@",
        "service": service.lstrip("_"),
        "proto": proto.lstrip("_"),
        "priority": int(priority),
        "weight": int(weight),
        "port": int(port),
        "value": target.rstrip("."),
    }


def _cloudflare_tlsa(record: Record, value: str, zone: str) -> Any:
    usage, selector, matching, data = value.split(" ")
    port, proto, *rest = relative(record.name, zone).split(".")
    if matching == "0":
        raise ShapeError(
            f"{record.name} TLSA {usage} {selector} 0 cannot be written by cloudflare_dns, which "
            "takes hashes only; use matching type 1"
        )
    return {
        "record": ".".join(rest) or "@",
        "port": int(port.lstrip("_")),
        "proto": proto.lstrip("_"),
        "cert_usage": int(usage),
        "selector": int(selector),
        "hash_type": int(matching),
        "value": data,
    }


def _cloudflare_caa(record: Record, value: str, zone: str) -> Any:
    flag, tag, rest = value.split(" ", 2)
    name = relative(record.name, zone)
    return {"record": name, "flag": int(flag), "tag": tag, "value": rest.strip('"')}


_CLOUDFLARE: dict[str, Callable[[Record, str, str], Any]] = {
    "MX": _cloudflare_mx,
    "SRV": _cloudflare_srv,
    "TLSA": _cloudflare_tlsa,
    "CAA": _cloudflare_caa,
}

Shape = Callable[[Sequence[Record], str], Any]
SHAPES: dict[str, Shape] = {
    "data": lambda records, _zone: [record.to_dict() for record in records],
    "zone": lambda records, _zone: zone_file(records),
    "community.dns": record_sets,
    "hetzner": record_sets,
    "nsupdate": nsupdate,
    "route53": route53,
    "cloudflare": cloudflare,
}
