# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One test host that runs: commands inside it, its files, its mail daemons, its faults."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import network
from .certs import Authority
from .faults import FAULTS, Fault
from .mailserver import CONFIG_DIRS, DOVECOT, FILES, certificate_files
from .shell import HostsError, argv_of, call

PRISTINE = "/var/lib/mailports-pristine"
FIREWALL_OFF = "nft delete table inet mailports 2>/dev/null || :"


def enter(pid: int) -> list[str]:
    """Return the prefix for a command that runs in the namespaces of a host's first process."""
    kinds = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"]
    return ["nsenter", f"--target={pid}", *kinds, "--"]


@dataclass(frozen=True)
class Host:
    """A running host.

    ``base`` names what it booted from, ``pid`` is its first process in the machine's numbering,
    ``folder`` its run directory (``folder/log`` is its /var/log), ``hosts_file`` what the
    controller resolves names by, ``init`` the kind of its first process: tini or systemd.
    """

    base: str
    name: str
    address: str
    address6: str
    address_extra: str
    pid: int
    folder: Path
    authority: Authority
    hosts_file: Path
    init: str

    @property
    def faults(self) -> dict[str, Fault]:
        """Return the catalogue of faults by name."""
        return FAULTS

    @property
    def root(self) -> Path:
        """Return the root directory of the host as this machine sees it."""
        return Path(f"/proc/{self.pid}/root")

    @property
    def enter(self) -> list[str]:
        """Return what a command must be prefixed with to run inside the host as root."""
        return enter(self.pid)

    def run(
        self,
        command: Sequence[str] | str,
        input: str | None = None,  # noqa: A002 (named as in subprocess.run)
        *,
        check: bool = False,
    ) -> subprocess.CompletedProcess[str]:
        """Run an argument list, or a shell command, as root; redirect the streams of daemons."""
        return call([*self.enter, *argv_of(command)], data=input, check=check)

    def certificate(self, kind: str) -> dict[str, str]:
        """Return the files (by path inside the host) that carry a certificate of ``kind``."""
        return certificate_files(self.authority.certificate(self.name, kind))

    def restart(self, *daemons: str) -> None:
        """Restart ``postfix`` and ``dovecot``, or one; returns when they listen.

        Raises HostsError when one does not come up.
        """
        if daemons:
            program = (FILES / "control.py").read_text(encoding="utf-8")
            self.run(["python3", "-", *daemons], input=program, check=True)

    def save(self) -> None:
        """Keep the configuration of now as the one that ``restore`` brings back."""
        dirs = shlex.join(CONFIG_DIRS)
        self.run(f"mkdir -p {PRISTINE} && cp -a --parents {dirs} {PRISTINE}", check=True)

    def apply(self, name: str) -> None:
        """Bring the fault ``name`` about; raises HostsError for a name not in FAULTS."""
        if name not in FAULTS:
            raise HostsError(f"{name!r} is no fault; there are {', '.join(FAULTS)}")
        fault = FAULTS[name]
        shown = self.certificate(fault.certificate) if fault.certificate else {}
        for path, text in shown.items():
            (self.root / path).write_text(text, encoding="utf-8")
        addition = fault.dovecot.get(DOVECOT[self.base], fault.dovecot.get("", ""))
        if addition:
            with open(self.root / "etc/dovecot/dovecot.conf", "a", encoding="utf-8") as handle:
                handle.write(addition)
        lines = [*fault.postfix]
        if fault.firewall:
            rules = fault.firewall.replace("@EXTRA@", self.address_extra)
            lines.append(f"nft {shlex.quote(_table(rules))}")
        if fault.extra_address:
            lines.append(f"ip address add {self.address_extra}/24 dev eth0")
            network.add_name(self.hosts_file, self.address_extra, self.name)
        if lines:
            self.run("set -e\n" + "\n".join(lines), check=True)
        self.restart(*fault.daemons)
        for address in (self.address, self.address6) if fault.use_up else ():
            probe = f"exec 3<>/dev/tcp/{address}/{fault.use_up}; head -c 3 <&3"
            call(["nsenter", f"--net=/run/netns/{self._controller}", "bash", "-c", probe])

    def restore(self, name: str) -> None:
        """Undo the fault ``name``: files as saved byte for byte, no firewall, daemons anew."""
        fault = FAULTS[name]
        lines = [FIREWALL_OFF] if fault.firewall else []
        if fault.extra_address:
            lines.append(f"ip address del {self.address_extra}/24 dev eth0")
            network.remove_name(self.hosts_file, self.address_extra)
        if fault.daemons:
            lines += [f"rm -rf {path}; cp -a {PRISTINE}{path} {path}" for path in CONFIG_DIRS]
        if lines:
            self.run("set -e\n" + "\n".join(lines), check=True)
        self.restart(*fault.daemons)

    @contextmanager
    def fault(self, name: str) -> Iterator[Fault]:
        """Apply the fault ``name`` for the length of a with statement."""
        try:
            self.apply(name)
            yield FAULTS[name]
        finally:
            if name in FAULTS:
                self.restore(name)

    @property
    def _controller(self) -> str:
        return self.hosts_file.parent.name


def _table(rules: str) -> str:
    chain = f"type filter hook input priority 0;\n{rules}\n"
    return f"table inet mailports {{\nchain input {{\n{chain}}}\n}}\n"
