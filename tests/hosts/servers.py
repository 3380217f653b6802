# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Other mail servers of Debian, one at a time on the network of a site: ``running()``."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import bases, boot, network
from .faults import PORTS
from .host import enter
from .instance import Site, enlist, strike
from .mailserver import FILES, PASSWORD, USER
from .recipes import RECIPES
from .shell import HostsError

# Below those of the hosts' second addresses, which are the hosts' own plus 100.
FIRST_NUMBER = 40


@dataclass(frozen=True)
class Server:
    """A mail server that runs: its full name, its address, its services and its log."""

    name: str
    address: str
    services: tuple[str, ...]
    pid: int
    folder: Path

    @property
    def enter(self) -> list[str]:
        """Return what a command must be prefixed with to run beside the server as root."""
        return enter(self.pid)

    def log(self) -> str:
        """Return what the server has written on its streams."""
        return (self.folder / "console.log").read_text(encoding="utf-8", errors="replace")


@contextmanager
def running(site: Site, base: str, kind: str, variant: str = "") -> Iterator[Server]:
    """Run the server ``kind`` of the Debian ``base`` for the length of a with statement.

    ``variant`` is one of the recipe's; "" is the server as intended. Raises HostsError for a kind
    or a variant that is not known, and when the server does not start.
    """
    if kind not in RECIPES or variant not in ("", *RECIPES[kind].variants):
        raise HostsError(f"there is no recipe for {kind!r} in the variant {variant!r}")
    recipe = RECIPES[kind]
    number = FIRST_NUMBER + list(RECIPES).index(kind)
    member = f"{kind}-{base}"
    name = network.host_name(number)
    folder = site.folder / member
    root = bases.layer(base, recipe.packages) if recipe.packages else str(bases.base(base))
    machine = boot.Machine(folder, network.member(site.id, member), root, name)
    words = recipe.words(base, variant)
    words |= {"NAME": name, "ADDRESS": network.address(number)}
    words |= {"USER": USER, "PASSWORD": PASSWORD}
    tree = boot.plant(folder, network.hosts_text(), name)
    _write(tree, recipe.files, words)
    _certificates(tree / "etc/mailports", site, name)
    network.join(site.id, member, number)
    launcher = 0
    try:
        with network.named(site.id, number):
            launcher = boot.launch(machine, command=_filled(recipe.run, words))
            enlist(site, member, launcher)
            boot.await_ports(machine, launcher, {PORTS[one] for one in recipe.services})
            pid = boot.first_process(launcher)
            yield Server(name, network.address(number), recipe.services, pid, folder)
    finally:
        if launcher:
            boot.end(launcher, str(folder))
            strike(site, member)
        network.leave(site.id, member, number)
        shutil.rmtree(folder)


def _write(tree: Path, files: Mapping[str, str], words: Mapping[str, str]) -> None:
    for path, template in files.items():
        target = tree / path
        target.parent.mkdir(parents=True, exist_ok=True)
        text = (FILES / "servers" / _filled(template, words)).read_text(encoding="utf-8")
        target.write_text(_filled(text, words), encoding="utf-8")
        # A Postfix process that finds main.cf younger than two seconds sleeps until it is not.
        os.utime(target, (time.time() - 10,) * 2)


def _filled(text: str, words: Mapping[str, str]) -> str:
    """Return ``text`` with every @WORD@ replaced."""
    # Words may hold words themselves.
    for _depth in range(3):
        for word, value in words.items():
            text = text.replace(f"@{word}@", value)
    return text


def _certificates(folder: Path, site: Site, name: str) -> None:
    """Write the certificates that a recipe may name: KIND.crt, KIND.key, and both in KIND.pem."""
    folder.mkdir(parents=True, exist_ok=True)
    for file, kind in (("ec", "good"), ("rsa", "rsa"), ("wrong", "wrong_name"), ("old", "expired")):
        pair = site.authority.certificate(name, kind)
        key, cert = (path.read_text(encoding="ascii") for path in (pair.key, pair.cert))
        for suffix, text in (("key", key), ("crt", cert), ("pem", key + cert)):
            path = folder / f"{file}.{suffix}"
            path.write_text(text, encoding="ascii")
            path.chmod(stat.S_IRUSR | stat.S_IWUSR)
    shutil.copy(site.ca_file, folder / "ca.pem")
