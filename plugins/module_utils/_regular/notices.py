# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Notices of the regular audit: what each channel was not yet told, sent by mail or to a webhook.

Each channel has a file that holds the audit it was last told of. What differs from that is sent,
again and again until the channel takes it; a dead channel holds up neither reports nor the others.
"""

# Part of a program of its own, and no part of a module.
# pylint: disable=ansible-bad-function

from __future__ import annotations

import http.client
import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Optional

from .._audit.document import Document, document, with_all_keys
from .._audit.drift import ADDED, change_rows, with_drift
from .._audit.folder import write
from .._formats.audit_text import audit_text
from .._model.safe_text import printable

TIMEOUT = 30
_SENDMAIL_TIMEOUT = 60


class NotSent(Exception):
    """A channel did not take a notice; the text says why, without any secret of the channel."""


@dataclass(frozen=True)
class Notice:
    """One message: its subject, the full text, and plain data for programs."""

    subject: str
    text: str
    data: Mapping[str, Any]


def tell(folder: Path, audit: Document, config: Mapping[str, Any]) -> list[str]:
    """Tell each channel what has changed since it was last told; return what failed."""
    return _tell_all(folder, config, lambda told: _of_changes(told, audit, config), audit, "")


def tell_failure(folder: Path, why: str, config: Mapping[str, Any]) -> list[str]:
    """Tell each channel, once, that the audit itself failed, and why; return what failed."""
    subject = printable(f"mail ports could not be audited from {config['vantage']}")
    notice = Notice(subject, f"{why}\n", {"compliant": False, "changes": [], "failed": why})
    return _tell_all(folder, config, lambda told: None if told.failed == why else notice, None, why)


@dataclass(frozen=True)
class _Told:
    """What a channel was told last: an audit, and why a later audit failed ("" if none did)."""

    audit: Optional[Document]
    failed: str


def _tell_all(
    folder: Path,
    config: Mapping[str, Any],
    notice_for: Callable[[_Told], Optional[Notice]],
    audit: Optional[Document],
    failed: str,
) -> list[str]:
    errors = []
    for name, (option, send) in _CHANNELS.items():
        if not config[option]:
            continue
        told = _read(folder / _file(name))
        notice = notice_for(told)
        try:
            if notice is not None:
                send(notice, config)
            _remember(folder, name, _Told(audit or told.audit, failed))
        except (NotSent, OSError) as error:
            errors.append(f"{name}: {error}")
    return errors


def _file(channel: str) -> str:
    return f"told-{channel}.json"


def _read(path: Path) -> _Told:
    """Return what a channel was told; a lost or damaged file means: nothing yet."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        audit = with_all_keys(data["audit"]) if data["audit"] else None
        return _Told(audit, str(data["failed"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return _Told(None, "")


def _remember(folder: Path, channel: str, told: _Told) -> None:
    data = {"audit": told.audit, "failed": told.failed}
    write(folder, {_file(channel): json.dumps(data, sort_keys=True) + "\n"})


def _of_changes(told: _Told, audit: Document, config: Mapping[str, Any]) -> Optional[Notice]:
    """Return the notice of what differs from the audit told last, None where nothing does."""
    changes = _changes(told.audit, audit)
    rows = ["the audit works again"] if told.failed else []
    again = len(rows)
    rows += [f"{one['kind']}: {one['host']}: {one['what']}" for one in change_rows(changes)]
    if not rows:
        return None
    verdict = "as intended" if audit["compliant"] else "NOT as intended"
    subject = printable(f"mail ports {verdict}, {len(rows)} changed, from {config['vantage']}")
    previous = (told.audit or {}).get("generated", "")
    shown = {**audit, "changes": changes, "previous": previous}
    # With an earlier audit the text begins with the changes since then.
    first = [printable(row, 1000) for row in (rows[:again] if previous else rows)]
    head = "\n".join([*first, ""]) + "\n" if first else ""
    data = {"compliant": audit["compliant"], "changes": changes, "rows": rows}
    return Notice(subject, head + audit_text(shown), data)


def _changes(before: Optional[Document], audit: Document) -> Sequence[Mapping[str, Any]]:
    """Return what differs from an earlier audit; without one, every finding is new."""
    if before is not None:
        changes: Sequence[Mapping[str, Any]] = with_drift(before, audit)["changes"]
        return changes
    everything = with_drift(document([], ""), audit)["changes"]
    return [one for one in everything if one["kind"] != ADDED]


def _mail(notice: Notice, config: Mapping[str, Any]) -> None:
    message = EmailMessage()
    message["Subject"] = notice.subject
    message["To"] = ", ".join(config["mail_to"])
    if config["mail_from"]:
        message["From"] = config["mail_from"]
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(notice.text)
    command = [config["sendmail"], "-t", "-oi"]
    try:
        # There is no module here whose run_command this could be.
        done = subprocess.run(  # pylint: disable=ansible-bad-function
            command,
            input=message.as_bytes(),
            capture_output=True,
            check=False,
            timeout=_SENDMAIL_TIMEOUT,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NotSent(f"{config['sendmail']} could not be run ({type(error).__name__})") from None
    if done.returncode:
        said = printable(done.stderr[:500], 200)
        raise NotSent(f"{config['sendmail']} ended with status {done.returncode}: {said}")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: urllib would turn the POST into a GET without the message."""

    def redirect_request(self, *_args: Any, **_more: Any) -> None:
        """Return no request, so that the answer is an error."""


def _post(notice: Notice, config: Mapping[str, Any]) -> None:
    rows = [printable(row, 1000) for row in notice.data.get("rows", [notice.text.strip()])]
    content = {key: value for key, value in notice.data.items() if key != "rows"}
    content["text"] = "\n".join([notice.subject, *rows])
    try:
        request = urllib.request.Request(  # noqa: S310 - the role allows http and https alone
            config["webhook"], json.dumps(content).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=TIMEOUT) as answer:
            status = answer.status
    except urllib.error.HTTPError as error:
        status = error.code
        error.close()
    # The address is a secret, and some of these errors hold it: only those without are quoted.
    except urllib.error.URLError as error:
        raise NotSent(f"the webhook was not reached: {_reason(error.reason)}") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise NotSent(f"the webhook did not accept the notice ({type(error).__name__})") from None
    if 300 <= status < 400:
        raise NotSent(f"the webhook redirects (status {status}); give the address it leads to")
    if not 200 <= status < 300:
        raise NotSent(f"the webhook answered with status {status}")


def _reason(reason: Any) -> str:
    return str(reason.strerror or type(reason).__name__) if isinstance(reason, OSError) else "error"


_CHANNELS: dict[str, tuple[str, Callable[[Notice, Mapping[str, Any]], None]]] = {
    "mail": ("mail_to", _mail),
    "webhook": ("webhook", _post),
}
