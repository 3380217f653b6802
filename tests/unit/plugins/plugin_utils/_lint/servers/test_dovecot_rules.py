# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the rules for settings of Dovecot, wherever they are written."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.facts import Flaw, Place
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.servers.dovecot_rules import (
    Around,
    One,
    dovecot_facts,
    scheme_facts,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.nodes import UNKNOWN

from tests.unit.plugins.plugin_utils._lint.short import short

_LISTENER = "service/imap-login/inet_listener/imap"


def settings(text: str) -> list[One]:
    """Return ``block/name=value`` words as settings, each on a line of its own."""
    words = (word.partition("=") for word in text.split())
    return [
        One(tuple(name.split("/")), value, Place(line))
        for line, (name, _equals, value) in enumerate(words, 1)
    ]


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("disable_plaintext_auth=no", ["1 login-before-tls"]),
        ("disable_plaintext_auth=yes", []),
        ("auth_allow_cleartext=yes", ["1 login-before-tls"]),
        ("remote/127.0.0.1/disable_plaintext_auth=no", []),
        ("remote/192.0.2.1/disable_plaintext_auth=no", ["1 login-before-tls"]),
        ("ssl=no", ["1 cleartext-port"]),
        ("protocol/lmtp/ssl=no", []),
        ("protocol/imap/ssl=no", ["1 cleartext-port"]),
        (f"ssl={UNKNOWN}", []),
        ("ssl_min_protocol=TLSv1.1", ["1 TLSv1.1"]),
        ("ssl_protocols=!SSLv3", ["1 obsolete-setting", "1 TLSv1"]),
        ("imapc_ssl_verify=no", ["1 verification-off"]),
        ("imapc_ssl_verify=no imapc_host=localhost", []),
        ("protocols=imaps", ["1 obsolete-setting"]),
        ("default_pass_scheme=PLAIN", ["1 weak-password-scheme"]),
        ("passdb/args=scheme=MD5-CRYPT", []),
        ("service/imap-login/inet_listener/imap/port=143", ["1 listener 143 starttls"]),
        ("service/imap-login/inet_listener/imap/port=0", []),
        ("service/imap-login/inet_listener/imaps/ssl=yes", ["1 listener 993 implicit"]),
        ("service/imap-login/inet_listener/imap/ssl=yes", ["1 wrong-tls-mode"]),
        ("service/imap-login/inet_listener/imaps/ssl=no", ["1 wrong-tls-mode"]),
        ("service/managesieve-login/inet_listener/imap/port=143", []),
        (f"{_LISTENER}/port=143 {_LISTENER}/address=127.0.0.1", []),
        (
            "ssl=no service/imap-login/inet_listener/imap/port=143",
            ["1 cleartext-port", "2 listener 143 cleartext"],
        ),
    ],
)
def test_a_part_of_the_configuration(text: str, facts: list[str]) -> None:
    assert short(dovecot_facts(settings(text))) == facts


_PROXIED = "service/imap-login/inet_listener/behind/haproxy=yes"
_NEW = "dovecot_config_version=2.4.1"


@pytest.mark.parametrize(
    ("text", "around", "found"),
    [
        (f"{_NEW} ssl=yes {_PROXIED}", Around(), True),
        (f"{_NEW} ssl=required {_PROXIED}", Around(), False),
        # The default is yes, where it is known that nothing else is set.
        (f"{_NEW} {_PROXIED}", Around(main=True, alone=True), True),
        (f"{_NEW} {_PROXIED}", Around(main=True), False),
        (f"{_NEW} {_PROXIED}", Around(ssl="yes"), True),
        (f"{_NEW} {_PROXIED}", Around(ssl="required"), False),
        # A proxy on the same machine brings clients from everywhere.
        (f"{_NEW} listen=127.0.0.1 ssl=yes {_PROXIED}", Around(), True),
        ("auth_allow_cleartext=no ssl=yes " + _PROXIED, Around(), True),
        (f"{_NEW} ssl=yes protocol/imap/ssl=required {_PROXIED}", Around(), False),
        (f"{_NEW} ssl=required protocol/imap/ssl=yes {_PROXIED}", Around(), True),
        (f"{_NEW} ssl=yes {_PROXIED.replace('=yes', '=no')}", Around(), False),
        (f"{_NEW} ssl=yes {_PROXIED} {_PROXIED.replace('haproxy', 'ssl')}", Around(), False),
        (f"{_NEW} ssl=yes {_PROXIED.replace('behind', 'imaps')}", Around(), False),
        (f"{_NEW} ssl=yes {_PROXIED.replace('imap-login', 'lmtp')}", Around(), False),
        # 2.3 refuses such a login, and an unknown version may be 2.3.
        (f"disable_plaintext_auth=yes ssl=yes {_PROXIED}", Around(), False),
        (f"ssl=yes {_PROXIED}", Around(), False),
    ],
)
def test_a_listener_for_a_proxy(text: str, around: Around, found: bool) -> None:
    """2.4 takes cleartext logins there, unless TLS is required."""
    told = [one for one in dovecot_facts(settings(text), around) if isinstance(one, Flaw)]
    assert [one.rule for one in told] == ["login-before-tls"] * found
    assert all("ssl = required" in one.remedy and one.severity == "warning" for one in told)


@pytest.mark.parametrize(
    ("text", "main", "facts"),
    [
        ("dovecot_config_version=2.4.0 ssl_cert=</a", False, ["2 wrong-version-setting"]),
        ("dovecot_config_version=2.4.0 ssl_server_cert_file=/a", False, []),
        ("ssl_server_cert_file=/a", True, ["1 wrong-version-setting"]),
        ("ssl_server_cert_file=/a", False, []),
    ],
)
def test_settings_of_the_other_generation(text: str, main: bool, facts: list[str]) -> None:
    assert short(dovecot_facts(settings(text), Around(main))) == facts


@pytest.mark.parametrize(
    ("scheme", "weak"),
    [("{PLAIN}", True), ("sha256.b64", True), ("SSHA256", False), ("ARGON2ID", False), ("", False)],
)
def test_a_scheme_is_weak_without_salt(scheme: str, weak: bool) -> None:
    assert bool(list(scheme_facts(scheme, Place(1)))) is weak
