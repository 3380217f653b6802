# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the metrics of an audit: values, labels that hostile text cannot leave, and times."""

from __future__ import annotations

from ansible_collections.postmaster.mailports.plugins.module_utils._audit.document import document
from ansible_collections.postmaster.mailports.plugins.module_utils._formats.prometheus import (
    to_prometheus,
)

from tests.report import audits


def test_hosts_that_were_audited_and_those_that_were_not() -> None:
    lines = to_prometheus(audits.small()).splitlines()
    assert "mailports_audit_timestamp_seconds{} 1795572000" in lines
    assert 'mailports_audited{host="gone.example.net",vantage="monitor"} 0' in lines
    assert 'mailports_compliant{host="good.example.net",vantage="monitor"} 1' in lines
    assert any(line.startswith("mailports_reach{") and 'reach="open"' in line for line in lines)


def test_a_time_that_is_none_is_left_out() -> None:
    assert "timestamp" not in to_prometheus(document([], "yesterday"))


def test_labels_are_escaped() -> None:
    gone = {"host": 'a"b\\c\nd', "msg": "x"}
    assert 'host="a\\"b\\\\c\\\\x0ad"' in to_prometheus(document([gone], audits.NOW))


def test_the_worse_of_two_equal_samples_stays() -> None:
    twice = [audits.result("m.example.net"), {"host": "m.example.net", "vantage": "monitor"}]
    lines = to_prometheus(document(twice, audits.NOW)).splitlines()
    assert 'mailports_compliant{host="m.example.net",vantage="monitor"} 0' in lines
