# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build and cache the file trees that the test hosts boot from, one a Debian release.

A base is a directory ``NAME-HASH``. HASH covers the recipe below, so that a changed recipe builds
a new base. A base is built under another name and renamed when complete: half a base is never used.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .shell import HostsError, call
from .sources import Mirror, find_mirrors

RELEASES = {"debian12": "bookworm", "debian13": "trixie"}
PACKAGES = (
    "ca-certificates curl dbus dovecot-core dovecot-imapd dovecot-lmtpd dovecot-managesieved"
    " dovecot-pop3d dovecot-sieve fetchmail iproute2 isync libnet-ssleay-perl nftables"
    " openssh-server openssl postfix procps python3 python3-apt rsyslog swaks systemd-sysv tcpdump"
    " tini"
)
# What may be laid over a base: servers that would push others out of it, by name.
LAYERS = {"exim": "exim4-daemon-heavy"}
# What the machine needs itself, by the command that proves it is there.
TOOLS = {
    "debootstrap": "debootstrap",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "openssl": "openssl",
    "ssh-keygen": "openssh-client",
}
# Copied so that apt inside the base reaches what apt on the machine reaches.
APT_REACH = ("/etc/hosts", "/etc/resolv.conf", "/etc/ssl/certs/ca-certificates.crt")
LAYER_SCRIPT = Path(__file__).parent / "files" / "layer.sh"
INSTALL = f"""
set -e
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
mount -t proc proc /proc
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
apt-get -q update
apt-get -q -y dist-upgrade
apt-get -q -y --no-install-recommends install {PACKAGES}
# The maintainer scripts find no network in a chroot and would switch every protocol off.
postconf -e inet_protocols=all
# The kernel's log belongs to the machine, not to a host.
sed -i '/imklog/s/^/#/' /etc/rsyslog.conf
apt-get clean
rm -f /usr/sbin/policy-rc.d /etc/ssh/ssh_host_*
rm -rf /var/lib/apt/lists/*
umount /proc
"""


def cache() -> Path:
    """Return the directory that holds the bases; it need not exist yet."""
    named = os.environ.get("MAILPORTS_CACHE")
    if named:
        return Path(named) / "bases"
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "postmaster.mailports" / "bases"


def base_path(name: str) -> Path:
    """Return where the base called ``name`` lies, or would lie, for the recipe of today."""
    recipe = "\0".join((RELEASES[name], PACKAGES, INSTALL, *APT_REACH))
    return cache() / f"{name}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"


def base(name: str) -> Path:
    """Return the base called ``name``, built now if it does not exist.

    Raises HostsError where it cannot be built (no root, no mirror, a failing package).
    """
    path = base_path(name)
    if not path.is_dir():
        with _lock(path):
            if not path.is_dir():
                _build(RELEASES[name], path)
    return path


def layered(name: str, layer: str) -> Path:
    """Return the base called ``name`` with a layer of LAYERS over it, built now if need be, in the
    form in which overlay file systems take several directories: with a colon between them.

    Raises HostsError where it cannot be built.
    """
    below = base(name)
    recipe = "\0".join((str(below), LAYERS[layer], LAYER_SCRIPT.read_text(encoding="utf-8")))
    digest = hashlib.sha256(recipe.encode()).hexdigest()[:12]
    path = cache() / f"{name}-{layer}-{digest}"
    if not path.is_dir():
        with _lock(path):
            if not path.is_dir():
                print(f"building the layer {path.name}: some seconds, once", file=sys.stderr)
                draft = path.with_name(path.name + ".draft")
                shutil.rmtree(draft, ignore_errors=True)
                _isolated(["sh", str(LAYER_SCRIPT), str(below), str(draft), LAYERS[layer]])
                draft.rename(path)
    return Path(f"{path}:{below}")


def install_tools() -> None:
    """Install the Debian packages that the machine itself lacks."""
    missing = sorted({package for tool, package in TOOLS.items() if not shutil.which(tool)})
    if missing:
        call(["apt-get", "-q", "update"])
        call(["apt-get", "-q", "-y", "--no-install-recommends", "install", *missing])


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{path}.lock", "w", encoding="utf-8") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _build(release: str, path: Path) -> None:
    print(f"building the base {path.name}: about a minute, once", file=sys.stderr)
    mirrors = find_mirrors(release)
    draft = path.with_name(path.name + ".draft")
    # One file system: the lock is ours, so a draft that exists was left by a run that died.
    shutil.rmtree(draft, ignore_errors=True)
    _isolated(["debootstrap", "--variant=minbase", release, str(draft), mirrors[0].uri])
    _prepare(draft, mirrors)
    _isolated(["chroot", str(draft), "sh", "-c", INSTALL])
    draft.rename(path)


def _isolated(argv: list[str]) -> None:
    """Run ``argv`` where its mounts and its processes end with it."""
    call(["unshare", "--mount", "--pid", "--fork", "--kill-child", *argv])


def _prepare(root: Path, mirrors: list[Mirror]) -> None:
    lines = [f"deb {mirror.uri} {mirror.suite} main" for mirror in mirrors]
    (root / "etc/apt/sources.list").write_text("\n".join(lines) + "\n", encoding="utf-8")
    shutil.copytree("/etc/apt/apt.conf.d", root / "etc/apt/apt.conf.d", dirs_exist_ok=True)
    for name in APT_REACH:
        target = root / name.lstrip("/")
        if Path(name).exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(name, target)


def require_root() -> None:
    """Raise HostsError unless this process may make namespaces and mounts."""
    if os.geteuid() != 0:
        raise HostsError("the test hosts need root: they make namespaces, mounts and a bridge")
