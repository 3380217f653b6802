# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ``ansible-test sanity`` on a copy of the checkout, without an ignore file.

ansible-test insists on a real folder named like the collection, and on fetching pip's bootstrap
script from a host of its own. So the files git knows or would add are copied to the cache, for
each run anew, and a home folder made there holds a bootstrap script that runs pip from its wheel
instead.

Arguments are handed to ansible-test: ``run_sanity.py --test validate-modules plugins/modules/``.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import interpreters

ROOT = Path(__file__).resolve().parent.parent
BOOTSTRAP = """\
import runpy
import sys

sys.path.insert(0, {wheel!r})
dropped = ("--no-setuptools", "--no-wheel")
sys.argv = ["pip", "install"] + [word for word in sys.argv[1:] if word not in dropped]
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""


@contextlib.contextmanager
def held(path: Path, wait: bool = True) -> Iterator[bool]:
    """Lock a folder for the length of a with statement, or until this process dies.

    Yields whether the lock was taken: false only where WAIT is and another process has it.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(handle)


@contextlib.contextmanager
def own_folder(parent: Path) -> Iterator[Path]:
    """Make a folder for this run in PARENT, remove it at the end, and those of killed runs now."""
    parent.mkdir(exist_ok=True)
    with contextlib.ExitStack() as stack:
        with held(parent):
            for path in parent.iterdir():
                with held(path, wait=False) as dead:
                    if dead:
                        shutil.rmtree(path)
            folder = Path(tempfile.mkdtemp(dir=parent))
            stack.enter_context(held(folder))
        try:
            yield folder
        finally:
            with held(parent):
                shutil.rmtree(folder)


def copy_checkout(target: Path) -> None:
    """Make TARGET hold exactly the files of the checkout that git tracks or would add."""
    listing = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard", "-z"],
        check=True,
        stdout=subprocess.PIPE,
    )
    for name in sorted(set(filter(None, os.fsdecode(listing.stdout).split("\0")))):
        source = ROOT / name
        if source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name, follow_symlinks=False)


def pip_version() -> str:
    """Return the version of pip that this ansible-test puts into its environments."""
    from ansible_test._internal import python_requirements
    from ansible_test._internal.host_configs import VirtualPythonConfig

    python = VirtualPythonConfig(version="{}.{}".format(*sys.version_info), path=sys.executable)
    return python_requirements.get_venv_packages(python)["pip"]


def make_home(home: Path) -> None:
    """Fill the home folder of ansible-test: pip's bootstrap and the machine's pip settings."""
    version = pip_version()
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    with held(home):
        wheel = cache / f"pip-{version}-py3-none-any.whl"
        if not wheel.exists():
            pip = [sys.executable, "-m", "pip", "download", "-qq", "--no-deps", "-d", str(cache)]
            subprocess.run([*pip, f"pip=={version}"], check=True, stdout=sys.stderr)
        bootstrap = BOOTSTRAP.format(wheel=str(wheel))
        replace(cache / f"get_pip_{version.replace('.', '_')}.py", bootstrap)
        link(home / ".pip", Path("~/.config/pip").expanduser())
        # ansible-test drops the PIP_ variables, so they reach pip as a file.
        settings = {
            k[4:].lower().replace("_", "-"): v for k, v in os.environ.items() if k[:4] == "PIP_"
        }
        lines = [f"{key} = {value}" for key, value in sorted(settings.items()) if value]
        replace(home / ".config" / "pip" / "pip.conf", "\n".join(["[global]", *lines, ""]))


def replace(path: Path, text: str) -> None:
    """Give a private file a new text in one step: another run may be reading it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.draft")
    draft.touch(mode=0o600)
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def link(path: Path, target: Path) -> None:
    """Make PATH a link to TARGET where TARGET exists."""
    if target.exists() and not path.is_symlink():
        path.symlink_to(target)


def sanity(base: Path, home: Path) -> int:
    """Copy the checkout into BASE and run there; return ansible-test's exit status."""
    target = base / "ansible_collections" / "postmaster" / "mailports"
    copy_checkout(target)
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    env.update(HOME=str(home), PATH=search_path(), ANSIBLE_COLLECTIONS_PATH=str(base))
    command = ["ansible-test", "sanity", *sys.argv[1:]]
    return subprocess.run(command, cwd=target, env=env, check=False).returncode


def search_path() -> str:
    """Return a PATH where ansible-test, which looks for interpreters by name, finds real ones."""
    folders = [str(Path(sys.executable).parent)]
    usable = interpreters.usable(*interpreters.NODES)
    folders += [str(Path(python.path).parent) for python in usable]
    return os.pathsep.join(dict.fromkeys([*folders, *interpreters.path_folders()]))


def main() -> int:
    """Prepare, run in a folder of this run's own, remove it."""
    cache = Path(os.environ["MAILPORTS_CACHE"])
    home = cache / "sanity-home"
    make_home(home)
    with own_folder(cache / "sanity-runs") as base:
        return sanity(base, home)


if __name__ == "__main__":
    sys.exit(main())
