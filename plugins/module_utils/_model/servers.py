# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one table of mail servers: their names, programs and processes, and their own settings.

A server is added by one row here and one reader in ``_host/readers``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Optional

POSTFIX = "postfix"
DOVECOT = "dovecot"
EXIM = "exim"

# What a remedy may tell a user to set; each server has its own words for each.
TLS_MODE = "tls_mode"
REQUIRE_TLS = "require_tls"
LOWEST_TLS = "lowest_tls"
LOGIN_INSIDE_TLS = "login_inside_tls"
LOGIN_SERVICE = "login_service"
NO_LOGIN = "no_login"
ADDRESSES = "addresses"
CLIENT_CERTIFICATE = "client_certificate"
RELOAD = "reload"

# What to do about a listener of Dovecot 2.4 for a proxy (inet_listener with haproxy = yes).
BEHIND_A_PROXY = (
    "Set ssl = required: Dovecot 2.4 takes what a proxy hands over for secured, and so takes "
    "cleartext logins of clients that reach the proxy without TLS, whatever auth_allow_cleartext "
    "says."
)


@dataclass(frozen=True)
class ServerKind:
    """One row. ``name`` is the server's name in results, ``title`` in sentences.

    ``reads_with`` are the programs that print its configuration, the first one found is asked.
    ``serves`` are the protocols (those of ``services``) that it can speak. ``tested`` are the
    oldest and the newest version (major, minor) that the reader was tried on. A process is the
    server's where its program lies below one of ``folders`` or its name is one of ``processes``.
    ``changed_by`` is the module that changes its listeners, "" where there is none. ``settings``
    says, for each of the subjects above, what to set.
    """

    name: str
    title: str
    reads_with: tuple[str, ...]
    serves: tuple[str, ...]
    tested: tuple[tuple[int, int], tuple[int, int]]
    folders: tuple[str, ...] = ()
    processes: tuple[str, ...] = ()
    changed_by: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)

    def owns(self, process: str, program: str) -> bool:
        """Tell whether a process with this name and path of its program belongs to the server."""
        return process in self.processes or any(folder in program for folder in self.folders)

    def is_tested(self, version: tuple[int, int]) -> bool:
        """Tell whether the reader was tried on this version (major, minor)."""
        first, last = self.tested
        return first <= version <= last


_ROWS = (
    ServerKind(
        POSTFIX,
        "Postfix",
        reads_with=("postconf",),
        serves=("smtp",),
        tested=((3, 7), (3, 10)),
        # Its listening process is called master, as that of other programs may be.
        folders=("/postfix/",),
        changed_by="postfix_listeners",
        settings={
            TLS_MODE: "smtpd_tls_wrappermode and smtpd_tls_security_level of the service",
            REQUIRE_TLS: "smtpd_tls_security_level = encrypt for this service",
            LOWEST_TLS: "smtpd_tls_protocols and smtpd_tls_mandatory_protocols",
            LOGIN_INSIDE_TLS: "smtpd_tls_auth_only = yes",
            LOGIN_SERVICE: "with Dovecot, private/auth inside the chroot",
            NO_LOGIN: "smtpd_sasl_auth_enable = no",
            ADDRESSES: "inet_interfaces, inet_protocols or the address in master.cf",
            CLIENT_CERTIFICATE: "smtpd_tls_req_ccert = no",
            RELOAD: "postfix reload",
        },
    ),
    ServerKind(
        DOVECOT,
        "Dovecot",
        reads_with=("doveconf",),
        serves=("smtp", "imap", "pop3"),
        tested=((2, 3), (2, 4)),
        folders=("/dovecot/",),
        processes=("dovecot",),
        changed_by="dovecot_listeners",
        settings={
            TLS_MODE: "ssl of the inet_listener",
            REQUIRE_TLS: "ssl = required",
            LOWEST_TLS: "ssl_min_protocol",
            LOGIN_INSIDE_TLS: "2.3 disable_plaintext_auth = yes, 2.4 auth_allow_cleartext = no",
            ADDRESSES: "listen, and the inet_listener's own address",
            CLIENT_CERTIFICATE: "2.3 auth_ssl_require_client_cert = no, "
            "2.4 auth_ssl_require_client_cert = no and ssl_server_request_client_cert = no",
            RELOAD: "doveadm reload",
        },
    ),
    ServerKind(
        EXIM,
        "Exim",
        reads_with=("exim4", "exim"),
        serves=("smtp",),
        tested=((4, 96), (4, 98)),
        processes=("exim4", "exim"),
        settings={
            TLS_MODE: "tls_on_connect_ports, and tls_advertise_hosts for STARTTLS",
            LOWEST_TLS: "tls_require_ciphers (GnuTLS) or openssl_options (OpenSSL)",
            LOGIN_INSIDE_TLS: "auth_advertise_hosts = ${if def:tls_in_cipher {*}{}}",
            NO_LOGIN: "auth_advertise_hosts, empty for this port",
            ADDRESSES: "local_interfaces, on Debian dc_local_interfaces",
            CLIENT_CERTIFICATE: "tls_verify_hosts empty",
            RELOAD: "systemctl reload exim4",
        },
    ),
)

SERVERS = {row.name: row for row in _ROWS}


def owner_of(process: str, program: str) -> str:
    """Return the name of the server that a process belongs to, "" for no server of the table."""
    return next((row.name for row in _ROWS if row.owns(process, program)), "")


def serving(protocol: str) -> tuple[str, ...]:
    """Return the servers that can speak a protocol; all of them for one that none speaks."""
    found = tuple(row.name for row in _ROWS if protocol in row.serves)
    return found or tuple(SERVERS)


def title_of(name: str) -> str:
    """Return the name of a server as it stands in a sentence."""
    row: Optional[ServerKind] = SERVERS.get(name)
    return row.title if row else name


def titles(names: Iterable[str]) -> str:
    """Return the names of servers for a sentence: ``A, B and C``."""
    found = [title_of(name) for name in names]
    return " and ".join([part for part in (", ".join(found[:-1]), *found[-1:]) if part])


def words_for(subject: str) -> str:
    """Return what to set for a subject, server by server, for the end of a remedy."""
    return "; ".join(
        f"{row.title}: {row.settings[subject]}" for row in _ROWS if subject in row.settings
    )
