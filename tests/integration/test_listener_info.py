# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""listener_info on the real hosts: what it says is what is live, or the right layer is named."""

from __future__ import annotations

import subprocess
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Optional

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._system.programs import until

from tests import hosts
from tests.integration import on_host
from tests.integration.running import ROOT, Ansible, Prober, intent

INFO = "postmaster.mailports.listener_info"
# The module has no options: the last -a wins, and ansible does not take {} for one.
NO_OPTIONS = ("-a", "")
# What each changes is seen in the configuration and on the wire alike.
CHANGES = (
    "",
    "no_tls_587",
    "no_tls_25",
    "login_in_clear_587",
    "wrapper_587",
    "starttls_465",
    "no_auth_587",
    "auth_on_25",
    "closed_587",
    "closed_25",
    "postscreen_25",
    "login_in_clear_143",
    "login_in_clear_110",
    "starttls_993",
    "closed_993",
)
HOOK = ROOT / "roles/certificate/templates/hook.sh.j2"
DOVECOT_PORTS = {name for name in hosts.PORTS if name.startswith(("imap", "pop3"))}
# Listens on a port on both families, as a process of the name given, until its input ends.
SQUATTER = """
import ctypes, socket, sys
ctypes.CDLL(None).prctl(15, sys.argv[2].encode(), 0, 0, 0)
listening = socket.create_server(("::", int(sys.argv[1])), family=socket.AF_INET6,
                                 dualstack_ipv6=True)
print("ready", flush=True)
sys.stdin.read()
"""
SYSTEMCTL = """#!/bin/sh
printf 'Id=dovecot.socket\\nListen=[::]:143 (Stream)\\n'
"""


@pytest.fixture(autouse=True)
def own_connections(ansible_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Share no ssh connection with the hosts of the same address of another run."""
    monkeypatch.setenv("ANSIBLE_SSH_CONTROL_PATH_DIR", str(ansible_home / "cp"))


def told(host: hosts.Host) -> dict[str, Any]:
    """Return what listener_info says on the host."""
    result = on_host.module(host, "listener_info", {})
    assert result["changed"] is False
    return result


@contextmanager
def fault(host: hosts.Host, name: str) -> Iterator[None]:
    """Apply a fault, or none."""
    with ExitStack() as stack:
        if name:
            stack.enter_context(host.fault(name))
        yield


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_configured_is_what_is_live(
    name: str, host: hosts.Host, probers: Mapping[str, Prober]
) -> None:
    """All eight ports, both families, with every fault that is one of configuration."""
    with fault(host, name):
        here = told(host)
        observations = probers[host.base].check(intent(host))["observations"]
        for one in here["configured"]:
            _written_at(host, one)
    configured = {one["port"]: one for one in here["configured"]}
    assert len(configured) == len(here["configured"])
    assert {row["name"]: row["tested"] for row in here["servers"]} == {
        "postfix": True,
        "dovecot": True,
        "exim": False,
    }
    held = {one["port"]: one["server"] for one in here["holders"] if one["server"]}
    assert held == {port: one["server"] for port, one in configured.items()}
    for seen in observations:
        one = configured.get(seen["port"])
        where = f"{host.base} {seen['port']} {seen['address']}"
        assert (seen["reach"] == "open") is (one is not None), where
        if one is not None:
            _same(one, seen, where)


def _same(one: dict[str, Any], seen: dict[str, Any], where: str) -> None:
    assert one["service"] == seen["service"], where
    assert one["protocol"] == seen["protocol_seen"], where
    assert one["address"] == "", where
    assert one["tls"] == seen["tls_mode"], where
    inside = seen["before_tls"] if one["tls"] == "cleartext" else seen["inside_tls"]
    offered = one["login"] != "none" and (one["tls"] != "cleartext" or one["clear_login"])
    assert inside["login"] is offered, where
    if one["tls"] != "implicit":
        assert seen["before_tls"]["login"] is one["clear_login"], where


def _written_at(host: hosts.Host, one: dict[str, Any]) -> None:
    """The line named is the one where the listener begins."""
    lines = (host.root / one["source"]["file"][1:]).read_text(encoding="utf-8").splitlines()
    line = lines[one["source"]["line"] - 1].strip()
    if one["server"] == "dovecot":
        assert line.startswith("inet_listener")
    else:
        assert line.split()[0] in (one["service"], str(one["port"]))


def layers(
    host: hosts.Host,
    prober: Prober,
    here: Optional[dict[str, Any]],
    services: Collection[str] = tuple(hosts.PORTS),
) -> dict[str, tuple[str, str]]:
    """Return layer and evidence of the findings that have one, by service; IPv4 like IPv6."""
    wanted = intent(host, services={name: {} for name in services})
    result = prober.check(wanted, configured=here, timeout=2.0)
    found: dict[str, dict[str, tuple[str, str]]] = {host.address: {}, host.address6: {}}
    for one in result["findings"]:
        if one["layer"] and one["service"] in services:
            found[one["address"]][one["service"]] = (one["layer"], one["evidence"])
    assert {name: layer for name, (layer, _why) in found[host.address].items()} == {
        name: layer for name, (layer, _why) in found[host.address6].items()
    }
    return found[host.address]


@pytest.mark.parametrize(
    ("name", "service", "layer", "words"),
    [
        ("closed_587", "submission", "configuration", "not configured"),
        ("closed_993", "imaps", "configuration", "not configured"),
        ("other_service_587", "submission", "configuration", "for imap instead of smtp"),
        ("firewall_drop_587", "submission", "host_firewall", "table inet mailports"),
        ("firewall_reject_143", "imap", "host_firewall", "but port 143 is unreachable from here"),
        ("firewall_reset_995", "pop3s", "host_firewall", "dovecot (pid "),
    ],
)
def test_the_layer_of_a_fault(
    name: str,
    service: str,
    layer: str,
    words: str,
    host: hosts.Host,
    probers: Mapping[str, Prober],
) -> None:
    with host.fault(name):
        found = layers(host, probers[host.base], told(host))
        without = layers(host, probers[host.base], None)
    assert {one: what for one, (what, _why) in found.items()} == {service: layer}
    assert words in found[service][1]
    assert without == {}


@pytest.mark.parametrize("server", ["postfix", "dovecot"])
def test_a_server_that_is_stopped(
    server: str, host: hosts.Host, probers: Mapping[str, Prober]
) -> None:
    mine = DOVECOT_PORTS if server == "dovecot" else set(hosts.PORTS) - DOVECOT_PORTS
    try:
        host.run("doveadm stop" if server == "dovecot" else "postfix stop", check=True)
        found = layers(host, probers[host.base], told(host), mine)
    finally:
        # A Postfix that could not reach Dovecot does not try again for a while.
        host.restart("postfix", "dovecot")
    assert {one: layer for one, (layer, _why) in found.items()} == dict.fromkeys(mine, "service")
    for service, (_layer, why) in found.items():
        assert f"configured in {server.title()}, in /etc/" in why
        assert f"but nothing listens on port {hosts.PORTS[service]}" in why


@contextmanager
def squatter(host: hosts.Host, port: int, name: str) -> Iterator[None]:
    """Let another process of the host hold a port that Dovecot is configured to have."""
    host.run("doveadm stop", check=True)
    argv = [*host.enter, "python3", "-c", SQUATTER, str(port), name]
    try:
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdout
            assert process.stdout.readline() == b"ready\n"
            yield
            assert process.stdin
            process.stdin.close()
            assert process.wait() == 0
    finally:
        host.restart("postfix", "dovecot")


def test_a_port_that_another_process_holds(host: hosts.Host, probers: Mapping[str, Prober]) -> None:
    with squatter(host, hosts.PORTS["imap"], "rinetd"):
        found = layers(host, probers[host.base], told(host), DOVECOT_PORTS)
    assert found["imap"][0] == "service"
    assert "but rinetd (pid " in found["imap"][1]
    assert "holds port 143" in found["imap"][1]
    assert found["imaps"][0] == "service"
    assert "nothing listens on port 993" in found["imaps"][1]


def test_a_port_that_a_socket_unit_holds(host: hosts.Host, probers: Mapping[str, Prober]) -> None:
    """The hosts run without systemd: a process of its name and a systemctl stand in for it."""
    program = host.root / "usr/local/bin/systemctl"
    program.write_text(SYSTEMCTL, encoding="ascii")
    program.chmod(0o755)
    try:
        with squatter(host, hosts.PORTS["imap"], "systemd"):
            found = layers(host, probers[host.base], told(host), DOVECOT_PORTS)
    finally:
        program.unlink()
    assert found["imap"][0] == "service"
    assert "but systemd's dovecot.socket holds port 143" in found["imap"][1]


def test_a_filter_on_the_way(
    site: hosts.Site, host: hosts.Host, probers: Mapping[str, Prober]
) -> None:
    here = told(host)
    rules = "add table inet way; add chain inet way out { type filter hook output priority 0; }; "
    rules += f"add rule inet way out tcp dport {hosts.PORTS['submission']} drop"
    try:
        subprocess.run([*site.enter, "nft", rules], check=True)
        found = layers(host, probers[host.base], here)
    finally:
        subprocess.run([*site.enter, "nft", "delete table inet way"], check=True)
    assert {one: layer for one, (layer, _why) in found.items()} == {"submission": "network_path"}
    assert "on the host no rule of nftables refuses" in found["submission"][1]


def test_through_ansible_alone(site: hosts.Site, host: hosts.Host, ansible: Ansible) -> None:
    """A play as a user writes it, in check mode too; the report has the layer."""
    with host.fault("closed_587"):
        run = ansible.module(host.name, {}, *NO_OPTIONS, "--check", name=INFO)
        here = run.results[host.name]
        assert here["changed"] is False
        checked = ansible.module(
            "localhost",
            {"intent": intent(host), "ca_path": str(site.ca_file), "configured": here},
        )
    assert checked.status == 2, checked.text
    result = checked.results["localhost"]
    (layer,) = {one["layer"] for one in result["findings"] if one["rule"] == "port-closed"}
    assert layer == "configuration"


def test_what_is_no_result_is_refused(site: hosts.Site, host: hosts.Host, ansible: Ansible) -> None:
    run = ansible.module("localhost", {"intent": intent(host), "configured": {"configured": 1}})
    assert run.status == 2
    assert "configured: this is not a result of listener_info" in run.text


def test_without_root_it_says_what_it_cannot_see(
    host: hosts.Host, ansible: Ansible, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANSIBLE_PIPELINING", "1")
    shell = "ansible_become_flags='-s /bin/sh'"
    become = ("--become", "--become-method", "su", "--become-user", "nobody", "-e", shell)
    run = ansible.module(host.name, {}, *NO_OPTIONS, *become, name=INFO)
    result = run.results[host.name]
    assert {one["port"] for one in result["configured"]} == set(hosts.PORTS.values())
    assert {one["pid"] for one in result["holders"]} == {0}
    assert result["firewall"]["blocks"] is None
    assert "processes could not be looked into" in run.text


def test_a_configuration_that_dovecot_refuses(host: hosts.Host) -> None:
    """What the other server says is still returned."""
    config = host.root / "etc/dovecot/dovecot.conf"
    before = config.read_text(encoding="utf-8")
    try:
        config.write_text(f"{before}nonsense = 1\n", encoding="utf-8")
        result = told(host)
    finally:
        config.write_text(before, encoding="utf-8")
    errors = {one["name"]: one["error"] for one in result["servers"]}
    assert errors["postfix"] == ""
    assert "nonsense" in errors["dovecot"]
    assert {one["server"] for one in result["configured"]} == {"postfix"}


def test_a_renewed_certificate_that_nobody_has_loaded(
    host: hosts.Host, probers: Mapping[str, Prober]
) -> None:
    """What is in the file is not what is served, on every port, until the servers are told."""
    kept = {
        path: (host.root / path).read_text(encoding="ascii") for path in host.certificate("good")
    }

    def stale() -> set[int]:
        found = probers[host.base].check(intent(host), configured=told(host))["findings"]
        return {one["port"] for one in found if one["rule"] == "certificate-not-loaded"}

    assert stale() == set()
    try:
        for path, text in host.certificate("expires_soon").items():
            (host.root / path).write_text(text, encoding="ascii")
        # Postfix reads it with each new process; Dovecot when it is told to.
        assert stale() >= {hosts.PORTS[name] for name in DOVECOT_PORTS}
        # The hook that the role certificate leaves for ACME clients is held to it. A reload returns
        # before it has taken effect.
        host.run(["sh", "-s"], input=HOOK.read_text(encoding="ascii"), check=True)
        assert until(lambda: stale() == set(), 20.0)
    finally:
        for path, text in kept.items():
            (host.root / path).write_text(text, encoding="ascii")
        host.restart("postfix", "dovecot")
