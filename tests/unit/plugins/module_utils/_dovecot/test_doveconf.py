# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that what doveconf prints is understood."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._dovecot import (
    doveconf as _doveconf,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._dovecot.doveconf import (
    Inet,
)

from tests.unit.plugins.module_utils._dovecot.doveconf_texts import TEXT_23, TEXT_24


def test_parse() -> None:
    conf = _doveconf.parse(TEXT_24)
    assert conf.settings["listen"] == "* ::"
    assert _doveconf.listeners(conf) == [
        Inet("imap-login", "imaps", 0, True, ()),
        Inet("imap-login", "imap", 143, False, ()),
        Inet("managesieve-login", "sieve", 4190, False, ()),
        Inet("managesieve-login", "sieve_deprecated", 2000, False, ()),
    ]
    assert _doveconf.protocols(conf) == ("imap",)
    assert _doveconf.protocols(_doveconf.parse(TEXT_23)) == ("imap", "lmtp")


@pytest.mark.parametrize("text", ["}", "service x {", "a {\n}\n}"])
def test_parse_refuses_unmatched_blocks(text: str) -> None:
    with pytest.raises(ValueError, match=r"^doveconf( line \d)?: (a|the) block"):
        _doveconf.parse(text)
