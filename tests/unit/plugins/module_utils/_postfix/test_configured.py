# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that Postfix's listeners are read as its daemons would take them."""

from __future__ import annotations

import contextlib
from typing import Any, Optional

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.host_view import (
    Configured,
    ReadError,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.configured import (
    PostfixText,
    known_ports,
    read_postfix,
)
from hypothesis import given
from hypothesis import strategies as st

KNOWN = known_ports("lmtp=24, smtp=25, smtps=submissions=465, submission=587")
MAIN = {
    "smtpd_tls_security_level": "may",
    "smtpd_tls_chain_files": "/etc/mail.pem",
    "smtpd_tls_auth_only": "yes",
    "smtpd_sasl_auth_enable": "no",
    "inet_interfaces": "all",
    "inet_protocols": "all",
}
ENCRYPT = {"smtpd_tls_security_level": "encrypt", "smtpd_sasl_auth_enable": "yes"}


def addresses(name: str) -> list[str]:
    return {"mail.example.net": ["198.51.100.1", "2001:db8::1"]}.get(name, [name])


def read(
    entry: str, options: Optional[dict[str, str]] = None, **main: str
) -> tuple[list[Configured], list[str]]:
    """Read a Postfix of one entry with options of its own."""
    name, kind = entry.split()[:2]
    overrides = "".join(
        f"{name}/{kind}/{key} = {value}\n" for key, value in (options or {}).items()
    )
    return read_postfix(
        PostfixText(
            entries=entry,
            overrides=overrides,
            parameters="".join(f"{key} = {value}\n" for key, value in {**MAIN, **main}.items()),
            master_cf=f"# mail\n\n{entry}\n  -o a=b\n",
            path="/etc/postfix/master.cf",
        ),
        KNOWN.get,
        addresses,
    )


def entry(name: str, kind: str = "inet", command: str = "smtpd") -> str:
    return f"{name} {kind} n - y - - {command} -o x=y"


@pytest.mark.parametrize(
    ("name", "service", "port", "address"),
    [
        ("smtp", "smtp", 25, ""),
        ("25", "smtp", 25, ""),
        ("smtps", "submissions", 465, ""),
        ("submissions", "submissions", 465, ""),
        ("465", "submissions", 465, ""),
        ("127.0.0.1:465", "submissions", 465, "127.0.0.1"),
        ("[::1]:smtps", "submissions", 465, "::1"),
        ("::1:465", "submissions", 465, "::1"),
        ("submission", "submission", 587, ""),
        ("2525", "submission_alt", 2525, ""),
        ("10025", "10025", 10025, ""),
    ],
)
def test_the_port_counts_not_the_name(name: str, service: str, port: int, address: str) -> None:
    ((one,), warnings) = read(entry(name))
    assert (one.service, one.port, one.address) == (service, port, address)
    assert (one.protocol, one.server) == ("smtp", "postfix")
    assert (one.source.file, one.source.line) == ("/etc/postfix/master.cf", 3)
    assert not warnings


@pytest.mark.parametrize(
    ("options", "main", "tls", "login", "clear"),
    [
        ({}, {}, "starttls", "none", False),
        (ENCRYPT, {}, "starttls", "optional", False),
        ({"smtpd_tls_wrappermode": "yes"}, {}, "implicit", "none", False),
        (
            {"smtpd_tls_wrappermode": "YES", "smtpd_tls_security_level": "none"},
            {},
            "implicit",
            "none",
            False,
        ),
        ({"smtpd_tls_security_level": "none"}, {}, "cleartext", "none", False),
        ({"smtpd_tls_security_level": ""}, {}, "cleartext", "none", False),
        ({"smtpd_tls_security_level": ""}, {"smtpd_use_tls": "yes"}, "starttls", "none", False),
        ({"smtpd_tls_security_level": ""}, {"smtpd_enforce_tls": "yes"}, "starttls", "none", False),
        ({}, {"smtpd_tls_chain_files": ""}, "cleartext", "none", False),
        (ENCRYPT, {"smtpd_tls_auth_only": "no"}, "starttls", "optional", False),
        (
            {"smtpd_sasl_auth_enable": "yes", "smtpd_tls_auth_only": "no"},
            {},
            "starttls",
            "optional",
            True,
        ),
        (
            {"smtpd_sasl_auth_enable": "yes", "smtpd_tls_security_level": "none"},
            {},
            "cleartext",
            "optional",
            False,
        ),
        (
            {
                "smtpd_sasl_auth_enable": "yes",
                "smtpd_tls_auth_only": "no",
                "smtpd_tls_security_level": "none",
            },
            {},
            "cleartext",
            "optional",
            True,
        ),
        (
            {**ENCRYPT, "smtpd_client_restrictions": "permit_sasl_authenticated,reject"},
            {},
            "starttls",
            "required",
            False,
        ),
        (
            ENCRYPT,
            {"smtpd_relay_restrictions": "permit_mynetworks, permit_sasl_authenticated, reject"},
            "starttls",
            "required",
            False,
        ),
        (
            ENCRYPT,
            {"smtpd_recipient_restrictions": "permit_sasl_authenticated, permit, reject"},
            "starttls",
            "optional",
            False,
        ),
    ],
)
def test_the_mode_and_the_login(
    options: dict[str, str], main: dict[str, str], tls: str, login: str, clear: bool
) -> None:
    ((one,), _warnings) = read(entry("submission"), options, **main)
    assert (one.tls, one.login, one.clear_login) == (tls, login, clear)


@pytest.mark.parametrize(
    ("main", "expected"),
    [
        ({}, [""]),
        ({"inet_protocols": "ipv4, ipv6"}, [""]),
        ({"inet_protocols": "ipv4"}, ["0.0.0.0"]),
        ({"inet_protocols": "ipv6"}, ["::"]),
        ({"inet_interfaces": "loopback-only"}, ["127.0.0.1", "::1"]),
        ({"inet_interfaces": "loopback-only", "inet_protocols": "ipv4"}, ["127.0.0.1"]),
        ({"inet_interfaces": "mail.example.net"}, ["198.51.100.1", "2001:db8::1"]),
        ({"inet_interfaces": "198.51.100.7 [2001:db8::7]"}, ["198.51.100.7", "2001:db8::7"]),
    ],
)
def test_the_addresses(main: dict[str, str], expected: list[str]) -> None:
    listeners, _warnings = read(entry("smtp"), **main)
    assert [one.address for one in listeners] == expected


def test_other_entries_are_no_listeners() -> None:
    for other in (
        entry("smtp", "unix", "smtp"),
        entry("smtpd", "pass"),
        entry("24", command="lmtpd"),
    ):
        assert read(other) == ([], [])


def test_postscreen_has_a_level_of_its_own_and_the_login_of_its_smtpd() -> None:
    text = PostfixText(
        entries=f"{entry('smtp', command='postscreen')}\n{entry('smtpd', 'pass')}\n",
        overrides="smtpd/pass/smtpd_sasl_auth_enable = yes\n",
        parameters="smtpd_tls_cert_file = /c.pem\npostscreen_tls_security_level = may\n"
        "smtpd_tls_security_level = none\n",
    )
    ((one,), _warnings) = read_postfix(text, KNOWN.get, addresses)
    assert (one.port, one.tls, one.login) == (25, "starttls", "optional")
    assert one.settings["postscreen_tls_security_level"] == "may"


def test_an_unknown_port_is_said() -> None:
    listeners, warnings = read(entry("nosuch"))
    assert not listeners
    assert "'nosuch'" in warnings[0]
    assert read(entry("70000"))[0] == []


@pytest.mark.parametrize(
    "text",
    [
        {"entries": "smtp inet n"},
        {"overrides": "what is this"},
        {"overrides": "noslash = 1"},
        {"parameters": "what is this"},
    ],
)
def test_what_is_not_understood_is_a_read_error(text: dict[str, Any]) -> None:
    parts = {"entries": "", "overrides": "", "parameters": "", **text}
    with pytest.raises(ReadError):
        read_postfix(PostfixText(**parts), KNOWN.get, addresses)


LINES = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=30)
    | st.builds("{} inet n - y - - smtpd {}".format, st.text(max_size=12), st.text(max_size=12))
    | st.builds("{}/inet/{} = {}".format, st.text(max_size=6), st.text(max_size=6), st.text()),
    max_size=5,
).map("\n".join)


@given(LINES, LINES, LINES, LINES)
def test_any_text_is_read_or_a_read_error(one: str, two: str, three: str, four: str) -> None:
    with contextlib.suppress(ReadError):
        listeners, _warnings = read_postfix(
            PostfixText(one, two, three, four), known_ports(three).get, addresses
        )
        assert all(0 < found.port < 65536 for found in listeners)
