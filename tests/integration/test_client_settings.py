# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the role client_settings, and what mail programs do with what it serves, on both hosts."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import hosts
from tests.hosts import network
from tests.integration import role_play
from tests.integration.role_play import changed
from tests.integration.running import CA_ON_HOSTS, ROOT, Run

# Names below the hosts' own: users are alice@mail12.example.net.
NAMES = ("autoconfig", "autodiscover", "ua-auto-config")
SERVICES: dict[str, Any] = {
    "smtp": {},
    "submission": {},
    "submissions": {},
    "imaps": {},
    "pop3s": {},
}
VARIABLES: dict[str, Any] = {
    "mailports_intent": {"host": "{{ inventory_hostname }}", "services": SERVICES},
    "mailports_clients_domain": "{{ inventory_hostname }}",
    "mailports_clients_account": "alice@{{ inventory_hostname }}",
    "mailports_clients_certificate": "/etc/mailports/web.pem",
    "mailports_clients_key": "/etc/mailports/web.key",
    "mailports_clients_confirmed": True,
    "mailports_clients_ca_path": CA_ON_HOSTS,
}


@pytest.fixture(scope="module")
def web() -> Iterator[hosts.Site]:
    """Bring both hosts up with nginx beside the mail servers, and the names of their look-ups."""
    with hosts.running(packages="nginx-light") as site:
        for host in site.hosts.values():
            (host.root / CA_ON_HOSTS[1:]).write_bytes(site.ca_file.read_bytes())
            pair = site.authority.certificate(f"*.{host.name}")
            for end, source in (("pem", pair.cert), ("key", pair.key)):
                (host.root / f"etc/mailports/web.{end}").write_bytes(source.read_bytes())
            # The logs of a test host lie elsewhere than the package has made its folder.
            (host.root / "var/log/nginx").mkdir()
            for at in (host.address, host.address6):
                for name in NAMES:
                    network.add_name(network.hosts_file(site.id), at, f"{name}.{host.name}")
        yield site


def play(web: hosts.Site, folder: Path, home: Path, *flags: str, **more: Any) -> Run:
    """Run the role on both hosts."""
    text = role_play.text("client_settings")
    return role_play.play(web, folder, home, text, {**VARIABLES, **more}, *flags)


@pytest.fixture(scope="module")
def served(
    web: hosts.Site, tmp_path_factory: pytest.TempPathFactory, ansible_home: Path
) -> hosts.Site:
    """Return the hosts with the role's site on them; a second run has changed nothing."""
    folder = tmp_path_factory.mktemp("play")
    dry = play(web, folder, ansible_home, "--check")
    assert dry.status == 0, dry.text
    first = play(web, folder, ansible_home)
    assert first.status == 0, first.text
    assert all(number > 0 for number in changed(first))
    second = play(web, folder, ansible_home)
    assert second.status == 0, second.text
    assert changed(second) == [0, 0]
    return web


def rows(host: hosts.Host) -> dict[str, list[str]]:
    """Return what the DNS would say."""
    made: dict[str, list[str]] = {}
    for name in ("", *(f"{one}." for one in NAMES)):
        made[f"{name}{host.name} A"] = [host.address]
        made[f"{name}{host.name} AAAA"] = [host.address6]
    return made


def asked(site: hosts.Site, host: hosts.Host, **changes: Any) -> dict[str, Any]:
    """Return what client_check finds from the controller."""
    request = {
        "rows": rows(host),
        "domain": host.name,
        "intent": {"host": host.name, "services": SERVICES},
        "ca_path": str(site.ca_file),
        "urls": [f"https://autoconfig.{host.name}/email.mobileconfig"],
        **changes,
    }
    done = subprocess.run(
        [*site.enter, sys.executable, "-m", "tests.integration.client_asker"],
        input=json.dumps(request) + "\n",
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_what_the_role_serves_passes_our_own_check(served: hosts.Site) -> None:
    for host in served.hosts.values():
        found = asked(served, host)
        wrong = {(one["demand"], one["severity"]) for one in found["outcomes"] if _is_bad(one)}
        # Nobody has published the record beside PACC's file, and the certificate of the site that
        # answers for the domain itself is not for it.
        assert wrong == {("client-pacc-digest", "error"), ("client-place-certificate", "warning")}
        places = {one["place"]: one["state"] for one in found["seen"]["places"]}
        assert {name for name, state in places.items() if state == "served"} == {
            "autoconfig",
            "autoconfig-http",
            "autodiscover",
            "autodiscover-http",
            "mobileconfig-0",
            "pacc",
        }


def _is_bad(outcome: dict[str, Any]) -> bool:
    return outcome["outcome"] not in ("met", "not_asked")


def test_outlook_may_post_and_write_the_path_as_it_likes(served: hosts.Site) -> None:
    for host in served.hosts.values():
        for path in ("autodiscover/autodiscover.xml", "Autodiscover/Autodiscover.xml"):
            url = f"https://autodiscover.{host.name}/{path}"
            shown = served.client.run(["curl", "-sS", "-i", "--data", "<x/>", url])
            assert shown.stdout.startswith("HTTP/1.1 200"), shown
            assert "Content-Type: text/xml" in shown.stdout
            assert "<Type>IMAP</Type>" in shown.stdout


def test_a_closed_port_is_no_longer_published_and_is_told(
    served: hosts.Site, tmp_path: Path, ansible_home: Path
) -> None:
    """The check finds what the files say and the server does not; the role takes it out."""
    host = served.hosts["debian12"]
    with closed(host):
        found = asked(served, host)
        broken = {one["demand"] for one in found["outcomes"] if one["outcome"] == "broken"}
        assert "client-server-closed" in broken
        again = play(served, tmp_path, ansible_home, "--limit", host.name)
        assert again.status == 0, again.text
        found = asked(served, host)
        messages = [one["message"] for one in found["outcomes"] if one["outcome"] == "broken"]
        assert not [one for one in messages if ":995" in one]
    back = play(served, tmp_path, ansible_home, "--limit", host.name)
    assert back.status == 0, back.text


@contextmanager
def closed(host: hosts.Host) -> Iterator[None]:
    """Refuse connections to 995 for the length of a with statement."""
    rules = "type filter hook input priority 0\ntcp dport 995 reject with tcp reset\n"
    host.run(["nft", f"table inet clients {{\nchain input {{\n{rules}}}\n}}\n"], check=True)
    try:
        yield
    finally:
        host.run(["nft", "delete table inet clients"], check=True)


def test_a_site_that_nginx_refuses_leaves_it_as_it_was(
    served: hosts.Site, tmp_path: Path, ansible_home: Path
) -> None:
    host = served.hosts["debian13"]
    site = host.root / f"etc/nginx/sites-available/mailports-{host.name}"
    before = site.read_text(encoding="utf-8")
    broken = play(
        served,
        tmp_path,
        ansible_home,
        "--limit",
        host.name,
        mailports_clients_key="/etc/mailports/none.key",
    )
    assert broken.status != 0
    assert "nginx does not take the site" in broken.text
    assert "none.key" in broken.text
    assert site.read_text(encoding="utf-8") == before
    url = f"https://autoconfig.{host.name}/mail/config-v1.1.xml"
    assert "<clientConfig" in served.client.run(["curl", "-sS", url]).stdout


def test_absent_takes_all_of_it_away(
    served: hosts.Site, tmp_path: Path, ansible_home: Path
) -> None:
    """It is the last test of this file: the role's traces are gone afterwards."""
    for _time in range(2):
        gone = play(served, tmp_path, ansible_home, mailports_clients_state="absent")
        assert gone.status == 0, gone.text
    assert changed(gone) == [0, 0]
    for host in served.hosts.values():
        left = host.run("ls /var/www /etc/nginx/sites-enabled; pgrep -c nginx").stdout
        assert "mailports" not in left
        assert left.split()[-1] != "0"
        assert asked(served, host)["outcomes"][0]["outcome"] == "broken"
