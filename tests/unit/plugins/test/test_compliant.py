# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the test compliant: only a list of findings that do not count is compliant."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.postmaster.mailports.plugins.test.compliant import compliant


@pytest.mark.parametrize(
    ("severities", "fail_on", "expected"),
    [([], "info", True), (["info"], "warning", True), (["info", "error"], "error", False)],
)
def test_what_counts(severities: list[str], fail_on: str, expected: bool) -> None:
    assert compliant([{"severity": one} for one in severities], fail_on) is expected


@pytest.mark.parametrize(
    ("findings", "fail_on", "words"),
    [
        ({}, "error", "a value of type dict is not a list of findings"),
        ([3], "error", "the list holds a value that is not a finding"),
        ([], "never", "'never' is not one of info, warning, error"),
    ],
)
def test_anything_else_is_an_error(findings: Any, fail_on: str, words: str) -> None:
    with pytest.raises(AnsibleFilterError, match=words):
        compliant(findings, fail_on)
