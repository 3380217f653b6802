# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cut a release: `make release VERSION=1.0.0` (in the test environment).

Sets the version, makes the changelog of its fragments, commits and tags, and builds into dist/ the
collection, the wheel of the linter, and their checksums. It refuses what cannot be released before
it changes anything, and pushes and publishes nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
from pathlib import Path

import build_collection
import build_wheel
from ansible_collections.postmaster.mailports.plugins.module_utils._model.home import HOME

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
SUMS = "SHA256SUMS"
ARCHIVE = "postmaster-mailports-{}.tar.gz"
_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
_LINE = re.compile(r"(?m)^version: (\S+)$")


class Refused(Exception):
    """The release cannot be cut; the text says why."""


def main() -> None:
    """Cut the release that is named, and say what is left to do."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("version", help="such as 1.0.0")
    version = parser.parse_args().version
    try:
        check(version)
        release(version)
    except Refused as error:
        raise SystemExit(f"make release: {error}") from None
    for path in build(DIST):
        print(f"dist/{path.name}")
    print(f"Tagged {version}. Left to do: look at it (git show {version}), then push and publish:")
    print(f"  git push origin HEAD {version}")
    print(f"  ansible-galaxy collection publish dist/{ARCHIVE.format(version)}")
    if not HOME:
        print("Galaxy wants to know where the project lives: set HOME in _model/home.py first.")


def check(version: str) -> None:
    """Raise Refused where this version cannot be released from this checkout."""
    if not _VERSION.fullmatch(version):
        raise Refused(f"{version!r} is not a version such as 1.0.0")
    if git("status", "--porcelain"):
        raise Refused("the checkout has changes that are not committed")
    tags = git("tag").split()
    if version in tags:
        raise Refused(f"{version} is released already")
    newest = max(map(_numbers, filter(_VERSION.fullmatch, tags)), default=(0, 0, 0))
    if _numbers(version) < newest:
        raise Refused(f"{version} comes before {'.'.join(map(str, newest))}, which is released")
    if not list((ROOT / "changelogs" / "fragments").glob("*.yml")):
        raise Refused("changelogs/fragments has nothing to tell about it")


def release(version: str) -> None:
    """Set the version wherever it stands, make the changelog, commit and tag."""
    galaxy = ROOT / "galaxy.yml"
    text = galaxy.read_text(encoding="utf-8")
    (before,) = _LINE.findall(text)
    galaxy.write_text(_LINE.sub(f"version: {version}", text), encoding="utf-8")
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    named = text.replace(ARCHIVE.format(before), ARCHIVE.format(version))
    readme.write_text(named, encoding="utf-8")
    run("antsibull-changelog", "release", "--version", version)
    git("add", "--all", "galaxy.yml", "README.md", "CHANGELOG.rst", "changelogs")
    git("commit", "--quiet", "--message", f"Release {version}")
    git("tag", "--annotate", version, "--message", f"postmaster.mailports {version}")


def build(folder: Path) -> list[Path]:
    """Build what is released, and the file of checksums; return their paths."""
    folder.mkdir(exist_ok=True)
    made = [build_collection.build(folder), build_wheel.build(folder)]
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in made]
    sums = folder / SUMS
    sums.write_text("".join(lines), encoding="utf-8")
    return [*made, sums]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def git(*arguments: str) -> str:
    """Run git here and return what it says."""
    return run("git", *arguments)


def run(*command: str) -> str:
    """Run a command in the checkout. Raises Refused with what it says where it fails."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(f"{' '.join(command)}:\n{done.stdout}{done.stderr}")
    sys.stderr.write(done.stderr)
    return done.stdout.strip()


if __name__ == "__main__":
    main()
