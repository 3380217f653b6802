# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetch one message with three clients and search the wire for what is in it.

Arguments: HOST USER PASSWORD WORD. WORD is in the body of the only message that has it. A line sent
in clear at the end has to be found on the wire: else the search itself would be worth nothing.
"""

from __future__ import annotations

import base64
import poplib
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import uuid
from pathlib import Path

PORT = 995
SECONDS = 20
FETCHMAIL = """
poll {host} protocol pop3 service {port} auth password
  user "{user}" password "{password}" ssl sslcertck keep fetchall mda "cat"
"""


def call(*argv: str) -> str:
    """Run a program and return its output; raises CalledProcessError."""
    return subprocess.run(
        argv, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ).stdout


def by_poplib(host: str, user: str, password: str) -> str:
    """Return all messages, fetched by Python's own library."""
    box = poplib.POP3_SSL(host, PORT, timeout=SECONDS, context=ssl.create_default_context())
    box.user(user)
    box.pass_(password)
    count = box.stat()[0]
    texts = [b"\n".join(box.retr(number)[1]).decode() for number in range(1, count + 1)]
    box.quit()
    return "\n".join(texts)


def by_curl(host: str, user: str, password: str) -> str:
    """Return the last message, fetched by curl."""
    ask = ("curl", "-sS", "--user", f"{user}:{password}", f"pop3s://{host}/")
    last = call(*ask).split()[-2]
    return call(*ask[:-1], f"{ask[-1]}{last}")


def by_fetchmail(host: str, user: str, password: str) -> str:
    """Return all messages, fetched by fetchmail."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "fetchmailrc"
        text = FETCHMAIL.format(host=host, port=PORT, user=user, password=password)
        config.write_text(text, encoding="utf-8")
        config.chmod(0o600)
        files = ("--fetchmailrc", str(config), "--pidfile", f"{folder}/pid")
        return call("fetchmail", "--silent", *files, "--idfile", f"{folder}/ids")


class Wire:
    """What goes to and from a host, ssh apart, captured from now on."""

    def __init__(self, host: str) -> None:
        argv = ["tcpdump", "-i", "any", "-U", "--immediate-mode", "-s", "65535", "-B", "32768"]
        wanted = f"host {host} and tcp and not port 22"
        self._tcpdump = subprocess.Popen(
            [*argv, "-w", "-", wanted], stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
        )
        self._bytes = b""
        self._more = threading.Condition()
        assert self._tcpdump.stderr
        while b"listening on" not in self._tcpdump.stderr.readline():
            assert self._tcpdump.poll() is None, "tcpdump does not run"
        # A pipe that nobody empties would hold tcpdump up, and packets would be lost.
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._tcpdump.stdout
        while some := self._tcpdump.stdout.read(65536):
            with self._more:
                self._bytes += some
                self._more.notify()

    def until(self, text: bytes) -> bytes:
        """Return all that was captured, as soon as ``text`` was; none of it may be missing."""
        with self._more:
            found = self._more.wait_for(lambda: text in self._bytes, SECONDS)
        self._tcpdump.terminate()
        assert self._tcpdump.stderr
        told = self._tcpdump.stderr.read().decode()
        self._tcpdump.wait()
        assert found, f"what was sent in clear was not captured: {told}"
        assert "\n0 packets dropped by kernel" in told, told
        return self._bytes


def secrets(user: str, password: str, word: str) -> dict[str, bytes]:
    """Return what nobody may read on the wire, by a name for it."""
    login = f"\0{user}\0{password}".encode()
    return {
        "the user": user.encode(),
        "the password": password.encode(),
        "the user in base 64": base64.b64encode(user.encode()).rstrip(b"="),
        "the password in base 64": base64.b64encode(password.encode()).rstrip(b"="),
        "the login in base 64": base64.b64encode(login).rstrip(b"="),
        "the body": word.encode(),
    }


def main() -> None:
    """Fetch, capture and search."""
    host, user, password, word = sys.argv[1:]
    canary = uuid.uuid4().hex.encode()
    wire = Wire(host)
    for fetch in (by_poplib, by_curl, by_fetchmail):
        assert word in fetch(host, user, password), f"{fetch.__name__} does not get it"
    with socket.create_connection((host, PORT), SECONDS) as clear:
        clear.sendall(canary)
    captured = wire.until(canary)
    found = [name for name, text in secrets(user, password, word).items() if text in captured]
    assert not found, f"readable on the wire: {', '.join(found)}"


main()
