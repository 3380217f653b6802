# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that an edit of master.cf changes its entry only."""

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
