# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read one mailbox on three devices and see on each what the others do: HOST USER PASSWORD.

The phone is Python's imaplib, waiting (IDLE) for what the server tells it; the desk is mbsync with
a copy of the mailbox; the web is curl.
"""

from __future__ import annotations

import imaplib
import re
import ssl
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

SECONDS = 20
DESK = """
IMAPAccount agency
Host {host}
User {user}
Pass {password}
TLSType IMAPS

IMAPStore far
Account agency

MaildirStore near
Path {folder}/
Inbox {folder}/INBOX

Channel mailbox
Far :far:
Near :near:
Patterns INBOX
Create Near
Sync All
SyncState *
"""


def call(*argv: str) -> str:
    """Run a program and return its output; raises CalledProcessError with the program's words."""
    return subprocess.run(
        argv, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ).stdout


class Phone:
    """A device that is told of changes."""

    def __init__(self, host: str, user: str, password: str) -> None:
        trusting = ssl.create_default_context()
        self._box = imaplib.IMAP4_SSL(host, ssl_context=trusting, timeout=SECONDS)
        self._box.login(user, password)
        self._box.select("INBOX")

    def await_news(self, pattern: bytes) -> None:
        """Wait until the server tells something; raises TimeoutError when it does not."""
        self._box.send(b"news IDLE\r\n")
        while not re.search(pattern, self._line()):
            pass
        self._box.send(b"DONE\r\n")
        while not self._line().startswith(b"news OK"):
            pass

    def _line(self) -> bytes:
        line = self._box.readline()
        if not line:
            raise EOFError("the server closed the connection")
        return line


class Desk:
    """A device with a copy of the mailbox."""

    def __init__(self, folder: Path, host: str, user: str, password: str) -> None:
        self._config = folder / "mbsyncrc"
        text = DESK.format(folder=folder, host=host, user=user, password=password)
        self._config.write_text(text, encoding="utf-8")
        self._inbox = folder / "INBOX"

    def sync(self) -> None:
        """Take over what the others did, and hand over what was done here."""
        call("mbsync", "--quiet", "--config", str(self._config), "mailbox")

    def message(self, word: str) -> Path:
        """Return the file of the one message with a word in it."""
        files = [path for kind in ("new", "cur") for path in (self._inbox / kind).iterdir()]
        (found,) = (path for path in files if word in path.read_text(encoding="utf-8"))
        return found


def flags(path: Path) -> set[str]:
    """Return the flags of a message in a maildir, a letter each."""
    return set(path.name.partition(":2,")[2])


def main() -> None:
    """Let a message arrive, and flags go from each device to the others."""
    host, user, password = sys.argv[1:]
    word = uuid.uuid4().hex
    web = ("curl", "-sS", "--user", f"{user}:{password}", f"imaps://{host}/INBOX", "--request")
    sender = ("swaks", "--silent", "2", "--tls-verify", "--server", host, "--tls")
    with tempfile.TemporaryDirectory() as folder:
        phone = Phone(host, user, password)
        desk = Desk(Path(folder), host, user, password)
        call(*sender, "--to", f"{user}@{host}", "--header", f"Subject: {word}")
        phone.await_news(rb"^\* \d+ EXISTS")
        desk.sync()
        assert not flags(desk.message(word)), "a new message bears flags already"

        number = call(*web, f"SEARCH SUBJECT {word}").split()[-1]
        call(*web, f"STORE {number} +FLAGS (\\Flagged)")
        phone.await_news(rb"FETCH .*\\Flagged")
        desk.sync()
        message = desk.message(word)
        assert flags(message) == {"F"}, f"the desk does not see the flag: {message.name}"

        base = message.name.partition(":2,")[0]
        (message.parents[1] / "cur").mkdir(exist_ok=True)
        message.rename(message.parents[1] / "cur" / f"{base}:2,FRS")
        desk.sync()
        phone.await_news(rb"FETCH .*\\Answered")
        told = call(*web, f"FETCH {number} FLAGS")
        assert {"\\Answered", "\\Seen"} <= set(re.findall(r"\\\w+", told)), told


main()
