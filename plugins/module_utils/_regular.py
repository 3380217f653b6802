# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The regular audit: what a timer runs on a vantage, without a controller and without Ansible.

Reads one JSON file (written by the role audit), probes and judges every host in it, keeps reports
and a history in a folder, and sends only what has changed by mail or to a webhook. Standard library
only.
"""

# A program of its own, and no part of a module.
# pylint: disable=ansible-bad-function

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from ._audit.document import Document, document, to_json
from ._audit.drift import change_rows
from ._audit.folder import completed, latest, remember, write
from ._audit.waivers import waivers_from
from ._check.job import conclude, plan
from ._check.options import ParamsError
from ._formats.audit_text import audit_text
from ._formats.prometheus import to_prometheus
from ._model.safe_text import printable
from ._probe.run import run
from ._probe.tls import TrustStoreError

COMPLIANT, FAILED, FINDINGS = 0, 1, 2
# Each host has threads of its own; this bounds how many hosts are under way.
HOSTS_AT_ONCE = 8
WEBHOOK_TIMEOUT = 30
DEFAULTS: dict[str, Any] = {
    "policy": None,
    "ehlo_name": None,
    "source_address": None,
    "timeout": 20.0,
    "deadline": 90.0,
    "parallel": 64,
    "ca_path": None,
    "verify": True,
    "starttls_injection": False,
    "login_user": None,
    "login_password": None,
}


def main(argv: Sequence[str]) -> int:
    """Audit as the file ``argv[0]`` says; return 0 as intended, 2 if not, 1 for a failed audit."""
    try:
        config = json.loads(Path(argv[0]).read_text(encoding="utf-8"))
        folder = Path(config["folder"])
        seen = probed(config)
        audit = completed(seen, waivers_from(config["waivers"]), latest(folder, seen))
        # Before the history has it: what could not be sent now is sent by the next audit.
        if audit["changes"]:
            tell(audit, config)
        write(folder, reports(audit))
        remember(folder, audit, config["keep"])
    except (IndexError, KeyError, OSError, ValueError, subprocess.SubprocessError) as error:
        words = f"{type(error).__name__}: {printable(str(error))}"
        sys.stderr.write(f"mailports-audit: {words}\n")
        return FAILED
    sys.stdout.write(audit_text(audit))
    return COMPLIANT if audit["compliant"] else FINDINGS


def probed(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the audit of all the hosts of a configuration."""
    with ThreadPoolExecutor(HOSTS_AT_ONCE) as pool:
        results = pool.map(lambda item: _host(item[0], item[1], config), config["hosts"].items())
        hosts = [{**one, "vantage": config["vantage"]} for one in results]
    generated = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return document(hosts, generated, config["fail_on"])


def _host(name: str, intent: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    try:
        params = {**DEFAULTS, **config["probe"], "intent": intent, "fail_on": config["fail_on"]}
        planned = plan(params)
        result, _failed = conclude(planned, run(planned.request))
    except (ParamsError, TrustStoreError) as error:
        return {"host": name, "msg": str(error)}
    return {"host": name, **result}


def reports(audit: Document) -> dict[str, str]:
    """Return the reports that a vantage keeps, text by file name."""
    return {
        "findings.json": to_json(audit),
        "metrics.prom": to_prometheus(audit),
        "report.txt": audit_text(audit),
    }


def tell(audit: Document, config: Mapping[str, Any]) -> None:
    """Send what changed. Raises OSError and SubprocessError when that cannot be done."""
    rows = [f"{one['kind']}: {one['host']}: {one['what']}" for one in change_rows(audit["changes"])]
    verdict = "as intended" if audit["compliant"] else "NOT as intended"
    subject = printable(f"mail ports {verdict}, {len(rows)} changed, from {config['vantage']}")
    if config["mail_to"]:
        _mail(subject, audit_text(audit), config)
    if config["webhook"]:
        text = "\n".join([subject, *(printable(row) for row in rows)])
        _post(config["webhook"], {"text": text, "compliant": audit["compliant"]}, audit)


def _mail(subject: str, text: str, config: Mapping[str, Any]) -> None:
    message = EmailMessage()
    message["Subject"] = subject
    message["To"] = ", ".join(config["mail_to"])
    if config["mail_from"]:
        message["From"] = config["mail_from"]
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    command = [config["sendmail"], "-t", "-oi"]
    # There is no module here whose run_command this could be.
    subprocess.run(  # pylint: disable=ansible-bad-function
        command, input=message.as_bytes(), check=True, timeout=60
    )


def _post(url: str, content: Mapping[str, Any], audit: Document) -> None:
    data = json.dumps({**content, "changes": audit["changes"]}).encode()
    request = urllib.request.Request(  # noqa: S310 - the role allows http and https alone
        url, data, {"Content-Type": "application/json"}
    )
    with urllib.request.build_opener().open(request, timeout=WEBHOOK_TIMEOUT):
        pass
