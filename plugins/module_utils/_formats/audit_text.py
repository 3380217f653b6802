# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An audit as text for terminals, logs and mail: pure functions from results of port_check."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._audit.document import Document, tally, title_of, verdict, was_audited
from .._audit.drift import change_rows
from .._audit.outcomes import of_endpoint, total, words
from .._model.demand import MET, NOT_ASKED, count
from .._model.safe_text import printable
from .pipelines import harmless_text

WIDTH = 100
_LONGEST = 4000
_COLOURS = {
    "ok": "32",
    "info": "36",
    "warning": "33",
    "error": "31",
    "not probed": "35",
    "waived": "2",
}
_COLUMNS = (
    "port",
    "service",
    "intended",
    "reach",
    "TLS",
    "version",
    "cert",
    "login",
    "met",
    "verdict",
)


def audit_text(audit: Document, colour: bool = False) -> str:
    """Return a document as text: first what changed since the previous audit, then every host."""
    changes = [_printable(one) for one in change_rows(audit["changes"])]
    head = []
    if audit["previous"]:
        head = [f"Changed since {printable(audit['previous'])}: {len(changes) or 'nothing'}"]
        for one in changes:
            rule = f" {one['rule']}" if one["rule"] else ""
            head += wrapped(f"{one['kind']}{rule}: {one['host']}: {one['what']}", "  ")
        head.append("")
    text = "".join(f"{line}\n" for line in head)
    return harmless_text(text) + to_text(audit["hosts"], colour, audit["generated"])


def to_text(results: Sequence[Mapping[str, Any]], colour: bool = False, generated: str = "") -> str:
    """Return a table of ports for each host, each finding below its port, and a last line that sums
    up. ``colour``: with ANSI colours, for a terminal. Hosts of another time than ``generated`` show
    theirs."""
    lines: list[str] = []
    for result in results:
        lines += _Host(_printable(result), colour, generated).lines()
        lines.append("")
    return harmless_text("\n".join([*lines, sum_line(results), ""]))


def host_text(result: Mapping[str, Any]) -> str:
    """Return the same text about one host, without the last line."""
    return harmless_text("\n".join(_Host(_printable(result), False, "").lines()))


def _printable(value: Any) -> Any:
    """Return plain data in which all text is safe to print, whoever wrote it."""
    if isinstance(value, Mapping):
        return {key: _printable(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_printable(one) for one in value]
    return printable(value.replace("\n", "; "), _LONGEST) if isinstance(value, str) else value


def sum_line(results: Sequence[Mapping[str, Any]]) -> str:
    """Return the last line: how many hosts are as intended, not as intended, or not audited."""
    sums = tally(results)
    parts = [f"{sums.good} of {sums.hosts} hosts as intended"]
    parts += [f"{sums.bad} not as intended"] if sums.bad else []
    parts += [f"{sums.not_audited} not audited"] if sums.not_audited else []
    vantages = {result["vantage"] for result in results if result.get("vantage")}
    parts += [f"seen from {len(vantages)} vantages"] if len(vantages) > 1 else []
    demands = total(results)
    said = f" {words(demands)}." if any(demands.values()) else ""
    return ", ".join(parts) + "." + said


class _Host:
    """The part of the text about one host."""

    def __init__(self, result: Mapping[str, Any], colour: bool, generated: str) -> None:
        self._result = result
        self._generated = generated
        self._colour = colour
        self._findings = list(result.get("findings", ()))

    def lines(self) -> list[str]:
        """Return the lines, without line ends."""
        name = title_of(self._result)
        if self._result.get("vantage"):
            name += f" from {self._result['vantage']}"
        if self._generated and self._result.get("generated") != self._generated:
            name += f", audited {self._result['generated']}"
        if not was_audited(self._result):
            why = str(self._result.get("msg") or self._result.get("message") or "no result")
            lines = [f"{name}: {self._paint('error', 'NOT AUDITED')}", *wrapped(why, "  ")]
            missed = [f"{one['service']} ({one['port']})" for one in self._seen()]
            return lines + (wrapped(f"not probed: {', '.join(missed)}", "  ") if missed else [])
        compliant = self._result["compliant"]
        verdict = self._paint("ok" if compliant else "error", _VERDICTS[compliant])
        policy = self._result["summary"]["policy"]
        lines = [f"{name}: {verdict} (policy {policy})"]
        demands = self._result.get("demands", ())
        lines += [f"  {words(count(demands))}"] if demands else []
        for finding in self._of("", 0, ""):
            lines += self._finding(finding)
        rows = list(self._rows())
        widths = [max(map(len, cells)) for cells in zip(_COLUMNS, *(row[1] for row in rows))]
        lines.append(self._row(_COLUMNS, widths, ""))
        several = len({address for address, _cells, _findings in rows}) > 1
        before = ""
        for address, cells, findings in rows:
            if several and address != before:
                lines.append(f"  {address}")
                before = address
            lines.append(self._row(cells, widths, cells[-1]))
            for finding in findings:
                lines += self._finding(finding)
        for finding in self._elsewhere():
            place = (str(finding["port"]), finding["service"], finding["address"])
            lines.append("  " + "  ".join(place).rstrip())
            lines += self._finding(finding)
        return lines

    def _seen(self) -> Sequence[Mapping[str, Any]]:
        observations: Sequence[Mapping[str, Any]] = self._result.get("observations", ())
        return observations

    def _elsewhere(self) -> Iterator[Mapping[str, Any]]:
        """Yield the findings about endpoints that were not observed at all."""
        shown = {("", 0, "")}
        for seen in self._seen():
            key = (seen["service"], seen["port"])
            shown |= {(*key, seen["address"]), (*key, "")}
        for finding in self._findings:
            if (finding["service"], finding["port"], finding["address"]) not in shown:
                yield finding

    def _rows(self) -> Iterator[tuple[str, tuple[str, ...], list[Mapping[str, Any]]]]:
        """Yield address, cells and the findings below them for each endpoint, by address.

        A finding about a port on all addresses stands below the first of them.
        """
        intended = {
            (listener["service"], listener["port"]): listener
            for listener in self._result["intent"]["listeners"]
        }
        done: set[tuple[str, int]] = set()
        unresolved = any(finding["rule"] == "name-not-resolved" for finding in self._findings)
        for seen in self._seen():
            key = (seen["service"], seen["port"])
            findings = self._of(*key, seen["address"])
            if key not in done:
                findings += self._of(*key, "") if seen["address"] else []
                done.add(key)
            met = _met(of_endpoint(self._result, seen))
            cells = (*_cells(intended[key], seen), met, verdict(findings))
            # It stands once above the table; repeating it below every port would only hide it.
            shown = [one for one in findings if not (unresolved and one["rule"] == "not-probed")]
            yield seen["address"], cells, shown

    def _of(self, service: str, port: int, address: str) -> list[Mapping[str, Any]]:
        """Return the findings about one endpoint, one port on all addresses, or the host."""
        place = (service, port, address)
        return [
            finding
            for finding in self._findings
            if (finding["service"], finding["port"], finding["address"]) == place
        ]

    def _row(self, cells: Sequence[str], widths: Sequence[int], verdict: str) -> str:
        padded = [cell.ljust(width) for cell, width in zip(cells, widths)]
        padded[-1] = self._paint(verdict, cells[-1])
        return "  " + "  ".join(padded).rstrip()

    def _finding(self, finding: Mapping[str, Any]) -> list[str]:
        """Return the lines of one finding: what, why, what to do."""
        severity = "waived" if finding.get("waived") else finding["severity"]
        head = f"{severity} {finding['rule']}: {finding['message']}"
        lines = wrapped(head, "      ")
        lines[0] = lines[0].replace(severity, self._paint(severity, severity), 1)
        if finding.get("waived"):
            lines += wrapped(
                "waived: {reason} ({owner}, until {expires})".format(**finding["waived"]), _DEEP
            )
        cause = f"cause:  {finding['cause'].replace('_', ' ')}"
        lines += wrapped(
            cause + (f" ({finding['evidence']})" if finding["evidence"] else ""), _DEEP
        )
        if finding.get("layer"):
            lines += wrapped(f"layer:  {finding['layer'].replace('_', ' ')}", _DEEP)
        lines += wrapped(f"remedy: {finding['remedy']}", _DEEP)
        clause = f"clause: {finding['clause']}"
        if finding["disagrees"]:
            clause += f"; policy {finding['policy']}, with which {finding['disagrees']} disagrees"
        return lines + wrapped(clause, _DEEP)

    def _paint(self, kind: str, text: str) -> str:
        code = _COLOURS.get(kind)
        return f"\033[{code}m{text}\033[0m" if self._colour and code else text


_DEEP = " " * 8
_VERDICTS = {True: "as intended", False: "NOT AS INTENDED"}


def _met(outcomes: Sequence[Mapping[str, Any]]) -> str:
    """Return how many demands were met of those that were asked, such as 13/14."""
    counted = count(outcomes)
    asked = sum(counted.values()) - counted[NOT_ASKED]
    return f"{counted[MET]}/{asked}" if asked else "-"


def _cells(intended: Mapping[str, Any], seen: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the cells of one row up to the login; a dash stands for what does not apply."""
    certificate = seen["certificate"]
    state = intended["state"]
    return (
        str(seen["port"]),
        seen["service"],
        f"open, {intended['tls']}" if state == "open" else state,
        seen["reach"].replace("_", " "),
        seen["tls_mode"] or "-",
        seen["tls"]["version"] or "-",
        f"{certificate['days_left']} d" if certificate else "-",
        _login_cell(seen),
    )


def _login_cell(seen: Mapping[str, Any]) -> str:
    """Return where a login is offered; whether in cleartext is what a reader looks for first."""
    if seen["before_tls"]["login"]:
        return "cleartext"
    if seen["inside_tls"]["login"]:
        return "in TLS"
    if seen["before_tls"]["login"] is None and seen["inside_tls"]["login"] is None:
        return "-"
    return "none"


def wrapped(text: str, indent: str) -> list[str]:
    """Return text as lines of at most WIDTH characters, continued one step deeper."""
    deeper = indent + "  "
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=deeper) or [indent]
