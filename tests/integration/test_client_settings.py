# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the role client_settings, and what mail programs do with what it serves, on both hosts."""

from __future__ import annotations

import dataclasses
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
from tests.hosts.thunderbird import Account, Thunderbird
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


# The site of the domain itself, which is its administrator's own, with our file included.
OWN_SITE = """
server {{
    listen 443 ssl;
    listen [::]:443 ssl;
    server_name {name};
    ssl_certificate /etc/mailports/cert.pem;
    ssl_certificate_key /etc/mailports/key.pem;
    include snippets/mailports-{name}.conf;
    location / {{ return 200 "a page for people\n"; }}
}}
"""


@pytest.fixture(params=list(hosts.bases.RELEASES))
def host_of(request: pytest.FixtureRequest, served: hosts.Site) -> hosts.Host:
    """Return each of the hosts in turn."""
    return served.hosts[request.param]


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
    for host in web.hosts.values():
        own = host.root / "etc/nginx/sites-enabled/own"
        own.write_text(OWN_SITE.format(name=host.name), encoding="ascii")
        host.run("service nginx reload >/dev/null 2>&1", check=True)
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
        wrong = {one["demand"] for one in found["outcomes"] if _is_bad(one)}
        # Nobody has published the record beside PACC's file.
        assert wrong == {"client-pacc-digest"}
        places = {one["place"]: one["state"] for one in found["seen"]["places"]}
        # That is Debian's own first site.
        assert places.pop("autoconfig-well-known-http") == "missing"
        assert set(places.values()) == {"served"}


def _is_bad(outcome: dict[str, Any]) -> bool:
    return outcome["outcome"] not in ("met", "not_asked")


def test_the_modules_say_the_same_by_ansible(served: hosts.Site) -> None:
    """client_info, client_check, and domain_check where the domain's intent has clients."""
    host = served.hosts["debian13"]
    ports = {"host": host.name, "services": SERVICES}
    seen = asked(served, host, module="client_info", args={"domain": host.name})
    places = {one["place"]: one["state"] for one in seen["domains"][0]["places"]}
    assert places["autoconfig"] == "served"
    given = {"domain": host.name, "intent": ports, "fail_on": "never"}
    checked = asked(served, host, module="client_check", args=given)
    assert broken_demands(checked) == {"client-pacc-digest"}
    assert not checked["compliant"]
    clients = {"domain": host.name, "mail_hosts": [host.name], "clients": {"host": host.name}}
    given = {"intent": clients, "ports": ports, "fail_on": "never"}
    judged = asked(served, host, module="domain_check", args=given)
    of_clients = {one for one in broken_demands(judged) if one.startswith("client-")}
    assert of_clients == {"client-pacc-digest"}
    assert any(one["demand"] == "client-server-not-intended" for one in judged["demands"])
    assert judged["seen"]["clients"][0]["domain"] == host.name


def broken_demands(result: dict[str, Any]) -> set[str]:
    """Return the demands that are broken or not known."""
    return {one["demand"] for one in result["outcomes"] if _is_bad(one)}


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


# What the programs of the client need beside what its base has.
PROGRAMS = {"debian12": "getmail6", "debian13": "thunderbird msmtp neomutt"}


def machine(site: hosts.Site, base: str) -> hosts.mail_client.MailClient:
    """Return a user's machine with the programs, and ``pass`` for their passwords."""
    script = site.client.folder / "tree/usr/bin/pass"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(f"#!/bin/sh\necho '{hosts.PASSWORD}'\n", encoding="ascii")
    script.chmod(0o755)
    layered = Path(hosts.bases.layer(base, PROGRAMS[base]))
    return dataclasses.replace(site.client, base=layered)


def settings_file(site: hosts.Site, host: hosts.Host, name: str) -> str:
    """Fetch a file from where the role serves it; return its path for the client."""
    url = f"https://autoconfig.{host.name}/programs/{name}"
    shown = site.client.run(["curl", "-sS", "--fail", url], check=True)
    path = site.client.home / f"{host.base}-{name}"
    path.write_text(shown.stdout, encoding="utf-8")
    path.chmod(0o600)
    return path.name


def netrc(site: hosts.Site) -> None:
    """Write the file that curl and fetchmail take passwords from."""
    lines = [
        f"machine {host.name} login {hosts.USER}@{host.name} password {hosts.PASSWORD}\n"
        for host in site.hosts.values()
    ]
    path = site.client.home / ".netrc"
    path.write_text("".join(lines), encoding="ascii")
    path.chmod(0o600)


# Program -> its file, what it is run by, and the exit status for a certificate of a stranger.
SENDERS = {
    "msmtp": ("msmtprc", "msmtp -C {file} {to} < mail", 69),
    "neomutt": ("neomuttrc", "neomutt -n -F {file} -s {subject} {to} < mail", 1),
    "swaks": (
        "swaks.conf",
        "swaks --config {file} --auth-password $(pass show x) --to {to} -h-Subject {subject}",
        29,
    ),
}
# It reads mail on a terminal only; the keys copy all messages into a file.
NEOMUTT = (
    "TERM=xterm neomutt -n -F {file} -e 'set confirmappend=no confirmcreate=no delete=no move=no "
    "mbox_type=mbox mark_old=no; push <tag-pattern>~A<enter><tag-prefix><copy-message><kill-line>"
    "/root/box<enter><exit>'"
)
RECEIVERS = {
    "mbsync": (
        "mbsyncrc",
        "mkdir -p Mail/{host} && mbsync -c {file} -a && cat Mail/{host}/INBOX/*/*",
        1,
    ),
    "fetchmail": (
        "fetchmailrc",
        "fetchmail -f {file} --fetchall --nodetach --pidfile /run/f -m cat",
        2,
    ),
    "curl": ("curl.conf", "curl -sS --config {file} --url 'imaps://{host}/INBOX;MAILINDEX=*'", 60),
    "neomutt": ("neomuttrc", f'rm -f box; script -qec "{NEOMUTT}" /dev/null; cat box', None),
}


def test_programs_send_and_fetch_with_the_published_files(
    served: hosts.Site, host_of: hosts.Host
) -> None:
    """Each program takes its file as it is served; the password comes from the password store."""
    client, address = machine(served, "debian13"), f"{hosts.USER}@{host_of.name}"
    netrc(served)
    for name, (file, command, _refused) in SENDERS.items():
        subject = f"from-{name}-{host_of.base}"
        (client.home / "mail").write_text(f"Subject: {subject}\n\nbody\n", encoding="ascii")
        given = {"file": settings_file(served, host_of, file), "to": address, "subject": subject}
        sent = client.run(command.format(**given))
        assert sent.returncode == 0, (name, sent)
    for name, (file, command, _refused) in RECEIVERS.items():
        given = {"file": settings_file(served, host_of, file), "host": host_of.name}
        await_mail(host_of, len(SENDERS))
        read = client.run(command.format(**given))
        assert "Subject: from-swaks-" in read.stdout, (name, read)
    old = machine(served, "debian12")
    file = settings_file(served, host_of, "getmailrc")
    folder = f"/root/Mail/{host_of.name}"
    fetched = old.run(
        f"mkdir -p {folder}/cur {folder}/new {folder}/tmp d && chmod -R 777 /root /root/* && "
        f"HOME=/root setpriv --reuid=nobody --regid=nogroup --clear-groups getmail --getmaildir=/root/d "
        f"--rcfile=/root/{file} && cat {folder}/new/*"
    )
    assert "Subject: from-swaks-" in fetched.stdout, fetched


def test_programs_refuse_a_certificate_of_a_stranger(
    served: hosts.Site, host_of: hosts.Host
) -> None:
    client, address = machine(served, "debian13"), f"{hosts.USER}@{host_of.name}"
    netrc(served)
    files = {
        file: settings_file(served, host_of, file)
        for file, *_rest in [*SENDERS.values(), *RECEIVERS.values()]
    }
    (client.home / "mail").write_text("Subject: none\n\nbody\n", encoding="ascii")
    with host_of.fault("cert_self_signed"):
        for name, (file, command, refused) in [*SENDERS.items(), *RECEIVERS.items()]:
            if refused is None:
                continue
            given = {"file": files[file], "to": address, "subject": "none", "host": host_of.name}
            tried = client.run(command.format(**given))
            assert tried.returncode == refused, (name, tried)


def test_thunderbird_sets_itself_up_sends_and_receives(
    served: hosts.Site, host_of: hosts.Host, tmp_path: Path
) -> None:
    """From an empty profile to an inbox: a name, an address and a password are all that is typed."""
    client = machine(served, "debian13")
    account = Account("Alice", f"{hosts.USER}@{host_of.name}", hosts.PASSWORD)
    with Thunderbird(client, served.id, served.ca_file) as thunderbird:
        found = thunderbird.found(account)
        assert found is not None
        assert thunderbird.added(account) == ""
        assert thunderbird.servers() == [
            ["imap", host_of.name, 993, 3, account.address],
            ["smtp", host_of.name, 465, 3, account.address],
        ]
        subject = f"from Thunderbird to {host_of.base}"
        thunderbird.send(account.address, subject)
        thunderbird.received(subject)


def test_thunderbird_finds_nothing_where_nothing_is_published(
    served: hosts.Site, host_of: hosts.Host
) -> None:
    """The same way, with the site turned off: the set-up above is the role's work."""
    account = Account("Alice", f"{hosts.USER}@nothing.{host_of.name}", hosts.PASSWORD)
    with Thunderbird(machine(served, "debian13"), served.id, served.ca_file) as thunderbird:
        assert thunderbird.found(account) is None


def await_mail(host: hosts.Host, count: int) -> None:
    """Wait until so many mails lie in the user's mailbox."""
    folder = f"/var/vmail/{hosts.USER}/Maildir/new /var/vmail/{hosts.USER}/Maildir/cur"
    wait = f"until [ $(find {folder} -type f 2>/dev/null | wc -l) -ge {count} ]; do sleep 0.1; done"
    host.run(["timeout", "30", "sh", "-c", wait], check=True)


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
