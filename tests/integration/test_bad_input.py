# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input, given through Ansible: one clear message, no traceback, and not one packet sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests import hosts
from tests.integration.running import MODULE, Ansible, intent

INFO = "postmaster.mailports.port_info"
LOOKUP = "postmaster.mailports.intent"


def _cases(host: hosts.Host, folder: Path, ca_file: str) -> dict[str, tuple[dict[str, Any], str]]:
    """Return tasks by name, each with what its one message must say."""
    good = intent(host)
    own = {"port": hosts.PORTS["imap"], "protocol": "imap", "tls": "cleartext"}
    (folder / "noise.pem").write_text("not a certificate\n", encoding="ascii")
    (folder / "broken.yml").write_text("host: [\n", encoding="ascii")
    (folder / "list.yml").write_text("- host: a.example\n", encoding="ascii")
    alias = {**good, "services": {"smtps": {}}}
    return {
        "unknown service": ({MODULE: {"intent": alias}}, "called 'submissions' here"),
        "unknown service of port_info": (
            {INFO: {"host": host.name, "services": ["smtps"]}},
            "called 'submissions' here",
        ),
        "port 0": (
            {MODULE: {"intent": {**good, "services": {"imaps": {"port": 0}}}}},
            "services.imaps.port: 0 is not between 1 and 65535",
        ),
        "port 70000": (
            {INFO: {"host": host.name, "services": [{"service": "imaps", "port": 70000}]}},
            "is not between 1 and 65535",
        ),
        "a port twice": (
            {MODULE: {"intent": {**good, "services": {"imaps": {}, "imap": {"port": 993}}}}},
            "services.imaps.port: 993 is imap's port already",
        ),
        "a port twice for port_info": (
            {INFO: {"host": host.name, "services": ["imaps", {"service": "imap", "port": 993}]}},
            "port 993 is given twice",
        ),
        "no authority": (
            {MODULE: {"intent": good, "ca_path": "/nowhere.pem"}},
            "ca_path: '/nowhere.pem': No such file or directory",
        ),
        "no certificate": (
            {MODULE: {"intent": good, "ca_path": str(folder / "noise.pem")}},
            "holds no certificate",
        ),
        "no file": (_lookup(folder / "nowhere.yml"), "nowhere.yml: No such file or directory"),
        "a folder": (_lookup(folder), "Is a directory"),
        "no YAML": (_lookup(folder / "broken.yml"), "broken.yml: not YAML"),
        "a list": (_lookup(folder / "list.yml"), "is not a mapping"),
        "a list as intent": ({MODULE: {"intent": [good]}}, "is not a mapping"),
        "no host": ({MODULE: {"intent": {"services": {}}}}, "host is missing"),
        "unknown option": ({MODULE: {"intent": good, "tiemout": 3}}, "tiemout"),
        "a password in clear": (
            {
                MODULE: {
                    "intent": {**good, "services": {"plain": own}},
                    "ca_path": ca_file,
                    "login_user": hosts.USER,
                    "login_password": hosts.PASSWORD,
                }
            },
            "plain is to be probed without TLS; no password is sent there",
        ),
        "a password unverified": (
            {
                MODULE: {
                    "intent": good,
                    "verify": False,
                    "login_user": hosts.USER,
                    "login_password": hosts.PASSWORD,
                }
            },
            "verify must be true",
        ),
    }


def _lookup(path: Path) -> dict[str, Any]:
    return {"ansible.builtin.debug": {"msg": f"{{{{ lookup('{LOOKUP}', '{path}') }}}}"}}


@contextmanager
def _watched(host: hosts.Host) -> Iterator[list[int]]:
    """Count the packets to the mail ports of a host; the number is there behind the statement."""
    ports = ", ".join(str(port) for port in hosts.PORTS.values())
    chain = f"type filter hook input priority -5; tcp dport {{ {ports} }} counter;"
    table = f"table inet watched {{ chain input {{ {chain} }}; }}"
    host.run(["nft", table], check=True)
    count: list[int] = []
    try:
        yield count
        listed = host.run(["nft", "-j", "list", "table", "inet", "watched"], check=True).stdout
        rules = [row["rule"] for row in json.loads(listed)["nftables"] if "rule" in row]
        count += [part["counter"]["packets"] for part in rules[0]["expr"] if "counter" in part]
    finally:
        host.run(["nft", "delete", "table", "inet", "watched"], check=True)


def test_bad_input(site: hosts.Site, ansible: Ansible, tmp_path: Path) -> None:
    """Every case fails with its own message and sends nothing."""
    host = site.hosts["debian12"]
    cases = _cases(host, tmp_path, str(site.ca_file))
    with _watched(host) as packets:
        results = ansible.tasks([task for task, _wanted in cases.values()])
    for (name, (_task, wanted)), result in zip(cases.items(), results):
        assert result["failed"] is True, (name, result)
        assert wanted in result["msg"], (name, result)
        assert "observations" not in result, name
        assert "exception" not in result or "Traceback" not in str(result["exception"]), name
        assert hosts.PASSWORD not in json.dumps(result), name
    assert "Traceback" not in ansible.said
    assert "Traceback" not in ansible.log.read_text(encoding="utf-8")
    assert packets == [0]


def test_the_counter_counts(site: hosts.Site, ansible: Ansible) -> None:
    """The same counter sees a probe; without this, nothing sent would prove nothing."""
    host = site.hosts["debian12"]
    with _watched(host) as packets:
        ansible.tasks([{INFO: {"host": host.name, "services": ["imaps"]}}])
    assert packets[0] > 0


def test_host_that_does_not_resolve(ansible: Ansible) -> None:
    """It is one finding and a set of ports not probed, not an error of the module."""
    (result,) = ansible.tasks([{MODULE: {"intent": {"host": "nowhere.example.net"}}}])
    assert result["failed"] is True
    rules = [one["rule"] for one in result["findings"]]
    # No resolver can be asked here, so whether the name has addresses is not known.
    assert rules == ["resolver-failed"] + ["not-probed"] * len(hosts.PORTS)
    assert "nowhere.example.net" in result["findings"][0]["message"]
    assert {one["reach"] for one in result["observations"]} == {"dns_failure"}
    assert "Traceback" not in ansible.said
