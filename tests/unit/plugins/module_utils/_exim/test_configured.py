# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that Exim's listeners are read as its daemon would take them, or are not known."""

from __future__ import annotations

import contextlib
from typing import Optional

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._exim.configured import (
    Authenticator,
    EximText,
    authenticators_in,
    options_in,
    read_exim,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.host_view import (
    Configured,
    ReadError,
)
from hypothesis import given
from hypothesis import strategies as st

# As exim4 -bP prints the options that are set nowhere.
DEFAULTS = {
    "daemon_smtp_ports": "smtp",
    "local_interfaces": "<; ::0 ; 0.0.0.0",
    "tls_on_connect_ports": "",
    "tls_advertise_hosts": "*",
    "auth_advertise_hosts": "*",
    "tls_certificate": "",
    "disable_ipv6": "no",
}
USERS = {"daemon_smtp_ports": "25 : 587 : 465", "tls_on_connect_ports": "465"}
PLAIN = {"driver": "plaintext", "server_condition": "${lookup ...}"}
INSIDE = "${if def:tls_in_cipher {*}{}}"
KNOWN = {"smtp": 25, "submission": 587, "ssmtp": 465}


def read(
    *arguments: str, logins: tuple[dict[str, str], ...] = (), **options: str
) -> tuple[list[Configured], list[str]]:
    """Read an Exim with these options, authenticators and arguments of its daemon."""
    return read_exim(
        EximText(
            options={**DEFAULTS, **options},
            authenticators=[Authenticator(f"a{n}", one) for n, one in enumerate(logins)],
            arguments=arguments,
        ),
        KNOWN.get,
    )


def places(found: list[Configured]) -> list[tuple[int, str]]:
    return [(one.port, one.address) for one in found]


@pytest.mark.parametrize(
    ("interfaces", "expected"),
    [
        ("<; ::0 ; 0.0.0.0", [(25, "")]),
        ("0.0.0.0", [(25, "0.0.0.0")]),
        ("<; ::0", [(25, "::")]),
        ("<; 127.0.0.1 ; ::1", [(25, "127.0.0.1"), (25, "::1")]),
        ("127.0.0.1 : ::::1", [(25, "127.0.0.1"), (25, "::1")]),
        ("198.51.100.1.2527", [(2527, "198.51.100.1")]),
        ("<; [198.51.100.1]:2527", [(2527, "198.51.100.1")]),
        ("<; [2001:db8::1]:2527 ; 127.0.0.1", [(2527, "2001:db8::1"), (25, "127.0.0.1")]),
        ("<; 2001:db8::1.2527", [(2527, "2001:db8::1")]),
        ("<; 0.0.0.0 ; 127.0.0.1", [(25, "0.0.0.0")]),
        ("", []),
    ],
)
def test_interfaces(interfaces: str, expected: list[tuple[int, str]]) -> None:
    found, warnings = read(local_interfaces=interfaces)
    assert places(found) == expected
    assert warnings == []


@pytest.mark.parametrize("interfaces", ["localhost", "<; ::zz", "<; [::1]:99999", "1.2.3.4.5.6"])
def test_what_is_no_interface(interfaces: str) -> None:
    with pytest.raises(ReadError, match="local_interfaces"):
        read(local_interfaces=interfaces)


def test_without_ipv6() -> None:
    assert places(read(disable_ipv6="yes")[0]) == [(25, "0.0.0.0")]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["-bd"], [(25, "")]),
        (["-bd", "-oX", "2525"], [(2525, "")]),
        (["-bd", "-oX", "587:2525"], [(587, ""), (2525, "")]),
        (["-oX", "submission:25"], [(587, ""), (25, "")]),
        (["-oX", "127.0.0.1"], [(25, "127.0.0.1")]),
        (["-oX", "127.0.0.1.2525"], [(2525, "127.0.0.1")]),
        (["-oX", "<;587;127.0.0.1"], [(587, "127.0.0.1")]),
        (["-oX", "<;[::1]:2525;587;198.51.100.1"], [(2525, "::1"), (587, "198.51.100.1")]),
        (["-oX"], [(25, "")]),
    ],
)
def test_the_daemon_s_options(given: list[str], expected: list[tuple[int, str]]) -> None:
    """As seen of the real Exim of Debian 12 and 13."""
    assert places(read(*given)[0]) == expected


def test_modes_and_services() -> None:
    found, _warnings = read(**USERS)
    assert [(one.service, one.tls) for one in found] == [
        ("smtp", "starttls"),
        ("submission", "starttls"),
        ("submissions", "implicit"),
    ]
    assert {one.tls for one in read("-tls-on-connect", **USERS)[0]} == {"implicit"}
    assert read(tls_on_connect_ports="ssmtp", daemon_smtp_ports="465")[0][0].tls == "implicit"
    assert read(tls_advertise_hosts="")[0][0].tls == "cleartext"
    other = read(daemon_smtp_ports="10025", tls_certificate="/c.pem")[0][0]
    assert (other.service, other.certificate) == ("10025", True)


@pytest.mark.parametrize(
    ("hosts", "login", "clear"),
    [
        ("*", ("optional", "optional"), True),
        ("", ("none", "none"), False),
        (INSIDE, ("optional", "optional"), False),
        ("${if eq{$tls_in_cipher}{}{*}{}}", ("optional", "none"), True),
        ("10.0.0.0/8", ("unknown", "unknown"), None),
        ("${if eq{$received_port}{587}{*}{}}", ("unknown", "unknown"), None),
    ],
)
def test_logins(hosts: str, login: tuple[str, str], clear: Optional[bool]) -> None:
    found, warnings = read(auth_advertise_hosts=hosts, logins=(PLAIN,), **USERS)
    assert (found[1].login, found[2].login) == login
    assert (found[1].clear_login, found[2].clear_login) == (clear, False)
    assert bool(warnings) is ("unknown" in login)


@pytest.mark.parametrize(
    ("one", "login", "clear"),
    [
        ({**PLAIN, "server_advertise_condition": "$tls_in_cipher"}, "optional", False),
        ({**PLAIN, "server_advertise_condition": "no"}, "none", False),
        ({**PLAIN, "server_advertise_condition": "${perl{x}}"}, "unknown", None),
        # For Exim's own logins at other servers.
        ({"driver": "plaintext", "client_send": "x"}, "none", False),
        ({"driver": "plaintext", "server_condition": ""}, "none", False),
        ({"driver": "dovecot", "server_socket": "/run/dovecot/auth-client"}, "optional", True),
        ({"driver": "cyrus_sasl"}, "optional", True),
        ({"driver": "cram_md5", "server_secret": "x"}, "optional", True),
        ({"driver": "gsasl"}, "unknown", None),
    ],
)
def test_authenticators(one: dict[str, str], login: str, clear: Optional[bool]) -> None:
    (found,), _warnings = read(daemon_smtp_ports="587", logins=(one,))
    assert (found.login, found.clear_login) == (login, clear)


def test_no_authenticator_is_no_login() -> None:
    (found,), warnings = read()
    assert (found.login, found.clear_login, warnings) == ("none", False, [])


def test_one_authenticator_in_clear_is_enough() -> None:
    safe = {**PLAIN, "server_advertise_condition": "$tls_in_cipher"}
    assert read(logins=(safe, PLAIN))[0][0].clear_login is True
    assert read(logins=(safe, safe))[0][0].clear_login is False


def test_starttls_for_some() -> None:
    (found,), warnings = read(tls_advertise_hosts="10.0.0.0/8")
    assert found.tls == "unknown"
    assert warnings == [
        "Exim: tls_advertise_hosts is decided client by client, and was not evaluated"
    ]


def test_a_port_that_is_not_known() -> None:
    found, warnings = read(daemon_smtp_ports="25 : nonsense : 0 : 70000")
    assert places(found) == [(25, "")]
    assert len(warnings) == 3


def test_an_exim_that_says_nothing() -> None:
    with pytest.raises(ReadError, match="does not print daemon_smtp_ports and local_interfaces"):
        read_exim(EximText({}), KNOWN.get)


def test_options_as_they_are_printed() -> None:
    text = "daemon_smtp_ports = <, 25, 587\ntls_on_connect_ports = \nno_disable_ipv6\n"
    text += "auth_advertise_hosts = ${if a\ndaemon_smtp_ports = 1\n}\n"
    assert options_in(text) == {
        "daemon_smtp_ports": "<, 25, 587",
        "tls_on_connect_ports": "",
        "disable_ipv6": "no",
        "auth_advertise_hosts": "${if a\ndaemon_smtp_ports = 1\n}",
    }
    assert options_in("disable_ipv6\n") == {"disable_ipv6": "yes"}


def test_authenticators_as_they_are_printed() -> None:
    text = "\nplain authenticator:\ndriver = plaintext\nserver_condition = \n"
    text += "no_client_ignore\nserver_prompts = :\n\nlogin authenticator:\ndriver = dovecot\n"
    assert authenticators_in(text) == [
        Authenticator(
            "plain", {"driver": "plaintext", "server_condition": "", "server_prompts": ":"}
        ),
        Authenticator("login", {"driver": "dovecot"}),
    ]


@given(
    st.dictionaries(st.sampled_from(sorted(DEFAULTS)), st.text(max_size=30)),
    st.lists(st.sampled_from(["-bd", "-oX", "25", "<;::1;x", "-tls-on-connect"]), max_size=4),
)
def test_any_text_is_listeners_or_refused(options: dict[str, str], given: list[str]) -> None:
    with contextlib.suppress(ReadError):
        for one in read(*given, **options)[0]:
            assert 0 < one.port < 65536


@given(st.text(max_size=80))
def test_any_print_is_read(text: str) -> None:
    options_in(text)
    authenticators_in(text)
