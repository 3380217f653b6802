# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test what this host's Postfix is asked, and that its own options are read from master.cf."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.asked import (
    listeners,
    version,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._system.machine import Machine

MAIN = "inet_interfaces = all\ninet_protocols = all\nmode = yes\n"
MASTER = "10465 inet n - y - - smtpd{}\n"


class Host(Machine):
    """A machine with this master.cf, whose postconf misreads glued options."""

    def __init__(self, master: str) -> None:
        super().__init__(self._answer, lambda name: name)
        self._master = master

    def _answer(self, command: list[str]) -> tuple[int, str, str]:
        answers = {
            "mail_version": "3.10.2\n",
            "config_directory": "/etc/postfix\n",
            "-M": MASTER.format(""),
            "-Px": "10465/inet/smtpd_tls_wrapperm = de=yes\n",
        }
        return 0, answers.get(command[-1], MAIN if command[-1] not in ("-h",) else ""), ""

    def text(self, path: str) -> str:  # type: ignore[override]
        """Return master.cf."""
        return self._master if path == "/etc/postfix/master.cf" else ""


def test_the_version() -> None:
    assert version(Host(""), "postconf") == "3.10.2"


@pytest.mark.parametrize(
    ("options", "tls", "proxied"),
    [
        (" -osmtpd_tls_wrappermode=yes", "implicit", False),
        (" -vosmtpd_tls_wrappermode=yes", "implicit", False),
        (" -o { smtpd_tls_wrappermode = $mode }", "implicit", False),
        (" -o smtpd_tls_wrappermode=no", "cleartext", False),
        (" -osmtpd_upstream_proxy_protocol=haproxy", "cleartext", True),
    ],
)
def test_options_however_they_are_written(options: str, tls: str, proxied: bool) -> None:
    (one,), _warnings = listeners(Host(MASTER.format(options)), "postconf")
    assert (one.tls, one.proxied) == (tls, proxied)


def test_a_file_that_is_broken_leaves_what_postconf_says() -> None:
    (one,), _warnings = listeners(Host("10465 inet n - y - -\n"), "postconf")
    assert one.tls == "cleartext"
