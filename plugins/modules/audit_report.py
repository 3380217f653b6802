#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: write an audit into a folder in every format (done by the action plugin)."""

from __future__ import annotations

DOCUMENTATION = r"""
module: audit_report
short_description: Write an audit of mail ports into a folder, in every format, with its history
version_added: 0.1.0
author:
  - postmaster.mailports contributors (@postmaster)
description:
  - Combines results of M(postmaster.mailports.port_check) and earlier audits into one audit,
    compares it with the last one in the folder, and writes it, on the controller, as
    C(report.html), C(findings.json), C(findings.sarif), C(junit.xml), C(metrics.prom),
    C(summary.md) and C(report.txt). A copy of C(findings.json) is added to C(history).
  - The task does not fail because of findings; see RV(compliant) and RV(gate).
options:
  folder:
    description: The folder to write into, on the controller. It is created if it is missing.
    type: path
    required: true
  results:
    description: Registered results of M(postmaster.mailports.port_check).
    type: list
    elements: dict
    default: []
  rows:
    description:
      - What the filter P(postmaster.mailports.audit_rows#filter) returns, in place of O(results),
        O(hosts), O(vantages) and O(expected).
    type: list
    elements: dict
    default: []
    version_added: 0.1.0
  hosts:
    description:
      - Names of the results, in the order of the results. Use inventory names, so that two hosts
        that are reached by one name stay two.
    type: list
    elements: str
  vantages:
    description: The vantage of each result, in the order of the results.
    type: list
    elements: str
  expected:
    description:
      - Name and vantage of each host of the whole audit, where O(results) are those of a slice.
        This is kept, so that O(merge) can report hosts whose slice is missing as not audited.
    type: list
    elements: list
    default: []
    version_added: 0.1.0
  merge:
    description:
      - Files named C(findings.json) of other audits, such as slices of an inventory or other
        vantages. The result is the same as that of one audit of all of them.
      - A host that one of them expected and none of them has is reported as not audited.
    type: list
    elements: path
    default: []
  max_age:
    description:
      - How many hours apart the audits in O(merge) may be. A host whose audit is older than that,
        compared with the latest one, is reported as not audited.
    type: int
    default: 24
    version_added: 0.1.0
  generated:
    description: The time of the audit (ISO 8601, UTC). The current time by default.
    type: str
    default: ""
  fail_on:
    description: Lowest severity that counts, as in the tasks that gave the results.
    type: str
    choices: [info, warning, error, never]
    default: error
  waivers:
    description: Accepted findings. They are shown with reason and expiry date, and do not count.
    type: list
    elements: dict
    default: []
    suboptions:
      rule:
        description: Id of the rule.
        type: str
        required: true
      host:
        description: A pattern for the name of the host.
        type: str
        default: "*"
      service:
        description: Name of the service; all by default.
        type: str
        default: ""
      reason:
        description: Why the finding is accepted. Without it the waiver covers nothing.
        type: str
        default: ""
      owner:
        description: Who accepted it. Without it the waiver covers nothing.
        type: str
        default: ""
      expires:
        description: The last day on which the waiver holds, as YYYY-MM-DD.
        type: str
        required: true
  keep:
    description: How many audits stay in the history.
    type: int
    default: 30
  max_findings:
    description: How many of the findings that count the RV(gate) allows.
    type: int
    default: 0
    version_added: 0.1.0
  unreachable:
    description:
      - Whether a host that could not be audited fails the RV(gate). An audit in which no port was
        probed never passes.
    type: str
    choices: [fail, warn]
    default: fail
    version_added: 0.1.0
attributes:
  action:
    description: Everything is done by an action plugin of the same name, on the controller.
    support: full
  check_mode:
    description: Writes nothing, and returns the same.
    support: full
seealso:
  - module: postmaster.mailports.port_check
  - plugin: postmaster.mailports.report
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Write what was seen of every host
  postmaster.mailports.audit_report:
    folder: audit
    results: "{{ ansible_play_hosts_all | map('extract', hostvars, 'mail') | list }}"
    hosts: "{{ ansible_play_hosts_all }}"
    waivers:
      - rule: port-open
        host: old.example.net
        service: pop3
        reason: the scanners are replaced in January
        owner: operations
        expires: "2027-01-31"
  run_once: true
  delegate_to: localhost
  register: audit

- name: Put two slices of the inventory together
  postmaster.mailports.audit_report:
    folder: audit
    merge: [slice1/findings.json, slice2/findings.json]
  delegate_to: localhost
"""

RETURN = r"""
compliant:
  description: Whether every host was audited and is as intended.
  returned: success
  type: bool
changes:
  description: What differs from the last audit in the folder.
  returned: success
  type: list
  elements: dict
files:
  description: The files that were written.
  returned: success
  type: list
  elements: str
findings:
  description: How many findings there are of each severity; waived ones do not count.
  returned: success
  type: dict
gate:
  description: >-
    Whether a pipeline may go on (C(passed), a boolean) and why (C(message), one line), judged by
    the audit itself and not by a file.
  returned: success
  type: dict
hosts:
  description: What is wrong with each host that is not as intended, by its name.
  returned: success
  type: dict
brief:
  description: What is wrong in as many lines as a person reads; good hosts are only counted.
  returned: success
  type: list
  elements: str
report:
  description: The lines of C(report.txt).
  returned: success
  type: list
  elements: str
"""
