# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Search for texts that make the linter fail or take long, guided by the code that they reach.

    make fuzz
    scripts/env fuzz python tests/lint/fuzz.py FOLDER [libFuzzer options, -max_total_time=600]

FOLDER keeps the texts that reached something new; an empty one is filled with the corpus first. A
text's first byte chooses its kind. Exit status: 0, or another one with the text in a file crash-*
or timeout-* in FOLDER.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(
    include=["ansible_collections.postmaster.mailports.plugins.plugin_utils._lint"]
):
    from ansible_collections.postmaster.mailports.plugins.module_utils._model.policy import POLICIES
    from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.engine import (
        Text,
        lint_text,
    )
    from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.kinds import (
        KINDS,
        kind_of,
    )

from tests.lint.test_corpus import OPEN, cases

OPTIONS = ["-timeout=10", "-max_len=4096", "-rss_limit_mb=2048"]


def one(data: bytes) -> None:
    """Lint one text; whatever is raised is a defect."""
    if not data:
        return
    text = data[1:].decode("utf-8", errors="replace")
    lint_text(Text("x", text), POLICIES["rfc8314"], KINDS[data[0] % len(KINDS)])


def seed(folder: Path) -> None:
    """Write the texts of the open corpus, each below the kind that its name has."""
    for case in cases(OPEN):
        kind = kind_of(case.path, case.text)
        if kind:
            data = bytes([KINDS.index(kind)]) + case.text.encode()
            (folder / hashlib.sha256(data).hexdigest()).write_bytes(data)


def main() -> None:
    """Run until the time is over, or something fails."""
    if len(sys.argv) < 2:
        raise SystemExit("usage: fuzz.py FOLDER [libFuzzer options]")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    if not any(folder.iterdir()):
        seed(folder)
    where = f"-artifact_prefix={folder}/"
    atheris.Setup([sys.argv[0], *OPTIONS, where, *sys.argv[2:], str(folder)], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
