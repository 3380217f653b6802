# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test what host lists and conditions say before TLS and inside it, and when nothing is said."""

from __future__ import annotations

from itertools import product
from typing import Optional

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._exim.conditions import (
    Answer,
    all_of,
    any_of,
    condition,
    hosts,
)
from hypothesis import given
from hypothesis import strategies as st

ALWAYS, NEVER, UNKNOWN = Answer(True, True), Answer(False, False), Answer(None, None)
INSIDE, BEFORE = Answer(False, True), Answer(True, False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*", ALWAYS),
        ("", NEVER),
        (":", NEVER),
        ("10.0.0.0/8 : *", ALWAYS),
        ("10.0.0.0/8", UNKNOWN),
        ("!10.0.0.0/8 : *", UNKNOWN),
        ("+relay_hosts : *", UNKNOWN),
        ("*.example.net", UNKNOWN),
        ("lsearch;/etc/hosts : *", UNKNOWN),
        ("${if def:tls_in_cipher {*}{}}", INSIDE),
        ("${if def:tls_in_cipher{*}{:}}", INSIDE),
        ("${if def:tls_cipher {*}}", INSIDE),
        ("${if !def:tls_in_cipher {}{*}}", INSIDE),
        ("${if eq{$tls_in_cipher}{}{}{*}}", INSIDE),
        ("${if eq {$tls_in_cipher} {} {:} {*}}", INSIDE),
        ("${if !eq{${tls_in_cipher}}{}{*}{}}", INSIDE),
        ("${if eq{$tls_in_cipher}{}{*}{}}", BEFORE),
        ("${if def:tls_in_cipher {10.0.0.0/8}{}}", Answer(False, None)),
        ("${if eq{$received_port}{587}{*}{}}", UNKNOWN),
        ("${if eq{$tls_in_cipher}{X}{*}{}}", UNKNOWN),
        ("${if def:tls_in_cipher {${lookup{a}lsearch{/b}}}{}}", UNKNOWN),
        ("*${if def:tls_in_cipher {*}{}}", UNKNOWN),
    ],
)
def test_host_lists(text: str, expected: Answer) -> None:
    assert hosts(text) == expected
    assert hosts(text.replace(" ", "\n ")) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ALWAYS),
        ("yes", ALWAYS),
        ("true", ALWAYS),
        ("1", ALWAYS),
        ("no", NEVER),
        ("false", NEVER),
        ("0", NEVER),
        ("$tls_in_cipher", INSIDE),
        ("${if def:tls_in_cipher }", INSIDE),
        ("${if eq{$tls_in_cipher}{}{}{*}}", INSIDE),
        ("${if eq{$tls_in_cipher}{}{no}{yes}}", INSIDE),
        ("${if eq{$tls_in_cipher}{}}", BEFORE),
        ("${if match{$sender_host_address}{x}}", UNKNOWN),
    ],
)
def test_conditions(text: str, expected: Answer) -> None:
    assert condition(text) == expected


THREE = (True, False, None)


@pytest.mark.parametrize(("one", "other"), list(product(THREE, THREE)))
def test_together(one: Optional[bool], other: Optional[bool]) -> None:
    """What is known of one may decide, whatever the other is; nothing else is concluded."""
    both = [Answer(one, one), Answer(other, other)]
    every, some = all_of(both).before, any_of(both).inside
    assert every is (False if False in (one, other) else None if None in (one, other) else True)
    assert some is (True if True in (one, other) else None if None in (one, other) else False)


@given(st.text("${}if def:tls_incipher*eq !", max_size=60))
def test_no_text_is_too_odd(text: str) -> None:
    for found in (hosts(text), condition(text)):
        assert {found.before, found.inside} <= set(THREE)
