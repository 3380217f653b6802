# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that the entries of a listener are found, however they are spelled."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.files.lines import (
    CfError,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.files.master_cf import (
    MasterCf,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.files.master_find import (
    chosen,
    matching,
    port_of,
    spelled,
)


def _no_name(name: str, protocol: str) -> int:
    raise OSError(f"{name}/{protocol}")


FILE = "".join(
    f"{name} {kind} n - y - - smtpd\n"
    for name, kind in [
        ("smtp", "inet"),
        ("smtp", "unix"),
        ("smtps", "inet"),
        ("127.0.0.1:submission", "inet"),
        ("[::1]:587", "inet"),
        ("2525", "inet"),
        ("127.0.0.1:2525", "inet"),
    ]
)


@pytest.mark.parametrize(
    ("kind", "name", "address", "lines"),
    [
        ("inet", "25", "", [1]),
        ("unix", "smtp", "", [2]),
        ("unix", "25", "", []),
        ("inet", "submissions", "", [3]),
        ("inet", "465", "", [3]),
        ("inet", "urd", "all", [3]),
        ("inet", "465", "127.0.0.1", []),
        ("inet", "submission", "", [4, 5]),
        ("inet", "587", "::1", [5]),
        ("inet", "587", "all", []),
        ("inet", "submission_alt", "", [6, 7]),
        ("inet", "submission_alt", "all", [6]),
        ("inet", "nonsense", "", []),
    ],
)
def test_a_listener_is_found_by_its_port(
    kind: str, name: str, address: str, lines: list[int]
) -> None:
    found = matching(MasterCf.parse(FILE).entries, kind, name, address, _no_name)
    assert [entry.line for entry in found] == lines


@pytest.mark.parametrize(
    ("names", "line"),
    [(["465"], 1), (["127.0.0.1:465"], 1), (["127.0.0.1:465", "smtps"], 2), (["465", "465"], 2)],
)
def test_the_entry_without_an_address_and_the_last_one_count(names: list[str], line: int) -> None:
    text = "".join(f"{name} inet n - y - - smtpd\n" for name in names)
    entry = chosen(MasterCf.parse(text).entries)
    assert entry
    assert entry.line == line


@pytest.mark.parametrize("names", [["smtps", "465"], ["127.0.0.1:465", "[::1]:465"]])
def test_several_candidates_are_an_error(names: list[str]) -> None:
    text = "".join(f"{name} inet n - y - - smtpd\n" for name in names)
    with pytest.raises(CfError, match=r"\(line 1\), .* \(line 2\); name one by its address"):
        chosen(MasterCf.parse(text).entries)


@pytest.mark.parametrize(
    ("name", "address", "version", "expected"),
    [
        ("submissions", "", (3, 6), "submissions"),
        ("submissions", "", (3, 5), "465"),
        ("submission_alt", "", (3, 10), "2525"),
        ("smtp", "127.0.0.1", (3, 10), "127.0.0.1:smtp"),
        ("10025", "::1", (3, 10), "[::1]:10025"),
        ("smtp", "all", (3, 10), "smtp"),
    ],
)
def test_a_new_entry_is_spelled_so_that_postfix_knows_it(
    name: str, address: str, version: tuple[int, int], expected: str
) -> None:
    assert spelled(name, address, version, _no_name) == expected


def test_a_name_without_a_port_is_refused() -> None:
    assert port_of("0", _no_name) is None
    assert port_of("65536", _no_name) is None
    assert port_of("amavis", lambda name, protocol: 10024) == 10024
    with pytest.raises(CfError, match="no port and no service"):
        spelled("amavis", "", (3, 10), _no_name)
