# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the molecule scenarios against the two real mail hosts, from inside their network.

Arguments are handed to molecule; without any it runs ``molecule test --all``. MAILPORTS_INIT names
the first process of the hosts: tini, where it is not set, or systemd.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from tests import hosts

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Bring the hosts up, run molecule beside them, take them down; return its exit status."""
    with hosts.running(init=os.environ.get("MAILPORTS_INIT") or "tini") as site:
        command = [*site.enter, "molecule", *(sys.argv[1:] or ["test", "--all"])]
        env = {
            **os.environ,
            "MAILPORTS_INVENTORY": str(site.inventory),
            "MAILPORTS_CA": str(site.ca_file),
            "MAILPORTS_CLIENT": shlex.join(site.client.enter),
        }
        return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
