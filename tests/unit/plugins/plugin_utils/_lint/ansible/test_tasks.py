# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test tasks: their loops, keywords, old spellings, and what is no task."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.policy import POLICIES
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.ansible.tasks import (
    is_play,
    is_task,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.engine import (
    Text,
    lint_text,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.nodes import Table
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.yaml import read_yaml


def ports(text: str) -> list[tuple[int, int]]:
    """Return line and port of each finding on a file of tasks."""
    return [
        (one.line, one.port) for one in lint_text(Text("tasks/main.yml", text), POLICIES["rfc8314"])
    ]


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("{ufw: {rule: allow}}", True),
        ("{community.general.ufw: {rule: allow}}", True),
        ("{some.other.module: {a: b}}", True),
        ("{wait_for: port=143}", True),
        ("{service: imap, port: 143}", False),
        ("{name: a, value: b}", False),
        ("{hosts: all, tasks: []}", False),
        ("{block: []}", False),
    ],
)
def test_what_is_a_task(text: str, task: bool) -> None:
    (node,) = read_yaml(text)
    assert isinstance(node, Table)
    assert is_task(node) is task


def test_a_play_has_hosts_and_tasks_or_roles() -> None:
    tables = [one for text in ("{hosts: a, roles: []}", "{hosts: [a]}") for one in read_yaml(text)]
    assert [is_play(one) for one in tables if isinstance(one, Table)] == [True, False]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("- ufw: {rule: allow, port: '{{ item }}'}\n  loop:\n    - 110\n    - 25\n", [(3, 110)]),
        (
            "- ufw: {rule: allow, port: '{{ item.p }}'}\n  with_items:\n    - {p: 110}\n    - {p: 143}\n",
            [(3, 110), (4, 143)],
        ),
        (
            "- ufw: {rule: allow, port: '{{ p }}'}\n  loop: [110]\n  loop_control: {loop_var: p}\n",
            [(2, 110)],
        ),
        ("- ufw: {rule: allow, port: '{{ p }}'}\n  vars: {p: 110}\n", [(2, 110)]),
        ("- ufw: rule=allow port=110\n", [(1, 110)]),
        ("- local_action: wait_for port=110\n", [(1, 110)]),
        ("- action:\n    module: wait_for\n    port: 110\n", [(3, 110)]),
        ("- ufw: {rule: allow, port: 110}\n  when: false\n", []),
        ("- block:\n    - ufw: {rule: allow, port: 110}\n", [(2, 110)]),
        (
            "- ufw:\n    rule: '{{ item.r }}'\n    port: '{{ item.p }}'\n  loop:\n    - {r: deny, p: 110}\n    - {r: allow, p: 143}\n",
            [(6, 143)],
        ),
        (
            "- hosts: all\n  module_defaults:\n    wait_for:\n      port: 110\n  tasks: []\n",
            [(4, 110)],
        ),
    ],
)
def test_tasks_say_this(text: str, found: list[tuple[int, int]]) -> None:
    assert ports(text) == found


def test_lines_that_a_loop_writes_are_one_text() -> None:
    text = (
        "- lineinfile:\n    path: /etc/postfix/master.cf\n    line: '{{ item }}'\n  loop:\n"
        "    - submission inet n - n - - smtpd\n    - '  -o smtpd_tls_security_level=may'\n"
    )
    assert ports(text) == [(6, 587)]
