# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page for people: which server, port and security, step by step, in their language."""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ...module_utils._client.mobileconfig import PATH as PROFILE
from ...module_utils._client.settings import ADDRESS, Server, Settings

_HERE = Path(__file__).resolve().parent
_WORDS = _HERE / "words"


def languages() -> tuple[str, ...]:
    """Return the languages that there is a file of words for, English first."""
    found = sorted(path.stem for path in _WORDS.glob("*.yml"))
    return tuple(sorted(found, key=lambda one: one != "en"))


def file_names(chosen: Sequence[str]) -> dict[str, str]:
    """Return language -> name of its page; the first one chosen is the index."""
    return {one: "index.html" if at == 0 else f"index.{one}.html" for at, one in enumerate(chosen)}


def pages(settings: Settings, chosen: Sequence[str], base_url: str) -> dict[str, bytes]:
    """Return file name -> page for each language. ``base_url`` is where the folder is served."""
    names = file_names(chosen)
    return {names[one]: _page(settings, one, names, base_url).encode() for one in chosen}


def has_codes() -> bool:
    """Tell whether the library that draws QR codes is at hand."""
    return bool(_code("https://example.net/"))


def _page(settings: Settings, lang: str, names: dict[str, str], base_url: str) -> str:
    words = _words(lang)
    user = words["whole_address" if settings.username == ADDRESS else "local_part"]
    words = _filled(words, {"domain": settings.domain, "user": user})
    profile = f"{base_url.rstrip('/')}{PROFILE}"
    style = (_HERE / "assets" / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    made: str = _template().render(
        lang=lang,
        w=words,
        user=user,
        others=[
            {"lang": one, "file": name, "name": _words(one)["language"]}
            for one, name in names.items()
            if one != lang
        ],
        sides=_sides(settings, words),
        imap_text=_imap_text(settings, words),
        profile={"link": PROFILE[1:], "address": profile, "code": Markup(_code(profile))},  # noqa: S704
        csp=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
        style=Markup(style),  # noqa: S704
    )
    return made


@functools.cache
def _words(lang: str) -> dict[str, Any]:
    """Return the words of a language; yaml folds long lines into one."""
    loaded = yaml.safe_load((_WORDS / f"{lang}.yml").read_text(encoding="utf-8"))
    found: dict[str, Any] = loaded
    return found


def _filled(value: Any, given: dict[str, str]) -> Any:
    """Return words with the places in braces filled in."""
    if isinstance(value, dict):
        return {key: _filled(one, given) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, given) for one in value]
    for key, text in given.items():
        value = value.replace(f"{{{key}}}", text)
    return value


def _sides(settings: Settings, words: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"title": words[key], "servers": _servers(servers, words)}
        for key, servers in (("fetch", settings.incoming), ("send", settings.outgoing))
    ]


def _servers(servers: Sequence[Server], words: dict[str, Any]) -> list[dict[str, Any]]:
    rows, seen = [], set()
    for one in servers:
        note = ""
        if len(servers) > 1 and one is servers[0]:
            note = words["recommended"]
        elif one.protocol in seen:
            note = words["or_else"]
        seen.add(one.protocol)
        row = {"protocol": one.protocol.upper(), "host": one.host, "port": one.port, "note": note}
        rows.append({**row, "security": words[one.tls]})
    return rows


def _imap_text(settings: Settings, words: dict[str, Any]) -> str:
    have = {one.protocol for one in settings.incoming}
    key = "imap_text" if len(have) == 2 else "imap_only" if "imap" in have else "pop3_only"
    text: str = words[key]
    return text


def _code(address: str) -> str:
    """Return a QR code as SVG, or "" where segno is not at hand."""
    try:
        import segno
    except ImportError:
        return ""
    svg: str = segno.make(address, error="m").svg_inline(border=2, omitsize=True)
    return svg


@functools.lru_cache(maxsize=1)
def _template() -> Any:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "assets"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2")
