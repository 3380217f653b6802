# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the data inside the page: numbers over one table of texts, inert inside its script."""

from __future__ import annotations

import json

from ansible_collections.postmaster.mailports.plugins.plugin_utils._report.page_data import embedded

from tests.report import audits


def test_hosts_and_their_endpoints_are_rows_of_numbers() -> None:
    data = json.loads(embedded(audits.small()))
    texts = data["texts"]
    names = [texts[host[0]] for host in data["hosts"]]
    assert names == ["bad.example.net", "gone.example.net", "good.example.net"]
    assert [host[2:4] for host in data["hosts"]] == [[1, 0], [0, 0], [1, 1]]
    assert [len(host[6]) for host in data["hosts"]] == [8, 0, 8]
    verdicts = {data["verdicts"][row[3]] for row in data["hosts"][2][6]}
    assert verdicts == {"ok"}


def test_demands_are_rows_that_endpoints_share() -> None:
    data = json.loads(embedded(audits.large(20)))
    lists, rows, texts = data["demandLists"], data["demands"], data["texts"]
    # What was seen differs from host to host; what is closed is told in the same words.
    assert len(lists) < sum(len(host[6]) for host in data["hosts"])
    assert len(rows) < sum(map(len, lists))
    numbers = lists[data["hosts"][0][6][0][20]]
    assert texts[rows[numbers[0]][0]]
    assert data["outcomes"] == ["met", "broken", "not_known", "not_asked"]


def test_one_text_stands_once() -> None:
    texts = json.loads(embedded(audits.large(20)))["texts"]
    assert len(set(texts)) == len(texts)


def test_nothing_can_end_the_script_element() -> None:
    text = embedded(audits.hostile())
    assert not set("<>&") & set(text)
    json.loads(text)
