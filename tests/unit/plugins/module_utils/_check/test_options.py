# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the options of the probing modules: bad ones get one clear message each, all at once."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._check.options import (
    ParamsError,
    probe_options,
    request_from,
    targets_from,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.services import SERVICES
from ansible_collections.postmaster.mailports.plugins.module_utils._probe.request import Target
from hypothesis import given
from hypothesis import strategies as st

NAMES = "smtp, submission, submissions, submission_alt, pop3, pop3s, imap, imaps"
TARGET = Target("imaps", "imap", 993, "implicit")
CLEAR = Target("imap", "imap", 143, "cleartext")
OWN_NEEDS = "a service of your own needs port, protocol, tls"
HINT = " (that port is called 'submissions' here)"
KEYS = "service, port, protocol, tls, login, state, named"
NO_SUCH_KEY = f"services.1: 'prot' is not one of {KEYS}"
NAN, INF = float("nan"), float("inf")


def request(
    host: str = "h",
    targets: Any = (TARGET,),
    addresses: Any = (),
    server_name: Any = None,
    **options: Any,
) -> Any:
    """Return the request that these options make, the others being at their defaults."""
    params = {name: option.get("default") for name, option in probe_options().items()}
    return request_from({**params, **options}, host, targets, addresses, server_name, ())


def seconds(key: str, value: str) -> str:
    """Return the message about a bad number of seconds."""
    return f"{key}: {value} is not a number of seconds above 0 and below a day"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"host": ""}, "host: '' is not a host name or address"),
        ({"host": "a b"}, "host: 'a b' is not a host name or address"),
        ({"host": "h:25"}, "host: 'h:25' is not a host name or address"),
        ({"host": "h\r\nQUIT"}, r"host: 'h\r\nQUIT' is not a host name or address"),
        ({"host": "a\x7f"}, r"host: 'a\x7f' is not a host name or address"),
        ({"host": "fe80::1%\x1b"}, r"host: 'fe80::1%\x1b' is not a host name or address"),
        ({"server_name": "a b"}, "server_name: 'a b' is not a host name or address"),
        ({"server_name": ""}, "server_name: '' is not a host name or address"),
        ({"ehlo_name": "a\r\nRSET"}, r"ehlo_name: 'a\r\nRSET' is not a host name or address"),
        ({"ehlo_name": "[a b]"}, "ehlo_name: 'a b' is not a host name or address"),
        ({"addresses": ["x"]}, "addresses.0: 'x' is not an address, ipv4 or ipv6"),
        ({"addresses": ["::1", ""]}, "addresses.1: '' is not an address, ipv4 or ipv6"),
        (
            {"addresses": ["192.0.2.999"]},
            "addresses.0: '192.0.2.999' is not an address, ipv4 or ipv6",
        ),
        (
            {"addresses": ["192.0.2.1%x"]},
            "addresses.0: '192.0.2.1%x' is not an address, ipv4 or ipv6",
        ),
        ({"source_address": "h"}, "source_address: 'h' is not an address"),
        ({"source_address": "ipv4"}, "source_address: 'ipv4' is not an address"),
        ({"timeout": 0.0}, seconds("timeout", "0")),
        ({"timeout": -1.0}, seconds("timeout", "-1")),
        ({"timeout": NAN}, seconds("timeout", "nan")),
        ({"timeout": INF}, seconds("timeout", "inf")),
        ({"deadline": 0.0}, seconds("deadline", "0")),
        ({"deadline": 86400.0}, seconds("deadline", "86400")),
        ({"deadline": NAN}, seconds("deadline", "nan")),
        ({"parallel": 0}, "parallel: 0 is not between 1 and 1024"),
        ({"parallel": 1025}, "parallel: 1025 is not between 1 and 1024"),
        ({"login_user": "u"}, "login_user and login_password: one is given without the other"),
        ({"login_password": "p"}, "login_user and login_password: one is given without the other"),
        (
            {"login_user": "u", "login_password": "p\udcfc"},
            "login_password: this is not UTF-8 text; its encoding must be UTF-8 where it comes from",
        ),
        (
            {"login_user": "u", "login_password": "p", "verify": False},
            "login_user: a password is sent only to verified servers; verify must be true",
        ),
        (
            {"login_user": "u", "login_password": "p", "targets": [TARGET, CLEAR]},
            "login_user: imap is to be probed without TLS; no password is sent there",
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_bad_option_gets_its_one_message(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ParamsError) as caught:
        request(**options)
    assert str(caught.value) == message


def test_all_bad_options_are_told_at_once_and_no_password() -> None:
    with pytest.raises(ParamsError) as caught:
        request(
            host="",
            addresses=["x"],
            source_address="y",
            timeout=0.0,
            deadline=NAN,
            parallel=0,
            login_password="hunter2",
        )
    lines = str(caught.value).split("\n")
    heads = ["host", "addresses.0", "source_address", "timeout", "deadline", "parallel"]
    assert [line.split(":")[0] for line in lines] == [*heads, "login_user and login_password"]
    assert "hunter2" not in str(caught.value)


def test_good_options_make_a_request() -> None:
    made = request(
        host="mail.example.net.",
        addresses=["ipv4", "fe80::1%eth0"],
        ehlo_name="[IPv6:::1]",
        source_address="::1",
        timeout=0.5,
        parallel=1024,
        login_user="u",
        login_password="p",
    )
    assert made.host == "mail.example.net."
    assert made.server_name == "mail.example.net"
    assert made.addresses == ("ipv4", "fe80::1%eth0")
    assert made.ehlo_name == "[IPv6:::1]"
    assert (made.credentials.user, made.credentials.password) == ("u", "p")
    assert request().credentials is None
    assert request(server_name="other.example").server_name == "other.example"


def test_a_request_never_shows_its_password() -> None:
    assert "hunter2" not in repr(request(login_user="u", login_password="hunter2"))


def not_a_port(value: str) -> str:
    """Return the message about a bad port in the first service."""
    return f"services.0: port: {value} is not between 1 and 65535"


@pytest.mark.parametrize(
    ("services", "message"),
    [
        ([], "services: none is given"),
        (
            ["foo"],
            f"services.0: 'foo' is not one of {NAMES}; {OWN_NEEDS}",
        ),
        (
            ["smtps"],
            f"services.0: 'smtps' is not one of {NAMES}{HINT}; {OWN_NEEDS}",
        ),
        ([{}], "services.0: a service needs port, protocol, tls"),
        ([None], "services.0: a service needs port, protocol, tls"),
        ([{"port": 4000}], "services.0: a service needs protocol, tls"),
        ([{"prot": 1}], f"services.0: 'prot' is not one of {KEYS}"),
        (
            [{"service": "smtp", "login": "no"}],
            "services.0: login: 'no' is not one of none, optional, required",
        ),
        (
            [{"service": "smtp", "state": "present"}],
            "services.0: state: 'present' is not one of open, closed",
        ),
        ([{"service": "smtp", "port": 0}], not_a_port("'0'")),
        ([{"service": "smtp", "port": 70000}], not_a_port("'70000'")),
        ([{"service": "smtp", "port": -1}], not_a_port("'-1'")),
        ([{"service": "smtp", "port": "x"}], not_a_port("'x'")),
        ([{"service": "smtp", "port": "²"}], not_a_port("'²'")),
        ([{"service": "smtp", "port": 25.0}], not_a_port("'25.0'")),
        ([{"service": "smtp", "port": NAN}], not_a_port("'nan'")),
        ([{"service": "smtp", "port": True}], not_a_port("'True'")),
        ([{"service": "smtp", "port": "0000002500000"}], not_a_port("'0000002500000'")),
        ([{"service": "smtp", "port": 16**5000}], not_a_port("'a number of 20001 bits'")),
        (
            [{"service": "smtp", "protocol": "lmtp"}],
            "services.0: protocol: 'lmtp' is not one of smtp, imap, pop3",
        ),
        (
            [{"service": "smtp", "tls": "ssl"}],
            "services.0: tls: 'ssl' is not one of implicit, starttls, cleartext",
        ),
        (
            [{"service": "smtp", "tls": []}],
            "services.0: tls: [] is not one of implicit, starttls, cleartext",
        ),
        (["smtp", "smtp"], "services: port 25 is given twice (smtp)"),
        (
            ["smtp", {"service": "own", "port": 25, "protocol": "smtp", "tls": "implicit"}],
            "services: port 25 is given twice (smtp)",
        ),
        (
            ["foo", {"prot": 1}],
            f"services.0: 'foo' is not one of {NAMES}; {OWN_NEEDS}\n{NO_SUCH_KEY}",
        ),
    ],
    ids=lambda value: value[:60] if isinstance(value, str) else None,
)
def test_bad_service_gets_its_one_message(services: list[Any], message: str) -> None:
    with pytest.raises(ParamsError) as caught:
        targets_from(services)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("item", "target"),
    [
        ("imaps", ("imaps", "imap", 993, "implicit", "required")),
        ({"service": "imaps", "port": "10993"}, ("imaps", "imap", 10993, "implicit", "required")),
        ({"port": 25}, ("smtp", "smtp", 25, "starttls", "none")),
        ({"port": 25, "tls": "cleartext"}, ("smtp", "smtp", 25, "cleartext", "none")),
        (
            {"port": 4000, "protocol": "imap", "tls": "implicit"},
            ("imap-4000", "imap", 4000, "implicit", "required"),
        ),
        (
            {"service": "own", "port": 4000, "protocol": "pop3", "tls": "starttls"},
            ("own", "pop3", 4000, "starttls", "required"),
        ),
    ],
)
def test_what_a_service_leaves_out_comes_from_the_table(item: Any, target: tuple[Any, ...]) -> None:
    assert targets_from([item]) == [Target(*target)]


def test_without_services_all_of_the_table_are_probed() -> None:
    assert [target.service for target in targets_from(None)] == list(SERVICES)


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)
ITEMS = VALUES | st.dictionaries(
    st.sampled_from(["service", "port", "protocol", "tls"]) | st.text(max_size=3),
    VALUES | st.lists(VALUES, max_size=2) | st.sampled_from(["smtp", "imap", "implicit", 25, "25"]),
    max_size=4,
)


@given(st.lists(ITEMS, max_size=4))
def test_any_services_are_targets_or_a_params_error(services: list[Any]) -> None:
    try:
        targets = targets_from(services)
    except ParamsError:
        return
    assert targets
    assert all(1 <= target.port <= 65535 for target in targets)
