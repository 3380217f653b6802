# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dovecot's set-ups from practice: addresses with settings of their own, proxies, socket units."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.intent import expand
from ansible_collections.postmaster.mailports.plugins.module_utils._system.programs import until

from tests import hosts
from tests.integration import listener_change, on_host
from tests.integration.listener_change import CERTIFICATE, STATE, arguments, held, show
from tests.integration.running import Prober
from tests.integration.test_dovecot import SAVED

OTHER = (
    "openssl req -x509 -newkey rsa:2048 -nodes -keyout /etc/dovecot/other.key "
    "-out /etc/dovecot/other.pem -subj /CN=other.example.net -days 9 2>/dev/null"
)
PAIR = {
    "debian12": "ssl_cert = </etc/dovecot/other.pem\n  ssl_key = </etc/dovecot/other.key\n",
    "debian13": "ssl_server_cert_file = /etc/dovecot/other.pem\n"
    "  ssl_server_key_file = /etc/dovecot/other.key\n",
}
SERVICES = ("imap", "imaps")
SOCKET_PORTS = {143, 993}


@pytest.fixture(scope="module")
def plain() -> Iterator[hosts.Site]:
    """Bring both hosts up under systemd, with Dovecot as Debian installs it."""
    with hosts.running(mail=False, init="systemd") as site:
        for host in site.hosts.values():
            listener_change.prepare(site, host)
            host.run(f"{OTHER}; cp -a /etc/dovecot {SAVED}", check=True)
        yield site


@pytest.fixture(params=list(hosts.bases.RELEASES))
def server(request: pytest.FixtureRequest, plain: hosts.Site) -> Iterator[hosts.Host]:
    """Return each host in turn, with Debian's configuration, Dovecot running and a certificate."""
    host = plain.hosts[request.param]
    show(host, "good")
    host.run("systemctl start dovecot.service", check=True)
    yield host
    host.run(
        "systemctl disable --now dovecot.socket 2>/dev/null; systemctl stop dovecot.service; "
        f"rm -rf /etc/dovecot /{STATE}; cp -a {SAVED} /etc/dovecot; "
        f"ip address del {host.address_extra}/24 dev eth0 2>/dev/null; systemctl reset-failed",
    )


@pytest.fixture(scope="module")
def prober(plain: hosts.Site) -> Iterator[Prober]:
    """Return port_check from the controller."""
    running = Prober(plain)
    yield running
    running.close()


def change(host: hosts.Host, args: dict[str, Any], *, check: bool = False) -> dict[str, Any]:
    return on_host.module(host, "dovecot_listeners", args, check=check)


def configure(host: hosts.Host, text: str) -> None:
    """Write a file of the user's own, and let Dovecot read it."""
    (host.root / "etc/dovecot/conf.d/90-mine.conf").write_text(text, encoding="ascii")
    host.run("doveadm reload", check=True)


def files(host: hosts.Host) -> dict[str, str]:
    return listener_change.files(host, "etc/dovecot")


def shown(host: hosts.Host, address: str) -> str:
    """Return the digest of the certificate that a client on the host is shown on 993."""
    done = host.run(f"openssl s_client -connect {address}:993 </dev/null 2>/dev/null")
    start = done.stdout.index("-----BEGIN")
    end = done.stdout.index("-----END CERTIFICATE-----") + 25
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(done.stdout[start:end])).hexdigest()


def digest(host: hosts.Host, path: str) -> str:
    text = (host.root / path[1:]).read_text(encoding="ascii").partition("-----END")[0]
    return hashlib.sha256(
        ssl.PEM_cert_to_DER_cert(f"{text}-----END CERTIFICATE-----\n")
    ).hexdigest()


def listening(host: hosts.Host) -> set[int]:
    """Return the ports where Dovecot's own master listens."""
    done = host.run("ss -Hltnp | grep '\"dovecot\"' | awk '{print $4}'")
    return {int(line.rpartition(":")[2]) for line in done.stdout.split()}


def test_an_address_with_its_own_certificate(server: hosts.Host, prober: Prober) -> None:
    """At the address of the intent's host the certificate is the intended one, at another address
    it stays what it was, and is said not to have been judged."""
    server.run(f"ip address add {server.address_extra}/24 dev eth0", check=True)
    blocks = [
        f"local {address} {{\n  {PAIR[server.base]}}}\n"
        for address in (server.address, server.address_extra)
    ]
    configure(server, "".join(blocks))
    other = digest(server, "/etc/dovecot/other.pem")
    args = arguments(server, *SERVICES)
    dry = change(server, args, check=True)
    done = change(server, args)
    assert done["changed"], done
    assert done["diff"] == dry["diff"]
    assert shown(server, server.address) == digest(server, CERTIFICATE)
    assert shown(server, server.address_extra) == other
    assert any(server.address_extra in one for one in done["not_judged"])
    assert listener_change.judged(prober, server, SERVICES, ("imap",)) == []
    assert not change(server, args)["changed"]


def test_a_listener_for_a_proxy_stays(server: hosts.Host) -> None:
    configure(
        server,
        "service imap-login {\n  inet_listener proxied {\n    port = 1143\n    haproxy = yes\n  }\n}\n"
        "haproxy_trusted_networks = 127.0.0.0/8\n",
    )
    assert change(server, arguments(server, *SERVICES))["changed"]
    assert 1143 in listening(server)
    here = on_host.module(server, "listener_info", {})
    (one,) = (one for one in here["configured"] if one["port"] == 1143)
    assert one["proxied"]
    assert not change(server, arguments(server, *SERVICES))["changed"]


# Logs in as a client that a proxy has handed over without TLS; prints the answer.
THROUGH_A_PROXY = """
import socket, sys
with socket.create_connection(("127.0.0.1", 1143), 15) as sock:
    sock.sendall(b"PROXY TCP4 198.51.100.77 198.51.100.1 4711 143\\r\\n")
    lines = sock.makefile("rb")
    lines.readline()
    sock.sendall(b"a LOGIN alice " + sys.argv[1].encode() + b"\\r\\n")
    for line in lines:
        if line.startswith((b"a ", b"* BYE")):
            print(line.decode())
            break
"""


@pytest.mark.parametrize("ssl_", ["yes", "required"])
def test_logins_in_clear_through_a_proxy(server: hosts.Host, ssl_: str) -> None:
    """What listener_info says of them is what happens: 2.4 takes them unless TLS is required."""
    never = (
        "disable_plaintext_auth = yes" if server.base == "debian12" else "auth_allow_cleartext = no"
    )
    configure(
        server,
        "service imap-login {\n  inet_listener proxied {\n    port = 1143\n    haproxy = yes\n  }\n}\n"
        f"haproxy_trusted_networks = 127.0.0.0/8\nssl = {ssl_}\n{never}\n",
    )
    assert until(lambda: 1143 in listening(server), 10)
    said = server.run(["python3", "-c", THROUGH_A_PROXY, listener_change.PASSWORD], check=True)
    taken = server.base == "debian13" and ssl_ == "yes"
    assert said.stdout.startswith("a OK") is taken, said.stdout
    here = on_host.module(server, "listener_info", {})
    (one,) = (one for one in here["configured"] if one["port"] == 1143)
    assert one["clear_login"] is taken
    assert ("Set ssl = required" in str(here.get("warnings", ""))) is taken


@pytest.mark.parametrize("name", ["", "10143", "imap.old", "imap_2-x", '"two words"'])
def test_listeners_are_known_whatever_their_name(server: hosts.Host, name: str) -> None:
    """What listener_info says is where Dovecot listens, and such a port can be closed, but for one
    without a name, which no other file can change. 2.4 wants a name."""
    text = f"service imap-login {{\n  inet_listener {name} {{\n    port = 10143\n  }}\n}}\n"
    if not name and server.base == "debian13":
        with pytest.raises(hosts.shell.HostsError, match="inet_listener"):
            configure(server, text)
        return
    configure(server, text)
    here = on_host.module(server, "listener_info", {})
    told = {one["port"] for one in here["configured"] if one["server"] == "dovecot"}
    assert until(lambda: listening(server) == told, 10)
    (one,) = (one for one in here["configured"] if one["port"] == 10143)
    assert (one["tls"], one["source"]["line"]) == ("starttls", 2)
    closed = {"imaps": {}, "imap": {"port": 10143, "state": "closed"}}
    wish = expand({"host": server.name, "services": closed}).to_dict()["listeners"]
    before = files(server)
    done = change(server, arguments(server, "imaps", listeners=wish))
    assert (files(server) == before) is not bool(name)
    if name:
        assert done["changed"], done
        assert 10143 not in listening(server)
    else:
        assert "the inet_listener of port 10143 of imap-login has no name" in done["msg"]


def test_a_port_that_another_process_holds(server: hosts.Host) -> None:
    """A dry run tells it, and nothing is done."""
    change(server, arguments(server, "imap"))
    before = files(server)
    with held(server, 993):
        for check in (True, False):
            failed = change(server, arguments(server, *SERVICES), check=check)
            assert "port 993 is held by python3 (process" in failed["msg"]
            assert failed["restored"]
    assert files(server) == before
    assert listening(server) & {143, 993} == {143}


def test_a_trust_store_that_is_missing(server: hosts.Host) -> None:
    """A dry run warns, since an earlier task may have been about to make it; nothing is done."""
    before, ports = files(server), listening(server)
    args = arguments(server, *SERVICES, ca_path="/etc/no-such-ca.pem")
    assert "no-such-ca.pem" in str(change(server, args, check=True)["warnings"])
    failed = change(server, args)
    assert "no-such-ca.pem" in failed["msg"]
    assert (files(server), listening(server)) == (before, ports)


def test_socket_activation(server: hosts.Host, prober: Prober) -> None:
    """systemd would go on holding a port that Dovecot closes: refused before anything is done, in
    a dry run too, and the unit is named. What it is told to do then works."""
    server.run("systemctl stop dovecot.service", check=True)
    unit = server.root / "etc/systemd/system/dovecot.socket"
    lines = "".join(
        f"ListenStream=0.0.0.0:{port}\nListenStream=[::]:{port}\n" for port in (143, 993)
    )
    unit.write_text(
        f"[Socket]\n{lines}BindIPv6Only=ipv6-only\n[Install]\nWantedBy=sockets.target\n",
        encoding="ascii",
    )
    server.run(
        "systemctl daemon-reload; systemctl start dovecot.socket; systemctl start dovecot.service",
        check=True,
    )
    try:
        before = files(server)
        for check in (True, False):
            failed = change(server, arguments(server, "imaps"), check=check)
            assert "dovecot.socket" in failed["msg"], failed
            assert "port 143 is held by systemd" in failed["msg"]
        assert files(server) == before
        server.run("doveadm stop; systemctl stop dovecot.socket; systemctl restart dovecot.service")
        assert change(server, arguments(server, "imaps"))["changed"]
        assert listening(server) & SOCKET_PORTS == {993}
        assert listener_change.judged(prober, server, ("imaps",), ("imap",)) == []
    finally:
        server.run("systemctl stop dovecot.socket dovecot.service")
        unit.unlink()
        server.run("systemctl daemon-reload")


def test_loopback_alone(server: hosts.Host, prober: Prober) -> None:
    """As with Postfix: an intended listener is for others, and what is not named stays there."""
    configure(server, "listen = 127.0.0.1\n")
    server.run("systemctl restart dovecot.service", check=True)
    args = arguments(server, *SERVICES)
    dry = change(server, args, check=True)
    done = change(server, args)
    assert "was for this host alone" in str(dry["warnings"])
    assert done["diff"] == dry["diff"]
    assert listener_change.judged(prober, server, SERVICES, ("imap",)) == []
    sieve = server.run("ss -Hltn 'sport = 4190' | awk '{print $4}'").stdout.split()
    assert sieve == ["127.0.0.1:4190"]
    assert not change(server, args)["changed"]
