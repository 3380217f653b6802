# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that Dovecot's configuration is read as Dovecot takes it, both generations alike."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._dovecot.configured import (
    dovecot_version,
    read_dovecot,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._dovecot.syntax import (
    parse_dovecot,
    parse_dovecot_files,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.host_view import (
    Configured,
    ReadError,
    Source,
)
from hypothesis import given
from hypothesis import strategies as st

FIRST = {
    "2.3": "# 2.3.19.1 (9b53102964): /etc/dovecot/dovecot.conf\n# Hostname: mail\n",
    "2.4": "# 2.4.1-4 (7d8c0e5759): /etc/dovecot/dovecot.conf\ndovecot_config_version = 2.4.1\n",
}
CERTIFICATE = {
    "2.3": "ssl_cert = </etc/cert.pem\nssl_key = # hidden, use -P to show it\n",
    "2.4": "ssl_server {\n  cert_file = /etc/cert.pem\n}\n",
}
PROTOCOLS = {
    "2.3": "protocols = imap pop3 lmtp\n",
    "2.4": "protocols {\n  imap = yes\n  pop3 = yes\n}\n",
}
CLEAR = {"2.3": "disable_plaintext_auth = no\n", "2.4": "auth_allow_cleartext = yes\n"}
ADDRESS = {"2.3": "address", "2.4": "listen"}
# doveconf 2.4 says so of a list that is at its default.
NO_LISTEN = {"2.3": "listen = *, ::\n", "2.4": "listen = \n"}
GENERATIONS = tuple(FIRST)

generations = pytest.mark.parametrize("generation", GENERATIONS)


def read(generation: str, more: str = "", protocols: str = "") -> dict[int, Configured]:
    """Read a Dovecot with ``more`` settings, its listeners by port; there must be one address."""
    text = FIRST[generation] + CERTIFICATE[generation] + (protocols or PROTOCOLS[generation]) + more
    listeners, _warnings = read_dovecot(text, {})
    found = {one.port: one for one in listeners}
    assert len(found) == len(listeners)
    return found


def block(service: str, name: str, *settings: str) -> str:
    body = "".join(f"    {one}\n" for one in settings)
    return f"service {service} {{\n  inet_listener {name} {{\n{body}  }}\n}}\n"


@generations
def test_what_dovecot_has_by_default(generation: str) -> None:
    found = read(generation, NO_LISTEN[generation])
    assert {port: (one.service, one.protocol, one.tls) for port, one in found.items()} == {
        143: ("imap", "imap", "starttls"),
        993: ("imaps", "imap", "implicit"),
        110: ("pop3", "pop3", "starttls"),
        995: ("pop3s", "pop3", "implicit"),
    }
    for one in found.values():
        assert (one.address, one.login, one.clear_login) == ("", "required", False)
        assert one.certificate
        assert one.source == Source()


def test_the_submission_service_differs_between_the_generations() -> None:
    assert set(read("2.3", protocols="protocols = submission\n")) == {587}
    found = read("2.4", protocols="protocols = submission\n")
    assert {port: one.tls for port, one in found.items()} == {587: "starttls", 465: "implicit"}
    assert {one.protocol for one in found.values()} == {"smtp"}


@generations
def test_no_protocol_no_listener(generation: str) -> None:
    assert read(generation, protocols="protocols = \n") == {}
    assert set(read(generation, protocols="protocols = sieve\n")) == {4190}


@generations
def test_a_listener_is_closed_moved_or_added(generation: str) -> None:
    more = block("imap-login", "imaps", "port = 0") + block("imap-login", "imap", "port = 10143")
    more += block("pop3-login", "other", "port = 10995", "ssl = yes")
    found = read(generation, more)
    assert set(found) == {10143, 110, 995, 10995}
    assert (found[10143].service, found[10995].service) == ("imap", "other")
    assert found[10995].tls == "implicit"


@generations
def test_a_later_block_wins(generation: str) -> None:
    more = block("imap-login", "imap", "port = 10143") + block("imap-login", "imap", "port = 0")
    assert 10143 not in read(generation, more)


@generations
@pytest.mark.parametrize(
    ("ssl", "modes"),
    [
        ("yes", {143: "starttls", 993: "implicit", 110: "starttls", 995: "implicit"}),
        ("required", {143: "starttls", 993: "implicit", 110: "starttls", 995: "implicit"}),
        # Seen on both: the listeners of implicit TLS are not opened at all.
        ("no", {143: "cleartext", 110: "cleartext"}),
    ],
)
def test_ssl(generation: str, ssl: str, modes: dict[int, str]) -> None:
    found = read(generation, f"ssl = {ssl}\n")
    assert {port: one.tls for port, one in found.items()} == modes


@generations
def test_ssl_of_a_listener(generation: str) -> None:
    more = block("imap-login", "imaps", "ssl = no") + block("imap-login", "imap", "ssl = yes")
    found = read(generation, more)
    assert (found[993].tls, found[143].tls) == ("starttls", "implicit")


@generations
@pytest.mark.parametrize(
    ("ssl", "clear"), [("yes", {143, 110}), ("required", set()), ("no", {143, 110})]
)
def test_login_in_clear(generation: str, ssl: str, clear: set[int]) -> None:
    found = read(generation, f"ssl = {ssl}\n{CLEAR[generation]}")
    assert {port for port, one in found.items() if one.clear_login} == clear


@generations
def test_settings_of_one_protocol(generation: str) -> None:
    found = read(
        generation, f"ssl = required\nprotocol imap {{\nssl = yes\n{CLEAR[generation]}}}\n"
    )
    assert {port for port, one in found.items() if one.clear_login} == {143}
    assert found[143].settings["ssl"] == "yes"
    assert found[110].settings["ssl"] == "required"


@generations
@pytest.mark.parametrize(
    ("listen", "expected"),
    [
        ("*, ::", [""]),
        ("* ::", [""]),
        ("*", ["0.0.0.0"]),
        ("::", ["::"]),
        ("[::]", ["::"]),
        ("127.0.0.1 ::1", ["127.0.0.1", "::1"]),
    ],
)
def test_addresses(generation: str, listen: str, expected: list[str]) -> None:
    own = block("imap-login", "imap", f"{ADDRESS[generation]} = 127.0.0.9")
    text = f"{FIRST[generation]}protocols = imap\nlisten = {listen}\n"
    everywhere, _warnings = read_dovecot(text, {})
    assert [one.address for one in everywhere if one.port == 143] == expected
    single, _warnings = read_dovecot(text + own, {})
    assert [one.address for one in single if one.port == 143] == ["127.0.0.9"]
    assert [one.address for one in single if one.port == 993] == expected


@generations
def test_no_certificate_is_said(generation: str) -> None:
    listeners, _warnings = read_dovecot(f"{FIRST[generation]}protocols = imap\n", {})
    assert not any(one.certificate for one in listeners)


@generations
def test_filters_that_are_not_followed_are_said(generation: str) -> None:
    text = f"{FIRST[generation]}protocols = imap\nlocal 10.0.0.1 {{\n  ssl = no\n}}\n"
    listeners, warnings = read_dovecot(text, {})
    assert len(listeners) == 2
    assert "local blocks" in warnings[0]


def test_the_version_and_file() -> None:
    assert dovecot_version(FIRST["2.3"]) == ("2.3.19.1", "/etc/dovecot/dovecot.conf")
    assert dovecot_version(FIRST["2.4"]) == ("2.4.1-4", "/etc/dovecot/dovecot.conf")
    with pytest.raises(ReadError):
        dovecot_version("protocols = imap\n")


@pytest.mark.parametrize("port", ["x", "-1", "65536", "999999", ""])
def test_a_port_that_is_none(port: str) -> None:
    with pytest.raises(ReadError, match="inet_listener imap has the port"):
        read("2.3", block("imap-login", "imap", f"port = {port}"))


FILES = {
    "/etc/dovecot/dovecot.conf": "protocols = imap pop3\n!include conf.d/*.conf\n"
    "!include_try /etc/local.conf\n!include_try missing.conf\n"
    "service/imap-login/process_limit = 5\n",
    "/etc/dovecot/conf.d/10-master.conf": "service imap-login {\n  # inet_listener no {\\\n"
    "  inet_listener imap {\n    port = 143 # the usual\n  }\n!include imaps.inc\n}\n",
    "/etc/dovecot/conf.d/imaps.inc": "\ninet_listener imaps {\n  port = \\\n 993\n}\n",
    "/etc/local.conf": '!include /etc/dovecot/dovecot.conf\nname = "a # b" # c\n',
}


def files(name: str) -> str:
    if name not in FILES:
        raise FileNotFoundError(name)
    return FILES[name]


def expand(pattern: str) -> list[str]:
    return ["/etc/dovecot/conf.d/10-master.conf"] if "*" in pattern else [pattern]


def test_included_files_are_followed_also_inside_blocks_and_in_circles() -> None:
    found = parse_dovecot_files("/etc/dovecot/dovecot.conf", files, expand)
    here = ("service", "imap-login", "inet_listener")
    places = {path: (one.value, one.file[-9:], one.line) for path, one in found.items()}
    assert places[(*here, "imap")] == (None, "ster.conf", 3)
    assert places[(*here, "imap", "port")] == ("143", "ster.conf", 4)
    assert places[(*here, "imaps")] == (None, "imaps.inc", 2)
    assert places[(*here, "imaps", "port")] == ("993", "imaps.inc", 3)
    assert places[("name",)][0] == "a # b"
    assert places[("service", "imap-login", "process_limit")][2] == 5
    listeners, _warnings = read_dovecot(f"{FIRST['2.4']}protocols = imap pop3\n", found)
    by_port = {one.port: one.source for one in listeners}
    assert by_port[143] == Source("/etc/dovecot/conf.d/10-master.conf", 3)
    assert by_port[110] == Source()


@pytest.mark.parametrize("text", ["a {\n", "}\n", "a {\n}\n}\n", "word\n", "{\n", "a { b = c }\n"])
def test_what_dovecot_would_refuse_is_a_read_error(text: str) -> None:
    with pytest.raises(ReadError):
        parse_dovecot(text)


PIECES = st.sampled_from(
    [
        "service imap-login {",
        "inet_listener imap {",
        "}",
        "port = 1",
        "port = x",
        "ssl = yes",
        "\\",
        "protocols = imap",
        "protocols {",
        "imap = yes",
        "listen = *",
        "a/b = c",
        "# x",
        '"',
        "=",
    ]
)
TEXTS = st.lists(PIECES | st.text(max_size=20), max_size=12).map("\n".join)


@given(st.sampled_from(GENERATIONS), TEXTS)
def test_any_text_is_read_or_a_read_error(generation: str, text: str) -> None:
    with contextlib.suppress(ReadError):
        listeners, _warnings = read_dovecot(FIRST[generation] + text, {})
        assert all(0 < one.port < 65536 for one in listeners)


@given(st.dictionaries(st.sampled_from(["/a", "/b", "/c"]), TEXTS), st.data())
def test_any_files_are_read_or_a_read_error(texts: dict[str, str], data: Any) -> None:
    def read_one(name: str) -> str:
        if name not in texts:
            raise FileNotFoundError(name)
        return texts[name] + data.draw(st.sampled_from(["", "\n!include /a", "\n!include_try b"]))

    with contextlib.suppress(ReadError):
        parse_dovecot_files("/a", read_one, lambda pattern: [pattern])


def test_listeners_without_a_name_are_listeners() -> None:
    """2.3 opens each of them."""
    text = "service imap-login {\ninet_listener {\nport = 2143\n}\ninet_listener {\nport = 3143\n}\n}\n"
    found = read("2.3", text)
    assert {2143, 3143} <= set(found)
    assert found[2143].service == "2143"


@pytest.mark.parametrize(("generation", "clear"), [("2.3", False), ("2.4", True)])
@pytest.mark.parametrize("ssl", ["yes", "required"])
def test_a_listener_for_a_proxy(generation: str, clear: bool, ssl: str) -> None:
    """2.4 takes what a proxy hands over for secured, unless TLS is required."""
    text = block("imap-login", "imap", "port = 1143", "haproxy = yes") + f"ssl = {ssl}\n"
    found = read(generation, text)
    assert found[1143].proxied
    assert found[1143].clear_login is (clear and ssl == "yes")
    assert not found[993].proxied


@pytest.mark.parametrize(
    ("generation", "ports"), [("2.3", {143, 10143}), ("2.4", {143, 993, 10143})]
)
def test_2_3_takes_names_that_differ_in_case_for_one(generation: str, ports: set[int]) -> None:
    """As its doveconf prints it: the block has taken over the listener of that name."""
    ssl = ["ssl = yes"] if generation == "2.3" else []
    found = read(generation, block("imap-login", "Imaps", "port = 10143", *ssl))
    assert {port for port in found if found[port].protocol == "imap"} == ports
