# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command mailports-lint: files, folders or standard input to a report and an exit status."""

from __future__ import annotations

import argparse
import datetime
import os
import sys
from collections.abc import Sequence
from typing import Optional

from ...module_utils._formats.of_findings import FORMATS, Look, render
from ...module_utils._model.finding import NEVER, Finding, reaches
from ...module_utils._model.finding_row import fingerprints
from ...module_utils._model.policy import DEFAULT_POLICY, POLICIES, Policy
from ...module_utils._model.rules import SEVERITIES
from .engine import Text, lint_text, not_read
from .files import MAX_BYTES, UnreadableError, decoded, read
from .judge import judge_lint
from .kinds import KINDS
from .project import lint_paths
from .waivers import Waiver, WaiverError, known_fingerprints, read_waivers, waived

CLEAN, FAILED, FOUND = 0, 1, 2
_EPILOG = (
    "Exit status: 0 no finding is as severe as --fail-on; 2 one or more are; 1 the run itself "
    "failed (wrong options, a path that is not there, a waiver file that cannot be used)."
)


class RunError(Exception):
    """The run cannot go on; the message says why."""


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run the command and return its exit status."""
    try:
        given = _parser().parse_args(arguments)
    except SystemExit as stop:
        # argparse ends with 2, which means findings here.
        return CLEAN if stop.code in (None, 0) else FAILED
    try:
        return _run(given)
    except RunError as error:
        print(f"mailports-lint: {error}", file=sys.stderr)
    except BrokenPipeError:
        # The reader of the pipe has gone (head).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        print("mailports-lint: interrupted", file=sys.stderr)
    except Exception as error:
        # A bug: one line with what a bug report needs, and no traceback.
        kind = type(error).__name__
        print(
            f"mailports-lint: a bug in the linter ({kind}: {error}); please report it",
            file=sys.stderr,
        )
    return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mailports-lint",
        description="Find plaintext and deprecated mail ports before anything runs.",
        epilog=_EPILOG,
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files, folders, - for stdin")
    parser.add_argument("--format", choices=tuple(FORMATS), default="text", help="default: text")
    parser.add_argument("--output", metavar="FILE", help="write the report to FILE")
    policies = list(POLICIES)
    parser.add_argument(
        "--policy",
        choices=policies,
        default=DEFAULT_POLICY,
        help=f"default: {DEFAULT_POLICY}",
    )
    parser.add_argument(
        "--fail-on",
        choices=[*SEVERITIES, NEVER],
        default="warning",
        help="lowest severity that makes the exit status 2 (default: warning)",
    )
    parser.add_argument("--kind", choices=KINDS, default="", help="kind of standard input")
    parser.add_argument("--stdin-name", metavar="NAME", default="-", help="name of standard input")
    parser.add_argument("--waivers", metavar="FILE", help="file of accepted findings (YAML)")
    parser.add_argument("--baseline", metavar="FILE", help="leave out the findings that FILE lists")
    parser.add_argument("--write-baseline", metavar="FILE", help="write all findings to FILE")
    return parser


def _run(given: argparse.Namespace) -> int:
    policy = POLICIES[given.policy]
    waivers, findings = _waivers(given.waivers, policy)
    findings += _lint(given, policy)
    findings, facts = waived(findings, waivers, datetime.date.today())
    findings += judge_lint(facts, policy, _shown(given.waivers))
    if given.write_baseline:
        _write(given.write_baseline, _baseline(findings))
    if given.baseline:
        known = set(known_fingerprints(_read(given.baseline)))
        marks = fingerprints([one.to_dict() for one in findings])
        findings = [one for one, mark in zip(findings, marks) if mark not in known]
    colour = not given.output and sys.stdout.isatty() and "NO_COLOR" not in os.environ
    rows = [one.to_dict() for one in findings]
    report = render(given.format, rows, Look(colour, given.fail_on))
    if given.output:
        _write(given.output, report)
    else:
        sys.stdout.write(report)
        sys.stdout.flush()
    if given.fail_on == NEVER or given.write_baseline:
        return CLEAN
    return FOUND if reaches(findings, given.fail_on) else CLEAN


def _lint(given: argparse.Namespace, policy: Policy) -> list[Finding]:
    """Return all findings; without a path, standard input is linted if it is no terminal."""
    paths = given.paths or (["."] if sys.stdin is None or sys.stdin.isatty() else ["-"])
    found: list[Finding] = []
    files = [path for path in paths if path != "-"]
    if "-" in paths:
        found += _standard_input(given, policy)
    try:
        for findings in lint_paths(files, policy):
            found += findings
    except OSError as error:
        raise RunError(f"{error.filename}: {error.strerror}") from None
    return found


def _standard_input(given: argparse.Namespace, policy: Policy) -> list[Finding]:
    name = given.stdin_name
    content = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        return judge_lint([not_read("larger than 2 MiB", 0)], policy, name)
    try:
        text = decoded(content)
    except UnreadableError as error:
        return judge_lint([not_read(str(error), error.line)], policy, name)
    return lint_text(Text(name, text), policy, given.kind)


def _waivers(path: Optional[str], policy: Policy) -> tuple[list[Waiver], list[Finding]]:
    if not path:
        return [], []
    try:
        waivers, facts = read_waivers(_read(path))
    except WaiverError as error:
        raise RunError(f"{path}: {error}") from None
    return waivers, judge_lint(facts, policy, _shown(path))


def _shown(path: Optional[str]) -> str:
    return (path or "").replace(os.sep, "/")


def _read(path: str) -> str:
    try:
        return decoded(read(path))
    except UnreadableError as error:
        raise RunError(f"{path}: {error}") from None


def _write(path: str, text: str) -> None:
    try:
        with open(path, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except OSError as error:
        raise RunError(f"{path}: {error.strerror}") from None


def _baseline(findings: Sequence[Finding]) -> str:
    rows = [one.to_dict() for one in findings]
    lines = ["# Findings that were there when this baseline was written (mailports-lint)."]
    for mark, one in zip(fingerprints(rows), findings):
        lines.append(f"{mark}  # {one.rule} {one.file}:{one.line}")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.exit(main())
