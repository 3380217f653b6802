# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of what the modules that change a server's listeners have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """See DOCUMENTATION."""

    DOCUMENTATION = r"""
options:
  listeners:
    description:
      - The listeners of the expanded intent, as P(postmaster.mailports.intent#filter) returns them.
    type: list
    elements: dict
    required: true
    suboptions:
      service:
        description: Name of the service.
        type: str
        required: true
      protocol:
        description: The protocol.
        type: str
        choices: [smtp, imap, pop3]
        required: true
      port:
        description: Port.
        type: int
        required: true
      tls:
        description: TLS mode. An open listener cannot be V(cleartext).
        type: str
        choices: [implicit, starttls, cleartext]
        required: true
      login:
        description: Whether users log in there; used by the proof.
        type: str
        choices: [none, optional, required]
        default: required
      state:
        description: Whether it is meant to be open.
        type: str
        choices: [open, closed]
        default: open
      named:
        description: Whether the intent names it; not used here.
        type: bool
        default: true
  host:
    description: The name that the certificate must be valid for.
    type: str
    required: true
  certificate:
    description:
      - File with the certificate and its chain (PEM). Without it, the server's own stays in use.
      - It must belong to O(key); that is checked before anything is written.
    type: path
  key:
    description: File with the key (PEM, without a pass phrase).
    type: path
  min_tls:
    description:
      - The lowest TLS version that is accepted.
      - Without it V(TLSv1.2), and a stricter setting stays.
    type: str
    choices: [TLSv1.2, TLSv1.3]
  prove:
    description:
      - Whether to probe the listeners on this host and judge them, also when nothing changed.
      - Dovecot trusts a client that has its own address, so each address is probed from another
        address of the host. Where there is none, RV(not_judged) says so.
    type: bool
    default: true
  ca_path:
    description: File or folder with the authorities that the proof trusts instead of the system's.
    type: path
  policy:
    description: The policy that the proof judges by, a name or a dictionary that extends one.
    type: raw
    default: rfc8314
attributes:
  check_mode:
    description: Can run in check mode and tell what it would do.
    support: full
  diff_mode:
    description: Returns what changes in the files of the server.
    support: full
notes:
  - Needs root on the host.
"""
