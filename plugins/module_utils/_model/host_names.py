# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What counts as a host name, an address and an address family."""

from __future__ import annotations

import ipaddress
import re
import socket

# What an interface can be called, as far as anybody does.
_SCOPE = re.compile(r"[A-Za-z0-9_.-]{1,32}")
# Underscores are no letters of host names, but names of machines have them.
_HOST = re.compile(r"(?:[A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}")
FAMILIES = {"ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}


def is_address(text: str) -> bool:
    """Tell whether ``text`` is an IPv4 or IPv6 address (the latter with a scope, RFC 4007)."""
    address, percent, scope = text.partition("%")
    try:
        version = ipaddress.ip_address(address).version
    except ValueError:
        return False
    return not percent or (version == 6 and bool(_SCOPE.fullmatch(scope)))


def is_host(text: str) -> bool:
    """Tell whether ``text`` can be a host name (RFC 1123 section 2.1, labels in ASCII) or an
    address.

    A name with other letters is none: Python itself knows only IDNA 2003, which makes another
    domain of some (RFC 5891 section 4; see ``not_a_host``).
    """
    if is_address(text):
        return True
    name = text[:-1] if text.endswith(".") else text
    return len(name) <= 253 and bool(_HOST.fullmatch(name))


def not_a_host(text: str) -> str:
    """Return what to say of a text that is no host name or address."""
    if text.isascii():
        return f"{text!r} is not a host name or address"
    return f"{text!r} is not in ASCII; write the name in its A-label form (xn--...)"
