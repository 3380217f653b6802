# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that reports show every row and finding, and nothing that could steer a terminal."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.document import (
    FORMAT_VERSION,
    document,
    host_of,
    to_json,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._formats.audit_text import (
    WIDTH,
    to_text,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.finding import Finding
from ansible_collections.postmaster.mailports.plugins.module_utils._model.intent import expand
from ansible_collections.postmaster.mailports.plugins.module_utils._model.observation import (
    Observation,
    Phase,
    Tls,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.rules import RULES
from ansible_collections.postmaster.mailports.plugins.module_utils._model.services import SERVICES
from hypothesis import given
from hypothesis import strategies as st

HOST = "mail.example.net"
CERTIFICATE = {"days_left": 41}
COLOUR = re.compile(r"\033\[(?:0|3[1-6])m")


def finding(rule: str, service: str = "", address: str = "", **changes: Any) -> dict[str, Any]:
    """Return a finding of a rule as plain data, its texts naming the place."""
    row = RULES[rule]
    made = Finding(
        rule=rule,
        severity=row.severity,
        message=f"message of {rule} at {service or 'host'}{address}",
        cause=row.cause,
        remedy=f"remedy of {rule}",
        clause=row.clause,
        policy="rfc8314",
        host=HOST,
        service=service,
        port=SERVICES[service].port if service else 0,
        address=address,
    )
    return replace(made, **changes).to_dict()


def result(
    findings: list[dict[str, Any]], addresses: tuple[str, ...] = ("192.0.2.1",), **changes: Any
) -> dict[str, Any]:
    """Return a result of port_check in which every service of the table was seen."""
    intent = expand({"host": HOST})
    observations = [
        Observation(
            one.service,
            HOST,
            address,
            one.port,
            one.protocol,
            one.tls,
            reach="open" if one.state == "open" else "refused",
            tls_mode=one.tls if one.state == "open" else "",
            tls=Tls(version="TLSv1.3") if one.state == "open" else Tls(),
            certificate=CERTIFICATE if one.state == "open" else None,
            secure=Phase(login=True if one.state == "open" else None),
        ).to_dict()
        for address in addresses
        for one in intent.listeners
    ]
    severities = [one["severity"] for one in findings]
    counts = {severity: severities.count(severity) for severity in ("info", "warning", "error")}
    made = {
        "msg": "message",
        "compliant": "error" not in severities,
        "findings": findings,
        "observations": observations,
        "intent": intent.to_dict(),
        "summary": {"policy": "rfc8314", "endpoints": 8, "open": 4, "findings": counts},
    }
    return {**made, **changes}


def rows(text: str) -> dict[str, list[str]]:
    """Return the rows of the table by service, split into cells."""
    found = {}
    for line in text.split("\n"):
        cells = re.split(r" {2,}", line.strip())
        if re.match(r"  \d", line) and len(cells) > 3:
            found[cells[1]] = cells
    return found


def test_every_service_has_a_row_with_what_was_seen() -> None:
    table = rows(to_text([result([])]))
    assert list(table) == list(SERVICES)
    for name, row in SERVICES.items():
        assert table[name][0] == str(row.port)
    assert table["imaps"][2:] == [
        "open, implicit",
        "open",
        "implicit",
        "TLSv1.3",
        "41 d",
        "in TLS",
        "-",
        "ok",
    ]
    assert table["imap"][2:] == ["closed", "refused", "-", "-", "-", "-", "-", "ok"]


def test_columns_stand_below_each_other() -> None:
    header, *lines = to_text([result([])]).split("\n")[1:10]
    for title in ("service", "intended", "reach", "verdict"):
        at = header.index(title)
        assert {line[at - 2 : at] for line in lines} == {"  "}
        assert all(line[at] != " " for line in lines)


@pytest.mark.parametrize("address", ["192.0.2.1", ""], ids=["of one address", "of all"])
@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "name-not-resolved"])
def test_a_finding_stands_whole_below_its_row(rule: str, address: str) -> None:
    one = finding(rule, "imaps", address, evidence="the evidence")
    text = to_text([result([one])])
    lines = text.split("\n")
    at = next(index for index, line in enumerate(lines) if re.match(r"  993 +imaps", line))
    below = " ".join(" ".join(lines[at + 1 :]).split())
    assert below.startswith(f"{one['severity']} {rule}: {one['message']} cause: ")
    assert f"cause: {one['cause'].replace('_', ' ')} (the evidence)" in below
    assert f"remedy: {one['remedy']}" in below
    assert f"clause: {one['clause']}" in below
    verdict = "not probed" if rule in ("not-probed", "inconclusive") else one["severity"]
    assert rows(text)["imaps"][-1] == verdict
    assert rows(text)["smtp"][-1] == "ok"


def test_findings_of_the_host_stand_above_the_table_and_are_said_once() -> None:
    unresolved = [finding("not-probed", name) for name in SERVICES]
    made = result([finding("name-not-resolved"), *unresolved], addresses=("",))
    text = to_text([made])
    assert text.index("name-not-resolved") < text.index("  port ")
    assert "error not-probed" not in text
    assert {row[-1] for row in rows(text).values()} == {"not probed"}


def test_a_finding_about_what_was_not_observed_is_not_lost() -> None:
    one = finding("not-probed", "imaps")
    made = result([one])
    made["observations"] = [seen for seen in made["observations"] if seen["service"] != "imaps"]
    text = to_text([made])
    assert "  993  imaps\n      error not-probed: " in text


def test_several_addresses_have_rows_of_their_own_and_their_own_findings() -> None:
    findings = [
        finding("tls-failed", "imaps", "2001:db8::1"),
        finding("addresses-disagree", "imaps"),
    ]
    text = to_text([result(findings, addresses=("192.0.2.1", "2001:db8::1"))])
    first, second = text.split("\n  2001:db8::1\n")
    assert "\n  192.0.2.1\n" in first
    for table, verdict in ((rows(first), "warning"), (rows(second), "error")):
        assert list(table) == list(SERVICES)
        assert table["imaps"][-1] == verdict
    assert (first.count("addresses-disagree:"), second.count("addresses-disagree:")) == (1, 0)
    assert (first.count("tls-failed:"), second.count("tls-failed:")) == (0, 1)


def test_a_disagreement_with_a_standard_is_said() -> None:
    one = finding("deprecated-port", "submissions", disagrees="RFC 8314 section 7.3")
    text = " ".join(to_text([result([one])]).split())
    assert "policy rfc8314, with which RFC 8314 section 7.3 disagrees" in text


def test_the_last_line_counts_hosts() -> None:
    bad = {**result([finding("port-open", "imap")]), "name": "mx2"}
    broken = {"failed": True, "msg": "no route\nat all", "host": "gone.example.net"}
    text = to_text([result([]), bad, broken])
    assert text.endswith("\n\n1 of 3 hosts as intended, 1 not as intended, 1 not audited.\n")
    assert "gone.example.net: NOT AUDITED\n  no route; at all\n" in text
    assert "mail.example.net: as intended (policy rfc8314)\n" in text
    assert "mx2 (mail.example.net): NOT AS INTENDED (policy rfc8314)\n" in text


def test_a_result_without_a_name_or_words_is_still_reported() -> None:
    assert "an unnamed host: NOT AUDITED\n  no result\n" in to_text([{}])
    assert host_of({"intent": {"host": "a"}, "host": "b"}) == "a"
    assert host_of({"host": "b"}) == "b"


def test_long_words_keep_to_the_width() -> None:
    one = finding("tls-failed", "imaps", message="word " * 100, evidence="word " * 100)
    text = to_text([result([one]), {"msg": "word " * 500}])
    assert max(len(line) for line in text.split("\n")) <= WIDTH


def test_colours_only_frame_what_is_there_without_them() -> None:
    results = [result([finding("port-open", "imap"), finding("closed-from-here", "pop3")]), {}]
    coloured = to_text(results, colour=True)
    assert coloured != to_text(results)
    assert COLOUR.sub("", coloured) == to_text(results)
    assert "\033[31mNOT AS INTENDED\033[0m" in coloured


def is_inert(text: str) -> bool:
    """Tell whether no character steers a terminal or reorders a line."""
    return not re.search(
        "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]", text
    )


HOSTILE = st.text() | st.sampled_from(
    ["\x1b]0;title\x07", "a\r\nb", "\u202e", "\x9b2J", "<script>", "{{ 7*7 }}"]
)


@given(HOSTILE, HOSTILE, HOSTILE, st.booleans())
def test_text_from_strangers_never_steers_a_terminal(
    one: str, two: str, three: str, colour: bool
) -> None:
    stranger = finding(
        "tls-failed", "imaps", message=one, evidence=two, remedy=three, clause=one, disagrees=two
    )
    made = result([stranger], host=three)
    made["summary"]["policy"] = one
    made["intent"]["host"] = two
    made["observations"][0]["reach"] = three
    made["observations"][0]["tls"]["version"] = one
    text = to_text([made, {"msg": two, "host": one}], colour)
    assert is_inert(COLOUR.sub("", text))


def test_json_holds_everything_and_reads_back() -> None:
    made = result([finding("port-open", "imap")])
    broken = {"failed": True, "msg": "gone\x1b[2J", "host": "gone.example.net"}
    text = to_json(document([made, broken], "2026-01-02T03:04:05Z"))
    assert is_inert(text)
    read = json.loads(text)
    assert read["format"] == FORMAT_VERSION
    assert read["generated"] == "2026-01-02T03:04:05Z"
    assert read["compliant"] is False
    second, first = read["hosts"]
    for key in ("findings", "observations", "intent", "summary", "compliant"):
        assert first[key] == made[key]
    assert (first["host"], first["audited"], first["message"]) == (HOST, True, "message")
    assert (second["host"], second["audited"]) == ("gone.example.net", False)
    assert (second["compliant"], second["message"]) == (False, "gone\x1b[2J")
    assert to_text([first]) == to_text([made])


@pytest.mark.parametrize(
    ("results", "compliant"),
    [([], False), ([result([])], True), ([result([]), {}], False)],
    ids=["none", "good", "good and unknown"],
)
def test_json_is_compliant_only_when_every_host_was_seen_to_be(
    results: list[dict[str, Any]], compliant: bool
) -> None:
    assert json.loads(to_json(document(results, "")))["compliant"] is compliant


def test_a_host_that_was_not_audited_stays_so_when_json_is_shown_as_text() -> None:
    read = document([{"msg": "gone", "host": "h"}], "")
    text = to_text(read["hosts"])
    assert "h: NOT AUDITED\n  gone\n" in text
