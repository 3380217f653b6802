# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""THE table: every mail service, its port, protocol, TLS mode and purpose, and nowhere else."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

PROTOCOLS = ("smtp", "imap", "pop3")
TLS_MODES = ("implicit", "starttls", "cleartext")
# Oldest first.
TLS_VERSIONS = ("SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
LOGINS = ("none", "optional", "required")
STATES = ("open", "closed")
MAX_PORT = 65535
# RFC 5804 section 1.8; not a row of the table, since it carries no mail and is not judged.
MANAGESIEVE_PORT = 4190


@dataclass(frozen=True)
class Service:
    """One row of the table.

    ``name`` is the IANA service name where there is one, ``also`` holds other names by which
    people and ``/etc/services`` call the port, ``login`` says whether users log in there.
    """

    name: str
    protocol: str
    port: int
    tls: str
    login: str
    purpose: str
    source: str
    also: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain data."""
        row = asdict(self)
        row["also"] = list(self.also)
        return row


_ROWS = (
    Service(
        "smtp",
        "smtp",
        25,
        "starttls",
        "none",
        "relay between servers (MX)",
        "RFC 5321 section 4.5.4.2, RFC 3207 section 4",
    ),
    Service(
        "submission",
        "smtp",
        587,
        "starttls",
        "required",
        "message submission by users",
        "RFC 6409 section 3.1, RFC 8314 section 3.3",
        also=("msa",),
    ),
    Service(
        "submissions",
        "smtp",
        465,
        "implicit",
        "required",
        "message submission by users",
        "RFC 8314 sections 3.3 and 7.3",
        also=("smtps", "urd", "ssmtp"),
    ),
    Service(
        "submission_alt",
        "smtp",
        2525,
        "starttls",
        "required",
        "message submission where a network blocks the other ports",
        "no RFC (IANA: ms-v-worlds)",
    ),
    Service(
        "pop3",
        "pop3",
        110,
        "starttls",
        "required",
        "mail access, POP3",
        "RFC 1939 section 3, RFC 2595 section 4",
        also=("pop-3",),
    ),
    Service(
        "pop3s",
        "pop3",
        995,
        "implicit",
        "required",
        "mail access, POP3",
        "RFC 8314 section 3.1",
        also=("spop3", "pop-3s"),
    ),
    Service(
        "imap",
        "imap",
        143,
        "starttls",
        "required",
        "mail access, IMAP",
        "RFC 9051 section 2.1, RFC 2595 section 3",
        also=("imap2", "imap4"),
    ),
    Service(
        "imaps",
        "imap",
        993,
        "implicit",
        "required",
        "mail access, IMAP",
        "RFC 8314 section 3.2",
        also=("simap",),
    ),
)

SERVICES = {row.name: row for row in _ROWS}
_BY_PORT = {row.port: row for row in _ROWS}
_BY_OTHER_NAME = {name: row for row in _ROWS for name in row.also}


def by_port(port: int) -> Service | None:
    """Return the row that owns ``port``, or None."""
    return _BY_PORT.get(port)


def unknown_service(name: str) -> str:
    """Return the message about a name that the table lacks, with a hint if it is another name."""
    other = _BY_OTHER_NAME.get(name)
    hint = f" (that port is called {other.name!r} here)" if other else ""
    return f"{name!r} is not one of {', '.join(SERVICES)}{hint}"
