# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the pictures of the README from the demo: `make pictures` (in the report environment).

The page, light, dark and on a phone, and the terminal are what one run of the demo shows. The
picture of a review lays out what mailports-lint says about a change; only the layout is made here.
"""

from __future__ import annotations

import contextlib
import html
import json
import os
import pty
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, ViewportSize, sync_playwright

from tests.report.opened import CHROMIUM, Opened

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "pictures"
SCREEN: ViewportSize = {"width": 1180, "height": 860}
PHONE: ViewportSize = {"width": 390, "height": 780}
TERMINAL_LINES = 40
CLASSES = {"31": "error", "32": "ok", "33": "warning", "36": "info", "35": "gap", "2": "dim"}
STYLE = """
body { margin: 0; background: #14161a; color: #d8dbe0; font: 14px/1.5 "DejaVu Sans", sans-serif; }
pre { margin: 0; padding: 20px 24px; font: 13.5px/1.45 "DejaVu Sans Mono", monospace; }
.error { color: #ff8a80; } .ok { color: #8bd49c; } .warning { color: #f2c66d; }
.info { color: #8ecbf0; } .gap { color: #c9a6f5; } .dim, .prompt { color: #8a9099; }
body.review { background: #fff; color: #1f2328; padding: 20px 24px; }
.review .file { border: 1px solid #d1d9e0; border-radius: 6px; overflow: hidden; }
.review .name { background: #f6f8fa; padding: 8px 14px; font: 13px "DejaVu Sans Mono", monospace;
  border-bottom: 1px solid #d1d9e0; }
.review .line { display: flex; font: 13px/1.7 "DejaVu Sans Mono", monospace; white-space: pre; }
.review .line b { width: 44px; text-align: right; padding-right: 12px; color: #59636e;
  font-weight: normal; }
.review .new { background: #dafbe1; }
.review .note { margin: 6px 14px 8px 58px; border: 1px solid #d1d9e0;
  border-left: 4px solid #bf8700; border-radius: 6px; padding: 8px 14px; }
.review .note.error { border-left-color: #cf222e; color: inherit; }
.review .note p { margin: 2px 0; } .review .note .rule { color: #59636e; font-size: 12.5px; }
"""
# A change as somebody may propose it; what is said about it comes from the linter.
CHANGE_FILE = "group_vars/mail.yml"
CHANGE = """\
---
# Settings of the ticket system
helpdesk_imap_host: mail.example.net
helpdesk_imap_port: 143
helpdesk_smtp_host: mail.example.net
helpdesk_smtp_port: 465
helpdesk_smtp_starttls: true
"""


def main() -> None:
    """Make every picture."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="mailports-pictures-") as name,
        sync_playwright() as play,
    ):
        folder = Path(name)
        said = demo(folder / "audit")
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        report = (folder / "audit" / "report.html").as_uri()
        page_picture(browser, report, "light", SCREEN)
        page_picture(browser, report, "dark", SCREEN)
        page_picture(browser, report, "phone", PHONE)
        terminal = "\n".join(["<pre>", *as_html(said), "</pre>"])
        write(browser, folder, "terminal", document("terminal", terminal))
        write(browser, folder, "lint", document("review", review(folder)))
        browser.close()
    for path in sorted(FOLDER.glob("*.png")):
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} kB")


def demo(folder: Path) -> str:
    """Run the demo of `make audit` on a terminal; return what it said, the report is in FOLDER."""
    values = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    values.update(AUDIT_DIR=str(folder), TERM="xterm-256color")
    ours, theirs = pty.openpty()
    command = [sys.executable, str(ROOT / "scripts" / "audit.py")]
    chunks: list[bytes] = []
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, env=values) as process:
        os.close(theirs)
        # Linux ends a terminal that nobody writes to any more with an error.
        with contextlib.suppress(OSError):
            while chunk := os.read(ours, 65536):
                chunks.append(chunk)
    os.close(ours)
    text = b"".join(chunks).decode().replace("\r\n", "\n")
    if process.returncode:
        raise SystemExit(f"the demo failed:\n{text}")
    return text.replace(str(folder), "build/audit")


def page_picture(browser: Browser, report: str, name: str, size: ViewportSize) -> None:
    """Take the page on a screen of this size."""
    scheme: Literal["light", "dark"] = "dark" if name == "dark" else "light"
    page = browser.new_page(viewport=size, color_scheme=scheme)
    opened = Opened(page)
    page.goto(report)
    opened.settle()
    page.screenshot(path=FOLDER / f"page-{name}.png")
    page.close()


def as_html(text: str) -> Iterator[str]:
    """Yield the lines of a terminal as HTML: the command, then what it said, its end left out."""
    yield '<span class="prompt">$</span> make audit'
    lines = text.splitlines()
    for line in lines[:TERMINAL_LINES]:
        parts = re.split(r"\033\[(\d+)m(.*?)\033\[0m", line)
        found = html.escape(parts[0])
        for code, painted, rest in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
            found += f'<span class="{CLASSES[code]}">{html.escape(painted)}</span>'
            found += html.escape(rest)
        yield found
    yield f'<span class="dim">... {len(lines) - TERMINAL_LINES} more lines</span>'


def review(folder: Path) -> str:
    """Return what the linter says about the change, laid out as a review."""
    path = folder / CHANGE_FILE
    path.parent.mkdir()
    path.write_text(CHANGE, encoding="utf-8")
    cli = "ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.cli"
    command = [sys.executable, "-m", cli, CHANGE_FILE, "--format", "json"]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=False)
    findings = json.loads(done.stdout)["findings"]
    if not findings:
        raise SystemExit("the linter finds nothing in the change")
    rows = [f'<div class="file"><div class="name">{CHANGE_FILE}</div>']
    for number, line in enumerate(CHANGE.splitlines(), 1):
        new = ' new"' if number > 1 else '"'
        rows.append(f'<div class="line{new}><b>{number}</b>{html.escape(line)}</div>')
        for one in findings:
            if one["line"] == number:
                rows.append(
                    f'<div class="note {one["severity"]}"><p><strong>mail ports: {one["severity"]}'
                    f"</strong> {html.escape(one['message'])}</p>"
                    f"<p>{html.escape(one['remedy'])}</p>"
                    f'<p class="rule">{one["rule"]}; {html.escape(one["clause"])}</p></div>'
                )
    return "\n".join([*rows, "</div>"])


def document(kind: str, body: str) -> str:
    """Return a page around what is to be taken."""
    head = f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style>'
    return f'{head}<body class="{kind}">{body}</body>'


def write(browser: Browser, folder: Path, name: str, text: str) -> None:
    """Take a page that is as high as what it holds."""
    path = folder / f"{name}.html"
    path.write_text(text, encoding="utf-8")
    page = browser.new_page(viewport={"width": 920, "height": 300})
    page.goto(path.as_uri())
    page.screenshot(path=FOLDER / f"{name}.png", full_page=True)
    page.close()


if __name__ == "__main__":
    main()
