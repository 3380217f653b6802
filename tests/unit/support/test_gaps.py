# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What did not run is named at the end, and fails the run where no gap is allowed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support import gaps

SKIPPED = """
import pytest

def test_runs():
    pass

@pytest.mark.skip(reason="no such thing here")
def test_skipped():
    pass
"""
ABSENT = """
import pytest

pytest.skip("no such file here", allow_module_level=True)
"""
REAL = """
import pytest

@pytest.mark.real_hosts
def test_real():
    raise AssertionError("must not run")
"""


@pytest.fixture
def inner(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A pytest of its own that loads the plugin and inherits no gap."""
    monkeypatch.delenv("MAILPORTS_GAPS", raising=False)
    monkeypatch.delenv("MAILPORTS_NO_GAPS", raising=False)
    pytester.makeini("[pytest]\nmarkers = real_hosts: needs the hosts\n")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p tests.support.gaps")
    return pytester


def test_skip_is_named_behind_every_other_section(inner: pytest.Pytester) -> None:
    """A skip is listed right before the closing line and does not fail the run by itself."""
    inner.makepyfile(SKIPPED)
    result = inner.runpytest_inprocess("-ra")
    assert result.ret == 0
    assert result.outlines[-2].startswith("gap: ")
    assert result.outlines[-2].endswith("test_skipped: no such thing here")
    assert "1 passed, 1 skipped" in result.outlines[-1]


def test_skip_fails_where_no_gap_is_allowed(
    inner: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With MAILPORTS_NO_GAPS the same skip ends with exit status 1."""
    monkeypatch.setenv("MAILPORTS_NO_GAPS", "1")
    inner.makepyfile(SKIPPED)
    assert inner.runpytest_inprocess().ret == 1


def test_real_hosts_are_a_gap_without_root(
    inner: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test of the real hosts is skipped, and named, for a user who cannot have them."""
    monkeypatch.setattr(gaps.os, "geteuid", lambda: 1000)
    inner.makepyfile(REAL)
    result = inner.runpytest_inprocess()
    result.stdout.fnmatch_lines(["gap: *::test_real: the real mail hosts need root"])


@pytest.mark.parametrize(("fatal", "status"), [(True, 1), (False, 0)])
def test_gaps_of_earlier_runs_are_handed_on(
    inner: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    fatal: bool,
    status: int,
) -> None:
    """The file's gaps are printed too and count, while its notes never fail the run."""
    file = tmp_path / "gaps"
    file.write_text(json.dumps({"what": "sanity", "why": "absent", "fatal": fatal}) + "\n")
    monkeypatch.setenv("MAILPORTS_GAPS", str(file))
    monkeypatch.setenv("MAILPORTS_NO_GAPS", "1")
    inner.makepyfile("def test_runs(): pass")
    result = inner.runpytest_inprocess()
    assert result.ret == status
    assert f"{'gap' if fatal else 'note'}: sanity: absent" in result.outlines


@pytest.mark.parametrize(("no_gaps", "status"), [("", 0), ("1", 1)])
def test_gaps_of_workers_are_named_once(
    inner: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, no_gaps: str, status: int
) -> None:
    """What workers skip, a test or a file, is told and counted by the process they work for."""
    monkeypatch.setenv("MAILPORTS_NO_GAPS", no_gaps)
    inner.makepyfile(test_one=SKIPPED, test_two=SKIPPED, test_absent=ABSENT)
    result = inner.runpytest_subprocess("-n", "2", "--dist", "loadfile")
    assert result.ret == status
    told = [line for line in result.outlines if line.startswith("gap: ")]
    assert [line.rpartition("/")[2] for line in sorted(told)] == [
        "gap: test_absent.py: no such file here",
        "gap: test_one.py::test_skipped: no such thing here",
        "gap: test_two.py::test_skipped: no such thing here",
    ]
