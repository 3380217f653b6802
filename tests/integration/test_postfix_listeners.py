# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of postfix_listeners on Debian's own untouched Postfix, through Ansible over ssh."""

from __future__ import annotations

import json
import re
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
SAVED = "/var/lib/mailports-postfix"
SERVICES = ("smtp", "submission", "submissions", "submission_alt")
SOCKET = "/var/spool/postfix/private/auth"
AUTH = f"""\
service auth {{
  unix_listener {SOCKET} {{
    mode = 0660
    user = postfix
    group = postfix
  }}
}}
"""
HAND_MADE = """\
# An administrator's own file.
smtp      inet  n       -       y       -       1       postscreen
smtpd     pass  -       -       y       -       -       smtpd
  -o smtpd_banner=hand-made
dnsblog   unix  -       -       y       -       0       dnsblog
tlsproxy  unix  -       -       y       -       0       tlsproxy
smtps     inet  n       -       y       -       -       smtpd
  -osyslog_name=postfix/smtps
  # once it was otherwise
\t-o { smtpd_sender_restrictions = reject_unknown_sender_domain permit }
587       inet  n       -       y       -       -       smtpd -o smtpd_tls_security_level=may
127.0.0.1:10025 inet n  -       y       -       -       smtpd -o content_filter=
"""
# What the module makes of it: 465 is edited, 587 removed, all else is kept.
ADDED = """\
\t-o smtpd_tls_wrappermode=yes
\t-o smtpd_sasl_auth_enable=yes
\t-o smtpd_relay_restrictions=permit_sasl_authenticated,reject
"""


@pytest.fixture(scope="module")
def plain() -> Iterator[hosts.Site]:
    """Bring both hosts up with Postfix as Debian installs it, and Dovecot to ask about logins."""
    with hosts.running(mail=False) as site:
        for host in site.hosts.values():
            listener_change.prepare(site, host)
            (host.root / "etc/dovecot/conf.d/99-auth.conf").write_text(AUTH, encoding="ascii")
            host.run(f"cp -a /etc/postfix {SAVED}; postfix check; newaliases", check=True)
            host.restart("dovecot")
        yield site


@pytest.fixture(params=list(hosts.bases.RELEASES))
def server(request: pytest.FixtureRequest, plain: hosts.Site) -> Iterator[hosts.Host]:
    """Return each host in turn, with Debian's configuration, Postfix running and a certificate."""
    host = plain.hosts[request.param]
    show(host, "good")
    host.restart("postfix")
    yield host
    host.run(f"rm -rf /etc/postfix /{STATE}; cp -a {SAVED} /etc/postfix; postfix stop")


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
    return listener_change.by_ansible("postfix_listeners", ansible, host, args, *flags)


def change(host: hosts.Host, args: dict[str, Any], *, check: bool = False) -> dict[str, Any]:
    """Run the module on the host itself and return its result."""
    return on_host.module(host, "postfix_listeners", args, check=check)


def drive(host: hosts.Host, services: tuple[str, ...], die_at: str = "") -> dict[str, Any]:
    """Run the change on the host itself."""
    return listener_change.drive("postfix", host, services, die_at)


def files(host: hosts.Host) -> dict[str, str]:
    """Return the digests of all files of Postfix's configuration."""
    return listener_change.files(host, "etc/postfix")


def judged(prober: Prober, host: hosts.Host, *services: str) -> list[tuple[str, str]]:
    """Return the errors that port_check sees from the controller, Postfix's services only."""
    return listener_change.judged(prober, host, services, ("smtp",))


def write(host: hosts.Host, name: str, text: str, mode: str = "w") -> None:
    """Write a file of the configuration; it looks old, so that Postfix does not wait."""
    with open(host.root / "etc/postfix" / name, mode, encoding="ascii") as file:
        file.write(text)
    host.run(f"touch -d '1 minute ago' /etc/postfix/{name}", check=True)


def read(host: hosts.Host, name: str) -> str:
    """Return a file of the configuration."""
    return (host.root / "etc/postfix" / name).read_text(encoding="ascii")


def processes(host: hosts.Host) -> str:
    """Return the process id of Postfix's master, "" where it does not run.

    A child of it has its name for a moment, between fork and exec: the file tells which it is.
    """
    named = "$(tr -d ' ' < /var/spool/postfix/pid/master.pid)"
    return host.run(f'pgrep -x master | grep -xF "{named}" || :').stdout.strip()


def test_converge(server: hosts.Host, on_plain: Ansible, prober: Prober) -> None:
    """What a dry run shows is what is then done; a second run does nothing; all else is kept."""
    before, master = files(server), processes(server)
    main_text, master_text = read(server, "main.cf"), read(server, "master.cf")
    args = arguments(server, *SERVICES)
    dry = by_ansible(on_plain, server, args, "--check", "--diff")
    assert dry["changed"]
    assert files(server) == before
    assert not (server.root / STATE).exists()
    done = by_ansible(on_plain, server, args, "--diff")
    assert done["changed"]
    assert done["shown"] == dry["shown"]
    added = [line[1:] for line in done["shown"].splitlines() if line[:1] == "+" != line[1:2]]
    # The last part tells what each listener does, setting by setting.
    effects = [line for line in added if re.match(r"\S+ inet: ", line)]
    assert "submission inet: smtpd_tls_security_level = encrypt" in effects
    written = [line for line in added if line not in effects]
    texts = ((main_text, read(server, "main.cf")), (master_text, read(server, "master.cf")))
    olds_and_news = [(old.splitlines(), new.splitlines()) for old, new in texts]
    assert written == [line for old, new in olds_and_news for line in new if line not in old]
    kept = re.sub(r"(?m)^(smtpd_tls_cert_file\s*=).*", r"\1", main_text)
    assert read(server, "main.cf").startswith(kept), (kept, read(server, "main.cf"))
    assert {name for name, digest in files(server).items() if before.get(name) != digest} == {
        "main.cf",
        "master.cf",
    }
    assert judged(prober, server, *SERVICES) == []
    again = by_ansible(on_plain, server, args, "--diff")
    assert not again["changed"], again
    assert not again["shown"]
    fewer = by_ansible(on_plain, server, arguments(server, "smtp"))
    assert fewer["changed"]
    assert read(server, "master.cf") == master_text
    assert judged(prober, server, "smtp") == []
    assert processes(server) == master


def test_mail_is_taken_from_users_alone(server: hosts.Host, plain: hosts.Site) -> None:
    """By a client that nobody here wrote: with a login on 587 and 465, without one on 25."""
    change(server, arguments(server, "smtp", "submission", "submissions"))
    program = (
        "import smtplib, ssl, sys\n"
        "host, ca = sys.argv[1:]\n"
        "context = ssl.create_default_context(cafile=ca)\n"
        "def sent(client, to, login):\n"
        "    with client:\n"
        "        if not isinstance(client, smtplib.SMTP_SSL):\n"
        "            client.starttls(context=context)\n"
        f"        login and client.login('alice', '{PASSWORD}')\n"
        "        try:\n"
        "            client.sendmail('a@localhost', to, 'Subject: x\\n\\nx\\n')\n"
        "        except smtplib.SMTPRecipientsRefused as error:\n"
        "            return error.recipients[to][0]\n"
        "        return 250\n"
        "for login in (True, False):\n"
        "    print(sent(smtplib.SMTP(host, 587), 'alice@localhost', login))\n"
        "    print(sent(smtplib.SMTP_SSL(host, 465, context=context), 'x@a.example', login))\n"
        "print(sent(smtplib.SMTP(host, 25), 'alice@localhost', False))\n"
        "print(sent(smtplib.SMTP(host, 25), 'x@a.example', False))\n"
    )
    argv = [*plain.enter, sys.executable, "-c", program, server.name, str(plain.ca_file)]
    told = hosts.shell.call(argv, check=True).stdout.split()
    assert told == ["250", "250", "554", "554", "250", "454"]


def test_a_server_with_users_of_its_own(server: hosts.Host, plain: hosts.Site) -> None:
    """Who answers about logins stays, and users may relay where main.cf knows none of them."""
    rest = read(server, "master.cf").partition("\npickup ")[2]
    entry = "submission inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes\n"
    write(server, "master.cf", f"{entry}pickup {rest}")
    settings = (
        "smtpd_sasl_type = dovecot\n"
        f"smtpd_sasl_path = {SOCKET}\n"
        "smtpd_relay_restrictions =\n"
        "smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination\n"
    )
    write(server, "main.cf", settings, "a")
    server.run("postfix reload", check=True)
    args = arguments(server, "submission")
    assert change(server, args)["changed"]
    assert read(server, "main.cf").count("smtpd_sasl") == 2
    assert settings in read(server, "main.cf")
    sent = (
        "import smtplib, ssl, sys\n"
        "with smtplib.SMTP(sys.argv[1], 587) as client:\n"
        "    client.starttls(context=ssl.create_default_context(cafile=sys.argv[2]))\n"
        f"    client.login('alice', '{PASSWORD}')\n"
        "    client.sendmail('a@localhost', 'x@a.example', 'Subject: x\\n\\nx\\n')\n"
    )
    argv = [*plain.enter, sys.executable, "-c", sent, server.name, str(plain.ca_file)]
    hosts.shell.call(argv, check=True)
    assert not change(server, args)["changed"]


def test_hand_made_file(server: hosts.Host, on_plain: Ansible, prober: Prober) -> None:
    """Postscreen stays in front, an entry of another name is used, a port of no service is kept."""
    rest = read(server, "master.cf").partition("\npickup ")[2]
    write(server, "master.cf", f"{HAND_MADE}pickup {rest}")
    write(server, "main.cf", "smtpd_sasl_auth_enable = yes\n", "a")
    server.run("postfix reload", check=True)
    args = arguments(server, "smtp", "submissions")
    dry = by_ansible(on_plain, server, args, "--check", "--diff")
    done = by_ansible(on_plain, server, args, "--diff")
    assert done["shown"] == dry["shown"]
    lines = HAND_MADE.splitlines(keepends=True)
    off = "  -o smtpd_sasl_auth_enable=no\n"
    # main.cf has it on already for everybody.
    added = ADDED.replace("\t-o smtpd_sasl_auth_enable=yes\n", "")
    expected = "".join([*lines[:4], off, *lines[4:10], added, lines[11]])
    now = read(server, "master.cf")
    assert now.startswith(expected)
    # The port of no service has what main.cf gave it before.
    pins, _pickup, others = now.removeprefix(expected).partition("pickup ")
    assert others == rest
    assert {line.split("=")[0] for line in pins.splitlines()} >= {
        "  -o smtpd_tls_auth_only",
        "  -o smtpd_sasl_type",
        "  -o smtpd_tls_chain_files",
    }
    assert judged(prober, server, "smtp", "submissions") == []
    assert "127.0.0.1:10025" in server.run("ss -Hltn | awk '{print $4}'").stdout.split()
    assert not by_ansible(on_plain, server, args)["changed"]


REFUSED = [
    ({"smtp_tls": "encrypt"}, "encrypt is refused on a public MX"),
    ({"listener_options": {"smtp": {"smtpd_baner": "x"}}}, "do you mean smtpd_banner?"),
    (
        {
            "listener_options": {
                "smtp": {"smtpd_client_restrictions": "check_client_access hash:/x"}
            }
        },
        "/x.db does not exist",
    ),
    ({"auth_socket": "private/nothing"}, "private/nothing: No such file or directory"),
    ({"certificate": "/nowhere.pem"}, "/nowhere.pem: No such file or directory"),
    ({"host": "no host"}, "is not a host name"),
]


def test_what_cannot_be_is_refused(server: hosts.Host, prober: Prober) -> None:
    """With one message each, and nothing written."""
    change(server, arguments(server, "smtp", "submission"))
    before = files(server)
    for more, said in REFUSED:
        args = arguments(server, "smtp", "submission", "submissions", **more)
        failed = change(server, args)
        assert said in failed["msg"]
        assert failed.get("restored", True)
    assert files(server) == before
    assert judged(prober, server, "smtp", "submission") == []


def test_no_public_mx(server: hosts.Host) -> None:
    """TLS can then be demanded on port 25."""
    args = arguments(server, "smtp", public_mx=False, smtp_tls="encrypt")
    assert change(server, args)["changed"]
    assert "  -o smtpd_tls_security_level=encrypt\n" in read(server, "master.cf")
    assert not change(server, args)["changed"]


def test_stopped_server(server: hosts.Host, prober: Prober) -> None:
    """It is started where a listener is intended, and where none is it is not."""
    args = arguments(server, "smtp")
    change(server, args)
    server.run("postfix stop", check=True)
    assert change(server, args, check=True)["changed"]
    assert change(server, args)["changed"]
    assert judged(prober, server, "smtp") == []
    server.run("postfix stop", check=True)
    assert change(server, arguments(server))["changed"]
    assert not change(server, arguments(server))["changed"]
    assert processes(server) == ""


def test_addresses(server: hosts.Host) -> None:
    """Postfix reads them once, so that it is restarted; loopback alone is for nobody else."""
    args = arguments(server, "smtp", addresses=["127.0.0.1", server.address])
    before = processes(server)
    change(server, args)
    listening = server.run("ss -Hltn 'sport = 25' | awk '{print $4}'").stdout.split()
    assert sorted(listening) == sorted(["127.0.0.1:25", f"{server.address}:25"])
    assert processes(server) != before
    assert not change(server, args)["changed"]
    write(server, "main.cf", "inet_interfaces = loopback-only\n", "a")
    done = change(server, arguments(server, "smtp"))
    assert "inet_interfaces was loopback alone and is all now" in str(done["warnings"])
    listening = server.run("ss -Hltn 'sport = 25' | awk '{print $4}'").stdout.split()
    assert sorted(listening) == ["0.0.0.0:25", "[::]:25"]


def test_renewed_certificate(server: hosts.Host) -> None:
    """Postfix's processes read it when they start, those that wait for clients are renewed."""
    args = arguments(server, "submissions")
    change(server, args)
    show(server, "expires_soon")
    change(server, args)
    renewed = change(server, args)
    assert {one["rule"] for one in renewed["findings"]} == {"certificate-expires-soon"}
    assert not renewed["changed"]


def test_key_of_another_certificate(server: hosts.Host, prober: Prober) -> None:
    """Seen before anything is written."""
    change(server, arguments(server, "smtp"))
    before = files(server)
    wrong = server.root / KEY[1:]
    kept = wrong.read_bytes()
    server.run(f"openssl ecparam -name prime256v1 -genkey -noout -out {KEY}", check=True)
    failed = change(server, arguments(server, "smtp", "submissions"))
    assert "the key does not belong to the certificate" in failed["msg"]
    assert failed["restored"]
    wrong.write_bytes(kept)
    assert files(server) == before
    assert judged(prober, server, "smtp") == []


def test_certificate_of_another_name(server: hosts.Host, prober: Prober) -> None:
    """The proof fails: the findings say why, and the old listeners are back with the old files."""
    change(server, arguments(server, "smtp"))
    before = files(server)
    server.run("cp -a /etc/mailports /etc/mailports-good", check=True)
    show(server, "wrong_name")
    server.run("mv /etc/mailports /etc/wrong; mv /etc/mailports-good /etc/mailports", check=True)
    pair = {"certificate": "/etc/wrong/cert.pem", "key": "/etc/wrong/key.pem"}
    failed = change(server, arguments(server, "smtp", "submissions", **pair))
    server.run("rm -r /etc/wrong", check=True)
    rules = {(one["service"], one["rule"]) for one in failed["findings"]}
    assert ("submissions", "certificate-name") in rules
    assert failed["restored"]
    assert files(server) == before
    assert judged(prober, server, "smtp") == []


def test_port_held_by_another_process(server: hosts.Host, prober: Prober) -> None:
    """Postfix would die of it: seen before anything is written, and who holds it is told."""
    change(server, arguments(server, "smtp"))
    before, master = files(server), processes(server)
    with held(server, 465):
        failed = change(server, arguments(server, "smtp", "submissions"))
    assert "0.0.0.0 port 465 is held by python3 (process" in failed["msg"]
    assert failed["restored"]
    assert files(server) == before
    assert processes(server) == master
    assert judged(prober, server, "smtp") == []


@pytest.mark.parametrize("what", ["read_only", "full"])
def test_disk(server: hosts.Host, prober: Prober, what: str) -> None:
    """Nothing can be written: nothing is changed, and that is what the message says."""
    change(server, arguments(server, "smtp"))
    before = files(server)
    with unwritable(server, "/etc/postfix", what) as words:
        failed = change(server, arguments(server, "smtp", "submissions"))
    assert words in failed["msg"]
    assert failed["restored"]
    assert files(server) == before
    assert judged(prober, server, "smtp") == []


BROKEN = [
    ("master.cf", "smtps inet n - y - smtpd\n", "master.cf is broken, nothing was changed: line"),
    ("main.cf", "no equals sign\n", "main.cf is broken, nothing was changed: line"),
]


@pytest.mark.parametrize(("name", "text", "said"), BROKEN)
def test_broken_file(server: hosts.Host, name: str, text: str, said: str) -> None:
    """What is broken already is told with its line, and not touched."""
    write(server, name, text, "a")
    before = files(server)
    failed = change(server, arguments(server, "smtp", "submissions"))
    assert said in failed["msg"]
    assert failed["restored"]
    assert files(server) == before


def test_a_table_that_does_not_exist(server: hosts.Host, prober: Prober) -> None:
    """The user's own, in main.cf: the listeners come up, and the line stays."""
    line = "smtpd_sender_restrictions = check_sender_access hash:/etc/postfix/nowhere\n"
    write(server, "main.cf", line, "a")
    done = change(server, arguments(server, "smtp", "submission"))
    assert done["changed"]
    assert line in read(server, "main.cf")
    assert judged(prober, server, "smtp", "submission") == []


def test_killed_at_every_point(server: hosts.Host, prober: Prober) -> None:
    """The server serves the old or the new listeners, never others; the next run completes."""
    states = [("smtp", "submission"), ("smtp", "submissions", "submission_alt")]
    drive(server, states[0])
    for point in POINTS:
        old, new = states
        if point == "restored":
            drive(server, new, "applied")
            drive(server, new, point)
        else:
            drive(server, new, point)
        served = new if POINTS.index(point) > POINTS.index("switched") else old
        assert judged(prober, server, *served) == [], point
        result = drive(server, new)
        cut = point not in ("locked", "planned", "validated", "forgotten")
        assert result == {"changed": point != "forgotten", "recovered": cut}, point
        assert judged(prober, server, *new) == [], point
        states.reverse()


def test_two_at_once(server: hosts.Host, prober: Prober) -> None:
    """One waits for the other; the server ends as one of them wants it."""
    wishes = [("smtp", "submission"), ("smtp", "submissions")]
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda names: drive(server, names), wishes))
    assert all(result["changed"] for result in results)
    assert [] in [judged(prober, server, *names) for names in wishes]
    assert change(server, arguments(server, "smtp"))["findings"] == []


def test_kept_listener_answers_throughout(server: hosts.Host, plain: hosts.Site) -> None:
    """Mail is sent ten times a second while other listeners come and go: it is always taken."""
    drive(server, ("submission",))
    argv = [*plain.enter, sys.executable, str(HERE / "submission_client.py"), server.name]
    with subprocess.Popen(
        [*argv, str(plain.ca_file), "alice", PASSWORD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as client:
        assert client.stdout
        assert client.stdout.readline() == "begun\n"
        try:
            kept = ("submission",)
            for more in (("submissions",), ("smtp", "submission_alt"), ()) * 2:
                assert drive(server, (*kept, *more))["changed"]
        finally:
            told = json.loads(client.communicate()[0])
    print(server.base, told)
    assert told["failures"] == []
    assert told["attempts"] > 6
