# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the plan for Postfix: from an intent and two files to the files as they shall be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.host_view import (
    Configured,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.demands import Wanted
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.effective import (
    differing,
    identity,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.entries import (
    PlanError,
    entries_of,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.files.lines import (
    CfError,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.files.main_cf import (
    MainCf,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.files.master_cf import (
    MasterCf,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.plan import (
    differences,
    plan,
    restart_needed,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.module_utils._postfix.master_files import (
    files,
)
from tests.unit.plugins.module_utils._postfix.postfix_files import (
    CERTIFICATE,
    KEY,
    MAIN,
    MASTER,
    SCREEN,
    SMTP,
    listeners,
    planned,
    present,
    wanted,
)

CHAIN = f"smtpd_tls_chain_files = {KEY}, {CERTIFICATE}\n"
PROTOCOLS = "smtpd_tls_protocols = >=TLSv1.2\nsmtpd_tls_mandatory_protocols = >=TLSv1.2\n"
LOGINS = "smtpd_tls_auth_only = yes\nsmtpd_sasl_type = dovecot\nsmtpd_sasl_path = private/auth\n"
USERS = (
    "  -o smtpd_sasl_auth_enable=yes\n"
    "  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject\n"
)
SUBMISSION = (
    "submission inet  n       -       y       -       -       smtpd\n"
    "  -o syslog_name=postfix/submission\n  -o smtpd_tls_security_level=encrypt\n" + USERS
)
SUBMISSIONS = (
    "submissions inet  n       -       y       -       -       smtpd\n"
    "  -o syslog_name=postfix/submissions\n  -o smtpd_tls_wrappermode=yes\n" + USERS
)
ALTERNATIVE = (
    "2525      inet  n       -       y       -       -       smtpd\n"
    "  -o syslog_name=postfix/submission_alt\n  -o smtpd_tls_security_level=encrypt\n" + USERS
)
# What the chain makes idle is emptied, since Postfix would warn of it at every connection.
EMPTIED = MAIN.replace("/etc/ssl/certs/ssl-cert-snakeoil.pem", "")
ALL = ("smtp", "submission", "submissions", "submission_alt")


def test_debian_s_own_files() -> None:
    """Only what differs is written: to the end of main.cf, and behind the last inet entry."""
    made = planned(wanted(*ALL))
    assert made.main == EMPTIED + CHAIN + PROTOCOLS + LOGINS
    assert made.master == MASTER.replace(SMTP, SMTP + SUBMISSION + SUBMISSIONS + ALTERNATIVE)
    assert made.warnings == ()


def test_a_relay_needs_no_logins() -> None:
    made = planned(wanted("smtp"))
    assert made.main == EMPTIED + CHAIN + PROTOCOLS
    assert made.master == MASTER


def test_nothing_open_is_nothing_but_removals() -> None:
    made = planned(wanted(), master=MASTER.replace(SMTP, SMTP + SUBMISSION))
    assert made.main == MAIN
    assert made.master == MASTER.replace(SMTP, "")


@pytest.mark.parametrize(
    "name", ["smtps", "submissions", "465", "192.0.2.1:465", "[2001:db8::1]:urd"]
)
def test_a_listener_is_edited_whatever_its_name(name: str) -> None:
    """Options that are not ours, their spelling and the comments stay."""
    entry = (
        f"{name}     inet n  -  n  - 20 smtpd # x\n"
        "  -ocontent_filter=scan:[127.0.0.1]:10025\n"
        "  # a remark\n"
        "\t-o { smtpd_sender_restrictions = reject_sender_login_mismatch permit }\n"
        "#  -o commented=out\n"
    ).replace(" # x", "")
    made = planned(wanted("smtp", "submissions"), master=MASTER + entry)
    added = "\t-o smtpd_tls_wrappermode=yes\n" + USERS.replace("  -o", "\t-o")
    lines = entry.splitlines(keepends=True)
    assert made.master == MASTER + "".join(lines[:4]) + added + lines[4]
    assert len(made.warnings) == (":" in name)


def test_closed_entries_go_and_others_stay() -> None:
    """Also by address, and with a remark inside, which stays; ports of no service are kept."""
    more = (
        "127.0.0.1:submission inet n - y - - smtpd\n  # remark\n  -o a=b\n"
        "2525 inet n - y - - smtpd\n"
        "10025 inet n - y - - smtpd -o content_filter=\n"
        "1465 inet n - y - - smtpd\n"
    )
    made = planned(wanted("smtp"), master=MASTER + more)
    scan, other = "".join(more.splitlines(keepends=True)[4:]).splitlines(keepends=True)
    # What main.cf gives to all is what these had before.
    pins = (
        "  -o smtpd_tls_cert_file=/etc/ssl/certs/ssl-cert-snakeoil.pem\n"
        "  -o smtpd_tls_chain_files=\n  -o smtpd_tls_mandatory_protocols=>=TLSv1\n"
        "  -o smtpd_tls_protocols=>=TLSv1\n"
    )
    assert made.master == MASTER + "  # remark\n" + scan + pins + other + pins


HAND = [
    pytest.param("smtpd_tls_protocols=!SSLv2,!SSLv3,!TLSv1,!TLSv1.1\n", "tls_protocols", id="list"),
    pytest.param("smtpd_tls_protocols = TLSv1.2 TLSv1.3\n", "tls_protocols", id="included"),
    pytest.param(f"smtpd_tls_chain_files = {KEY}\n  {CERTIFICATE}\n", "chain_files", id="chain"),
    pytest.param("smtpd_tls_protocols = >=TLSv1.3\n", "tls_protocols", id="newer"),
    pytest.param("smtpd_tls_auth_only = YES\n", "auth_only", id="case"),
    pytest.param("smtpd_forbid_bare_newline = reject\n", "bare_newline", id="stricter"),
    pytest.param("smtpd_relay_restrictions = check_x a:b, reject\n", "relay", id="relay"),
    pytest.param("smtpd_sasl_path = private/auth\n", "sasl_path", id="sasl"),
]


@pytest.mark.parametrize(("line", "name"), HAND)
def test_what_is_good_already_keeps_its_spelling(line: str, name: str) -> None:
    made = planned(wanted(*ALL), main=MAIN + line)
    assert line in made.main
    assert made.main.count(name) == line.count(name)


MENDED = [
    ("smtpd_tls_security_level = none\n", "smtpd_tls_security_level = may\n"),
    ("smtpd_relay_restrictions = permit\n", "smtpd_relay_restrictions = permit_mynetworks, "),
    (
        "smtpd_relay_restrictions = permit, reject\n",
        "smtpd_relay_restrictions = permit_mynetworks, ",
    ),
    ("smtpd_relay_restrictions =\n", "smtpd_relay_restrictions = permit_mynetworks, "),
    ("smtpd_tls_protocols = !SSLv2\n", "smtpd_tls_protocols = >=TLSv1.2\n"),
    ("smtpd_forbid_bare_newline = no\n", "smtpd_forbid_bare_newline = normalize\n"),
    ("smtpd_sasl_type = cyrus\n", "smtpd_sasl_type = dovecot\n"),
]


@pytest.mark.parametrize(("line", "expected"), MENDED)
def test_what_is_not_good_is_mended(line: str, expected: str) -> None:
    made = planned(wanted("smtp", "submission"), main=MAIN + line)
    assert EMPTIED + expected in made.main


def test_kept_as_asked() -> None:
    """Relay restrictions, SASL and newlines are left alone where that is asked for."""
    main = MAIN + "smtpd_relay_restrictions = permit\nsmtpd_forbid_bare_newline = no\n"
    wish = wanted("submission", relay_restrictions="keep", bare_newline="keep", auth_socket="")
    auth_only = LOGINS.partition("\n")[0] + "\n"
    kept = main.replace(MAIN, EMPTIED)
    assert planned(wish, main=main).main == kept + CHAIN + PROTOCOLS + auth_only


def test_relay_by_the_recipient_list() -> None:
    """As it was before Postfix 2.10; an empty relay list is then no open relay."""
    main = "smtpd_relay_restrictions =\nsmtpd_recipient_restrictions = reject_unauth_destination\n"
    assert "permit_mynetworks" not in planned(wanted("smtp"), main=main).main


def test_a_tls_version_that_is_asked_for_is_the_lowest() -> None:
    """A stricter list stays only where nothing is asked for, so that it can be loosened again."""
    main = MAIN + "smtpd_tls_protocols = >=TLSv1.3\n"
    made = planned(wanted("smtp", min_tls="TLSv1.2"), main=main)
    assert "smtpd_tls_protocols = >=TLSv1.2\n" in made.main
    nothing = MAIN + "smtpd_tls_protocols = !SSLv3 !TLSv1 !TLSv1.1 !TLSv1.2 !TLSv1.3\n"
    assert "smtpd_tls_protocols = >=TLSv1.2\n" in planned(wanted("smtp"), main=nothing).main


OLDER = [
    ((3, 5), {}, "smtpd_tls_protocols = !SSLv2, !SSLv3, !TLSv1, !TLSv1.1\n"),
    ((3, 5), {"min_tls": "TLSv1.3"}, "!TLSv1.1, !TLSv1.2\n"),
    ((3, 6), {}, "smtpd_tls_protocols = >=TLSv1.2\n"),
    ((3, 6), {"min_tls": "TLSv1.3"}, "smtpd_tls_protocols = >=TLSv1.3\n"),
]


@pytest.mark.parametrize(("version", "more", "expected"), OLDER)
def test_versions_in_the_syntax_that_this_postfix_knows(
    version: Any, more: dict[str, Any], expected: str
) -> None:
    assert expected in planned(wanted("smtp", **more), version=version).main


def test_names_that_this_postfix_does_not_know() -> None:
    """Before 3.6 it has no names of its own, and this host knows none: numbers are written."""
    made = planned(wanted("smtp", "submissions"), version=(3, 5))
    assert made.master == MASTER.replace(
        SMTP, SMTP + SUBMISSIONS.replace("submissions inet", "465       inet", 1)
    )


def test_bare_newlines_where_postfix_knows_only_yes_and_no() -> None:
    older = present(smtpd_forbid_bare_newline="no")
    values = {k: v for k, v in older.values.items() if not k.endswith("_reject_code")}
    without = type(older)(older.main, older.master, (3, 7), values, older.ask)
    assert "smtpd_forbid_bare_newline = yes\n" in plan(without, wanted("smtp")).main
    del values["smtpd_forbid_bare_newline"]
    assert "bare_newline" not in plan(without, wanted("smtp")).main


def test_logins_for_all_are_switched_off_on_the_relay() -> None:
    """In the entry, so that entries of others keep what main.cf gives them."""
    main = MAIN.replace("level=may", "level=encrypt") + "smtpd_sasl_auth_enable = yes\n"
    made = planned(wanted("smtp", "submission"), main=main)
    off = "  -o smtpd_tls_security_level=may\n  -o smtpd_sasl_auth_enable=no\n"
    assert SMTP + off in made.master
    assert "smtpd_tls_security_level=encrypt\n" in made.main


def test_postscreen_keeps_standing_in_front() -> None:
    """The options go to the entry behind it; its own TLS level follows where it must."""
    main = MAIN + "smtpd_sasl_auth_enable = yes\n"
    made = planned(wanted("smtp"), main=main, master=SCREEN)
    assert made.master == SCREEN.replace("=pre\n", "=pre\n  -o smtpd_sasl_auth_enable=no\n")
    made = planned(wanted("smtp"), main=MAIN.replace("level=may", "level=encrypt"), master=SCREEN)
    level = "  -o {}_tls_security_level=may\n"
    assert made.master == SCREEN.replace(
        "postscreen\n", "postscreen\n" + level.format("postscreen")
    ).replace("=pre\n", "=pre\n" + level.format("smtpd"))


def test_postscreen_follows_main_cf() -> None:
    """Its level is that of smtpd unless it has its own, so that nothing needs to be said."""
    main = MAIN.replace("level=may", "level=none")
    made = planned(wanted("smtp"), main=main, master=SCREEN)
    assert made.master == SCREEN
    own = "postscreen_tls_security_level = none\n"
    made = planned(wanted("smtp"), main=main + own, master=SCREEN)
    assert "postscreen\n  -o postscreen_tls_security_level=may\n" in made.master


def test_tls_for_everybody_where_there_is_no_public_mx() -> None:
    made = planned(wanted("smtp", public_mx=False, smtp_tls="encrypt"))
    assert made.master == MASTER.replace(SMTP, SMTP + "  -o smtpd_tls_security_level=encrypt\n")


def test_lists_for_strangers_do_not_turn_users_away() -> None:
    """A new listener empties those that know no users; the senders' list, and others, it keeps.
    One that was there keeps them, and a warning says so."""
    main = MAIN + (
        "smtpd_client_restrictions = reject_rbl_client x\n"
        "smtpd_helo_restrictions = permit_sasl_authenticated, reject_x\n"
        "smtpd_sender_restrictions = reject_sender_login_mismatch\n"
    )
    made = planned(wanted("submission"), main=main)
    assert "  -o smtpd_client_restrictions=\n" in made.master
    assert "helo" not in made.master
    assert "sender" not in made.master
    assert made.warnings == ()
    made = planned(wanted("submission"), main=main, master="587 inet n - y - - smtpd\n")
    assert "client" not in made.master
    (said,) = made.warnings
    assert said.startswith("smtpd_client_restrictions of 587 (line 1) is 'reject_rbl_client x': ")


@pytest.mark.parametrize(
    ("own", "kept"),
    [
        ("smtpd_relay_restrictions=permit_mynetworks,permit_sasl_authenticated,reject", True),
        ("smtpd_client_restrictions=permit_sasl_authenticated,reject", True),
        ("smtpd_recipient_restrictions=$mua", True),
        ("smtpd_relay_restrictions=permit_sasl_authenticated,permit", False),
        ("smtpd_relay_restrictions=reject", False),
    ],
)
def test_a_list_that_refuses_strangers_stays(own: str, kept: bool) -> None:
    main = MAIN + "mua = permit_sasl_authenticated, reject\n"
    entry = f"587 inet n - y - - smtpd -o {own}\n"
    made = planned(wanted("submission"), main=main, master=entry)
    assert (f"-o {own}\n" in made.master) is kept
    assert (
        "smtpd_relay_restrictions=permit_sasl_authenticated,reject\n" in made.master
    ) is not kept


def test_options_of_single_listeners() -> None:
    extra = {"smtp": {"smtpd_banner": "$myhostname ESMTP", "content_filter": None}}
    entry = SMTP + "  -o content_filter=x\n"
    made = planned(wanted("smtp", extra=extra), master=entry)
    assert made.master == SMTP + "  -o { smtpd_banner = $myhostname ESMTP }\n"


def test_relay_restrictions_of_a_single_listener() -> None:
    """What is asked for by name comes before what would be written, also the second time."""
    extra = {"submission": {"smtpd_relay_restrictions": "check_sasl_access a:b, reject"}}
    made = planned(wanted("submission", extra=extra))
    assert "-o { smtpd_relay_restrictions = check_sasl_access a:b, reject }\n" in made.master
    assert made.master.count("smtpd_relay_restrictions") == 1


@pytest.mark.parametrize(
    ("interfaces", "addresses", "expected"),
    [
        ("all", (), "all"),
        ("loopback-only", (), "all"),
        ("127.0.0.1, [::1]", (), "all"),
        ("198.51.100.1, localhost", (), "198.51.100.1, localhost"),
        ("all", ("198.51.100.1", "2001:db8::1"), "198.51.100.1, 2001:db8::1"),
        ("198.51.100.1,[2001:db8:0::1]", ("198.51.100.1", "2001:db8::1"), None),
        ("all", ("127.0.0.1",), "127.0.0.1"),
    ],
)
def test_addresses(interfaces: str, addresses: tuple[str, ...], expected: str) -> None:
    """Loopback alone is for nobody else, unless it is asked for by name."""
    main = MAIN.replace("= all", f"= {interfaces}")
    made = planned(wanted("smtp", addresses=addresses), main=main)
    assert MainCf.parse(made.main).values["inet_interfaces"] == (expected or interfaces)
    assert bool(made.warnings) == (expected == "all" != interfaces)


REFUSED = [
    (wanted("smtp", smtp_tls="encrypt"), MASTER, "refused on a public MX"),
    (Wanted(listeners(smtp={"login": "required"})), MASTER, "a public MX must take mail"),
    (Wanted(listeners(smtp={"tls": "implicit"})), MASTER, "a public MX must take mail"),
    (Wanted(listeners(submission={"tls": "cleartext"})), MASTER, "a cleartext listener is refused"),
    (Wanted(listeners(smtp={}) * 2), MASTER, "given twice"),
    (wanted("smtp", extra={"submission": {"a": "b"}}), MASTER, "'submission' is not meant"),
    (wanted("smtp", extra={"smtp": {"smtpd_tls_wrappermode": "yes"}}), MASTER, "the intent"),
    (
        wanted("smtp", extra={"smtp": {"smtpd_relay_restrictions": "permit"}}),
        MASTER,
        "an open relay",
    ),
    (wanted("smtp"), "smtp inet n - y - 1 postscreen\n", "no entry 'smtpd pass'"),
    (wanted("submission"), "587 inet n - y - 1 postscreen\n", "line 1: 587 runs postscreen"),
    (wanted("smtp"), "25 inet n - y - 1 spawn\n", "line 1: 25 runs spawn"),
    (
        wanted("smtp"),
        "smtp inet n - y - - smtpd -o smtpd_upstream_proxy_protocol=haproxy\n",
        "line 1: smtp takes connections from a proxy alone",
    ),
    (
        wanted("smtp"),
        "smtp inet n - y - 1 postscreen -o postscreen_upstream_proxy_protocol=haproxy\n",
        "(postscreen_upstream_proxy_protocol = haproxy)",
    ),
    (wanted("smtp"), SMTP + "25 inet n - y - - smtpd\n", "smtp (line 1) and 25 (line 2)"),
]


@pytest.mark.parametrize(("wish", "master", "said"), REFUSED)
def test_what_no_postfix_can_be_given(wish: Wanted, master: str, said: str) -> None:
    with pytest.raises(PlanError) as refused:
        plan(present(master=master), wish)
    assert said in str(refused.value)


def test_no_certificate_anywhere() -> None:
    with pytest.raises(PlanError, match="certificate: this Postfix has none"):
        plan(present(main=""), wanted("smtp", certificate="", key=""))
    assert "chain" not in planned(wanted("smtp", certificate="", key="")).main


def test_a_broken_file_is_named_by_its_line() -> None:
    with pytest.raises(CfError, match="line 7"):
        plan(present(master=MASTER + "smtp inet n - y - smtpd\n"), wanted("smtp"))


@given(files(), st.sets(st.sampled_from(ALL)))
def test_any_file_keeps_what_is_not_named(text: str, services: set[str]) -> None:
    """Entries of other ports and types, their order and all comments stay, and each of them does
    what it did: nothing but options is added, and no effective setting differs."""
    wish = wanted(*sorted(services))
    ground = present(master=text)
    try:
        made = plan(ground, wish)
    except PlanError:
        # One listener twice; the table of refusals has it.
        return
    old, new = MasterCf.parse(text), MasterCf.parse(made.master)
    named = [
        {entry.line for one in wish.listeners for entry in entries_of(file, one, ground.ask)}
        for file in (old, new)
    ]
    rest = [
        [entry for entry in file.entries if entry.line not in mine]
        for file, mine in zip((old, new), named)
    ]
    assert [identity(entry) for entry in rest[0]] == [identity(entry) for entry in rest[1]]
    before = ground.settings
    after = before.changed(MainCf.parse(made.main).values)
    for was, now in zip(*rest):
        assert was.values.items() <= {**was.values, **now.values}.items()
        assert differing(was, now.values, before, after) == {}
    assert _comments(old) == [line for line in _comments(new) if line in _comments(old)]
    ports = {one.port for one in wish.open}
    there = {one.port for one in wish.listeners if entries_of(new, one, ground.ask)}
    assert there == ports
    assert plan(present(made.main, made.master), wish).master == made.master


def _comments(file: MasterCf) -> list[str]:
    physical = (raw.strip() for line, _entry in file.lines for raw in line.physical)
    return [raw for raw in physical if raw.startswith("#")]


FOUND = Configured("submission", "smtp", 587, "", "starttls", "required", False, True, "postfix")


@pytest.mark.parametrize(
    ("services", "found", "said"),
    [
        (("submission",), [FOUND], []),
        ((), [FOUND, FOUND], ["submission (587) is still configured"]),
        (("submissions",), [], ["submissions (465) is not configured"]),
        (
            ("submission",),
            [replace(FOUND, tls="cleartext")],
            ["submission (587) has TLS mode cleartext"],
        ),
        (
            ("submission",),
            [replace(FOUND, login="none")],
            ["submission (587) offers logins otherwise than intended"],
        ),
        (
            ("submission",),
            [replace(FOUND, clear_login=True)],
            ["submission (587) offers logins otherwise than intended"],
        ),
    ],
)
def test_differences(services: tuple[str, ...], found: list[Configured], said: list[str]) -> None:
    """What Postfix's own tools read out of the new files is held against the intent."""
    assert differences(wanted(*services), found) == said


def test_what_needs_a_restart() -> None:
    assert restart_needed({"inet_interfaces": "all"}, {"inet_interfaces": "127.0.0.1"})
    assert not restart_needed({"inet_interfaces": "all", "x": "1"}, {"inet_interfaces": "all"})
