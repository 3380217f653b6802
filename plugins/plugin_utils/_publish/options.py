# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the options of client_settings to the files: validated, confirmed, signed, with the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Optional

from ...module_utils._client.files import METHODS, files_of, notes_on
from ...module_utils._client.mobileconfig import PATH as PROFILE
from ...module_utils._client.settings import USERNAMES, Settings, SettingsError, settings_of
from ...module_utils._domain.names import ascii_name
from ...module_utils._model.host_names import is_address, is_host
from ...module_utils._model.intent import Intent, expand
from .._intent.validate import validated
from .page import has_codes, languages, pages

PAGE = "page"
ALL = (*METHODS, PAGE)


def options() -> dict[str, Any]:
    """Return the argument spec that the action and the filter share."""
    return {
        "intent": {"type": "raw", "required": True},
        "domain": {"type": "str", "required": True},
        "name": {"type": "str"},
        "username": {"type": "str", "choices": list(USERNAMES), "default": USERNAMES[0]},
        "account": {"type": "str"},
        "secret_command": {"type": "str"},
        "methods": {"type": "list", "elements": "str", "choices": list(ALL), "default": list(ALL)},
        "languages": {"type": "list", "elements": "str", "default": list(languages())},
        "base_url": {"type": "str"},
        "endpoints": {"type": "list", "elements": "dict"},
    }


def intents_of(given: Any) -> list[Intent]:
    """Return the intents of one or a list. Raises IntentError."""
    return [expand(validated(one)) for one in ([given] if isinstance(given, Mapping) else given)]


def published(
    intents: Sequence[Intent],
    params: Mapping[str, Any],
    endpoints: Optional[Sequence[Mapping[str, Any]]] = None,
) -> tuple[dict[str, bytes], list[str]]:
    """Return path -> content, and notes on what was left out and why.

    ``endpoints``: publish only what this probe confirmed. Raises SettingsError, one line for each
    option that is wrong.
    """
    problems = list(_problems(params))
    if problems:
        raise SettingsError("\n".join(problems))
    settings, left = settings_of(
        intents,
        ascii_name(params["domain"].rstrip(".")),
        endpoints,
        name=params["name"] or "",
        username=params["username"],
        account=params["account"] or "",
        secret=params["secret_command"] or "",
    )
    notes = [f"not confirmed by the probe, and left out: {one}" for one in left]
    return _files(settings, params), [*notes, *_notes(settings, params)]


def _files(settings: Settings, params: Mapping[str, Any]) -> dict[str, bytes]:
    methods = tuple(params["methods"])
    files = files_of(settings, methods)
    if PAGE in methods:
        base = params["base_url"] or f"https://autoconfig.{settings.domain}"
        files.update(pages(settings, params["languages"], base))
    return files


def _notes(settings: Settings, params: Mapping[str, Any]) -> list[str]:
    notes = notes_on(settings, tuple(params["methods"]))
    if PAGE in params["methods"] and not has_codes():
        notes.append("the page has no QR code: pip install segno on the controller for one")
    return notes


def _problems(params: Mapping[str, Any]) -> list[str]:
    problems = []
    domain = params["domain"]
    if not is_host(ascii_name(domain.rstrip("."))) or is_address(domain) or "." not in domain:
        problems.append(f"domain: {domain!r} is not the name of a domain")
    known = languages()
    wrong = [one for one in params["languages"] if one not in known]
    if wrong or not params["languages"]:
        found = repr(wrong[0]) if wrong else "an empty list"
        problems.append(f"languages: {found} is not one of {', '.join(known)}")
    account = params["account"] or ""
    if account and (account.count("@") != 1 or " " in account or not _plain(account)):
        problems.append(f"account: {account!r} is not a mail address")
    for key in ("secret_command", "name"):
        if not _plain(params[key] or "", quotes=key == "name"):
            problems.append(f"{key}: {params[key]!r} has a character that files cannot hold")
    url = params["base_url"] or "https://"
    if not url.startswith("https://") or not _plain(url):
        problems.append(f"base_url: {url!r} does not begin with https://")
    return problems


def _plain(text: str, *, quotes: bool = False) -> bool:
    """Tell whether a text can stand within quotes of every settings file that is written."""
    forbidden = "" if quotes else "\"'\\`"
    return all(char.isprintable() and char not in forbidden for char in text)


def signed(files: dict[str, bytes], sign: Mapping[str, str]) -> dict[str, bytes]:
    """Return the files with the profile signed (CMS, RFC 5652). Raises SettingsError.

    ``sign`` names PEM files on the controller: ``certificate`` (with its chain) and ``key``.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.serialization import pkcs7

    path = PROFILE[1:]
    if path not in files:
        return files
    try:
        chain = x509.load_pem_x509_certificates(Path(sign["certificate"]).read_bytes())
        key = serialization.load_pem_private_key(Path(sign["key"]).read_bytes(), None)
        builder = pkcs7.PKCS7SignatureBuilder().set_data(files[path])
        builder = builder.add_signer(chain[0], key, hashes.SHA256())  # type: ignore[arg-type]
        for one in chain[1:]:
            builder = builder.add_certificate(one)
        made = builder.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])
    except OSError as error:
        raise SettingsError(f"sign: {error.filename}: {error.strerror}") from None
    except (ValueError, TypeError, IndexError) as error:
        # Its words could show a part of the key.
        kind = type(error).__name__
        raise SettingsError(f"sign: certificate and key cannot be used ({kind})") from None
    return {**files, path: made}
