# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test Exim's configuration: one table of texts and facts."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.servers.exim import (
    exim_facts,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.plugin_utils._lint.short import short

AUTH = (
    "begin authenticators\na:\n driver = plaintext\n public_name = LOGIN\n server_condition = x\n"
)


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("daemon_smtp_ports = 25 : 587\n", ["1 listener 25 -", "1 listener 587 -"]),
        ("daemon_smtp_ports = 25\nlocal_interfaces = 127.0.0.1\n", []),
        ("daemon_smtp_ports = 465\ntls_on_connect_ports = 465\n", ["1 listener 465 -"]),
        ("daemon_smtp_ports = smtps\n", ["1 wrong-tls-mode"]),
        ("daemon_smtp_ports = 587\ntls_on_connect_ports = 587\n", ["2 wrong-tls-mode"]),
        ("tls_advertise_hosts =\n", ["1 cleartext-port"]),
        ("openssl_options = +no_sslv2 +no_sslv3\n", ["1 TLSv1"]),
        (AUTH, ["3 login-before-tls"]),
        (AUTH + " server_advertise_condition = ${if def:tls_in_cipher}\n", []),
        (AUTH + " server_advertise_condition = yes\n", ["6 login-before-tls"]),
        ("auth_advertise_hosts =\n" + AUTH, []),
        (AUTH.replace("server_condition = x", "client_send = x"), []),
        (
            "begin transports\na:\n driver = smtp\n port = 25\n hosts_try_auth = h\n",
            ["4 client 25 optional login"],
        ),
        (
            "begin transports\na:\n driver = smtp\n port = 465\n protocol = smtps\n",
            ["4 client 465 implicit"],
        ),
        ("AUTH_CLIENT_ALLOW_NOTLS_PASSWORDS = 1\n", ["1 starttls-not-required"]),
        ("a = b \\\n  c\nAUTH_SERVER_ALLOW_NOTLS_PASSWORDS = yes\n", ["3 login-before-tls"]),
    ],
)
def test_a_configuration(text: str, facts: list[str]) -> None:
    assert short(exim_facts(text)) == facts


@given(
    st.lists(st.sampled_from(["begin x", "a:", "b = c", "\\", "d = \\", "no_e", "#"]), max_size=15)
)
def test_lines_are_those_of_the_text(lines: list[str]) -> None:
    assert all(0 < one.place.line <= len(lines) for one in exim_facts("\n".join(lines)))
