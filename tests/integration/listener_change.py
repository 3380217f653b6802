# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways to run the modules and the engine that change listeners, on hosts without our mail servers'
configuration, and to hold the outcome against the intent."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ansible_collections.postmaster.mailports.plugins.module_utils._change import (
    transaction as _transaction,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.intent import expand

from tests import hosts
from tests.integration import on_host
from tests.integration.running import CA_ON_HOSTS, Ansible, Prober, Run

CERTIFICATE = "/etc/mailports/cert.pem"
KEY = "/etc/mailports/key.pem"
DRIVER = "listener_driver.py"
STATE = "var/lib/postmaster.mailports"
PASSWORD = "Wonderland-1"
# Where a run can be killed: the points of the transaction, and within its rollback.
POINTS = (*_transaction.POINTS, "restored")
# A login through PAM takes longer than the beat at which mail is sent and fetched.
_LOGINS = {
    "debian12": r"passdb {\n  driver = passwd-file\n  args = /etc/dovecot/users\n}\n"
    r"userdb {\n  driver = passwd\n}\n",
    "debian13": r"passdb passwd-file {\n  passwd_file_path = /etc/dovecot/users\n}\n"
    r"userdb passwd {\n}\n",
}


def prepare(site: hosts.Site, host: hosts.Host) -> None:
    """Put the engine and its driver on a host with Debian's own mail servers, and give it a user:
    alice, who has a password of her own."""
    (host.root / CA_ON_HOSTS[1:]).write_bytes(site.ca_file.read_bytes())
    on_host.install(host)
    shutil.copy(Path(__file__).parent / DRIVER, host.root / on_host.PLACE[1:])
    lines = [
        "sed -i 's/^!include auth-system/#&/' /etc/dovecot/conf.d/10-auth.conf",
        f"echo 'alice:{{PLAIN}}{PASSWORD}' > /etc/dovecot/users",
        f"printf '{_LOGINS[host.base]}' > /etc/dovecot/conf.d/11-users.conf",
        "useradd --create-home alice",
    ]
    host.run("set -e\n" + "\n".join(lines), check=True)


def show(host: hosts.Host, kind: str) -> None:
    """Write a certificate of ``kind`` and its key."""
    for path, text in host.certificate(kind).items():
        target = host.root / path
        target.parent.mkdir(exist_ok=True)
        target.write_text(text, encoding="ascii")


def intent(host: hosts.Host, *services: str) -> dict[str, Any]:
    """Return the intent of a host that serves just these."""
    return {"host": host.name, "services": {name: {} for name in services}}


def arguments(at: hosts.Host, *services: str, **more: Any) -> dict[str, Any]:
    """Return a module's options for an intent."""
    expanded = expand(intent(at, *services)).to_dict()
    return {
        "listeners": expanded["listeners"],
        "certificate": CERTIFICATE,
        "key": KEY,
        "ca_path": CA_ON_HOSTS,
        "host": at.name,
        **more,
    }


def by_ansible(
    name: str, ansible: Ansible, host: hosts.Host, args: dict[str, Any], *flags: str
) -> dict[str, Any]:
    """Run a module through Ansible and return its result; ``shown`` is the difference as shown, and
    ``said`` all that Ansible wrote."""
    run: Run = ansible.module(host.name, args, *flags, name=f"postmaster.mailports.{name}")
    assert host.name in run.results, run.text
    shown = run.text.partition(f"{host.name} | ")[0]
    return {**run.results[host.name], "shown": shown, "said": " ".join(run.text.split())}


def drive(
    server: str, host: hosts.Host, services: Sequence[str], die_at: str | int = ""
) -> dict[str, Any]:
    """Run the change on the host itself; an empty result for one that was killed. ``die_at`` 0
    counts the calls at which it could be."""
    request = {
        "server": server,
        "intent": intent(host, *services),
        "certificate": CERTIFICATE,
        "key": KEY,
        "ca_path": CA_ON_HOSTS,
        "die_at": die_at,
    }
    done = on_host.python(host, [f"{on_host.PLACE}/{DRIVER}"], request)
    if die_at:
        assert done.returncode in (-9, 137), (die_at, done)
        return {}
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def files(host: hosts.Host, folder: str) -> dict[str, str]:
    """Return the digests of all files below a folder."""
    top = host.root / folder
    return {
        str(path.relative_to(top)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in top.rglob("*")
        if path.is_file()
    }


def judged(
    prober: Prober, host: hosts.Host, services: Sequence[str], protocols: Sequence[str]
) -> list[tuple[str, str]]:
    """Return the errors that port_check sees from the controller in services of ``protocols``."""
    wish = intent(host, *services)
    names = {one.service for one in expand(wish).listeners if one.protocol in protocols}
    return [
        (one["service"], one["rule"])
        for one in prober.check(wish)["findings"]
        if one["severity"] == "error" and one["service"] in names
    ]


@contextmanager
def held(host: hosts.Host, port: int, address: str = "127.0.0.1") -> Iterator[None]:
    """Let a foreign process listen on a port of the host."""
    program = (
        f"import socket, sys\ns = socket.create_server(('{address}', {port}))\n"
        "print('held', flush=True)\nsys.stdin.read()\n"
    )
    with subprocess.Popen(
        [*host.enter, "python3", "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        yield
        holder.communicate()


@contextmanager
def unwritable(host: hosts.Host, folder: str, what: str) -> Iterator[str]:
    """Make a folder's disk ``full``, or all of /etc ``read_only``; yield what errors say of it."""
    if what == "full":
        lines = [
            f"cp -a {folder} /run/mailports-full",
            f"mount -t tmpfs -o size=512k none {folder}",
            f"cp -a /run/mailports-full/. {folder}",
            f"dd if=/dev/zero of={folder}/filler bs=4k 2>/dev/null || :",
        ]
    else:
        lines = ["mount --bind /etc /etc", "mount -o remount,bind,ro /etc"]
    host.run("set -e\n" + "\n".join(lines), check=True)
    try:
        yield "No space left" if what == "full" else "Read-only file system"
    finally:
        host.run(f"umount {folder if what == 'full' else '/etc'}; rm -rf /run/mailports-full")
