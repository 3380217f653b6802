# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the regular audit on real hosts: each watches the other, from a timer or from cron."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import hosts
from tests.integration import role_play
from tests.integration.role_play import changed
from tests.integration.running import CA_ON_HOSTS, Run, intent, other

STATE = "/var/lib/mailports-audit"
FILES = (
    "/etc/systemd/system/mailports-audit.timer",
    "/etc/systemd/system/mailports-audit.service",
    "/etc/cron.d/mailports-audit",
    "/etc/mailports-audit.json",
    "/usr/local/lib/mailports-audit.pyz",
    STATE,
)
PLAYBOOK = """
- hosts: mail
  gather_facts: false
  vars: VARIABLES
  tasks:
    - ansible.builtin.include_role:
        name: postmaster.mailports.audit
        tasks_from: regular
"""
# Ends with the first line that matches, as soon as it is written.
DELIVERED = (
    "bash -c \"grep -q -m1 'to=<alice@.*status=sent' "
    '< <(exec timeout 60 tail -n +1 -F /var/log/mail.log 2>/dev/null)"'
)


# Of the two ways to run it regularly, a timer and cron, one is enough for what both do alike.
ONE_INIT = pytest.mark.parametrize("watched", ["systemd"], indirect=True, scope="module")


@pytest.fixture(scope="module", params=["systemd", "tini"])
def watched(request: pytest.FixtureRequest) -> Iterator[hosts.Site]:
    """Bring both hosts up, with and without systemd."""
    with hosts.running(init=request.param) as site:
        for host in site.hosts.values():
            (host.root / CA_ON_HOSTS[1:]).write_bytes(site.ca_file.read_bytes())
        yield site


@pytest.fixture
def play(watched: hosts.Site, tmp_path: Path, ansible_home: Path) -> Callable[..., Run]:
    """Return the way to run the role on both hosts."""
    targets = {}
    for host in watched.hosts.values():
        far = other(watched, host)
        targets[host.name] = {"far": intent(far, addresses=[far.address])}
    variables: dict[str, Any] = {
        "watching": targets,
        "mailports_audit_targets": "{{ watching[inventory_hostname] }}",
        "mailports_audit_mail_to": ["alice@{{ inventory_hostname }}"],
        "mailports_audit_keep": 2,
        "mailports_ca_path": CA_ON_HOSTS,
    }

    def run(*flags: str, **more: Any) -> Run:
        return role_play.play(
            watched, tmp_path, ansible_home, PLAYBOOK, {**variables, **more}, *flags
        )

    return run


def command(host: hosts.Host, systemd: bool) -> str:
    """Return what starts an audit at once, as the timer or cron would."""
    if systemd:
        return "systemctl start mailports-audit.service"
    lines = host.run(["cat", FILES[2]], check=True).stdout.splitlines()
    _minute, _hour, _day, _month, _weekday, user, program = lines[-1].split(None, 6)
    return f"runuser -u {user} -- sh -c '{program}'"


def findings(host: hosts.Host) -> dict[str, Any]:
    """Return the last report on a vantage."""
    text = host.run(["cat", f"{STATE}/findings.json"], check=True).stdout
    document: dict[str, Any] = json.loads(text)
    return document


def kept(host: hosts.Host) -> list[str]:
    """Return the reports that a vantage keeps."""
    return host.run(["ls", f"{STATE}/history"], check=True).stdout.split()


def present(host: hosts.Host) -> list[str]:
    """Return which files of the role are on a host."""
    return [path for path in FILES if host.run(["test", "-e", path]).returncode == 0]


def test_a_change_is_mailed_and_all_goes_away(
    watched: hosts.Site, play: Callable[..., Run]
) -> None:
    """Installed twice it changes nothing; one fault is told; absent leaves nothing."""
    vantage, target = watched.hosts["debian13"], watched.hosts["debian12"]
    systemd = vantage.run("test -d /run/systemd/system").returncode == 0
    if not systemd:
        refused = play()
        assert "There is no /etc/cron.d. Install cron" in refused.text
        for host in watched.hosts.values():
            host.run("mkdir -p /etc/cron.d", check=True)
    first = play()
    assert first.status == 0, first.text
    assert changed(play()) == [0, 0]
    if systemd:
        assert vantage.run("systemctl is-active mailports-audit.timer").stdout == "active\n"
        assert vantage.run("systemctl is-enabled mailports-audit.timer").stdout == "enabled\n"
    else:
        assert present(vantage) == list(FILES[2:])
    start = command(vantage, systemd)
    for _unused in range(3):
        done = vantage.run(start)
        log = vantage.run("journalctl -u mailports-audit.service").stdout if systemd else ""
        assert done.returncode in (0, 2), f"{done.stdout}{done.stderr}{log}"
    before = findings(vantage)
    assert before["hosts"][0]["audited"]
    assert before["changes"] == []
    # Audits of one second have one name.
    assert 1 <= len(kept(vantage)) <= 2
    with target.fault("cert_expired"):
        vantage.run(start)
        after = findings(vantage)
    assert "certificate-expired" in {one["rule"] for one in after["changes"]}
    assert vantage.run(DELIVERED).returncode == 0
    vantage.run(f"touch {STATE}/of-somebody-else", check=True)
    gone = play(mailports_audit_state="absent")
    assert gone.status == 0, gone.text
    assert [present(host) for host in (target, vantage)] == [[], [STATE]]
    assert vantage.run(["ls", "-A", STATE], check=True).stdout.split() == ["of-somebody-else"]
    vantage.run(["rm", "-r", STATE], check=True)
    assert vantage.run("id mailports-audit").returncode != 0
    assert changed(play(mailports_audit_state="absent")) == [0, 0]


@ONE_INIT
def test_what_the_role_has_not_made_stays(watched: hosts.Site, play: Callable[..., Run]) -> None:
    """A user and a folder of somebody else's: used as they are, and there when the audit is gone."""
    vantage = watched.hosts["debian13"]
    collector = "/var/lib/collector"
    vantage.run(
        "useradd --system --home /opt/monitoring --shell /bin/sh monitoring; "
        f"mkdir -p {collector}/history /etc/cron.d; echo 'other 1' > {collector}/other.prom; "
        f"echo x > {collector}/history/other.json; chown root:monitoring {collector}; "
        f"chmod 2755 {collector}",
        check=True,
    )
    before = vantage.run(f"getent passwd monitoring; stat -c '%U %G %a' {collector}").stdout
    own = {"mailports_audit_user": "monitoring", "mailports_audit_state_dir": collector}
    refused = play("--limit", vantage.name, **own)
    assert f"The user monitoring cannot write into {collector}" in " ".join(refused.text.split())
    vantage.run(f"chmod 2775 {collector} {collector}/history; chgrp monitoring {collector}/history")
    before = vantage.run(f"getent passwd monitoring; stat -c '%U %G %a' {collector}").stdout
    made = play("--limit", vantage.name, **own)
    assert made.status == 0, made.text
    again = play("--limit", vantage.name, **own)
    assert changed(again) == [0], again.text
    ran = vantage.run(
        "runuser -u monitoring -- python3 /usr/local/lib/mailports-audit.pyz "
        "/etc/mailports-audit.json"
    )
    assert ran.returncode in (0, 2), ran.stderr
    assert "metrics.prom" in vantage.run(["ls", collector], check=True).stdout
    gone = play("--limit", vantage.name, mailports_audit_state="absent", **own)
    assert gone.status == 0, gone.text
    left = vantage.run(["find", collector, "-type", "f"], check=True).stdout.split()
    assert sorted(left) == [f"{collector}/history/other.json", f"{collector}/other.prom"]
    after = vantage.run(f"getent passwd monitoring; stat -c '%U %G %a' {collector}").stdout
    assert after == before
    vantage.run(f"userdel monitoring; rm -r {collector}", check=True)


@ONE_INIT
@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"mailports_policy": "rfc8413"}, "'rfc8413' is not one of"),
        (
            {"mailports_waivers": [{"rule": "prot-open", "expires": "2027-01-31"}]},
            "there is no rule 'prot-open'",
        ),
        ({"mailports_ca_path": "/does/not/exist.pem"}, "/does/not/exist.pem does not exist here"),
    ],
)
def test_what_every_run_would_fail_with_is_refused(
    watched: hosts.Site, play: Callable[..., Run], wrong: dict[str, Any], words: str
) -> None:
    vantage = watched.hosts["debian13"]
    vantage.run("mkdir -p /etc/cron.d", check=True)
    done = play("--limit", vantage.name, **wrong)
    assert done.status != 0
    assert words in " ".join(done.text.split())
    assert "/etc/mailports-audit.json" not in present(vantage)
    assert not {*FILES[:3]} & {*present(vantage)}
    play("--limit", vantage.name, mailports_audit_state="absent")


TOKEN = "T0ken-of-the-webhook"
# Everything but what is no file: where the token stands, and the mode of that file.
SEARCH = (
    f"grep -rlsI {TOKEN} / --exclude-dir=proc --exclude-dir=sys --exclude-dir=dev "
    f"| xargs -r stat -c '%n %a'; grep -lsa {TOKEN} /run/log -r /var/log; true"
)


def test_the_address_of_a_webhook_is_in_one_file_alone(
    watched: hosts.Site, play: Callable[..., Run]
) -> None:
    """Installed, refused and changed at -vvvv and with --diff, run, and removed."""
    vantage = watched.hosts["debian13"]
    vantage.run("mkdir -p /etc/cron.d", check=True)
    address = f"http://127.0.0.1:9/{TOKEN}"
    loud = ("--limit", vantage.name, "-vvvv", "--diff")
    runs = [
        play(*loud, mailports_audit_webhook=address, mailports_ca_path="/does/not/exist.pem"),
        play(*loud, mailports_audit_webhook=address),
        play(*loud, mailports_audit_webhook=f"{address}/changed"),
        play(*loud, mailports_audit_webhook=f"ftp://{TOKEN}"),
    ]
    assert [run.status != 0 for run in runs] == [True, False, False, True]
    ran = vantage.run(
        "systemctl start mailports-audit.service; python3 -I "
        "/usr/local/lib/mailports-audit.pyz /etc/mailports-audit.json"
    )
    assert ran.returncode == 1
    assert TOKEN not in ran.stdout + ran.stderr
    assert all(TOKEN not in run.text for run in runs)
    assert vantage.run(SEARCH).stdout.split() == ["/etc/mailports-audit.json", "640"]
    gone = play("--limit", vantage.name, mailports_audit_state="absent")
    assert gone.status == 0, gone.text
    assert vantage.run(SEARCH).stdout == ""
