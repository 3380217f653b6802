# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that one table shows findings in every format, with the same idea of a failure."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._formats.of_findings import (
    FORMATS,
    Look,
    render,
)

from .finding_rows import IN_FILE as FINDING
from .finding_rows import WAIVED


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("findings", [[], [FINDING], [FINDING, WAIVED]])
def test_every_format_shows_every_list(name: str, findings: list[dict[str, Any]]) -> None:
    text = render(name, findings, Look())
    assert ("cleartext-port" in text) is bool(findings)


@pytest.mark.parametrize(
    ("fail_on", "failures"), [("info", "1"), ("warning", "1"), ("error", "0"), ("never", "0")]
)
def test_junit_fails_what_counts(fail_on: str, failures: str) -> None:
    tree = ElementTree.fromstring(render("junit", [FINDING], Look(fail_on=fail_on)))
    assert tree.attrib["failures"] == failures


@pytest.mark.parametrize("name", ["codeclimate", "gitlab", "github"])
def test_formats_that_cannot_show_a_waiver_leave_the_finding_out(name: str) -> None:
    assert render(name, [WAIVED], Look()) == render(name, [], Look())


def test_colour_is_for_text() -> None:
    assert "\x1b[33m" in render("text", [FINDING], Look(colour=True))
    assert "\x1b" not in render("text", [FINDING], Look())


def test_json_counts_by_severity() -> None:
    made = json.loads(render("json", [FINDING], Look()))
    assert made["summary"] == {"info": 0, "warning": 1, "error": 0}
    assert made["findings"] == [FINDING]
