# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test what an entry's settings mean, what would change for it, and what keeps it as it is."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.effective import (
    PinError,
    Settings,
    differing,
    other_programs,
    pairs,
    pins,
    shown,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.files.master_cf import (
    Entry,
    MasterCf,
)
from hypothesis import given
from hypothesis import strategies as st

RAW = {
    "smtpd_tls_security_level": "may",
    "smtpd_tls_wrappermode": "no",
    "smtpd_sasl_auth_enable": "yes",
    "smtpd_tls_cert_file": "/old.pem",
    "smtpd_tls_key_file": "$smtpd_tls_cert_file",
    "smtpd_tls_chain_files": "",
    "smtpd_tls_auth_only": "no",
    "smtpd_relay_restrictions": "permit_mynetworks, proxy:mysql:/a, reject",
    "postscreen_tls_security_level": "$smtpd_tls_security_level",
    "tlsproxy_tls_chain_files": "${smtpd_tls_chain_files}",
    "smtp_tls_cert_file": "$smtpd_tls_cert_file",
    "proxy_read_maps": "$smtpd_relay_restrictions $mynetworks",
    "mynetworks": "127.0.0.0/8",
    "odd": "${smtpd_tls_cert_file?yes}",
}
BEFORE = Settings(RAW)
NEW = {"smtpd_tls_chain_files": "/k, /c", "smtpd_tls_cert_file": "", "smtpd_tls_auth_only": "yes"}


def entry(options: str = "", command: str = "smtpd", kind: str = "inet") -> Entry:
    (one,) = MasterCf.parse(f"10587 {kind} n - y - - {command}{options}\n").entries
    return one


@pytest.mark.parametrize(
    ("name", "own", "meaning"),
    [
        ("smtpd_tls_key_file", {}, "/old.pem"),
        ("smtpd_tls_key_file", {"smtpd_tls_cert_file": "/mine.pem"}, "/mine.pem"),
        ("smtpd_tls_key_file", {"smtpd_tls_key_file": "/key.pem"}, "/key.pem"),
        ("postscreen_tls_security_level", {"smtpd_tls_security_level": "none"}, "none"),
        ("nothing", {}, ""),
        ("a", {"a": "$(smtpd_tls_cert_file) ${mynetworks}"}, "/old.pem 127.0.0.0/8"),
    ],
)
def test_what_a_setting_means_for_an_entry(name: str, own: dict[str, str], meaning: str) -> None:
    assert BEFORE.meaning(name, own) == meaning


def test_what_depends_on_a_condition_differs_with_what_it_asks() -> None:
    assert BEFORE.meaning("odd", {}) != BEFORE.changed(NEW).meaning("odd", {})
    assert BEFORE.meaning("odd", {}) == BEFORE.changed({"mynetworks": "x"}).meaning("odd", {})


def test_a_circle_of_references_ends() -> None:
    assert Settings({"a": "$b", "b": "$a"}).meaning("a", {})


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            "",
            {
                "smtpd_tls_auth_only": "no",
                "smtpd_tls_cert_file": "/old.pem",
                "smtpd_tls_chain_files": "",
            },
        ),
        # A certificate of its own, per address, loses to a chain of main.cf.
        (
            " -o smtpd_tls_cert_file=/mine.pem",
            {"smtpd_tls_auth_only": "no", "smtpd_tls_chain_files": ""},
        ),
        # What has no effect needs no pin.
        (" -o smtpd_sasl_auth_enable=no -o smtpd_tls_security_level=none", {}),
        # Logins that may only be inside TLS are none where there is no TLS.
        (" -o smtpd_tls_security_level=none", {"smtpd_tls_auth_only": "no"}),
        (
            " -o smtpd_tls_auth_only=yes -o smtpd_tls_chain_files=/x -o smtpd_tls_cert_file=",
            {},
        ),
    ],
)
def test_what_keeps_an_entry_as_it_is(options: str, expected: dict[str, str]) -> None:
    one = entry(options)
    after = BEFORE.changed(NEW)
    found = pins(one, BEFORE, after)
    assert found == expected
    assert differing(one, {**one.values, **found}, BEFORE, after) == {}


def test_tls_that_is_switched_on_for_all_is_not_for_others() -> None:
    """One pin is enough: where TLS stays off the certificate does not matter."""
    before = BEFORE.changed({"smtpd_tls_security_level": ""})
    after = before.changed({**NEW, "smtpd_tls_security_level": "may"})
    one = entry(" -o smtpd_sasl_auth_enable=no")
    assert pins(one, before, after) == {"smtpd_tls_security_level": ""}


def test_references_of_other_settings_are_followed() -> None:
    after = BEFORE.changed({**NEW, "smtpd_tls_security_level": "none"})
    screen = entry(command="postscreen")
    assert pins(screen, BEFORE, after) == {"postscreen_tls_security_level": "may"}
    proxy = entry(command="tlsproxy", kind="unix")
    assert pins(proxy, BEFORE, after) == {"tlsproxy_tls_chain_files": ""}


def test_a_setting_of_other_programs_is_kept_in_main_cf() -> None:
    changes = {**NEW, "smtpd_relay_restrictions": "reject"}
    settings = Settings({k: v for k, v in RAW.items() if k != "odd"})
    assert other_programs(settings, changes) == {
        "smtp_tls_cert_file": "/old.pem",
        "proxy_read_maps": "$smtpd_relay_restrictions $mynetworks proxy:mysql:/a",
    }
    assert other_programs(settings, {"smtpd_tls_auth_only": "yes"}) == {}


def test_what_cannot_be_kept_is_refused() -> None:
    with pytest.raises(PinError, match=r"odd of main\.cf would change"):
        other_programs(BEFORE, NEW)
    odd = entry(" -o smtpd_banner=${my_files?a}")
    before = BEFORE.changed({"my_files": "x"})
    with pytest.raises(PinError, match="smtpd_banner of 10587, which the intent does not name"):
        pins(odd, before, before.changed({"my_files": ""}))


def test_a_condition_is_kept_by_what_it_asks() -> None:
    odd = entry(" -o smtpd_banner=${smtpd_tls_cert_file?a}")
    assert "smtpd_banner" not in pins(odd, BEFORE, BEFORE.changed(NEW))


def test_entries_that_would_not_be_the_same_are_refused() -> None:
    old = MasterCf.parse("a inet n - y - - smtpd\nb inet n - y - - smtpd\n").entries
    assert [one["service"] for one, _new in pairs(old, old, [("a", "inet")])] == ["b"]
    with pytest.raises(PinError, match="does not name would change"):
        list(pairs(old, old[:1], []))


def test_a_diff_of_effects() -> None:
    text = shown([entry()], BEFORE, {"10587 inet": {"smtpd_tls_key_file", "smtpd_tls_auth_only"}})
    assert text == (
        "10587 inet: smtpd_tls_auth_only = no\n10587 inet: smtpd_tls_key_file = /old.pem\n"
    )


NAMES = sorted(name for name in RAW if name.startswith("smtpd_"))
VALUES: Any = st.sampled_from(
    ["", "yes", "no", "may", "none", "/x", "$smtpd_tls_cert_file", "$odd"]
)


@given(
    st.dictionaries(st.sampled_from(NAMES), VALUES),
    st.dictionaries(st.sampled_from(NAMES), VALUES),
    st.dictionaries(st.sampled_from(NAMES), VALUES),
)
def test_any_entry_is_kept_or_refused(
    main: dict[str, str], changes: dict[str, str], own: dict[str, str]
) -> None:
    before = BEFORE.changed(main)
    after = before.changed(changes)
    one = entry("".join(f" -o {name}={value}" for name, value in own.items()))
    try:
        found = pins(one, before, after)
    except PinError:
        return
    assert differing(one, {**one.values, **found}, before, after) == {}
