# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the filter report: the same table of formats for audits and for findings."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.postmaster.mailports.plugins.filter.lint import lint
from ansible_collections.postmaster.mailports.plugins.filter.report import report

from tests.report import audits

FOUND = lint({"imap_port": 143, "imap_ssl": False}, name="vars.yml")


@pytest.mark.parametrize(("fail_on", "failures"), [("info", 1), ("warning", 1), ("error", 1)])
def test_findings_fail_by_the_severity_that_is_asked_for(fail_on: str, failures: int) -> None:
    warning = [{**one, "severity": "warning"} for one in FOUND]
    text = report(warning, "junit", fail_on=fail_on)
    assert f'failures="{failures if fail_on != "error" else 0}"' in text


@pytest.mark.parametrize(
    ("results", "options", "words"),
    [
        ([], {"format": "pdf"}, "'pdf' is not one of text, json"),
        (["text"], {}, "a value of type str is not a result of port_check"),
        (FOUND, {"format": "html"}, "findings cannot be shown as html, only as text, json"),
        ([{"rule": "a", "severity": "error"}], {}, "that was given is damaged"),
        ([], {"fail_on": "often"}, "fail_on: 'often' is not one of info, warning, error, never"),
        ([audits.GONE], {"hosts": []}, "0 hosts for 1 results"),
    ],
)
def test_what_is_wrong_is_one_line(results: Any, options: Any, words: str) -> None:
    with pytest.raises(AnsibleFilterError, match=words):
        report(results, **options)
