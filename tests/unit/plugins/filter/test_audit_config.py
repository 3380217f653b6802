# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that a configuration with which every audit would fail is refused before it is installed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.postmaster.mailports.plugins.filter.audit_config import audit_config

HOST = {"host": "mail.example.net"}
GOOD: dict[str, Any] = {"hosts": {"mail": HOST}, "probe": {}, "waivers": [], "webhook": ""}


def test_a_good_configuration_stays_as_it_is() -> None:
    given = {**GOOD, "probe": {"policy": "starttls_first"}}
    assert audit_config(given) is given
    assert GOOD["hosts"]["mail"] == {"host": "mail.example.net"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"hosts": {}}, "there is nothing to audit"),
        ({"hosts": {"mail": "x"}}, "mailports_audit_targets.mail: The intent is not valid"),
        ({"hosts": {"mail": {**HOST, "services": {"imapz": {}}}}}, "imapz"),
        ({"probe": {"policy": "rfc8413"}}, "rfc8413"),
        ({"waivers": [{"rule": "prot-open"}]}, "there is no rule 'prot-open'"),
        (
            {"webhook": "ftp://hooks.example.net/s3cret"},
            "this does not begin with http:// or https",
        ),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(AnsibleFilterError, match=words) as caught:
        audit_config({**GOOD, **changes})
    assert "s3cret" not in str(caught.value)
