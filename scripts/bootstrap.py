# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build, once, the Python environment of one group of requirements and run a command inside it.

Called through ``scripts/env GROUP COMMAND [ARGUMENT...]``; GROUP names requirements/GROUP.txt.
Everything it makes lies in ``$MAILPORTS_CACHE`` (default ``$XDG_CACHE_HOME/postmaster.mailports``,
itself by default below ``~/.cache``) and never in the checkout:

* ``env-GROUP-HASH``: the environment; HASH covers the interpreter and the requirement files, so a
  changed requirement builds a new one. A build that was cut short has no completion mark and is
  made again.
* ``collections-HASH/ansible_collections/postmaster/mailports``: a link to this checkout, which
  makes it importable under its collection name.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import interpreters

ROOT = Path(__file__).resolve().parent.parent
MARK = ".complete"


def cache_dir() -> Path:
    """Return the project's cache folder, made if it is missing."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    path = Path(os.environ.get("MAILPORTS_CACHE") or os.path.join(home, "postmaster.mailports"))
    path.mkdir(parents=True, exist_ok=True)
    return path.resolve()


def requirement_files(group: str) -> list[Path]:
    """Return requirements/GROUP.txt and every file it includes with ``-r``, outermost first."""
    path = ROOT / "requirements" / f"{group}.txt"
    if not path.is_file():
        raise SystemExit(f"scripts/env: there is no group {group!r} ({path} is missing)")
    files = [path]
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            files += requirement_files(Path(line[3:].strip()).stem)
    return files


def fingerprint(python: interpreters.Interpreter, group: str) -> str:
    """Return a short hash of everything that decides what the environment holds."""
    digest = hashlib.sha256(f"{python.path} {python.build}".encode())
    for path in requirement_files(group):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def build(env: Path, python: interpreters.Interpreter, group: str) -> None:
    """Create the environment in place; its scripts hold its path, so it cannot be moved later."""
    say(f"building the {group!r} environment with Python {python.text}, once ...")
    shutil.rmtree(env, ignore_errors=True)
    clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    pip = [str(env / "bin" / "python"), "-m", "pip", "install", "-qq", "--no-input"]
    pip += ["--disable-pip-version-check", "--no-warn-script-location"]
    pip += ["-r", str(ROOT / "requirements" / f"{group}.txt")]
    for command in ([python.path, "-m", "venv", str(env)], pip):
        # Standard output belongs to the command that will run in here.
        done = subprocess.run(command, env=clean, stdout=sys.stderr, check=False)
        if done.returncode:
            raise SystemExit(f"scripts/env: failed: {' '.join(command)}")
    (env / MARK).write_text(python.text + "\n", encoding="utf-8")


def environment(cache: Path, python: interpreters.Interpreter, group: str) -> Path:
    """Return the ready environment of GROUP, building it under a lock when it is not there."""
    env = cache / f"env-{group}-{fingerprint(python, group)}"
    if (env / MARK).is_file():
        return env
    with open(f"{env}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (env / MARK).is_file():
            build(env, python, group)
    return env


def collections(cache: Path) -> Path:
    """Return the folder to put on ANSIBLE_COLLECTIONS_PATH, with its link to this checkout."""
    tree = cache / f"collections-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]}"
    link = tree / "ansible_collections" / "postmaster" / "mailports"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not (link.is_symlink() and os.readlink(link) == str(ROOT)):
        fresh = link.with_name(f".{link.name}.{os.getpid()}")
        fresh.symlink_to(ROOT)
        os.replace(fresh, link)
    return tree


def variables(cache: Path, env: Path) -> dict[str, str]:
    """Return the process environment for a command that runs inside ENV."""
    tree = collections(cache)
    values = dict(os.environ)
    values.pop("PYTHONHOME", None)
    values.update(
        # Ansible refuses to start in a locale that is not UTF-8; this one is always there.
        LC_ALL="C.UTF-8",
        PATH=f"{env / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        VIRTUAL_ENV=str(env),
        PYTHONPATH=f"{tree}{os.pathsep}{ROOT}",
        ANSIBLE_COLLECTIONS_PATH=str(tree),
        MYPYPATH=str(tree),
        # Of this checkout alone: mypy would take the modules of another one for the same.
        MYPY_CACHE_DIR=str(tree / ".mypy_cache"),
        RUFF_CACHE_DIR=str(cache / "ruff"),
        HYPOTHESIS_STORAGE_DIRECTORY=str(cache / "hypothesis"),
        MAILPORTS_CACHE=str(cache),
        MAILPORTS_COLLECTIONS=str(tree),
    )
    return values


def say(text: str) -> None:
    """Write one line for the reader on standard error."""
    print(f"postmaster.mailports: {text}", file=sys.stderr, flush=True)


def main() -> None:
    """Parse the command line, make the environment ready and become the command."""
    parser = argparse.ArgumentParser(prog="scripts/env", description=__doc__.splitlines()[0])
    parser.add_argument("--python", help="use this interpreter and no other")
    own = "use the distribution's own interpreter where it will do, not the newest of the machine"
    parser.add_argument("--own", action="store_true", help=own)
    parser.add_argument("group", help="run, test, bench, or another name in requirements/")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="default: print the environment")
    options = parser.parse_args()
    if options.python:
        python = interpreters.named(options.python)
    else:
        python = interpreters.choose(options.own)
    cache = cache_dir()
    env = environment(cache, python, options.group)
    if not options.command:
        print(env)
        return
    values = variables(cache, env)
    try:
        os.execvpe(options.command[0], options.command, values)
    except OSError as error:
        raise SystemExit(
            f"scripts/env: cannot run {options.command[0]}: {error.strerror}"
        ) from None


if __name__ == "__main__":
    main()
