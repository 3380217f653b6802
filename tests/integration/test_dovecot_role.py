# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the roles dovecot and certificate on Debian's own untouched Dovecot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import hosts
from tests.integration import role_play
from tests.integration.role_play import changed, executed
from tests.integration.running import Run

ROLES = ("certificate", "dovecot")
VARIABLES: dict[str, Any] = {
    "mailports_intent": {"host": "{{ inventory_hostname }}", "services": {"imaps": {}, "imap": {}}},
    "mailports_certificate_source": "self_signed",
}
HOOK = "/etc/letsencrypt/renewal-hooks/deploy/mailports"
# What the role dovecot may execute on an unchanged run, and both roles together.
MOST_TASKS = {"dovecot": 8, "certificate": 6}


@pytest.fixture(scope="module")
def plain() -> Iterator[hosts.Site]:
    """Bring both hosts up with Dovecot as Debian installs it, not running."""
    with hosts.running(mail=False) as site:
        yield site


def play(plain: hosts.Site, tmp_path: Path, home: Path, *flags: str, **more: Any) -> Run:
    """Run both roles on both hosts."""
    variables = {**VARIABLES, **more}
    return role_play.play(plain, tmp_path, home, role_play.text(*ROLES), variables, *flags)


def served(plain: hosts.Site, host: hosts.Host, authority: str) -> str:
    """Return the serial of the certificate that the controller is shown and trusts by a copy."""
    copy = plain.folder / f"{host.base}-self.pem"
    copy.write_bytes((host.root / authority[1:]).read_bytes())
    shown = (
        f"openssl s_client -connect {host.address}:993 -CAfile {copy} -verify_return_error "
        f"-verify_hostname {host.name} </dev/null 2>/dev/null | openssl x509 -noout -serial"
    )
    return hosts.shell.call([*plain.enter, "sh", "-c", shown], check=True).stdout


def test_first_run_and_second(plain: hosts.Site, tmp_path: Path, ansible_home: Path) -> None:
    """A dry run touches nothing, the first run does it all, the second one changes nothing."""
    dry = play(plain, tmp_path, ansible_home, "--check")
    assert dry.status == 0, dry.text
    assert not any((host.root / HOOK[1:]).exists() for host in plain.hosts.values())
    first = play(plain, tmp_path, ansible_home)
    assert first.status == 0, first.text
    assert "is self-signed: for a first run only" in first.text
    assert all(number > 0 for number in changed(first))
    second = play(plain, tmp_path, ansible_home)
    assert second.status == 0, second.text
    assert changed(second) == [0, 0]
    assert "is self-signed: for a first run only" in second.text
    for role, most in MOST_TASKS.items():
        assert 0 < executed(second, role) <= most


def test_renewal_needs_no_controller(plain: hosts.Site, tmp_path: Path, ansible_home: Path) -> None:
    """The hook makes the running server take over a certificate that was replaced."""
    assert play(plain, tmp_path, ansible_home).status == 0
    for host in plain.hosts.values():
        before = served(plain, host, "/etc/mailports/cert.pem")
        renew = (
            "cd /etc/mailports && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 "
            f"-nodes -days 90 -subj /CN={host.name} -addext subjectAltName=DNS:{host.name} "
            "-keyout key.pem -out cert.pem"
        )
        host.run(renew, check=True)
        host.run([HOOK], check=True)
        shown = host.run("openssl x509 -noout -serial -in /etc/mailports/cert.pem").stdout
        assert served(plain, host, "/etc/mailports/cert.pem") == shown != before


def test_proof_from_the_controller(plain: hosts.Site, tmp_path: Path, ansible_home: Path) -> None:
    """It fails where the controller does not trust what the host trusts, and names the rule."""
    failed = play(plain, tmp_path, ansible_home, mailports_dovecot_prove_from_controller=True)
    assert failed.status != 0
    assert "certificate-untrusted" in failed.text


def test_untested_system(plain: hosts.Site, tmp_path: Path, ansible_home: Path) -> None:
    """Another system is refused before anything is done to it."""
    refused = role_play.on_another_system(plain, tmp_path, ansible_home, "dovecot", VARIABLES)
    assert refused.status != 0
    assert "tested on Debian 12 and 13, and this is Fedora 41" in refused.text
