# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test what this host's Dovecot is asked."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._dovecot.asked import (
    listeners,
    version,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.host_view import ReadError
from ansible_collections.postmaster.mailports.plugins.module_utils._system.machine import (
    AskError,
    Machine,
)

HEAD = "# 2.3.19.1 (9b): /etc/dovecot/dovecot.conf\n"


class Host(Machine):
    """A machine with this main file, whose doveconf prints the same."""

    def __init__(self, text: str, printed: str = "", status: int = 0) -> None:
        super().__init__(
            lambda _command: (status, HEAD + (printed or text), "no"), lambda name: name
        )
        self._text = text

    def text(self, path: str) -> str:  # type: ignore[override]
        """Return the main file."""
        return self._text


def test_the_version_of_a_configuration_that_is_refused() -> None:
    assert version(Host("", status=89), "doveconf") == "2.3.19.1"


def test_a_version_that_is_not_printed() -> None:
    with pytest.raises(ReadError):
        version(Machine(lambda _command: (0, "", ""), lambda name: name), "doveconf")


def test_listeners_with_their_lines() -> None:
    text = "protocols = imap\nservice imap-login {\n  inet_listener imaps {\n    port = 0\n  }\n"
    text += "  inet_listener imap {\n    port = 1143\n  }\n}\n"
    (one,), warnings = listeners(Host(text), "doveconf")
    assert (one.port, one.source.file, one.source.line) == (1143, "/etc/dovecot/dovecot.conf", 6)
    assert warnings == []


def test_files_that_are_not_understood_cost_the_lines_alone() -> None:
    found, warnings = listeners(Host("}\n", "protocols = imap\n"), "doveconf")
    assert {one.port for one in found} == {143, 993}
    assert "lines of its settings are not known" in warnings[0]


def test_a_doveconf_that_fails() -> None:
    with pytest.raises(AskError):
        listeners(Host("", status=89), "doveconf")
