# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the proof: from where each address is probed, and by what it is judged."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._change.proof import (
    Proof,
    Vantage,
    expected,
    together,
    vantages,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.intent import expand


@pytest.mark.parametrize(
    ("address", "own", "trusted", "source"),
    [
        ("0.0.0.0", [], [], "127.0.0.2"),
        ("127.0.0.1", [], [], "127.0.0.2"),
        ("192.0.2.5", [], [], "127.0.0.1"),
        ("::", ["2001:db8::5"], [], "2001:db8::5"),
        ("2001:db8::5", ["2001:db8::5"], [], "::1"),
        ("0.0.0.0", [], ["192.0.2.0/24"], "127.0.0.2"),
    ],
)
def test_vantages(address: str, own: list[str], trusted: list[str], source: str) -> None:
    (vantage,) = vantages([address], own, trusted)
    assert vantage.source == source
    assert vantage.judges_clear


@pytest.mark.parametrize(
    ("address", "own", "trusted", "probed"),
    [
        ("::", [], [], "::1"),
        ("0.0.0.0", [], ["127.0.0.0/8"], "127.0.0.1"),
        ("0.0.0.0", [], ["what is this"], "127.0.0.1"),
        ("::1", ["2001:db8::5"], ["2001:db8::/32"], "::1"),
    ],
)
def test_no_vantage(address: str, own: list[str], trusted: list[str], probed: str) -> None:
    """Where each address of the machine is trusted, that is said in place of judging."""
    assert vantages([address], own, trusted) == (Vantage(probed, "", False),)


def test_an_address_is_judged_by_what_is_configured_there() -> None:
    """Listeners on all addresses of a family, or on this one; and whatever is to be closed."""
    listeners = expand({"host": "a.example", "services": {"imaps": {}, "imap": {}}}).listeners
    places = {("0.0.0.0", 993), ("127.0.0.1", 143)}
    open_at = {
        address: [one.port for one in expected(listeners, places, address) if one.state == "open"]
        for address in ("127.0.0.1", "192.0.2.1", "::1")
    }
    assert open_at == {"127.0.0.1": [143, 993], "192.0.2.1": [993], "::1": []}
    closed = [one for one in expected(listeners, places, "::1") if one.state == "closed"]
    assert len(closed) == len(listeners) - 2


def test_proofs_together() -> None:
    one, other = Proof((), ("a",), ("b",)), Proof((), ("c",), ())
    assert together([one, other]) == Proof((), ("a", "c"), ("b",))


def test_vantages_are_not_doubled() -> None:
    assert len(vantages(["0.0.0.0", "127.0.0.1", "::", "::1"], [], [])) == 2
