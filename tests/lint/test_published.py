# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that our own linter has nothing against the files that we publish for mail programs."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._client.files import files_of
from ansible_collections.postmaster.mailports.plugins.module_utils._model.policy import POLICIES
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.engine import (
    Text,
    lint_text,
)

from tests.support.clients import intent, settings

IMPLICIT = files_of(settings(intent("imaps", "pop3s", "submissions")))
# What is deprecated is told, and nothing else: each file says TLS where it should.
STARTTLS = files_of(settings(intent("imap", "pop3", "submission")))
ALLOWED = {"deprecated-port"}


@pytest.mark.parametrize("name", IMPLICIT)
def test_nothing_is_found_where_all_is_recommended(name: str) -> None:
    found = lint_text(Text(name, IMPLICIT[name].decode()), POLICIES["rfc8314"])
    assert [(one.line, one.rule, one.message) for one in found if one.severity != "info"] == []


@pytest.mark.parametrize("name", STARTTLS)
def test_only_deprecation_is_found_where_tls_begins_later(name: str) -> None:
    found = lint_text(Text(name, STARTTLS[name].decode()), POLICIES["rfc8314"])
    rules = {one.rule for one in found if one.severity != "info"}
    assert rules <= ALLOWED, [(one.line, one.rule, one.message) for one in found]
