# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Set-ups from practice: the intended listeners come, and everything else does what it did.

Each set-up is laid over Debian's Postfix. What its other listeners do is looked at by a real client
before and after the change: extensions, relaying, logins, certificates. A dry run predicts the
change, and a second run finds nothing to do.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._system.programs import until

from tests import hosts
from tests.integration import listener_change, on_host
from tests.integration.listener_change import CERTIFICATE, KEY, PASSWORD, STATE, arguments, show
from tests.integration.running import Ansible, Prober
from tests.integration.test_postfix_listeners import AUTH, SAVED

FACTS = Path(__file__).parent / "smtp_facts.py"
SERVICES = ("smtp", "submission", "submissions")
LOGIN = ["alice", PASSWORD]
WIDE = "mynetworks = 0.0.0.0/0 [::]/0\n"
USERS = "smtpd_sasl_auth_enable = yes\nsmtpd_sasl_type = dovecot\nsmtpd_sasl_path = private/auth\n"


@dataclass(frozen=True)
class Setup:
    """Lines for main.cf and master.cf, commands to run before, and where to look.

    ``asks`` are the listeners (as smtp_facts takes them) that must do after what they did before;
    ``refused`` is what the message says where nothing may be done; ``postconf`` are settings whose
    value in force must stay; ``after`` is what one place must do afterwards, from outside.
    """

    main: str = ""
    master: str = ""
    commands: tuple[str, ...] = ()
    asks: tuple[Mapping[str, Any], ...] = ()
    services: tuple[str, ...] = SERVICES
    refused: str = ""
    postconf: tuple[str, ...] = ()
    outside: Optional[Mapping[str, Any]] = None
    after: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    warns: str = ""


def at(port: int, address: str = "127.0.0.1", **more: Any) -> dict[str, Any]:
    return {"address": address, "port": port, **more}


OTHER_CERTIFICATE = (
    "openssl req -x509 -newkey rsa:2048 -nodes -keyout /etc/postfix/other.key "
    "-out /etc/postfix/other.pem -subj /CN=other.example.net -days 9 2>/dev/null"
)
OWN = "  -o smtpd_tls_cert_file=/etc/postfix/other.pem\n  -o smtpd_tls_key_file=/etc/postfix/other.key\n"
SETUPS = {
    # A content filter gives mail back to an entry that trusts this host alone.
    "content filter": Setup(
        main="content_filter = smtp:[127.0.0.1]:10024\n",
        master="127.0.0.1:10025 inet n - y - - smtpd\n  -o content_filter=\n"
        "  -o smtpd_recipient_restrictions=permit_mynetworks,reject\n",
        asks=(at(10025),),
    ),
    # The same where main.cf trusts everybody, so that its relay list is replaced.
    "content filter, wide mynetworks": Setup(
        main=WIDE,
        master="127.0.0.1:10025 inet n - y - - smtpd\n  -o content_filter=\n",
        asks=(at(10025), at(25)),
        outside=at(25, ""),
        after={"relay": 454},
    ),
    # A webmail logs in without TLS, on loopback.
    "webmail": Setup(
        main=USERS,
        master="127.0.0.1:10587 inet n - y - - smtpd\n",
        asks=(at(10587, login=LOGIN),),
    ),
    # Programs on the host itself send through port 25 of loopback.
    "local programs": Setup(asks=(at(25),), services=("smtp",)),
    "wide mynetworks of one entry": Setup(
        master="25 inet n - y - - smtpd -o mynetworks=0.0.0.0/0\n",
        services=("smtp",),
        outside=at(25, ""),
        after={"relay": 454},
    ),
    "certificate of another entry": Setup(
        master="127.0.0.1:10465 inet n - y - - smtpd\n  -o smtpd_tls_wrappermode=yes\n" + OWN,
        commands=(OTHER_CERTIFICATE,),
        asks=(at(10465, implicit=True),),
    ),
    "certificate of one address of an intended port": Setup(
        master="@ADDRESS@:465 inet n - y - - smtpd\n  -o smtpd_tls_wrappermode=yes\n"
        "[@ADDRESS6@]:465 inet n - y - - smtpd\n  -o smtpd_tls_wrappermode=yes\n"
        "127.0.0.3:465 inet n - y - - smtpd\n  -o smtpd_tls_wrappermode=yes\n" + OWN,
        commands=(OTHER_CERTIFICATE,),
        asks=(at(465, "127.0.0.3", implicit=True),),
        services=("smtp", "submissions"),
    ),
    "certificates by name": Setup(
        main="tls_server_sni_maps = hash:/etc/postfix/sni\n",
        commands=(
            OTHER_CERTIFICATE,
            "cat /etc/postfix/other.key /etc/postfix/other.pem > /etc/postfix/other.chain",
            "echo 'other.example.net /etc/postfix/other.chain' > /etc/postfix/sni",
            "postmap -F hash:/etc/postfix/sni",
        ),
        asks=(at(25, name="other.example.net"),),
    ),
    "TLS on a port that the intent does not name": Setup(
        master="127.0.0.1:10025 inet n - y - - smtpd -o smtpd_tls_security_level=may\n",
        asks=(at(10025),),
    ),
    "TLS that is off in main.cf": Setup(
        main="smtpd_tls_security_level =\n",
        master="127.0.0.1:10025 inet n - y - - smtpd\n",
        asks=(at(10025),),
    ),
    "client certificates that follow the server's": Setup(
        main="smtp_tls_cert_file = $smtpd_tls_cert_file\nsmtp_tls_key_file = $smtpd_tls_key_file\n",
        postconf=("smtp_tls_cert_file", "smtp_tls_key_file"),
    ),
    "tables of a relay list": Setup(
        main=WIDE + "smtpd_relay_restrictions = permit_mynetworks, "
        "check_recipient_access proxy:hash:/etc/postfix/r, reject\n",
        master="127.0.0.1:10025 inet n - y - - smtpd\n",
        commands=("echo 'a@b OK' > /etc/postfix/r", "postmap /etc/postfix/r"),
        asks=(at(10025),),
    ),
    "a proxy in front of another port": Setup(
        master="10026 inet n - y - - smtpd -o smtpd_upstream_proxy_protocol=haproxy\n",
        asks=(at(10026, proxy=True),),
    ),
    "postscreen": Setup(
        master="smtp inet n - y - 1 postscreen\nsmtpd pass - - y - - smtpd\n"
        "tlsproxy unix - - y - 0 tlsproxy\ndnsblog unix - - y - 0 dnsblog\n"
        "127.0.0.1:10025 inet n - y - - smtpd\n",
        asks=(at(10025), at(25)),
    ),
    "options that are glued": Setup(
        master="127.0.0.1:10465 inet n - y - - smtpd -osmtpd_tls_wrappermode=yes\n",
        asks=(at(10465, implicit=True),),
    ),
    "a link": Setup(
        commands=(
            "mkdir /etc/postfix/real",
            "mv /etc/postfix/main.cf /etc/postfix/real/ && ln -s real/main.cf /etc/postfix/main.cf",
        ),
        asks=(at(25),),
    ),
    "a second instance": Setup(
        commands=("cp -a /etc/postfix /etc/postfix-out", "postconf -c /etc/postfix-out -e a=b"),
        main="alternate_config_directories = /etc/postfix-out\n",
        asks=(at(25),),
    ),
    "an old relay list": Setup(
        main="smtpd_relay_restrictions =\n"
        "smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination\n",
        master="127.0.0.1:10025 inet n - y - - smtpd\n",
        asks=(at(10025), at(25)),
    ),
    # Listeners without an address would move: only a person can tell whether they may.
    "loopback alone, and a port without an address": Setup(
        main="inet_interfaces = loopback-only\n",
        master="10025 inet n - y - - smtpd\n",
        asks=(at(10025),),
        refused="10025 (line",
    ),
    "an open relay on another port": Setup(
        main=WIDE + "smtpd_relay_restrictions = permit_mynetworks, reject\n",
        master="10025 inet n - y - - smtpd\n",
        asks=(at(10025),),
        outside=at(10025, ""),
        after={"relay": 250},
        warns="lets strangers relay",
    ),
}


@pytest.fixture(scope="module")
def plain() -> Iterator[hosts.Site]:
    """Bring both hosts up with Postfix as Debian installs it, and Dovecot to ask about logins."""
    with hosts.running(mail=False) as site:
        for host in site.hosts.values():
            listener_change.prepare(site, host)
            (host.root / "etc/dovecot/conf.d/99-auth.conf").write_text(AUTH, encoding="ascii")
            host.run(f"cp -a /etc/postfix {SAVED}; postfix check; newaliases", check=True)
            host.restart("dovecot")
            (host.root / "opt/smtp_facts.py").write_bytes(FACTS.read_bytes())
        yield site


@pytest.fixture(scope="module")
def prober(plain: hosts.Site) -> Iterator[Prober]:
    """Return port_check from the controller."""
    running = Prober(plain)
    yield running
    running.close()


@pytest.fixture(params=list(hosts.bases.RELEASES))
def server(request: pytest.FixtureRequest, plain: hosts.Site) -> Iterator[hosts.Host]:
    """Return each host in turn, with Debian's configuration and a certificate."""
    host = plain.hosts[request.param]
    show(host, "good")
    yield host
    host.run(
        f"postfix stop; rm -rf /etc/postfix /etc/postfix-out /{STATE}; cp -a {SAVED} /etc/postfix"
    )


def lay(host: hosts.Host, setup: Setup) -> None:
    """Write a set-up over Debian's configuration, and start Postfix."""
    folder = host.root / "etc/postfix"
    for command in setup.commands:
        host.run(f"set -e; {command}", check=True)
    master = setup.master.replace("@ADDRESS@", host.address)
    master = master.replace("@ADDRESS6@", host.address6)
    named = {line.split()[0] for line in master.splitlines() if line[:1].strip()}
    text = (folder / "master.cf").read_text(encoding="ascii")
    if named & {"smtp", "25"}:
        text = text.replace("smtp      inet", "#smtp     inet", 1)
    (folder / "master.cf").write_text(text + master, encoding="ascii")
    with open(folder / "main.cf", "a", encoding="ascii") as file:
        file.write(setup.main)
    host.run("touch -d '1 minute ago' /etc/postfix/*.cf", check=True)
    host.restart("postfix")


def facts(host: hosts.Host, asks: tuple[Mapping[str, Any], ...]) -> list[dict[str, Any]]:
    """Return what a client on the host itself sees."""
    done = host.run(["python3", "/opt/smtp_facts.py"], input=json.dumps(asks), check=True)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def from_outside(site: hosts.Site, host: hosts.Host, ask: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a client on the controller sees."""
    wish = json.dumps([{**ask, "address": host.address}])
    done = hosts.shell.call([*site.enter, "python3", str(FACTS)], data=wish)
    (found,) = json.loads(done.stdout)
    return dict(found)


def texts(host: hosts.Host) -> dict[str, str]:
    return listener_change.files(host, "etc/postfix")


def in_force(host: hosts.Host, names: tuple[str, ...]) -> str:
    return host.run(["postconf", "-x", *names]).stdout if names else ""


def mail_log(host: hosts.Host) -> bytes:
    return (host.folder / "log/mail.log").read_bytes()


def warnings_of_tls(host: hosts.Host, since: int) -> list[str]:
    """Return what Postfix has warned of in its TLS settings since the log had that length; each
    smtpd says it again when it starts, so at nearly every connection."""
    lines = mail_log(host)[since:].decode("utf-8", "replace").splitlines()
    return [line for line in lines if "warning: " in line and "_tls_" in line]


@pytest.mark.parametrize("name", SETUPS)
def test_a_set_up(name: str, server: hosts.Host, plain: hosts.Site, prober: Prober) -> None:
    setup = SETUPS[name]
    lay(server, setup)
    args = arguments(server, *setup.services, **setup.more)
    before, values, old = facts(server, setup.asks), in_force(server, setup.postconf), texts(server)
    assert all("error" not in one for one in before), before
    dry = on_host.module(server, "postfix_listeners", args, check=True)
    assert texts(server) == old
    since = len(mail_log(server))
    done = on_host.module(server, "postfix_listeners", args)
    assert done.get("diff") == dry.get("diff")
    if setup.refused:
        assert setup.refused in dry["msg"]
        assert dry["msg"] == done["msg"]
        assert (texts(server), facts(server, setup.asks)) == (old, before)
        return
    assert done.get("changed"), done
    after = facts(server, setup.asks)
    intended = {25, 465, 587}
    for was, now, ask in zip(before, after, setup.asks):
        if ask["port"] in intended:
            # An intended listener gains what the intent says; its own certificate stays, and the
            # host's own programs may go on relaying on 25.
            same = "relay" if ask["port"] == 25 else "certificate"
            assert now[same] == was[same], name
            assert not ask.get("name") or now["certificate"] == was["certificate"], name
        else:
            assert now == was, name
    assert in_force(server, setup.postconf) == values
    if setup.outside:
        seen = from_outside(plain, server, setup.outside)
        assert {key: seen[key] for key in setup.after} == dict(setup.after)
    assert setup.warns in str(done.get("warnings", ""))
    errors = listener_change.judged(prober, server, setup.services, ("smtp",))
    assert errors == []
    again = on_host.module(server, "postfix_listeners", args)
    assert not again["changed"], again
    assert warnings_of_tls(server, since) == []


def test_settings_that_another_makes_idle_are_warned_of(server: hosts.Host) -> None:
    """That the log is looked at where Postfix would complain: of the certificate of Debian's own
    main.cf beside a chain."""
    lay(server, Setup(main=f"smtpd_tls_chain_files = {KEY} {CERTIFICATE}\n"))
    since = len(mail_log(server))
    facts(server, (at(25),))
    assert until(lambda: bool(warnings_of_tls(server, since)), 10)
    assert "will be ignored" in warnings_of_tls(server, since)[0]


SECRETS = {
    "main.cf": "mysqlusers_password = {0}\nldap_bind_pw =\n   {0}\napi_token={0}\n"
    "relayhost = smtp://me:{0}@relay.example.net\n#old_password = {0}\n",
    "master.cf": "127.0.0.1:10025 inet n - y - - smtpd -o my_key={0}\n  -o {{ a_secret = x {0} }}\n",
}
SECRET = "Zq9-hunter2-Zq9"


@pytest.mark.parametrize("verbosity", ["", "-vvvv"])
def test_secrets_are_shown_nowhere(
    server: hosts.Host, plain: hosts.Site, tmp_path: Path, ansible_home: Path, verbosity: str
) -> None:
    """Not in a difference, a message or a result, nor in what is left on the host."""
    lay(
        server,
        Setup(main=SECRETS["main.cf"].format(SECRET), master=SECRETS["master.cf"].format(SECRET)),
    )
    ansible = Ansible(plain, tmp_path, ansible_home)
    flags = ["--diff", *([verbosity] if verbosity else [])]
    runs = [
        ("postfix_listeners", arguments(server, *SERVICES), ["--check"]),
        ("postfix_listeners", arguments(server, *SERVICES), []),
        ("postfix_listeners", arguments(server, *SERVICES, certificate="/nowhere.pem"), []),
        ("postfix_parameter", {"parameters": {"mysqlusers_password": f"{SECRET}2"}}, ["--check"]),
        ("postfix_parameter", {"parameters": {"smtpd_banner": "x"}}, []),
        ("postfix_service", {"service": "10025", "options": {"a": "b"}}, []),
        ("postfix_service", {"service": "10025", "state": "absent"}, ["--check"]),
    ]
    for name, args, more in runs:
        run = ansible.module(server.name, args, *flags, *more, name=f"postmaster.mailports.{name}")
        assert server.name in run.results, run.text
        # What was given is Ansible's own to show at -vvv, where it cannot know it for a secret.
        shown = run.text.replace(f"{SECRET}2", "") if name == "postfix_parameter" else run.text
        assert SECRET not in shown, (name, more)
    kept = server.run(
        f"grep -rl -e {SECRET} /{STATE} /tmp /run /var/log --exclude-dir=journal 2>/dev/null || :"
    ).stdout
    assert kept == ""


def test_a_password_that_is_not_utf_8(
    plain: hosts.Site, tmp_path: Path, ansible_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused with one message that does not hold it."""
    monkeypatch.setenv("MAIL_PASSWORD", os.fsdecode(b"gr\xfc\xdfe-Zq9"))
    ansible = Ansible(plain, tmp_path, ansible_home)
    args = {
        "intent": {"host": "mail.example.net", "services": {"imaps": {}}},
        "login_user": "alice",
        "login_password": "{{ lookup('env', 'MAIL_PASSWORD') }}",
    }
    run = ansible.module("localhost", args, "-vvv")
    assert run.status != 0
    assert "login_password: this is not UTF-8" in " ".join(run.text.split())
    assert "Zq9" not in run.text
    assert "Traceback" not in run.text
