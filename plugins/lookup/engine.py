# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lookup: the engine as one file that Python can run, for machines without Ansible."""

from __future__ import annotations

DOCUMENTATION = r"""
name: engine
short_description: The engine as one file that runs without Ansible
version_added: 0.1.0
author:
  - postmaster.mailports contributors (@postmaster)
description:
  - Packs the engine of this collection, which needs Python 3.9 or later and nothing else, and
    returns the path of the package on the controller. It is removed when the run of Ansible ends.
  - The same version of the collection gives the same bytes.
  - Run with the path of a configuration, the package does a regular audit (see the role C(audit)).
options: {}
"""

EXAMPLES = r"""
- name: Install the engine
  ansible.builtin.copy:
    src: "{{ lookup('postmaster.mailports.engine') }}"
    dest: /usr/local/lib/mailports-audit.pyz
    mode: "0644"
"""

RETURN = r"""
_raw:
  description: The path, as a list of one.
  type: list
  elements: str
"""

import os
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

from ansible import constants
from ansible.plugins.lookup import LookupBase

MODULE_UTILS = Path(__file__).resolve().parents[1] / "module_utils"
PACKAGE = "mailports"
START = f"""\
import sys
from {PACKAGE}._model.oldest_python import too_old
if too_old():
    raise SystemExit(too_old())
from {PACKAGE}._regular.run import main
raise SystemExit(main(sys.argv[1:]))
"""


class LookupModule(LookupBase):
    """See DOCUMENTATION."""

    def run(self, terms, variables=None, **kwargs):
        """Return the path of the package."""
        self.set_options(var_options=variables, direct=kwargs)
        del terms
        handle, path = tempfile.mkstemp(
            dir=constants.DEFAULT_LOCAL_TMP, prefix="mailports-engine-", suffix=".pyz"
        )
        with os.fdopen(handle, "wb") as stream:
            pack(stream)
        return [path]


def pack(stream):
    """Write the package; all files in it bear the same time, so that only content counts."""
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        texts = {"__main__.py": START}
        for path in MODULE_UTILS.rglob("*.py"):
            name = PurePosixPath(PACKAGE, path.relative_to(MODULE_UTILS))
            texts[str(name)] = path.read_text("utf-8")
            # Inside a zip file Python imports only from folders with an __init__.py.
            for folder in name.parents[:-1]:
                texts.setdefault(f"{folder}/__init__.py", "")
        for name, text in sorted(texts.items()):
            package.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
