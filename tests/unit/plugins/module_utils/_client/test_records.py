# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the records that lead programs to the files."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._client.records import (
    client_records,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._client.settings import (
    SettingsError,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._domain import intent as domains

from tests.support.clients import domain, intent


def rows(*intents: object, **clients: object) -> dict[str, str]:
    made = domain(*intents, **clients)  # type: ignore[arg-type]
    return {f"{one.name} {one.type}": one.values[0] for one in client_records(made)}


def test_each_method_has_its_records() -> None:
    found = rows()
    text = found.pop("_ua-auto-config.example.net TXT")
    assert text.startswith("v=UAAC1; a=sha256; d=")
    assert found == {
        "autoconfig.example.net CNAME": "web.example.net.",
        "autodiscover.example.net CNAME": "web.example.net.",
        "_autodiscover._tcp.example.net SRV": "0 0 443 web.example.net.",
        "ua-auto-config.example.net CNAME": "web.example.net.",
    }


def test_a_method_that_cannot_say_the_settings_has_none() -> None:
    assert set(rows(intent("imaps", "submission"), username="local-part")) == {
        "autoconfig.example.net CNAME"
    }


def test_only_what_is_asked_for() -> None:
    assert set(rows(methods=["autoconfig"])) == {"autoconfig.example.net CNAME"}
    plain = domains.expand({"domain": "example.net"}, [intent()])
    assert list(client_records(plain)) == []


def test_ports_without_anything_for_users_are_an_error() -> None:
    with pytest.raises(SettingsError, match="fetch mail"):
        rows(intent("smtp"))
