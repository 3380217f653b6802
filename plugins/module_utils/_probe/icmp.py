# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell whether a firewall or router rejected a connection by ICMP, and which one it was.

Linux keeps such answers in the socket's error queue (ip(7), IP_RECVERR; for TCP since 5.18).
Elsewhere, and on older kernels, nothing is known and nothing is said.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
from typing import Any

from .._model.safe_text import printable

_LINUX = sys.platform.startswith("linux")
_RECVERR = 11
_IPV6_RECVERR = 25
_ORIGIN_ICMP = 2
_ORIGIN_ICMP6 = 3
_HEADER = struct.Struct("=IBBBBII")

# (origin, type, code) to words: RFC 792, RFC 1812 section 5.2.7.1, RFC 4443 section 3.1.
_WORDS = {
    (_ORIGIN_ICMP, 3, 0): "network unreachable",
    (_ORIGIN_ICMP, 3, 1): "host unreachable",
    (_ORIGIN_ICMP, 3, 3): "port unreachable",
    (_ORIGIN_ICMP, 3, 9): "network administratively prohibited",
    (_ORIGIN_ICMP, 3, 10): "host administratively prohibited",
    (_ORIGIN_ICMP, 3, 13): "communication administratively prohibited",
    (_ORIGIN_ICMP6, 1, 0): "no route to destination",
    (_ORIGIN_ICMP6, 1, 1): "communication administratively prohibited",
    (_ORIGIN_ICMP6, 1, 3): "address unreachable",
    (_ORIGIN_ICMP6, 1, 4): "port unreachable",
    (_ORIGIN_ICMP6, 1, 5): "source address failed policy",
    (_ORIGIN_ICMP6, 1, 6): "reject route to destination",
}


def watch_icmp(sock: Any, family: int, on: bool) -> None:
    """Ask the kernel to keep ICMP answers to this socket of that family, or to stop."""
    if not _LINUX:
        return
    level, option = (
        (socket.IPPROTO_IPV6, _IPV6_RECVERR)
        if family == socket.AF_INET6
        else (socket.IPPROTO_IP, _RECVERR)
    )
    # A kernel without the option costs the words, not the probe.
    with contextlib.suppress(OSError):
        sock.setsockopt(level, option, int(on))


def icmp_words(sock: Any) -> str:
    """Return what an ICMP answer to a failed connect said and who sent it, or ""."""
    if not _LINUX:
        return ""
    try:
        # While a socket has a timeout, Python asks an empty queue again until that has passed.
        sock.setblocking(False)
        ancillary = sock.recvmsg(512, 512, socket.MSG_ERRQUEUE)[1]
    except OSError:
        return ""
    for level, kind, data in ancillary:
        if (level, kind) in ((socket.IPPROTO_IP, _RECVERR), (socket.IPPROTO_IPV6, _IPV6_RECVERR)):
            return _read(data)
    return ""


def _read(data: bytes) -> str:
    """Read a struct sock_extended_err and the address behind it (linux/errqueue.h)."""
    if len(data) < _HEADER.size:
        return ""
    _number, origin, kind, code = _HEADER.unpack_from(data)[:4]
    if origin not in (_ORIGIN_ICMP, _ORIGIN_ICMP6):
        return ""
    words = _WORDS.get((origin, kind, code), f"type {kind} code {code}")
    return printable(f"ICMP {words} from {_offender(data[_HEADER.size :])}")


def _offender(address: bytes) -> str:
    """Return the address in a struct sockaddr_in or sockaddr_in6."""
    family = struct.unpack_from("=H", address)[0] if len(address) >= 2 else 0
    if family == socket.AF_INET and len(address) >= 8:
        return socket.inet_ntop(socket.AF_INET, address[4:8])
    if family == socket.AF_INET6 and len(address) >= 24:
        return socket.inet_ntop(socket.AF_INET6, address[8:24])
    return "an unknown sender"
