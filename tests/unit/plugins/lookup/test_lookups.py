# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the lookups: the engine as a package, intents from files, rows of the table."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from ansible.errors import AnsibleError
from ansible_collections.postmaster.mailports.plugins.lookup import service
from ansible_collections.postmaster.mailports.plugins.lookup.engine import pack


def test_the_engine_runs_alone_and_is_always_the_same(tmp_path: Path) -> None:
    first, second = io.BytesIO(), io.BytesIO()
    pack(first)
    pack(second)
    assert first.getvalue() == second.getvalue()
    package = tmp_path / "engine.pyz"
    package.write_bytes(first.getvalue())
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(package), str(tmp_path / "none.json")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("mailports-audit: ")
    assert "none.json" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_row_of_the_table() -> None:
    (row,) = service.LookupModule().run(["imaps"])
    assert (row["port"], row["tls"]) == (993, "implicit")


@pytest.mark.parametrize("term", ["imapz", 3])
def test_an_unknown_service_is_refused(term: object) -> None:
    with pytest.raises(AnsibleError, match="service: "):
        service.LookupModule().run([term])
