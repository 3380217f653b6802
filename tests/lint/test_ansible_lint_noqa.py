# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that a noqa excuses what it should, wherever a finding can stand, and nothing else."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.noqa import Noqa

RULE = "mail-port-deprecated"
# In each text the lines with YES are excused, those with NOT are not.
TASKS = """\
---
- name: One comment is enough for a task  # noqa: mail-port-deprecated
  ansible.builtin.wait_for:
    host: mail.example.net
    port: 110  # YES
- name: The next task is another one
  ansible.builtin.wait_for:
    host: mail.example.net
    port: 110  # NOT
- name: Above the value
  ansible.builtin.wait_for:
    # noqa: mail-port-deprecated

    # A comment of another kind
    port: 110  # YES
# noqa: mail-port-deprecated
- name: Above the task
  ansible.builtin.wait_for:
    port: 110  # YES
- name: A block  # noqa: mail-port-deprecated
  vars:
    pop3_port: 110  # YES
  block:
    - name: Inside a block
      ansible.builtin.wait_for:
        port: 110  # NOT
    - name: Deeper
      block:
        - name: Excused
          ansible.builtin.wait_for:
            port: 110  # noqa: mail-port-deprecated YES
        - name: Not excused
          ansible.builtin.wait_for:
            port: 110  # NOT
  rescue:
    - name: In a rescue
      ansible.builtin.wait_for:
        # noqa: mail-port-cleartext mail-port-deprecated
        port: 110  # YES
  always:
    - name: For another rule  # noqa: mail-port-cleartext
      ansible.builtin.wait_for:
        port: 110  # NOT
- name: Text inside
  ansible.builtin.copy:
    dest: /etc/dovecot/dovecot.conf
    content: |
      service pop3-login {
        inet_listener pop3 {
          # noqa: mail-port-deprecated
          port = 110  # YES
        }
      }
"""
VARIABLES = """\
---
pop3_port: 110  # NOT
relay_pop3_port: 110  # noqa: mail-port-deprecated YES
ports:
  # noqa mail-port-deprecated
  - 110  # YES
  - 110  # NOT
named: 110  # noqa NOT
other: 110  # noqa: mail-port-deprecated-never NOT
"""
PLAY = """\
---
- name: A play  # noqa: mail-port-deprecated
  hosts: all
  vars:
    pop3_port: 110  # NOT
  tasks:
    - name: A task
      ansible.builtin.wait_for:
        port: 110  # NOT
  post_tasks:
    - name: Another
      ansible.builtin.wait_for:  # noqa: mail-port-deprecated
        port: 110  # YES
"""
MASTER_CF = """\
# noqa: mail-port-deprecated
pop3 inet n - y - - proxy # YES
pop3 inet n - y - - proxy # NOT
  # noqa: mail-port-deprecated
  -o setting=110 # YES
  -o setting=110 # noqa: mail-port-deprecated NOT
"""
DOVECOT = """\
service pop3-login {
  inet_listener pop3 {
    # noqa: mail-port-deprecated
    port = 110 # YES
  }
  inet_listener old { port = 110 } # noqa: mail-port-deprecated YES
  inet_listener other { port = 110 } # NOT
}
"""
TEMPLATE = """\
{# noqa: mail-port-deprecated #}
port = 110 # YES
{#- noqa: mail-port-deprecated -#}
port = 110 # YES
port = 110 # NOT
port = 110 {# noqa: mail-port-deprecated YES #}
"""
XML = """\
<clientConfig>
  <!-- noqa: mail-port-deprecated -->
  <port>110</port> <!-- # YES -->
  <port>110</port> <!-- # NOT -->
</clientConfig>
"""
PLACES = {
    "tasks": (TASKS, "roles/mail/tasks/main.yml", True),
    "variables": (VARIABLES, "group_vars/all.yml", False),
    "play": (PLAY, "site.yml", True),
    "master.cf": (MASTER_CF, "files/master.cf", False),
    "dovecot.conf": (DOVECOT, "files/dovecot.conf", False),
    "template": (TEMPLATE, "templates/dovecot.conf.j2", False),
    "xml": (XML, "files/autoconfig.xml", False),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_noqa_excuses_its_finding_and_no_other(place: str) -> None:
    text, name, tasks = PLACES[place]
    noqa = Noqa(text, name, tasks)
    lines = dict(enumerate(text.split("\n"), 1))
    yes = {number for number, line in lines.items() if "YES" in line}
    no = {number for number, line in lines.items() if "NOT" in line}
    assert yes
    assert no
    assert {number for number in yes | no if noqa.excuses(number, RULE)} == yes


def test_a_noqa_names_the_rules_that_it_excuses() -> None:
    noqa = Noqa("a: 110  # noqa: mail-port-deprecated, mail-port-cleartext\n", "a.yml", False)
    assert noqa.excuses(1, RULE)
    assert noqa.excuses(1, "mail-port-cleartext")
    assert not noqa.excuses(1, "mail-port-tls-version")


def test_text_that_is_not_yaml_has_no_tasks() -> None:
    noqa = Noqa("- name: [  # noqa: mail-port-deprecated\n  port: 110\n", "tasks/a.yml", True)
    assert noqa.excuses(1, RULE)
    assert not noqa.excuses(2, RULE)


def test_a_comment_at_the_end_excuses_nothing_else() -> None:
    noqa = Noqa("a: 110\n# noqa: mail-port-deprecated\n\n", "a.yml", False)
    assert not noqa.excuses(1, RULE)
