#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: judge what the DNS and HTTPS say around a domain's mail ports."""

from __future__ import annotations

DOCUMENTATION = r"""
module: domain_check
short_description: Judge what the DNS says about a domain's mail ports
version_added: 0.1.0
author:
  - postmaster.mailports contributors (@postmaster)
description:
  - Compares what the DNS and HTTPS say about a domain (see M(postmaster.mailports.domain_info))
    with its intent and with the standards - MX, reverse DNS, SPF, DKIM, DMARC, MTA-STS, TLSRPT,
    DANE, SRV, CAA and DNSSEC. Where the intent has C(clients), so is what is published for mail
    programs (see M(postmaster.mailports.client_check)).
  - Each demand has one outcome for each thing that it is about. It is V(met), V(broken),
    V(not_known) (nobody could find out, which is as bad as broken) or V(not_asked) (with the
    reason).
  - Given what M(postmaster.mailports.port_info) saw, it compares names and ports with each other
    too. Certificates must match TLSA records and MTA-STS, greetings the names of the hosts, and SRV
    records the ports that are open.
extends_documentation_fragment:
  - postmaster.mailports.details
  - postmaster.mailports.names
options:
  intent:
    description:
      - The intent of the domain; the shipped file C(schemas/domain.schema.json) describes it. Only
        V(domain) is required. What is not mentioned is not asked for, but records that exist are
        judged.
      - P(postmaster.mailports.dns_records#filter) gives the records that meet it.
    type: dict
    required: true
  ports:
    description:
      - The intents of its hosts' ports, as in O(postmaster.mailports.port_check#module:intent).
        What they have open decides which SRV records are right.
    type: list
    elements: dict
    default: []
  endpoints:
    description:
      - What was seen of the hosts' ports, V(endpoints) of M(postmaster.mailports.port_info).
        Without it, nothing is asked that only a probe can answer.
    type: list
    elements: dict
  fail_on:
    description:
      - Which severity of a broken demand fails the task. With V(never) the task does not fail, and
        RV(compliant) is measured by V(error). What is not known always counts as an error.
    type: str
    choices: [info, warning, error, never]
    default: error
seealso:
  - module: postmaster.mailports.domain_info
  - module: postmaster.mailports.port_check
  - plugin: postmaster.mailports.dns_records
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Check a domain by a resolver on this machine that validates DNSSEC
  postmaster.mailports.domain_check:
    intent:
      domain: example.net
      mail_hosts: [mail.example.net]
      senders: [192.0.2.10, "2001:db8::10"]
      dkim: {selectors: [s2026]}
      dmarc: {policy: reject, reports: "mailto:dmarc@example.net"}
      mta_sts: {mode: enforce}
      tlsrpt: {reports: "mailto:tls@example.net"}
      dane: required
    ports: ["{{ mailports_intent }}"]
    endpoints: "{{ probed.endpoints }}"
    resolvers: ["127.0.0.1"]
    dnssec: true
  delegate_to: localhost
"""

RETURN = r"""
compliant:
  description: Whether everything asked is known, and nothing as severe as O(fail_on) is broken.
  returned: always, unless options are wrong
  type: bool
outcomes:
  description: One dictionary for each demand and thing that it is about.
  returned: always, unless options are wrong
  type: list
  elements: dict
  contains:
    demand:
      description: Id of the demand.
      type: str
    domain:
      description: The domain.
      type: str
    about:
      description: The name, address or selector that it is about.
      type: str
    outcome:
      description: V(met), V(broken), V(not_known) or V(not_asked).
      type: str
    severity:
      description: V(info), V(warning) or V(error).
      type: str
    message:
      description: What was seen.
      type: str
    cause:
      description: Why it matters.
      type: str
    remedy:
      description: What to do.
      type: str
    clause:
      description: The standard and section.
      type: str
    also:
      description: Ids that published profiles give the demand.
      type: list
      elements: str
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
  description:
    - What was seen, as M(postmaster.mailports.domain_info) returns it. V(clients) is a list, with
      what M(postmaster.mailports.client_info) returns where the intent has C(clients).
  returned: always, unless options are wrong
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._model import oldest_python

oldest_python.require()

from ..module_utils._client.ask import collect as collect_clients
from ..module_utils._client.judge import judge as judge_clients
from ..module_utils._domain.ask import AskError, options, run_of
from ..module_utils._domain.collect import collect
from ..module_utils._domain.findings import result as result_of
from ..module_utils._domain.findings import worst
from ..module_utils._domain.intent import expand
from ..module_utils._domain.judge import judge
from ..module_utils._domain.keys import with_keys
from ..module_utils._model.finding import AUTO, DETAILS, FAIL_ON, NEVER
from ..module_utils._model.intent import expand as expand_ports


def main():
    """Ask, judge and exit."""
    module = AnsibleModule(
        argument_spec={
            "intent": {"type": "dict", "required": True},
            "ports": {"type": "list", "elements": "dict", "default": []},
            "endpoints": {"type": "list", "elements": "dict"},
            "fail_on": {"type": "str", "choices": list(FAIL_ON), "default": "error"},
            # For the action plugin, which shows what is wrong.
            "details": {"type": "str", "choices": list(DETAILS), "default": AUTO},
            **options(),
        },
        supports_check_mode=True,
    )
    params = module.params
    try:
        given = with_keys(params["intent"], module.run_command)
        domain = expand(given, [expand_ports(one) for one in params["ports"]])
        run = run_of(params, [domain.domain], domain.senders)
        seen = collect(run, [domain])[0]
        clients = collect_clients(run, [domain.domain]) if domain.clients else []
    except AskError as error:
        module.fail_json(msg=str(error))
    found = judge(domain, seen, params["endpoints"])
    for one in clients:
        found += judge_clients(one, domain.ports, params["endpoints"], domain.clients.methods)
    result = {
        **result_of(domain.domain, found, params["fail_on"]),
        "changed": False,
        "outcomes": [one.to_dict() for one in found],
        "questions": run.asked,
        "seen": {**seen.to_dict(), "clients": [one.to_dict() for one in clients]},
    }
    if result["compliant"] or params["fail_on"] == NEVER:
        module.exit_json(**result)
    module.fail_json(msg=worst(result["findings"]), **result)


if __name__ == "__main__":
    main()
