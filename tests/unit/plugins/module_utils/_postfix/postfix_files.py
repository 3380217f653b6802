# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Postfix as the plan sees it: defaults of 3.10, and Debian's own two files, shortened."""

from __future__ import annotations

from typing import Any

from ansible_collections.postmaster.mailports.plugins.module_utils._model.intent import (
    Listener,
    expand,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.demands import Wanted
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.entries import Present
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.files.main_cf import (
    MainCf,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.plan import (
    Planned,
    plan,
)

CERTIFICATE, KEY = "/etc/mailports/cert.pem", "/etc/mailports/key.pem"
DEFAULTS = {
    "inet_interfaces": "all",
    "inet_protocols": "all",
    "mynetworks": "127.0.0.0/8",
    "smtpd_client_restrictions": "",
    "smtpd_forbid_bare_newline": "normalize",
    "smtpd_forbid_bare_newline_reject_code": "550",
    "smtpd_helo_restrictions": "",
    "smtpd_recipient_restrictions": "",
    "smtpd_relay_restrictions": "permit_mynetworks, permit_sasl_authenticated,"
    " defer_unauth_destination",
    "smtpd_sasl_auth_enable": "no",
    "smtpd_sasl_path": "smtpd",
    "smtpd_sasl_type": "cyrus",
    "smtpd_sender_restrictions": "",
    "smtpd_tls_auth_only": "no",
    "smtpd_tls_cert_file": "",
    "smtpd_tls_chain_files": "",
    "smtpd_tls_mandatory_protocols": ">=TLSv1",
    "smtpd_tls_protocols": ">=TLSv1",
    "smtpd_tls_security_level": "",
    "smtpd_tls_wrappermode": "no",
}
MAIN = """\
# See /usr/share/postfix/main.cf.dist
smtpd_tls_cert_file=/etc/ssl/certs/ssl-cert-snakeoil.pem
smtpd_tls_security_level=may
inet_interfaces = all
"""
MASTER = """\
# service type  private unpriv  chroot  wakeup  maxproc command + args
smtp      inet  n       -       y       -       -       smtpd
#smtp      inet  n       -       y       -       1       postscreen
#submission inet n       -       y       -       -       smtpd
#  -o syslog_name=postfix/submission
pickup    unix  n       -       y       60      1       pickup
"""
SMTP = MASTER.splitlines(keepends=True)[1]
SCREEN = """\
smtp inet n - y - 1 postscreen
smtpd pass - - y - - smtpd -o cleanup_service_name=pre
tlsproxy unix - - y - 0 tlsproxy
"""


def _no_name(name: str, protocol: str) -> int:
    raise OSError(f"{name}/{protocol} is not known here")


def present(main: str = MAIN, master: str = MASTER, version: Any = (3, 10), **more: str) -> Present:
    """Return a Postfix with these files; ``more`` are values in force that the files lack."""
    values = {**DEFAULTS, **MainCf.parse(main).values, **more}
    return Present(main, master, version, values, _no_name)


def listeners(**services: Any) -> tuple[Listener, ...]:
    """Return the SMTP listeners of an intent."""
    expanded = expand({"host": "mail.example.net", "services": services})
    return tuple(one for one in expanded.listeners if one.protocol == "smtp")


def wanted(*services: str, **more: Any) -> Wanted:
    """Return what is wanted for just these services, as the table has them."""
    named = listeners(**{name: {} for name in services})
    return Wanted(**{"listeners": named, "certificate": CERTIFICATE, "key": KEY, **more})


def planned(wish: Wanted, main: str = MAIN, master: str = MASTER, **more: Any) -> Planned:
    """Return the plan, after a look that the same again changes nothing."""
    made = plan(present(main, master, **more), wish)
    # What was in force without being written was replaced by what is written, or was good.
    again = plan(present(made.main, made.master, **more), wish)
    assert (again.main, again.master) == (made.main, made.master)
    return made
