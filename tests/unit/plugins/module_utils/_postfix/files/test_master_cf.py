# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that master.cf is read as Postfix reads it."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.files.lines import (
    CfError,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.files.master_cf import (
    MasterCf,
)
from hypothesis import given

from tests.unit.plugins.module_utils._postfix.master_files import (
    files,
)

ROW = "smtp inet n - y - - smtpd"


@given(files())
def test_any_file_survives_byte_for_byte(text: str) -> None:
    assert MasterCf.parse(text).text == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("  -o a=b\n", "line 1: a line that starts with white space continues nothing"),
        ("# c\nsmtp inet n - y - -\n", "line 2: 7 fields where an entry has at least 8"),
        (f"{ROW} -o {{ a = b\n", "line 1: a brace is opened and not closed"),
        (f"{ROW} -o {{a=b}}c\n", "line 1: text behind the brace"),
        (f"{ROW} -o\n", "line 1: nothing follows -o"),
        (f"{ROW} -o a = b\n", "line 1: -o is followed by 'a'"),
        ("smtp bad n - y - - smtpd\n", "line 1: type: 'bad' is not valid"),
        ("smtp inet n - y x - smtpd\n", "line 1: wakeup: 'x' is not valid"),
    ],
)
def test_a_broken_file_is_an_error_with_its_line(text: str, said: str) -> None:
    with pytest.raises(CfError, match=said):
        MasterCf.parse(text)
