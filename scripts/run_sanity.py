# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ``ansible-test sanity`` on a copy of the checkout, without an ignore file.

ansible-test insists on a real folder named like the collection, and on fetching pip's bootstrap
script from a host of its own. So the files git knows or would add are copied to the cache, and a
home folder made there holds a bootstrap script that runs pip from its wheel instead.

Arguments are handed to ansible-test: ``run_sanity.py --test validate-modules plugins/modules/``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
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


def copy_checkout(target: Path) -> None:
    """Make TARGET hold exactly the files of the checkout that git tracks or would add."""
    listing = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard", "-z"],
        check=True,
        stdout=subprocess.PIPE,
    )
    shutil.rmtree(target, ignore_errors=True)
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
    wheel = cache / f"pip-{version}-py3-none-any.whl"
    if not wheel.exists():
        command = [sys.executable, "-m", "pip", "download", "-qq", "--no-deps", "-d", str(cache)]
        subprocess.run([*command, f"pip=={version}"], check=True, stdout=sys.stderr)
    script = cache / f"get_pip_{version.replace('.', '_')}.py"
    script.write_text(BOOTSTRAP.format(wheel=str(wheel)), encoding="utf-8")
    link(home / ".pip", Path("~/.config/pip").expanduser())
    # ansible-test drops the PIP_ variables, so they reach pip as a file.
    settings = {
        k[4:].lower().replace("_", "-"): v for k, v in os.environ.items() if k[:4] == "PIP_"
    }
    lines = [f"{key} = {value}" for key, value in sorted(settings.items()) if value]
    file = home / ".config" / "pip" / "pip.conf"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text("\n".join(["[global]", *lines, ""]), encoding="utf-8")


def link(path: Path, target: Path) -> None:
    """Make PATH a link to TARGET where TARGET exists."""
    if target.exists() and not path.is_symlink():
        path.symlink_to(target)


def main() -> int:
    """Copy, prepare, run; return ansible-test's exit status."""
    cache = Path(os.environ["MAILPORTS_CACHE"])
    base = cache / Path(os.environ["MAILPORTS_COLLECTIONS"]).name.replace("collections", "sanity")
    target = base / "ansible_collections" / "postmaster" / "mailports"
    copy_checkout(target)
    home = cache / "sanity-home"
    make_home(home)
    folders = [Path(sys.executable).parent]
    # Real interpreters before a version manager's shims, which ansible-test would trip over.
    folders += [Path(python.path).parent for python in interpreters.usable(*interpreters.NODES)]
    path = os.pathsep.join([*map(str, folders), os.environ.get("PATH", os.defpath)])
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    env.update(HOME=str(home), PATH=path, ANSIBLE_COLLECTIONS_PATH=str(base))
    command = ["ansible-test", "sanity", *sys.argv[1:]]
    return subprocess.run(command, cwd=target, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
