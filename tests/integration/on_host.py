# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a module on a host as Ansible does there, without the controller's half of the work.

Most of what an ad-hoc command costs is Ansible itself: to start, to pack, to send, to compile. The
tests that are about a module's work on the host need none of it; others run Ansible (running.py).
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ansible

from tests import hosts
from tests.integration.running import ROOT

# The folder of the host that modules are imported from.
PLACE = "/opt/mailports"
COLLECTION = "ansible_collections.postmaster.mailports.plugins"
# Compiled once for all runs, whatever the tests themselves were told.
_ENVIRONMENT = ["env", "-u", "PYTHONDONTWRITEBYTECODE", f"PYTHONPATH={PLACE}"]


def install(host: hosts.Host) -> None:
    """Put on a host what its modules import: of Ansible, and of the collection."""
    place = host.root / PLACE[1:]
    plugins = place / COLLECTION.replace(".", "/")
    ignore = shutil.ignore_patterns("__pycache__")
    for kind in ("modules", "module_utils"):
        shutil.copytree(ROOT / "plugins" / kind, plugins / kind, ignore=ignore)
    theirs = Path(ansible.__file__).parent
    shutil.copytree(theirs / "module_utils", place / "ansible/module_utils", ignore=ignore)
    # Ansible's own wrapper leaves the package empty but for this, too.
    shutil.copy(theirs / "release.py", place / "ansible/__init__.py")


def python(
    host: hosts.Host, argv: list[str], request: Mapping[str, Any]
) -> subprocess.CompletedProcess[str]:
    """Run the host's Python with a request in JSON as its input; return the finished process."""
    return host.run([*_ENVIRONMENT, "python3", *argv], input=json.dumps(request))


def module(
    host: hosts.Host, name: str, args: Mapping[str, Any], *, check: bool = False
) -> dict[str, Any]:
    """Run one of the collection's modules on a host and return its result."""
    options = {**args, "_ansible_check_mode": check}
    done = python(host, ["-m", f"{COLLECTION}.modules.{name}"], {"ANSIBLE_MODULE_ARGS": options})
    assert "Traceback" not in done.stderr, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == int(result.get("failed", False)), done
    return result
