# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of the linter: the configuration, the files, waivers, a baseline, and the report."""

from __future__ import annotations

import datetime
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from ...module_utils._formats.of_findings import Look, render
from ...module_utils._model.finding import NEVER, Finding, reaches
from ...module_utils._model.finding_row import fingerprints
from ...module_utils._model.policy import POLICIES, Policy
from .config import NAME, Config, ConfigError, find_config, is_excluded, read_config
from .engine import Text, lint_text, not_read
from .files import MAX_BYTES, UnreadableError, decoded, read
from .fixes import fixed
from .judge import judge_lint
from .project import lint_file, lint_paths
from .waivers import Waiver, WaiverError, known_fingerprints, read_waivers, waived

CLEAN, FAILED, FOUND = 0, 1, 2
# A run that takes longer shows how far it is, at a terminal.
_PATIENCE = 2.0


class RunError(Exception):
    """The run cannot go on; the message says why."""


@dataclass(frozen=True)
class Options:
    """What the command line says; "" or empty where it says nothing."""

    paths: tuple[str, ...] = ()
    format: str = "text"
    output: str = ""
    policy: str = ""
    fail_on: str = ""
    exclude: tuple[str, ...] = ()
    kind: str = ""
    stdin_name: str = "-"
    waivers: str = ""
    baseline: str = ""
    write_baseline: str = ""
    config: str = ""
    fix: bool = False


@dataclass
class _Seen:
    """What a run has seen: the findings, the names of what was read, the number of files."""

    findings: list[Finding] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    files: int = 0


def run(options: Options, default_policy: str, default_fail_on: str) -> int:
    """Lint and report; return the exit status. Raises RunError."""
    stdin = sys.stdin is not None and not sys.stdin.isatty()
    options = replace(options, paths=options.paths or (("-",) if stdin else (".",)))
    config = _config(options)
    policy = config.judged_by(POLICIES[options.policy or config.policy or default_policy])
    fail_on = options.fail_on or config.fail_on or default_fail_on
    waivers_file = options.waivers or config.waivers
    waivers, findings = _waivers(waivers_file, policy)
    seen = _lint(options, config, policy)
    if options.fix:
        _fix(seen, policy)
    findings, facts = waived([*findings, *seen.findings], waivers, datetime.date.today(), seen.read)
    findings += judge_lint(facts, policy, _shown(waivers_file))
    if options.write_baseline:
        _write(options.write_baseline, _baseline(findings, options.write_baseline))
    known_file = options.baseline or config.baseline
    if known_file:
        known = set(known_fingerprints(_read(known_file)))
        marks = zip(findings, *_marks(findings, known_file))
        findings = [one for one, *either in marks if known.isdisjoint(either)]
    _report(options, findings, fail_on)
    _say_what_was_read(options, seen)
    if fail_on == NEVER or options.write_baseline:
        return CLEAN
    return FOUND if reaches(findings, fail_on) else CLEAN


def _config(options: Options) -> Config:
    """Return the configuration that a run is under, an empty one where there is no file."""
    first = next((path for path in options.paths if path != "-"), ".")
    path = options.config or find_config(first)
    if not path:
        return Config()
    try:
        return read_config(_read(path), os.path.dirname(os.path.abspath(path)))
    except ConfigError as error:
        raise RunError(f"{path}: {error}") from None


def _lint(options: Options, config: Config, policy: Policy) -> _Seen:
    """Return what the paths hold. Raises RunError where nothing was there to read."""
    seen = _Seen()
    files = [path for path in options.paths if path != "-"]
    if "-" in options.paths:
        _standard_input(options, policy, seen)

    def skips(path: str) -> bool:
        """Tell whether a file or folder is left out of the run."""
        if os.path.basename(path) == NAME or is_excluded(path, "", options.exclude):
            return True
        return bool(config.exclude) and is_excluded(path, config.root, config.exclude)

    try:
        for _count in _progress(_each(files, policy, skips, seen)):
            pass
    except OSError as error:
        raise RunError(f"{error.filename}: {error.strerror}") from None
    folders = [path for path in files if os.path.isdir(path)]
    if folders and not seen.read:
        number = f"{seen.files} files are" if seen.files else "no file is"
        where = ", ".join(folders)
        raise RunError(f"nothing was read: {number} there, and none is of a kind to read ({where})")
    return seen


def _each(
    files: Sequence[str], policy: Policy, skips: Callable[[str], bool], seen: _Seen
) -> Iterator[int]:
    """Yield the number of files so far, after each of them."""
    for one in lint_paths(files, policy, skips):
        seen.files += 1
        seen.findings += one.findings
        if one.known:
            seen.read.append(one.path.replace(os.sep, "/"))
        yield seen.files


def _progress(counts: Iterator[int]) -> Iterator[int]:
    """Pass numbers of files on; a run that takes long shows them on a line of the terminal."""
    shows = sys.stderr is not None and sys.stderr.isatty()
    start = last = time.monotonic()
    for count in counts:
        now = time.monotonic() if shows else start
        if now - start > _PATIENCE and now - last > 0.2:
            last = now
            print(f"\rmailports-lint: {count} files", end="", file=sys.stderr, flush=True)
        yield count
    if last > start:
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def _standard_input(options: Options, policy: Policy, seen: _Seen) -> None:
    name = options.stdin_name
    content = sys.stdin.buffer.read(MAX_BYTES + 1)
    if not content.strip():
        raise RunError("standard input is empty: nothing was read (name a file or a folder)")
    seen.files += 1
    seen.read.append(name)
    if len(content) > MAX_BYTES:
        seen.findings += judge_lint([not_read("larger than 2 MiB", 0)], policy, name)
        return
    try:
        text = decoded(content)
    except UnreadableError as error:
        seen.findings += judge_lint([not_read(str(error), error.line)], policy, name)
        return
    seen.findings += lint_text(Text(name, text), policy, options.kind)


def _fix(seen: _Seen, policy: Policy) -> None:
    """Write what can be fixed safely, and keep what is found afterwards."""
    for name in dict.fromkeys(one.file for one in seen.findings):
        if name not in seen.read or not os.path.isfile(name):
            continue
        own = [one for one in seen.findings if one.file == name]
        try:
            text = decoded(read(name))
        except UnreadableError:
            continue
        after = fixed(text, name, own)
        if after == text:
            continue
        _write(name, after)
        left = lint_file(name, policy)
        seen.findings = [one for one in seen.findings if one.file != name] + left
        number = len(own) - len(left)
        print(f"mailports-lint: {name}: {number} fixed", file=sys.stderr)


def _report(options: Options, findings: Sequence[Finding], fail_on: str) -> None:
    colour = not options.output and sys.stdout.isatty() and "NO_COLOR" not in os.environ
    rows = [one.to_dict() for one in findings]
    report = render(options.format, rows, Look(colour, fail_on))
    if options.output:
        _write(options.output, report)
    else:
        sys.stdout.write(report)
        sys.stdout.flush()


def _say_what_was_read(options: Options, seen: _Seen) -> None:
    """Say how many files were read, where somebody looks or where it was none of them."""
    if seen.files and (not seen.read or (options.format == "text" and sys.stderr.isatty())):
        print(f"mailports-lint: {len(seen.read)} of {seen.files} files were read", file=sys.stderr)


def _waivers(path: str, policy: Policy) -> tuple[list[Waiver], list[Finding]]:
    if not path:
        return [], []
    try:
        waivers, facts = read_waivers(_read(path))
    except WaiverError as error:
        raise RunError(f"{path}: {error}") from None
    return waivers, judge_lint(facts, policy, _shown(path))


def _shown(path: str) -> str:
    return path.replace(os.sep, "/")


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


def _marks(findings: Sequence[Finding], baseline: str) -> tuple[list[str], list[str]]:
    """Return the fingerprints of findings: by their place beside the baseline, and as written.

    The first do not depend on how a path was written; older baselines have the second.
    """
    rows = [one.to_dict() for one in findings]
    folder = os.path.dirname(os.path.abspath(baseline))
    beside = [
        {**row, "file": _shown(os.path.relpath(str(row["file"]), folder)) if row["file"] else ""}
        for row in rows
    ]
    return fingerprints(beside), fingerprints(rows)


def _baseline(findings: Sequence[Finding], path: str) -> str:
    lines = ["# Findings that were there when this baseline was written (mailports-lint)."]
    for mark, one in zip(_marks(findings, path)[0], findings):
        lines.append(f"{mark}  # {one.rule} {one.file}:{one.line}")
    return "\n".join([*lines, ""])
