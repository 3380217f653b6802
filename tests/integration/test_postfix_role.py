# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the role postfix, alone and beside dovecot and certificate, on Debian's own servers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import hosts
from tests.integration import listener_change, role_play
from tests.integration.role_play import changed, differences, executed
from tests.integration.running import Prober, Run

SERVICES = ("smtp", "submission", "submissions", "imaps")
VARIABLES: dict[str, Any] = {
    "mailports_intent": {
        "host": "{{ inventory_hostname }}",
        "services": {name: {} for name in SERVICES},
    },
    "mailports_certificate_source": "self_signed",
}
PASSWORD = "Jabberwocky-1"
# A Dovecot that was stopped leaves the file of its socket behind.
STALE = (
    'postfix check && python3 -c "import socket; s = socket.socket(socket.AF_UNIX); '
    "s.bind('/var/spool/postfix/private/auth')\""
)
# What an unchanged run of all three roles may execute on a host.
MOST_TASKS = 20


@pytest.fixture
def plain() -> Iterator[hosts.Site]:
    """Bring both hosts up with both servers as Debian installs them, never started."""
    with hosts.running(mail=False) as site:
        yield site


def play(
    plain: hosts.Site,
    folder: Path,
    home: Path,
    roles: str,
    *flags: str,
    facts: bool = False,
    **more: Any,
) -> Run:
    """Run roles on both hosts."""
    text = role_play.text(*roles.split(), facts=facts)
    return role_play.play(plain, folder, home, text, {**VARIABLES, **more}, *flags)


def errors(plain: hosts.Site, host: hosts.Host, *services: str) -> set[tuple[str, str]]:
    """Return what port_check finds wrong from the controller, which trusts no such certificate."""
    prober = Prober(plain)
    found = prober.check({"host": host.name, "services": {name: {} for name in services}})
    prober.close()
    return {
        (one["service"], one["rule"])
        for one in found["findings"]
        if one["severity"] == "error" and one["rule"] != "certificate-untrusted"
    }


def test_first_run_and_second(tmp_path: Path, ansible_home: Path) -> None:
    """A dry run shows what the first run does, and the second one does nothing.

    The scenarios of molecule have Postfix before Dovecot, and no systemd. Postfix cannot take
    logins before Dovecot has its socket, so that its role sees to that.
    """
    with hosts.running(mail=False, init="systemd") as plain:
        _converge(plain, tmp_path, ansible_home, "certificate dovecot postfix")


def _converge(plain: hosts.Site, tmp_path: Path, ansible_home: Path, roles: str) -> None:
    dry = play(plain, tmp_path, ansible_home, roles, "--check", "--diff", facts=True)
    assert dry.status == 0, dry.text
    first = play(plain, tmp_path, ansible_home, roles, "--diff", facts=True)
    assert first.status == 0, first.text
    assert all(number > 0 for number in changed(first))
    assert set(differences(first)) == set(differences(dry))
    for host in plain.hosts.values():
        assert errors(plain, host, *SERVICES) == set()
    second = play(plain, tmp_path, ansible_home, roles, "--diff")
    assert second.status == 0, second.text
    assert changed(second) == [0, 0]
    assert differences(second) == []
    assert 0 < executed(second) <= MOST_TASKS


def test_a_relay_alone_needs_no_dovecot(
    plain: hosts.Site, tmp_path: Path, ansible_home: Path
) -> None:
    """Nothing of Dovecot is touched where no listener takes logins; nothing is proved in vain."""
    intent = {"host": "{{ inventory_hostname }}", "services": {"smtp": {}}}
    for host in plain.hosts.values():
        host.run("dpkg-query -W dovecot-core && rm -r /etc/dovecot", check=True)
    run = play(plain, tmp_path, ansible_home, "certificate postfix", mailports_intent=intent)
    assert run.status == 0, run.text
    assert "postmaster.mailports.dovecot" not in run.text
    for host in plain.hosts.values():
        assert errors(plain, host, "smtp") == set()


def test_submission_alone(plain: hosts.Site, tmp_path: Path, ansible_home: Path) -> None:
    """A server that only sends: Dovecot answers about logins and listens nowhere."""
    intent = {"host": "{{ inventory_hostname }}", "services": {"submission": {}}}
    for host in plain.hosts.values():
        host.run(STALE, check=True)
    for _again in range(2):
        run = play(plain, tmp_path, ansible_home, "certificate postfix", mailports_intent=intent)
        assert run.status == 0, run.text
    assert changed(run) == [0, 0]
    for host in plain.hosts.values():
        assert errors(plain, host, "submission") == set()


def test_encrypt_on_a_public_mx(plain: hosts.Site, tmp_path: Path, ansible_home: Path) -> None:
    """What Postfix cannot be given is refused before Dovecot is touched."""
    refused = play(
        plain, tmp_path, ansible_home, "certificate postfix", mailports_postfix_smtp_tls="encrypt"
    )
    assert refused.status != 0
    assert "encrypt is refused on a public MX" in refused.text
    for host in plain.hosts.values():
        assert not (host.root / "etc/dovecot/conf.d/99-mailports.conf").exists()


# A listener that no other file can change (2.3), and one that no mail program reaches.
IN_THE_WAY = {
    "debian12": "service imap-login {\n  inet_listener imap {\n    port = 0\n  }\n"
    "  inet_listener {\n    port = 143\n  }\n}\n",
    "debian13": "service imap-login {\n  inet_listener imaps {\n    port = 993\n    haproxy = yes\n"
    "  }\n}\n",
}
WHY = {
    "debian12": "inet_listener of port 143 of imap-login has no name",
    "debian13": "HAProxy alone",
}


def configured(plain: hosts.Site) -> dict[str, str]:
    """Return the digests of all files of both servers on both hosts."""
    return {
        f"{host.base} {folder} {name}": digest
        for host in plain.hosts.values()
        for folder in ("etc/postfix", "etc/dovecot")
        for name, digest in listener_change.files(host, folder).items()
    }


def test_what_one_server_refuses_is_told_before_the_other_is_changed(
    plain: hosts.Site, tmp_path: Path, ansible_home: Path
) -> None:
    """In either order of the roles, and by a dry run too."""
    names = [name for name in SERVICES if name not in ("submissions", "imaps")]
    fewer = {
        "host": "{{ inventory_hostname }}",
        "services": {name: {} for name in (*names, "imap")},
    }
    own = {host: host.root / "etc/dovecot/conf.d/90-mine.conf" for host in plain.hosts.values()}
    for host, path in own.items():
        path.write_text(IN_THE_WAY[host.base], encoding="ascii")
    first = play(
        plain, tmp_path, ansible_home, "certificate postfix dovecot", mailports_intent=fewer
    )
    assert first.status == 0, first.text
    before = configured(plain)
    for flags in (["--check"], []):
        refused = play(plain, tmp_path, ansible_home, "certificate postfix dovecot", *flags)
        assert refused.status != 0
        assert all(WHY[host.base] in refused.text for host in own), refused.text
        assert configured(plain) == before
    for path in own.values():
        path.unlink()
    before = configured(plain)
    for flags in (["--check"], []):
        roles, demand = "certificate dovecot postfix", {"mailports_postfix_smtp_tls": "encrypt"}
        refused = play(plain, tmp_path, ansible_home, roles, *flags, **demand)
        assert refused.status != 0
        assert "encrypt is refused on a public MX" in refused.text
        assert configured(plain) == before
    assert play(plain, tmp_path, ansible_home, "certificate postfix dovecot").status == 0
    assert configured(plain) != before


def test_proof_from_the_controller(plain: hosts.Site, tmp_path: Path, ansible_home: Path) -> None:
    """It fails where the controller does not trust what the host trusts, and names the rule."""
    proved = {"mailports_postfix_prove_from_controller": True}
    failed = play(plain, tmp_path, ansible_home, "certificate postfix", **proved)
    assert failed.status != 0
    assert "certificate-untrusted" in failed.text


def test_untested_system(plain: hosts.Site, tmp_path: Path, ansible_home: Path) -> None:
    """Another system is refused before anything is done to it."""
    refused = role_play.on_another_system(plain, tmp_path, ansible_home, "postfix", VARIABLES)
    assert refused.status != 0
    assert "tested on Debian 12 and 13, and this is Fedora 41" in refused.text


def test_as_a_user_with_become(plain: hosts.Site, tmp_path: Path, ansible_home: Path) -> None:
    """Over ssh as somebody who is not root, and one host by --limit."""
    host, other = plain.hosts["debian12"], plain.hosts["debian13"]
    lines = [
        "useradd --create-home --shell /bin/sh ops",
        "cp -r /root/.ssh ~ops/ && chown -R ops: ~ops/.ssh",
        f"echo root:{PASSWORD} | chpasswd",
    ]
    host.run("set -e\n" + "\n".join(lines), check=True)
    become = ["--become", "--become-method", "su", "--limit", host.name]
    who = json.dumps({"ansible_user": "ops", "ansible_become_password": PASSWORD})
    roles = "certificate postfix dovecot"
    run = play(plain, tmp_path, ansible_home, roles, *become, "-e", who)
    assert run.status == 0, run.text
    assert errors(plain, host, *SERVICES) == set()
    assert not (other.root / "var/lib/postmaster.mailports").exists()
