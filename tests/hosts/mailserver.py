# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the configuration of Postfix and Dovecot as intended, for both generations of Dovecot."""

from __future__ import annotations

import os
import time
from pathlib import Path

from .certs import Authority, Pair

FILES = Path(__file__).parent / "files"
USER = "alice"
PASSWORD = "Wonderland-1"
DOVECOT = {"debian12": "2.3", "debian13": "2.4"}
# What is put back after a fault; everything a fault may change lies below these.
CONFIG_DIRS = ("/etc/postfix", "/etc/dovecot", "/etc/mailports")
MAIL_UID = 5000


def write_config(tree: Path, base: str, name: str, authority: Authority) -> None:
    """Write into ``tree`` the mail configuration of the host ``name`` that boots from ``base``."""
    version = DOVECOT[base]
    dovecot = [_template(f"dovecot-{version}.conf"), _template("dovecot-common.conf")]
    texts = {
        "etc/postfix/main.cf": _template("main.cf").replace("@NAME@", name),
        "etc/postfix/master.cf": _template("master.cf"),
        "etc/dovecot/dovecot.conf": "".join(dovecot),
        "etc/dovecot/users": f"{USER}:{{PLAIN}}{PASSWORD}::::::\n",
        "etc/mailname": f"{name}\n",
    }
    texts |= certificate_files(authority.certificate(name))
    for path, text in texts.items():
        target = tree / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        # A Postfix process that finds main.cf younger than two seconds sleeps until it is not.
        os.utime(target, (time.time() - 10,) * 2)
    mail = tree / "var/vmail"
    mail.mkdir(parents=True)
    os.chown(mail, MAIL_UID, MAIL_UID)


def certificate_files(pair: Pair) -> dict[str, str]:
    """Return the files of a host, by path without the leading slash, that hold its certificate."""
    key = pair.key.read_text(encoding="ascii")
    cert = pair.cert.read_text(encoding="ascii")
    return {
        "etc/mailports/key.pem": key,
        "etc/mailports/cert.pem": cert,
        # Postfix wants the key before the certificate, in one file.
        "etc/mailports/chain.pem": key + cert,
    }


def _template(name: str) -> str:
    return (FILES / name).read_text(encoding="utf-8")
