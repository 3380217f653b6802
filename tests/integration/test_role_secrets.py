# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plant secrets wherever a mail server and its roles have one, and look for them in all that a play
leaves behind or shows while it runs: output, logs, files, arguments and environments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import hosts
from tests.integration import role_play

# One for each place, so that a leak names its source.
PLANTED = {
    place: f"Zq9-{place}-hunter2"
    for place in ("main", "master", "dovecot", "option", "environment")
}
MAIN, MASTER, DOVECOT, OPTION, ENVIRONMENT = PLANTED.values()
MAIN_CF = (
    f"mysqlusers_password = {MAIN}\nldap_bind_pw =\n   {MAIN}\napi_token={MAIN}\n"
    f"relayhost = smtp://me:{MAIN}@relay.example.net\n#old_password = {MAIN}\n"
)
MASTER_CF = (
    f"127.0.0.1:10025 inet n - y - - smtpd -o my_key={MASTER}\n  -o {{ a_secret = x {MASTER} }}\n"
)
DOVECOT_CONF = {
    "debian12": f"ssl_key_password = {DOVECOT}\nplugin {{\n  my_token = {DOVECOT}\n}}\n"
    f"#old_password = {DOVECOT}\n",
    "debian13": f"ssl_server_key_password = {DOVECOT}\n#old_password = {DOVECOT}\n",
}
VARIABLES: dict[str, Any] = {
    "mailports_intent": {
        "host": "{{ inventory_hostname }}",
        "services": {"smtp": {}, "submission": {}, "submissions": {}, "imaps": {}},
    },
    "mailports_certificate_source": "self_signed",
    "mailports_postfix_listener_options": {
        "submission": {
            "smtp_sasl_password_maps": "static:me:{{ lookup('ansible.builtin.env', 'OPTION') }}"
        }
    },
}
# What the test has written, what that is meant to end up in, and what Dovecot 2.4 makes of its files.
MEANT = "/etc/postfix /etc/dovecot /run/dovecot/dovecot.conf.binary"
RECORD = "/var/lib/mailports-record"
# Every Python of the host tells what it was started with and what it starts.
RECORDER = f"""
import os, sys

def note(data):
    with open("{RECORD}", "ab") as file:
        file.write(data + b"\\n")

def hook(event, args):
    if event in ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.spawn", "os.system"):
        note(repr((event, args)).encode("utf-8", "backslashreplace"))

pid = "self"
while pid not in ("0", ""):
    for name in ("cmdline", "environ"):
        try:
            with open("/proc/" + pid + "/" + name, "rb") as file:
                note(file.read())
        except OSError:
            pass
    try:
        with open("/proc/" + pid + "/stat") as file:
            pid = file.read().rpartition(")")[2].split()[1]
    except OSError:
        break
sys.addaudithook(hook)
"""


@pytest.fixture
def plain() -> Iterator[hosts.Site]:
    """Bring both hosts up with both servers as Debian installs them, secrets in their files."""
    with hosts.running(mail=False) as site:
        for host in site.hosts.values():
            for name, text in (("main", MAIN_CF), ("master", MASTER_CF)):
                with open(host.root / f"etc/postfix/{name}.cf", "a", encoding="ascii") as file:
                    file.write(text)
            own = host.root / "etc/dovecot/conf.d/90-mine.conf"
            own.write_text(DOVECOT_CONF[host.base], encoding="ascii")
            packages = host.root / "usr/lib/python3/dist-packages"
            (packages / "mailports_recorder.py").write_text(RECORDER, encoding="ascii")
            (packages / "mailports_recorder.pth").write_text("import mailports_recorder\n")
        yield site


def record(host: hosts.Host) -> str:
    """Return what ran on a host: arguments and environments of processes."""
    data = (host.root / RECORD[1:]).read_bytes()
    return data.decode("utf-8", "replace").replace("\0", " ")


def holders(host: hosts.Host, secret: str) -> list[str]:
    """Return the files of a host that hold a secret, but those that are meant to."""
    skip = " ".join(f"-o -path {path}" for path in (*MEANT.split(), "/proc", "/sys", "/dev"))
    found = host.run(
        f"find / \\( -path {RECORD} {skip} \\) -prune -o -type f -newer /etc/passwd -print0 "
        f"| xargs -0 grep -l -a -e {secret} 2>/dev/null || :"
    )
    logs = [
        str(path)
        for path in (host.folder / "log").rglob("*")
        if path.is_file() and secret.encode() in path.read_bytes()
    ]
    return [*found.stdout.split(), *logs]


def shown(run: role_play.Run, secret: str) -> list[str]:
    """Return the lines of a play's output that hold a secret."""
    return [line[:300] for line in run.text.splitlines() if secret in line]


def around(text: str, secret: str) -> list[str]:
    """Return where a text holds a secret, with what stands before it."""
    return [text[max(0, found.start() - 300) : found.end()] for found in re.finditer(secret, text)]


def test_the_recorder_records(plain: hosts.Site) -> None:
    """A program that is given a secret, or has one in its environment, is seen, however short."""
    for host in plain.hosts.values():
        program = "import subprocess; subprocess.run(['true', 'an argument']); "
        host.run(["env", "SEEN=a-variable", "python3", "-c", program], check=True)
        assert "an argument" in record(host)
        assert "a-variable" in record(host)


def test_no_secret_is_shown_or_left(
    plain: hosts.Site, tmp_path: Path, ansible_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By plays that look, are refused, change, find nothing to do, and fail after a change; at
    -vvvv, with --diff, and with modules as files on the host."""
    # Only now: the hosts' first processes have the environment of the test that started them.
    monkeypatch.setenv("OPTION", OPTION)
    monkeypatch.setenv("MAIL_PASSWORD", ENVIRONMENT)
    monkeypatch.setenv("ANSIBLE_LOG_PATH", str(tmp_path / "ansible.log"))
    text = role_play.text("certificate", "postfix", "dovecot")
    common = ["-vvvv", "--diff", "-e", "ansible_pipelining=false"]
    plays: list[tuple[dict[str, Any], list[str], bool]] = [
        ({}, ["--check"], True),
        ({"mailports_postfix_smtp_tls": "encrypt"}, [], False),
        ({"mailports_postfix_ca_path": "/nowhere.pem"}, [], False),
        ({}, [], True),
        ({}, [], True),
        ({"mailports_postfix_prove_from_controller": True}, [], False),
    ]
    for more, flags, succeeds in plays:
        variables = {**VARIABLES, **more}
        run = role_play.play(plain, tmp_path, ansible_home, text, variables, *common, *flags)
        assert (run.status == 0) is succeeds, run.text[-3000:]
        seen = {place: shown(run, secret) for place, secret in PLANTED.items()}
        assert seen == {place: [] for place in PLANTED}, more
    for host in plain.hosts.values():
        ran = record(host)
        assert "postconf" in ran
        assert "doveconf" in ran
        for place, secret in PLANTED.items():
            assert around(ran, secret) == [], (host.base, place)
            assert holders(host, secret) == [], (host.base, place)
        # The option has arrived, and nothing that was there is lost.
        master = (host.root / "etc/postfix/master.cf").read_text(encoding="ascii")
        assert f"smtp_sasl_password_maps=static:me:{OPTION}" in master
        assert MASTER in master
    kept = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert {"ansible.log", "playbook.yml"} <= set(kept)
    leaks = [
        (name, one)
        for name, data in kept.items()
        for one in PLANTED.values()
        if one.encode() in data
    ]
    assert leaks == []
