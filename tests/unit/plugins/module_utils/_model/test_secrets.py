# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that secrets are masked wherever they stand in settings and messages, and nothing else."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.secrets import (
    MASK,
    is_secret,
    masked,
    secret_values,
)
from hypothesis import given
from hypothesis import strategies as st

SECRET = "hunter2!Zq"


@pytest.mark.parametrize(
    "name",
    [
        "mysql_password",
        "ldapusers_bind_pw",
        "password",
        "passwd",
        "smtpd_api_token",
        "dovecot.secret",
        "hash_key",
        "ssl_key_password",
        "auth_pass",
        "DB_PASSWORD",
        "client-secret",
    ],
)
@pytest.mark.parametrize(
    "form",
    [
        "{} = {}\n",
        "{}={}\n",
        "  {} =   {}  \n",
        "#{} = {}\n",
        "{} =\n   {}\n",
        "{} = a b\n\t{}\nnext = 1\n",
        "587 inet n - y - - smtpd -o {}={} -o a=b\n",
        "587 inet n - y - - smtpd -o {{ {} = x {} y }}\n",
        "connect = host=db {}={} dbname=mail\n",
        "postconf: fatal: bad value: {}={}: no\n",
        'said: "{}": "{}"\n',
    ],
)
def test_a_secret_is_masked(name: str, form: str) -> None:
    text = masked(form.format(name, SECRET))
    assert SECRET not in text
    assert MASK in text
    assert name in text
    assert text.count("\n") >= 1
    assert masked(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "smtpd_tls_key_file = /etc/ssl/private/key.pem\n",
        "smtp_sasl_password_maps = hash:/etc/postfix/sasl_passwd\n",
        "smtpd_tls_chain_files = /etc/mailports/key.pem, /etc/mailports/cert.pem\n",
        "ssl_key = </etc/mailports/key.pem\n",
        "ssl_server_key_file = /etc/mailports/key.pem\n",
        "smtpd_relay_restrictions = permit_mynetworks, reject\n",
        "mysql_password =\n",
        "keyboard = 1\nmonkey = 2\nbypass = 3\n",
        "submissions (465): offers login before TLS [login-before-tls]. Allow logins\n",
        "http://example.net:8080/path\n",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize(
    "text",
    [
        f"smtp_sasl_password_maps = static:alice:{SECRET}\n",
        f"smtp_sasl_password_maps = inline:{{ {{ x = alice:{SECRET} }} }}\n",
        f"uris = ldaps://admin:{SECRET}@ldap.example.net\n",
    ],
)
def test_secrets_in_other_shapes(text: str) -> None:
    assert SECRET not in masked(text)


def test_known_values_are_masked_anywhere() -> None:
    assert SECRET not in masked(f"line 3: {SECRET} is not understood", [SECRET])
    assert masked("a b c", ["a"]) == "a b c"


def test_values_of_settings() -> None:
    values = {
        "x_password": "a",
        "passwd": "b",
        "smtp_sasl_password_maps": "static:c",
        "lmtp_sasl_password_maps": "hash:/etc/x",
        "smtpd_sasl_path": "d",
        "my_secret": None,
        "ssl_key": "</k",
    }
    assert secret_values(values) == {"a", "b", "static:c"}
    assert not is_secret("smtpd_tls_key_file", "/k")


@given(st.text(max_size=200))
def test_any_text_is_masked_once(text: str) -> None:
    once = masked(text)
    assert masked(once) == once
    assert once.count("\n") <= text.count("\n")
