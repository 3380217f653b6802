# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plant secrets wherever an audit can have one, and look for them in everything it leaves behind."""

from __future__ import annotations

import http.server
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.lookup.engine import pack

from tests.support.certificates import Certificates
from tests.support.embedded import EmbeddedHost
from tests.support.listener import USER, Listener
from tests.support.scripted import Expect, Send, SendTagged, StartTls

SECRET = "Tr0ub4dor-and-3"
# As Ansible reads it from an environment in Latin-1.
LATIN = "Tr0ub4dor-and-\udcfc"
TOKEN = "T0ken-of-the-webhook"


@pytest.fixture(scope="module")
def host() -> Iterator[EmbeddedHost]:
    """Serve one host that takes the password, and on another port one that tells it to everybody."""
    with Certificates() as certificates:
        echo = [
            StartTls(certificates.context("good", ("mail.example.net", "127.0.0.24"))),
            Send(b"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready\r\n"),
            Expect(b"CAPABILITY"),
            Send(b"* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN\r\n"),
            SendTagged(b"OK listed\r\n"),
            Expect(b"AUTHENTICATE"),
            SendTagged(f"NO [AUTHENTICATIONFAILED] {SECRET} is wrong\r\n".encode()),
        ]
        listeners: dict[int, Any] = {
            465: Listener("smtp", "implicit", password=SECRET),
            993: echo,
        }
        with EmbeddedHost("127.0.0.24", listeners, certificates=certificates) as served:
            yield served


def left_behind(folder: Path, *without: Path) -> dict[str, str]:
    """Return every file below a folder as text, by name, but those that the test has written."""
    return {
        str(path.relative_to(folder)): path.read_bytes().decode("utf-8", "replace")
        for path in folder.rglob("*")
        if path.is_file() and path not in without
    }


def holders(texts: dict[str, str], secret: str) -> list[str]:
    """Return the names of the texts that hold a secret, in any of the forms that text takes."""
    forms = {secret, json.dumps(secret)[1:-1], repr(secret)[1:-1], ascii(secret)[1:-1]}
    forms.add(secret.encode("utf-8", "surrogateescape").decode("latin-1"))
    return [name for name, text in texts.items() if any(form in text for form in forms)]


@pytest.mark.parametrize("password", [SECRET, LATIN], ids=["plain", "latin-1"])
@pytest.mark.parametrize("remote", [False, True], ids=["in process", "as a module"])
def test_a_password_is_in_no_report_and_no_line_of_ansible(
    host: EmbeddedHost, tmp_path: Path, password: str, remote: bool
) -> None:
    """With the callback, the module and the filter, at -vvvv, also from a bad environment."""
    services = {"submissions": {"port": host.ports[465]}, "imaps": {"port": host.ports[993]}}
    check: dict[str, Any] = {
        "postmaster.mailports.port_check": {
            "intent": {
                "host": "mail.example.net",
                "addresses": [host.address],
                "services": services,
            },
            "ca_path": host.ca_file,
            "login_user": USER,
            "login_password": "{{ lookup('ansible.builtin.env', 'MAIL_PASSWORD') }}",
            "fail_on": "never",
        },
        "register": "seen",
        "ignore_errors": True,
    }
    if remote:
        check["environment"] = {"ANYTHING": "else"}
    report = "postmaster.mailports.report"
    tasks = [
        check,
        {"ansible.builtin.debug": {"var": "seen"}},
        {"postmaster.mailports.audit_report": {"folder": "audit", "results": ["{{ seen }}"]}},
        *(
            {"ansible.builtin.debug": {"msg": f"{{{{ seen | {report}('{name}') }}}}"}}
            for name in ("text", "json", "html", "sarif", "junit", "github")
        ),
    ]
    playbook = tmp_path / "play.yml"
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    environment = {
        **os.environ,
        "MAIL_PASSWORD": password,
        "ANSIBLE_LOG_PATH": str(tmp_path / "ansible.log"),
        "ANSIBLE_HOME": str(tmp_path / "home"),
        "ANSIBLE_CALLBACKS_ENABLED": "postmaster.mailports.compliance",
        "MAILPORTS_COMPLIANCE_FOLDER": str(tmp_path / "told"),
    }
    python = f"ansible_python_interpreter={sys.executable}"
    done = subprocess.run(
        [
            "ansible-playbook",
            "-vvvv",
            "-i",
            "localhost,",
            "-c",
            "local",
            str(playbook),
            "-e",
            python,
        ],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        env=environment,
    )
    said = (done.stdout + done.stderr).decode("utf-8", "replace")
    assert done.returncode == 0, said[-3000:]
    assert (tmp_path / "told" / "findings.json").is_file()
    assert (tmp_path / "audit" / "report.html").is_file()
    texts = {**left_behind(tmp_path, playbook), "output": said}
    assert holders(texts, password) == []
    if password == LATIN:
        assert "login_password: this is not UTF-8 text" in said
    else:
        assert any(
            b"AUTHENTICATE" in line
            for talk in host.transcripts[993]
            for line in talk.lines(tls=True)
        )


class _Hook(http.server.BaseHTTPRequestHandler):
    """Answers with an error that tells the address, as a proxy would."""

    def do_POST(self) -> None:
        self.send_response(503, f"no {self.path}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


@pytest.mark.parametrize("kind", ["answers", "refuses", "is no address"])
def test_the_address_of_a_webhook_is_in_the_configuration_alone(
    host: EmbeddedHost, tmp_path: Path, kind: str
) -> None:
    """Not in reports, memory, errors, mail, nor where other users look: arguments, environment."""
    package, config = tmp_path / "engine.pyz", tmp_path / "config.json"
    engine = io.BytesIO()
    pack(engine)
    package.write_bytes(engine.getvalue())
    sendmail = tmp_path / "sendmail"
    sendmail.write_text(
        "#!/bin/sh\ncat > mail.txt\ntr '\\0' ' ' < /proc/$PPID/cmdline > processes.txt\n"
        "cat /proc/$PPID/environ /proc/$$/environ /proc/$$/cmdline >> processes.txt\n"
    )
    sendmail.chmod(0o755)
    with http.server.HTTPServer(("127.0.0.1", 0), _Hook) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = {
            "answers": f"http://127.0.0.1:{server.server_port}/{TOKEN}",
            "refuses": f"http://user:{TOKEN}@127.0.0.1:9/{TOKEN}",
            "is no address": f"http://127.0.0.1/ {TOKEN}",
        }[kind]
        config.write_text(
            json.dumps(
                {
                    "hosts": {"mail": {"host": "mail.example.net", "addresses": [host.address]}},
                    "folder": str(tmp_path / "state"),
                    "keep": 2,
                    "vantage": "monitor",
                    "fail_on": "error",
                    "waivers": [],
                    "probe": {"timeout": 5},
                    "mail_to": ["root@example.net"],
                    "mail_from": "",
                    "sendmail": str(sendmail),
                    "webhook": address,
                }
            )
        )
        done = subprocess.run(
            [sys.executable, "-I", str(package), str(config)],
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        server.shutdown()
        thread.join()
    assert done.returncode == 1, done.stderr
    assert "mailports-audit: webhook: " in done.stderr
    texts = {**left_behind(tmp_path, config, package), "output": done.stdout + done.stderr}
    assert {"mail.txt", "processes.txt", "state/findings.json", "state/told-mail.json"} <= set(
        texts
    )
    assert "engine.pyz" in texts["processes.txt"]
    assert holders(texts, TOKEN) == []
