# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An audit as metrics in Prometheus's text format, for the textfile collector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._audit.document import Document, Host, counting, counts, name_of, seconds
from .._audit.outcomes import of_endpoint
from .._model.demand import count
from .._model.observation import ACCEPTED, REFUSED
from .._model.safe_text import printable
from .pipelines import harmless_line

_HELP = {
    "mailports_audit_success": "Whether the last audit succeeded; the others are then of it.",
    "mailports_audit_last_success_timestamp_seconds": "When an audit last succeeded.",
    "mailports_audit_timestamp_seconds": "When the audit was made.",
    "mailports_audited": "Whether the host could be audited.",
    "mailports_compliant": "Whether the host is as intended.",
    "mailports_findings": "Findings of the host that count, by severity.",
    "mailports_findings_waived": "Findings of the host that are waived.",
    "mailports_endpoint_compliant": "Whether no finding here is as severe as fail_on.",
    "mailports_demands": "Demands on the host, by outcome.",
    "mailports_endpoint_demands": "Demands on the endpoint, by outcome.",
    "mailports_reach": "How the endpoint was reached (1 for the value of the label reach).",
    "mailports_tls_version": "TLS version of the dialogue (1 for the value of the label version).",
    "mailports_tls_version_accepted": "Whether an old TLS version was accepted when tried.",
    "mailports_certificate_days_left": "Whole days until the certificate expires.",
    "mailports_certificate_not_after_seconds": "When the certificate expires.",
}
_LABEL_LENGTH = 250


def to_prometheus(audit: Document) -> str:
    """Return the metrics, all of them gauges; those of hosts bear host and vantage."""
    metrics = _Metrics()
    levels = counting(audit["fail_on"])
    made = seconds(audit["generated"])
    metrics.add("mailports_audit_success", {}, 1)
    metrics.add("mailports_audit_last_success_timestamp_seconds", {}, made)
    metrics.add("mailports_audit_timestamp_seconds", {}, made)
    for host in audit["hosts"]:
        labels = {"host": name_of(host), "vantage": host.get("vantage", "")}
        metrics.add("mailports_audited", labels, int(host["audited"]))
        metrics.add("mailports_compliant", labels, int(host["compliant"]))
        if host["audited"] or host["observations"]:
            _host(metrics, host, labels, levels)
    return metrics.text()


def failed_audit(last_success: int | None) -> str:
    """Return the metrics of an audit that could not be made; ``last_success``: seconds since 1970.

    Those of the hosts are left out: nobody knows what they are now.
    """
    metrics = _Metrics()
    metrics.add("mailports_audit_success", {}, 0)
    metrics.add("mailports_audit_last_success_timestamp_seconds", {}, last_success)
    return metrics.text()


class _Metrics:
    """Samples by metric. Of two with the same labels the lower, which is the worse, stays."""

    def __init__(self) -> None:
        self._samples: dict[str, dict[str, int]] = {name: {} for name in _HELP}

    def add(self, name: str, labels: Mapping[str, Any], value: int | None) -> None:
        """Add one sample, unless its value is not known."""
        if value is not None:
            shown = ",".join(f'{key}="{_escaped(one)}"' for key, one in labels.items())
            rows = self._samples[name]
            rows[shown] = min(value, rows.get(shown, value))

    def text(self) -> str:
        """Return the samples, each metric below its description."""
        lines = []
        for name, rows in self._samples.items():
            lines += [f"# HELP {name} {_HELP[name]}", f"# TYPE {name} gauge"] if rows else []
            lines += [f"{name}{{{shown}}} {value}" for shown, value in rows.items()]
        return "\n".join([*lines, ""])


def _host(metrics: _Metrics, host: Host, labels: Mapping[str, Any], levels: Sequence[str]) -> None:
    for severity, number in counts(host["findings"]).items():
        metrics.add("mailports_findings", {**labels, "severity": severity}, number)
    waived = sum(bool(one.get("waived")) for one in host["findings"])
    metrics.add("mailports_findings_waived", labels, waived)
    _demands(metrics, "mailports_demands", labels, host.get("demands", ()))
    places: dict[tuple[str, int, str], list[Mapping[str, Any]]] = {}
    for one in host["findings"]:
        places.setdefault((one["service"], one["port"], one["address"]), []).append(one)
    for seen in host["observations"]:
        service, port, address = seen["service"], seen["port"], seen["address"]
        own = {**labels, "service": service, "port": port, "address": address}
        about = places.get((service, port, address), [])
        everywhere = places.get((service, port, ""), []) if address else []
        counted = counts([*about, *everywhere])
        good = not any(counted[name] for name in levels)
        metrics.add("mailports_endpoint_compliant", own, int(good))
        _demands(metrics, "mailports_endpoint_demands", own, of_endpoint(host, seen))
        metrics.add("mailports_reach", {**own, "reach": seen["reach"]}, 1)
        _tls(metrics, seen, own)


def _demands(
    metrics: _Metrics, name: str, labels: Mapping[str, Any], outcomes: Sequence[Mapping[str, Any]]
) -> None:
    for outcome, number in count(outcomes).items() if outcomes else ():
        metrics.add(name, {**labels, "outcome": outcome}, number)


def _tls(metrics: _Metrics, seen: Mapping[str, Any], own: Mapping[str, Any]) -> None:
    if seen["tls"]["version"]:
        metrics.add("mailports_tls_version", {**own, "version": seen["tls"]["version"]}, 1)
    for version, row in sorted(seen["versions"].items()):
        if row["status"] in (ACCEPTED, REFUSED):
            accepted = int(row["status"] == ACCEPTED)
            metrics.add("mailports_tls_version_accepted", {**own, "version": version}, accepted)
    certificate = seen["certificate"]
    if certificate:
        metrics.add("mailports_certificate_days_left", own, certificate["days_left"])
        expires = seconds(certificate.get("not_after", ""))
        metrics.add("mailports_certificate_not_after_seconds", own, expires)


def _escaped(value: Any) -> str:
    text = harmless_line(printable(str(value), _LABEL_LENGTH))
    return text.replace("\\", "\\\\").replace('"', '\\"')
