# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine of the names: real name servers with signed zones, a validating resolver, HTTPS.

It stands on the network of an instance. Two knot daemons serve the zones, the children apart from
their parents so that delegations are real; unbound validates; a small web server has the MTA-STS
policy, with any certificate of the test authority.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from . import bases, network
from .certs import Authority
from .instance import Site
from .mailserver import FILES
from .shell import HostsError, call

RELEASE = "debian13"
PACKAGES = "knot knot-dnsutils knot-dnssecutils unbound bind9-dnsutils"
INSTALL = f"""
set -e
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
mount -t proc proc /proc
printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
apt-get -q update
apt-get -q -y --no-install-recommends install {PACKAGES}
apt-get clean
rm -f /usr/sbin/policy-rc.d
rm -rf /var/lib/apt/lists/*
umount /proc
"""
NAME = "dns"
RESOLVER, PARENTS, CHILDREN, HTTPS, NOBODY = 53, 54, 55, 58, 59
READY_SECONDS = 12
HOSTS = {PARENTS: "ns", CHILDREN: "ns2", NOBODY: "nobody"}
SERVERS = {"parents": PARENTS, "children": CHILDREN}


def base() -> Path:
    """Return the root of the machine: the base of RELEASE and PACKAGES, built at the first call."""
    below = bases.base(RELEASE)
    mark = bases.base_path(RELEASE).name.rpartition("-")[2]
    path = below.with_name(f"names-{mark}-{abs(hash_of(INSTALL)):08x}")
    if path.is_dir():
        return path
    with open(f"{path}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.is_dir():
            draft = path.with_name(path.name + ".draft")
            shutil.rmtree(draft, ignore_errors=True)
            call(["cp", "-a", "--reflink=auto", str(below), str(draft)])
            alone = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
            call([*alone, "chroot", str(draft), "sh", "-c", INSTALL])
            draft.rename(path)
    return path


def hash_of(text: str) -> int:
    """Return a number that stays the same for a text, from run to run."""
    value = 0
    for octet in text.encode():
        value = (value * 131 + octet) % 0xFFFFFFFF
    return value


@dataclass
class Zone:
    """One zone: who serves it, its records as ``name TYPE`` -> values (full names, no last dot at
    the owner), and what is wrong with it.

    ``signed`` is false for one without DNSSEC; ``ds`` is "own" for the right DS at the parent,
    "none", or "wrong"; ``udp`` is false for one that answers by TCP only; ``served`` is false for
    one that nobody serves (lame); ``at`` is the address number it is delegated to.
    """

    name: str
    rows: Mapping[str, Sequence[str]] = field(default_factory=dict)
    server: str = "parents"
    signed: bool = True
    ds: str = "own"
    udp: bool = True
    served: bool = True
    at: int = 0

    @property
    def number(self) -> int:
        """Return the number of the address that the parent delegates to."""
        return self.at or SERVERS[self.server]


class Names:
    """The machine while it runs; ``resolver`` and ``ca_file`` are for who asks."""

    def __init__(self, site: Site, zones: Sequence[Zone]) -> None:
        """Take the zones, the root and every parent among them."""
        self._site = site
        self._zones = {zone.name: zone for zone in zones}
        self.folder = site.folder / "names"
        self.home = self.folder / "home"
        self.resolver = network.address(RESOLVER)
        self.ca_file = site.ca_file
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Make the machine and wait until its resolver validates. Raises HostsError."""
        root = base()
        for part in ("home/zones", "home/parents", "home/children", "home/www", "tree/etc", "mnt"):
            (self.folder / part).mkdir(parents=True)
        self._write()
        network.join(self._site.id, NAME, RESOLVER)
        member = network.member(self._site.id, NAME)
        lines = ["set -e"]
        for number in (PARENTS, CHILDREN, HTTPS):
            lines.append(f"ip -n {member} address add {network.address(number)}/24 dev eth0")
            lines.append(f"ip -n {member} address add {network.address6(number)}/64 dev eth0 nodad")
        call("\n".join(lines))
        names = network.hosts_file(self._site.id)
        kinds = ["--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child"]
        self._enter = [
            *["nsenter", f"--net=/run/netns/{member}", "--", "unshare", *kinds],
            *["sh", str(FILES / "client.sh"), str(root), str(self.folder), str(names)],
        ]
        with open(self.folder / "console.log", "wb") as console:
            self._process = subprocess.Popen(
                [*self._enter, "sh", "/root/start.sh"],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,
            )
        self._await()

    def stop(self) -> None:
        """End the machine and leave the network."""
        if self._process is not None:
            # Its first process is the child of unshare, and goes with it.
            self._process.kill()
            self._process.wait()
        network.leave(self._site.id, NAME, RESOLVER)

    def _await(self) -> None:
        assert self._process is not None
        limit = time.monotonic() + READY_SECONDS
        mark = self.home / "ready"
        while not mark.exists():
            if self._process.poll() is not None or time.monotonic() > limit:
                text = (self.folder / "console.log").read_text(encoding="utf-8", errors="replace")
                raise HostsError(f"the machine of the names did not start: {text[-3000:]}")
            time.sleep(0.05)

    def run(self, command: str, data: str = "") -> str:
        """Run a shell command beside the servers and return what it prints. Raises HostsError."""
        return call([*self._enter, "sh", "-c", command], data=data).stdout

    def change(self, changes: Mapping[str, Sequence[str]]) -> None:
        """Put sets of records in place of others, none for none; signed and served at once."""
        self._replace({key: self.rows(key) for key in changes}, changes)

    def restore(self, changes: Mapping[str, Sequence[str]]) -> None:
        """Bring back what ``change`` with the same changes has changed."""
        self._replace(changes, {key: self.rows(key) for key in changes})

    def rows(self, key: str) -> Sequence[str]:
        """Return the values that the zones began with under ``name TYPE``."""
        return self._zone_of(key).rows.get(key, ())

    def _zone_of(self, key: str) -> Zone:
        name = key.partition(" ")[0] + "."
        while name not in self._zones:
            name = name.partition(".")[2] or "."
        return self._zones[name]

    def _replace(self, old: Mapping[str, Sequence[str]], new: Mapping[str, Sequence[str]]) -> None:
        by_zone: dict[str, list[str]] = {}
        for key, values in new.items():
            zone = self._zone_of(key).name
            name, _blank, kind = key.rpartition(" ")
            lines = by_zone.setdefault(zone, [])
            if old.get(key):
                lines.append(f"zone-unset {zone} {name}. {kind}")
            lines += [
                f'zone-set {zone} {name}. 60 {kind} "{_escaped(text(kind, value))}"'
                for value in values
            ]
        every = []
        for zone, lines in by_zone.items():
            every += [f"zone-begin {zone}", *lines, f"zone-commit {zone}"]
        self._control("parents", [*every, "exit"])

    def _control(self, server: str, lines: Sequence[str]) -> None:
        said = self.run(f"knotc -s /root/{server}/knot.sock 2>&1", "\n".join(lines) + "\n")
        if "error" in said.lower():
            raise HostsError(f"knotc: {said}\n{lines}")

    def serve(self, host: str, kind: str, path: str, body: bytes, status: int = 200) -> None:
        """Have HTTPS serve a document for a host, with a certificate of this kind."""
        pair = Authority(self._site.folder / "ca").certificate(host, kind)
        folder = self.home / "www" / host
        folder.mkdir(parents=True, exist_ok=True)
        chain = pair.key.read_text(encoding="ascii") + pair.cert.read_text(encoding="ascii")
        (folder / "chain.pem").write_text(chain, encoding="ascii")
        (folder / "status").write_text(str(status), encoding="ascii")
        target = folder / "files" / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)

    def _write(self) -> None:
        """Write what the machine starts with."""
        for zone in self._zones.values():
            if zone.served:
                (self.home / "zones" / f"{zone.name.rstrip('.') or 'root'}.zone").write_text(
                    self._zone_text(zone), encoding="ascii"
                )
        for server, number in SERVERS.items():
            (self.home / server / "knot.conf").write_text(
                self._knot(server, number), encoding="ascii"
            )
        (self.home / "unbound.conf").write_text(self._unbound(), encoding="ascii")
        hints = [f". 60 IN NS ns.{ROOT_HOST}."]
        hints += [f"ns.{ROOT_HOST}. 60 IN A {network.address(PARENTS)}"]
        (self.home / "root.hints").write_text("\n".join(hints) + "\n", encoding="ascii")
        shutil.copy(FILES / "names_https.py", self.home / "https.py")
        (self.home / "start.sh").write_text(self._start(), encoding="ascii")

    def _zone_text(self, zone: Zone) -> str:
        owner = zone.name
        host = f"{HOSTS[SERVERS[zone.server]]}.{ROOT_HOST}."
        lines = [
            f"{owner} 60 IN SOA {host} hostmaster.{ROOT_HOST}. 1 60 60 600 60",
            f"{owner} 60 IN NS {host}",
        ]
        for key, values in zone.rows.items():
            name, _blank, kind = key.rpartition(" ")
            lines += [f"{name}. 60 IN {kind} {text(kind, value)}" for value in values]
        children = self._children(zone)
        lines += [f"{child.name} 60 IN NS {HOSTS[child.number]}.{ROOT_HOST}." for child in children]
        # The hosts themselves in their own zone, and as glue in the zones above it.
        if f".{ROOT_HOST}.".endswith(f".{zone.name}".replace("..", ".")):
            for number, label in HOSTS.items():
                lines.append(f"{label}.{ROOT_HOST}. 60 IN A {network.address(number)}")
        return "\n".join(lines) + "\n"

    def _children(self, zone: Zone) -> list[Zone]:
        return [one for one in self._zones.values() if self._parent(one) is zone]

    def _parent(self, zone: Zone) -> Zone | None:
        name = zone.name
        while name != ".":
            name = name.partition(".")[2] or "."
            if name in self._zones:
                return self._zones[name]
        return None

    def _knot(self, server: str, number: int) -> str:
        zones = [z for z in self._zones.values() if z.server == server and z.served]
        lines = [
            KNOT.format(server=server, v4=network.address(number), v6=network.address6(number))
        ]
        for zone in zones:
            lines.append(f"  - domain: {zone.name}")
            lines.append(f"    file: {zone.name.rstrip('.') or 'root'}.zone")
            if not zone.signed:
                lines.append("    dnssec-signing: off")
            if not zone.udp:
                lines.append("    module: mod-noudp/tcp")
        return "\n".join(lines) + "\n"

    def _unbound(self) -> str:
        reverse = [
            f'  local-zone: "{zone.name}" nodefault'
            for zone in self._zones.values()
            if zone.name.endswith("arpa.")
        ]
        addresses = [network.address(RESOLVER), network.address6(RESOLVER)]
        return UNBOUND + "\n".join([*reverse, *(f"  interface: {one}" for one in addresses)]) + "\n"

    def _start(self) -> str:
        """Return the script that makes the keys, deepest zones first, and starts everything."""
        lines = ["set -e", "cd /root"]
        for zone in sorted(self._zones.values(), key=lambda one: -one.name.count(".")):
            parent = self._parent(zone)
            if not (zone.signed and zone.served):
                continue
            conf = f"/root/{zone.server}/knot.conf"
            make = "generate algorithm=ecdsap256sha256 ksk=yes zsk=yes"
            old = "created=t-90d publish=t-90d ready=t-90d active=t-90d"
            lines.append(f"keymgr -c {conf} {zone.name} {make} {old} >/dev/null")
            target = "anchor.ds"
            if parent is not None:
                target = f"zones/{parent.name.rstrip('.') or 'root'}.zone"
            edit = "| sed 's/ 13 2 ../ 13 2 00/'" if zone.ds == "wrong" else ""
            if zone.ds != "none":
                lines.append(f"keymgr -c {conf} {zone.name} ds | grep ' 13 2 ' {edit} >> {target}")
        question = f"dig +time=1 +tries=1 +dnssec @{self.resolver} {ROOT_HOST} SOA"
        lines += [
            *(f"knotd -d -c /root/{server}/knot.conf" for server in SERVERS),
            "unbound -c /root/unbound.conf",
            f"python3 /root/https.py {network.address(HTTPS)} &",
            f"until {question} | grep -q 'flags:.* ad'; do sleep 0.05; done",
            "touch /root/ready",
            "wait",
        ]
        return "\n".join(lines) + "\n"


ROOT_HOST = "example.net"
KNOT = """server:
    rundir: /root/{server}
    user: root
    pidfile: /root/{server}/knot.pid
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
    listen: [ {v4}@53, {v6}@53 ]
control:
    listen: /root/{server}/knot.sock
database:
    storage: /root/{server}
log:
  - target: stderr
    any: warning
policy:
  - id: p
    algorithm: ecdsap256sha256
    single-type-signing: on
    dnskey-ttl: 60
    zone-max-ttl: 60
mod-noudp:
  - id: tcp
    udp-truncate-rate: 1
template:
  - id: default
    storage: /root/zones
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
    dnssec-signing: on
    dnssec-policy: p
zone:"""
UNBOUND = """server:
  access-control: 0.0.0.0/0 allow
  access-control: ::/0 allow
  username: ""
  chroot: ""
  directory: "/root"
  pidfile: "/root/unbound.pid"
  use-syslog: no
  do-daemonize: yes
  num-threads: 1
  ede: yes
  root-hints: "/root/root.hints"
  trust-anchor-file: "/root/anchor.ds"
  trust-anchor-signaling: no
  module-config: "validator iterator"
  cache-max-ttl: 0
  cache-max-negative-ttl: 0
  val-bogus-ttl: 0
  discard-timeout: 0
  outbound-msg-retry: 2
  infra-cache-max-rtt: 3000
  infra-keep-probing: yes
"""


def text(kind: str, value: str) -> str:
    """Return a value as zone files have it: TXT in quoted strings of at most 255 bytes."""
    if kind != "TXT" or value.startswith('"'):
        return value
    parts = [value[at : at + 255] for at in range(0, len(value), 255)] or [""]
    return " ".join(f'"{one}"' for one in parts)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


@contextmanager
def running(site: Site, zones: Sequence[Zone]) -> Iterator[Names]:
    """Bring the machine up for the length of a with statement."""
    names = Names(site, zones)
    try:
        names.start()
        yield names
    finally:
        names.stop()
