#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: keep the files for mail programs and their users in a folder."""

from __future__ import annotations

DOCUMENTATION = r"""
module: client_settings
short_description: Publish the settings that mail programs need
version_added: 0.1.0
author:
  - postmaster.mailports contributors (@postmaster)
description:
  - Writes, from the intent of the mail ports, the files from which mail programs set themselves up,
    and a page for people. Only ports that the intent opens with TLS and a login are in them; with
    O(confirmed) only those that a probe found usable as well.
  - The folder is the root of a web site that serves all names which programs look up. The role
    P(postmaster.mailports.client_settings#role) serves it. C(mail/config-v1.1.xml) and
    C(.well-known/autoconfig) are for Thunderbird and many others (autoconfig),
    C(autodiscover/autodiscover.xml) for Outlook, C(email.mobileconfig) for Apple's systems,
    C(.well-known/user-agent-configuration.json) follows the PACC draft, C(programs/) holds settings
    files for programs on the command line, C(frameworks/) environment variables for web frameworks,
    and C(index.html) is the page.
  - No file holds a password. Programs get it by O(secret_command), or ask for it.
options:
  dest:
    description: The folder. Files in it that this module did not write are left alone.
    type: path
    required: true
  state:
    description: V(absent) removes what this module wrote, and the folder if it is empty then.
    type: str
    choices: [present, absent]
    default: present
  intent:
    description:
      - The intent of the ports, as in the O(postmaster.mailports.port_check#module:intent) option,
        or a list of them. Required, unless O(state=absent).
    type: raw
  domain:
    description: The domain behind the @ of the users' addresses. Required, unless O(state=absent).
    type: str
  name:
    description: What programs call the provider. Without it, the domain.
    type: str
  username:
    description:
      - How users log in, with the whole V(address) or with its V(local-part). Autodiscover and PACC
        cannot tell the latter, and are left out then.
    type: str
    choices: [address, local-part]
    default: address
  account:
    description: The address in files for programs that know no placeholders.
    type: str
  secret_command:
    description: The command by which programs get the password, without quotes in it.
    type: str
  methods:
    description: What to publish.
    type: list
    elements: str
    choices: [autoconfig, autodiscover, mobileconfig, pacc, programs, frameworks, page]
    default: [autoconfig, autodiscover, mobileconfig, pacc, programs, frameworks, page]
  languages:
    description: The languages of the page. The first one is C(index.html).
    type: list
    elements: str
    default: [en, de]
  base_url:
    description: Where the folder is served. Without it, C(https://autoconfig.DOMAIN).
    type: str
  confirmed:
    description:
      - Publish only what a probe found open, with TLS, a trusted certificate for the name, and a
        password login. The probe is O(endpoints), or one from the host that runs this task.
    type: bool
    default: false
  endpoints:
    description: What M(postmaster.mailports.port_info) saw. Used with O(confirmed).
    type: list
    elements: dict
  ca_path:
    description: Authorities that the probe trusts, a file or folder. Without it, the system's.
    type: path
  sign:
    description: Sign the profile for Apple's systems, by files on the controller.
    type: dict
    suboptions:
      certificate:
        description: The certificate with its chain, PEM.
        type: path
        required: true
      key:
        description: Its key, PEM, without a passphrase.
        type: path
        required: true
  files:
    description: Used internally. Path below O(dest) and content in base64.
    type: dict
    default: {}
attributes:
  check_mode:
    description: Says what would change.
    support: full
  diff_mode:
    description: Shows the differences of the files.
    support: full
seealso:
  - module: postmaster.mailports.client_check
  - plugin: postmaster.mailports.dns_records
    plugin_type: filter
requirements:
  - segno on the controller, for the QR code on the page; without it the page has none
"""

EXAMPLES = r"""
- name: What my users need, as files and as a page
  postmaster.mailports.client_settings:
    intent: "{{ mailports_intent }}"
    domain: example.net
    dest: /srv/autoconfig

- name: Only what works right now, seen from the controller
  postmaster.mailports.client_settings:
    intent: "{{ mailports_intent }}"
    domain: example.net
    dest: /srv/autoconfig
    confirmed: true
    endpoints: "{{ probed.endpoints }}"

- name: Remove it
  postmaster.mailports.client_settings:
    dest: /srv/autoconfig
    state: absent
"""

RETURN = r"""
files:
  description: The files, below O(dest).
  returned: always
  type: list
  elements: str
notes:
  description: What was left out, and why.
  returned: where something was
  type: list
  elements: str
"""

import base64

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._model import oldest_python

oldest_python.require()

from ..module_utils._client.folder import Folder, FolderError


def main():
    """Compare, write and remove; exit."""
    # The action has made the files of all other options.
    module = AnsibleModule(
        argument_spec={
            "dest": {"type": "path", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "intent": {"type": "raw"},
            "domain": {"type": "str"},
            "name": {"type": "str"},
            "username": {
                "type": "str",
                "choices": ["address", "local-part"],
                "default": "address",
            },
            "account": {"type": "str"},
            "secret_command": {"type": "str", "no_log": False},
            "methods": {
                "type": "list",
                "elements": "str",
                "choices": [
                    "autoconfig",
                    "autodiscover",
                    "mobileconfig",
                    "pacc",
                    "programs",
                    "frameworks",
                    "page",
                ],
                "default": [
                    "autoconfig",
                    "autodiscover",
                    "mobileconfig",
                    "pacc",
                    "programs",
                    "frameworks",
                    "page",
                ],
            },
            "languages": {"type": "list", "elements": "str", "default": ["en", "de"]},
            "base_url": {"type": "str"},
            "confirmed": {"type": "bool", "default": False},
            "endpoints": {"type": "list", "elements": "dict"},
            "ca_path": {"type": "path"},
            "sign": {
                "type": "dict",
                "options": {
                    "certificate": {"type": "path", "required": True},
                    "key": {"type": "path", "required": True, "no_log": False},
                },
            },
            "files": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    files = {name: base64.b64decode(text) for name, text in module.params["files"].items()}
    if module.params["state"] == "absent":
        files = {}
    try:
        folder = Folder(module.params["dest"])
        changes = folder.changes(files)
        if changes and not module.check_mode:
            folder.write(files)
    except (FolderError, OSError) as error:
        module.fail_json(msg=str(error))
    diff = [one.to_dict() for one in changes] if module._diff else []
    module.exit_json(changed=bool(changes), files=sorted(files), diff=diff)


if __name__ == "__main__":
    main()
