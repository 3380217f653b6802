# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the Debian mirrors of this machine's own apt, so that the project names none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from .shell import HostsError

APT = Path("/etc/apt")


@dataclass(frozen=True)
class Mirror:
    """One archive: its address and the suite that is wanted from it (``trixie-security``)."""

    uri: str
    suite: str


def find_mirrors(release: str, apt: Path = APT) -> list[Mirror]:
    """Return the archive of ``release``, then its updates and, where known, its security archive.

    The machine may run another Debian release: only the addresses are taken from it. Raises
    HostsError where no Debian archive is named.
    """
    uris: dict[str, str] = {}
    for uri, suite in _entries(apt):
        if re.fullmatch(r"(bookworm|trixie|stable|testing|forky|sid)(/updates|-security)?", suite):
            uris.setdefault("-security" if "sec" in suite or "/" in suite else "", uri)
    if "" not in uris:
        raise HostsError(f"no Debian archive (bookworm or trixie) is named below {apt}")
    found = [Mirror(uris[""], release), Mirror(uris[""], f"{release}-updates")]
    if "-security" in uris:
        found.append(Mirror(uris["-security"], f"{release}-security"))
    return found


def _entries(apt: Path) -> list[tuple[str, str]]:
    """Return every (address, suite) of the one-line and the deb822 source files."""
    found: list[tuple[str, str]] = []
    for path in [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*.list"))]:
        if path.is_file():
            for line in path.read_text(encoding="utf-8").splitlines():
                words = re.sub(r"\[[^]]*\]", "", line).split()
                if len(words) > 3 and words[0] == "deb" and "main" in words[3:]:
                    found.append((words[1], words[2]))
    for path in sorted((apt / "sources.list.d").glob("*.sources")):
        for stanza in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
            fields = dict(re.findall(r"(?m)^(\w[\w-]*):[ \t]*(.*)", stanza))
            if "deb" in fields.get("Types", "").split() and fields.get("Enabled") != "no":
                found += [
                    (uri, suite)
                    for uri in fields.get("URIs", "").split()
                    for suite in fields.get("Suites", "").split()
                    if "main" in fields.get("Components", "").split()
                ]
    return found
