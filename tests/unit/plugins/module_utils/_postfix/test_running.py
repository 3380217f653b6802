# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of what stands in the way of Postfix on this machine: ports, logins and tables."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.host_view import (
    Configured,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix import running
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.running import (
    PostfixServer,
    Unanswered,
    check_logins,
    cyrus_is_set_up,
    endpoints,
    missing_tables,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._system import sockets
from ansible_collections.postmaster.mailports.plugins.module_utils._system.programs import (
    ServerError,
)


def configured(address: str) -> Configured:
    """Return a listener as Postfix has it."""
    return Configured("smtp", "smtp", 25, address, "starttls", "none", False, True, "postfix")


def test_endpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the kernel shows them; nothing on a family that it does not have."""
    monkeypatch.setattr(os.path, "exists", lambda path: True)
    assert endpoints([configured("")]) == {("0.0.0.0", 25), ("::", 25)}
    both = [configured("::"), configured("127.0.0.1")]
    assert endpoints(both) == {("::", 25), ("127.0.0.1", 25)}
    monkeypatch.setattr(os.path, "exists", lambda path: False)
    assert endpoints([configured("")]) == {("0.0.0.0", 25)}


@pytest.fixture
def dovecot(tmp_path: Path) -> Iterator[Path]:
    """Return the queue directory, in which somebody listens on private/auth."""
    (tmp_path / "private").mkdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(tmp_path / "private/auth"))
        server.listen(1)
        yield tmp_path


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("dovecot", "private/auth"),
        ("dovecot", "unix:private/auth"),
        ("dovecot", "inet:127.0.0.1:1"),
        ("cyrus", "smtpd"),
    ],
)
def test_logins_that_are_answered(dovecot: Path, kind: str, path: str) -> None:
    """Or that are none of our business."""
    values = {"smtpd_sasl_type": kind, "smtpd_sasl_path": path, "queue_directory": str(dovecot)}
    check_logins(values)


def test_logins_that_nobody_answers(dovecot: Path) -> None:
    values = {"smtpd_sasl_type": "dovecot", "queue_directory": str(dovecot)}
    with pytest.raises(Unanswered, match="No such file") as missing:
        check_logins({**values, "smtpd_sasl_path": "private/other"})
    assert missing.value.path == str(dovecot / "private/other")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left_over:
        left_over.bind(str(dovecot / "dead"))
    with pytest.raises(Unanswered, match="Connection refused"):
        check_logins({**values, "smtpd_sasl_path": "dead"})


def test_whether_cyrus_is_set_up(tmp_path: Path) -> None:
    """By the file that is named like the path; Postfix's default path is smtpd."""
    values = {"cyrus_sasl_config_path": f"/nowhere:{tmp_path}", "smtpd_sasl_path": "mine"}
    assert not cyrus_is_set_up(values)
    (tmp_path / "mine.conf").touch()
    assert cyrus_is_set_up(values)


def test_tables(tmp_path: Path) -> None:
    """Of a type with a file of its own; other types are passed over."""
    (tmp_path / "there.db").touch()
    (tmp_path / "plain").touch()
    value = (
        f"check_x hash:{tmp_path}/there, cidr:{tmp_path}/plain, static:/x, proxy:hash:/nowhere, "
        "{ check_y { default_action = x } }, texthash:/no"
    )
    assert list(missing_tables([value, ""])) == [
        "hash:/nowhere: /nowhere.db does not exist",
        "texthash:/no: /no does not exist",
    ]


class Master:
    """What the connections of a master look like, question by question."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *streams: set[str]) -> None:
        self.streams = list(streams)
        self.commands: list[list[str]] = []
        monkeypatch.setattr(sockets, "daemon", lambda file, name: 7)
        monkeypatch.setattr(sockets, "streams", self._streams)
        monkeypatch.setattr(running, "output", self.commands.append)

    def _streams(self, pid: int) -> set[str]:
        return self.streams.pop(0) if len(self.streams) > 1 else self.streams[0]


def test_a_reload_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until none of the old connections to children is left."""
    master = Master(monkeypatch, {"1", "2"}, {"1", "2"}, {"2", "3"}, {"3", "4"})
    PostfixServer("/etc/postfix", "/var/spool/postfix").reload()
    assert master.commands == [["postfix", "-c", "/etc/postfix", "reload"]]
    assert master.streams == [{"3", "4"}]


def test_a_reload_without_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing happened, or the master ended of it."""
    Master(monkeypatch, {"1"})
    monkeypatch.setattr(running, "SETTLE_SECONDS", 0.05)
    server = PostfixServer("/etc/postfix", "/var/spool/postfix")
    with pytest.raises(ServerError, match="did not take the new configuration"):
        server.reload()
    monkeypatch.setattr(sockets, "daemon", lambda file, name: None)
    with pytest.raises(ServerError, match="did not take the new configuration"):
        server.reload()
