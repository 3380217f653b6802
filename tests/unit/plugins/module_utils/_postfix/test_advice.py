# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of what users are told about Postfix settings."""

from __future__ import annotations

from typing import Any, Optional

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.advice import (
    ignored,
    needs,
    spelling_error,
    text_of,
)


@pytest.mark.parametrize(
    ("names", "values", "said"),
    [
        (["smtpd_tls_cert_file"], {"smtpd_tls_cert_file": "x", "smtpd_tls_chain_files": "y"}, 1),
        (["smtpd_tls_cert_file"], {"smtpd_tls_cert_file": "x", "smtpd_tls_chain_files": ""}, 0),
        (["smtpd_tls_cert_file"], {"smtpd_tls_cert_file": "", "smtpd_tls_chain_files": "y"}, 0),
        ([], {"smtpd_tls_cert_file": "x", "smtpd_tls_chain_files": "y"}, 0),
        (
            ["smtpd_tls_security_level"],
            {"smtpd_tls_security_level": "may", "smtpd_tls_wrappermode": "no"},
            0,
        ),
        (
            ["smtpd_tls_security_level"],
            {"smtpd_tls_security_level": "may", "smtpd_tls_wrappermode": "yes"},
            1,
        ),
        (["smtp_enforce_tls"], {"smtp_enforce_tls": "no", "smtp_tls_security_level": "may"}, 1),
        (["mynetworks_style"], {"mynetworks_style": "host", "mynetworks": "::1"}, 1),
    ],
)
def test_ignored(names: list[str], values: dict[str, str], said: int) -> None:
    assert len(ignored(names, values)) == said


@pytest.mark.parametrize(
    ("names", "need"),
    [([], "none"), (["smtpd_banner"], "reload"), (["smtpd_banner", "inet_protocols"], "restart")],
)
def test_needs(names: list[str], need: str) -> None:
    assert needs(names) == need


@pytest.mark.parametrize(
    ("name", "value", "version", "older"),
    [
        ("smtpd_tls_protocols", ">=TLSv1.2", (3, 6), ""),
        ("smtpd_tls_protocols", ">=TLSv1.1", (3, 5), "!SSLv2, !SSLv3, !TLSv1"),
        ("smtpd_tls_protocols", ">= TLSv1, <= TLSv1.2", (3, 5), "!SSLv2, !SSLv3, !TLSv1.3"),
        ("smtpd_tls_protocols", "!SSLv2", (3, 5), ""),
        ("smtpd_tls_protocols", None, (3, 5), ""),
        ("smtpd_banner", ">=TLSv1.2", (3, 5), ""),
    ],
)
def test_spelling(name: str, value: Optional[str], version: tuple[int, int], older: str) -> None:
    said = spelling_error(name, value, version)
    assert (f"write {older!r}" in said) if older else said == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, None), ("x", "x"), (True, "yes"), (False, "no"), (7, "7"), (["a", 2, True], "a,2,yes")],
)
def test_text_of(value: Any, text: Optional[str]) -> None:
    assert text_of("x", value) == text


@pytest.mark.parametrize("value", [{}, [{}], object()])
def test_what_is_no_text(value: Any) -> None:
    with pytest.raises(ValueError, match="x: the value must be"):
        text_of("x", value)
