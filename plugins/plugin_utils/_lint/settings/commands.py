# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read command lines that open mail ports, set Postfix's parameters or check a service."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ..facts import FIREWALL, LISTENER, PROBE, Fact, Mention, Place
from ..servers.postfix_rules import Parameter, main_facts, option_facts, parameters_from
from ..tree.jinja import Value
from ..tree.nodes import UNKNOWN, Scalar
from ..tree.scope import Scope
from ..tree.template import without_templating
from ..words.mail_words import service_named
from ..words.values import is_local, ports_within

_UFW = re.compile(r"\bufw\s+(?:--\S+\s+)*(?:insert\s+\d+\s+)?(?:allow|limit)\b([^\n;&|]*)")
_IPTABLES = re.compile(r"(?:\bip6?tables\b|^\s*-A\s)([^\n;&|]*)")
_FIREWALL_CMD = re.compile(r"\bfirewall-cmd\b([^\n;&|]*)")
_POSTCONF = re.compile(
    r"\bpostconf(?:\b[^\n;&|]*?\s-e)?\s+((?!-)['\"]?\w+\s*=[^\n;&|]*)", re.IGNORECASE
)
_LINE_GOES_ON = re.compile(r"\\\n")
# A text without any of these holds nothing that the other patterns match.
HINT = re.compile(
    r"\bdport\s|\bfailed\s|\bufw\s|iptables\s|^[ \t]*-A\s|firewall-cmd|postconf\s|\bcheck_[a-z]+\s"
    r"|\bnc\s|^[ \t]*pass\s|\b(?:docker|podman|nerdctl)\s",
    re.M,
)
_POSTCONF_OPTION = re.compile(r"\s-P\s+['\"]?([\w.:\[\]-]+)/(\w+)/(\w+)\s*=\s*(\S+)")
_NFT = re.compile(r"\btcp\s+dport\s+(\{[^{}]*\}|[\w,-]+)([^\n;]*)")
# ferm's rules, and those of pf.
_FERM = re.compile(r"(?<!-)\bdport\s+(\([^()]*\)|[\w-]+)([^\n;]*)")
_PF = re.compile(r"^[ \t]*pass\s+in\b[^\n]*?\bport\s+=?\s*(\{[^{}]*\}|[\w-]+)")
_ACCEPTING = re.compile(r"(?:-j\s+|--jump[= ])(?:ACCEPT|DNAT|REDIRECT)\b")
_MONIT = re.compile(r"\bfailed\b[^\n;]*?\bport\s+(\d{1,5})\b")
_SETTING = re.compile(
    r"(?:'([^']*)'|\"([^\"]*)\"|(\w+\s*=\s*(?:'[^']*'|\"[^\"]*\"))|(\S+\s*=\s*\S*))"
)
_SHELL_VALUE = re.compile(r"\$(?:\w+|\{[^{}]*\}|\([^()]*\))|`[^`]*`")
_CHECK = re.compile(r"\bcheck_(?:imap|pop|smtp|tcp)\b([^\n;&|]*)")
# What a container publishes: an address, an outer port, a port inside.
_CONTAINER = re.compile(
    r"\b(?:docker|podman|nerdctl)\s+(?:container\s+)?(?:run|create)\b([^\n;|]*)"
)
_PUBLISHED = re.compile(
    r"(?:\s-p[ =]?|\s--publish[ =])['\"]?(?:(\d+\.[\d.]+|\[[^\]\s]*\]|\$\{?\w+\}?):)?"
    r"(?:\d{1,5}(?:-\d{1,5})?:|:)?(\d{1,5}(?:-\d{1,5})?)(/\w+)?(?=['\"\s]|$)"
)
_PROBE = re.compile(r"\b(?:nc|ncat|netcat)\s+(?:-\S+\s+)*(\S+)\s+(\d{1,5})\b")


def command_facts(scalar: Scalar, scope: Scope, path: str) -> Iterator[Fact]:
    """Yield the facts of the commands in a text."""
    plain = replace(scalar, text=without_templating(scalar.text, scope.scalars))
    for one in [Value(plain.text, scalar)] if "\n" in plain.text else scope.values(scalar):
        own = scalar.offset if one.at is scalar else -1
        for offset, line in enumerate(_LINE_GOES_ON.sub("  ", one.text).split("\n")):
            if not line.lstrip().startswith("#"):
                number = one.at.line + (offset + own if own > 0 else 0)
                for name, found in postconf_settings(line, Place(number)).items():
                    setting = Scalar(f"{name} = {found.value}", number)
                    scope.written.append(("main.cf", setting))
                yield from line_facts(line, Place(number, 0, path))


def line_facts(line: str, place: Place, postconf: bool = True) -> Iterator[Fact]:
    """Yield the facts of one command line; ``postconf``: also of parameters that it sets."""
    for match in _UFW.finditer(line):
        yield from _ufw(match[1], place)
    for match in _IPTABLES.finditer(line):
        yield from _iptables(match[1], place)
    for match in _FIREWALL_CMD.finditer(line):
        for word in re.findall(r"--add-port[= ]['\"]?([\w/-]+)", match[1]):
            yield from _opened(word, place)
        for word in re.findall(r"--add-service[= ]['\"]?([\w-]+)", match[1]):
            yield from _opened(word, place)
    if postconf:
        yield from main_facts(postconf_settings(line, place), False)
    for service, kind, name, value in _POSTCONF_OPTION.findall(line):
        yield from option_facts(service, kind, name, Parameter(value.strip("'\""), place))
    yield from _rules(line, place)
    yield from _published(line, place)
    yield from _probes(line, place)


def _rules(line: str, place: Place) -> Iterator[Fact]:
    """Yield the ports that a rule of nft, ferm or pf opens."""
    opened = [match[1] for match in _NFT.finditer(line) if re.search(r"\baccept\b", match[2])]
    opened += [match[1] for match in _FERM.finditer(line) if re.search(r"\bACCEPT\b", match[2])]
    opened += [match[1] for match in _PF.finditer(line) if "proto udp" not in line]
    for ports in opened:
        for word in re.split(r"[,\s]+", ports.strip("{}() ")):
            yield from _opened(word, place)


def _published(line: str, place: Place) -> Iterator[Fact]:
    """Yield the ports that a command publishes for a container."""
    for match in _CONTAINER.finditer(line):
        for address, inside, protocol in _PUBLISHED.findall(match[1]):
            if protocol in ("", "/tcp") and not (address and is_local(address)):
                yield from _opened(inside, place, LISTENER)


def _probes(line: str, place: Place) -> Iterator[Fact]:
    """Yield the ports that the checks of a line connect to."""
    for match in _MONIT.finditer(line):
        host = re.search(r"\bhost\s+(\S+)", line)
        yield from _opened(match[1], place, PROBE, bool(host and is_local(host[1])))
    for match in _CHECK.finditer(line):
        port = re.search(r"(?:-p\s*|--port[= ])(\d{1,5})\b", match[1])
        host = re.search(r"(?:-H\s*|--hostname[= ])(\S+)", match[1])
        if port:
            yield from _opened(port[1], place, PROBE, bool(host and is_local(host[1])))
    for match in _PROBE.finditer(line):
        yield from _opened(match[2], place, PROBE, is_local(match[1]))


def _ufw(rest: str, place: Place) -> Iterator[Fact]:
    if re.match(r"\s+out\b", rest) or re.search(r"\bproto\s+udp\b|from 127\.", rest):
        return
    port = re.search(r"\bport\s+([\w,:]+)", rest)
    words = rest.split()
    word = port[1] if port else next((one for one in words if one not in ("in", "proto")), "")
    yield from _opened(word, place)


def _iptables(rest: str, place: Place) -> Iterator[Fact]:
    if not _ACCEPTING.search(rest):
        return
    if re.search(r"\bOUTPUT\b|\s-D\s|-p\s+udp\b|-i\s+lo\b", rest):
        return
    for word in re.findall(r"--(?:dports?|destination-ports?)[= ]([\w,:]+)", rest):
        yield from _opened(word, place)


def _opened(word: str, place: Place, role: str = FIREWALL, local: bool = False) -> Iterator[Fact]:
    named = service_named(word)
    if named is not None:
        yield Mention(named, named.port, role, place, word, local=local)
        return
    for row, port in ports_within(word):
        yield Mention(row, port, role, place, word, local=local)


def postconf_settings(line: str, place: Place) -> dict[str, Parameter]:
    """Return the parameters of Postfix that a command line sets."""
    found: dict[str, Parameter] = {}
    # Replace commands first: they may hold blanks, quotes and pipes.
    line = _SHELL_VALUE.sub(UNKNOWN, line) if "postconf" in line else ""
    for match in _POSTCONF.finditer(line):
        for groups in _SETTING.findall(match[1]):
            name, equals, value = next((one for one in groups if one), "").partition("=")
            if equals:
                found[name.strip()] = Parameter(value.strip().strip("'\""), place)
    return dict(parameters_from(found))


def text_facts(text: str) -> Iterator[Fact]:
    """Yield the facts of the commands and rules in a file of settings."""
    if HINT.search(text):
        for number, line in enumerate(text.split("\n"), 1):
            if not line.lstrip().startswith(("#", ";", "//")):
                yield from line_facts(line, Place(number))
