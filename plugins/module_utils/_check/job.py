# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job before and after the probe: plan it from an intent; judge, diagnose and sum up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from .._judge.asked import Asked
from .._judge.ports import Judgement, judge
from .._model.demand import count
from .._model.finding import AUTO, DETAILS, FAIL_ON, NEVER, Finding
from .._model.intent import Intent, expand
from .._model.observation import NOT_PROBED, OPEN, Observation
from .._model.policy import OFF
from .._model.rules import SEVERITIES
from .._probe.request import Request, Target
from .options import ParamsError, probe_options, request_from

_SHOWN = 5


@dataclass(frozen=True)
class Plan:
    """One check before anything was probed: the intent, what the host says of itself (a HostView or
    None), what to probe, and what makes the task fail."""

    intent: Intent
    view: Any
    request: Request
    fail_on: str


def options() -> dict[str, Any]:
    """Return the argument spec of port_check."""
    return {
        "intent": {"type": "dict", "required": True},
        "policy": {"type": "raw"},
        "configured": {"type": "dict"},
        "fail_on": {"type": "str", "choices": list(FAIL_ON), "default": "error"},
        "details": {"type": "str", "choices": list(DETAILS), "default": AUTO},
        **probe_options(),
    }


def plan(params: Mapping[str, Any]) -> Plan:
    """Return what the options of port_check ask for, the intent already validated.

    Raises ParamsError; connects nowhere.
    """
    data = dict(params["intent"])
    if params["policy"] is not None:
        data["policy"] = params["policy"]
    intent = expand(data)
    view = _view(params.get("configured"))
    targets = [
        Target(one.service, one.protocol, one.port, one.tls, one.login, one.state == "open")
        for one in intent.listeners
    ]
    if intent.policy.severities.get("starttls-not-enforced") == OFF:
        params = {**params, "starttls_enforcement": False}
    request = request_from(
        params,
        intent.host,
        targets,
        intent.addresses,
        intent.server_name,
        intent.policy.too_old(),
    )
    return Plan(intent, view, request, params["fail_on"])


def probe_arguments(planned: Plan) -> dict[str, Any]:
    """Return the options with which port_info probes the plan, those of probe_options left out."""
    return {
        "host": planned.intent.host,
        "services": [one.to_dict() for one in planned.intent.listeners],
        "addresses": list(planned.intent.addresses),
        "server_name": planned.intent.server_name,
        "tls_versions": list(planned.request.versions),
        "starttls_enforcement": planned.request.enforcement,
    }


def conclude(planned: Plan, observations: Sequence[Observation]) -> tuple[dict[str, Any], bool]:
    """Return the result of port_check, and whether the task is to fail."""
    intent, request = planned.intent, planned.request
    asked = Asked(
        request.verify,
        request.injection,
        request.enforcement,
        request.certificates,
        request.credentials is not None,
        planned.view,
    )
    judged = judge(intent, observations, asked=asked)
    findings = _explained(list(judged.findings), observations, planned.view)
    bad = not judged.compliant(planned.fail_on)
    result = {
        "msg": _message(intent.host, findings, bad),
        "compliant": not bad,
        "findings": [finding.to_dict() for finding in findings],
        "demands": [outcome.to_dict() for outcome in judged.outcomes],
        "observations": [seen.to_dict() for seen in observations],
        "intent": intent.to_dict(),
        "summary": _summary(intent.policy.name, judged, findings, observations),
    }
    return result, bad and planned.fail_on != NEVER


def unseen(intent: Intent, why: str) -> dict[str, Any]:
    """Return the result for a host that could not be looked at, every endpoint not probed.

    ``audited`` is False in it, which tells it from what port_check has seen.
    """
    observations = [
        Observation(
            one.service,
            intent.host,
            "",
            one.port,
            one.protocol,
            one.tls,
            reach=NOT_PROBED,
            reach_detail=why,
        )
        for one in intent.listeners
    ]
    nothing = Request(intent.host, ())
    result, _failed = conclude(Plan(intent, None, nothing, NEVER), observations)
    return {**result, "msg": why, "compliant": False, "audited": False}


def _view(configured: Optional[Mapping[str, Any]]) -> Any:
    """Return the HostView of what the host says of itself, or None. Raises ParamsError."""
    if configured is None:
        return None
    # Imported where it is needed: a node compiles what it imports anew for each task.
    from .._model.host_view import ReadError, view_from

    try:
        return view_from(configured)
    except ReadError as error:
        raise ParamsError(f"configured: {error}") from error


def _explained(
    findings: list[Finding], observations: Sequence[Observation], view: Any
) -> list[Finding]:
    """Return the findings with cause and evidence."""
    if not findings:
        return findings
    # A host is as intended far more often than not, and then there is nothing to explain.
    from .._judge.diagnosis import diagnose

    return diagnose(findings, observations, view)


def _summary(
    policy: str,
    judged: Judgement,
    findings: Sequence[Finding],
    observations: Sequence[Observation],
) -> dict[str, Any]:
    return {
        "policy": policy,
        "endpoints": len(observations),
        "open": sum(seen.reach == OPEN for seen in observations),
        "demands": count(judged.outcomes),
        "findings": {
            severity: sum(finding.severity == severity for finding in findings)
            for severity in SEVERITIES
        },
    }


def _message(host: str, findings: Sequence[Finding], bad: bool) -> str:
    """Return one line for each of the worst findings: what a failed task shows first."""
    if not bad:
        return f"{host}: the mail ports are as intended"
    worst = sorted(findings, key=lambda finding: -SEVERITIES.index(finding.severity))
    lines = [f"{host}: the mail ports are not as intended"]
    for finding in worst[:_SHOWN]:
        where = f"{finding.service} ({finding.port}): " if finding.service else ""
        lines.append(f"{finding.severity}: {where}{finding.message} [{finding.rule}]")
    if len(worst) > _SHOWN:
        lines.append(f"... and {len(worst) - _SHOWN} more findings")
    return "\n".join(lines)
