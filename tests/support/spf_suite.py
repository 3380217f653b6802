# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test suite of RFC 7208, as pyspf's source ships it: fetched into the cache, never copied."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

PACKAGE = "pyspf==2.0.14"
MEMBER = "pyspf-2.0.14/test/rfc7208-tests.yml"
SHA256 = "901f561a6e2b1c1590a40a61b1ac7601226fd7045a7aae591a4d25421358d6f9"


def cache() -> Path:
    """Return the file of the suite in the project's cache, fetched from PyPI where it is missing."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = Path(os.environ.get("MAILPORTS_CACHE") or os.path.join(home, "postmaster.mailports"))
    path = folder / "rfc7208-tests.yml"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        path_new = path.with_suffix(f".{os.getpid()}")
        path_new.write_bytes(_fetched())
        path_new.replace(path)
    return path


def _fetched() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary"]
        done = subprocess.run(
            [*command, "pyspf", "-d", folder, PACKAGE], capture_output=True, text=True, check=False
        )
        if done.returncode:
            pytest.skip(f"the source of {PACKAGE} could not be fetched: {done.stderr[-300:]}")
        (archive,) = Path(folder).glob("*.tar.gz")
        with tarfile.open(archive) as tar:
            member = tar.extractfile(MEMBER)
            assert member is not None
            return member.read()


def scenarios() -> list[dict[str, Any]]:
    """Return the suite: scenarios with ``description``, ``tests`` and ``zonedata``."""
    data = cache().read_bytes()
    assert hashlib.sha256(data).hexdigest() == SHA256, "the suite is not the one that was read"
    return list(yaml.safe_load_all(data))


def rows(zone: dict[str, list[Any]]) -> Iterator[tuple[str, str, Any]]:
    """Yield name, type and value of a scenario's zone; a type ``*`` is a silent server.

    SPF rows stand for TXT as well, unless the name has TXT rows of its own; the TXT ``NONE`` says
    that it has none.
    """
    for name, items in zone.items():
        own = any(isinstance(item, dict) and "TXT" in item for item in items)
        for item in items:
            if item == "TIMEOUT":
                yield name, "*", item
                continue
            ((kind, value),) = item.items()
            if kind == "SPF" and own:
                continue
            yield name, "TXT" if kind == "SPF" else kind, value
