# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job in one piece: expand the intent, probe, judge, diagnose, sum up as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Optional

from ._finding import NEVER, Finding, reaches
from ._intent import expand
from ._judge import judge
from ._observation import OPEN, Observation
from ._params import ParamsError, request_from
from ._rules import SEVERITIES
from ._run import Target, run

_SHOWN = 5


def check(params: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """Return the result of port_check, and whether the task is to fail.

    ``params`` are the options of port_check, the intent already validated. Raises ParamsError and
    TrustStoreError before any connection.
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
    request = request_from(
        params,
        intent.host,
        targets,
        intent.addresses,
        intent.server_name,
        intent.policy.too_old(),
    )
    observations = run(request)
    judged = judge(intent, observations, verified=params["verify"])
    findings = _explained(judged, observations, view)
    fail_on = params["fail_on"]
    bad = reaches(findings, fail_on)
    result = {
        "msg": _message(intent.host, findings, bad),
        "compliant": not bad,
        "findings": [finding.to_dict() for finding in findings],
        "observations": [seen.to_dict() for seen in observations],
        "intent": intent.to_dict(),
        "summary": _summary(intent.policy.name, findings, observations),
    }
    return result, bad and fail_on != NEVER


def _view(configured: Optional[Mapping[str, Any]]) -> Any:
    """Return the HostView of what the host says of itself, or None. Raises ParamsError."""
    if configured is None:
        return None
    # Imported where it is needed: a node compiles what it imports anew for each task.
    from ._configured import ReadError, view_from

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
    from ._diagnosis import diagnose

    return diagnose(findings, observations, view)


def _summary(
    policy: str, findings: Sequence[Finding], observations: Sequence[Observation]
) -> dict[str, Any]:
    return {
        "policy": policy,
        "endpoints": len(observations),
        "open": sum(seen.reach == OPEN for seen in observations),
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
