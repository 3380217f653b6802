# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof of a change, on the host itself: probe the listeners of one server and judge them.

Dovecot takes a client that has the server's own address for a safe one and offers it logins in
clear, whatever it is told. So each address is probed from another one of this machine; where there
is none, logins before TLS are left out of the judgement, and the result says so.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from .._check.options import probe_options, request_from
from .._judge.asked import Asked
from .._judge.diagnosis import diagnose
from .._judge.ports import judge
from .._model.finding import Finding
from .._model.host_view import ALL_IPV4, ALL_IPV6
from .._model.intent import Intent, Listener
from .._model.observation import OPEN, Observation
from .._model.policy import Policy
from .._probe.request import Target
from .._probe.run import run
from .._probe.tls import NoAuthorities, TrustStoreError, verifying_context

STEP_SECONDS = 10.0
_CLEAR_LOGIN = "login-before-tls"
_LOOPBACK = {"127.0.0.1": "127.0.0.2"}


@dataclass(frozen=True)
class Vantage:
    """One address to probe, and the address of this machine to do it from, "" where none differs.

    ``judges_clear``: whether the server treats a client of that address like a stranger.
    """

    address: str
    source: str
    judges_clear: bool


@dataclass(frozen=True)
class Question:
    """What is to be proved. ``sha256`` is the digest of the certificate that must be served, ""
    for any; ``ca_path`` what to trust, None for the system's store."""

    host: str
    policy: Policy
    listeners: tuple[Listener, ...]
    vantages: tuple[Vantage, ...]
    sha256: str = ""
    ca_path: Optional[str] = None


@dataclass(frozen=True)
class Proof:
    """``findings`` is what is not as intended, ``not_judged`` what could not be told from here,
    ``other_certificate`` the listeners (name and port) that serve another certificate."""

    findings: tuple[Finding, ...]
    not_judged: tuple[str, ...]
    other_certificate: tuple[str, ...]


def expected(
    listeners: Iterable[Listener], places: Collection[tuple[str, int]], address: str
) -> tuple[Listener, ...]:
    """Return what an address is to be judged by: the listeners that are meant to be closed, and of
    the others those that are configured there, with ``places`` (address and port) as configured."""
    everywhere = ALL_IPV6 if ":" in address else ALL_IPV4
    return tuple(
        one
        for one in listeners
        if one.state == "closed"
        or (address, one.port) in places
        or (everywhere, one.port) in places
    )


def together(proofs: Iterable[Proof]) -> Proof:
    """Return the proofs of several addresses as one."""
    seen = list(proofs)
    return Proof(
        tuple(finding for one in seen for finding in one.findings),
        tuple(words for one in seen for words in one.not_judged),
        tuple(where for one in seen for where in one.other_certificate),
    )


def without_certificates(proof: Proof, listeners: Iterable[Listener], address: str) -> Proof:
    """Return a proof of listeners that have a certificate of their own, for another name: it is not
    judged, and the result says so."""
    return Proof(
        tuple(one for one in proof.findings if not one.rule.startswith("certificate-")),
        (
            *proof.not_judged,
            *(
                f"{one.service} ({one.port}) on {address}: its certificate, which is its own and "
                "stays. Run port_check for the name that it is for"
                for one in listeners
            ),
        ),
        (),
    )


def vantages(
    addresses: Iterable[str], own: Sequence[str], trusted: Sequence[str]
) -> tuple[Vantage, ...]:
    """Return from where to probe each of ``addresses`` (where a server listens).

    The wildcards stand for loopback. ``own`` are the addresses of this machine, ``trusted`` the
    networks whose clients the server lets log in without TLS. No input or output.
    """
    places = {ALL_IPV4: "127.0.0.1", ALL_IPV6: "::1"}
    return tuple(
        _vantage(address, own, trusted)
        for address in dict.fromkeys(places.get(address, address) for address in addresses)
    )


def _vantage(address: str, own: Sequence[str], trusted: Sequence[str]) -> Vantage:
    version = ipaddress.ip_address(address).version
    candidates = [_LOOPBACK.get(address, "127.0.0.1")] if version == 4 else ["::1"]
    candidates += [other for other in own if ipaddress.ip_address(other).version == version]
    for source in candidates:
        if source != address and not _within(source, trusted):
            return Vantage(address, source, True)
    return Vantage(address, "", False)


def _within(address: str, networks: Sequence[str]) -> bool:
    for network in networks:
        try:
            if ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False):
                return True
        except ValueError:
            # A network that is not understood may hold any address.
            return True
    return False


def trust_store(ca_path: Optional[str]) -> None:
    """Raise TrustStoreError where the proof could not trust what it is told to; its cause is a
    FileNotFoundError where there is no such file."""
    try:
        with contextlib.suppress(NoAuthorities):
            verifying_context(ca_path)
    except TrustStoreError as error:
        if ca_path is not None and not os.path.exists(ca_path):
            raise error from FileNotFoundError(ca_path)
        raise


def prove(question: Question) -> Proof:
    """Probe and judge. Raises TrustStoreError where ``ca_path`` cannot be used."""
    seen = [
        observation for vantage in question.vantages for observation in _observe(question, vantage)
    ]
    intent = Intent(
        host=question.host,
        server_name=question.host,
        addresses=tuple(vantage.address for vantage in question.vantages),
        policy=question.policy,
        listeners=question.listeners,
    )
    findings = diagnose(list(judge(intent, seen, asked=Asked(enforcement=False)).findings), seen)
    blind = {vantage.address for vantage in question.vantages if not vantage.judges_clear}
    return Proof(
        findings=tuple(
            finding
            for finding in findings
            if not (finding.rule == _CLEAR_LOGIN and finding.address in blind)
        ),
        not_judged=tuple(_not_judged(question.listeners, sorted(blind))),
        other_certificate=tuple(_others(question.sha256, seen)),
    )


def _observe(question: Question, vantage: Vantage) -> list[Observation]:
    defaults = {name: option.get("default") for name, option in probe_options().items()}
    params: dict[str, Any] = {
        **defaults,
        "timeout": STEP_SECONDS,
        "ca_path": question.ca_path,
        "source_address": vantage.source or None,
        # Dovecot trusts a client of this host, so the answer would say nothing about strangers.
        "starttls_enforcement": False,
    }
    targets = [
        Target(one.service, one.protocol, one.port, one.tls, one.login)
        for one in question.listeners
    ]
    request = request_from(
        params,
        question.host,
        targets,
        [vantage.address],
        question.host,
        question.policy.too_old(),
    )
    return run(request)


def _not_judged(listeners: Iterable[Listener], addresses: Sequence[str]) -> Iterator[str]:
    for one in listeners:
        if one.state == "open" and one.tls == "starttls":
            for address in addresses:
                yield (
                    f"{one.service} ({one.port}) on {address}: whether logins are offered before "
                    "TLS; the server trusts every address of this machine that can be used. Run "
                    "port_check from another machine"
                )


def _others(sha256: str, seen: Iterable[Observation]) -> Iterator[str]:
    for one in seen:
        shown = one.certificate if one.reach == OPEN else None
        if sha256 and shown is not None and shown["sha256"] != sha256:
            yield f"{one.service} ({one.port}) on {one.address}"
