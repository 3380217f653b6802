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
    """Tell whether ``text`` can be a host name (RFC 1123 section 2.1, or an IDN) or an address."""
    if is_address(text):
        return True
    if not text or len(text) > 253 or re.search(r"[\s/\\@:%'\"<>{}\x00-\x1f\x7f]", text):
        return False
    try:
        return bool(text.rstrip(".").encode("idna"))
    except UnicodeError:
        return False
