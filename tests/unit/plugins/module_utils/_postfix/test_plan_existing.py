# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the plan for a Postfix that serves already: who answers about logins, who may relay."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Optional

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.demands import Wanted
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.files.main_cf import (
    MainCf,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.plan import plan

from tests.unit.plugins.module_utils._postfix.postfix_files import (
    CERTIFICATE,
    KEY,
    MAIN,
    SCREEN,
    SMTP,
    listeners,
    planned,
    present,
    wanted,
)


def test_an_entry_for_this_host_alone_is_opened() -> None:
    """Debian's file offers it; an intent is about what others reach, unless addresses are given."""
    entry = "127.0.0.1:submission inet n - y - - smtpd\n  -o smtpd_banner=x\n"
    made = planned(wanted("submission"), master=entry)
    assert made.master.startswith("submission inet n - y - - smtpd\n  -o smtpd_banner=x\n")
    second = entry.replace("127.0.0.1", "[::1]").replace("=x", "=y")
    assert planned(wanted("submission"), master=entry + second).master == made.master
    asked = plan(present(master=entry + second), wanted("submission"))
    assert len(asked.warnings) == 2
    kept = planned(wanted("submission", addresses=("127.0.0.1",)), master=entry)
    assert kept.master.startswith("127.0.0.1:submission")
    other = planned(wanted("submission"), master=entry + second.replace("::1", "2001:db8::1"))
    assert other.master.startswith("127.0.0.1:submission")
    assert [said.partition(" is ")[2] for said in other.warnings] == [
        "on 127.0.0.1 only",
        "on 2001:db8::1 only",
    ]


def test_a_new_entry_runs_as_the_others_did() -> None:
    """In the chroot, also where the only other one is closed."""
    made = planned(wanted("submission"))
    assert "submission inet  n       -       y       -       -       smtpd\n" in made.master


CYRUS = "smtpd_sasl_auth_enable = yes\n"
INET = CYRUS + "smtpd_sasl_type = dovecot\nsmtpd_sasl_path = inet:192.0.2.1:12345\n"
OWN_PATH = (
    "587 inet n - y - - smtpd -o smtpd_sasl_auth_enable=yes -o smtpd_sasl_type=dovecot -o {}\n"
)


@pytest.mark.parametrize(
    ("main", "more", "expected"),
    [
        (INET, {}, None),
        (INET, {"auth_socket": ""}, None),
        (INET, {"auth_socket": "private/other"}, "private/other"),
        (INET.replace("= yes", "= no"), {}, "private/auth"),
        (INET.replace("inet:192.0.2.1:12345", "smtpd"), {}, "private/auth"),
        (CYRUS, {}, "private/auth"),
    ],
)
def test_who_answers_about_logins_stays(
    main: str, more: dict[str, Any], expected: Optional[str]
) -> None:
    """Users may not be known anywhere else; what nobody can be using is replaced."""
    made = planned(wanted("submission", **more), main=MAIN + main)
    values = MainCf.parse(made.main).values
    assert values.get("smtpd_sasl_path") == (expected or "inet:192.0.2.1:12345")


def test_cyrus_stays_where_it_is_set_up() -> None:
    ground = replace(present(MAIN + CYRUS), cyrus=True)
    made = plan(ground, wanted("submission", "submissions"))
    assert "smtpd_sasl_type" not in made.main + made.master
    assert made.warnings == (
        "logins are answered by cyrus (smtpd), which stays; with auth_socket, Dovecot answers",
    )


def test_new_listeners_ask_whom_the_others_ask() -> None:
    """Also where that is said in master.cf alone; of several answerers each keeps its own."""
    entry = OWN_PATH.format("smtpd_sasl_path=private/mine")
    made = planned(wanted("submission", "submissions"), master=entry)
    assert "smtpd_sasl_path = private/mine\n" in made.main
    second = entry.replace("587", "10587").replace("mine", "theirs")
    made = planned(wanted("submission"), master=entry + second)
    assert "smtpd_sasl_path" not in made.main
    assert entry.rstrip("\n") in made.master


STRANGERS = "permit_mynetworks, reject_unauth_destination"


@pytest.mark.parametrize(
    ("main", "expected"),
    [
        (f"smtpd_recipient_restrictions = {STRANGERS}\n", True),
        ("smtpd_recipient_restrictions = permit_sasl_authenticated, " + STRANGERS + "\n", False),
        ("smtpd_recipient_restrictions = permit_mynetworks, reject\n", False),
        ("smtpd_recipient_restrictions = warn_if_reject reject_unauth_destination\n", False),
        ("smtpd_recipient_restrictions = { reject_unauth_destination }\n", False),
    ],
)
def test_users_may_relay_from_an_entry_that_was_there(main: str, expected: bool) -> None:
    """A list of main.cf that is made for strangers would turn them away."""
    made = planned(wanted("submission"), main=MAIN + main, master="587 inet n - y - - smtpd\n")
    assert ("  -o smtpd_recipient_restrictions=\n" in made.master) is expected
    assert "  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject\n" in made.master


def test_users_may_relay_where_the_relay_list_does_not_know_them() -> None:
    main = MAIN + "smtpd_relay_restrictions = permit_mynetworks, defer_unauth_destination\n"
    entry = "587 inet n - y - - smtpd -o {}=permit_sasl_authenticated,reject\n"
    entry = entry.format("smtpd_recipient_restrictions")
    made = planned(wanted("submission"), main=main, master=entry)
    assert "  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject\n" in made.master
    optional = Wanted(listeners(submission={"login": "optional"}), CERTIFICATE, KEY)
    made = planned(optional, main=main, master="587 inet n - y - - smtpd\n")
    assert "-o { smtpd_relay_restrictions = permit_mynetworks, permit_sasl_auth" in made.master


@pytest.mark.parametrize(
    ("networks", "wide"),
    [
        ("0.0.0.0/0", True),
        ("127.0.0.0/8 [::]/0", True),
        ("0.0.0.0/1, 128.0.0.0/1", True),
        ("127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128 10.0.0.0/8 [fc00::]/7", False),
        ("cidr:/etc/postfix/networks !0.0.0.0 /etc/networks", False),
    ],
)
def test_networks_that_hold_everybody(networks: str, wide: bool) -> None:
    """What permits them is no protection, neither from relaying nor on a listener for users."""
    entry = "587 inet n - y - - smtpd -o smtpd_relay_restrictions=permit_mynetworks,{},reject\n"
    entry = entry.format("permit_sasl_authenticated")
    made = planned(wanted("smtp", "submission"), master=SMTP + entry, mynetworks=networks)
    relay = "smtpd_relay_restrictions = permit_inet_interfaces, permit_sasl_authenticated, "
    assert (relay in made.main) is wide
    assert ("=permit_sasl_authenticated,reject" in made.master) is wide
    assert bool(made.warnings) is wide
    kept = planned(wanted("smtp", relay_restrictions="keep"), mynetworks=networks)
    assert "relay" not in kept.main


@pytest.mark.parametrize(
    ("value", "barred"),
    [
        ("permit_sasl_authenticated,reject", True),
        ("permit_mynetworks reject", True),
        ("permit_mynetworks check_recipient_access a:b reject", False),
        ("permit_mynetworks reject_unauth_destination", False),
    ],
)
def test_a_relay_that_takes_no_mail(value: str, barred: bool) -> None:
    """Options for users that stand at the wrong entry: told, and left to be decided."""
    entry = SMTP + f"  -o {{ smtpd_recipient_restrictions = {value} }}\n"
    made = planned(wanted("smtp"), master=entry)
    assert made.master == entry
    assert any("no mail from other servers" in said for said in made.warnings) is barred
    screen = SCREEN.replace("cleanup_service_name=pre", f"smtpd_client_restrictions={value}")
    screened = plan(present(master=screen.replace(" reject", ",reject")), wanted("smtp"))
    assert screened.warnings == () or barred
    assert planned(wanted("smtp", public_mx=False), master=entry).warnings == ()
