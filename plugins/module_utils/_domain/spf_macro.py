# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Macros of SPF (RFC 7208 section 7): a macro string and what is known of a mail, to text."""

from __future__ import annotations

import ipaddress
import re
import time
from dataclasses import dataclass
from typing import Union
from urllib.parse import quote

from .spf_record import MACRO

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]
_TOKEN = re.compile(rf"{MACRO.pattern}|%%|%_|%-")
_PLAIN = {"%%": "%", "%_": " ", "%-": "%20"}
MAX_NAME = 253


@dataclass(frozen=True)
class Mail:
    """One mail as SPF sees it: the client's address, the sender, the name in HELO, who asks.

    ``local`` is the part of the sender before the @, ``sender_domain`` that behind it.
    """

    address: Address
    local: str
    sender_domain: str
    helo: str
    receiver: str = "unknown"

    @property
    def sender(self) -> str:
        """The whole address of the sender."""
        return f"{self.local}@{self.sender_domain}"


def mail_of(address: str, sender: str, helo: str, receiver: str = "unknown") -> Mail:
    """Return the mail of these; without a sender it is postmaster at the HELO name (section 4.3).

    An IPv4 address inside IPv6 is taken for what it is. Raises ValueError for no address.
    """
    client: Address = ipaddress.ip_address(address)
    if isinstance(client, ipaddress.IPv6Address) and client.ipv4_mapped:
        client = client.ipv4_mapped
    local, _at, domain = sender.rpartition("@")
    if not sender:
        domain = helo
    return Mail(client, local or "postmaster", domain, helo, receiver)


def needs_validated_name(text: str) -> bool:
    """Tell whether a macro string asks for the validated name of the client (``p``)."""
    return any((match.group(1) or "").lower() == "p" for match in _TOKEN.finditer(text))


def expand(text: str, mail: Mail, domain: str, validated: str = "unknown") -> str:
    """Return ``text`` with every macro replaced (section 7.3); ``domain`` is the current one."""

    def replaced(match: re.Match[str]) -> str:
        if match.group(1) is None:
            return _PLAIN[match.group(0)]
        letter = match.group(1)
        value = _value(letter.lower(), mail, domain, validated)
        value = _transformed(value, match.group(2), bool(match.group(3)), match.group(4))
        return quote(value, safe="-._~") if letter.isupper() else value

    return _TOKEN.sub(replaced, text)


def shortened(name: str) -> str:
    """Return a name cut to 253 characters by leaving out labels on the left (section 7.3)."""
    name = name[:-1] if name.endswith(".") else name
    while len(name) > MAX_NAME and "." in name:
        name = name.partition(".")[2]
    return name


def _transformed(value: str, digits: str, reverse: bool, delimiters: str) -> str:
    parts = re.split(f"[{re.escape(delimiters or '.')}]", value)
    if reverse:
        parts.reverse()
    if digits:
        parts = parts[-int(digits[:4]) :]
    return ".".join(parts) if digits or reverse or delimiters else value


def _value(letter: str, mail: Mail, domain: str, validated: str) -> str:
    version4 = mail.address.version == 4
    values = {
        "s": mail.sender,
        "l": mail.local,
        "o": mail.sender_domain,
        "d": domain,
        "i": str(mail.address) if version4 else dotted(mail.address),
        "p": validated,
        "h": mail.helo,
        "c": str(mail.address),
        "r": mail.receiver,
        "t": str(int(time.time())),
        "v": "in-addr" if version4 else "ip6",
    }
    return values[letter]


def dotted(address: Address) -> str:
    """Return an IPv6 address as nibbles with dots between (section 7.3)."""
    return ".".join(address.packed.hex().upper())
