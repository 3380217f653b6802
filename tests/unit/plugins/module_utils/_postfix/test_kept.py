# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that entries which an intent does not name go on as they are, or the change is refused."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.entries import PlanError
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.files.master_cf import (
    MasterCf,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.kept import (
    named_entries,
    unkept,
)

from tests.unit.plugins.module_utils._postfix.postfix_files import (
    MAIN,
    MASTER,
    SCREEN,
    planned,
    present,
    wanted,
)

FILTER = "127.0.0.1:10025 inet n - y - - smtpd -o content_filter=\n"
WIDE = "0.0.0.0/0"


def entry(text: str, name: str) -> dict[str, str]:
    (found,) = (one for one in MasterCf.parse(text).entries if one["service"] == name)
    return found.values


def test_the_entry_behind_a_content_filter_keeps_its_relay_list() -> None:
    made = planned(wanted("smtp"), master=MASTER + FILTER, mynetworks=WIDE)
    own = entry(made.master, "127.0.0.1:10025")
    assert own["smtpd_relay_restrictions"].startswith("permit_mynetworks")
    assert "permit_inet_interfaces" in made.main


def test_a_webmail_keeps_its_logins() -> None:
    main = MAIN + "smtpd_sasl_auth_enable = yes\n"
    made = planned(wanted("smtp", "submission"), main=main, master=MASTER + FILTER)
    own = entry(made.master, "127.0.0.1:10025")
    assert (own["smtpd_tls_auth_only"], own["smtpd_sasl_type"]) == ("no", "cyrus")


def test_an_entry_is_judged_by_its_own_networks() -> None:
    master = f"25 inet n - y - - smtpd -o mynetworks={WIDE}\n"
    made = planned(wanted("smtp"), master=master)
    relay = entry(made.master, "25")["smtpd_relay_restrictions"]
    assert relay.startswith("permit_inet_interfaces")
    assert "permit_mynetworks" not in relay
    kept = planned(wanted("smtp", relay_restrictions="keep"), master=master)
    assert "smtpd_relay_restrictions" not in entry(kept.master, "25")


def test_a_certificate_of_one_address_stays() -> None:
    own = "  -o smtpd_tls_cert_file=/a.pem\n  -o smtpd_tls_key_file=/a.key\n"
    text = "465 inet n - y - - smtpd\n198.51.100.2:465 inet n - y - - smtpd\n" + own
    made = planned(wanted("submissions"), master=text)
    values = entry(made.master, "198.51.100.2:465")
    assert (values["smtpd_tls_cert_file"], values["smtpd_tls_chain_files"]) == ("/a.pem", "")
    assert made.own_certificates == {("198.51.100.2", 465)}
    # On all addresses the intent says which one it is, and what would be idle goes.
    everywhere = planned(wanted("submissions"), master="465 inet n - y - - smtpd\n" + own)
    assert "cert_file" not in "".join(entry(everywhere.master, "465"))


def test_what_an_intent_is_about() -> None:
    old = MasterCf.parse(SCREEN + FILTER)
    named = named_entries(wanted("smtp"), present(master=old.text), old, old)
    assert {("smtp", "inet"), ("smtpd", "pass"), ("tlsproxy", "unix")} <= named
    assert ("127.0.0.1:10025", "inet") not in named


def test_a_port_that_would_move_is_refused() -> None:
    main = MAIN.replace("= all", "= loopback-only")
    with pytest.raises(PlanError, match=r"10025 \(line \d+\), which the intent does not name"):
        planned(wanted("smtp"), main=main, master=MASTER + "10025 inet n - y - - smtpd\n")
    planned(wanted("smtp"), main=main, master=MASTER + FILTER)


def test_an_open_relay_on_another_port_is_told() -> None:
    text = MASTER + "10025 inet n - y - - smtpd -o smtpd_relay_restrictions=permit\n"
    made = planned(wanted("smtp"), master=text)
    assert any("10025" in one and "lets strangers relay" in one for one in made.warnings)


def test_what_postfix_itself_would_read_otherwise_is_told() -> None:
    ground = present(master=MASTER + FILTER)
    made = planned(wanted("smtp"), master=MASTER + FILTER)
    after = ground.settings.changed({"smtpd_banner": "other"})
    (said,) = unkept(ground, wanted("smtp"), MASTER + FILTER, after)
    assert "10025" in said
    assert "smtpd_banner = 'other'" in said
    assert made.effects[0] != made.effects[1]
    assert "10025" not in made.effects[1]
