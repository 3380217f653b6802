# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that no text and no data make the linter fail, and that its work stays bounded."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.postmaster.mailports.plugins.module_utils._model.policy import POLICIES
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.engine import (
    Text,
    lint_data,
    lint_text,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.kinds import KINDS, kind_of
from hypothesis import given
from hypothesis import strategies as st

from tests.lint.test_corpus import OPEN, cases

POLICY = POLICIES["rfc8314"]
_VOCABULARY = """
smtp_port 25 143 imap port ports host: - { } [ ] ' " : | > & * ! {{ }} {% %} {# #} # = ; , tls ssl
starttls true false never user services state rule allow deny smtpd inet -o / // smtp:// @ ${ }
inet_listener service account poll set <port> </port> dport 100-200
"""
WORDS = st.sampled_from([*_VOCABULARY.split(), "\n", "\n  ", "\t", "", "\\"])
TEXTS = st.text(max_size=300) | st.lists(WORDS, max_size=60).map(" ".join)
NAMES = st.sampled_from(
    ["x.yml", "main.cf", "master.cf", "dovecot.conf", ".muttrc", "config-v1.1.xml", "a.env", "-"]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-10, 70_000)
    | st.floats(allow_nan=True)
    | st.text(max_size=20)
    | WORDS
)
DATA = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(WORDS | st.integers(0, 1000), inner, max_size=6)
    ),
    max_leaves=40,
)


@pytest.mark.parametrize("kind", KINDS)
@given(text=TEXTS)
def test_no_text_of_any_kind_makes_it_fail(kind: str, text: str) -> None:
    for one in lint_text(Text("x", text), POLICY, kind):
        assert one.line <= text.count("\n") + 1


@given(NAMES, TEXTS)
def test_a_text_is_read_by_its_name_or_left_alone(name: str, text: str) -> None:
    assert kind_of(name, text) in ("", *KINDS)
    lint_text(Text(name, text), POLICY)


@given(DATA)
def test_no_data_makes_it_fail(data: Any) -> None:
    lint_data(data, POLICY)


@given(DATA)
def test_data_and_its_yaml_say_the_same(data: Any) -> None:
    try:
        text = yaml.safe_dump(data)
    except yaml.YAMLError:
        return
    ports = sorted((one.rule, one.port) for one in lint_data(data, POLICY))
    # The same port twice is one finding a line in a file, and one a path in data.
    assert {one for one in ports if one[0] != "not-read"} == {
        (one.rule, one.port)
        for one in lint_text(Text("x.yml", text), POLICY)
        if one.rule != "not-read"
    }


@given(st.sampled_from(cases(OPEN)), st.data())
def test_a_case_that_is_cut_or_mixed_does_not_make_it_fail(case: Any, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(case.text)))
    end = data.draw(st.integers(start, len(case.text)))
    middle = data.draw(TEXTS)
    lint_text(Text(case.path, case.text[:start] + middle + case.text[end:]), POLICY)


@pytest.mark.parametrize(
    "text",
    [
        "{{" * 10_000,
        "{%" * 10_000,
        "a: " + "{{ b | default(" * 5_000,
        "a" * 150_000,
        "-o " * 50_000,
        "service x {\n" * 10_000,
        "<incomingServer>" * 10_000,
        "poll " * 50_000,
        "smtp://" * 50_000,
        "\n" * 150_000,
        "a=" * 50_000,
        " " * 100_000 + "a: 1",
        "account a\n" * 10_000,
        "[" * 100_000,
        '"' * 300_001,
    ],
    ids=lambda text: text[:12].strip(),
)
@pytest.mark.parametrize("kind", KINDS)
def test_long_repetitions_are_read_in_linear_time(kind: str, text: str) -> None:
    """The run of the whole suite would not end if one of them were quadratic."""
    lint_text(Text("x", text), POLICY, kind)


def test_variables_that_stand_for_each_other_are_left_in_time() -> None:
    """As above: each of these may stand for any other, and those for any other again."""
    task = (
        '- ansible.builtin.set_fact: {smtp_port: "{{ smtp_port if smtp_port else smtp_port }}"}\n'
    )
    known = "- ansible.builtin.set_fact: {imap_port: 143}\n"
    assert lint_text(Text("tasks/main.yml", task * 100 + known), POLICY)
