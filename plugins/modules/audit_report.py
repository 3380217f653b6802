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
  - Puts results of M(postmaster.mailports.port_check), and audits that were written before, into
    one audit, compares it with the last one in the folder, and writes it, on the controller, as
    C(report.html), C(findings.json), C(findings.sarif), C(junit.xml), C(metrics.prom),
    C(summary.md) and C(report.txt). A copy of C(findings.json) is added to C(history).
  - The task does not fail for what was found; RV(compliant) tells.
options:
  folder:
    description: The folder to write into, on the controller. It is made where it is missing.
    type: path
    required: true
  results:
    description: Registered results of M(postmaster.mailports.port_check).
    type: list
    elements: dict
    default: []
  hosts:
    description: Names for results that do not bear one, in the same order as the results.
    type: list
    elements: str
  vantages:
    description: From where each result was seen, in the same order as the results.
    type: list
    elements: str
  merge:
    description:
      - Files named C(findings.json) of other audits, such as slices of an inventory or other
        vantages. The result is what one audit of all would have given.
    type: list
    elements: path
    default: []
  generated:
    description: The time of the audit (ISO 8601, UTC). The current time by default.
    type: str
    default: ""
  fail_on:
    description: What the results were judged by.
    type: str
    choices: [info, warning, error, never]
    default: error
  waivers:
    description: Accepted findings; they are shown, with reason and expiry, and do not count.
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
        description: Why the finding is accepted. Without it the waiver excuses nothing.
        type: str
        default: ""
      owner:
        description: Who accepted it. Without it the waiver excuses nothing.
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
attributes:
  action:
    description: All is done by an action plugin of the same name, on the controller.
    support: full
  check_mode:
    description: Writes nothing, and returns what it would have written about.
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
report:
  description: The lines of C(report.txt).
  returned: success
  type: list
  elements: str
"""
