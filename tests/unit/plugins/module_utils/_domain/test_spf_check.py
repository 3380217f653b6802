# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test check_host() with the whole test suite of RFC 7208, and with limits that it leaves out."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._domain import spf_check
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.question import (
    NODATA,
    NXDOMAIN,
    RECORDS,
    SERVFAIL,
    TIMEOUT,
    Answer,
    Question,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.run import Run
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.spf_macro import mail_of

from tests.support import spf_suite
from tests.support.names import Table, answered


class Zone:
    """A scenario's zone as the DNS would answer from it."""

    def __init__(self, zone: dict[str, list[Any]]) -> None:
        self.names: dict[str, dict[str, Any]] = {}
        for name, kind, value in spf_suite.rows(zone):
            self.names.setdefault(name.lower(), {}).setdefault(kind, []).append(value)

    def __call__(self, question: Question) -> Answer:
        row = self.names.get(question.name.lower())
        if row is None:
            return Answer(NXDOMAIN)
        values = [one for one in row.get(question.type, []) if one != "NONE"]
        if "TIMEOUT" in values or ("*" in row and not values):
            return Answer(TIMEOUT)
        if not values and "CNAME" in row:
            return self(Question(row["CNAME"][0], question.type))
        records = tuple(_record(question.type, one) for one in values)
        return Answer(RECORDS, records) if records else Answer(NODATA)


def _record(kind: str, value: Any) -> Any:
    if kind == "TXT":
        return tuple(part.encode() for part in ([value] if isinstance(value, str) else value))
    if kind == "MX":
        return value[0], value[1].rstrip(".") or "."
    return value.rstrip(".")


def cases() -> list[Any]:
    """Return (zone, test) for each test of the suite."""
    return [
        pytest.param(scenario["zonedata"], test, id=name)
        for scenario in spf_suite.scenarios()
        for name, test in scenario["tests"].items()
    ]


def test_the_whole_suite_of_rfc_7208_passes() -> None:
    wrong = []
    count = 0
    for param in cases():
        zone, test = param.values
        mail = mail_of(test["host"], test["mailfrom"], test["helo"])
        verdict = Run(Zone(zone)).results({0: spf_check.check_host(mail)})[0]
        allowed = [test["result"]] if isinstance(test["result"], str) else test["result"]
        wanted = test.get("explanation", verdict.explanation)
        wanted = "" if wanted == "DEFAULT" else wanted
        count += 1
        if verdict.result not in allowed or verdict.explanation != wanted:
            wrong.append((param.id, allowed, wanted, verdict))
    assert wrong == []
    assert count == 203


def check(rows: dict[str, Any], address: str = "192.0.2.1") -> Any:
    """Return the verdict for a mail of user@example.net from an address."""
    return answered(
        spf_check.check_host(mail_of(address, "user@example.net", "h.example.net")), rows
    )


def spf(text: str) -> list[str]:
    return [f"v=spf1 {text}"]


CHAIN = {
    f"s{number}.example.net TXT": spf(f"include:s{number + 1}.example.net -all")
    for number in range(1, 14)
}


def test_the_eleventh_look_up_is_one_too_many() -> None:
    rows = {**CHAIN, "example.net TXT": spf("include:s1.example.net -all")}
    ten = {**rows, "s10.example.net TXT": spf("-all")}
    assert check(ten).result == "fail"
    assert check(ten).lookups == 10
    eleven = check({**rows, "s11.example.net TXT": spf("-all")})
    assert eleven.result == "permerror"
    assert "look-up number 11" in eleven.problem


def test_a_loop_ends_at_the_limit() -> None:
    verdict = check({"example.net TXT": spf("include:example.net -all")})
    assert verdict.result == "permerror"


@pytest.mark.parametrize("count", [2, 3])
def test_two_look_ups_may_find_nothing(count: int) -> None:
    terms = " ".join(f"a:no{number}.example.net" for number in range(count))
    verdict = check({"example.net TXT": spf(f"{terms} -all")})
    assert verdict.result == ("fail" if count == 2 else "permerror")


@pytest.mark.parametrize("kind", [SERVFAIL, TIMEOUT])
def test_what_the_dns_does_not_say_is_a_temporary_error(kind: str) -> None:
    rows = {"example.net TXT": spf("a:x.example.net -all"), "x.example.net A": Answer(kind)}
    assert check(rows).result == "temperror"
    assert check({"example.net TXT": Answer(kind)}).result == "temperror"


def test_the_term_and_the_domain_that_decide_are_told() -> None:
    rows = {
        "example.net TXT": spf("include:_spf.example.org ~all"),
        "_spf.example.org TXT": spf("ip4:192.0.2.0/24 -all"),
    }
    verdict = check(rows)
    assert (verdict.result, verdict.matched, verdict.where) == (
        "pass",
        "include:_spf.example.org",
        "example.net",
    )
    assert check(rows, "198.51.100.1").result == "softfail"


def test_addresses_of_a_list_are_asked_for_at_once() -> None:
    table = Table(
        {
            "example.net TXT": spf("mx -all"),
            "example.net MX": [(1, "a.example.net"), (2, "b.example.net")],
            "a.example.net A": ["198.51.100.7"],
            "b.example.net A": ["192.0.2.1"],
        }
    )
    steps = spf_check.check_host(mail_of("192.0.2.1", "user@example.net", "h.example.net"))
    rounds = []
    answers = None
    result = ""
    while not result:
        try:
            asked = steps.send(answers) if answers is not None else next(steps)
        except StopIteration as end:
            result = end.value.result
            break
        rounds.append([str(one) for one in asked])
        answers = {one: table(one) for one in asked}
    assert result == "pass"
    assert rounds == [
        ["example.net TXT"],
        ["example.net MX"],
        ["a.example.net A", "b.example.net A"],
    ]
