# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test what this host's Exim is asked, and how its daemon is seen to be started."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._exim.asked import (
    DEFAULTS,
    listeners,
    version,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.host_view import ReadError
from ansible_collections.postmaster.mailports.plugins.module_utils._system.machine import Machine

EXIM = "/usr/sbin/exim4"
FILE = "/etc/exim4/exim4.conf"
PRINTED = """daemon_smtp_ports = 25 : 587
local_interfaces = <; ::0 ; 0.0.0.0
tls_on_connect_ports =
tls_advertise_hosts = *
auth_advertise_hosts = *
tls_certificate =
no_disable_ipv6
"""
UNIT = {"/proc/1/comm": "systemd\n", "/usr/lib/systemd/system/exim4.service": "[Unit]\n"}
OLD_SCRIPT = {"/etc/init.d/exim4": "exim4 -bd ${SMTPLISTENEROPTIONS}\n"}
NEW_SCRIPT = {"/etc/init.d/exim4": "exim4 ${EXIMDAEMONOPTS}\n"}


class Host(Machine):
    """A machine with these files and this Exim; ``asked`` holds the commands."""

    def __init__(self, files: Mapping[str, str], printed: str = PRINTED, status: int = 0) -> None:
        super().__init__(self._answer, lambda name: name)
        self._files = {FILE: "# mail\ndaemon_smtp_ports = 25 : 587\n", **files}
        self._printed = printed
        self._status = status
        self.asked: list[list[str]] = []

    def _answer(self, command: list[str]) -> tuple[int, str, str]:
        self.asked.append(command)
        last = command[-1]
        if last == "-bV":
            return 0, "Exim version 4.98.2 #2 built 11-Nov-2026\n", ""
        if last == "config_file":
            return 0, f"{FILE}\n", ""
        return (0, "", "") if last == "authenticators" else (self._status, self._printed, "")

    def text(self, path: str) -> str:  # type: ignore[override]
        """Return the text of a file."""
        return self._files.get(path, "")

    def matching(self, pattern: str) -> list[str]:  # type: ignore[override]
        """Return the command lines that there are."""
        return sorted(path for path in self._files if path.endswith("/cmdline"))


def ports(host: Host) -> tuple[set[int], list[str]]:
    found, warnings = listeners(host, EXIM)
    return {one.port for one in found}, warnings


def defaults(**values: str) -> dict[str, str]:
    return {DEFAULTS: "# Debian\n" + "".join(f"{k}='{v}'\n" for k, v in values.items())}


def running(*words: str) -> dict[str, str]:
    return {"/proc/7/cmdline": "\0".join([EXIM, *words]) + "\0"}


def test_the_version() -> None:
    assert version(Host({}), EXIM) == "4.98.2"
    with pytest.raises(ReadError, match="exim -bV ended with 1: no such thing"):
        version(Machine(lambda _command: (1, "", "no such thing\nmore"), lambda name: name), EXIM)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, {25, 587}),
        ({**OLD_SCRIPT, **defaults(SMTPLISTENEROPTIONS="")}, {25, 587}),
        ({**OLD_SCRIPT, **defaults(SMTPLISTENEROPTIONS="-oX 2525")}, {2525}),
        ({**OLD_SCRIPT, **defaults(COMMONOPTIONS="-oX 2525:25")}, {2525, 25}),
        ({**OLD_SCRIPT, **defaults(QUEUERUNNER="queueonly")}, set()),
        ({**OLD_SCRIPT, **defaults(QUEUERUNNER="separate")}, {25, 587}),
        # Each way to start reads its own variable.
        ({**OLD_SCRIPT, **defaults(EXIMSERVICE="-bdf -oX 2525")}, {25, 587}),
        ({**NEW_SCRIPT, **defaults(EXIMDAEMONOPTS="-bd -oX 2525")}, {2525}),
        ({**NEW_SCRIPT, **UNIT, **defaults(EXIMDAEMONOPTS="-bd -oX 2525")}, {25, 587}),
        ({**NEW_SCRIPT, **UNIT, **defaults(EXIMSERVICE="-bdf -oX 2525")}, {2525}),
        ({**NEW_SCRIPT, **UNIT, **defaults(EXIMSERVICE="-q30m")}, set()),
        # Nothing but the daemon that runs tells it.
        (running("-bd", "-q30m", "-oX", "2525"), {2525}),
        (running("-Mc", "1abc"), {25, 587}),
    ],
)
def test_how_the_daemon_is_started(files: dict[str, str], expected: set[int]) -> None:
    assert ports(Host(files))[0] == expected


@pytest.mark.parametrize(
    ("started", "words"),
    [(("-bd", "-oX", "2525"), "-oX 2525"), (("-bd", "-tls-on-connect"), "-tls-on-connect")],
)
def test_a_daemon_that_was_started_otherwise_is_a_warning(
    started: tuple[str, ...], words: str
) -> None:
    files = {**OLD_SCRIPT, **defaults(SMTPLISTENEROPTIONS="")}
    found, warnings = ports(Host({**files, **running(*started)}))
    assert found == {25, 587}
    assert any(words in one for one in warnings)
    assert ports(Host({**files, **running("-bd", "-q1h")}))[1] == []


def test_options_that_are_not_understood_are_left_out() -> None:
    for value in ("-oX $PORTS", "-oX `ports`"):
        found, warnings = ports(Host({**OLD_SCRIPT, **defaults(SMTPLISTENEROPTIONS=value)}))
        assert found == {25, 587}
        assert "is not understood" in warnings[0]


def test_another_configuration_is_asked_for() -> None:
    host = Host({**NEW_SCRIPT, **defaults(EXIMDAEMONOPTS="-bd -C /x.conf -DTLS=1")})
    ports(host)
    assert all(one[:4] == [EXIM, "-C", "/x.conf", "-DTLS=1"] for one in host.asked)


@pytest.mark.parametrize(
    ("files", "file", "line"),
    [
        ({}, FILE, 2),
        ({FILE: "# a\n\n  local_interfaces = 127.0.0.1\n"}, FILE, 3),
        ({FILE: ""}, FILE, 0),
        ({**OLD_SCRIPT, **defaults(SMTPLISTENEROPTIONS="-oX 2525")}, DEFAULTS, 2),
    ],
)
def test_where_it_is_written(files: dict[str, str], file: str, line: int) -> None:
    (one, *_others), _warnings = listeners(Host(files), EXIM)
    assert (one.source.file, one.source.line) == (file, line)


def test_an_exim_that_refuses_its_configuration() -> None:
    refusing = Host({}, "Exim configuration error in line 9\n  what: no\n", 1)
    with pytest.raises(ReadError, match="what: no"):
        listeners(refusing, EXIM)


def test_an_exim_without_tls() -> None:
    """It prints what it knows, and ends with an error for the rest."""
    text = "daemon_smtp_ports = 25\nlocal_interfaces = 0.0.0.0\ntls_certificate is not a known option\n"
    (one,), _warnings = listeners(Host({}, text, 1), EXIM)
    assert (one.tls, one.certificate) == ("cleartext", False)
