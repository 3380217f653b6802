# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client of an instance: real mail programs, run on the controller's network."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .mailserver import FILES
from .shell import argv_of, call

BASE = "debian13"
BUNDLE = "etc/ssl/certs/ca-certificates.crt"


@dataclass(frozen=True)
class MailClient:
    """A user's machine with curl, swaks, mbsync, fetchmail and openssl.

    Every command has a fresh root, made from ``base``, in the network namespace ``netns``; of what
    it writes only its home directory lasts, which is ``home`` here and /root there.
    """

    base: Path
    folder: Path
    netns: Path
    hosts_file: Path

    @property
    def home(self) -> Path:
        """Return the home directory of the client, as this machine sees it."""
        return self.folder / "home"

    @property
    def enter(self) -> list[str]:
        """Return what a command must be prefixed with to run as the client."""
        kinds = ["--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child"]
        script = [str(FILES / "client.sh"), str(self.base), str(self.folder)]
        return [
            *["nsenter", f"--net={self.netns}", "--", "unshare", *kinds],
            *["sh", *script, str(self.hosts_file)],
        ]

    def plant(self, ca_file: Path) -> None:
        """Make the client's directories; its programs trust the authority in ``ca_file``."""
        bundle = self.folder / "tree" / BUNDLE
        bundle.parent.mkdir(parents=True)
        shutil.copyfile(ca_file, bundle)
        (self.folder / "tree/etc/resolv.conf").write_text("", encoding="ascii")
        (self.folder / "mnt").mkdir()
        self.home.mkdir(mode=0o700)

    def run(
        self,
        command: Sequence[str] | str,
        input: str | None = None,  # noqa: A002 (named as in subprocess.run)
        *,
        check: bool = False,
    ) -> subprocess.CompletedProcess[str]:
        """Run an argument list, or a shell command, as the client's user, who is root there."""
        return call([*self.enter, *argv_of(command)], data=input, check=check)
