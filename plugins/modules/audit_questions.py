#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: what the role audit asks of each host; the action plugin of the same name does it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: audit_questions
short_description: Settle what the role audit asks of each host of a play
version_added: 0.1.0
author:
  - postmaster.mailports contributors (@postmaster)
description:
  - Works out variables of all hosts in one task, each as if the task ran for that host, and returns
    what M(postmaster.mailports.fleet_check) takes. A task for each host would be nearly all of the
    time of a large audit.
  - A host whose variables are not defined is returned with what is wrong with them.
options:
  hosts:
    description: Names of hosts of the play.
    type: list
    elements: str
    required: true
  question:
    description: Name of the variable with what is asked of a host, an item of C(audits).
    type: str
    default: mailports_audit_question
  vantages:
    description:
      - Name of the variable with the vantages from which a host is seen. The variable of
        O(question) may depend on C(mailports_vantage).
    type: str
    default: mailports_audit_seen_by
  configured:
    description: Name of the variable that says whether a host is asked for its configuration.
    type: str
    default: mailports_audit_configured
  slice:
    description: C(1/4) for the first of four slices of the hosts.
    type: str
    default: ""
attributes:
  action:
    description: Runs on the controller, and connects nowhere.
    support: full
  check_mode:
    description: Can run in check mode and return the same.
    support: full
  diff_mode:
    description: Returns what changed.
    support: none
    details: Nothing is ever changed.
seealso:
  - module: postmaster.mailports.fleet_check
"""

EXAMPLES = r"""
- name: Settle what is asked
  postmaster.mailports.audit_questions:
    hosts: "{{ ansible_play_batch }}"
    question: our_question
    vantages: our_vantages
    configured: our_configured
  register: settled
  run_once: true
"""

RETURN = r"""
asked:
  description: What is asked, a list for each vantage.
  returned: success
  type: dict
then:
  description: The same of hosts that are first asked for their configuration.
  returned: success
  type: dict
elsewhere:
  description: The vantages of each host that is in another slice.
  returned: success
  type: dict
"""
