#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: judge what is published for the mail programs of a domain."""

from __future__ import annotations

DOCUMENTATION = r"""
module: client_check
short_description: Judge what a domain publishes for mail programs
version_added: 0.1.0
author:
  - postmaster.mailports contributors (@postmaster)
description:
  - Compares what a domain publishes for mail programs (see M(postmaster.mailports.client_info))
    with the intent of its ports, with the live ports, and with itself. It finds announced ports
    that are closed, a kind of TLS that the port does not speak, a login that the server does not
    offer, a name that the certificate does not bear, answers that differ from program to program,
    and settings that can be had in clear only.
  - Each demand has one outcome for each thing that it is about. It is V(met), V(broken),
    V(not_known) (nobody could find out, which is as bad as broken) or V(not_asked) (with the
    reason).
  - M(postmaster.mailports.domain_check) judges the same where the intent of the domain has
    C(clients).
extends_documentation_fragment:
  - postmaster.mailports.details
  - postmaster.mailports.names
options:
  domain:
    description: The domain behind the @ of the users' addresses.
    type: str
    required: true
  intent:
    description:
      - The intent of the ports, as in the O(postmaster.mailports.port_check#module:intent) option,
        or a list of them. Without it, nothing is compared with an intent.
    type: raw
  endpoints:
    description:
      - What was seen of the ports, V(endpoints) of M(postmaster.mailports.port_info). Without it,
        nothing is asked that only a probe can answer.
    type: list
    elements: dict
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
  fail_on:
    description:
      - Which severity of a broken demand fails the task. With V(never) the task does not fail, and
        RV(compliant) is measured by V(error). What is not known always counts as an error.
    type: str
    choices: [info, warning, error, never]
    default: error
seealso:
  - module: postmaster.mailports.client_info
  - module: postmaster.mailports.client_settings
"""

EXAMPLES = r"""
- name: Probe the ports that users need
  postmaster.mailports.port_info:
    host: mail.example.net
  delegate_to: localhost
  register: probed

- name: Check that programs are sent to ports that work
  postmaster.mailports.client_check:
    domain: example.net
    intent: "{{ mailports_intent }}"
    endpoints: "{{ probed.endpoints }}"
  delegate_to: localhost
"""

RETURN = r"""
compliant:
  description: Whether everything asked is known, and nothing as severe as O(fail_on) is broken.
  returned: always, unless options are wrong
  type: bool
outcomes:
  description:
    - One dictionary for each demand and thing that it is about, as in
      RV(postmaster.mailports.domain_check#module:outcomes).
  returned: always, unless options are wrong
  type: list
  elements: dict
findings:
  description:
    - What is broken or not known, in the form of
      RV(postmaster.mailports.port_check#module:findings), so that reports take it as well.
  returned: always, unless options are wrong
  type: list
  elements: dict
demands:
  description:
    - The outcomes in the form of RV(postmaster.mailports.port_check#module:demands), for reports.
  returned: always, unless options are wrong
  type: list
  elements: dict
summary:
  description:
    - V(demands) says how many outcomes there are of each kind, V(findings) how many findings of
      each severity. The rest is as in RV(postmaster.mailports.port_check#module:summary).
  returned: always, unless options are wrong
  type: dict
intent:
  description: The domain as V(host), without listeners.
  returned: always, unless options are wrong
  type: dict
observations:
  description: Empty; see RV(seen).
  returned: always, unless options are wrong
  type: list
questions:
  description: How many questions went out.
  returned: always, unless options are wrong
  type: int
seen:
  description: What was seen, as M(postmaster.mailports.client_info) returns it.
  returned: always, unless options are wrong
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._model import oldest_python

oldest_python.require()

from ..module_utils._client.ask import collect
from ..module_utils._client.judge import judge
from ..module_utils._domain.ask import AskError, options, run_of
from ..module_utils._domain.fetch import HTTP_PORT
from ..module_utils._domain.findings import result as result_of
from ..module_utils._domain.findings import worst
from ..module_utils._domain.names import ascii_name
from ..module_utils._model.finding import AUTO, DETAILS, FAIL_ON, NEVER
from ..module_utils._model.intent import expand


def main():
    """Ask, judge and exit."""
    module = AnsibleModule(
        argument_spec={
            "domain": {"type": "str", "required": True},
            "intent": {"type": "raw"},
            "endpoints": {"type": "list", "elements": "dict"},
            "address": {"type": "str"},
            "mobileconfig": {"type": "list", "elements": "str", "default": []},
            "http_port": {"type": "int", "default": HTTP_PORT},
            "fail_on": {"type": "str", "choices": list(FAIL_ON), "default": "error"},
            # For the action plugin, which shows what is wrong.
            "details": {"type": "str", "choices": list(DETAILS), "default": AUTO},
            **options(),
        },
        supports_check_mode=True,
    )
    params = module.params
    domain = ascii_name(params["domain"].rstrip("."))
    try:
        run = run_of(params, [domain])
        seen = collect(run, [domain], params["address"] or "", params["mobileconfig"])[0]
    except AskError as error:
        module.fail_json(msg=str(error))
    # The action has judged them, and made a list of one.
    intents = [expand(one) for one in params["intent"] or ()]
    found = judge(seen, intents, params["endpoints"])
    result = {
        **result_of(domain, found, params["fail_on"]),
        "changed": False,
        "outcomes": [one.to_dict() for one in found],
        "questions": run.asked,
        "seen": seen.to_dict(),
    }
    if result["compliant"] or params["fail_on"] == NEVER:
        module.exit_json(**result)
    module.fail_json(msg=worst(result["findings"]), **result)


if __name__ == "__main__":
    main()
