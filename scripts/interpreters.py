# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the CPython interpreters of this machine and choose the one the project's tools run on.

As a program it prints one line per usable interpreter, newest first: version, tab, path.
"""

from __future__ import annotations

import glob
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# ansible-core 2.21 runs on 3.12 to 3.14, ansible-core 2.19 on 3.11 (requirements/run.txt).
TOOLS = ((3, 11), (3, 14))
# What modules sent to a managed node must run on.
NODES = ((3, 9), (3, 14))

# Where the distribution's own lie: Debian 12's runs Ansible in about two thirds of the time that a
# newer one takes which a version manager has built.
_DISTRIBUTION = "/usr/bin"
_PLACES = (
    _DISTRIBUTION,
    "/usr/local/bin",
    "$PYENV_ROOT/versions/*/bin",
    "~/.pyenv/versions/*/bin",
    "~/.asdf/installs/python/*/bin",
    "~/.local/share/mise/installs/python/*/bin",
    "~/.local/bin",
    "~/.local/share/uv/python/*/bin",
    "/opt/*/bin",
    "/opt/python/*/bin",
)
_NAME = re.compile(r"python3\.(\d+)\Z")
_PROBE = """
import ctypes, ensurepip, ssl, sys, sysconfig, venv
info = sys.version_info
good = (
    sys.implementation.name == "cpython"
    and info.releaselevel == "final"
    and sys.prefix == sys.base_prefix
    and not sysconfig.get_config_var("Py_GIL_DISABLED")
)
print("%d.%d.%d" % info[:3] if good else "unfit")
print(sys.version.replace(chr(10), " "))
"""


@dataclass(frozen=True)
class Interpreter:
    """A CPython that can create environments: its path, release (a triple) and build text."""

    path: str
    release: tuple[int, int, int]
    build: str

    @property
    def text(self) -> str:
        """The release as text, such as ``3.13.0``."""
        return ".".join(map(str, self.release))


def probe(path: str) -> Interpreter | None:
    """Return what the program at PATH is, or None when it does not run or cannot make a venv."""
    try:
        done = subprocess.run(
            [path, "-I", "-c", _PROBE], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = done.stdout.splitlines()
    if done.returncode or len(lines) != 2 or lines[0] == "unfit":
        return None
    major, minor, micro = map(int, lines[0].split("."))
    return Interpreter(path, (major, minor, micro), lines[1])


def everywhere() -> list[str]:
    """Return the folders of this machine where an interpreter may lie, those of PATH first."""
    folders = path_folders()
    for place in _PLACES:
        pattern = os.path.expanduser(os.path.expandvars(place))
        folders += sorted(glob.glob(pattern), reverse=True)
    return folders


def path_folders() -> list[str]:
    """Return the folders of PATH without the shims of version managers.

    A shim answers to every name and runs only some of them: it ends with 127 where its version
    manager has nothing behind the name.
    """
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return [one for one in folders if os.path.basename(one.rstrip("/")) != "shims"]


def candidates(folders: Sequence[str]) -> list[str]:
    """Return the paths named python3.N in FOLDERS, newest N first, none started yet."""
    found: dict[str, tuple[int, int]] = {}
    for rank, folder in enumerate(dict.fromkeys(folders)):
        if not os.path.isdir(folder):
            continue
        for name in os.listdir(folder):
            match = _NAME.match(name)
            if match:
                path = os.path.realpath(os.path.join(folder, name))
                found.setdefault(path, (-int(match[1]), rank))
    return sorted(found, key=found.__getitem__)


def usable(
    low: tuple[int, int], high: tuple[int, int], folders: Sequence[str] = ()
) -> Iterator[Interpreter]:
    """Yield one interpreter per minor release from LOW to HIGH inclusive, newest first.

    Searched are FOLDERS or, without any, the whole machine.
    """
    seen = set()
    for path in candidates(folders or everywhere()):
        match = _NAME.match(os.path.basename(path))
        minor = (3, int(match[1])) if match else None
        if minor is None or minor in seen or not low <= minor <= high:
            continue
        python = probe(path)
        if python is not None and python.release[:2] == minor:
            seen.add(minor)
            yield python


def choose(own: bool = False) -> Interpreter:
    """Return the newest interpreter the tools run on; on Debian as root, install what it lacks.

    OWN: rather the distribution's own, where it has one that can be used.
    """
    low, high = TOOLS
    python = next(usable(low, high, [_DISTRIBUTION]), None) if own else None
    python = python or next(usable(low, high), None)
    if python is None and os.geteuid() == 0 and shutil.which("apt-get"):
        install("python3-venv")
        python = next(usable(low, high), None)
    if python is None:
        raise SystemExit(
            f"scripts/env: no Python from {low[0]}.{low[1]} to {high[0]}.{high[1]} with venv and "
            "ensurepip was found; on Debian: apt-get install python3-venv"
        )
    return python


def named(path: str) -> Interpreter:
    """Return the interpreter at PATH; exit when it cannot be used."""
    python = probe(path)
    if python is None:
        raise SystemExit(f"scripts/env: {path} is no CPython release that can create a venv")
    return python


def install(*packages: str) -> None:
    """Install Debian packages, refreshing the package lists only if the first try fails."""
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "install", "-qq", "-y", "--no-install-recommends", *packages]
    for words in (command, ["apt-get", "update", "-qq"], command):
        done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
        if words is command and done.returncode == 0:
            return
    print(done.stdout, done.stderr, file=sys.stderr)


if __name__ == "__main__":
    for _python in usable(*NODES):
        print(f"{_python.text}\t{_python.path}")
