# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A postconf that knows a few parameters, for tests without Postfix: files in, words out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.files.main_cf import (
    MainCf,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.files.master_cf import (
    MasterCf,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.postconf import Postfix

KNOWN = {
    "inet_interfaces": "all",
    "smtpd_banner": "$myhostname ESMTP",
    "smtpd_tls_security_level": "",
    "smtpd_tls_wrappermode": "no",
    "syslog_name": "postfix",
}
MAIN = "smtpd_banner = mine\n"
MASTER = "smtp inet n - y - - smtpd\nqmgr unix n - n 300 1 qmgr\n"


@dataclass
class Postconf:
    """Runs like AnsibleModule.run_command; ``errors`` is what it adds on standard error, ``status``
    its exit status, ``seen`` the argument lists so far."""

    errors: str = ""
    status: int = 0
    seen: list[list[str]] = field(default_factory=list)

    def __call__(self, argv: Sequence[str], **options: Any) -> tuple[int, str, str]:
        """Return exit status, output and errors."""
        self.seen.append(list(argv))
        if "-d" in argv:
            return 0, "".join(f"{name} = {value}\n" for name, value in KNOWN.items()), ""
        folder = Path(argv[argv.index("-c") + 1])
        main = MainCf.parse((folder / "main.cf").read_text(encoding="utf-8")).values
        entries = MasterCf.parse((folder / "master.cf").read_text(encoding="utf-8")).entries
        names = [*main, *(name for entry in entries for name in entry.values)]
        said = "".join(
            f"postconf: warning: {folder}/main.cf: unused parameter: {name}=x\n"
            for name in names
            if name not in KNOWN
        )
        out = "".join(f"{name} = {value}\n" for name, value in main.items())
        if "-M" in argv:
            out = "".join(f"{_row(entry)}\n" for entry in entries)
        return self.status, out, said + self.errors.replace("FOLDER", str(folder))


def _row(entry: Any) -> str:
    options = "".join(f" -o {{ {o.name} = {o.value} }}" for o in entry.options)
    return " ".join(token.text for token in entry.fields) + options


def installed(folder: Path, run: Any, main: str = MAIN, master: str = MASTER) -> Postfix:
    """Return a Postfix with these two files in ``folder``."""
    (folder / "main.cf").write_text(main, encoding="utf-8")
    (folder / "master.cf").write_text(master, encoding="utf-8")
    return Postfix("postconf", (3, 10), "3.10.13", str(folder), run)
