# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test where a Dovecot of some configuration listens, and which versions are known."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._dovecot import (
    doveconf as _doveconf,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._dovecot import running
from ansible_collections.postmaster.mailports.plugins.module_utils._system import programs

from tests.unit.plugins.module_utils._dovecot.doveconf_texts import TEXT_23, TEXT_24


def test_endpoints() -> None:
    """Only enabled protocols listen; a name in place of an address leaves the port."""
    found = running.endpoints(_doveconf.parse(TEXT_23))
    assert found == {(address, port) for address in ("0.0.0.0", "::") for port in (143, 993)}
    named = TEXT_24.replace("* ::", "[::1], 192.0.2.1, mail.example.net")
    found = running.endpoints(_doveconf.parse(named))
    assert found == {("::1", 143), ("192.0.2.1", 143), ("", 143)}


def test_a_service_of_2_4_that_starts_with_the_server(tmp_path: Path) -> None:
    """Where the folder for its processes is missing a reload would not do."""
    text = TEXT_24.replace("port = 0", "port = 993")
    server = running.Server("/etc/dovecot/dovecot.conf", str(tmp_path))
    assert server.needs_start(_doveconf.parse(text))
    assert not server.needs_start(_doveconf.parse(TEXT_23))
    (tmp_path / "srv.imap-login").mkdir()
    assert not server.needs_start(_doveconf.parse(text))


@pytest.mark.parametrize(
    ("text", "generation", "warned"),
    [
        ("2.3.19.1 (9b53102964)", (2, 3), False),
        ("2.4.1-4 (7d8c0e5759)", (2, 4), False),
        ("2.5.0", (2, 5), True),
        ("3.0", (3, 0), True),
    ],
)
def test_version(text: str, generation: tuple[int, int], warned: bool) -> None:
    version = running.version_of(text)
    assert version.generation == generation
    assert bool(version.warning) is warned


@pytest.mark.parametrize(("text", "words"), [("2.2.36", "older than 2.3"), ("?", "no version")])
def test_unusable_version(text: str, words: str) -> None:
    with pytest.raises(programs.ServerError, match=words):
        running.version_of(text)
