# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build and cache the file trees that the test hosts boot from: bases, and layers over them.

A base is one Debian release, a directory ``NAME-HASH``. HASH covers the recipe below, so that a
changed recipe builds a new base. A layer holds what installing more packages changed in a base; its
HASH covers that of the base. Both are built under another name and renamed when complete: half a
tree is never used, and the next run builds it anew.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator
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
BEGIN = """
set -e
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
mount -t proc proc /proc
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
apt-get -q update
"""
END = """\
apt-get clean
rm -f /usr/sbin/policy-rc.d /etc/ssh/ssh_host_*
rm -rf /var/lib/apt/lists/*
umount /proc
"""
INSTALL = f"""{BEGIN}apt-get -q -y dist-upgrade
apt-get -q -y --no-install-recommends install {PACKAGES}
# The maintainer scripts find no network in a chroot and would switch every protocol off.
postconf -e inet_protocols=all
# The kernel's log belongs to the machine, not to a host.
sed -i '/imklog/s/^/#/' /etc/rsyslog.conf
{END}"""
LAYER = BEGIN + "apt-get -q -y --no-install-recommends install @PACKAGES@\n" + END
# Layers are mounted over a base as they were built over it.
OVER = """
set -e
mkdir "$2/upper" "$2/work" "$2/root"
chmod 755 "$2/upper"
mount -t overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" overlay "$2/root"
chroot "$2/root" sh -c "$3"
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
    _cached(path, lambda draft: _build(RELEASES[name], draft))
    return path


def layer(name: str, packages: str) -> str:
    """Return the base called ``name`` with more packages: the layers of an overlay, top first.

    The layer is built now if it does not exist. Raises HostsError where it cannot be built.
    """
    below = base(name)
    recipe = "\0".join((below.name, packages, LAYER, OVER))
    hashed = hashlib.sha256(recipe.encode()).hexdigest()[:12]
    path = cache() / f"{name}-{packages.split()[0]}-{hashed}"
    _cached(path, lambda draft: _install(below, packages, draft))
    return f"{path}/upper:{below}"


def install_tools() -> None:
    """Install the Debian packages that the machine itself lacks."""
    missing = sorted({package for tool, package in TOOLS.items() if not shutil.which(tool)})
    if missing:
        call(["apt-get", "-q", "update"])
        call(["apt-get", "-q", "-y", "--no-install-recommends", "install", *missing])


def _cached(path: Path, build: Callable[[Path], None]) -> None:
    """Build the tree PATH under a draft's name, unless it is there or another process builds it."""
    if path.is_dir():
        return
    with _lock(path):
        if path.is_dir():
            return
        print(f"building {path.name}: up to a minute, once", file=sys.stderr)
        draft = path.with_name(path.name + ".draft")
        # The lock is ours, so a draft that exists was left by a run that died.
        shutil.rmtree(draft, ignore_errors=True)
        build(draft)
        draft.rename(path)


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{path}.lock", "w", encoding="utf-8") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _build(release: str, draft: Path) -> None:
    mirrors = find_mirrors(release)
    _isolated(["debootstrap", "--variant=minbase", release, str(draft), mirrors[0].uri])
    _prepare(draft, mirrors)
    _isolated(["chroot", str(draft), "sh", "-c", INSTALL])


def _install(below: Path, packages: str, draft: Path) -> None:
    draft.mkdir()
    script = LAYER.replace("@PACKAGES@", packages)
    _isolated(["sh", "-c", OVER, "sh", str(below), str(draft), script])
    for name in ("root", "work"):
        shutil.rmtree(draft / name)


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
