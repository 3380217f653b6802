# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waivers of an audit: findings accepted until a date, which are shown but do not count."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._model.finding import Finding
from .._model.rules import RULES, UNSEEN
from .._model.safe_text import printable
from .document import Document, Host, name_of, with_findings, with_hosts

# These report a bad waiver, or that something was not seen: no waiver can cover them.
_OWN = ("waiver-expired", "waiver-without-reason")
NEVER_WAIVED = (*_OWN, *UNSEEN)
_KEYS = ("rule", "host", "service", "reason", "owner", "expires")
_DATE = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])", re.ASCII)


class WaiverError(ValueError):
    """A waiver cannot be used; the text is one line that says why."""


@dataclass(frozen=True)
class Waiver:
    """The findings of one rule that are accepted.

    ``host`` is a shell pattern, ``service`` is "" for all services, ``expires`` is the last day
    (YYYY-MM-DD, UTC) on which the waiver holds.
    """

    rule: str
    reason: str
    owner: str
    expires: str
    host: str = "*"
    service: str = ""

    def is_about(self, host: Host) -> bool:
        """Tell whether this waiver is about a host, by its inventory name or the probed name."""
        return any(fnmatch.fnmatchcase(name, self.host) for name in (name_of(host), host["host"]))

    def covers(self, finding: Mapping[str, Any]) -> bool:
        """Tell whether this waiver is about a finding of a host that it is about."""
        return (
            self.rule == finding["rule"]
            and self.service in ("", finding["service"])
            and finding["rule"] not in NEVER_WAIVED
        )


def waivers_from(data: Any) -> list[Waiver]:
    """Return the waivers in a list of mappings. Raises WaiverError for the first bad one."""
    if not isinstance(data, (list, tuple)):
        raise WaiverError("waivers: this is not a list")
    return [_waiver(f"waivers.{index}", one) for index, one in enumerate(data)]


def _waiver(where: str, data: Any) -> Waiver:
    if not isinstance(data, Mapping):
        raise WaiverError(f"{where}: this is not a mapping with {', '.join(_KEYS)}")
    for key in data:
        if key not in _KEYS:
            name = printable(repr(key), 60)
            raise WaiverError(f"{where}: {name} is not one of {', '.join(_KEYS)}")
    values = {key: str(value).strip() for key, value in data.items() if value is not None}
    if values.get("rule") not in RULES:
        raise WaiverError(f"{where}: there is no rule {printable(repr(values.get('rule')), 60)}")
    if values["rule"] in NEVER_WAIVED:
        raise WaiverError(f"{where}: {values['rule']} cannot be waived")
    if not _DATE.fullmatch(values.get("expires", "")):
        raise WaiverError(f"{where}: expires is not a date such as 2027-01-31")
    return Waiver(**{"reason": "", "owner": "", **values})


def with_waivers(audit: Document, waivers: Sequence[Waiver]) -> dict[str, Any]:
    """Return an audit with each covered finding marked (``waived``: {reason, owner, expires}).

    A waiver that had expired at the time of the audit, or lacks a reason or an owner, covers
    nothing and is itself a finding of each host that it would have covered. Applying the same
    waivers again, for instance after drift was added, gives the same result.
    """
    if not waivers:
        return dict(audit)
    day = audit["generated"][:10]
    hosts = [_host(host, waivers, day, audit["fail_on"]) for host in audit["hosts"]]
    return with_hosts(audit, hosts)


def _host(host: Host, waivers: Sequence[Waiver], day: str, fail_on: str) -> Host:
    if not host["audited"]:
        return host
    findings: list[Mapping[str, Any]] = []
    unusable: dict[Waiver, None] = {}
    about = [one for one in waivers if one.is_about(host)]
    for finding in host["findings"]:
        if finding["rule"] in _OWN:
            continue
        covering = [one for one in about if one.covers(finding)]
        valid = [one for one in covering if one.reason and one.owner and one.expires >= day]
        if valid:
            last = max(valid, key=lambda one: one.expires)
            waived = {"reason": last.reason, "owner": last.owner, "expires": last.expires}
            finding = {**finding, "waived": waived}
        else:
            unusable.update(dict.fromkeys(covering))
        findings.append(finding)
    findings += [_flaw(one, host, day).to_dict() for one in unusable]
    return with_findings(host, findings, fail_on)


def _flaw(waiver: Waiver, host: Host, day: str) -> Finding:
    name = "waiver-expired" if waiver.expires < day else "waiver-without-reason"
    rule = RULES[name]
    owner = f" ({waiver.owner})" if waiver.owner else ""
    about = f"{waiver.rule}{f' of {waiver.service}' if waiver.service else ''}{owner}"
    return Finding(
        rule=name,
        severity=rule.severity,
        message=rule.message.format(seen=printable(about), why=waiver.expires),
        cause=rule.cause,
        remedy=rule.remedy,
        clause=rule.clause,
        policy=host["summary"].get("policy", ""),
        host=host["host"],
    )
