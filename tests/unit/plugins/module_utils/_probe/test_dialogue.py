# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the dialogues byte by byte: scripts of servers, good and bad, split at every offset."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.observation import Failure
from ansible_collections.postmaster.mailports.plugins.module_utils._model.safe_text import printable
from ansible_collections.postmaster.mailports.plugins.module_utils._probe.dialogue import (
    PENDING_LIMIT,
    TOTAL_LIMIT,
    Dialogue,
    Facts,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._probe.protocols import (
    syntax_for,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.module_utils._probe.access_talks import (
    I_ASK,
    I_BYE,
    I_FOUND,
    I_GREETING,
    I_LIST_TLS,
    I_OPEN,
    I_START,
    IMAP,
    P_ASK,
    P_BYE,
    P_FOUND,
    P_GREETING,
    P_LIST_TLS,
    P_OPEN,
    P_START,
    POP3,
)
from tests.unit.plugins.module_utils._probe.scripting import (
    USER,
    Case,
    End,
    Tls,
    Turn,
    case,
    play,
)
from tests.unit.plugins.module_utils._probe.smtp_talks import (
    S_BYE,
    S_FOUND,
    S_GREETING,
    S_HELLO,
    S_LIST_TLS,
    S_OPEN,
    S_START,
    SMTP,
)

# --- a command in clear behind STARTTLS ------------------------------------------------------

INJECTED = {
    "smtp": (S_OPEN, S_HELLO + S_START + b"NOOP\r\n<TLS>" + S_BYE, S_FOUND),
    "imap": (I_OPEN, I_ASK + I_START + b"injected NOOP\r\n<TLS>" + I_BYE, I_FOUND),
    "pop3": (P_OPEN, P_ASK + P_START + b"INJECTED\r\n<TLS>" + P_BYE, P_FOUND),
}
INJECTION_ANSWERS = [
    ("smtp", (b"221 bye\r\n",), "safe"),
    ("smtp", (b"221-bye\r\n221 bye\r\n",), "safe"),
    ("smtp", (b"250 ok\r\n221 bye\r\n",), "vulnerable"),
    ("smtp", (b"250 ok\r\n", End("timeout")), "vulnerable"),
    ("smtp", (b"421 busy\r\n",), "untried"),
    ("smtp", (End(),), "safe"),
    ("smtp", (b"22", End()), "untried"),
    ("smtp", (End("timeout"),), "untried"),
    ("smtp", (End("reset"),), "untried"),
    ("smtp", (End("deadline"),), "untried"),
    ("imap", (b"* BYE bye\r\na OK out\r\n",), "safe"),
    ("imap", (b"injected OK ok\r\n* BYE bye\r\na OK out\r\n",), "vulnerable"),
    ("imap", (b"* BYE bye\r\n", End()), "untried"),
    ("imap", (End(),), "safe"),
    ("pop3", (b"+OK bye\r\n",), "safe"),
    ("pop3", (b"-ERR what\r\n+OK bye\r\n",), "vulnerable"),
    ("pop3", (b"what\r\n",), "untried"),
    ("pop3", (End(),), "safe"),
]
INJECTION = {}
for number, (protocol, answer, verdict) in enumerate(INJECTION_ANSWERS):
    opening, sent, found = INJECTED[protocol]
    broken = verdict == "untried" and isinstance(answer[-1], End)
    INJECTION[f"{number}_{protocol}_{verdict}"] = case(
        protocol,
        *opening,
        *answer,
        setup={"inject": True},
        sent=sent,
        **found,
        injection=verdict,
        failure=Failure("injection", answer[-1].kind, "the end") if broken else None,
    )

CASES = {
    f"{prefix}_{name}": row
    for prefix, rows in (("smtp", SMTP), ("imap", IMAP), ("pop3", POP3), ("inject", INJECTION))
    for name, row in rows.items()
}


def expected(row: Case) -> Facts:
    """Return the facts of the table; what a row leaves out has its default."""
    facts = Facts()
    for name, value in row.facts.items():
        setattr(facts, name, value)
    return facts


@pytest.mark.parametrize("name", CASES)
def test_the_facts_and_the_bytes_sent_are_those_of_the_table(name: str) -> None:
    """One row of the table, the script unsplit."""
    row = CASES[name]
    sent, facts, wants, unread = play(row)
    assert sent == row.sent
    assert facts == expected(row)
    assert wants == "done"
    assert unread == 0 or row.facts.get("failure") or "FTP" in name


@pytest.mark.parametrize("name", CASES)
def test_splits_change_nothing(name: str) -> None:
    """Cut at every offset, and byte by byte, the same script brings the same facts."""
    row = CASES[name]
    sent, facts, wants, _unread = play(row)
    longest = max([len(turn) for turn in row.script if isinstance(turn, bytes)], default=0)
    for cuts in [(cut,) for cut in range(1, longest)] + [tuple(range(1, longest))]:
        assert play(row, cuts)[:3] == (sent, facts, wants)


@pytest.mark.parametrize("name", CASES)
def test_replies_sent_ahead_change_nothing(name: str) -> None:
    """A server that sends all its replies up to TLS in one go is heard the same."""
    row = CASES[name]
    script: list[Turn] = []
    for turn in row.script:
        if isinstance(turn, bytes) and script and isinstance(script[-1], bytes):
            script[-1] += turn
        else:
            script.append(turn)
    assert play(replace(row, script=tuple(script)))[:3] == play(row)[:3]


def test_every_step_is_refused_once() -> None:
    """The table holds a farewell for each step of SMTP, and each kind of failure."""
    kinds = {row.facts["failure"].kind for row in CASES.values() if row.facts.get("failure")}
    assert kinds == {"closed", "timeout", "reset", "garbled", "foreign", "deadline"}


# --- responses injected in clear behind the answer to STARTTLS ------------------------------

LEFTOVERS = {
    "smtp": (S_OPEN, S_LIST_TLS, "clear", b"250-evil\r\n250 AUTH PLAIN\r\n"),
    "imap": (I_OPEN, I_LIST_TLS, "clear", b"* CAPABILITY AUTH=PLAIN\r\na OK\r\n"),
    "pop3": (P_OPEN, P_LIST_TLS, "clear", b"+OK\r\nUSER\r\n.\r\n"),
}


@pytest.mark.parametrize("protocol", LEFTOVERS)
def test_data_behind_the_go_ahead_is_counted_and_thrown_away(protocol: str) -> None:
    """It never becomes an answer inside TLS; what comes later belongs to the handshake."""
    opening, listing, _phase, evil = LEFTOVERS[protocol]
    go_ahead = opening[2]
    assert isinstance(go_ahead, bytes)
    row = Case(protocol, (*opening[:2], go_ahead + evil, Tls(), listing), b"", {}, {})
    honest = play(replace(row, script=(*opening, listing)))
    for cut in range(len(go_ahead), len(go_ahead + evil)):
        sent, facts, _wants, unread = play(row, (cut,))
        assert sent == honest[0]
        assert facts.secure == honest[1].secure
        assert facts.starttls.status == "accepted"
        assert facts.starttls.leftover + unread == len(evil)
        assert facts.starttls.leftover == cut - len(go_ahead) or cut == len(go_ahead)


# --- floods and noise ------------------------------------------------------------------------

FLOODS = {
    "smtp_line": ("smtp", b"220 ", b"A" * 999),
    "smtp_greeting": ("smtp", b"", b"220-more\r\n"),
    "smtp_listing": ("smtp", S_GREETING + b"250-x\r\n", b"250-MORE\r\n"),
    "imap_line": ("imap", b"* OK ", b"A" * 999),
    "imap_listing": ("imap", I_GREETING, b"* CAPABILITY MORE\r\n"),
    "pop3_line": ("pop3", b"+OK ", b"A" * 999),
    "pop3_listing": ("pop3", P_GREETING + b"+OK\r\n", b"MORE\r\n"),
}


@pytest.mark.parametrize("name", FLOODS)
@pytest.mark.parametrize("chunk", [4096, 65536])
def test_a_flood_ends_and_is_bounded(name: str, chunk: int) -> None:
    """The dialogue gives up before it has held more than its limits and one chunk."""
    protocol, start, more = FLOODS[name]
    dialogue = Dialogue(syntax_for(protocol, "x"))
    data = start + more * (2 * TOTAL_LIMIT // len(more))
    taken = 0
    while dialogue.wants == "read":
        dialogue.receive(data[taken : taken + chunk])
        taken += chunk
        assert taken <= TOTAL_LIMIT + 2 * chunk
    assert dialogue.facts.failure is not None
    assert dialogue.facts.failure.kind == "flood"
    if name.endswith("line"):
        assert taken <= PENDING_LIMIT + 2 * chunk


@pytest.mark.parametrize("extra", [0, 1])
def test_a_line_that_is_just_too_long(extra: int) -> None:
    """The limit of a line is the same however it is split."""
    line = b"220 " + b"A" * (PENDING_LIMIT - 5 + extra) + b"\n"
    for chunk in (len(line), 1000, 65536):
        dialogue = Dialogue(syntax_for("smtp", "x"))
        for start in range(0, len(line), chunk):
            if dialogue.wants == "read":
                dialogue.receive(line[start : start + chunk])
        assert (dialogue.step == "done") is bool(extra)


def test_a_capability_is_not_cut_off_behind_control_bytes() -> None:
    """What makes a line longer when printed does not hide the logins at its end."""
    line = b"250 X" + b"\x01" * 60_000
    dialogue = Dialogue(syntax_for("smtp", "x"))
    dialogue.receive(S_GREETING)
    dialogue.receive(b"250-x\r\n" + line + b"\r\n")
    assert dialogue.facts.clear.capabilities is not None
    assert dialogue.facts.clear.capabilities[0].endswith("\\X01")
    other = Dialogue(syntax_for("imap", "x"))
    other.receive(b"* OK\r\n")
    other.receive(b"* CAPABILITY " + b"\x01" * 60_000 + b" AUTH=PLAIN LOGINDISABLED\r\na OK\r\n")
    assert other.facts.clear.mechanisms == ("PLAIN",)


def texts(value: Any) -> list[str]:
    """Return every text within facts."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, (tuple, list)):
        return [text for one in value for text in texts(one)]
    if hasattr(value, "__dict__"):
        return [text for one in vars(value).values() for text in texts(one)]
    return []


PIECES = st.sampled_from(
    b"]|\xe2\x80\xae| |220 |250-|250 |421 |* OK |* BYE|a OK |a NO |+OK|-ERR|+ |.|STARTTLS|STLS|"
    b"AUTH PLAIN|AUTH=PLAIN|* CAPABILITY |[CAPABILITY |\r\n|\n|\r|\x1b[2J|\xff\xfe|\0".split(b"|")
)
NOISE = st.lists(st.one_of(PIECES, st.binary(max_size=12)), max_size=40).map(b"".join)


@given(
    protocol=st.sampled_from(["smtp", "imap", "pop3"]),
    parts=st.lists(st.one_of(NOISE, st.just(Tls()), st.just(End())), max_size=12),
    implicit=st.booleans(),
    handshake_only=st.booleans(),
    inject=st.booleans(),
    login=st.booleans(),
)
def test_no_bytes_break_a_dialogue(
    protocol: str,
    parts: list[Turn],
    implicit: bool,
    handshake_only: bool,
    inject: bool,
    login: bool,
) -> None:
    """Whatever comes: no exception, and every text is fit to print."""
    dialogue = Dialogue(
        syntax_for(protocol, "x"),
        implicit=implicit,
        handshake_only=handshake_only,
        inject=inject,
        credentials=USER if login else None,
    )
    sent = b""
    for part in parts:
        if dialogue.wants == "done":
            break
        if dialogue.wants == "tls":
            sent += dialogue.tls_started(True)
        elif isinstance(part, bytes):
            sent += dialogue.receive(part)
    if dialogue.wants != "done":
        dialogue.ended("closed", "the end")
    assert dialogue.wants == "done"
    assert all(text == printable(text, 2 * TOTAL_LIMIT) for text in texts(dialogue.facts))
    assert len(sent) < 1000


@given(data=NOISE, protocol=st.sampled_from(["smtp", "imap", "pop3"]), cut=st.integers(0, 400))
def test_noise_split_or_whole_is_the_same(data: bytes, protocol: str, cut: int) -> None:
    """The facts of any bytes do not depend on how they arrive, up to TLS."""
    row = Case(protocol, (data, End()), b"", {}, {})
    sent, facts, wants, unread = play(row)
    again, others, wanted, unread_then = play(row, (cut,) if cut else ())
    leftover = facts.starttls.leftover + unread
    assert (sent, wants) == (again, wanted)
    facts.starttls = replace(facts.starttls, leftover=0)
    leftover_then = others.starttls.leftover + unread_then
    others.starttls = replace(others.starttls, leftover=0)
    assert facts == others
    if facts.starttls.status == "accepted":
        assert leftover == leftover_then


def test_a_password_is_in_no_text_of_the_credentials() -> None:
    """Neither repr nor str of the credentials shows it."""
    assert "Wonder" not in repr(USER) + str(USER)
