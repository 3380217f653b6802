# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the settings of mail programs: msmtp, fetchmail, mbsync, getmail and mutt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Optional

from ....module_utils._model.services import SERVICES, Service, by_port
from ..facts import (
    CLEARTEXT,
    CLIENT,
    IMPLICIT,
    OPTIONAL,
    STARTTLS,
    Fact,
    Lowest,
    Mention,
    Place,
    unverified,
)
from ..tree.nodes import UNKNOWN
from ..words.mail_words import service_named, truth
from ..words.values import is_local, mail_urls, number, url_row
from ..words.versions import lowest_of


@dataclass
class _Section:
    """The settings of one account: by lower-case name, value and line; the last one counts."""

    line: int
    values: dict[str, tuple[str, int]] = field(default_factory=dict)

    def text(self, *names: str) -> str:
        """Return the value of the first name that is set, "" for none."""
        return next((self.values[name][0] for name in names if name in self.values), "")

    def line_of(self, *names: str) -> int:
        """Return the line of the first name that is set, that of the section for none."""
        return next((self.values[name][1] for name in names if name in self.values), self.line)


def _mention(
    row: Optional[Service],
    line: int,
    tls: Optional[str],
    login: Optional[bool],
    host: str,
    tls_line: int = 0,
) -> Iterator[Fact]:
    if row is not None:
        place = Place(line)
        tls_place = Place(tls_line) if tls_line else None
        yield Mention(
            row, row.port, CLIENT, place, str(row.port), tls, login, is_local(host), tls_place
        )


def _lowest(text: str, line: int) -> Iterator[Fact]:
    version = lowest_of(text.replace("+", ""))
    if version:
        yield Lowest(version, Place(line), text)


def _words_of(text: str) -> Iterator[tuple[list[str], int]]:
    """Yield the words of each line without comments, and its number."""
    for number_, line in enumerate(text.split("\n"), 1):
        bare = line.strip()
        if bare and not bare.startswith("#"):
            yield [word.strip("\"'") for word in bare.split()], number_


def msmtp_facts(text: str) -> Iterator[Fact]:
    """Yield the facts of a msmtprc."""
    defaults = _Section(0)
    sections = [defaults]
    for words, line in _words_of(text):
        name = words[0].lower()
        if name == "defaults":
            sections.append(defaults)
        elif name == "account":
            bases = "".join(words[1:]).partition(":")[2]
            if bases and not _has_body(text, line):
                continue
            sections.append(_Section(line, dict(defaults.values)))
        else:
            sections[-1].values[name] = (" ".join(words[1:]), line)
    unique = list({id(one): one for one in sections}.values())
    for section in unique:
        if "host" in section.values:
            yield from _msmtp_account(section)
        check = section.values.get("tls_certcheck")
        if check and truth(check[0]) is False:
            yield unverified(Place(check[1]))


def _has_body(text: str, line: int) -> bool:
    """Tell whether an account has settings of its own beside those that it inherits."""
    following = text.split("\n")[line:]
    first = next((one.strip() for one in following if one.strip()), "")
    return bool(first) and not first.startswith(("account", "#"))


def _msmtp_account(section: _Section) -> Iterator[Fact]:
    tls, starttls = truth(section.text("tls")), truth(section.text("tls_starttls"))
    tls_given = "tls" in section.values
    mode: Optional[str] = None
    if tls_given and tls is False:
        mode = CLEARTEXT
    elif tls_given and tls:
        mode = IMPLICIT if starttls is False and "tls_starttls" in section.values else STARTTLS
    auth = section.text("auth")
    login = bool(section.text("user", "password", "passwordeval")) or truth(auth) is True
    if "auth" in section.values and truth(auth) is False:
        login = False
    written = section.text("port")
    default = SERVICES["submissions"] if mode == IMPLICIT else SERVICES["smtp"]
    named = service_named(written) or by_port(number(written))
    row = named if written else default
    line = section.line_of("port", "host")
    if row is not None and row.protocol == "smtp":
        yield from _mention(row, line, mode, login, section.text("host"))


def fetchmail_facts(text: str) -> Iterator[Fact]:
    """Yield the facts of a fetchmailrc."""
    entries: list[list[tuple[str, int]]] = []
    for words, line in _words_of(text):
        for word in words:
            bare = word.rstrip(",;")
            if bare.lower() in ("poll", "skip", "server", "defaults"):
                entries.append([])
            if entries:
                entries[-1].append((bare, line))
    common = [one for entry in entries if entry[0][0].lower() == "defaults" for one in entry[1:]]
    for entry in entries:
        if entry[0][0].lower() != "defaults" and len(entry) > 1:
            yield from _fetchmail_entry(entry, common)
        yield from _fetchmail_checks(entry)


def _fetchmail_entry(entry: list[tuple[str, int]], common: list[tuple[str, int]]) -> Iterator[Fact]:
    words = [*common, *entry]
    found: dict[str, tuple[str, int]] = {}
    ssl, plain = False, False
    for index, (word, line) in enumerate(words):
        name = word.lower()
        after = words[index + 1][0] if index + 1 < len(words) else ""
        before = words[index - 1][0].lower() if index else ""
        if name in ("proto", "protocol", "port", "service", "user", "username", "sslproto"):
            found[name] = (after, words[index + 1][1] if index + 1 < len(words) else line)
        elif name == "ssl":
            ssl, plain = before != "no", before == "no"
        elif name == "nossl":
            ssl, plain = False, True
    protocol = found.get("proto") or found.get("protocol") or ("", 0)
    host = entry[1][0]
    port = found.get("port") or found.get("service")
    mode: Optional[str] = IMPLICIT if ssl else CLEARTEXT if plain else None
    if "sslproto" in found and not ssl:
        mode = STARTTLS if found["sslproto"][0] else CLEARTEXT
    if port is not None:
        yield from _mention(
            by_port(number(port[0])) or service_named(port[0]), port[1], mode, True, host
        )
        return
    name = protocol[0].lower().rstrip("0123456789")
    name = {"imap": "imap", "pop": "pop3", "kpop": "pop3"}.get(name, "")
    if name:
        row = SERVICES[f"{name}s" if ssl else name]
        yield from _mention(row, protocol[1] or entry[0][1], mode, True, host)


def _fetchmail_checks(entry: list[tuple[str, int]]) -> Iterator[Fact]:
    for index, (word, line) in enumerate(entry):
        name = word.lower()
        before = entry[index - 1][0].lower() if index else ""
        if name == "nosslcertck" or (name == "sslcertck" and before == "no"):
            yield unverified(Place(line))
        elif name == "sslproto" and index + 1 < len(entry):
            yield from _lowest(entry[index + 1][0], entry[index + 1][1])


def mbsync_facts(text: str) -> Iterator[Fact]:
    """Yield the facts of a mbsyncrc."""
    section: Optional[_Section] = None
    accounts: list[_Section] = []
    for words, line in _words_of(text):
        name, rest = words[0].lower(), " ".join(words[1:])
        if name in ("imapaccount", "imapstore"):
            section = _Section(line)
            accounts.append(section)
        elif name in ("maildirstore", "channel", "group"):
            section = None
        elif section is not None:
            section.values[name] = (rest, line)
    for account in accounts:
        yield from _mbsync_account(account)


def _mbsync_account(account: _Section) -> Iterator[Fact]:
    kind = account.text("tlstype", "ssltype").lower()
    mode = {"none": CLEARTEXT, "starttls": STARTTLS, "imaps": IMPLICIT}.get(kind)
    if truth(account.text("useimaps")) is True and "useimaps" in account.values:
        mode = IMPLICIT
    versions = account.text("tlsversions", "sslversions")
    if versions:
        yield from _lowest(versions, account.line_of("tlsversions", "sslversions"))
    if "host" not in account.values or "tunnel" in account.values:
        return
    written = account.text("port")
    if written:
        row = by_port(number(written)) or service_named(written)
        line = account.line_of("port")
        if row is not None and row.name == "imap" and mode is None:
            # The default, according to the manual.
            mode = STARTTLS
    else:
        row = SERVICES["imaps"] if mode == IMPLICIT else SERVICES["imap"]
        mode = mode or STARTTLS
        line = account.line_of("tlstype", "ssltype", "host")
    if row is not None and row.protocol == "imap":
        yield from _mention(row, line, mode, True, account.text("host"))


_RETRIEVER = re.compile(r"\w*?(IMAP|POP3)(SSL)?Retriever", re.IGNORECASE)


def getmail_facts(text: str) -> Iterator[Fact]:
    """Yield the facts of a getmailrc."""
    section = _Section(0)
    name = ""
    for line, raw in enumerate(text.split("\n"), 1):
        bare = raw.strip()
        if bare.startswith("[") and bare.endswith("]"):
            if name == "retriever":
                yield from _getmail_retriever(section)
            name, section = bare[1:-1].strip().lower(), _Section(line)
            continue
        key, mark, value = (
            bare.replace(":", "=", 1).partition("=") if "=" not in bare else (bare.partition("="))
        )
        if mark and not bare.startswith(("#", ";")):
            section.values[key.strip().lower()] = (value.strip(), line)
    if name == "retriever":
        yield from _getmail_retriever(section)


def _getmail_retriever(section: _Section) -> Iterator[Fact]:
    match = _RETRIEVER.fullmatch(section.text("type"))
    if match is None:
        return
    protocol = match[1].lower()
    mode = IMPLICIT if match[2] else CLEARTEXT
    row: Optional[Service] = SERVICES[f"{protocol}s" if match[2] else protocol]
    if "port" in section.values:
        row = by_port(number(section.text("port")))
    version = section.text("ssl_version")
    if version:
        yield from _lowest(version, section.line_of("ssl_version"))
    line = section.line_of("port", "type")
    if row is not None and row.protocol == protocol:
        yield from _mention(row, line, mode, True, section.text("server"))


_MUTT_SET = re.compile(r"([?&\w]*[a-z]\w*)\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s;]*)")
_MUTT_URL = re.compile(r"(?:imaps?|pops?|smtps?)://[^\s\"']+")
_MUTT_VERSIONS = {
    "ssl_use_sslv2": "SSLv3",
    "ssl_use_sslv3": "SSLv3",
    "ssl_use_tlsv1": "TLSv1",
    "ssl_use_tlsv1_1": "TLSv1.1",
}


def mutt_facts(text: str) -> Iterator[Fact]:
    """Yield the facts of a muttrc."""
    settings: dict[str, tuple[str, int]] = {}
    urls: list[tuple[str, int]] = []
    for number_, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        if line.startswith("#") or not line:
            continue
        if line.startswith(("set ", "set\t")):
            for name, value in _MUTT_SET.findall(line[4:]):
                settings[name] = (value.strip("\"'"), number_)
            for word in _MUTT_SET.sub(" ", line[4:]).split():
                if re.fullmatch(r"(?:no)?ssl_\w+", word):
                    name = word[2:] if word.startswith("nossl") else word
                    settings[name] = ("no" if word.startswith("no") else "yes", number_)
        elif line.startswith("unset "):
            for word in line.split()[1:]:
                settings[word] = ("no", number_)
        if not line.startswith(("my_hdr", "macro", "bind", "source")):
            urls += [(url, number_) for url in _MUTT_URL.findall(line)]
    yield from _mutt_switches(settings)
    mode, mode_line = _mutt_mode(settings)
    for url, line_number in urls:
        plain = re.sub(r"^pop(s?)://", r"pop3\1://", url)
        for found in mail_urls(plain):
            row = url_row(found)
            login = found.login or any(
                name in settings for name in ("imap_user", "imap_pass", "smtp_pass", "pop_user")
            )
            tls = found.tls or mode
            yield from _mention(row, line_number, tls, login, found.host, mode_line)


def _mutt_switches(settings: dict[str, tuple[str, int]]) -> Iterator[Fact]:
    for name in ("ssl_verify_host", "ssl_verify_dates"):
        value, line = settings.get(name, ("", 0))
        if value and truth(value) is False:
            yield unverified(Place(line))
    for name, version in _MUTT_VERSIONS.items():
        value, line = settings.get(name, ("", 0))
        if value and truth(value) is True:
            yield Lowest(version, Place(line), name)


def _mutt_mode(settings: dict[str, tuple[str, int]]) -> tuple[Optional[str], int]:
    """Return the TLS mode of URLs without implicit TLS, and the line that sets it."""
    force, force_line = settings.get("ssl_force_tls", ("", 0))
    start, start_line = settings.get("ssl_starttls", ("", 0))
    if UNKNOWN in force + start:
        return STARTTLS, 0
    if force and truth(force) is True:
        return STARTTLS, force_line
    if start and truth(start) is False:
        return CLEARTEXT, start_line
    if force:
        return OPTIONAL, force_line
    return (STARTTLS, start_line) if start else (None, 0)
