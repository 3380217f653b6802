# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test which files are published, and that what is left out is told."""

from __future__ import annotations

from ansible_collections.postmaster.mailports.plugins.module_utils._client.files import (
    files_of,
    notes_on,
)

from tests.support.clients import intent, settings


def test_every_method_has_its_files_at_the_places_where_programs_look() -> None:
    found = files_of(settings())
    assert {name for name in found if name.split("/")[0] not in ("programs", "frameworks")} == {
        "mail/config-v1.1.xml",
        ".well-known/autoconfig/mail/config-v1.1.xml",
        "autodiscover/autodiscover.xml",
        "Autodiscover/Autodiscover.xml",
        "email.mobileconfig",
        ".well-known/user-agent-configuration.json",
    }
    assert notes_on(settings()) == []


def test_only_what_is_asked_for_is_there() -> None:
    assert set(files_of(settings(), ("mobileconfig",))) == {"email.mobileconfig"}


def test_what_a_method_cannot_say_is_left_out_and_told() -> None:
    made = settings(intent("pop3s", "submission"), username="local-part")
    found = files_of(made)
    assert "autodiscover/autodiscover.xml" not in found
    assert ".well-known/user-agent-configuration.json" not in found
    notes = "\n".join(notes_on(made))
    assert "autodiscover is not published: a file for everybody" in notes
    assert "pacc is not published" in notes
    assert "programs that cannot use these ports have no file: mbsyncrc" in notes
