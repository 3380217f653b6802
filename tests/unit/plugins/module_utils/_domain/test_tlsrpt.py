# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test TLSRPT records with those of RFC 8460, and with odd ones."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._domain import tags, tlsrpt


@pytest.mark.parametrize(
    ("text", "reports"),
    [
        # RFC 8460 section 3.1, its two examples.
        ("v=TLSRPTv1;rua=mailto:reports@example.com", ("mailto:reports@example.com",)),
        (
            "v=TLSRPTv1; rua=https://reporting.example.com/v1/tlsrpt",
            ("https://reporting.example.com/v1/tlsrpt",),
        ),
        (
            "v=TLSRPTv1; rua=mailto:a@example.com , https://example.com/;",
            ("mailto:a@example.com", "https://example.com/"),
        ),
        ("v=TLSRPTv1; rua=mailto:a@example.com; ext=1", ("mailto:a@example.com",)),
    ],
)
def test_records_name_where_reports_go(text: str, reports: tuple[str, ...]) -> None:
    assert tlsrpt.parse(text).reports == reports


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("v=TLSRPTv1", "rua= (where reports go) is missing"),
        ("v=TLSRPTv1; rua=", "rua= (where reports go) is missing"),
        ("v=TLSRPTv1; rua=reports@example.com", "neither mailto: nor https:"),
        ("v=TLSRPTv1; rua=http://example.com/", "neither mailto: nor https:"),
        ("v=TLSRPTv1; rua=mailto:reports", "has no mail address"),
        ("v=TLSRPTv2; rua=mailto:a@example.com", "does not begin with v=TLSRPTv1"),
        ("rua=mailto:a@example.com; v=TLSRPTv1", "does not begin with v=TLSRPTv1"),
    ],
)
def test_what_is_no_record_is_told(text: str, words: str) -> None:
    with pytest.raises(tags.TagError) as error:
        tlsrpt.parse(text)
    assert words in str(error.value)
