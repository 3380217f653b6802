# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command mailports-lint: files, folders or standard input to a report and an exit status."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Optional

from ...module_utils._formats.of_findings import FORMATS
from ...module_utils._model.finding import NEVER
from ...module_utils._model.policy import DEFAULT_POLICY, POLICIES
from ...module_utils._model.rules import SEVERITIES
from .about import explained, version
from .config import NAME
from .kinds import KINDS
from .run import CLEAN, FAILED, Options, RunError, run

DEFAULT_FAIL_ON = "warning"
_EPILOG = (
    "Exit status: 0 no finding is as severe as --fail-on; 2 one or more are; 1 the run itself "
    "failed (wrong options, a path that does not exist, a waiver file that cannot be used, nothing "
    f"that could be read). Options that are not given are taken from the nearest {NAME}."
)


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
        words = f"{type(error).__name__}: {error}"
        print(f"mailports-lint: a bug in the linter ({words}); please report it", file=sys.stderr)
    return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mailports-lint",
        # One line, so that an error about an option does not stand below all of them.
        usage="%(prog)s [OPTION ...] [PATH ...]; --help lists the options",
        description="Find cleartext and deprecated mail ports before anything runs.",
        epilog=_EPILOG,
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files, folders, - for stdin")
    parser.add_argument("--format", choices=[*FORMATS], default="text", help="default: text")
    parser.add_argument("--output", metavar="FILE", help="write the report to FILE")
    policies = list(POLICIES)
    parser.add_argument("--policy", choices=policies, help=f"default: {DEFAULT_POLICY}")
    parser.add_argument(
        "--fail-on",
        choices=[*SEVERITIES, NEVER],
        help=f"lowest severity that makes the exit status 2 (default: {DEFAULT_FAIL_ON})",
    )
    parser.add_argument(
        "--exclude", metavar="PATTERN", action="append", default=[], help="leave out, e.g. vendor"
    )
    parser.add_argument("--kind", choices=KINDS, default="", help="kind of standard input")
    parser.add_argument("--stdin-name", metavar="NAME", default="-", help="name of standard input")
    parser.add_argument("--waivers", metavar="FILE", help="file of accepted findings (YAML)")
    parser.add_argument("--baseline", metavar="FILE", help="leave out the findings that FILE lists")
    parser.add_argument("--write-baseline", metavar="FILE", help="write all findings to FILE")
    parser.add_argument("--config", metavar="FILE", help=f"instead of the nearest {NAME}")
    parser.add_argument("--fix", action="store_true", help="fix what changes no behaviour")
    parser.add_argument("--explain", metavar="RULE", nargs="?", const="", help="explain a rule")
    parser.add_argument("--version", action="store_true", help="print the version")
    return parser


def _run(given: argparse.Namespace) -> int:
    if given.version:
        print(f"mailports-lint {version()}")
        return CLEAN
    if given.explain is not None:
        text = explained(given.explain)
        if not text:
            raise RunError(f"there is no rule {given.explain!r}; --explain alone lists them")
        print(text)
        return CLEAN
    options = Options(
        paths=tuple(given.paths),
        format=given.format,
        output=given.output or "",
        policy=given.policy or "",
        fail_on=given.fail_on or "",
        exclude=tuple(given.exclude),
        kind=given.kind,
        stdin_name=given.stdin_name,
        waivers=given.waivers or "",
        baseline=given.baseline or "",
        write_baseline=given.write_baseline or "",
        config=given.config or "",
        fix=given.fix,
    )
    return run(options, DEFAULT_POLICY, DEFAULT_FAIL_ON)


if __name__ == "__main__":
    sys.exit(main())
