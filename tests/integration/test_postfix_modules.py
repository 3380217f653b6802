# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test postfix_service and postfix_parameter by Ansible over ssh, on both real Postfixes."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.files.master_cf import (
    MasterCf,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.files.master_edit import (
    separated,
)

from tests import hosts

SERVICE = "postmaster.mailports.postfix_service"
PARAMETER = "postmaster.mailports.postfix_parameter"
FOLDER = "/etc/postfix-trial"
MASTER = """\
# An administrator's own file.
smtp      inet  n       -       y       -       -       smtpd
  -o smtpd_banner=x -v
  # between
\t-o { smtpd_sasl_path = a  b }
#submission inet n       -       y       -       -       smtpd
smtps     inet  n       -       y       -       -       smtpd
  -osyslog_name=postfix/smtps
127.0.0.1:10025 inet n - y - - smtpd -vo content_filter= -o { mynetworks = 127.0.0.0/8 [::1]/128 }
filter    unix  -       n       n       -       10      pipe -o syslog_name=f
  flags=DRhu user=nobody argv=/bin/cat { a b }
qmgr      unix  n       -       n       300     1       qmgr
"""


class Trial:
    """A configuration of its own on one host, and the modules that work on it."""

    def __init__(self, site: hosts.Site, host: hosts.Host, folder: Path, home: Path) -> None:
        self.host = host
        self.printed = ""
        self._site = site
        self._folder = folder
        self._home = home

    def write(self, name: str, text: str) -> None:
        """Put a file into the trial's configuration."""
        self.host.run(f"cat > {FOLDER}/{name}", input=text, check=True)

    def read(self, name: str = "master.cf") -> str:
        """Return a file of the trial's configuration."""
        return self.host.run(f"cat {FOLDER}/{name}", check=True).stdout

    def postconf(self, *flags: str) -> str:
        """Return what the host's own postconf says."""
        # Postfix waits when it finds main.cf younger than two seconds.
        self.host.run(f"touch -d '1 minute ago' {FOLDER}/main.cf", check=True)
        return self.host.run(["postconf", "-c", FOLDER, *flags], check=True).stdout

    def play(self, *tasks: dict[str, Any]) -> list[dict[str, Any]]:
        """Run tasks over ssh in one play, past failures, and return their registered results."""
        steps: list[dict[str, Any]] = [
            {"ignore_errors": True, "register": f"result{index}", **task}
            for index, task in enumerate(tasks)
        ]
        names = ", ".join(step["register"] for step in steps)
        results = self._folder / "results.json"
        copy = {"content": f"{{{{ [{names}] | to_json }}}}", "dest": str(results)}
        steps.append({"ansible.builtin.copy": copy, "delegate_to": "localhost"})
        play = {"hosts": self.host.name, "gather_facts": False, "tasks": steps}
        playbook = self._folder / "playbook.yml"
        playbook.write_text(json.dumps([play]), encoding="utf-8")
        argv = ["ansible-playbook", "-i", str(self._site.inventory), "-vvv", str(playbook)]
        variables = {"ANSIBLE_HOME": str(self._home), "ANSIBLE_NOCOLOR": "1"}
        done = subprocess.run(
            [*self._site.enter, *argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            env={**os.environ, **variables},
        )
        self.printed = done.stdout
        assert done.returncode == 0, done.stdout
        assert "Traceback" not in done.stdout
        found: list[dict[str, Any]] = json.loads(results.read_text(encoding="utf-8"))
        return found

    def run(self, name: str, **options: Any) -> dict[str, Any]:
        """Run one module over ssh and return its result."""
        return self.play({name: {"config_directory": FOLDER, **options}})[0]

    def settled(self, name: str, **options: Any) -> dict[str, Any]:
        """Run a module checked, for real and again; the first two agree, the third is idle."""
        file = "master.cf" if name == SERVICE else "main.cf"
        before = self.read(file)
        task = {name: {"config_directory": FOLDER, **options}, "diff": True}
        planned, done, again = self.play({**task, "check_mode": True}, task, task)
        assert not planned["failed"], planned
        assert not done["failed"], done
        assert done["changed"]
        path = f"{FOLDER}/{file}"
        headers = {"before_header": path, "after_header": path}
        # The second saw the file as it was: the check has touched nothing.
        assert done["diff"] == {"before": before, "after": self.read(file), **headers}
        assert planned["diff"] == done["diff"]
        assert again["changed"] is False
        assert again["needs"] == "none"
        return done


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder where Ansible keeps its connections."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def trial(site: hosts.Site, host: hosts.Host, tmp_path: Path, home: Path) -> Iterator[Trial]:
    """Return a trial that starts from the host's main.cf and an administrator's master.cf."""
    host.run(f"cp -a /etc/postfix {FOLDER}", check=True)
    made = Trial(site, host, tmp_path, home)
    made.write("master.cf", MASTER)
    yield made
    host.run(f"rm -rf {FOLDER}", check=True)


def test_postconf_reads_what_the_parser_reads(trial: Trial, host: hosts.Host) -> None:
    """For the trial's file and for the distribution's own."""
    own = host.run("cat /etc/postfix/master.cf.proto")
    for text in (MASTER, own.stdout):
        parsed = MasterCf.parse(text)
        trial.write("master.cf", separated(parsed))
        ours = [entry.meaning for entry in parsed.entries]
        assert ours
        theirs = MasterCf.parse(trial.postconf("-M")).entries
        assert ours == [entry.meaning for entry in theirs]


@pytest.mark.parametrize("name", ["submissions", "465", "smtps", "urd"])
def test_a_listener_has_many_names(trial: Trial, name: str) -> None:
    """The entry keeps its spelling and its comments; only the named lines differ."""
    done = trial.settled(SERVICE, service=name, options={"smtpd_tls_wrappermode": True})
    assert done["needs"] == "reload"
    assert done["entry"]["service"] == "smtps"
    added = "  -osyslog_name=postfix/smtps\n  -o smtpd_tls_wrappermode=yes\n"
    assert trial.read() == MASTER.replace("  -osyslog_name=postfix/smtps\n", added)
    assert "smtps/inet/smtpd_tls_wrappermode = yes" in trial.postconf("-P")


def test_an_entry_is_added_purged_and_removed(trial: Trial) -> None:
    """All with every other byte in place."""
    options = {"syslog_name": "postfix/alt", "smtpd_client_restrictions": ["permit", "reject"]}
    done = trial.settled(SERVICE, service="submission_alt", chroot=True, options=options)
    assert done["entry"]["service"] == "2525"
    assert done["entry"]["chroot"] == "y"
    assert done["entry"]["command"] == "smtpd"
    trial.settled(
        SERVICE,
        service="2525",
        options={"syslog_name": "a b", "relayhost": None},
        purge_options=True,
    )
    assert "2525/inet/syslog_name = a b\n" in trial.postconf("-P")
    assert "2525/inet/smtpd_client_restrictions" not in trial.postconf("-P")
    done = trial.settled(SERVICE, service="submission_alt", state="absent")
    assert [entry["service"] for entry in done["removed"]] == ["2525"]
    assert trial.read() == MASTER


def test_parameters_are_set_and_returned_to_their_defaults(trial: Trial) -> None:
    """Several in one call, beside a comment and a value over several lines."""
    before = trial.read("main.cf")
    extra = "relay_domains = a.example,\n  # b is new\n  b.example\n"
    trial.write("main.cf", before + extra)
    done = trial.settled(
        PARAMETER,
        parameters={
            "relay_domains": "a.example, b.example",
            "smtpd_helo_required": True,
            "smtpd_banner": None,
            "message_size_limit": 1000000,
            "inet_interfaces": ["127.0.0.1", "::1"],
        },
    )
    assert done["needs"] == "restart"
    assert "relay_domains" not in done["parameters"]
    assert done["parameters"]["smtpd_banner"]["after"] is None
    assert extra in trial.read("main.cf")
    said = trial.postconf("smtpd_helo_required", "message_size_limit", "inet_interfaces")
    assert said.split("\n")[:3] == [
        "smtpd_helo_required = yes",
        "message_size_limit = 1000000",
        "inet_interfaces = 127.0.0.1,::1",
    ]
    assert trial.postconf("-h", "smtpd_banner").strip() == "$myhostname ESMTP $mail_name"


REFUSED = [
    (PARAMETER, {"parameters": {"smtpd_helo_requird": "yes"}}, "do you mean smtpd_helo_required?"),
    (PARAMETER, {"parameters": {"my own": "yes"}}, "cannot be the name of a parameter"),
    (SERVICE, {"service": "smtp", "options": {"smtpd_helo_requird": "yes"}}, "does not know"),
    (SERVICE, {"service": "smtp", "private": "y"}, "a service of the type inet cannot be private"),
    (SERVICE, {"service": "smtp", "wakeup": "soon"}, "wakeup: 'soon' is not valid"),
    (SERVICE, {"service": "10026"}, "command: needed to add"),
    (SERVICE, {"service": "nonsense", "command": "smtpd"}, "no port and no service"),
    (SERVICE, {"service": "smtp", "config_directory": "/nowhere"}, "cannot be read"),
]


def test_what_postfix_would_not_take_is_refused(trial: Trial) -> None:
    """With one message each, and nothing written."""
    main = trial.read("main.cf")
    tasks = [{name: {"config_directory": FOLDER, **options}} for name, options, _said in REFUSED]
    for done, (_name, options, said) in zip(trial.play(*tasks), REFUSED):
        assert done["failed"], options
        assert said in done["msg"]
    assert (trial.read("main.cf"), trial.read()) == (main, MASTER)


@pytest.mark.parametrize(
    "text", ["  -o a=b\n", "smtp inet n - y\n", "smtp inet n - y - - x -o {\n"]
)
def test_a_broken_file_is_an_error_and_stays(trial: Trial, text: str) -> None:
    trial.write("master.cf", text)
    done = trial.run(SERVICE, service="smtp")
    assert done["failed"]
    assert f"{FOLDER}/master.cf is broken, nothing was changed: line 1: " in done["msg"]
    assert trial.read() == text


def test_ignored_settings_and_secrets(trial: Trial) -> None:
    """A warning for what has no effect; passwords are in no result."""
    done = trial.run(
        PARAMETER,
        parameters={
            "smtpd_tls_cert_file": "/x.pem",
            "smtp_sasl_password_maps": "inline:{ a=b:Jabberwocky }",
        },
    )
    warning = "smtpd_tls_cert_file is ignored because smtpd_tls_chain_files is set"
    assert warning in done["warnings"]
    assert "Jabberwocky" not in json.dumps(done)
    assert "Jabberwocky" not in trial.printed
    assert "Jabberwocky" in trial.postconf("smtp_sasl_password_maps")
    options = {"smtpd_tls_wrappermode": True, "smtpd_tls_security_level": "encrypt"}
    done = trial.run(SERVICE, service="465", options=options)
    assert not done["failed"], done
    warning = "smtpd_tls_security_level is ignored because smtpd_tls_wrappermode is set"
    assert warning in done["warnings"]


def test_owner_and_mode_are_kept(trial: Trial) -> None:
    trial.host.run(f"chown 33:44 {FOLDER}/master.cf; chmod 640 {FOLDER}/master.cf", check=True)
    trial.run(SERVICE, service="25", maxproc="7")
    seen = trial.host.run(f"stat -c '%u %g %a' {FOLDER}/master.cf; ls {FOLDER}").stdout
    assert seen.startswith("33 44 640\n")
    assert ".tmp" not in seen


@pytest.mark.parametrize(
    ("mount", "reason"),
    [
        ("mount -t tmpfs -o size=8k none", "No space left on device"),
        ("mount -t tmpfs -o size=1m none", "Read-only file system"),
    ],
)
def test_where_nothing_can_be_written_the_old_file_stays(
    trial: Trial, mount: str, reason: str
) -> None:
    """A full disk (two pages: one a file) and a read-only one."""
    host, small = trial.host, f"{FOLDER}/small"
    host.run(f"mkdir {small}; {mount} {small}; cp {FOLDER}/ma??*.cf {small}", check=True)
    try:
        if reason.startswith("Read"):
            host.run(f"mount -o remount,ro {small}", check=True)
        done = trial.run(SERVICE, service="25", maxproc="7", config_directory=small)
        assert done["failed"]
        assert reason in done["msg"]
        assert "it is as it was" in done["msg"]
        names = host.run(f"cat {small}/master.cf; ls {small}").stdout
        assert names.startswith(MASTER)
        assert ".tmp" not in names
    finally:
        host.run(f"umount {small}", check=True)


def test_writers_at_the_same_time_lose_nothing(trial: Trial) -> None:
    """Ansible's runs and ``postconf -e`` alike."""
    script = (
        f"for n in 1 2 3 4 5 6 7 8; do postconf -c {FOLDER} -e line_length_limit=$n & done; wait"
    )
    names = ("smtp", "lmtp")
    wanted = [{"parameters": {f"{name}_quit_timeout": "2s"}} for name in names]
    tasks = [
        {PARAMETER: {"config_directory": FOLDER, **options}, "async": 60} for options in wanted
    ]
    shell = {"ansible.builtin.shell": script, "async": 60}
    started = trial.play(*({**task, "poll": 0} for task in (shell, *tasks)))
    ids = [job["ansible_job_id"] for job in started]
    waits = [
        {
            "ansible.builtin.async_status": {"jid": jid},
            "register": f"result{index}",
            "until": f"result{index}.finished",
            "retries": 60,
            "delay": 1,
        }
        for index, jid in enumerate(ids)
    ]
    ended = trial.play(*waits)
    assert [job["changed"] for job in ended] == [True] * 3, ended
    said = trial.postconf("-n")
    assert "\nline_length_limit = " in said
    assert all(f"{name}_quit_timeout = 2s\n" in said for name in names)
