# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a published file tells mail programs: its servers, and everything that is wrong with it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from .._model.safe_text import printable

# The password itself goes over the line, which TLS protects.
PASSWORD = "plain"  # noqa: S105
ENCRYPTED = "encrypted"
OAUTH2 = "oauth2"
NO_LOGIN = "none"
OTHER = "other"


@dataclass(frozen=True)
class Announced:
    """One server as a file announces it.

    ``protocol`` is imap, pop3 or smtp; ``tls`` implicit, starttls or cleartext; ``logins`` are
    the ways to log in, of PASSWORD, ENCRYPTED, OAUTH2, NO_LOGIN and OTHER; ``username`` is as it
    stands in the file; ``doubt`` says where programs read the TLS mode in different ways.
    """

    protocol: str
    host: str
    port: int
    tls: str
    logins: tuple[str, ...] = (PASSWORD,)
    username: str = ""
    doubt: str = ""

    @property
    def where(self) -> str:
        """Return the server in words."""
        return f"{self.host}:{self.port} ({self.protocol}, {self.tls})"

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, fit to print."""
        made = {**asdict(self), "logins": list(self.logins)}
        return {**made, "host": printable(self.host), "username": printable(self.username)}


@dataclass(frozen=True)
class Document:
    """One published file, read strictly: ``servers`` in its order, ``domains`` it says it is for,
    and its ``problems`` in words. A file with problems may still have servers."""

    servers: tuple[Announced, ...] = ()
    domains: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, fit to print."""
        return {
            "servers": [one.to_dict() for one in self.servers],
            "domains": [printable(one) for one in self.domains],
            "problems": [printable(one) for one in self.problems],
        }


def broken(problem: str) -> Document:
    """Return a file that cannot be read at all."""
    return Document(problems=(problem,))


def port_number(text: str) -> int:
    """Return a port, or 0 where the text is none (1 to 65535 in ASCII digits)."""
    if not (text.isascii() and text.isdigit() and len(text) <= 5):
        return 0
    number = int(text)
    return number if number <= 65535 else 0
