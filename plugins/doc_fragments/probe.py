# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that port_info and port_check have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """See DOCUMENTATION."""

    DOCUMENTATION = r"""
options:
  ehlo_name:
    description:
      - The name that the probe gives for itself in SMTP (EHLO), a host name or an address literal.
      - Without it, this machine's own full name, or an address literal where it has none.
    type: str
  source_address:
    description: Address of this machine to connect from.
    type: str
  timeout:
    description:
      - Seconds for each step (connect, greeting, each reply, TLS handshake).
      - The default is longer than a postscreen greeting delay.
    type: float
    default: 20.0
  deadline:
    description:
      - Seconds for the whole task. What is not finished by then is returned as V(not_probed).
    type: float
    default: 90.0
  ca_path:
    description:
      - File (PEM) or folder (hashed) with the certificate authorities to trust, on the machine that
        probes, instead of the system's.
    type: path
  verify:
    description:
      - Whether certificates are verified. V(false) is a finding of its own in
        M(postmaster.mailports.port_check), since nothing is then known about trust.
    type: bool
    default: true
  starttls_injection:
    description:
      - Also send a harmless command in cleartext right after STARTTLS, on a connection of its own,
        and see whether the server obeys it inside TLS (CVE-2011-0411).
    type: bool
    default: false
  starttls_enforcement:
    description:
      - Where STARTTLS comes before login (submission, POP3 and IMAP), check before STARTTLS whether
        the server goes on without it, with an empty sender, C(AUTHENTICATE PLAIN) without a
        response, or C(USER probe). No mail and no password is sent. Dovecot logs it as a disallowed
        plaintext login, which fail2ban may count.
    type: bool
    default: true
  login_user:
    description:
      - User to log in with. Tried only inside TLS 1.2 or later with a trusted certificate of the
        right name; an endpoint that is to be probed without TLS is an error before any connection.
    type: str
  login_password:
    description: Password of O(login_user). Never part of a result.
    type: str
notes:
  - Old TLS versions, and kinds of certificate keys, that the server refuses leave a TLS error in
    its log; other probes leave a connection without a login.
  - Nothing is changed on any server, no mail is sent, and the probe does not wait for the answer to
    QUIT or LOGOUT.
  - The module probes from the machine it runs on. To see a host as its users do, delegate it to
    the controller or another machine; Dovecot trusts a client that shares its address.
attributes:
  check_mode:
    description: Can run in check mode and return the same.
    support: full
  diff_mode:
    description: Returns what changed.
    support: none
    details: Nothing is ever changed.
requirements:
  - Python 3.9 or later, on the machine that probes; nothing else.
"""

    PARALLEL = r"""
options:
  parallel:
    description: How many connections to have at once, 1 to 1024.
    type: int
    default: 64
"""
