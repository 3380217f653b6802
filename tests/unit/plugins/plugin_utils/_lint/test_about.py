# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test what the command says about itself."""

from __future__ import annotations

from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.about import (
    explained,
    version,
)


def test_a_rule_is_explained_by_either_of_its_names() -> None:
    assert explained("cleartext-port") == explained("mail-port-cleartext")
    assert "cleartext" in explained("cleartext-port")
    assert explained("nothing") == ""
    assert "cleartext-port: error" in explained("")


def test_the_version_is_that_of_the_collection() -> None:
    assert version()[0].isdigit()
