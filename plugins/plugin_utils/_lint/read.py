# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Choose the reader of a text by its kind: the one place that knows all readers."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Optional

from .clients.autoconfig import autoconfig_facts, autodiscover_facts
from .clients.others import (
    aerc_facts,
    curl_facts,
    emacs_facts,
    offlineimap_facts,
    sendemail_facts,
    ssmtp_facts,
)
from .clients.profiles import profile_facts
from .clients.programs import fetchmail_facts, getmail_facts, mbsync_facts, msmtp_facts, mutt_facts
from .code.reader import LANGUAGES, code_facts
from .containers.scripts import dockerfile_facts, script_facts
from .containers.units import unit_facts
from .facts import CLEARTEXT, LISTENER, Fact, Flaw, Mention, Place
from .kinds import (
    AERC,
    AUTOCONFIG,
    AUTODISCOVER,
    CURL,
    DOCKERFILE,
    DOVECOT,
    EMACS,
    EXIM,
    FETCHMAIL,
    FIREWALLD,
    GETMAIL,
    GIT,
    MAIN_CF,
    MASTER_CF,
    MBSYNC,
    MSMTP,
    MUTT,
    OFFLINEIMAP,
    OPENSMTPD,
    PROFILE,
    SHELL,
    SSMTP,
    UNIT,
    YAML,
    is_certain,
    kind_of,
)
from .servers.dovecot_files import dovecot_file_facts, ssl_of
from .servers.exim import exim_facts
from .servers.fronts import front_facts, zone_facts
from .servers.opensmtpd import opensmtpd_facts
from .servers.postfix_files import main_cf_facts, main_parameters, master_cf_facts
from .servers.postfix_rules import Parameter, main_facts, parameters_from
from .settings.commands import text_facts
from .settings.context import Context
from .structures import StructureReader, structure_facts
from .tree.branches import variants
from .tree.json import read_json
from .tree.lines import read_settings
from .tree.nodes import UNKNOWN, Node, Scalar, Table, TreeError
from .tree.scope import Scope, variable_files
from .tree.template import without_templating, without_unknown_lines
from .tree.yaml import read_yaml, variables_in
from .words.mentions import can_hold
from .words.values import ports_within

_PROGRAMS = {
    AUTOCONFIG: autoconfig_facts,
    AUTODISCOVER: autodiscover_facts,
    FIREWALLD: zone_facts,
    MSMTP: msmtp_facts,
    FETCHMAIL: fetchmail_facts,
    MBSYNC: mbsync_facts,
    GETMAIL: getmail_facts,
    MUTT: mutt_facts,
    EXIM: exim_facts,
    OPENSMTPD: opensmtpd_facts,
    PROFILE: profile_facts,
    OFFLINEIMAP: offlineimap_facts,
    SSMTP: ssmtp_facts,
    GIT: sendemail_facts,
    AERC: aerc_facts,
    CURL: curl_facts,
    EMACS: emacs_facts,
}
# A value that is not known and followed by a deeper block: it is itself a block.
_BLOCK_VALUE = re.compile(
    rf"^(?=([ \t]*))(\1[\w./\"'-]+:)[ \t]*{UNKNOWN}[ \t]*(?=(?:\n[ \t]*)*\n\1[ \t]+\S)", re.M
)
# A macro that writes a setting of a server: {{ parameter("name", value) }}.
_WITH_CALLS = (MAIN_CF, DOVECOT)
_CALL = re.compile(
    r"^[ \t]*\{\{-?\s*[\w.]{1,60}\(\s*['\"](\w{2,60})['\"]\s*,\s*(?:\w{1,30}\s*=\s*)?"
    r"('[^'\n]{0,300}'|\"[^\"\n]{0,300}\"|[^'\",{}\n]{1,200}?)"
    r"\s*(?:,[^{}\n]{0,300})?\)\s*-?\}\}[ \t]*$",
    re.MULTILINE,
)
_ENDINGS = ("", ".j2", ".example", ".sample", ".dist", ".erb", ".epp", ".tmpl", ".template", ".in")
_MOST_BAD_LINES = 20
_MOST_INCLUDED, _MOST_VALUES = 20, 8
_LOOP = re.compile(r"\{%-?[ \t]*for[ \t]+\w*port[ \t]+in[ \t]+[\[(]([\d,'\"\s]{1,300})[\])]")
_CLOSING = re.compile(r"\b(?:deny|drop|reject|block|closed|absent|udp)\b", re.IGNORECASE)
_LONGEST_LOOP = 2000
# Objects of Icinga and Nagios, whose ports are only probed.
_CHECKS = re.compile(
    r"^[ \t]*(?:(?:object|template|apply)[ \t]+(?:Host|Service|CheckCommand)|"
    r"define[ \t]+(?:host|service|command))\b",
    re.MULTILINE,
)
# Placeholders that another program fills in before the text is read as YAML.
_SUBSTITUTED = re.compile(r"\$\{\w{1,100}(?::?[-=]([^{}\n]{0,200}))?\}")
# Returns the text of a file of the same folder, None where there is none.
Sibling = Callable[[str], Optional[str]]


def read_text(
    text: str,
    name: str,
    kind: str,
    scope: Scope,
    fragment: bool = False,
    sibling: Optional[Sibling] = None,
) -> Iterator[Fact]:
    """Yield the facts of a text. Raises TreeError where it cannot be read at all.

    ``fragment``: the text is part of a file, so a setting that is missing may stand elsewhere.
    """
    yield from _loops(text)
    if kind in _WITH_CALLS and "{{" in text:
        text = _CALL.sub(r"\1 = {{ \2 }}", text)
    ways = variants(text)
    if len(ways) == 1:
        yield from _facts(_Source(text, name, kind, fragment, False, sibling), scope)
        return
    sources = (_Source(one, name, kind, fragment, True, sibling) for one in ways)
    found = [fact for one in sources for fact in _facts(one, Scope(scope))]
    secure = {one.place for one in found if isinstance(one, Mention) and one.tls != CLEARTEXT}
    for fact in found:
        # The branch that switches a listener's TLS off is told where it does.
        clear = isinstance(fact, Mention) and fact.tls == CLEARTEXT and fact.role == LISTENER
        if not _stands_elsewhere(fact, text) and not (clear and fact.place in secure):
            yield fact


@dataclass(frozen=True)
class _Source:
    """One way through a text: ``template`` tells whether others were left out."""

    text: str
    name: str
    kind: str
    fragment: bool
    template: bool
    sibling: Optional[Sibling]


def _no_sibling(_name: str) -> None:
    return None


def _program(text: str, kind: str, name: str) -> Iterator[Fact]:
    """Yield the facts of the settings of a mail program."""
    try:
        yield from _PROGRAMS[kind](text)
    except TreeError:
        # A program that writes such a file holds it in parts.
        if is_certain(name):
            raise


def _stands_elsewhere(fact: Fact, text: str) -> bool:
    """Tell whether a setting is only missing because another branch of the template has it."""
    return isinstance(fact, Flaw) and any(
        re.search(rf"\b{re.escape(name)}\s*=", text) for name in fact.absent
    )


def _facts(source: _Source, scope: Scope) -> Iterator[Fact]:
    """Yield the facts of one way through a text."""
    text, name, kind, fragment = source.text, source.name, source.kind, source.fragment
    sibling = source.sibling
    if kind == YAML:
        yield from _yaml(text, name, scope, sibling)
        return
    plain = without_templating(text, scope.scalars)
    template = source.template or plain != text or fragment or not is_certain(name)
    if kind == MAIN_CF:
        yield from main_cf_facts(plain, not fragment, template)
    elif kind == MASTER_CF:
        main = _main_beside(name.rpartition("/")[2], sibling) if sibling else ""
        parameters = main_parameters(without_templating(main, scope.scalars)) if main else {}
        # One line that a task puts in may be continued by the lines behind it.
        yield from master_cf_facts(plain, parameters, template, not fragment or "\n" in text)
    elif kind == DOVECOT:
        leaf = name.rpartition("/")[2]
        main_file = not fragment and leaf.startswith("dovecot.conf")
        ssl = _ssl_beside(sibling) if sibling and "disable_plaintext_auth" in plain else ""
        yield from dovecot_file_facts(plain, main_file, template, ssl)
    elif kind in _PROGRAMS:
        yield from _program(plain, kind, name)
    elif kind == UNIT:
        yield from unit_facts(plain, StructureReader(scope, name, read_text), scope)
    elif kind in LANGUAGES:
        walker = StructureReader(scope, name, read_text)
        code = plain if name.endswith(_ENDINGS[1:]) else text
        yield from code_facts(code, kind, walker, sibling or _no_sibling)
    else:
        yield from _settings(plain, name, kind, scope)


def _main_beside(leaf: str, sibling: Sibling) -> str:
    """Return the text of the main.cf beside a master.cf, also as a template or sample."""
    main = leaf.replace("master", "main")
    start = main[: main.find("main.cf") + 7] if "main.cf" in main else main
    names = [main, *(start + ending for ending in _ENDINGS)]
    return next((text for text in map(sibling, dict.fromkeys(names)) if text), "")


def _ssl_beside(sibling: Sibling) -> str:
    """Return the value of ssl that another file of the same Dovecot sets, "" for none."""
    for name in ("10-ssl.conf", "conf.d/10-ssl.conf", "../dovecot.conf", "dovecot.conf"):
        found = ssl_of(sibling(name) or "")
        if found:
            return found
    return ""


def _loops(text: str) -> Iterator[Fact]:
    """Yield the ports in the list of a template's loop, unless the loop closes them."""
    for match in _LOOP.finditer(text) if "{%" in text else ():
        end = text.find("endfor", match.end())
        if not _CLOSING.search(text, match.end(), min(end, match.end() + _LONGEST_LOOP)):
            line = text.count("\n", 0, match.start(1)) + 1
            for row, port in ports_within(match[1].replace("'", "").replace('"', "")):
                yield Mention(row, port, LISTENER, Place(line), match[1])


def _settings(plain: str, name: str, kind: str, scope: Scope) -> Iterator[Fact]:
    """Yield the facts of settings, scripts and Dockerfiles."""

    def read(text: str, target: str) -> Iterator[Fact]:
        found = kind_of(target, text)
        if found and found not in (SHELL, DOCKERFILE):
            yield from read_text(text, target, found, scope, True)

    def read_table(table: Table) -> Iterator[Fact]:
        yield from StructureReader(scope, name, read_text).settings(table, context)

    context = Context(probe=_CHECKS.search(plain) is not None)
    if kind == SHELL:
        yield from script_facts(plain, read)
    elif kind == DOCKERFILE:
        yield from dockerfile_facts(plain, read, read_table)
    else:
        yield from read_table(read_settings(plain))
        yield from text_facts(plain)
        yield from front_facts(plain)


def _yaml(text: str, name: str, scope: Scope, sibling: Optional[Sibling]) -> Iterator[Fact]:
    """Yield the facts of YAML or JSON; templates are read as far as they go."""
    if "{{" not in text and not can_hold(text):
        return
    documents = _documents(text, name, scope)
    scope.learn(documents, variables=True)
    if sibling is not None:
        wanted = dict.fromkeys(file for one in documents for file in variable_files(one))
        for file in itertools.islice(wanted, _MOST_INCLUDED):
            for table in variables_in(sibling(file) or ""):
                scope.add(table)
    facts = [fact for one in documents for fact in structure_facts(one, name, scope, read_text)]
    facts += _written(scope.written)
    for fact in facts:
        bare = isinstance(fact, Mention) and fact.bare
        # A variable that is used in the same file is judged by its use.
        if not bare or (fact.place.line, fact.place.column) not in scope.used:
            yield fact


def _written(lines: list[tuple[str, Scalar]]) -> Iterator[Fact]:
    """Yield the facts of settings of one main.cf that several tasks write, each value in turn."""
    values: dict[str, list[Parameter]] = {}
    for file, line in lines:
        name, equals, value = line.text.partition("=")
        if equals and "main.cf" in file.rpartition("/")[2] and UNKNOWN not in name:
            found = Parameter(value.strip(), Place(line.line))
            values.setdefault(name.strip(), []).append(found)
    last = dict(parameters_from({name: found[-1] for name, found in values.items()}))
    if len(last) < 2:
        return
    yield from main_facts(last, False)
    for name in last:
        for other in values[name][:-1][:_MOST_VALUES]:
            yield from main_facts({**last, name: other}, False)


def _documents(text: str, name: str, scope: Scope) -> tuple[Node, ...]:
    try:
        return read_yaml(text)
    except TreeError:
        if name.endswith(".json"):
            return read_json(text)
        plain = _SUBSTITUTED.sub(_substituted, without_templating(text, scope.scalars))
        if plain == text and is_certain(name):
            raise
    return _tolerant_yaml(plain) or (read_settings(plain),)


def _substituted(match: re.Match[str]) -> str:
    return match[1] or UNKNOWN


def _tolerant_yaml(text: str) -> tuple[Node, ...]:
    """Return the documents of a template without the lines that keep it from being YAML."""
    lines = _BLOCK_VALUE.sub(r"\2", without_unknown_lines(text)).split("\n")
    for _attempt in range(_MOST_BAD_LINES):
        try:
            return read_yaml("\n".join(lines))
        except TreeError as error:
            if not 0 < error.line <= len(lines) or not lines[error.line - 1].strip():
                return ()
            lines[error.line - 1] = ""
    return ()
