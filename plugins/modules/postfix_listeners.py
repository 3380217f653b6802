#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: give Postfix exactly the intended listeners, prove them, or leave all as it was."""

from __future__ import annotations

DOCUMENTATION = r"""
module: postfix_listeners
short_description: Give Postfix exactly the intended mail listeners
version_added: 0.1.0
author:
  - postmaster.mailports contributors (@postmaster)
description:
  - Opens and closes the SMTP listeners of Postfix as an intent says, and leaves all other settings,
    comments and entries alone, byte for byte. What is already in force as wanted is not written.
  - Port 25 offers STARTTLS and no login. Listeners where users log in demand TLS before the login,
    refuse everybody else, and are entries of master.cf with options of their own.
  - The change is tried on a copy with C(postconf) and C(postfix check), journalled, switched, and
    taken over by a reload, which keeps the sockets of listeners that stay; Postfix is stopped and
    started only where C(inet_interfaces) changes, which it reads only at its start. Then the module
    waits until Postfix listens as intended, and probes it. Whatever fails puts the old files back.
  - A run that was killed is undone by the next one, before anything else.
  - Entries of O(listeners) for protocols other than SMTP are ignored.
  - An entry of master.cf is found by its port, however it is spelled, and edited; entries for
    ports that are meant to be closed are removed. A port that the list does not name is left
    alone. With postscreen in front, the options go to the entry C(smtpd pass).
  - An entry that only this host reaches (C(127.0.0.1:submission)) is opened to all, with a warning,
    unless O(addresses) is given.
options:
  addresses:
    description:
      - Addresses to listen on (C(inet_interfaces)), or V(all).
      - Without it the server's own stays, unless that is loopback alone; it is then V(all), with a
        warning, because an intent is about what others reach.
    type: list
    elements: str
    default: []
  auth_socket:
    description:
      - The socket where Dovecot checks logins, a path in the queue directory or an absolute one. It
        must exist before Postfix can take logins.
      - Without it, whatever checks logins now goes on, if any entry of master.cf takes logins
        (another socket or address of a Dovecot, or Cyrus SASL where that is set up); otherwise
        V(private/auth).
      - Empty to keep C(smtpd_sasl_type) and C(smtpd_sasl_path) as they are.
    type: str
  public_mx:
    description:
      - Whether other people's servers deliver mail here. Port 25 must then require neither TLS (RFC
        3207 section 4) nor a login.
    type: bool
    default: true
  smtp_tls:
    description: Whether port 25 offers STARTTLS or demands it; V(encrypt) needs O(public_mx=false).
    type: str
    choices: [may, encrypt]
    default: may
  relay_restrictions:
    description:
      - With V(managed), C(smtpd_relay_restrictions) in main.cf is replaced where it would relay
        mail for everybody. A list that ends by refusing stays as it is, unless it permits
        C(mynetworks) and these include everybody.
      - Listeners where users log in refuse everybody else, whatever this says.
    type: str
    choices: [managed, keep]
    default: managed
  bare_newline:
    description:
      - Protection from SMTP smuggling (C(smtpd_forbid_bare_newline)), where this Postfix has it. A
        stricter setting stays.
    type: str
    choices: [normalize, reject, keep]
    default: normalize
  listener_options:
    description:
      - Options of single listeners, by the name of the service; null removes one.
      - Options that follow from the intent are refused.
    type: dict
    default: {}
  config_directory:
    description: Folder with C(main.cf) and C(master.cf), for one of several instances.
    type: path
extends_documentation_fragment:
  - postmaster.mailports.listeners
notes:
  - Tested with Postfix 3.7 on Debian 12 and 3.10 on Debian 13. A newer Postfix causes a warning;
    one older than 3.5 is an error before anything is written.
seealso:
  - module: postmaster.mailports.postfix_service
  - module: postmaster.mailports.port_check
"""

EXAMPLES = r"""
- name: Mail from other servers, and from users by implicit TLS and STARTTLS
  postmaster.mailports.postfix_listeners:
    host: mail.example.net
    listeners: "{{ (mailports_intent | postmaster.mailports.intent).listeners }}"
    certificate: /etc/letsencrypt/live/mail.example.net/fullchain.pem
    key: /etc/letsencrypt/live/mail.example.net/privkey.pem
    listener_options:
      submission:
        smtpd_sender_restrictions: [reject_sender_login_mismatch]
"""

RETURN = r"""
version:
  description: The version of Postfix.
  returned: success
  type: str
recovered:
  description: Whether a change that was cut off was undone first.
  returned: success
  type: bool
unanswered:
  description:
    - The socket where nobody answers about logins, and which Postfix would be told to ask. Only in
      check mode; otherwise that is an error. Empty where somebody answers.
  returned: success
  type: str
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
from ..module_utils._model.secrets import secret_values
from ..module_utils._postfix import change as postfix
from ..module_utils._postfix.demands import Wanted
from ..module_utils._postfix.edits import texts
from ..module_utils._postfix.entries import AUTH_SOCKET, PlanError
from ..module_utils._postfix.files.lines import CfError
from ..module_utils._postfix.postconf import PostfixError


def arguments():
    """Return the argument spec."""
    return {
        **options(),
        "auth_socket": {"type": "str"},
        "public_mx": {"type": "bool", "default": True},
        "smtp_tls": {"type": "str", "choices": ["may", "encrypt"], "default": "may"},
        "relay_restrictions": {
            "type": "str",
            "choices": ["managed", "keep"],
            "default": "managed",
        },
        "bare_newline": {
            "type": "str",
            "choices": ["normalize", "reject", "keep"],
            "default": "normalize",
        },
        "listener_options": {"type": "dict", "default": {}, "no_log": True},
        "config_directory": {"type": "path"},
    }


def extra_from(module):
    """Return the options of single listeners as Postfix writes them, or end the module."""
    found = {}
    for service, values in module.params["listener_options"].items():
        if not isinstance(values, dict):
            module.fail_json(msg=f"listener_options: {service} must be a dictionary")
        try:
            found[service] = texts(values)
        except CfError as error:
            module.fail_json(msg=f"listener_options: {service}: {error}")
        module.no_log_values.update(secret_values(found[service]))
    return found


def options_from(params, policy, extra):
    """Return the options of the change."""
    return postfix.Options(
        wanted=Wanted(
            listeners=tuple(postfix.ours(listeners_from(params))),
            certificate=params["certificate"] or "",
            key=params["key"] or "",
            min_tls=params["min_tls"] or "",
            addresses=tuple(params["addresses"]),
            auth_socket=params["auth_socket"],
            public_mx=params["public_mx"],
            smtp_tls=params["smtp_tls"],
            relay_restrictions=params["relay_restrictions"],
            bare_newline=params["bare_newline"],
            extra=extra,
        ),
        host=params["host"],
        policy=policy,
        prove=params["prove"],
        config_directory=params["config_directory"],
        ca_path=params["ca_path"],
    )


def main():
    """Change, prove, and exit."""
    module = AnsibleModule(
        argument_spec=arguments(),
        required_together=[("certificate", "key")],
        supports_check_mode=True,
    )
    # Only the secrets among the values are to be hidden, and those are known below. That the option
    # is marked at all keeps what a task was given out of the system's log.
    module.no_log_values.clear()
    params = module.params
    wrong = list(problems(params, ("certificate", "key", "config_directory"), ("all",)))
    if UNSAFE.search(params["auth_socket"] or ""):
        wrong.append(f"auth_socket: {params['auth_socket']!r} is not a path")
    if wrong:
        module.fail_json(msg="\n".join(wrong))
    wish = options_from(params, policy_of(module), extra_from(module))
    if module.check_mode and not module.get_bin_path("postconf"):
        module.warn("Postfix is not installed: what would be written to its files is not known")
        asked = AUTH_SOCKET if params["auth_socket"] is None else params["auth_socket"]
        module.exit_json(changed=True, diff=[], unanswered=asked)
    conclude(module, lambda: postfix.Change(wish), (CfError, PlanError, PostfixError))


if __name__ == "__main__":
    main()
