# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test what the modules that change listeners check first, and how they end."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._change.listener_change import (
    Report,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._change.module import (
    conclude,
    listeners_from,
    policy_of,
    problems,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._change.transaction import (
    TransactionError,
)

GOOD: dict[str, Any] = {"host": "mail.example.net", "addresses": [], "certificate": "/etc/c.pem"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, ""),
        ({"certificate": "c.pem"}, "certificate: 'c.pem' is not an absolute path"),
        ({"certificate": "/etc/c\n.pem"}, "certificate: "),
        ({"certificate": "/etc/$c"}, "certificate: "),
        ({"host": "not a host"}, "host: 'not a host' is not a host name"),
        ({"addresses": ["*", "::1", "198.51.100.1"]}, ""),
        ({"addresses": ["all"]}, "addresses: 'all' is neither an address nor *"),
    ],
)
def test_options(change: dict[str, Any], said: str) -> None:
    found = list(problems({**GOOD, **change}, ("certificate",), ("*",)))
    assert bool(found) is bool(said)
    assert all(said in one for one in found)


def test_listeners() -> None:
    row = {"service": "imaps", "protocol": "imap", "port": 993, "tls": "implicit"}
    (one,) = listeners_from({"listeners": [{**row, "login": "required", "state": "open"}]})
    assert (one.service, one.port) == ("imaps", 993)


class Ended(Exception):
    """The module has ended."""


class Module:
    """A module that remembers how it ended."""

    check_mode = False

    def __init__(self, **params: Any) -> None:
        self.params = params
        self.warnings: list[str] = []
        self.result: dict[str, Any] = {}

    def warn(self, text: str) -> None:
        """Remember a warning."""
        self.warnings.append(text)

    def exit_json(self, **result: Any) -> None:
        """End well."""
        self.result = result

    def fail_json(self, **result: Any) -> None:
        """End badly."""
        self.result = {"failed": True, **result}
        raise Ended


class Change:
    """A change that does as it is told."""

    warnings = ("watch out",)

    def __init__(self, work: Callable[[], Report]) -> None:
        self.run = work
        self.look = work


def ended(work: Callable[[], Report]) -> Module:
    module = Module()
    with contextlib.suppress(Ended):
        conclude(module, lambda: Change(work), (ValueError,))  # type: ignore[arg-type,return-value]
    return module


def test_a_change_that_worked() -> None:
    report = Report(True, False, "3.10", (("/etc/a", "old", "new"),), warnings=("watch out",))
    module = ended(lambda: report)
    assert module.warnings == ["watch out"]
    assert module.result["changed"] is True
    assert module.result["diff"][0] == {
        "before": "old",
        "after": "new",
        "before_header": "/etc/a",
        "after_header": "/etc/a",
    }


@pytest.mark.parametrize(
    ("error", "message", "restored"),
    [
        (ValueError("no"), "no\nThe server is as before.", True),
        (OSError(28, "No space left", "/etc/a"), "nothing was changed: [Errno 28]", True),
        (TransactionError("no", restored=True), "no\nThe server is as before.", True),
        (TransactionError("no", restored=False), "no\nThe server may not be as before.", False),
    ],
)
def test_a_change_that_did_not(error: Exception, message: str, restored: bool) -> None:
    def work() -> Report:
        raise error

    module = ended(work)
    assert module.result["failed"]
    assert module.result["msg"].startswith(message)
    assert module.result["restored"] is restored
    assert module.warnings == ["watch out"]


def test_a_policy_that_cannot_be_used() -> None:
    with pytest.raises(Ended):
        policy_of(Module(policy={"extends": "nothing"}))
    assert policy_of(Module(policy="rfc8314")).name == "rfc8314"
