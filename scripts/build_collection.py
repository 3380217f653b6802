# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the collection into dist/ or a folder that is named: same files, same bytes.

``ansible-galaxy collection build`` puts the time and the order of the folders on this disk into
what it makes, and every file that lies about. So it is given a copy of the files that git knows or
would add, and its archive is packed again: in order, without times.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import os
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import run_sanity
from build_wheel import EPOCH, ROOT

_FIRST = ("MANIFEST.json", "FILES.json")
Members = dict[str, tuple[tarfile.TarInfo, bytes]]


def build(folder: Path) -> Path:
    """Build the collection and return the path of its archive."""
    with tempfile.TemporaryDirectory() as top:
        copy = Path(top) / "copy"
        run_sanity.copy_checkout(copy)
        command = ["ansible-galaxy", "collection", "build", str(copy), "--output-path", top]
        done = subprocess.run(
            command,
            env={**os.environ, "ANSIBLE_HOME": top},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"the collection could not be built:\n{done.stdout}")
        (made,) = Path(top).glob("*.tar.gz")
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / made.name
        path.write_bytes(packed(_members(made)))
    return path


def _members(archive: Path) -> Members:
    """Return what an archive holds, by name."""
    with tarfile.open(archive) as tar:
        return {one.name: (one, _data(tar, one)) for one in tar.getmembers()}


def _data(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member) if member.isfile() else None
    return file.read() if file else b""


def packed(members: Members) -> bytes:
    """Return an archive of a collection that depends on nothing but names, modes and contents."""
    listing = json.loads(members["FILES.json"][1])
    listing["files"].sort(key=lambda one: str(one["name"]))
    files = _json(listing)
    manifest = json.loads(members["MANIFEST.json"][1])
    manifest["file_manifest_file"]["chksum_sha256"] = hashlib.sha256(files).hexdigest()
    texts = {"MANIFEST.json": _json(manifest), "FILES.json": files}
    out = io.BytesIO()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name in [*_FIRST, *sorted(members.keys() - set(_FIRST))]:
            member, data = members[name]
            data = texts.get(name, data)
            # Where a time is kept more exactly than the head can.
            member.pax_headers = {}
            member.mtime, member.size = int(EPOCH), len(data)
            tar.addfile(member, io.BytesIO(data))
    return out.getvalue()


def _json(value: Any) -> bytes:
    # As ansible-galaxy writes it.
    return json.dumps(value, indent=True).encode()


def main() -> None:
    """Build, and print where the archive is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "dist")
    print(build(parser.parse_args().folder.resolve()))


if __name__ == "__main__":
    main()
