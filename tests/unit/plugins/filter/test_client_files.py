# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the filters around settings for mail programs: their files, and the records to them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleError
from ansible_collections.postmaster.mailports.plugins.filter.client_files import client_files
from ansible_collections.postmaster.mailports.plugins.filter.dns_records import dns_records

INTENT = {"host": "mail.example.net", "services": {"imaps": {}, "submissions": {}}}
DOMAIN: dict[str, Any] = {"domain": "example.net", "clients": {"host": "web.example.net"}}


def test_files_by_name() -> None:
    files = client_files(INTENT, "example.net", account="shop@example.net", methods=["programs"])
    assert "from shop@example.net\n" in files["programs/msmtprc"]
    assert not any(name.endswith(".xml") for name in files)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"colour": "red"}, "'colour' is not one of name, username"),
        ({"username": "mail"}, "username: 'mail' is not one of address, local-part"),
        ({"methods": ["fax"]}, "methods: 'fax' is not one of autoconfig"),
        ({"account": "shop"}, "account: 'shop' is not a mail address"),
    ],
)
def test_wrong_options_are_told(given: dict[str, Any], words: str) -> None:
    with pytest.raises(AnsibleError, match=r"is not") as error:
        client_files(INTENT, "example.net", **given)
    assert words in str(error.value)


def test_records_of_the_programs_come_with_the_others() -> None:
    names = {f"{one['name']} {one['type']}" for one in dns_records(DOMAIN, INTENT)}
    assert {
        "autoconfig.example.net CNAME",
        "autodiscover.example.net CNAME",
        "_autodiscover._tcp.example.net SRV",
        "_imaps._tcp.example.net SRV",
    } <= names
    text = dns_records(DOMAIN, INTENT, form="zone")
    assert "web.example.net." in text


def test_ports_without_anything_for_users_are_told() -> None:
    smtp = {"host": "mail.example.net", "services": {"smtp": {}}}
    with pytest.raises(AnsibleError, match="fetch mail"):
        dns_records(DOMAIN, smtp)
