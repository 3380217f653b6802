#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: add, change or remove one entry of Postfix's master.cf."""

from __future__ import annotations

DOCUMENTATION = r"""
module: postfix_service
short_description: Add, change or remove an entry of Postfix's master.cf
version_added: 0.1.0
author:
  - postmaster.mailports contributors (@postmaster)
description:
  - Manages one entry of master.cf, its columns and its C(-o) options. Comments, order and every
    other entry stay byte for byte, and so does what is already as wanted.
  - An entry of type V(inet) is found by its port, however its service is spelled; V(smtps),
    V(submissions), V(465) and V(127.0.0.1:465) are the same listener. It keeps its spelling.
  - An option or value that this Postfix does not know is refused, before anything is written.
options:
  service:
    description:
      - Name or port of the service, or V(address:port) for the entry with that address. For types
        other than V(inet), the name.
      - A new entry is written under this name where this Postfix and host know it, else under the
        number of its port.
    type: str
    required: true
  type:
    description: Type of the service.
    type: str
    choices: [inet, unix, fifo, pass, unix-dgram]
    default: inet
  address:
    description:
      - Address that the entry listens on, or V(all) for an entry without an address.
      - Without it, the entry without an address is meant, or else the only one of that port. With
        O(state=absent), every entry of that port.
    type: str
  private:
    description: Whether only Postfix has access. Always V(n) for the type V(inet).
    type: str
    choices: ["y", "n", "-"]
  unprivileged:
    description: Whether the service runs as Postfix's own user.
    type: str
    choices: ["y", "n", "-"]
  chroot:
    description: Whether the service runs in the queue directory as its root.
    type: str
    choices: ["y", "n", "-"]
  wakeup:
    description: Seconds between wake-ups, V(0) for none, with V(?) behind it for a service in use.
    type: str
  maxproc:
    description: How many processes may run at once, V(0) for no limit.
    type: str
  command:
    description:
      - Program that serves, without its arguments.
      - Required for a new entry, except for the submission and relay services, where it is
        V(smtpd).
    type: str
  options:
    description:
      - Parameters for this service alone (C(-o)), by name. V(null) removes one; V(true) and
        V(false) are written as C(yes) and C(no), a list with commas, and a value with
        white space in braces.
    type: dict
    default: {}
  purge_options:
    description: Whether options that O(options) does not name are removed.
    type: bool
    default: false
  arguments:
    description: Words after the options, as C(pipe) has them. Without it, they stay as they are.
    type: list
    elements: str
  state:
    description: Whether the entry is to exist.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - postmaster.mailports.postfix
seealso:
  - module: postmaster.mailports.postfix_parameter
"""

EXAMPLES = r"""
- name: Take mail from users on the submissions port, and nothing else than this said there
  postmaster.mailports.postfix_service:
    service: submissions
    chroot: "y"
    options:
      syslog_name: postfix/submissions
      smtpd_tls_wrappermode: true
      smtpd_sasl_auth_enable: true
      smtpd_client_restrictions: [permit_sasl_authenticated, reject]
    purge_options: true
  notify: Reload Postfix

- name: Close the submission port
  postmaster.mailports.postfix_service:
    service: submission
    state: absent
  notify: Reload Postfix

- name: Take mail back from a content filter
  postmaster.mailports.postfix_service:
    service: 127.0.0.1:10025
    command: smtpd
    options:
      content_filter: ""
      mynetworks: 127.0.0.0/8
"""

RETURN = r"""
needs:
  description: What makes the change take effect, V(reload) or V(none).
  returned: success
  type: str
  sample: reload
entry:
  description:
    - The entry as it now is, with its columns, V(options) and V(arguments), and the V(line) where
      it starts. Null where there is none.
  returned: success
  type: dict
removed:
  description: The entries that were removed.
  returned: success
  type: list
  elements: dict
config_file:
  description: Path of the master.cf.
  returned: success
  type: str
  sample: /etc/postfix/master.cf
postfix_version:
  description: Version of the Postfix found.
  returned: success
  type: str
  sample: 3.10.13
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._model import oldest_python

oldest_python.require()

from ..module_utils._model.secrets import masked, secret_values
from ..module_utils._postfix import edits as change
from ..module_utils._postfix.files.lines import CfError
from ..module_utils._postfix.postconf import PostfixError, find

FLAG = {"type": "str", "choices": ["y", "n", "-"]}


def main():
    """Manage the entry and exit."""
    module = AnsibleModule(
        argument_spec={
            "service": {"type": "str", "required": True},
            "type": {
                "type": "str",
                "choices": ["inet", "unix", "fifo", "pass", "unix-dgram"],
                "default": "inet",
            },
            "address": {"type": "str"},
            "private": FLAG,
            "unprivileged": FLAG,
            "chroot": FLAG,
            "wakeup": {"type": "str"},
            "maxproc": {"type": "str"},
            "command": {"type": "str"},
            "options": {"type": "dict", "default": {}, "no_log": True},
            "purge_options": {"type": "bool", "default": False},
            "arguments": {"type": "list", "elements": "str"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "config_directory": {"type": "path"},
        },
        supports_check_mode=True,
    )
    # Only the secrets among the values are to be hidden, and those are known below. That the option
    # is marked at all keeps what a task was given out of the system's log.
    module.no_log_values.clear()
    try:
        request = change.service_request(module.params)
        module.no_log_values.update(secret_values(request.wanted.options))
        postfix = find(module.run_command, module.params["config_directory"])
        done = change.service(postfix, request, write=not module.check_mode)
    except (CfError, PostfixError) as error:
        module.fail_json(msg=masked(str(error)))
    module.no_log_values.update(done.secrets)
    for warning in done.warnings:
        module.warn(warning)
    module.exit_json(**done.result)


if __name__ == "__main__":
    main()
