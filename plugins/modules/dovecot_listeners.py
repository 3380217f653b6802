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
    logins in cleartext off, and leaves all other settings alone, byte for byte.
  - Everything is written to one file of its own, C(conf.d/99-mailports.conf) beside the main file.
    Where the main file includes no such folder, or where settings that are read later undo the
    file, it is C(mailports.conf), and the main file gets one line that includes it last.
  - Blocks for single protocols, networks and names (C(protocol), C(remote), C(local),
    C(local_name)) that allow logins in cleartext are overridden there; those for loopback stay. The
    certificate is also given to a C(local_name) block that is for O(host).
  - The change is tried on a copy with C(doveconf), journalled, switched, and taken over by a
    reload, which keeps the sockets of listeners that stay. Then the module waits until Dovecot
    listens as intended, and probes it. Whatever fails puts the old files back and reloads again.
  - A run that was killed is undone by the next one, before anything else.
  - Entries of O(listeners) for protocols other than IMAP and POP3 are ignored.
  - A listener that Dovecot has on such a port under another name is found and used, or closed.
    A port that the list does not name is left alone.
options:
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
      - The socket through which Postfix has Dovecot check logins. Without it, none is made, and an
        existing one stays.
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
      optional:
        description: Whether to make no socket where its folder or its owner does not exist yet.
        type: bool
        default: false
  config:
    description: Dovecot's main file.
    type: path
    default: /etc/dovecot/dovecot.conf
extends_documentation_fragment:
  - postmaster.mailports.listeners
notes:
  - Tested with Dovecot 2.3 on Debian 12 and 2.4 on Debian 13. A newer Dovecot causes a warning; an
    older one is an error before anything is written.
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

from ..module_utils._model import oldest_python

oldest_python.require()

from ..module_utils._change.module import (
    UNSAFE,
    conclude,
    listeners_from,
    options,
    policy_of,
    problems,
)
from ..module_utils._dovecot import change as dovecot
from ..module_utils._dovecot.drop_in import ConfigError
from ..module_utils._dovecot.plan import AuthSocket, PlanError, Wanted


def arguments():
    """Return the argument spec."""
    socket = {
        "path": {"type": "path", "default": "/var/spool/postfix/private/auth"},
        "user": {"type": "str", "default": "postfix"},
        "group": {"type": "str", "default": "postfix"},
        "mode": {"type": "str", "default": "0660"},
        "optional": {"type": "bool", "default": False},
    }
    return {
        **options(),
        "managesieve": {"type": "str", "choices": ["keep", "open", "closed"], "default": "keep"},
        "auth_socket": {"type": "dict", "options": socket},
        "config": {"type": "path", "default": dovecot.DEFAULT_CONFIG},
    }


def socket_problems(socket):
    """Yield what is wrong with the socket, one line each."""
    for key in ("path", "user", "group", "mode"):
        if UNSAFE.search(socket[key]):
            yield f"auth_socket.{key}: {socket[key]!r} has more than letters, digits and /._-@:+~"
    if not re.fullmatch(r"0?[0-7]{3}", socket["mode"]):
        yield f"auth_socket.mode: {socket['mode']!r} is not three or four octal digits"


def options_from(params, policy, scratch):
    """Return the options of the change."""
    socket = params["auth_socket"]
    return dovecot.Options(
        config=params["config"],
        wanted=Wanted(
            listeners=tuple(dovecot.ours(listeners_from(params))),
            certificate=params["certificate"] or "",
            key=params["key"] or "",
            min_tls=params["min_tls"] or "",
            addresses=tuple(params["addresses"]),
            managesieve=params["managesieve"],
            socket=None if socket is None else AuthSocket(**socket),
        ),
        host=params["host"],
        policy=policy,
        prove=params["prove"],
        ca_path=params["ca_path"],
        scratch=scratch,
    )


def main():
    """Change, prove, and exit."""
    module = AnsibleModule(
        argument_spec=arguments(),
        required_together=[("certificate", "key")],
        supports_check_mode=True,
    )
    params = module.params
    wrong = list(problems(params, ("certificate", "key", "config"), ("*",)))
    if params["auth_socket"]:
        wrong += socket_problems(params["auth_socket"])
    if wrong:
        module.fail_json(msg="\n".join(wrong))
    wish = options_from(params, policy_of(module), module.tmpdir)
    if module.check_mode and not module.get_bin_path("dovecot"):
        module.warn("Dovecot is not installed: what would be written to its files is not known")
        module.exit_json(changed=True, diff=[])
    conclude(module, lambda: dovecot.Change(wish), (ConfigError, PlanError))


if __name__ == "__main__":
    main()
