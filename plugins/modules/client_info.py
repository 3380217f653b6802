#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: what is published for the mail programs of a domain, unjudged."""

from __future__ import annotations

DOCUMENTATION = r"""
module: client_info
short_description: What a domain publishes for mail programs
version_added: 0.1.0
author:
  - postmaster.mailports contributors (@postmaster)
description:
  - Looks where mail programs look for the settings of a domain's mail accounts, and returns what
    each place gives. The places are those of Thunderbird and the autoconfig draft (over HTTPS, over
    HTTP, and by the MX record), of Outlook (Autodiscover), of the PACC draft, and SRV records.
  - Redirects are followed as programs do, and every step is told. Files are read strictly; what is
    wrong with one is told with it.
  - It judges nothing; see M(postmaster.mailports.client_check) for that.
extends_documentation_fragment:
  - postmaster.mailports.names
options:
  domain:
    description: One domain, or a list of domains.
    type: list
    elements: str
    required: true
  address:
    description:
      - The mail address to ask for, where servers answer for known users only. Without it,
        C(postmaster@DOMAIN).
    type: str
  mobileconfig:
    description: Addresses of profiles for Apple's systems. No program finds them by itself.
    type: list
    elements: str
    default: []
  http_port:
    description: Port for HTTP in clear. For tests; programs use only 80.
    type: int
    default: 80
seealso:
  - module: postmaster.mailports.client_check
  - module: postmaster.mailports.client_settings
"""

EXAMPLES = r"""
- name: See what mail programs find
  postmaster.mailports.client_info:
    domain: example.net
  delegate_to: localhost
  register: published
"""

RETURN = r"""
domains:
  description: One dictionary for each domain, in the order given.
  returned: success
  type: list
  elements: dict
  contains:
    domain:
      description: The domain.
      type: str
    places:
      description:
        - For each place its V(place), V(method) and V(url), V(state) (V(served), V(missing),
          V(broken), V(unknown)), V(why) in words, V(hops) (the addresses asked), and V(document)
          with V(servers), V(domains) and V(problems), null where nothing was served.
      type: list
      elements: dict
    srv:
      description: Answers by name, as in RV(postmaster.mailports.domain_info#module:domains).
      type: dict
    pacc_record:
      description: The answer for the TXT record beside the PACC file.
      type: dict
questions:
  description: How many questions went out.
  returned: success
  type: int
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._model import oldest_python

oldest_python.require()

from ..module_utils._client.ask import collect
from ..module_utils._domain.ask import AskError, options, run_of
from ..module_utils._domain.fetch import HTTP_PORT
from ..module_utils._domain.names import ascii_name


def main():
    """Ask and exit."""
    module = AnsibleModule(
        argument_spec={
            "domain": {"type": "list", "elements": "str", "required": True},
            "address": {"type": "str"},
            "mobileconfig": {"type": "list", "elements": "str", "default": []},
            "http_port": {"type": "int", "default": HTTP_PORT},
            **options(),
        },
        supports_check_mode=True,
    )
    params = module.params
    try:
        domains = [ascii_name(name.rstrip(".")) for name in params["domain"]]
        run = run_of(params, domains)
        seen = collect(run, domains, params["address"] or "", params["mobileconfig"])
    except AskError as error:
        module.fail_json(msg=str(error))
    found = [one.to_dict() for one in seen]
    module.exit_json(changed=False, domains=found, questions=run.asked)


if __name__ == "__main__":
    main()
