# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The grammar of SPF records (RFC 7208 section 4.6.1, 5, 6 and 12): text in, terms out."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional, Union

VERSION = "v=spf1"
RESULTS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
# RFC 7208 section 4.6.4: those that cause a look-up in the DNS.
LOOKING_UP = ("include", "a", "mx", "ptr", "exists", "redirect")
MECHANISMS = ("all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists")

_NAME = r"[A-Za-z][A-Za-z0-9_.-]*"
_MODIFIER = re.compile(rf"({_NAME})=(.*)", re.DOTALL)
_MECHANISM = re.compile(r"([+?~-]?)([A-Za-z][A-Za-z0-9]*)(.*)", re.DOTALL)
_CIDR = re.compile(r"(?:/(0|[1-9][0-9]?))?(?://(0|[1-9][0-9]{0,2}))?")
_EXPAND = r"%\{[A-Za-z][0-9]*[rR]?[.+,/_=-]*\}|%%|%_|%-"
_LETTERS = "slodiphcrtv"
MACRO = re.compile(r"%\{([A-Za-z])([0-9]*)([rR]?)([.+,/_=-]*)\}")
# Literals: visible ASCII but the per cent sign.
_MACRO_STRING = re.compile(rf"(?:{_EXPAND}|[!-$&-~])*")
_EXPLAIN_STRING = re.compile(rf"(?:{_EXPAND}|[ -$&-~])*")
# A letter somewhere, or a hyphen inside: no number, since that would be an address.
_TOP_LABEL = re.compile(
    r"\.(?:[A-Za-z0-9]*[A-Za-z][A-Za-z0-9]*|[A-Za-z0-9]+-[A-Za-z0-9-]*[A-Za-z0-9])\.?"
)


class SpfError(ValueError):
    """A record that RFC 7208 calls a permanent error; the text says what is wrong and where."""


@dataclass(frozen=True)
class Mechanism:
    """One directive. ``domain`` is a macro string, "" for the domain itself; ``network`` is set
    for ip4 and ip6; ``cidr4`` and ``cidr6`` are prefix lengths for a and mx."""

    text: str
    qualifier: str
    name: str
    domain: str = ""
    network: Optional[Union[ipaddress.IPv4Network, ipaddress.IPv6Network]] = None
    cidr4: int = 32
    cidr6: int = 128

    @property
    def result(self) -> str:
        """The result that a match gives: pass, fail, softfail or neutral."""
        return RESULTS[self.qualifier]


@dataclass(frozen=True)
class Record:
    """One record: its mechanisms in order, and the macro strings of its modifiers ("" for none).

    ``unknown`` holds the names of modifiers that no RFC knows, which are ignored (section 6).
    """

    text: str
    mechanisms: tuple[Mechanism, ...]
    redirect: str = ""
    explanation: str = ""
    unknown: tuple[str, ...] = ()

    @property
    def default(self) -> str:
        """The result for everybody whom no other mechanism names, "" where redirect decides."""
        for mechanism in self.mechanisms:
            if mechanism.name == "all":
                return mechanism.result
        return "" if self.redirect else "neutral"


def joined(strings: Sequence[bytes]) -> str:
    """Return the strings of a TXT record as one text, without blanks between (section 3.3)."""
    return b"".join(strings).decode("utf-8", "backslashreplace")


def is_spf(text: str) -> bool:
    """Tell whether a TXT record is an SPF record (section 4.5)."""
    return text.lower() == VERSION or text.lower().startswith(VERSION + " ")


def parse(text: str) -> Record:
    """Return the record that ``text`` is. Raises SpfError for any error anywhere (section 4.6)."""
    if not is_spf(text):
        raise SpfError(f"the record does not begin with {VERSION}")
    mechanisms: list[Mechanism] = []
    modifiers: dict[str, str] = {}
    unknown: list[str] = []
    for term in text[len(VERSION) :].split(" "):
        if not term:
            continue
        modifier = _MODIFIER.fullmatch(term)
        if modifier is None:
            mechanisms.append(_mechanism(term))
            continue
        name, value = modifier.group(1).lower(), modifier.group(2)
        if name in modifiers:
            raise SpfError(f"{name}= is given twice")
        if name in ("redirect", "exp"):
            modifiers[name] = _domain_spec(value, term)
        else:
            _macro_string(value, term)
            unknown.append(name)
    return Record(
        text,
        tuple(mechanisms),
        modifiers.get("redirect", ""),
        modifiers.get("exp", ""),
        tuple(unknown),
    )


def _mechanism(term: str) -> Mechanism:
    """Return one directive (section 4.6.1). Raises SpfError."""
    match = _MECHANISM.fullmatch(term)
    if match is None:
        raise SpfError(f"{term!r} is neither a mechanism nor a modifier")
    qualifier, name, rest = match.group(1) or "+", match.group(2).lower(), match.group(3)
    if name not in MECHANISMS:
        raise SpfError(f"{term!r}: there is no mechanism {name!r}; {_known()}")
    if name == "all":
        if rest:
            raise SpfError(f"{term!r}: nothing may follow all")
        return Mechanism(term, qualifier, name)
    if name in ("ip4", "ip6"):
        return Mechanism(term, qualifier, name, network=_network(name, rest, term))
    cidr4, cidr6 = 32, 128
    if name in ("a", "mx"):
        rest, cidr4, cidr6 = _cidr(rest, term)
    if not rest and name in ("a", "mx", "ptr"):
        return Mechanism(term, qualifier, name, cidr4=cidr4, cidr6=cidr6)
    if not rest.startswith(":"):
        raise SpfError(f"{term!r}: {name} needs a domain behind a colon")
    domain = _domain_spec(rest[1:], term)
    return Mechanism(term, qualifier, name, domain, cidr4=cidr4, cidr6=cidr6)


def _known() -> str:
    return f"known are {', '.join(MECHANISMS)}"


def _cidr(rest: str, term: str) -> tuple[str, int, int]:
    """Split prefix lengths off the end (section 5.3). Raises SpfError."""
    at = re.search(r"(?:/[0-9]+)?(?://[0-9]+)?$", rest)
    start = at.start() if at else len(rest)
    found = _CIDR.fullmatch(rest[start:])
    if found is None:
        raise SpfError(f"{term!r}: {rest[start:]} is not a prefix length")
    cidr4 = 32 if found.group(1) is None else int(found.group(1))
    cidr6 = 128 if found.group(2) is None else int(found.group(2))
    if cidr4 > 32 or cidr6 > 128:
        raise SpfError(f"{term!r}: a prefix has at most 32 bits (IPv4) or 128 (IPv6)")
    return rest[:start], cidr4, cidr6


def _network(
    name: str, rest: str, term: str
) -> Union[ipaddress.IPv4Network, ipaddress.IPv6Network]:
    """Return the network of ip4 or ip6 (section 5.6). Raises SpfError."""
    address, slash, length = rest[1:].partition("/")
    if not rest.startswith(":") or not address:
        raise SpfError(f"{term!r}: {name} needs an address behind a colon")
    if slash and not re.fullmatch("0|[1-9][0-9]{0,2}", length):
        raise SpfError(f"{term!r}: {length!r} is not a prefix length")
    kind = ipaddress.IPv4Network if name == "ip4" else ipaddress.IPv6Network
    if "%" in address or (name == "ip4" and not re.fullmatch(r"[0-9]+(\.[0-9]+){3}", address)):
        raise SpfError(f"{term!r}: {address!r} is no {name} address")
    try:
        return kind(rest[1:], strict=False)
    except ValueError:
        raise SpfError(f"{term!r}: {rest[1:]!r} is no {name} network") from None


def _macro_string(value: str, term: str) -> str:
    """Return ``value`` if it is a macro string (section 7.1). Raises SpfError."""
    if not _MACRO_STRING.fullmatch(value):
        raise SpfError(f"{term!r}: wrong macro or a character that is not allowed")
    check_macros(value, _LETTERS.replace("c", "").replace("r", "").replace("t", ""))
    return value


def check_macros(value: str, letters: str = _LETTERS) -> None:
    """Raise SpfError for a macro letter that is not one of ``letters``, or for 0 labels."""
    for match in MACRO.finditer(value.replace("%%", "")):
        if match.group(1).lower() not in letters:
            raise SpfError(f"{match.group(0)}: there is no such macro here (RFC 7208 section 7.2)")
        if match.group(2) and int(match.group(2)[:4]) == 0:
            raise SpfError(f"{match.group(0)}: the number of labels must not be 0")


def is_explanation(text: str) -> bool:
    """Tell whether ``text`` is an explain-string (section 6.2)."""
    if not _EXPLAIN_STRING.fullmatch(text):
        return False
    try:
        check_macros(text)
    except SpfError:
        return False
    return True


def _domain_spec(value: str, term: str) -> str:
    """Return ``value`` if it is a domain-spec (section 7.1). Raises SpfError."""
    if not value:
        raise SpfError(f"{term!r}: a domain is missing")
    _macro_string(value, term)
    ends_in_macro = re.search(rf"(?:{_EXPAND})$", value)
    if not ends_in_macro and not _TOP_LABEL.fullmatch(value[value.rstrip(".").rfind(".") :]):
        raise SpfError(f"{term!r}: {value!r} is not a full domain name")
    if not ends_in_macro and "." not in value.rstrip("."):
        raise SpfError(f"{term!r}: {value!r} is not a full domain name")
    return value
