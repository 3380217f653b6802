# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test who is named as the holder of a port."""

from __future__ import annotations

import contextlib
import os
import socket
import sys

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._host.holders import (
    Process,
    Socket,
    holders_of,
    parse_sockets,
    read_processes,
    read_sockets,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.host_view import (
    Holder,
    ReadError,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._system.socket_units import (
    parse_units,
)
from hypothesis import given
from hypothesis import strategies as st

HEAD = (
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout\n"
)
TAIL = "00000000:00000000 00:00000000 00000000     0        0"


def row(address: str, port: int, state: str, inode: int) -> str:
    return f"   0: {address}:{port:04X} 00000000:0000 {state} {TAIL} {inode} 1 0000 100 0 0 10 0\n"


def in_kernel_form(address: str) -> str:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    packed = socket.inet_pton(family, address)
    words = [packed[start : start + 4] for start in range(0, len(packed), 4)]
    return "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)


@pytest.mark.parametrize("address", ["0.0.0.0", "127.0.0.1", "198.51.100.7", "::", "2001:db8::1:2"])
def test_listening_sockets_are_read(address: str) -> None:
    text = (
        HEAD
        + row(in_kernel_form(address), 993, "0A", 7)
        + row(in_kernel_form(address), 25, "01", 8)
    )
    assert parse_sockets(text) == [Socket(address, 993, "7")]


@given(st.text(st.sampled_from("0123456789ABCDEFx: \n"), max_size=120) | st.text(max_size=80))
def test_any_table_is_read_or_a_read_error(text: str) -> None:
    for whole in (HEAD + text, HEAD + row(text.replace("\n", "").replace(" ", ""), 1, "0A", 1)):
        with contextlib.suppress(ReadError):
            parse_sockets(whole)


def process(pid: int, parent: int, name: str, program: str = "", *inodes: str) -> Process:
    return Process(pid, parent, name, program, "", frozenset(inodes))


MASTER = process(30, 1, "master", "/usr/lib/postfix/sbin/master", "5")
SMTPD = process(20, 30, "smtpd", "/usr/lib/postfix/sbin/smtpd", "5")
ORPHAN = process(20, 1, "smtpd", "/usr/lib/postfix/sbin/smtpd", "5")
SYSTEMD = process(1, 0, "systemd", "/usr/lib/systemd/systemd", "5")
DOVECOT = process(40, 1, "dovecot", "/usr/sbin/dovecot", "5")
LOGIN = process(41, 40, "imap-login", "/usr/lib/dovecot/imap-login", "5")


@pytest.mark.parametrize(
    ("processes", "expected"),
    [
        ([], Holder(143, "::")),
        ([process(9, 1, "x", "/x", "6")], Holder(143, "::")),
        ([SMTPD, MASTER], Holder(143, "::", 30, "master", MASTER.program, "postfix")),
        ([ORPHAN], Holder(143, "::", 20, "smtpd", ORPHAN.program, "postfix")),
        ([LOGIN, DOVECOT], Holder(143, "::", 40, "dovecot", DOVECOT.program, "dovecot")),
        ([LOGIN], Holder(143, "::", 41, "imap-login", LOGIN.program, "dovecot")),
        (
            [SYSTEMD],
            Holder(143, "::", 1, "systemd", SYSTEMD.program, "", True, "dovecot.socket"),
        ),
        (
            [SYSTEMD, DOVECOT],
            Holder(143, "::", 40, "dovecot", DOVECOT.program, "dovecot", True, "dovecot.socket"),
        ),
        ([process(7, 1, "nc", "/usr/bin/nc", "5")], Holder(143, "::", 7, "nc", "/usr/bin/nc")),
    ],
)
def test_the_holder(processes: list[Process], expected: Holder) -> None:
    units = parse_units(
        "Id=dovecot.socket\nListen=0.0.0.0:143 (Stream)\nListen=[::]:143 (Stream)\n"
    )
    assert holders_of([Socket("::", 143, "5")], processes, units) == [expected]


def test_a_socket_of_this_process_is_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        sockets = read_sockets()
        processes, _hidden = read_processes()
        assert sockets is not None
        found = [one for one in holders_of(sockets, processes, {}) if one.port == port]
    assert [(one.address, one.pid) for one in found] == [("127.0.0.1", os.getpid())]
    assert found[0].program
