# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring the test hosts up, describe them, and take them down without trace."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import bases, boot, cgroups, network
from .certs import Authority
from .host import Host
from .mail_client import BASE, MailClient
from .mailserver import write_config
from .shell import HostsError, call

NUMBERS = {"debian12": 12, "debian13": 13}
# Whose an instance without an owner is.
CHECKOUT = str(Path(__file__).resolve().parents[2])
INITS = ("tini", "systemd")
# They would fail on a kernel that is not theirs, or fetch what no test has asked for.
MASKED = (
    "apt-daily-upgrade.timer",
    "apt-daily.timer",
    "systemd-modules-load.service",
    "systemd-sysctl.service",
)


@dataclass(frozen=True)
class Site:
    """A controller and its hosts.

    ``enter`` is the prefix for a command that runs on the controller, where the hosts' names
    resolve; ``netns`` is the controller's network namespace for those who enter by themselves
    (names do not resolve then). ``ca_file`` is what a client must trust, ``inventory`` an Ansible
    inventory, ``key`` the private ssh key of root on every host.
    """

    id: str
    folder: Path
    hosts: dict[str, Host]
    launchers: dict[str, int]

    @property
    def controller(self) -> str:
        """Return the name of the controller's network namespace."""
        return network.controller(self.id)

    @property
    def netns(self) -> Path:
        """Return the file to open and setns to."""
        return Path("/run/netns") / self.controller

    @property
    def enter(self) -> list[str]:
        """Return the prefix for a command on the controller."""
        return ["ip", "netns", "exec", self.controller]

    @property
    def authority(self) -> Authority:
        """Return the test authority."""
        return Authority(self.folder / "ca")

    @property
    def ca_file(self) -> Path:
        """Return the certificate of the test authority."""
        return self.folder / "ca" / "root.pem"

    @property
    def key(self) -> Path:
        """Return root's private ssh key."""
        return self.folder / "ssh" / "id"

    @property
    def client(self) -> MailClient:
        """Return the machine of a user, on the controller's network."""
        names = network.hosts_file(self.id)
        return MailClient(bases.base_path(BASE), self.folder / "client", self.netns, names)

    @property
    def inventory(self) -> Path:
        """Return the Ansible inventory: group mail, for use from the controller."""
        return self.folder / "inventory.yml"

    def describe(self) -> dict[str, object]:
        """Return the instance as plain data, for programs that are not Python."""
        hosts = {
            base: {
                "name": host.name,
                "address": host.address,
                "address6": host.address6,
                "enter": host.enter,
                "log": str(host.folder / "log"),
            }
            for base, host in self.hosts.items()
        }
        files = {"ca_file": self.ca_file, "inventory": self.inventory, "key": self.key}
        paths = {name: str(path) for name, path in files.items()}
        prefixes = {"enter": self.enter, "client": self.client.enter}
        return {"id": self.id, **prefixes, "hosts": hosts, **paths}


def runs() -> Path:
    """Return the directory that holds one directory for every instance."""
    return Path(tempfile.gettempdir()) / "mailports-hosts"


@dataclass(frozen=True)
class Kind:
    """How the hosts of an instance are: mail as intended or as Debian installs it, their init, and
    the Debian packages installed over their bases (``mail`` is false where these replace Postfix).

    Raises HostsError for an init that is not one of INITS.
    """

    mail: bool = True
    init: str = "tini"
    packages: str = ""

    def __post_init__(self) -> None:
        """Refuse an init that is not known."""
        if self.init not in INITS:
            raise HostsError(f"{self.init!r} is no init; there are {', '.join(INITS)}")

    def __str__(self) -> str:
        """Return the kind in words."""
        return f"mail {'as intended' if self.mail else 'as Debian installs it'}, init {self.init}"


def up(kind: Kind = Kind(), *, owner: int = 0) -> Site:
    """Bring both hosts up and return them.

    ``owner`` is a process whose end makes the instance stale; with 0 it belongs to this checkout.
    Whatever a crashed run left is removed first. Raises HostsError, with nothing left behind, where
    this fails.
    """
    bases.require_root()
    with _alone():
        bases.install_tools()
    roots = {
        base: bases.layer(base, kind.packages) if kind.packages else str(bases.base(base))
        for base in bases.RELEASES
    }
    network.refuse_routed()
    site_id = secrets.token_hex(3)
    folder = runs() / site_id
    with _alone():
        _clean_stale()
        runs().mkdir(mode=0o700, exist_ok=True)
        folder.mkdir()
        # Until it stands it is the booting process's own.
        _write_state(folder, os.getpid(), {}, kind)
        network.write_names(site_id)
    try:
        site = _boot(site_id, folder, roots, kind)
        _write_state(folder, owner, site.launchers, kind)
        return site
    except BaseException:
        remove(site_id)
        raise


@contextmanager
def running(*, mail: bool = True, init: str = "tini", packages: str = "") -> Iterator[Site]:
    """Bring the hosts up, as ``up`` does, for the length of a with statement."""
    site = up(Kind(mail, init, packages), owner=os.getpid())
    try:
        yield site
    finally:
        remove(site.id)


def enlist(site: Site, member: str, launcher: int) -> None:
    """Write down that one more machine belongs to an instance, so that it ends with it."""
    _change_members(site.folder, lambda members: {**members, member: launcher})


def strike(site: Site, member: str) -> None:
    """Forget a machine that was enlisted and has ended."""
    _change_members(site.folder, lambda members: {k: v for k, v in members.items() if k != member})


def load(site_id: str) -> Site:
    """Return the instance ``site_id`` as some other process brought it up."""
    folder = runs() / site_id
    state = _read_state(folder)
    return _site(site_id, folder, state["launchers"], state["init"])


def remove(site_id: str) -> None:
    """End the processes of an instance, remove its namespaces and files; what is gone is fine."""
    with _alone():
        _remove(site_id)


def standing() -> dict[str, Kind]:
    """Return the instances that the command ``up`` of this checkout has left, by id."""
    found = {}
    for name in _all():
        state = _read_state(runs() / name)
        if state["owner"] == 0 and state["checkout"] == CHECKOUT:
            found[name] = Kind(state["mail"], state["init"])
    return found


def clean_stale() -> None:
    """Remove the instances whose owner, or one of whose hosts, has died."""
    with _alone():
        _clean_stale()


@contextmanager
def _alone() -> Iterator[None]:
    """Let one process of the machine at a time begin, remove and clean up instances.

    The lock is on the directory that is there anyway, so that no file of it stays behind.
    """
    handle = os.open(tempfile.gettempdir(), os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _change_members(folder: Path, change: Callable[[dict[str, int]], dict[str, int]]) -> None:
    with _alone():
        state = _read_state(folder)
        _save(folder, {**state, "members": change(state["members"])})


def _remove(site_id: str) -> None:
    folder = runs() / site_id
    state = _read_state(folder)
    for name, launcher in (state["launchers"] | state["members"]).items():
        boot.end(launcher, str(folder / name))
    if state["init"] == "systemd":
        cgroups.remove([cgroups.name(site_id, base) for base in state["launchers"]], folder)
    network.remove(site_id, [*NUMBERS, *state["members"]])
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        runs().rmdir()


def _clean_stale() -> None:
    for name in _all():
        state = _read_state(runs() / name)
        alive = all(boot.is_ours(pid, name) for pid in state["launchers"].values())
        orphan = state["owner"] and boot.started(state["owner"]) != state["owner_started"]
        if orphan or (not state["owner"] and not (state["launchers"] and alive)):
            _remove(name)


def _boot(site_id: str, folder: Path, roots: dict[str, str], kind: Kind) -> Site:
    mail, init = kind.mail, kind.init
    authority = Authority(folder / "ca")
    (folder / "ssh").mkdir()
    keygen = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f"]
    call([*keygen, str(folder / "ssh/id")])
    call([*keygen, str(folder / "ssh/host")])
    network.create(site_id, {name: NUMBERS[name] for name in roots})
    launchers: dict[str, int] = {}
    for base, root in roots.items():
        _plant(folder, base, site_id, authority, mail)
        if init == "systemd":
            _plant_systemd(folder / base / "tree", mail)
        cgroup = cgroups.name(site_id, base) if init == "systemd" else ""
        launchers[base] = boot.launch(_machine(site_id, folder, base, root), cgroup=cgroup)
        _write_state(folder, os.getpid(), launchers, kind)
    for base, launcher in launchers.items():
        machine = _machine(site_id, folder, base, roots[base])
        boot.await_ports(machine, launcher, {boot.SSH})
    site = _site(site_id, folder, launchers, init)
    site.client.plant(site.ca_file)
    site.inventory.write_text(_inventory(site), encoding="utf-8")
    for host in site.hosts.values():
        if init == "systemd":
            _await_systemd(host)
        if mail:
            host.save()
            # Postfix first, for the same reason as with systemd.
            host.restart("postfix", "dovecot")
        elif init == "systemd":
            host.run("systemctl stop postfix dovecot", check=True)
    return site


def _plant(folder: Path, base: str, site_id: str, authority: Authority, mail: bool) -> None:
    """Write what is laid over the base of one host."""
    name = network.host_name(NUMBERS[base])
    tree = boot.plant(folder / base, network.hosts_text(), name)
    for path, mode in (("etc/ssh", 0o755), ("root/.ssh", 0o700)):
        (tree / path).mkdir(parents=True, mode=mode)
    (tree / "root").chmod(0o700)
    shutil.copy(folder / "ssh/id.pub", tree / "root/.ssh/authorized_keys")
    shutil.copy(folder / "ssh/host", tree / "etc/ssh/ssh_host_ed25519_key")
    if mail:
        write_config(tree, base, name, authority)


def _machine(site_id: str, folder: Path, base: str, root: str) -> boot.Machine:
    netns = network.member(site_id, base)
    return boot.Machine(folder / base, netns, root, network.host_name(NUMBERS[base]))


def _plant_systemd(tree: Path, mail: bool) -> None:
    """Write what lets systemd boot as if not for the first time, and leave the machine alone."""
    units = tree / "etc/systemd/system"
    units.mkdir(parents=True)
    for unit in MASKED:
        (units / unit).symlink_to("/dev/null")
    if mail:
        # Postfix, at its first start, makes the directory of the sockets that Dovecot opens for it.
        order = units / "dovecot.service.d/order.conf"
        order.parent.mkdir()
        order.write_text("[Unit]\nAfter=postfix.service\n", encoding="ascii")
    (tree / "etc/machine-id").write_text(f"{secrets.token_hex(16)}\n", encoding="ascii")


def _await_systemd(host: Host) -> None:
    """Wait until all that starts at boot has started."""
    told = host.run(["systemctl", "is-system-running", "--wait"]).stdout.strip()
    if told != "running":
        failed = host.run(["systemctl", "--failed", "--plain", "--no-legend"]).stdout
        raise HostsError(f"systemd on {host.name} is {told}: {failed}")


def _site(site_id: str, folder: Path, launchers: dict[str, int], init: str) -> Site:
    hosts = {
        base: Host(
            base=base,
            name=network.host_name(NUMBERS[base]),
            address=network.address(NUMBERS[base]),
            address6=network.address6(NUMBERS[base]),
            address_extra=network.address(NUMBERS[base] + 100),
            pid=boot.first_process(launcher),
            folder=folder / base,
            authority=Authority(folder / "ca"),
            hosts_file=network.hosts_file(site_id),
            init=init,
        )
        for base, launcher in launchers.items()
    }
    return Site(site_id, folder, hosts, launchers)


def _inventory(site: Site) -> str:
    options = "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
    # Ansible keeps connections by address, and every instance has the same addresses.
    options += f" -o ControlPath={site.folder}/ssh/%C"
    variables = {
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(site.key),
        "ansible_ssh_common_args": options,
        "ansible_python_interpreter": "/usr/bin/python3",
    }
    hosts = {host.name: {"ansible_host": host.address} for host in site.hosts.values()}
    # JSON is YAML, and needs no library.
    return json.dumps({"mail": {"hosts": hosts, "vars": variables}}, indent=2) + "\n"


def _all() -> list[str]:
    return sorted(path.name for path in runs().iterdir()) if runs().is_dir() else []


def _write_state(folder: Path, owner: int, launchers: dict[str, int], kind: Kind) -> None:
    state = {"owner": owner, "owner_started": boot.started(owner), "checkout": CHECKOUT}
    state |= {"launchers": launchers, "mail": kind.mail, "init": kind.init}
    _save(folder, state)


def _save(folder: Path, state: dict[str, Any]) -> None:
    (folder / "state.json").write_text(json.dumps(state), encoding="ascii")


def _read_state(folder: Path) -> dict[str, Any]:
    state = {"owner": 0, "owner_started": "", "checkout": "", "launchers": {}, "members": {}}
    state |= {"mail": True, "init": "tini"}
    with suppress(OSError, ValueError):
        state |= json.loads((folder / "state.json").read_text(encoding="ascii"))
    return state
