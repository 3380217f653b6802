# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test what the keys beside a port say about TLS, logins and hosts."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.services import SERVICES
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.settings.around import (
    around,
    has_other_host,
    pairs,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.nodes import (
    Table,
    tree_from,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.scope import Scope


def seen(prefix: str, service: str, data: dict[str, Any]) -> Any:
    """Return what is around a port whose key has the words of ``prefix``."""
    node = tree_from(data)
    assert isinstance(node, Table)
    words = tuple(prefix.split())
    return around(words, SERVICES[service], list(pairs(node)), Scope())


@pytest.mark.parametrize(
    ("service", "data", "tls"),
    [
        ("submission", {"smtp_starttls": True}, "starttls"),
        ("submission", {"smtp_ssl": False}, None),
        ("imap", {"imap_ssl": False}, "cleartext"),
        ("submissions", {"smtp_ssl": True, "smtp_starttls": False}, "implicit"),
        ("submissions", {"smtp_ssl": True}, "some"),
        ("submission", {"smtp_tls": True, "smtp_ssl": False}, "starttls"),
        ("submissions", {"smtp_starttls": False}, None),
        ("submission", {"smtp_starttls": False}, "cleartext"),
        ("submission", {"smtp_require_tls": False}, "optional"),
        ("submission", {"smtp_tls_cert": "/a"}, None),
        ("submission", {"imap_ssl": True}, None),
        ("submission", {"secure": True, "auth": {"user": "u"}}, "implicit"),
    ],
)
def test_switches_add_up_to_a_mode(service: str, data: dict[str, Any], tls: Any) -> None:
    prefix = "imap" if service == "imap" else "smtp"
    assert seen(prefix, service, data).tls == tls


@pytest.mark.parametrize(
    ("data", "login"),
    [
        ({"smtp_user": "u"}, True),
        ({"smtp_user": ""}, None),
        ({"smtp_auth": False}, False),
        ({"smtp_auth": "plain"}, True),
        ({"smtp_auth": False, "smtp_password": "p"}, True),
        ({"auth": {"username": "u"}}, True),
        ({"imap_user": "u"}, None),
        ({"smtp_host": "h.example.com"}, None),
    ],
)
def test_a_user_or_a_password_is_a_login(data: dict[str, Any], login: Any) -> None:
    assert seen("smtp", "submission", data).login is login


@pytest.mark.parametrize(
    ("data", "names"),
    [
        ({"smtp_host": "h.example.com"}, {"host"}),
        ({"smtp_host": "localhost"}, {"host", "local"}),
        ({"smtp_host": ""}, {"form"}),
        ({"smtp_enabled": "no"}, {"disabled"}),
        ({"smtp_listen": "127.0.0.1"}, {"bound"}),
        ({"database_host": "h.example.com"}, set()),
    ],
)
def test_a_host_and_switches(data: dict[str, Any], names: set[str]) -> None:
    found = seen("smtp", "submission", data)
    flags = ("host", "local", "form", "disabled", "bound")
    assert {name for name in flags if getattr(found, name)} == names


@pytest.mark.parametrize(
    ("data", "other"),
    [
        ({"smtp_host": "h", "host": "db.example.com"}, True),
        ({"smtp_host": "h", "host": "smtp.example.com"}, False),
        ({"smtp_host": "h"}, False),
        ({"host": "db.example.com"}, False),
    ],
)
def test_the_host_of_something_else_beside_that_of_mail(data: dict[str, Any], other: bool) -> None:
    node = tree_from(data)
    assert isinstance(node, Table)
    assert has_other_host(list(pairs(node)), Scope()) is other


def test_settings_of_a_helper_belong_to_its_mapping() -> None:
    node = tree_from({"smtp": {"port": 1}, "auth": {"user": "u", "deep": {"x": 1}}, "port": 25})
    assert isinstance(node, Table)
    assert [pair.words for pair in pairs(node)] == [("auth", "user"), ("port",)]
