# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The regular audit: what a timer runs on a vantage, without a controller and without Ansible.

Reads one JSON file (written by the role audit), probes and judges every host in it, keeps reports
and a history in a folder, and sends what has changed by mail or to a webhook. Standard library
only.
"""

# A program of its own, and no part of a module.
# pylint: disable=ansible-bad-function

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from .._audit.document import Document, DocumentError, document, seconds, to_json
from .._audit.folder import completed, latest, load, remember, write
from .._audit.waivers import WaiverError, waivers_from
from .._check.job import plan
from .._check.options import ParamsError
from .._fleet.run import LIMITS, audit_many
from .._formats.audit_text import audit_text
from .._formats.prometheus import failed_audit, to_prometheus
from .._model.finding import FAIL_ON
from .._model.safe_text import printable
from .._probe.tls import TrustStoreError
from .notices import tell, tell_failure

COMPLIANT, FAILED, FINDINGS = 0, 1, 2
_KEYS = (
    "hosts",
    "folder",
    "keep",
    "vantage",
    "fail_on",
    "waivers",
    "probe",
    "mail_to",
    "mail_from",
    "sendmail",
    "webhook",
)
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
    "starttls_enforcement": True,
    "login_user": None,
    "login_password": None,
}


class ConfigError(ValueError):
    """A configuration with which every audit would fail; one line for each thing wrong."""


# Those whose text was written for people and holds no secret.
_KNOWN_ERRORS = (ConfigError, DocumentError, OSError, ParamsError, TrustStoreError, WaiverError)


def main(argv: Sequence[str]) -> int:
    """Audit as the file ``argv[-1]`` says; return 0 as intended, 2 if not, 1 for a failed audit.

    With ``--check`` before the file, only tell whether the file can be used here (0 or 1).
    """
    try:
        config = read(Path(argv[-1] if argv else "/etc/mailports-audit.json"))
        if argv[:1] == ["--check"]:
            return COMPLIANT
    except (ConfigError, OSError) as error:
        return _failed(_words(error))
    folder = Path(config["folder"])
    try:
        audit = audited(config, folder)
        # Before anybody is told: a dead mail server must not freeze the reports.
        write(folder, reports(audit))
        # As text from a template, before ansible-core 2.19.
        remember(folder, audit, int(config["keep"]))
    # Whatever it is, nobody looks at the screen of a timer.
    except Exception as error:
        why = _words(error)
        _replace_metrics(folder)
        return _failed(why, *tell_failure(folder, why, config))
    errors = tell(folder, audit, config)
    sys.stdout.write(audit_text(audit))
    if errors:
        return _failed(*errors)
    return COMPLIANT if audit["compliant"] else FINDINGS


def _failed(*errors: str) -> int:
    for error in errors:
        sys.stderr.write(f"mailports-audit: {error}\n")
    return FAILED


def _words(error: Exception) -> str:
    """Return an error as one line; of an internal one the type alone: it may hold a secret."""
    if isinstance(error, _KNOWN_ERRORS):
        return printable(str(error).replace("\n", "; "), 1000)
    return f"internal error: {type(error).__name__}"


def _replace_metrics(folder: Path) -> None:
    """Replace the metrics of the last audit, which are no longer true, by when it succeeded."""
    try:
        last = seconds(load(folder / "findings.json")["generated"])
    except DocumentError:
        last = None
    try:
        write(folder, {"metrics.prom": failed_audit(last)})
    except OSError as error:
        _failed(_words(error))


def read(path: Path) -> dict[str, Any]:
    """Return the configuration in a file. Raises OSError, and ConfigError for one that every audit
    would fail with."""
    try:
        config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        # What is wrong with it may be a secret.
        raise ConfigError(f"{path}: this is not JSON") from None
    errors = [f"{path}: {error}" for error in flaws(config)]
    if errors:
        raise ConfigError("\n".join(errors))
    return config


def flaws(config: Any) -> Iterator[str]:
    """Yield what is wrong with a configuration, one line each; connects nowhere."""
    if not isinstance(config, dict) or not isinstance(config.get("hosts"), dict):
        yield "this is not the configuration of a regular audit"
        return
    for key in _KEYS:
        if key not in config:
            yield f"{key} is missing"
            return
    if config["fail_on"] not in FAIL_ON:
        yield f"fail_on: {config['fail_on']!r} is not one of {', '.join(FAIL_ON)}"
        return
    try:
        waivers_from(config["waivers"])
    except WaiverError as error:
        yield str(error)
    for name, intent in config["hosts"].items():
        try:
            planned = plan(_params(intent, config)).request
        except ParamsError as error:
            yield f"hosts.{printable(str(name), 100)}: {error}"
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            what = f"{type(error).__name__}: {printable(str(error), 100)}"
            yield f"hosts.{printable(str(name), 100)}: the intent or the policy is wrong ({what})"
        else:
            if planned.ca_path and not os.path.exists(planned.ca_path):
                yield f"probe: ca_path: {printable(planned.ca_path)} does not exist here"
                return


def _params(intent: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    return {**DEFAULTS, **config["probe"], "intent": intent, "fail_on": config["fail_on"]}


def audited(config: Mapping[str, Any], folder: Path) -> Document:
    """Return the audit of all hosts, with its waivers and its drift since the last one."""
    seen = probed(config)
    return completed(seen, waivers_from(config["waivers"]), latest(folder, seen))


def probed(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the audit of all the hosts of a configuration."""
    audits = ({**_params(intent, config), "name": name} for name, intent in config["hosts"].items())
    hosts = [{**one, "vantage": config["vantage"]} for one in audit_many(audits, LIMITS)]
    generated = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return document(hosts, generated, config["fail_on"])


def reports(audit: Document) -> dict[str, str]:
    """Return the reports that a vantage keeps, text by file name."""
    return {
        "findings.json": to_json(audit),
        "metrics.prom": to_prometheus(audit),
        "report.txt": audit_text(audit),
    }
