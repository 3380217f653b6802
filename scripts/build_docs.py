# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the documentation site into build/site (run it in the docs environment): `make docs`.

The pages of the checkout, a page for each rule, made of its row, and one for each module, role and
plugin, made by antsibull-docs, become HTML by Sphinx. It needs no network. A warning of Sphinx, a
warning about the collection's own documentation, or a link that leads nowhere fails the build.
"""

from __future__ import annotations

import html.parser
import os
import re
import shutil
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import rule_pages
import yaml

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "packaging" / "site"
WORK = ROOT / "build" / "site-source"
OUT = ROOT / "build" / "site"
CACHE = ROOT / "build" / "site-cache"
# What pages link to beside pages.
WHOLE = ("docs", "schemas")
NAME = "postmaster.mailports"
_STRICT = ("--plugin-docs", "--validate-collection-refs=dependent")
_STRICT += ("--disallow-unknown-collection-refs",)
_PLAIN = ("--use-current", "--squash-hierarchy", "--no-add-antsibull-docs-version")
# References to labels that only Ansible's own documentation has.
_LABELS = (
    r"ansible_collections\.ansible\.[\w.]+|[a-z]+_plugins|common_return_values"
    r"|ansible_configuration_settings"
)
_FOREIGN = re.compile(rf":ref:`(?:([^`<]+?)\s*<(?:{_LABELS})>|({_LABELS}))`")
PAGES = ("README.md", "SECURITY.md", "SUPPORT.md", "CONTRIBUTING.md", "CODE_OF_CONDUCT.md")


def main() -> None:
    """Lay out the sources, build, and look at every link."""
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    lay_out(version)
    antsibull("lint-collection-docs", *_STRICT, str(ROOT))
    antsibull("collection", *_PLAIN, "--dest-dir", str(WORK / "collections"), NAME)
    ours(WORK / "collections", version)
    for folder in (OUT, CACHE):
        shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-j", "auto"]
    environment = {**os.environ, "MAILPORTS_VERSION": str(version)}
    done = subprocess.run(
        [*command, "-d", str(CACHE), str(WORK), str(OUT)], env=environment, check=False
    )
    if done.returncode:
        raise SystemExit("make docs: Sphinx warns, see above")
    # The README shows them by HTML, which Sphinx does not look into.
    shutil.copytree(ROOT / "docs" / "pictures", OUT / "docs" / "pictures")
    dead = list(dead_links(OUT))
    if dead:
        raise SystemExit("\n".join(["make docs: links that lead nowhere:", *dead]))
    print(f"{OUT.relative_to(ROOT)}/index.html: {len(list(OUT.rglob('*.html')))} pages")


def lay_out(version: str) -> None:
    """Copy what Sphinx reads, as it lies in the checkout, so that links between pages hold."""
    shutil.rmtree(WORK, ignore_errors=True)
    shutil.copytree(SITE, WORK)
    for name in WHOLE:
        shutil.copytree(ROOT / name, WORK / name)
    for name in PAGES:
        shutil.copy(ROOT / name, WORK / name)
    for path in ROOT.glob("roles/*/README.md"):
        copy = WORK / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True)
        shutil.copy(path, copy)
    services = Path("plugins", "module_utils", "_model", "services.py")
    (WORK / services).parent.mkdir(parents=True)
    shutil.copy(ROOT / services, WORK / services)
    index = (WORK / "index.md").read_text(encoding="utf-8").replace("@VERSION@", str(version))
    index = index.replace("@OTHERS@", "\n".join(unlisted(index, WORK)))
    (WORK / "index.md").write_text(index, encoding="utf-8")
    # antsibull-docs refuses a folder that others may write into.
    (WORK / "collections").mkdir(mode=0o755)
    lint = WORK / "docs" / "lint"
    names = sorted(path.stem for path in lint.glob("mail-port-*.md"))
    with (lint / "README.md").open("a", encoding="utf-8") as stream:
        stream.write("\n".join(["", "```{toctree}", ":hidden:", "", *names, "```", ""]))
    folder = WORK / "rules"
    folder.mkdir()
    for name, text in rule_pages.pages().items():
        (folder / name).write_text(text, encoding="utf-8")


def unlisted(index: str, folder: Path) -> list[str]:
    """Return the pages of docs that the menu does not name, so that it has a new one too."""
    listed = set(index.splitlines())
    pages = [path.relative_to(folder) for path in sorted(folder.glob("docs/*.md"))]
    for pattern in ("docs/guides/*.md", "roles/*/README.md"):
        pages += [path.relative_to(folder) for path in sorted(folder.glob(pattern))]
    names = [page.with_suffix("").as_posix() for page in pages]
    return [name for name in names if name not in listed and name != "docs/rules"]


def antsibull(*arguments: str) -> None:
    """Run antsibull-docs; what it says is a warning, and fails the build."""
    command = ["antsibull-docs", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode or done.stdout.strip():
        raise SystemExit(f"make docs: {' '.join(command[:2])}:\n{done.stdout}{done.stderr}")


def ours(folder: Path, version: str) -> None:
    """Make pages of antsibull-docs ours.

    Of references to Ansible's own documentation only the words stay, the theme has its own table of
    contents, titles in the menu are short, and the archive is what is installed.
    """
    archive = f"install {NAME.replace('.', '-')}-{version}.tar.gz"
    for path in folder.glob("*.rst"):
        text = _FOREIGN.sub(_words, path.read_text(encoding="utf-8"))
        text = re.sub(r"(?m)^\.\. contents::\n(?:   .*\n)*", "", text)
        if path.name == "index.rst":
            text = re.sub(r"(?m)^(    )(\w+)_([a-z]+)$", r"\1\2 (\3) <\2_\3>", text)
        path.write_text(text.replace(f"install {NAME}", archive), encoding="utf-8")


def _words(reference: re.Match[str]) -> str:
    return reference[1] or "Ansible's documentation"


class Page(html.parser.HTMLParser):
    """The anchors of a page, and where its links and pictures lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what a tag is called and where it leads."""
        for name, value in attrs:
            if name in ("id", "name") and value:
                self.anchors.add(value)
            if name in ("href", "src") and value and tag != "base":
                self.links.append(value)


def dead_links(folder: Path) -> Iterator[str]:
    """Yield each link inside the site that leads nowhere."""
    pages = {
        path: Page(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.html"))
    }
    for path, page in pages.items():
        for link in page.links:
            parts = urllib.parse.urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (
                (path.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else path
            )
            known = pages.get(target)
            lost = (
                parts.fragment
                and known
                and urllib.parse.unquote(parts.fragment) not in known.anchors
            )
            if not target.exists() or lost:
                yield f"{path.relative_to(folder)}: {link}"


if __name__ == "__main__":
    main()
