# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test findings as workflow commands of GitHub, which hostile text cannot leave."""

from __future__ import annotations

from ansible_collections.postmaster.mailports.plugins.module_utils._formats.github import to_github

from .finding_rows import IN_FILE, OF_HOST


def test_a_finding_in_a_file_names_its_line() -> None:
    assert to_github([IN_FILE]) == (
        "::warning file=group_vars/all files.yml,line=3,title=mailports cleartext-port"
        "::imap (143) is used in clear. Use 993. (RFC 8314, section 4.1)\n"
    )


def test_a_finding_of_a_host_names_no_file() -> None:
    assert to_github([OF_HOST]).startswith("::error title=mailports port-open::imap (143) should ")
    assert to_github([]) == ""


def test_text_from_outside_stays_inside_its_command() -> None:
    hostile = {**IN_FILE, "file": "a,b:c%\n::error::x", "message": "x\n::stop-commands::y%0A"}
    (line,) = to_github([hostile]).splitlines()
    assert "file=a%2Cb%3Ac%25\\x0a%3A%3Aerror%3A%3Ax,line=3" in line
    assert "%250A" in line
