# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One probe request: which services of which host, with which limits and credentials."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Optional

# Longer than a postscreen greeting delay or a proxy's look-ups, seconds.
DEFAULT_TIMEOUT = 20.0
DEFAULT_DEADLINE = 90.0
DEFAULT_PARALLEL = 64


@dataclass(frozen=True)
class Target:
    """One service of a host, before its addresses are known. ``wanted``: meant to be open."""

    service: str
    protocol: str
    port: int
    tls: str
    login: str = "required"
    wanted: bool = True


@dataclass(frozen=True)
class Credentials:
    """A user and a password; its text never shows the password."""

    user: str
    password: str

    def __repr__(self) -> str:
        return f"Credentials(user={self.user!r})"

    def plain(self) -> bytes:
        """Return the PLAIN message (RFC 4616 section 2), base64."""
        message = f"\0{self.user}\0{self.password}"
        return base64.b64encode(message.encode("utf-8"))


@dataclass(frozen=True)
class Request:
    """All that one run needs; times in seconds, ``versions`` the TLS versions to try one by one,
    ``certificates``: ask for those that other clients are shown too."""

    host: str
    targets: tuple[Target, ...]
    addresses: tuple[str, ...] = ()
    server_name: str = ""
    ehlo_name: str = ""
    source_address: Optional[str] = None
    timeout: float = DEFAULT_TIMEOUT
    deadline: float = DEFAULT_DEADLINE
    parallel: int = DEFAULT_PARALLEL
    ca_path: Optional[str] = None
    verify: bool = True
    versions: tuple[str, ...] = ()
    injection: bool = False
    enforcement: bool = True
    certificates: bool = True
    credentials: Optional[Credentials] = None
