# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test how lists of TLS versions are read."""

from __future__ import annotations

from typing import Optional

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.services import (
    TLS_VERSIONS,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.words.versions import (
    lowest_of,
    version_of,
)
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("word", "version"),
    [
        ("TLSv1.2", "TLSv1.2"),
        ("tls1_1", "TLSv1.1"),
        ("TLS11", "TLSv1.1"),
        ("TLSv1", "TLSv1"),
        ("TLSv1.0", "TLSv1"),
        ("SSLv3", "SSLv3"),
        ("SSLv2", "SSLv3"),
        ("tls", None),
        ("TLSv9", None),
        ("HIGH", None),
    ],
)
def test_a_version_has_many_spellings(word: str, version: Optional[str]) -> None:
    assert version_of(word) == version


@pytest.mark.parametrize(
    ("text", "lowest"),
    [
        ("TLSv1.2", "TLSv1.2"),
        (">=TLSv1.1", "TLSv1.1"),
        (">= TLSv1.2", "TLSv1.2"),
        ("!SSLv2, !SSLv3", "TLSv1"),
        ("!SSLv2 !SSLv3 !TLSv1 !TLSv1.1", "TLSv1.2"),
        ("TLSv1.2 TLSv1.3", "TLSv1.2"),
        ("ALL -SSLv3", "TLSv1"),
        ("<=TLSv1.2", None),
        ("any", "SSLv3"),
        ("", None),
        ("medium", None),
    ],
)
def test_a_list_has_a_lowest_version(text: str, lowest: Optional[str]) -> None:
    assert lowest_of(text) == lowest


@given(st.lists(st.sampled_from(TLS_VERSIONS), min_size=1))
def test_of_what_is_allowed_the_lowest_counts(allowed: list[str]) -> None:
    assert lowest_of(", ".join(allowed)) == min(allowed, key=TLS_VERSIONS.index)
