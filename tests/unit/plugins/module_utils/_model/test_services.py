# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test THE table against a second copy of the facts, and that no other file repeats a number."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model import services
from ansible_collections.postmaster.mailports.plugins.module_utils._model.services import (
    LOGINS,
    PROTOCOLS,
    SERVICES,
    TLS_MODES,
    by_port,
    unknown_service,
)

# IANA's service names and port numbers (submission_alt has none: IANA calls 2525 ms-v-worlds);
# TLS modes and logins: RFC 3207, RFC 6409, RFC 2595, RFC 8314.
FACTS = {
    "smtp": ("smtp", 25, "starttls", "none"),
    "submission": ("smtp", 587, "starttls", "required"),
    "submissions": ("smtp", 465, "implicit", "required"),
    "submission_alt": ("smtp", 2525, "starttls", "required"),
    "pop3": ("pop3", 110, "starttls", "required"),
    "pop3s": ("pop3", 995, "implicit", "required"),
    "imap": ("imap", 143, "starttls", "required"),
    "imaps": ("imap", 993, "implicit", "required"),
}
OTHER_NAMES = {
    "smtps": "submissions",
    "urd": "submissions",
    "ssmtp": "submissions",
    "msa": "submission",
    "spop3": "pop3s",
    "imap2": "imap",
    "simap": "imaps",
}


def test_the_table_is_that_of_the_facts() -> None:
    """Row by row, and no row more."""
    table = {row.name: (row.protocol, row.port, row.tls, row.login) for row in SERVICES.values()}
    assert table == FACTS


def test_every_row_is_whole() -> None:
    """Words from the vocabulary, a purpose and a source; names and ports are unique."""
    for name, row in SERVICES.items():
        assert name == row.name
        assert row.protocol in PROTOCOLS
        assert row.tls in TLS_MODES
        assert row.login in LOGINS
        assert row.purpose
        assert "RFC" in row.source
    assert len({row.port for row in SERVICES.values()}) == len(SERVICES)
    others = [name for row in SERVICES.values() for name in row.also]
    assert len(set(others)) == len(others)
    assert not set(others) & set(SERVICES)


@pytest.mark.parametrize("name", FACTS)
def test_a_port_leads_to_its_row(name: str) -> None:
    """By number."""
    row = by_port(FACTS[name][1])
    assert row is not None
    assert row.name == name


@pytest.mark.parametrize("port", [0, 24, 26, 80, 109, 4190, 65535, -1])
def test_other_ports_lead_nowhere(port: int) -> None:
    """LMTP and ManageSieve among them."""
    assert by_port(port) is None


@pytest.mark.parametrize("alias", OTHER_NAMES)
def test_another_name_is_hinted_at(alias: str) -> None:
    """The message names the service that is meant."""
    assert OTHER_NAMES[alias] in SERVICES
    assert f"called {OTHER_NAMES[alias]!r}" in unknown_service(alias)


def test_an_unknown_name_gets_no_hint() -> None:
    """The message lists what there is."""
    message = unknown_service("lmtp")
    assert "called" not in message
    assert all(name in message for name in SERVICES)


def test_a_row_as_plain_data() -> None:
    """For the lookups; tuples are lists there."""
    data = SERVICES["submissions"].to_dict()
    assert data["also"] == ["smtps", "urd", "ssmtp"]
    assert (data["name"], data["port"]) == ("submissions", 465)


def test_no_other_file_repeats_a_number() -> None:
    """No plugin but the table holds one of its port numbers as a constant."""
    table = Path(services.__file__)
    ports = {row[1] for row in FACTS.values()}
    # A socket option, and a number of messages.
    known = {("icmp.py", 25), ("schema.py", 25)}
    found = {
        (path.name, node.value)
        for path in sorted(table.parents[2].rglob("*.py"))
        # The code points of TLS are numbers of another kind.
        if path.name != table.name and path.parent.name != "_tls"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, int) and node.value in ports
    }
    assert found <= known
