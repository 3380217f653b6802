# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that options that cannot be used are told at once, each with its key, before anything is asked."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._domain import ask

GOOD = {name: option.get("default") for name, option in ask.options().items()}
SERVER = {**GOOD, "resolvers": ["127.0.0.1"]}

WRONG: list[tuple[dict[str, Any], list[str], list[str], str]] = [
    ({}, ["localhost"], [], "domain.0: 'localhost' is not the name of a domain"),
    ({}, ["192.0.2.1"], [], "domain.0: '192.0.2.1' is not the name of a domain"),
    ({}, ["a b.net"], [], "domain.0: 'a b.net' is not the name of a domain"),
    ({}, ["example.net"], ["x"], "senders.0: 'x' is not an address or a network"),
    ({"resolvers": ["ns.example.net"]}, [], [], "resolvers.0: 'ns.example.net' is not an address"),
    ({"timeout": 0.0}, [], [], "timeout: 0 is not a number of seconds above 0"),
    ({"deadline": 1e9}, [], [], "deadline: 1e+09 is not a number of seconds above 0"),
    ({"resolver_port": 0}, [], [], "resolver_port: 0 is not between 1 and 65535"),
    ({"https_port": 70000}, [], [], "https_port: 70000 is not between 1 and 65535"),
    ({"parallel": 0}, [], [], "parallel: 0 is not between 1 and 256"),
    ({"ca_path": "/nope"}, [], [], "ca_path: /nope: "),
]


@pytest.mark.parametrize(("changes", "domains", "senders", "words"), WRONG)
def test_what_cannot_be_used_is_told(
    changes: dict[str, Any], domains: list[str], senders: list[str], words: str
) -> None:
    with pytest.raises(ask.AskError) as error:
        ask.run_of({**SERVER, **changes}, domains, senders)
    assert str(error.value).startswith(words)
    assert "\n" not in str(error.value)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(ask.AskError) as error:
        ask.run_of({**SERVER, "timeout": -1.0, "parallel": 999}, ["x"])
    assert len(str(error.value).split("\n")) == 3


def test_good_options_make_a_run_that_has_asked_nothing() -> None:
    assert ask.run_of(SERVER, ["example.net"], ["192.0.2.0/24"]).asked == 0
