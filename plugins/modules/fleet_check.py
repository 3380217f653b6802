#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: check the live mail ports of many hosts in one task, each against its own intent."""

from __future__ import annotations

DOCUMENTATION = r"""
module: fleet_check
short_description: Check the live mail ports of many hosts in one task
version_added: 0.1.0
author:
  - postmaster.mailports contributors (@postmaster)
description:
  - Does for each of O(audits) what M(postmaster.mailports.port_check) does for one host, all at
    once in one process, which takes little more than the connections themselves.
  - A host's result is its own. What is wrong with its intent or its options, a name that does not
    resolve, or a probe that fails costs no other host its result. What was not learnt is not known,
    and such a host is not compliant.
  - Mail servers are treated politely. To one port of one address there are two connections at once
    at most, to one address O(per_address), however many host names lead there; what several hosts
    have in common is asked once; and a server that answers 421 is left alone for a while.
  - Each host's O(deadline) begins with its first connection.
extends_documentation_fragment:
  - postmaster.mailports.probe
options:
  audits:
    description: The hosts to check.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: What tells this result from the others. The host of the intent by default.
        type: str
      intent:
        description: The intended state of the host, as in M(postmaster.mailports.port_check).
        type: raw
      policy:
        description: A policy for this host, by name or as a dictionary.
        type: raw
      configured:
        description: The result of M(postmaster.mailports.listener_info), run on the same host.
        type: raw
      ehlo_name:
        description: As O(ehlo_name), for this host.
        type: raw
      source_address:
        description: As O(source_address), for this host.
        type: raw
      timeout:
        description: As O(timeout), for this host.
        type: raw
      deadline:
        description: As O(deadline), for this host.
        type: raw
      ca_path:
        description: As O(ca_path), for this host.
        type: raw
      verify:
        description: As O(verify), for this host.
        type: raw
      starttls_injection:
        description: As O(starttls_injection), for this host.
        type: raw
      starttls_enforcement:
        description: As O(starttls_enforcement), for this host.
        type: raw
      login_user:
        description: As O(login_user), for this host.
        type: raw
      login_password:
        description: As O(login_password), for this host.
        type: raw
      fail_on:
        description: As O(fail_on), for this host.
        type: raw
      error:
        description: Why the host cannot be checked, if that is known already; it is not probed.
        type: raw
  policy:
    description: A policy for all hosts that have none of their own, instead of that of the intent.
    type: raw
  fail_on:
    description:
      - Lowest severity that counts; a host with a finding that counts makes RV(compliant) false,
        and fails the task. With V(never) it only reports.
    type: str
    choices: [info, warning, error, never]
    default: error
  connections:
    description: How many connections to have at once, to all hosts together, 2 to 1024.
    type: int
    default: 512
  per_address:
    description: How many connections to have at once to one address, 2 or more.
    type: int
    default: 16
  ceilings:
    description:
      - How many connections a second to open to the addresses of a network, by network (in the form
        C(192.0.2.0/24)). Of several networks with an address, the smallest counts.
      - A host needs some 50 connections (8 ports). With a low number, raise O(deadline).
    type: dict
    default: {}
  chunk:
    description:
      - How many hosts to probe in one module, where another machine than the controller probes.
        Results come back chunk by chunk; a module that dies costs the hosts of its chunk theirs.
    type: int
    default: 50
  keep_in:
    description:
      - Folder of an audit on the controller. Each result goes there at once, below C(unfinished),
        and none is returned; M(postmaster.mailports.audit_report) takes them from there.
    type: path
  vantage:
    description: The name under which O(keep_in) keeps what is seen from here.
    type: str
    default: ""
  resume:
    description:
      - Take from O(keep_in) what an audit that was cut off has learnt already, if the same was
        asked of a host. Without it, such results are removed.
    type: bool
    default: false
  max_age:
    description: How many hours old these results may be.
    type: int
    default: 24
attributes:
  action:
    description:
      - Has an action plugin of the same name. It validates the intents, and where the connection is
        V(local), without O(ignore:become) and O(ignore:environment), it probes by itself, else it
        has the host probe, O(chunk) hosts at a time.
      - With O(ignore:async), the host does all but the validation, in one piece.
    support: full
seealso:
  - module: postmaster.mailports.port_check
  - module: postmaster.mailports.audit_report
"""

EXAMPLES = r"""
- name: Check three hosts from the controller, two of which share most
  postmaster.mailports.fleet_check:
    audits:
      - intent: {host: mx1.example.net, services: {smtp: {}}}
      - intent: {host: mx2.example.net, services: {smtp: {}}}
      - name: the old one
        intent: "{{ old_intent }}"
        timeout: 60
    ceilings:
      192.0.2.0/24: 10
    fail_on: never
  delegate_to: localhost
  register: mail

- name: Name those that are not as intended
  ansible.builtin.debug:
    msg: "{{ mail.audits | rejectattr('compliant') | map(attribute='name') | list }}"
"""

RETURN = r"""
audits:
  description:
    - The result of each of O(audits), in their order. Each has V(name) and what
      M(postmaster.mailports.port_check) returns.
    - A host that could not be audited has V(compliant) and V(audited) V(false), and V(msg) says
      why.
  returned: without O(keep_in)
  type: list
  elements: dict
compliant:
  description: Whether every host was audited and is as intended.
  returned: always
  type: bool
summary:
  description:
    - How many V(hosts) there are, how many of them are V(compliant) and V(not_audited), how many
      V(endpoints) were looked at, and how many V(findings) there are.
  returned: success
  type: dict
kept:
  description: The file with the results.
  returned: with O(keep_in)
  type: str
vantage:
  description: The name under which they are kept there.
  returned: with O(keep_in)
  type: str
hosts:
  description: The names of the hosts that were probed for this task.
  returned: with O(keep_in)
  type: list
  elements: str
resumed:
  description: How many results an audit that was cut off had left.
  returned: with O(keep_in)
  type: int
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._model import oldest_python

oldest_python.require()

from ..module_utils._check.options import ParamsError
from ..module_utils._fleet.options import audits_from, fleet_options, limits_from
from ..module_utils._fleet.run import audit_many
from ..module_utils._model.finding import NEVER


def main():
    """Probe, judge and exit."""
    module = AnsibleModule(argument_spec=fleet_options(), supports_check_mode=True)
    try:
        limits = limits_from(module.params)
    except ParamsError as error:
        module.fail_json(msg=str(error))
    audits = list(audits_from(module.params))
    found = {one["name"]: one for one in audit_many(audits, limits)}
    told = [found[one["name"]] for one in audits]
    good = sum(one["compliant"] for one in told)
    words = f"{good} of {len(told)} hosts as intended"
    compliant = bool(told) and good == len(told)
    result = {"changed": False, "audits": told, "compliant": compliant, "msg": words}
    if not compliant and module.params["fail_on"] != NEVER:
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
