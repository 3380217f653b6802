# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From findings and observations to the likely cause, with the evidence for it and what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Optional

from .._model.finding import Finding
from .._model.host_view import HostView
from .._model.observation import (
    ESTABLISHED,
    FILTERED,
    INCONCLUSIVE,
    NO_ROUTE,
    NOT_PROBED,
    OPEN,
    REFUSED,
    RESET,
    UNREACHABLE,
    Observation,
)
from .._model.rules import AUTHENTICATION_ISSUE, INCORRECT_PORT_SETTINGS, PORT_BLOCKING
from .._model.services import SERVICES
from .layer import locate

_ANSWERS = (OPEN, INCONCLUSIVE, RESET)
_REACH_RULES = ("port-closed", "closed-from-here", "not-probed")


# What means that the service was not reached as intended.
_LAYERED = ("port-closed", "no-dialogue", "wrong-protocol", "inconclusive")


def diagnose(
    findings: Sequence[Finding],
    observations: Sequence[Observation],
    view: Optional[HostView] = None,
) -> list[Finding]:
    """Return the findings, each with the cause that the observations point to and the evidence.

    A rule names the usual cause of its findings; here what else was seen on the same address
    corrects it (a refused port alone among answering ones is not a stopped server). ``view`` is
    what the host says of itself; with it a service that was not reached has the layer at fault.
    """
    seen = {(one.address, one.service, one.port): one for one in observations}
    result = []
    for finding in findings:
        own = seen.get((finding.address, finding.service, finding.port))
        explained = _explained(finding, own, observations) if own else finding
        if own and view and finding.rule in _LAYERED:
            explained = _located(explained, own, view)
        result.append(explained)
    return result


def _located(finding: Finding, own: Observation, view: HostView) -> Finding:
    """Add the layer at fault, and why it is this one."""
    found = locate(own, view)
    if finding.rule == "inconclusive" and not found.cause:
        # The right server listens, and may well answer another time.
        return finding
    return replace(
        finding,
        layer=found.layer,
        evidence="; ".join(part for part in (finding.evidence, found.why) if part),
        cause=found.cause or finding.cause,
        remedy=found.remedy or finding.remedy,
    )


def _explained(finding: Finding, own: Observation, observations: Sequence[Observation]) -> Finding:
    if finding.rule in _REACH_RULES:
        return _reach(finding, own, observations)
    if finding.rule == "wrong-tls-mode":
        return replace(finding, evidence=_belongs(own.protocol_seen, own.tls_mode))
    if finding.rule == "wrong-protocol":
        return replace(finding, evidence=_belongs(own.protocol_seen, "") or _quoted(own.greeting))
    if finding.rule == "no-dialogue" and _dies_before_login(own):
        return replace(
            finding,
            cause=AUTHENTICATION_ISSUE,
            evidence="the connection ends inside TLS, where logins would be offered",
            remedy="Check the server's log. Postfix hangs up like this when it cannot reach its "
            "authentication service: see that Dovecot runs and that its socket private/auth lies "
            "inside Postfix's chroot, readable by Postfix.",
        )
    if finding.rule == "inconclusive":
        return _refused(finding, own)
    if finding.rule == "no-dialogue":
        return replace(finding, evidence=_quoted(own.greeting))
    if finding.rule.startswith("login-"):
        inside = own.tls.status == ESTABLISHED and finding.rule != "login-before-tls"
        where = own.secure if inside else own.clear
        return replace(finding, evidence=_listed(where.mechanisms))
    return finding


def _dies_before_login(own: Observation) -> bool:
    """Tell whether a submission server ended the dialogue inside TLS before it listed logins."""
    row = SERVICES.get(own.service)
    return (
        own.protocol == "smtp"
        and not (row is not None and row.login == "none")
        and own.tls.status == ESTABLISHED
        and own.secure.capabilities is None
        and own.failure is not None
        and own.failure.kind in ("closed", "reset")
    )


# What a server says when it sends this client away, and what to do about it; the first that fits.
_REFUSALS = (
    (
        r"ehlo|helo|host ?name|fqdn|domain|5\.5\.4|\b(?:501|504)\b",
        "The server rejects the probe's name (EHLO): set ehlo_name to a name that resolves.",
    ),
    (
        r"client cert|certificate",
        "The server demands a certificate from the client: switch that off for this listener.",
    ),
    (
        r"auth|internal|resource|unavailable|database",
        "The server has a problem: check its log, and that its authentication service is running.",
    ),
    (
        r"too many|rate|limit|connections|busy|try (?:again )?later|greylist",
        "The server limits how often a client may connect: wait, or exempt the probing machine.",
    ),
    (
        r"block|deni|black|reputation|banned|spam|listed",
        "The server refuses this address: take it off the block list, or probe from another one.",
    ),
)


def _refused(finding: Finding, own: Observation) -> Finding:
    """Say what to do about a server that does not talk to this client, by its own words."""
    words = own.reach_detail or (own.failure.detail if own.failure else "")
    if own.failure is not None and own.failure.kind == "timeout":
        return replace(
            finding,
            evidence=_quoted(own.greeting),
            remedy="The server is slow, or is waiting for something: raise timeout (a greeting may "
            "take five minutes, RFC 5321 section 4.5.3.2.1), and check the server's log.",
        )
    remedy = next(
        (what for pattern, what in _REFUSALS if re.search(pattern, words, re.IGNORECASE)),
        finding.remedy,
    )
    return replace(finding, evidence=_quoted(own.greeting), remedy=remedy)


_GO_THERE = (
    "Probe from a machine that has a route to this address, or list in the intent the addresses "
    "(or ipv4, ipv6) to probe."
)


def _reach(finding: Finding, own: Observation, observations: Sequence[Observation]) -> Finding:
    """Tell a blocked port from one that nobody serves, by what the host's other ports do."""
    others = [
        one
        for one in observations
        if one.address == own.address and one is not own and one.reach in _ANSWERS
    ]
    ports = ", ".join(str(one.port) for one in others)
    while_others = f"while {ports} of the same address answer" if others else ""
    if own.reach == NOT_PROBED and own.reach_detail.startswith(NO_ROUTE):
        return replace(finding, evidence=own.reach_detail, remedy=_GO_THERE)
    if own.reach in (FILTERED, UNREACHABLE):
        elsewhere = sorted({one.address for one in observations if one.reach in _ANSWERS})
        refusing = _refusing(own, observations)
        evidence = f"{own.reach_detail}; {_SILENT}"
        remedy = _unblock(own, others)
        if others:
            evidence = f"{own.reach_detail}, {while_others}"
        elif refusing:
            evidence += f", but {refusing} refuse"
            remedy = f"The host is up. {_OPEN_IT} Then start the mail servers."
        elif elsewhere:
            evidence += f", while {', '.join(elsewhere)} does"
            remedy = (
                "The host answers on another address: check that this one really belongs to the "
                "host, that it is routed, and that the host's firewall has rules for its family "
                "too."
            )
        return replace(finding, cause=PORT_BLOCKING, evidence=evidence, remedy=remedy)
    if own.reach == REFUSED and others:
        # The host's own TCP answered: filters that reject say so by ICMP, or say nothing.
        return replace(
            finding,
            cause=INCORRECT_PORT_SETTINGS,
            evidence=f"{own.reach_detail}, {while_others}",
            remedy="Configure the listener and start it: nothing listens on this port. If the "
            "service does listen on the host, a firewall is resetting the connection.",
        )
    if own.reach == REFUSED:
        return replace(
            finding,
            cause=INCORRECT_PORT_SETTINGS,
            evidence=f"{own.reach_detail}; {_SILENT}",
            remedy="Start the mail servers, and check that this is the address they listen on.",
        )
    if own.reach == RESET:
        return replace(
            finding,
            cause=PORT_BLOCKING,
            evidence=f"accepted, then {own.reach_detail.lower()}",
            remedy="A proxy, a port forward with no server behind it, or a firewall cut the "
            "connection: look for it between the probing machine and the server.",
        )
    return finding


_SILENT = "no other mail port of this address answers"
_OPEN_IT = "Open this port in the host's firewall, in its provider's, and on the way from here."


def _refusing(own: Observation, observations: Sequence[Observation]) -> str:
    """Return the ports of the same address that refuse connections: its host is up, then."""
    ports = [
        str(one.port)
        for one in observations
        if one.address == own.address and one.reach == REFUSED and one is not own
    ]
    return ", ".join(ports)


def _unblock(own: Observation, others: Sequence[Observation]) -> str:
    """Say what to do about a port whose packets are dropped or rejected."""
    if not others:
        return (
            "Check that the host is up and the address right, then check every firewall between "
            "here and there: nothing came back from any mail port."
        )
    relay = SERVICES["smtp"]
    submission = [row for row in SERVICES.values() if row.protocol == "smtp" and row is not relay]
    if own.port == relay.port and any(one.protocol == "smtp" for one in others):
        names = ", ".join(f"{row.port} ({row.name})" for row in submission)
        return (
            "Many providers block outgoing connections to this port: probe from another network "
            f"before changing the server. To submit mail use {names} instead."
        )
    return _OPEN_IT


def _belongs(protocol: str, mode: str) -> str:
    """Name the services of the table that speak what was heard."""
    rows = [
        f"{row.name} ({row.port})"
        for row in SERVICES.values()
        if row.protocol == protocol and mode in ("", row.tls)
    ]
    return f"speaks like {' or '.join(rows)}" if rows else ""


def _quoted(greeting: str) -> str:
    return f"greeting: {greeting}" if greeting else ""


def _listed(mechanisms: Optional[tuple[str, ...]]) -> str:
    if mechanisms is None:
        return ""
    return f"mechanisms: {', '.join(mechanisms)}" if mechanisms else "no mechanisms are listed"
