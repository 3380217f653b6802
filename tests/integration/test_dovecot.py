# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of dovecot_listeners on Debian's own untouched Dovecot, through Ansible over ssh."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests import hosts
from tests.integration import listener_change, on_host
from tests.integration.listener_change import (
    KEY,
    PASSWORD,
    POINTS,
    STATE,
    arguments,
    held,
    show,
    unwritable,
)
from tests.integration.running import Ansible, Prober

HERE = Path(__file__).parent
DROP_IN = "etc/dovecot/conf.d/99-mailports.conf"
SAVED = "/var/lib/mailports-dovecot"
DOVECOT_SERVICES = ("imap", "imaps", "pop3", "pop3s")
MESSAGE = r"From a@b Thu Jan  1 00:00:00 1970\nSubject: kept\n\nkept\n"


@pytest.fixture(scope="module")
def plain() -> Iterator[hosts.Site]:
    """Bring both hosts up with Dovecot as Debian installs it."""
    with hosts.running(mail=False) as site:
        for host in site.hosts.values():
            listener_change.prepare(site, host)
            lines = [
                f"cp -a /etc/dovecot {SAVED}",
                f"printf '{MESSAGE}' > /var/mail/alice",
                "chown alice:mail /var/mail/alice",
            ]
            host.run("set -e\n" + "\n".join(lines), check=True)
        yield site


@pytest.fixture(params=list(hosts.bases.RELEASES))
def server(request: pytest.FixtureRequest, plain: hosts.Site) -> Iterator[hosts.Host]:
    """Return each host in turn, with Debian's configuration, Dovecot running and a certificate."""
    host = plain.hosts[request.param]
    show(host, "good")
    host.restart("dovecot")
    yield host
    host.run(
        f"rm -rf /etc/dovecot /{STATE}; cp -a {SAVED} /etc/dovecot; doveadm stop 2>/dev/null",
    )


@pytest.fixture
def on_plain(plain: hosts.Site, tmp_path: Path, ansible_home: Path) -> Ansible:
    """Return the way to run Ansible against these hosts."""
    return Ansible(plain, tmp_path, ansible_home)


@pytest.fixture(scope="module")
def prober(plain: hosts.Site) -> Iterator[Prober]:
    """Return port_check from the controller."""
    running = Prober(plain)
    yield running
    running.close()


def by_ansible(
    ansible: Ansible, host: hosts.Host, args: dict[str, Any], *flags: str
) -> dict[str, Any]:
    """Run the module through Ansible over ssh and return its result."""
    return listener_change.by_ansible("dovecot_listeners", ansible, host, args, *flags)


def change(host: hosts.Host, args: dict[str, Any], *, check: bool = False) -> dict[str, Any]:
    """Run the module on the host itself and return its result."""
    return on_host.module(host, "dovecot_listeners", args, check=check)


def drive(host: hosts.Host, services: tuple[str, ...], die_at: str = "") -> dict[str, Any]:
    """Run the change on the host itself."""
    return listener_change.drive("dovecot", host, services, die_at)


def files(host: hosts.Host) -> dict[str, str]:
    """Return the digests of all files of Dovecot's configuration."""
    return listener_change.files(host, "etc/dovecot")


def judged(prober: Prober, host: hosts.Host, *services: str) -> list[tuple[str, str]]:
    """Return the errors that port_check sees from the controller, Dovecot's services only."""
    return listener_change.judged(prober, host, services, ("imap", "pop3"))


def test_converge(server: hosts.Host, on_plain: Ansible, prober: Prober) -> None:
    """What a dry run shows is what is then done; a second run does nothing; all else is kept."""
    before = files(server)
    args = arguments(server, "imaps", "imap", auth_socket={"path": "/run/mailports-auth"})
    dry = by_ansible(on_plain, server, args, "--check", "--diff")
    assert dry["changed"]
    assert files(server) == before
    assert not (server.root / STATE).exists()
    assert judged(prober, server, *DOVECOT_SERVICES) != []
    done = by_ansible(on_plain, server, args, "--diff")
    assert done["changed"]
    assert done["shown"] == dry["shown"]
    written = (server.root / DROP_IN).read_text(encoding="ascii")
    assert [line[1:] for line in done["shown"].splitlines()[3:] if line] == written.splitlines()
    after = files(server)
    assert after.pop("conf.d/99-mailports.conf")
    assert after == before
    assert done["not_judged"] == []
    assert judged(prober, server, "imaps", "imap") == []
    assert server.run("stat -c '%U %G %a' /run/mailports-auth").stdout == "postfix postfix 660\n"
    again = by_ansible(on_plain, server, args, "--diff")
    assert not again["changed"], again
    assert not again["shown"]
    fewer = by_ansible(on_plain, server, arguments(server, "pop3s"))
    assert fewer["changed"]
    assert judged(prober, server, "pop3s") == []


def test_stopped_server_is_started(server: hosts.Host, prober: Prober) -> None:
    """A server that does not serve what its files say is made to."""
    args = arguments(server, "imaps")
    change(server, args)
    server.run("doveadm stop; while pidof dovecot; do :; done", check=True)
    dry = change(server, args, check=True)
    assert dry["changed"]
    started = change(server, args)
    assert started["changed"]
    assert judged(prober, server, "imaps") == []


def test_renewed_certificate(server: hosts.Host) -> None:
    """A certificate that was replaced in its file, and of which nobody told the server."""
    args = arguments(server, "imaps")
    change(server, args)
    show(server, "expires_soon")
    renewed = change(server, args)
    assert renewed["changed"]
    # The proof holds what is served against the file.
    assert not change(server, args)["changed"]


def test_key_of_another_certificate(server: hosts.Host, prober: Prober) -> None:
    """Seen before anything is written."""
    change(server, arguments(server, "imaps"))
    before = files(server)
    wrong = server.root / KEY[1:]
    kept = wrong.read_bytes()
    server.run(f"openssl ecparam -name prime256v1 -genkey -noout -out {KEY}", check=True)
    failed = change(server, arguments(server, "imaps", "pop3s"))
    assert "the key does not belong to the certificate" in failed["msg"]
    assert failed["restored"]
    wrong.write_bytes(kept)
    assert files(server) == before
    assert judged(prober, server, "imaps") == []


def test_certificate_of_another_name(server: hosts.Host, prober: Prober) -> None:
    """The proof fails: the findings say why, and the old listeners are back with the old files."""
    change(server, arguments(server, "imaps"))
    before = files(server)
    server.run("cp -a /etc/mailports /etc/mailports-good", check=True)
    show(server, "wrong_name")
    server.run("mv /etc/mailports /etc/wrong; mv /etc/mailports-good /etc/mailports", check=True)
    pair = {"certificate": "/etc/wrong/cert.pem", "key": "/etc/wrong/key.pem"}
    failed = change(server, arguments(server, "imaps", "pop3s", **pair))
    server.run("rm -r /etc/wrong", check=True)
    rules = {(one["service"], one["rule"]) for one in failed["findings"]}
    assert ("pop3s", "certificate-name") in rules
    assert failed["restored"]
    assert "certificate-name" in failed["msg"]
    assert files(server) == before
    assert judged(prober, server, "imaps") == []


def test_port_held_by_another_process(server: hosts.Host, prober: Prober) -> None:
    """Who holds it is told before anything is done; the kept listener is there."""
    change(server, arguments(server, "imaps"))
    before = files(server)
    with held(server, 995):
        failed = change(server, arguments(server, "imaps", "pop3s"))
    assert "port 995 is held by python3 (process" in failed["msg"]
    assert failed["restored"]
    assert files(server) == before
    assert judged(prober, server, "imaps") == []


@pytest.mark.parametrize("what", ["read_only", "full"])
def test_disk(server: hosts.Host, prober: Prober, what: str) -> None:
    """Nothing can be written: nothing is changed, and that is what the message says."""
    change(server, arguments(server, "imaps"))
    before = files(server)
    with unwritable(server, "/etc/dovecot", what) as words:
        failed = change(server, arguments(server, "imaps", "pop3s"))
    assert words in failed["msg"]
    assert failed["restored"]
    assert files(server) == before
    assert judged(prober, server, "imaps") == []


def test_broken_configuration(server: hosts.Host) -> None:
    """What is broken already is told in doveconf's words, and not touched."""
    with open(server.root / "etc/dovecot/dovecot.conf", "a", encoding="ascii") as main:
        main.write("!include nowhere.conf\n")
    before = files(server)
    failed = change(server, arguments(server, "imaps"))
    assert "No matches" in failed["msg"]
    assert failed["restored"]
    assert files(server) == before


def test_hand_made_settings(server: hosts.Host, on_plain: Ansible, prober: Prober) -> None:
    """A listener of another name is used or closed, a later setting is outdone, all is kept."""
    (server.root / "etc/dovecot/local.conf").write_text(
        "# by hand\nssl = yes\nservice imap-login {\n  inet_listener phones {\n    port = 1143\n"
        "  }\n  inet_listener imaps {\n    port = 0\n  }\n  inet_listener tablets {\n"
        "    port = 993\n    ssl = yes\n  }\n}\nservice pop3-login {\n  inet_listener other {\n"
        "    port = 1110\n  }\n}\n",
        encoding="ascii",
    )
    main = server.root / "etc/dovecot/dovecot.conf"
    text = main.read_text(encoding="utf-8")
    before = files(server)
    args = arguments(server, "imaps")
    args["listeners"].append(
        {"service": "mine", "protocol": "pop3", "port": 1110, "tls": "starttls", "state": "closed"}
    )
    dry = by_ansible(on_plain, server, args, "--check", "--diff")
    done = by_ansible(on_plain, server, args, "--diff")
    assert "+!include mailports.conf\n" in done["shown"]
    assert done["shown"] == dry["shown"]
    after = files(server)
    assert main.read_text(encoding="utf-8") == text + "!include mailports.conf\n"
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"dovecot.conf", "mailports.conf"}
    assert judged(prober, server, "imaps") == []
    listening = server.run("ss -Hltn | awk '{print $4}'").stdout.split()
    assert "0.0.0.0:1143" in listening
    assert "0.0.0.0:1110" not in listening
    assert not by_ansible(on_plain, server, args)["changed"]


def test_a_server_of_many_exceptions(server: hosts.Host, on_plain: Ansible, prober: Prober) -> None:
    """Blocks for a protocol and for the controller's network, another name of the instance, a
    listener with addresses of its own, an include from elsewhere, and POP3 that never ran."""
    old = server.base == "debian12"
    clear = "disable_plaintext_auth = no" if old else "auth_allow_cleartext = yes"
    own = "address" if old else "listen"
    mine = server.root / "etc/mine"
    mine.mkdir()
    (mine / "a.conf").write_text(
        "instance_name = mine\nprotocol imap {\n  ssl = yes\n}\n"
        f"remote 198.51.100.0/24 {{\n  {clear}\n  ssl = yes\n}}\n"
        f"remote 2001:db8::/32 {{\n  {clear}\n  ssl = yes\n}}\n"
        "service imap-login {\n  inet_listener extra {\n    port = 10143\n"
        f"    {own} = 127.0.0.1\n  }}\n}}\n",
        encoding="ascii",
    )
    (server.root / "etc/dovecot/local.conf").write_text(
        "!include ../mine/*.conf\n"
        + ("protocols = imap\n" if old else "protocols {\n  pop3 = no\n}\n"),
        encoding="ascii",
    )
    server.restart("dovecot")
    args = arguments(server, "imaps", "imap", "pop3s")
    dry = by_ansible(on_plain, server, args, "--check", "--diff")
    done = by_ansible(on_plain, server, args, "--diff")
    assert done["shown"] == dry["shown"]
    assert "remote 198.51.100.0/24 let logins or mail go in cleartext" in done["said"]
    assert judged(prober, server, "imaps", "imap", "pop3s") == []
    assert "127.0.0.1:10143" in server.run("ss -Hltn | awk '{print $4}'").stdout.split()
    assert not by_ansible(on_plain, server, args)["changed"]
    server.run("rm -r /etc/mine", check=True)


def test_killed_at_every_point(server: hosts.Host, prober: Prober) -> None:
    """The server serves the old or the new listeners, never others; the next run completes."""
    states = [("imaps",), ("imaps", "pop3s")]
    drive(server, states[0])
    for point in POINTS:
        old, new = states
        if point == "restored":
            drive(server, new, "applied")
            drive(server, new, point)
        else:
            drive(server, new, point)
        switched = POINTS.index(point) > POINTS.index("switched")
        served = new if switched else old
        assert judged(prober, server, *served) == [], point
        result = drive(server, new)
        cut = point not in ("locked", "planned", "validated", "forgotten")
        assert result == {"changed": point != "forgotten", "recovered": cut}, point
        assert judged(prober, server, *new) == [], point
        states.reverse()


def test_two_at_once(server: hosts.Host, prober: Prober) -> None:
    """One waits for the other; the server ends as one of them wants it."""
    wishes = [("imaps",), ("pop3s",)]
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda names: drive(server, names), wishes))
    assert all(result["changed"] for result in results)
    assert [] in [judged(prober, server, *names) for names in wishes]
    assert change(server, arguments(server, "imaps"))["findings"] == []


def test_kept_listener_answers_throughout(server: hosts.Host, plain: hosts.Site) -> None:
    """Mail is fetched ten times a second while other listeners come and go: it always comes.

    A login that the reload overtakes may be cut off, though the module looks for a quiet moment:
    at most one a change.
    """
    drive(server, ("imaps",))
    argv = [*plain.enter, sys.executable, str(HERE / "mail_client.py"), server.name]
    with subprocess.Popen(
        [*argv, str(plain.ca_file), "alice", PASSWORD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as client:
        assert client.stdout
        assert client.stdout.readline() == "begun\n"
        try:
            for services in (("imaps", "pop3s"), ("imaps", "imap"), ("imaps",)) * 2:
                assert drive(server, services)["changed"]
        finally:
            told = json.loads(client.communicate()[0])
    print(server.base, told)
    assert told["failures"] == []
    assert told["attempts"] > 6
    assert told["overtaken"] <= 6
