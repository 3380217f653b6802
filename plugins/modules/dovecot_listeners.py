#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: give Dovecot exactly the intended listeners, prove them, or leave all as it was."""

from __future__ import annotations

DOCUMENTATION = r"""
module: dovecot_listeners
short_description: Give Dovecot exactly the intended mail listeners
version_added: 0.1.0
author:
  - postmaster.mailports contributors (@postmaster)
description:
  - Opens and closes the IMAP and POP3 listeners of Dovecot 2.3 and 2.4 as an intent says, switches
    logins in clear off, and leaves all other settings alone, byte for byte.
  - Everything is written to one file of its own, C(conf.d/99-mailports.conf) beside the main file.
    Where the main file includes no such folder, or where settings that are read later undo the
    file, it is C(mailports.conf), and the main file gets one line that includes it last.
  - The change is tried on a copy with C(doveconf), journalled, switched, and taken over by a
    reload, which keeps the listeners that stay. Then the module waits until Dovecot listens as
    intended, and probes it. Whatever fails puts the old files back and reloads again.
  - A run that was killed is undone by the next one, before anything else.
options:
  listeners:
    description:
      - The listeners of the expanded intent, as P(postmaster.mailports.intent#filter) returns them.
        Those of other protocols than IMAP and POP3 are passed over.
      - A listener that Dovecot has on such a port under another name is found and used, or closed.
        A port that the list does not name is left alone.
    type: list
    elements: dict
    required: true
    suboptions:
      service:
        description: Name of the service.
        type: str
        required: true
      protocol:
        description: What is spoken.
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
    description: The name that the certificate must bear.
    type: str
    required: true
  certificate:
    description:
      - File with the certificate and its chain (PEM). Without it, the server's own stays in use.
      - It must belong to O(key); that is seen before anything is written.
    type: path
  key:
    description: File with the key (PEM, without a pass phrase).
    type: path
  min_tls:
    description: The lowest TLS version that is accepted.
    type: str
    choices: [TLSv1.2, TLSv1.3]
    default: TLSv1.2
  addresses:
    description: Addresses to listen on (V(*) for all of IPv4, V(::) for all of IPv6).
    type: list
    elements: str
    default: []
  managesieve:
    description: Whether ManageSieve is served on its port; V(keep) leaves it as it is.
    type: str
    choices: [keep, open, closed]
    default: keep
  auth_socket:
    description:
      - The socket through which Postfix asks Dovecot about logins. Without it, none is made, and
        one that is there stays.
    type: dict
    suboptions:
      path:
        description: Path. Its folder must exist.
        type: path
        default: /var/spool/postfix/private/auth
      user:
        description: Owner.
        type: str
        default: postfix
      group:
        description: Group.
        type: str
        default: postfix
      mode:
        description: Mode, in octal digits.
        type: str
        default: "0660"
  config:
    description: Dovecot's main file.
    type: path
    default: /etc/dovecot/dovecot.conf
  prove:
    description:
      - Whether to probe the listeners on this host and judge them, also when nothing changed.
      - Dovecot takes a client with its own address for a safe one, so that each address is probed
        from another one of the host. Where there is none, RV(not_judged) says so.
    type: bool
    default: true
  ca_path:
    description: File or folder with the authorities that the proof trusts, not the system's.
    type: path
  policy:
    description: The policy that the proof judges by, a name, or a dictionary that extends one.
    type: raw
    default: rfc8314
attributes:
  check_mode:
    description: Can run in check mode and tell what it would do.
    support: full
  diff_mode:
    description: Returns what changes in the files of Dovecot.
    support: full
notes:
  - Needs root on the host.
  - Tested with Dovecot 2.3 on Debian 12 and 2.4 on Debian 13. A newer Dovecot is a warning, an
    older one an error before anything is written.
seealso:
  - module: postmaster.mailports.port_check
"""

EXAMPLES = r"""
- name: IMAP with implicit TLS, and nothing else
  postmaster.mailports.dovecot_listeners:
    host: mail.example.net
    listeners: "{{ (mailports_intent | postmaster.mailports.intent).listeners }}"
    certificate: /etc/letsencrypt/live/mail.example.net/fullchain.pem
    key: /etc/letsencrypt/live/mail.example.net/privkey.pem
    auth_socket: {}
"""

RETURN = r"""
version:
  description: The version of Dovecot.
  returned: success
  type: str
recovered:
  description: Whether a change that was cut off was undone first.
  returned: success
  type: bool
not_judged:
  description: What could not be told from the host itself. It is not known to be fine.
  returned: success
  type: list
  elements: str
findings:
  description: What the proof found, as RV(postmaster.mailports.port_check#module:findings).
  returned: when the proof ran
  type: list
  elements: dict
restored:
  description: Whether the server is as before.
  returned: failure
  type: bool
"""

import re

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _dovecot_change as dovecot
from ..module_utils._dovecot_files import ConfigError
from ..module_utils._dovecot_host import DovecotError
from ..module_utils._dovecot_plan import AuthSocket, PlanError, Wanted
from ..module_utils._hosts import is_address, is_host
from ..module_utils._intent import Listener
from ..module_utils._keypair import KeypairError
from ..module_utils._params import ParamsError
from ..module_utils._policy import policy_from
from ..module_utils._tls import TrustStoreError
from ..module_utils._transaction import TransactionError

# What would end a value or begin something else in a file of Dovecot.
UNSAFE = re.compile(r"[^\w/.@:+~-]")
REFUSALS = (
    ConfigError,
    DovecotError,
    KeypairError,
    ParamsError,
    PlanError,
    TrustStoreError,
    dovecot.ProofError,
)


def arguments():
    """Return the argument spec."""
    listener = {
        "service": {"type": "str", "required": True},
        "protocol": {"type": "str", "choices": ["smtp", "imap", "pop3"], "required": True},
        "port": {"type": "int", "required": True},
        "tls": {"type": "str", "choices": ["implicit", "starttls", "cleartext"], "required": True},
        "login": {
            "type": "str",
            "choices": ["none", "optional", "required"],
            "default": "required",
        },
        "state": {"type": "str", "choices": ["open", "closed"], "default": "open"},
        "named": {"type": "bool", "default": True},
    }
    socket = {
        "path": {"type": "path", "default": "/var/spool/postfix/private/auth"},
        "user": {"type": "str", "default": "postfix"},
        "group": {"type": "str", "default": "postfix"},
        "mode": {"type": "str", "default": "0660"},
    }
    return {
        "listeners": {"type": "list", "elements": "dict", "required": True, "options": listener},
        "host": {"type": "str", "required": True},
        "certificate": {"type": "path"},
        "key": {"type": "path", "no_log": False},
        "min_tls": {"type": "str", "choices": ["TLSv1.2", "TLSv1.3"], "default": "TLSv1.2"},
        "addresses": {"type": "list", "elements": "str", "default": []},
        "managesieve": {"type": "str", "choices": ["keep", "open", "closed"], "default": "keep"},
        "auth_socket": {"type": "dict", "options": socket},
        "config": {"type": "path", "default": dovecot.DEFAULT_CONFIG},
        "prove": {"type": "bool", "default": True},
        "ca_path": {"type": "path"},
        "policy": {"type": "raw", "default": "rfc8314"},
    }


def problems(params):
    """Yield what is wrong with the options, one line each."""
    for key in ("certificate", "key", "config"):
        if params[key] and (UNSAFE.search(params[key]) or not params[key].startswith("/")):
            yield f"{key}: {params[key]!r} is not an absolute path of letters, digits and /._-@:+~"
    if not is_host(params["host"]):
        yield f"host: {params['host']!r} is not a host name"
    for address in params["addresses"]:
        if address != "*" and not is_address(address):
            yield f"addresses: {address!r} is not an address, * or ::"
    socket = params["auth_socket"] or {}
    for key, value in socket.items():
        if UNSAFE.search(value):
            yield f"auth_socket.{key}: {value!r} has more than letters, digits and /._-@:+~"
    if socket and not re.fullmatch(r"0?[0-7]{3}", socket["mode"]):
        yield f"auth_socket.mode: {socket['mode']!r} is not three or four octal digits"


def options_from(params, scratch):
    """Return the options of the change."""
    socket = params["auth_socket"]
    listeners = [Listener(**one) for one in params["listeners"]]
    return dovecot.Options(
        config=params["config"],
        wanted=Wanted(
            listeners=tuple(dovecot.ours(listeners)),
            certificate=params["certificate"] or "",
            key=params["key"] or "",
            min_tls=params["min_tls"],
            addresses=tuple(params["addresses"]),
            managesieve=params["managesieve"],
            socket=None if socket is None else AuthSocket(**socket),
        ),
        host=params["host"],
        policy=policy_from(params["policy"]),
        prove=params["prove"],
        ca_path=params["ca_path"],
        scratch=scratch,
    )


def fail(module, error, restored):
    """End with what went wrong, and with the findings where it was the proof."""
    proof = error if isinstance(error, dovecot.ProofError) else error.__cause__
    findings = [one.to_dict() for one in getattr(proof, "findings", ())]
    state = "The server is as before." if restored else "The server may not be as before."
    module.fail_json(msg=f"{error}\n{state}", restored=restored, findings=findings)


def main():
    """Change, prove, and exit."""
    module = AnsibleModule(
        argument_spec=arguments(),
        required_together=[("certificate", "key")],
        supports_check_mode=True,
    )
    wrong = list(problems(module.params))
    if wrong:
        module.fail_json(msg="\n".join(wrong))
    try:
        options = options_from(module.params, module.tmpdir)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        module.fail_json(msg=f"policy: cannot be used ({error!r})")
    if module.check_mode and not module.get_bin_path("dovecot"):
        module.warn("Dovecot is not installed: what would be written to its files is not known")
        module.exit_json(changed=True, diff=[])
    try:
        change = dovecot.Change(options)
        report = change.look() if module.check_mode else change.run()
    except TransactionError as error:
        fail(module, error, error.restored)
    except REFUSALS as error:
        fail(module, error, True)
    except OSError as error:
        module.fail_json(msg=f"nothing was changed: {error}", restored=True)
    for warning in report.warnings:
        module.warn(warning)
    module.exit_json(
        changed=report.changed,
        recovered=report.recovered,
        version=report.version,
        findings=[one.to_dict() for one in report.findings],
        not_judged=list(report.not_judged),
        diff=[
            {"before": before, "after": after, "before_header": path, "after_header": path}
            for path, before, after in report.diff
        ],
    )


if __name__ == "__main__":
    main()
