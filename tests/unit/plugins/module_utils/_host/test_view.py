# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test what is said of a host whose programs are missing, fail, or are of another version."""

from __future__ import annotations

from typing import Optional

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._host.view import read_host
from ansible_collections.postmaster.mailports.plugins.module_utils._model.host_view import ReadError

Answer = tuple[int, str, str]
CONFIG = "protocols = imap\n"
POSTFIX: dict[str, Answer] = {
    "postconf -h mail_version": (0, "3.10.2\n", ""),
    "postconf -h config_directory": (0, "/nonexistent\n", ""),
    "postconf -h known_tcp_ports": (0, "smtp=25, submission=587\n", ""),
    "postconf -h multi_instance_directories": (0, "\n", ""),
    "postconf -hx tls_server_sni_maps": (0, "\n", ""),
    "postconf -M": (0, "submission inet n - y - - smtpd\n", ""),
    "postconf -Px": (0, "", ""),
    "postconf -x": (0, "inet_interfaces = all\ninet_protocols = all\n", ""),
}
DOVECOT: dict[str, Answer] = {
    "doveconf -n": (0, f"# 2.4.1-4 (7d8c): /nonexistent.conf\n{CONFIG}", ""),
    "doveconf -a": (0, f"# 2.4.1-4 (7d8c): /nonexistent.conf\n{CONFIG}", ""),
}
NFT: dict[str, Answer] = {"nft -j": (0, '{"nftables": []}', "")}


class Programs:
    """Programs that answer as told, by their first words; None for one that is not installed."""

    def __init__(self, *tables: dict[str, Answer]) -> None:
        self._answers = {key: answer for table in tables for key, answer in table.items()}

    def find(self, name: str) -> Optional[str]:
        return name if any(key.startswith(f"{name} ") for key in self._answers) else None

    def run(self, command: list[str]) -> Answer:
        line = " ".join(command)
        return next(answer for key, answer in self._answers.items() if line.startswith(key))


def test_both_servers() -> None:
    programs = Programs(POSTFIX, DOVECOT, NFT)
    view, _warnings = read_host(programs.run, programs.find)
    assert {one.port: one.server for one in view.configured} == {
        143: "dovecot",
        587: "postfix",
        993: "dovecot",
    }
    assert [(one.name, one.version, one.tested) for one in view.servers] == [
        ("postfix", "3.10.2", True),
        ("dovecot", "2.4.1-4", True),
        ("exim", "", False),
    ]
    assert view.holders is not None


def test_no_server() -> None:
    programs = Programs(NFT)
    with pytest.raises(
        ReadError, match=r"none .* is installed here: Postfix \(postconf\), Dovecot .* Exim"
    ):
        read_host(programs.run, programs.find)


def test_one_server_alone() -> None:
    programs = Programs(DOVECOT)
    view, _warnings = read_host(programs.run, programs.find)
    assert [one.found for one in view.servers] == [False, True, False]
    assert {one.server for one in view.configured} == {"dovecot"}
    assert view.firewall.blocks is None


@pytest.mark.parametrize(
    ("version", "tested"), [("3.7.11", True), ("3.6.4", False), ("4.0", False)]
)
def test_another_version_is_a_warning(version: str, tested: bool) -> None:
    programs = Programs({**POSTFIX, "postconf -h mail_version": (0, f"{version}\n", "")})
    view, warnings = read_host(programs.run, programs.find)
    assert view.servers[0].tested is tested
    assert any(f"Postfix {version} is untested" in one for one in warnings) is not tested


@pytest.mark.parametrize("name", ["postconf -M", "postconf -Px", "postconf -x", "postconf -h mail"])
def test_a_postfix_that_cannot_be_read(name: str) -> None:
    failed = (1, "", "postconf: warning: a\npostconf: fatal: b\n")
    programs = Programs({name: failed}, {k: v for k, v in POSTFIX.items() if k != name}, DOVECOT)
    view, warnings = read_host(programs.run, programs.find)
    assert view.servers[0].error == "postconf: fatal: b"
    assert {one.server for one in view.configured} == {"dovecot"}
    assert "postfix: postconf: fatal: b" in warnings


def test_a_dovecot_that_cannot_be_read() -> None:
    head = "# 2.3.19.1 (9b): /x.conf\n"
    failed = {"doveconf -n": (89, head, ""), "doveconf -a": (89, head, "doveconf: Fatal: no\n")}
    programs = Programs(POSTFIX, failed)
    view, _warnings = read_host(programs.run, programs.find)
    assert (view.servers[1].version, view.servers[1].error) == ("2.3.19.1", "doveconf: Fatal: no")


def test_what_the_servers_complain_of_is_passed_on() -> None:
    complaint = "postconf: warning: /etc/postfix/main.cf: undefined parameter: nope"
    programs = Programs({**POSTFIX, "postconf -M": (0, "", f"{complaint}\n")})
    _view, warnings = read_host(programs.run, programs.find)
    assert complaint in warnings


@pytest.mark.parametrize("answer", [(1, "", "nft: no\n"), (0, "what", ""), (1, "", "")])
def test_a_packet_filter_that_cannot_be_read(answer: Answer) -> None:
    programs = Programs(POSTFIX, {"nft -j": answer})
    view, _warnings = read_host(programs.run, programs.find)
    assert view.firewall.blocks is None
    assert "nft" in view.firewall.detail
