# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""This machine, only looked at: programs that are asked something, and files that are read."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterable
from typing import Optional

from .keypair import fingerprints

# Runs a command: exit status, standard output, standard error.
Run = Callable[[list[str]], tuple[int, str, str]]
# Returns the path of a program, None where it is not installed.
Find = Callable[[str], Optional[str]]


class AskError(Exception):
    """A program that was asked something failed; the message is its own, one line."""


class Machine:
    """One look at this machine. ``warnings`` are what the programs complained of."""

    def __init__(self, run: Run, find: Find) -> None:
        self.run = run
        self.find = find
        self.warnings: list[str] = []

    def ask(self, command: list[str]) -> str:
        """Return what a program prints; its complaints become warnings. Raises AskError."""
        status, out, err = self.run(command)
        said = [line for line in err.splitlines() if line.strip()]
        if status:
            worst = [line for line in said if "fatal" in line.lower()] or said
            raise AskError(worst[-1] if worst else f"{command[0]} failed (exit status {status})")
        self.warnings += [line for line in said if line not in self.warnings]
        return out

    @staticmethod
    def text(path: str) -> str:
        """Return the text of a file, "" where it cannot be read."""
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                return file.read()
        except OSError:
            return ""

    def certificates(self, files: Iterable[str]) -> tuple[str, ...]:
        """Return the SHA-256 of each certificate in some files, none where one cannot be read."""
        found: list[str] = []
        for path in files:
            text = self.text(path)
            if not text:
                return ()
            found += fingerprints(text)
        return tuple(found)

    @staticmethod
    def matching(pattern: str) -> list[str]:
        """Return the paths that a pattern stands for, in order."""
        return sorted(glob.glob(pattern))
