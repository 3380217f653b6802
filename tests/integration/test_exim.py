# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""listener_info and port_check on hosts where Exim, from Debian's package, is the mail server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests import hosts
from tests.integration import on_host
from tests.integration.listener_change import held, show
from tests.integration.running import CA_ON_HOSTS, Prober, intent

PORTS = {"smtp": 25, "submission": 587, "submissions": 465}
MAIN = {
    "keep_environment": "",
    "daemon_smtp_ports": "25 : 587 : 465",
    "tls_on_connect_ports": "465",
    "tls_advertise_hosts": "*",
    "tls_certificate": "/etc/mailports/cert.pem",
    "tls_privatekey": "/etc/mailports/key.pem",
    "auth_advertise_hosts": "${if def:tls_in_cipher {*}{}}",
    "host_lookup": "",
    "acl_smtp_rcpt": "deny",
}
AUTHENTICATOR = """begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${if eq{$auth3}{Wonderland-1}}
"""
CONFIG = "etc/exim4/exim4.conf"
# What starts the daemon's options differs between the two releases.
DEFAULTS = {
    "debian12": "QUEUERUNNER='combined'\nQUEUEINTERVAL='30m'\nSMTPLISTENEROPTIONS='{}'\n",
    "debian13": "EXIMDAEMONOPTS='-bd -q30m {}'\n",
}


@pytest.fixture(scope="module")
def site() -> Iterator[hosts.Site]:
    """Bring both hosts up with Exim in Postfix's place."""
    with hosts.running(mail=False, packages="exim4-daemon-heavy") as running:
        for host in running.hosts.values():
            (host.root / CA_ON_HOSTS[1:]).write_bytes(running.ca_file.read_bytes())
            on_host.install(host)
            show(host, "good")
            # The logs of a host are the machine's, and so are not in the layer.
            host.run(
                "chown -R Debian-exim /etc/mailports; "
                "install -d -o Debian-exim -g adm -m 2750 /var/log/exim4",
                check=True,
            )
        yield running


@pytest.fixture(scope="module", params=list(hosts.bases.RELEASES))
def host(request: pytest.FixtureRequest, site: hosts.Site) -> hosts.Host:
    """Return each of the hosts in turn."""
    return site.hosts[request.param]


@pytest.fixture(scope="module")
def probers(site: hosts.Site) -> Iterator[dict[str, Prober]]:
    """Return the fast way to run port_check from the controller."""
    running = {base: Prober(site) for base in site.hosts}
    yield running
    for prober in running.values():
        prober.close()


def configure(host: hosts.Host, logins: str = AUTHENTICATOR, **options: str) -> None:
    """Give Exim a configuration of its own, and start it anew by the system's script."""
    lines = [f"{name} = {value}\n" for name, value in {**MAIN, **options}.items()]
    (host.root / CONFIG).write_text("".join(lines) + logins, encoding="ascii")
    start(host)


def debian(host: hosts.Host, macros: str = "", interfaces: str = "") -> None:
    """Let Exim have Debian's own configuration, with these local macros."""
    (host.root / CONFIG).unlink(missing_ok=True)
    (host.root / "etc/exim4/exim4.conf.localmacros").write_text(macros, encoding="ascii")
    edit = f"s/^dc_local_interfaces=.*/dc_local_interfaces='{interfaces}'/"
    host.run(["sed", "-i", edit, "/etc/exim4/update-exim4.conf.conf"], check=True)
    start(host)


def start(host: hosts.Host) -> None:
    """Start Exim anew, and wait until it listens: the script returns once it is a daemon.

    The script does not know a daemon with -oX, which writes no file with its number.
    """
    stop = "/etc/init.d/exim4 stop >/dev/null 2>&1; pkill -x exim4 && pidwait -x exim4"
    host.run(f"{stop}; update-exim4.conf", check=True)
    host.run("/etc/init.d/exim4 start >/run/started 2>&1 </dev/null", check=True)


def started_with(host: hosts.Host, options: str) -> None:
    """Write the options of the daemon."""
    text = DEFAULTS[host.base].format(options)
    (host.root / "etc/default/exim4").write_text(text, encoding="ascii")


def told(host: hosts.Host) -> dict[str, Any]:
    """Return what listener_info says on the host."""
    return on_host.module(host, "listener_info", {})


def exims(here: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the listeners that Exim is told to have; Dovecot is installed here as well."""
    return [one for one in here["configured"] if one["server"] == "exim"]


def compared(host: hosts.Host, prober: Prober) -> dict[int, dict[str, Any]]:
    """Return the configured listeners by port, each held against what a client sees."""
    here = told(host)
    (row,) = (one for one in here["servers"] if one["found"] and one["name"] == "exim")
    assert (row["tested"], row["error"]) == (True, "")
    configured = {one["port"]: one for one in exims(here)}
    holding = {one["port"] for one in here["holders"] if one["server"] == "exim"}
    assert holding == set(configured)
    wanted = intent(host, services={name: {} for name in PORTS})
    seen = prober.check(wanted, configured=here)["observations"]
    assert len(seen) >= 2 * len(PORTS)
    for one in seen:
        listener = configured.get(one["port"])
        where = f"{host.base} {one['port']} {one['address']}"
        if listener is None or listener["address"] not in ("", one["address"]):
            assert one["reach"] != "open", where
            continue
        assert one["reach"] == "open", where
        _same(listener, one, where)
    return configured


def _same(listener: Mapping[str, Any], seen: Mapping[str, Any], where: str) -> None:
    """What is told is what is seen; what is not known is told as such."""
    assert listener["protocol"] == seen["protocol_seen"], where
    if listener["tls"] != "unknown":
        assert listener["tls"] == seen["tls_mode"], where
    if listener["tls"] != "implicit" and listener["clear_login"] is not None:
        assert seen["before_tls"]["login"] is listener["clear_login"], where
    offered = bool(seen["before_tls"]["login"] or seen["inside_tls"]["login"])
    if listener["login"] != "unknown":
        assert offered is (listener["login"] != "none"), where


@pytest.mark.parametrize(
    ("options", "logins", "expected"),
    [
        ({}, AUTHENTICATOR, ("starttls", "optional", False)),
        ({"auth_advertise_hosts": "*"}, AUTHENTICATOR, ("starttls", "optional", True)),
        ({"auth_advertise_hosts": ""}, AUTHENTICATOR, ("starttls", "none", False)),
        ({"tls_advertise_hosts": ""}, AUTHENTICATOR, ("cleartext", "none", False)),
        ({"tls_certificate": "", "tls_privatekey": ""}, "", ("starttls", "none", False)),
        (
            {"auth_advertise_hosts": "*"},
            f"{AUTHENTICATOR}  server_advertise_condition = $tls_in_cipher\n",
            ("starttls", "optional", False),
        ),
        (
            {"auth_advertise_hosts": "${if eq{$received_port}{587}{*}{}}"},
            AUTHENTICATOR,
            ("starttls", "unknown", None),
        ),
        ({"tls_advertise_hosts": "!10.0.0.0/8 : *"}, "", ("unknown", "none", False)),
    ],
)
def test_what_is_told_is_what_is_seen(
    options: dict[str, str],
    logins: str,
    expected: tuple[str, str, Any],
    host: hosts.Host,
    probers: Mapping[str, Prober],
) -> None:
    started_with(host, "")
    configure(host, logins, **options)
    found = compared(host, probers[host.base])
    assert sorted(found) == [25, 465, 587]
    assert (found[587]["tls"], found[587]["login"], found[587]["clear_login"]) == expected
    assert found[465]["tls"] == "implicit"
    line = (host.root / CONFIG).read_text(encoding="ascii").splitlines()
    assert found[25]["source"]["file"] == f"/{CONFIG}"
    assert line[found[25]["source"]["line"] - 1].startswith("daemon_smtp_ports")


def test_debian_s_own_configuration(host: hosts.Host, probers: Mapping[str, Prober]) -> None:
    """As installed it serves this host alone, which port_check says from outside."""
    started_with(host, "")
    debian(host, interfaces="127.0.0.1 ; ::1")
    here = told(host)
    assert {(one["port"], one["address"]) for one in exims(here)} == {
        (25, "127.0.0.1"),
        (25, "::1"),
    }
    result = probers[host.base].check(
        intent(host, services={"smtp": {}, "submission": {}}), configured=here
    )
    evidence = {
        one["service"]: one["evidence"]
        for one in result["findings"]
        if one["layer"] == "configuration"
    }
    assert "configured for 127.0.0.1 (in /var/lib/exim4/config.autogenerated" in evidence["smtp"]
    assert "neither Dovecot nor Exim has a listener for port 587" in evidence["submission"]


def test_debian_s_macros_and_the_options_of_the_daemon(
    host: hosts.Host, probers: Mapping[str, Prober]
) -> None:
    macros = "MAIN_TLS_ENABLE = 1\nMAIN_TLS_CERTIFICATE = /etc/mailports/cert.pem\n"
    macros += "MAIN_TLS_PRIVATEKEY = /etc/mailports/key.pem\n"
    started_with(host, "-oX 25:587")
    debian(host, macros)
    found = compared(host, probers[host.base])
    assert sorted(found) == [25, 587]
    assert found[587]["source"]["file"] == "/etc/default/exim4"
    assert {one["tls"] for one in found.values()} == {"starttls"}
    assert {one["certificate"] for one in found.values()} == {True}


def test_a_daemon_that_was_started_otherwise(host: hosts.Host) -> None:
    started_with(host, "-oX 2525")
    configure(host)
    started_with(host, "")
    here = told(host)
    assert {one["port"] for one in exims(here)} == {25, 465, 587}
    assert "-oX 2525" in str(here["warnings"])


def test_an_exim_that_is_stopped_and_a_port_that_is_held(
    host: hosts.Host, probers: Mapping[str, Prober]
) -> None:
    started_with(host, "")
    configure(host)
    host.run("/etc/init.d/exim4 stop >/dev/null 2>&1", check=True)
    wanted = intent(host, services={name: {} for name in PORTS})
    with held(host, 587, host.address):
        result = probers[host.base].check(wanted, configured=told(host), timeout=2.0)
    found = {
        (one["service"], one["address"]): one["evidence"]
        for one in result["findings"]
        if one["layer"] == "service"
    }
    assert set(found) == {
        (name, address) for name in PORTS for address in (host.address, host.address6)
    }
    for (service, address), words in found.items():
        assert f"configured in Exim, in /{CONFIG} line " in words
        by_another = (service, address) == ("submission", host.address)
        ending = "holds port 587" if by_another else f"nothing listens on port {PORTS[service]}"
        assert words.endswith(ending), words


def test_a_configuration_that_exim_refuses(host: hosts.Host) -> None:
    started_with(host, "")
    configure(host)
    with open(host.root / CONFIG, "a", encoding="ascii") as file:
        file.write("nonsense = 1\n")
    here = told(host)
    (row,) = (one for one in here["servers"] if one["name"] == "exim")
    assert row["found"]
    assert row["version"].startswith("4.")
    assert "nonsense" in row["error"]
    assert exims(here) == []
