# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probe the whole catalogue of hostile servers in one run, with honest ones among them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.finding import Finding
from ansible_collections.postmaster.mailports.plugins.module_utils._model.observation import (
    Observation,
    from_dict,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.safe_text import printable

from tests.support.certificates import Certificates
from tests.support.hostile import Case, catalogue
from tests.unit.plugins.module_utils._probe.probing import (
    Rig,
    Served,
    honest,
    texts,
)

NAMES = sorted(catalogue(None))  # type: ignore[arg-type]
HONEST = {
    f"honest_{protocol}_{tls}": honest(protocol, tls)
    for protocol in ("smtp", "imap", "pop3")
    for tls in ("starttls", "implicit")
}
# Where the server refused this client in its protocol's words, nothing is known of its state.
REFUSALS = {
    name for name in NAMES if any(word in name for word in ("_421_", "_554_", "_bye_", "_err_"))
}
RESETS = {
    name for name in NAMES if name.endswith(("_reset_after_accept", "_reset_in_client_hello"))
}
FOREIGN = {
    f"{protocol}_{banner}": seen
    for protocol in ("smtp", "imap", "pop3")
    for banner, seen in (
        ("http_banner", "http"),
        ("ssh_banner", "ssh"),
        ("ftp_banner", "ftp"),
        ("smtp_greeting", "smtp"),
        ("imap_greeting", "imap"),
        ("pop3_greeting", "pop3"),
        ("noise", "unknown"),
        ("noise_without_end", "unknown"),
        ("nul_bytes", "unknown"),
        ("noise_inside_tls", "unknown"),
    )
    if not banner.startswith(protocol)
}


@dataclass(frozen=True)
class Outcome:
    """What one run over everything brought, and the threads it left."""

    seen: dict[str, Observation]
    judged: dict[str, list[Finding]]
    left: list[threading.Thread]


@pytest.fixture(scope="module")
def outcome() -> Iterator[Outcome]:
    """Probe everything once."""
    with Certificates() as certificates:
        context = certificates.context("good", ("mail.example.net", "127.0.0.42"))
        cases: dict[str, Case] = catalogue(context, interval=0.1)
        servers = {
            name: Served(case.protocol, case.tls, case.script) for name, case in cases.items()
        }
        with Rig(certificates, {**HONEST, **servers}, address="127.0.0.42") as rig:
            before = set(threading.enumerate())
            seen = rig.probe(
                timeout=3.0,
                deadline=120.0,
                versions=("SSLv3", "TLSv1", "TLSv1.1"),
                injection=True,
                # The scripts know the usual dialogue alone.
                enforcement=False,
            )
            judged = rig.judged(seen, injection=True, enforcement=False)
        left = [thread for thread in threading.enumerate() if thread not in before]
        for thread in left:
            thread.join(10)
        yield Outcome(seen, judged, [thread for thread in left if thread.is_alive()])


def test_all_end_by_themselves(outcome: Outcome) -> None:
    """No server keeps the probe until its deadline, and no thread is left."""
    assert set(outcome.seen) == set(HONEST) | set(NAMES)
    assert outcome.left == []
    for seen in outcome.seen.values():
        assert seen.reach != "not_probed"
        assert seen.failure is None or seen.failure.kind != "deadline"


@pytest.mark.parametrize("name", HONEST)
def test_honest_servers_are_unharmed(outcome: Outcome, name: str) -> None:
    """Those beside the hostile ones are seen as they are."""
    assert outcome.judged[name] == []
    assert {status for status, _why in outcome.seen[name].versions.values()} == {"refused"}
    wanted = "safe" if name.endswith("starttls") else "untried"
    assert outcome.seen[name].injection == wanted


@pytest.mark.parametrize("name", NAMES)
def test_no_hostile_server_is_fine(outcome: Outcome, name: str) -> None:
    """Each has an error, its texts are fit to print, and its data to be sent as JSON."""
    assert "error" in {finding.severity for finding in outcome.judged[name]}
    data = outcome.seen[name].to_dict()
    for text in texts(data) + texts([finding.to_dict() for finding in outcome.judged[name]]):
        assert text == printable(text, 1000)
    assert from_dict(json.loads(json.dumps(data))) == outcome.seen[name]


@pytest.mark.parametrize("name", NAMES)
def test_the_reach_is_the_right_one(outcome: Outcome, name: str) -> None:
    """Refusing this client, breaking off at once and answering are different things."""
    reach = "inconclusive" if name in REFUSALS else "reset" if name in RESETS else "open"
    assert outcome.seen[name].reach == reach


@pytest.mark.parametrize("name", FOREIGN)
def test_other_protocols_are_recognised(outcome: Outcome, name: str) -> None:
    """The finding names what answers."""
    assert outcome.seen[name].protocol_seen == FOREIGN[name]
    assert [finding.rule for finding in outcome.judged[name]] == ["wrong-protocol"]


@pytest.mark.parametrize("protocol", ["smtp", "imap", "pop3"])
def test_tls_on_a_plain_port_is_recognised(outcome: Outcome, protocol: str) -> None:
    """A server that waits for TLS where a greeting was expected."""
    seen = outcome.seen[f"{protocol}_tls_on_a_plain_port"]
    assert (seen.tls_mode, seen.tls.status) == ("implicit", "established")
    rules = {finding.rule for finding in outcome.judged[f"{protocol}_tls_on_a_plain_port"]}
    assert "wrong-tls-mode" in rules


@pytest.mark.parametrize("protocol", ["smtp", "imap", "pop3"])
@pytest.mark.parametrize(
    "place", ["reset_after_client_hello", "close_after_go_ahead", "silent_after_starttls"]
)
def test_a_failed_handshake_is_told_once(outcome: Outcome, protocol: str, place: str) -> None:
    """As TLS, and not as a dialogue that failed too."""
    rules = [finding.rule for finding in outcome.judged[f"{protocol}_{place}"]]
    assert rules == ["inconclusive" if place == "silent_after_starttls" else "tls-failed"]


@pytest.mark.parametrize("protocol", ["smtp", "imap", "pop3"])
def test_an_end_of_tls_before_any_data(outcome: Outcome, protocol: str) -> None:
    """A close_notify right behind the handshake is an end, not data."""
    failure = outcome.seen[f"{protocol}_close_inside_tls"].failure
    assert failure is not None
    assert (failure.step, failure.kind, failure.detail) == (
        "greeting",
        "closed",
        "the server ended TLS",
    )
