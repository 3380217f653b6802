# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that master.cf is read as Postfix reads it, and that an edit changes its entry only."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.files.lines import (
    CfError,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.files.master_cf import (
    MasterCf,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.files.master_edit import (
    Wanted,
    added,
    changed,
    removed,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.files.master_find import (
    chosen,
    matching,
    port_of,
    spelled,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.module_utils._postfix.master_files import (
    NAMES,
    SPACED,
    VALUE,
    files,
)

ROW = "smtp inet n - y - - smtpd"
WANTED = st.builds(
    Wanted,
    st.dictionaries(st.sampled_from(["chroot", "private"]), st.sampled_from("yn-")),
    st.dictionaries(st.sampled_from((*NAMES, "new")), VALUE | SPACED.map(" ".join) | st.none()),
    st.booleans(),
    st.none() | st.lists(st.sampled_from(["a", "b=c", "d e"]), max_size=2),
)


@given(files())
def test_any_file_survives_byte_for_byte(text: str) -> None:
    assert MasterCf.parse(text).text == text


@given(files(), WANTED, st.data())
def test_a_change_touches_only_its_entry(text: str, wanted: Wanted, data: st.DataObject) -> None:
    """Every other line stays byte for byte, and the same change again changes nothing."""
    old = MasterCf.parse(text)
    if not old.entries:
        return
    place = data.draw(st.integers(0, len(old.entries) - 1))
    entry = old.entries[place]
    new = changed(old, entry, wanted)
    mine = new.entries[place]
    assert mine.values == wanted.values(entry.values)
    # A comment inside the entry stays, but stands alone when the lines around it are gone.
    inside = {raw for line, e in old.lines if e is entry for raw in line.raw.splitlines()}
    assert [raw for raw in _raws(new, mine) if raw not in inside or raw in _raws(old, entry)] == (
        _raws(old, entry)
    )
    assert [t.text for t in mine.flags] != ["-"]
    assert changed(new, mine, wanted).text == new.text


@given(files(), WANTED)
def test_an_addition_leaves_all_else(text: str, wanted: Wanted) -> None:
    old = MasterCf.parse(text)
    fields = {**wanted.fields, "service": "1025", "type": "inet", "command": "smtpd"}
    new = added(old, Wanted(fields, wanted.options, arguments=wanted.arguments))
    entry = next(e for e in new.entries if e["service"] == "1025")
    assert entry.values == wanted.values({})
    assert _raws(old) == _raws(new, entry)
    assert removed(new, [entry]).text in (text, text + "\n")


@given(files(), st.data())
def test_a_removal_leaves_all_else_and_the_comments(text: str, data: st.DataObject) -> None:
    old = MasterCf.parse(text)
    if not old.entries:
        return
    entry = data.draw(st.sampled_from(old.entries))
    new = removed(old, [entry])
    assert [e.meaning for e in new.entries] == [e.meaning for e in old.entries if e is not entry]
    assert new.text.count("#") >= sum(line.comments.count("#") for line, _entry in old.lines)


def _raws(file: MasterCf, but: object = None) -> list[str]:
    return [line.raw.rstrip("\n") for line, e in file.lines if e is None or e is not but]


@pytest.mark.parametrize(
    ("text", "wanted", "expected"),
    [
        (" -o a=b", Wanted(options={"a": "c"}), " -o a=c"),
        (" -oa=b", Wanted(options={"a": "c d"}), " -o { a = c d }"),
        (" -vo a=b", Wanted(options={"a": None}), " -v"),
        (" -voa=b", Wanted(options={"a": "c"}), " -v -o a=c"),
        (" -o { a = b }", Wanted(options={"a": "b"}), " -o { a = b }"),
        (" -o a=b -o a=c", Wanted(options={"a": "d"}), " -o a=b -o a=d"),
        (" -o a=b -o a=c", Wanted(options={"a": None}), ""),
        ("\n\t-o a=b\n #x\n\t-o c=d", Wanted(options={"e": "f"}, purge=True), "\n #x\n\t-o e=f"),
        ("\n  -o a=b", Wanted(options={"c": ""}), "\n  -o a=b\n  -o c="),
        (" flags=D argv=x", Wanted(options={"a": "b"}), "\n  -o a=b flags=D argv=x"),
        (" flags=D", Wanted(arguments=["x", "y z"]), " x { y z }"),
        (" -o a=b\n  flags=D", Wanted(arguments=[]), " -o a=b"),
    ],
)
def test_changes(text: str, wanted: Wanted, expected: str) -> None:
    file = MasterCf.parse(f"{ROW}{text}\n")
    assert changed(file, file.entries[0], wanted).text == f"{ROW}{expected}\n"


def test_columns_stay_where_they_are() -> None:
    text = "smtp      inet  n       -       y       -       -       smtpd\n"
    file = MasterCf.parse(text)
    new = changed(file, file.entries[0], Wanted({"maxproc": "1000", "chroot": "n"}))
    assert new.text == "smtp      inet  n       -       n       -       1000    smtpd\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("  -o a=b\n", "line 1: a line that starts with white space continues nothing"),
        ("# c\nsmtp inet n - y - -\n", "line 2: 7 fields where an entry has at least 8"),
        (f"{ROW} -o {{ a = b\n", "line 1: a brace is opened and not closed"),
        (f"{ROW} -o {{a=b}}c\n", "line 1: text behind the brace"),
        (f"{ROW} -o\n", "line 1: nothing follows -o"),
        (f"{ROW} -o a = b\n", "line 1: -o is followed by 'a'"),
        ("smtp bad n - y - - smtpd\n", "line 1: type: 'bad' is not valid"),
        ("smtp inet n - y x - smtpd\n", "line 1: wakeup: 'x' is not valid"),
    ],
)
def test_a_broken_file_is_an_error_with_its_line(text: str, said: str) -> None:
    with pytest.raises(CfError, match=said):
        MasterCf.parse(text)


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted({"wakeup": "soon"}),
        Wanted({"service": "a b"}),
        Wanted(options={"a": "x { y"}),
        Wanted(options={"a": "{"}),
        Wanted(options={"a b": "c"}),
        Wanted(options={"a": "\x07"}),
        Wanted(arguments=["-v"]),
        Wanted(arguments=["{"]),
        Wanted(arguments=[" "]),
    ],
)
def test_what_cannot_be_written_is_refused(wanted: Wanted) -> None:
    file = MasterCf.parse(f"{ROW}\n")
    with pytest.raises(CfError):
        changed(file, file.entries[0], wanted)


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
