# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins with a test account, right and wrong, and the password in no output at all."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from tests import hosts
from tests.integration.expected import AS_INTENDED, LOGINS, rows
from tests.integration.running import CA_ON_HOSTS, Ansible, Prober, intent, other

WRONG = "Looking-Glass-2"
REFUSALS = {"smtp": "535 5.7.8", "imap": "NO [AUTHENTICATIONFAILED]", "pop3": "-ERR [AUTH]"}


def _logins(result: dict[str, Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in result["observations"]:
        found.setdefault(one["service"], set()).add(one["login"])
    return found


def _findings(result: dict[str, Any]) -> set[tuple[str, str, str, str]]:
    return {
        (one["service"], one["rule"], one["severity"], _family(one["address"]))
        for one in result["findings"]
    }


def _family(address: str) -> str:
    return "ipv6" if ":" in address else "ipv4" if address else ""


def test_right_password(host: hosts.Host, probers: Mapping[str, Prober]) -> None:
    """Every port where users log in lets the user in; nothing is sent where none do."""
    result = probers[host.base].check(
        intent(host), login_user=hosts.USER, login_password=hosts.PASSWORD
    )
    assert _logins(result) == {"smtp": {"not_tried"}} | {name: {"accepted"} for name in LOGINS}
    assert _findings(result) == AS_INTENDED
    assert hosts.PASSWORD not in json.dumps(result)


def test_wrong_password(host: hosts.Host, probers: Mapping[str, Prober]) -> None:
    """Every such port refuses, and that is an authentication issue with the server's code."""
    result = probers[host.base].check(intent(host), login_user=hosts.USER, login_password=WRONG)
    assert _logins(result) == {"smtp": {"not_tried"}} | {name: {"refused"} for name in LOGINS}
    assert _findings(result) == rows(LOGINS, "login-failed") | AS_INTENDED
    for one in result["observations"]:
        if one["login"] == "refused":
            assert one["login_reply"] == REFUSALS[one["protocol"]]
    causes = {one["cause"] for one in result["findings"] if one["rule"] == "login-failed"}
    assert causes == {"authentication_issue"}
    assert WRONG not in json.dumps(result)


@pytest.mark.parametrize("fault", ["cert_self_signed", "cert_wrong_name"])
def test_no_password_without_trust(
    fault: str, host: hosts.Host, probers: Mapping[str, Prober]
) -> None:
    """A server that has not proved its name gets no password, and its log shows no attempt."""
    log = host.folder / "log" / "mail.log"
    before = len(log.read_bytes())
    with host.fault(fault):
        result = probers[host.base].check(
            intent(host), login_user=hosts.USER, login_password=hosts.PASSWORD
        )
    assert {login for found in _logins(result).values() for login in found} == {"not_tried"}
    assert b"sasl_method" not in log.read_bytes()[before:]
    # Before TLS it is asked whether a login would go on, without a name but this one.
    assert not re.search(rb"user=<(?!probe>)[^>]+>.*method=", log.read_bytes()[before:])


def test_login_socket_missing(host: hosts.Host, probers: Mapping[str, Prober]) -> None:
    """Postfix ends at once: the finding names the socket, and no other service is accused.

    Its master then waits before it starts another process, so that only the first connection to
    each port can be foretold: one address, and a short limit for what hangs behind it.
    """
    with host.fault("auth_socket_missing") as fault:
        result = probers[host.base].check(intent(host, addresses=["ipv4"]), timeout=2.0)
    dead = [one for one in result["findings"] if one["rule"] == "no-dialogue"]
    assert {one["service"] for one in dead} == set(fault.services)
    for one in dead:
        assert one["cause"] == "authentication_issue"
        assert "private/auth" in one["remedy"]
    rest = {(one["service"], one["rule"]) for one in result["findings"]}
    rest -= {(name, rule) for name, rule, _severity, _place in AS_INTENDED}
    allowed = {"no-dialogue", "not-known", "tls-version-not-probed"}
    assert rest <= {(name, rule) for name in fault.services for rule in allowed}


def _right(host: hosts.Host) -> dict[str, Any]:
    return {"intent": intent(host), "login_password": hosts.PASSWORD}


def _wrong(host: hosts.Host) -> dict[str, Any]:
    """Few ports: Dovecot makes a client that guesses wrong wait longer each time."""
    few = {"services": ["submissions", "imaps", "pop3s"], "addresses": ["ipv4"]}
    return {"host": host.name, "login_password": WRONG, **few}


@pytest.mark.parametrize(
    ("module", "options", "login"),
    [("port_check", _right, "accepted"), ("port_info", _wrong, "refused")],
)
def test_password_is_never_shown(
    module: str, options: Any, login: str, site: hosts.Site, ansible: Ansible
) -> None:
    """Neither -vvv nor the log has it, on the controller or over ssh, right or wrong."""
    host = site.hosts["debian12"]
    host.restart("dovecot")  # Forgets who has guessed wrong before.
    args = {**options(host), "login_user": hosts.USER}
    for where, store in (
        (other(site, host).name, CA_ON_HOSTS),
        ("localhost", str(site.ca_file)),
    ):
        name = f"postmaster.mailports.{module}"
        run = ansible.module(where, {**args, "ca_path": store}, "-vvv", name=name)
        result = run.results[where]
        seen = result["observations" if module == "port_check" else "endpoints"]
        assert {one["login"] for one in seen if one["service"] != "smtp"} == {login}
    log = ansible.log.read_text(encoding="utf-8")
    said = "\n".join([ansible.said, log])
    # What else the tasks returned is there to be read, so the password would be as well.
    for text in (ansible.said, log):
        assert text.count(f'"login": "{login}"') >= 2
    for secret in _forms(args["login_password"]):
        assert secret not in said


def _forms(password: str) -> list[str]:
    """Return the password as it is typed and as it stands in the dialogues, whatever is before."""
    plain = base64.b64encode(f"\0{hosts.USER}\0{password}".encode()).decode()
    return [password, plain, base64.b64encode(password.encode()).decode()]
