#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: check the live mail ports of a host against what is intended, and say why not."""

from __future__ import annotations

DOCUMENTATION = r"""
module: port_check
short_description: Check the live mail ports of a host against what is intended
version_added: 0.1.0
author:
  - postmaster.mailports contributors (@postmaster)
description:
  - Probes every mail port of a host, also those that should be closed, and judges what is seen by
    the intended state and a policy. Each finding comes with its likely cause and a remedy.
  - What could not be probed is a finding too, and makes the result non-compliant.
  - The intent is validated on the controller, before any connection.
extends_documentation_fragment:
  - postmaster.mailports.details
  - postmaster.mailports.probe
  - postmaster.mailports.probe.parallel
options:
  intent:
    description:
      - The intended state of one host; the shipped file C(schemas/intent.schema.json) describes
        every key.
      - V(host) is required. V(server_name) is the name that certificates must be valid for.
        V(addresses) limits what is probed (addresses, V(ipv4), V(ipv6)). V(policy) is V(rfc8314),
        V(starttls_first) or a dictionary that V(extends) one. V(services) maps names to V(state)
        (V(open), V(closed)), V(port), V(protocol), V(tls) (V(implicit), V(starttls), V(cleartext))
        and V(login) (V(required), V(optional), V(none)).
      - A service that is not named is meant to be closed. Without V(services), those that the
        policy recommends are meant to be open.
    type: dict
    required: true
  policy:
    description: A policy, by name or as a dictionary, used instead of the one in O(intent).
    type: raw
  configured:
    description:
      - The result of M(postmaster.mailports.listener_info), run on the same host. Findings about a
        service that was not reached then name the layer at fault, and each certificate served must
        be one of those in the server's configured files (certificate-not-loaded).
    type: dict
  fail_on:
    description:
      - Lowest severity that counts; a finding that counts fails the task and makes RV(compliant)
        false.
      - With V(never) the task only reports; RV(compliant) is then measured by V(error).
    type: str
    choices: [info, warning, error, never]
    default: error
requirements:
  - jsonschema (on the controller)
attributes:
  action:
    description:
      - Has an action plugin of the same name. It validates the intent, has the host probe, and
        judges on the controller. Where the connection is V(local), without O(ignore:become) and
        O(ignore:environment), it probes by itself.
      - With O(ignore:async), the host does all but the validation.
    support: full
notes:
  - In a loop that changes C(delegate_to) from one connection plugin to another, ansible-core (seen
    on 2.21) keeps the connection of the previous item, and everything is seen from there. Use
    C(include_tasks) for each vantage, as the role P(postmaster.mailports.audit#role) does.
seealso:
  - module: postmaster.mailports.listener_info
  - module: postmaster.mailports.port_info
  - plugin: postmaster.mailports.intent
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: The mail ports are as intended, seen from the controller
  postmaster.mailports.port_check:
    intent:
      host: mail.example.net
      policy: rfc8314
      services:
        smtp: {}
        submission: {}
        submissions: {}
        imaps: {}
  delegate_to: localhost

- name: Only report, and try what a private authority has signed
  postmaster.mailports.port_check:
    intent: "{{ mailports_intent }}"
    ca_path: /etc/ssl/private-ca.pem
    fail_on: never
  delegate_to: localhost
  register: mail

- name: Ask the host what it is configured to serve
  postmaster.mailports.listener_info:
  register: here

- name: Check its ports from the controller, and name the layer at fault
  postmaster.mailports.port_check:
    intent: "{{ mailports_intent }}"
    configured: "{{ here }}"
  delegate_to: localhost

- name: Stop the rollout while logins are possible in cleartext
  ansible.builtin.assert:
    that: mail.findings | selectattr('rule', 'eq', 'login-before-tls') | length == 0
"""

RETURN = r"""
msg:
  description: Whether the ports are as intended, in one line, and the worst findings if not.
  returned: always
  type: str
compliant:
  description:
    - Whether every demand has a known answer, and no finding is as severe as O(fail_on) or more.
  returned: when the probe ran
  type: bool
findings:
  description: What is not as intended.
  returned: when the probe ran, see O(details)
  type: list
  elements: dict
  contains:
    rule:
      description: Id of the rule.
      type: str
    severity:
      description: V(info), V(warning) or V(error).
      type: str
    message:
      description: What is wrong, in words.
      type: str
    cause:
      description:
        - Likely cause, V(port_blocking), V(incorrect_port_settings), V(tls_error),
          V(authentication_issue) or V(not_probed).
      type: str
    evidence:
      description: What was seen that points to the cause.
      type: str
    remedy:
      description: What to do.
      type: str
    clause:
      description: The clause that the rule rests on.
      type: str
    policy:
      description: The policy that judged.
      type: str
    disagrees:
      description: The clause of a standard that contradicts the policy, where one does.
      type: str
    layer:
      description:
        - The layer at fault, where O(configured) is given and the service was not reached.
        - V(configuration), V(service), V(host_firewall), V(network_path),
          V(host_firewall_or_network_path) where the two cannot be told apart, or empty.
      type: str
    host:
      description: The host.
      type: str
    service:
      description: The service, empty where the whole host is meant.
      type: str
    port:
      description: The port, 0 where the whole host is meant.
      type: int
    address:
      description: The address, empty where all are meant.
      type: str
demands:
  description:
    - Everything that was demanded of the ports, each with exactly one outcome. Findings tell those
      that are broken or not known.
  returned: when the probe ran, see O(details)
  type: list
  elements: dict
  contains:
    demand:
      description: Id of the demand, the rule of its finding when it is broken.
      type: str
    outcome:
      description:
        - V(met), V(broken), V(not_known) (it was asked and could not be learnt, which is never
          compliant) or V(not_asked).
      type: str
    subject:
      description: V(endpoint), V(service) or V(host).
      type: str
    service:
      description: The service, empty where the whole host is meant.
      type: str
    port:
      description: The port, 0 where the whole host is meant.
      type: int
    address:
      description: The address, empty where all are meant.
      type: str
    item:
      description: The one of several alike, such as a TLS version.
      type: str
    detail:
      description: What was seen, why it is not known, or by whose wish it was not asked.
      type: str
observations:
  description: What was seen, as RV(postmaster.mailports.port_info#module:endpoints).
  returned: when the probe ran, see O(details)
  type: list
  elements: dict
intent:
  description: The intent, expanded; V(listeners) holds every port that was judged.
  returned: when the probe ran, see O(details)
  type: dict
summary:
  description:
    - Counts, V(endpoints) probed, V(open), V(demands) by outcome, V(findings) by severity, and the
      V(policy)'s name.
  returned: when the probe ran
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._model import oldest_python

oldest_python.require()

from ..module_utils._check.job import conclude, options, plan
from ..module_utils._check.options import ParamsError
from ..module_utils._probe.run import run
from ..module_utils._probe.tls import TrustStoreError


def main():
    """Probe, judge and exit."""
    module = AnsibleModule(argument_spec=options(), supports_check_mode=True)
    try:
        planned = plan(module.params)
        result, failed = conclude(planned, run(planned.request))
    except (ParamsError, TrustStoreError) as error:
        module.fail_json(msg=str(error))
    if failed:
        module.fail_json(changed=False, **result)
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
