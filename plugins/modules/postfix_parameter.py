#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: set parameters of Postfix's main.cf, or return them to their defaults."""

from __future__ import annotations

DOCUMENTATION = r"""
module: postfix_parameter
short_description: Set parameters of Postfix's main.cf
version_added: 0.1.0
author:
  - postmaster.mailports contributors (@postmaster)
description:
  - Sets any number of main.cf parameters in one task, and removes others so that their defaults
    hold again. Everything else in the file stays byte for byte.
  - A parameter that this Postfix does not know is refused, before anything is written. Known
    parameters are its own, those made by services and lookup tables, and names of your own that
    some value refers to.
  - It warns where a parameter is ignored because another one is set.
options:
  parameters:
    description:
      - Parameters by name. V(null) removes the parameter, which restores its default; V(true) and
        V(false) are written as C(yes) and C(no), a list with commas.
      - A value over several lines is written on one.
    type: dict
    required: true
extends_documentation_fragment:
  - postmaster.mailports.postfix
seealso:
  - module: postmaster.mailports.postfix_service
"""

EXAMPLES = r"""
- name: Offer TLS 1.2 and later with one certificate
  postmaster.mailports.postfix_parameter:
    parameters:
      smtpd_tls_chain_files: /etc/ssl/private/mail.pem
      smtpd_tls_cert_file: null
      smtpd_tls_key_file: null
      smtpd_tls_security_level: may
      smtpd_tls_protocols: ">=TLSv1.2"
      smtpd_tls_auth_only: true
  register: settings
  notify: Reload Postfix

- name: Listen on two addresses
  postmaster.mailports.postfix_parameter:
    parameters:
      inet_interfaces: [127.0.0.1, 192.0.2.25]
  notify: Restart Postfix
"""

RETURN = r"""
needs:
  description:
    - What makes the change take effect, V(reload), V(restart) (C(inet_interfaces) and
      C(inet_protocols)) or V(none).
  returned: success
  type: str
  sample: reload
parameters:
  description: The parameters that were changed, each with its value V(before) and V(after).
  returned: success
  type: dict
  sample: {smtpd_tls_security_level: {before: null, after: may}}
config_file:
  description: Path of the main.cf.
  returned: success
  type: str
  sample: /etc/postfix/main.cf
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


def main():
    """Set the parameters and exit."""
    module = AnsibleModule(
        argument_spec={
            "parameters": {"type": "dict", "required": True, "no_log": True},
            "config_directory": {"type": "path"},
        },
        supports_check_mode=True,
    )
    # Only the secrets among the values are to be hidden, and those are known below. That the option
    # is marked at all keeps what a task was given out of the system's log.
    module.no_log_values.clear()
    try:
        wanted = change.texts(module.params["parameters"])
        module.no_log_values.update(secret_values(wanted))
        postfix = find(module.run_command, module.params["config_directory"])
        done = change.parameters(postfix, wanted, write=not module.check_mode)
    except (CfError, PostfixError) as error:
        module.fail_json(msg=masked(str(error)))
    module.no_log_values.update(done.secrets)
    for warning in done.warnings:
        module.warn(warning)
    module.exit_json(**done.result)


if __name__ == "__main__":
    main()
