# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the table of mail servers: each row is whole, and each question has one answer."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.servers import (
    SERVERS,
    TLS_MODE,
    owner_of,
    serving,
    title_of,
    titles,
    words_for,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.services import SERVICES


@pytest.mark.parametrize("name", SERVERS)
def test_a_row_is_whole(name: str) -> None:
    row = SERVERS[name]
    assert row.name == name == row.title.lower()
    assert row.reads_with
    assert row.folders or row.processes
    assert row.tested[0] <= row.tested[1]
    assert set(row.serves) <= {one.protocol for one in SERVICES.values()}
    assert all(words and not words.endswith(".") for words in row.settings.values())


def test_every_protocol_has_a_server() -> None:
    for one in SERVICES.values():
        assert serving(one.protocol)
    assert "postfix" not in serving("imap")
    assert serving("sieve") == tuple(SERVERS)


@pytest.mark.parametrize(
    ("process", "program", "owner"),
    [
        ("master", "/usr/lib/postfix/sbin/master", "postfix"),
        ("master", "/usr/lib/cyrus/bin/master", ""),
        ("dovecot", "/usr/sbin/dovecot", "dovecot"),
        ("imap-login", "/usr/lib/dovecot/imap-login", "dovecot"),
        ("dovecot", "", "dovecot"),
        ("", "", ""),
        ("nginx", "/usr/sbin/nginx", ""),
    ],
)
def test_whose_a_process_is(process: str, program: str, owner: str) -> None:
    assert owner_of(process, program) == owner


@pytest.mark.parametrize(
    ("name", "tested", "others"),
    [
        ("postfix", [(3, 7), (3, 10)], [(3, 6), (4, 0)]),
        ("dovecot", [(2, 3), (2, 4)], [(2, 2), (3, 0)]),
    ],
)
def test_what_was_tried(
    name: str, tested: list[tuple[int, int]], others: list[tuple[int, int]]
) -> None:
    assert all(SERVERS[name].is_tested(version) for version in tested)
    assert not any(SERVERS[name].is_tested(version) for version in others)


def test_names_in_sentences() -> None:
    assert titles([]) == ""
    assert titles(["postfix"]) == "Postfix"
    assert titles(["postfix", "dovecot"]) == "Postfix and Dovecot"
    assert titles(["postfix", "dovecot", "other"]) == "Postfix, Dovecot and other"
    assert title_of("other") == "other"


def test_each_server_says_what_to_set() -> None:
    words = words_for(TLS_MODE)
    for row in SERVERS.values():
        assert f"{row.title}: {row.settings[TLS_MODE]}" in words
    assert words_for("no such subject") == ""
