# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask this host's Exim what it is configured to serve; ``exim`` is its path.

What the daemon is started with counts as configuration: ``-oX`` overrides ports and interfaces.
Debian keeps it in /etc/default/exim4; elsewhere only a daemon that runs tells it.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Optional

from .._model.host_view import Configured, ReadError, Source
from .._system.machine import Machine
from .._system.names import port_of
from .configured import (
    CERTIFICATE,
    INTERFACES,
    OPTIONS,
    PORTS,
    EximText,
    authenticators_in,
    options_in,
    read_exim,
)
from .lists import elements

DEFAULTS = "/etc/default/exim4"
_SCRIPT = "/etc/init.d/exim4"
_UNITS = ("/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
_SYSTEMD, _INIT, _OLD = "EXIMSERVICE", "EXIMDAEMONOPTS", "SMTPLISTENEROPTIONS"
_COMMON, _QUEUE = "COMMONOPTIONS", "QUEUERUNNER"
_NOT_LISTENING = ("nodaemon", "queueonly")
_NAMES = ("exim", "exim4")
_VERSION = re.compile(r"Exim version (\d+\.\d+\S*)")
_ASSIGNMENT = re.compile(r"^\s*(?:export\s+)?(\w+)=(.*)$")


@dataclass(frozen=True)
class Start:
    """How the daemon is started: its options, where they are written, and whether it listens."""

    arguments: tuple[str, ...] = ()
    source: Source = field(default_factory=Source)
    listens: bool = True


def version(machine: Machine, exim: str) -> str:
    """Return the version. Raises ReadError."""
    status, out, err = machine.run([exim, "-bV"])
    found = _VERSION.search(out)
    if found is None:
        said = (err.strip() or out.strip()).splitlines()
        raise ReadError(f"exim -bV ended with {status}: {said[0] if said else 'no version'}")
    return found[1]


def listeners(machine: Machine, exim: str) -> tuple[list[Configured], list[str]]:
    """Return the configured listeners, and what could not be told. Raises AskError, ReadError."""
    warnings: list[str] = []
    start = _start(machine, warnings)
    if not start.listens:
        return [], [*warnings, f"Exim: no daemon that listens is started ({DEFAULTS})"]
    command = [exim, *_configuration(start.arguments)]
    status, out, err = machine.run([*command, "-bP", *OPTIONS])
    options = options_in(out)
    if status and PORTS not in options:
        said = [line for line in (out + err).splitlines() if line.strip()]
        raise ReadError(said[-1] if said else f"exim -bP ended with {status}")
    path = machine.ask([*command, "-bP", "config_file"]).strip()
    text = EximText(
        options=options,
        authenticators=authenticators_in(machine.ask([*command, "-bP", "authenticators"])),
        arguments=start.arguments,
        source=start.source if "-oX" in start.arguments else _written(machine, path),
    )
    found, others = read_exim(text, port_of)
    files = options.get(CERTIFICATE, "")
    # A value that is expanded may name another file for each client.
    shown = () if "$" in files else machine.certificates(elements(files))
    return [replace(one, certificates=shown) for one in found], [*warnings, *others]


def _configuration(arguments: Sequence[str]) -> Iterator[str]:
    """Yield the options that choose the configuration: another file, macros."""
    words = iter(arguments)
    for word in words:
        if word.startswith(("-C", "-D")):
            yield word
            if word == "-C":
                yield next(words, "")


def _written(machine: Machine, path: str) -> Source:
    """Return the line of the ports, else of the interfaces, else the file alone."""
    lines = machine.text(path).splitlines()
    for name in (PORTS, INTERFACES):
        for number, line in enumerate(lines, 1):
            if re.match(rf"\s*{name}\s*=", line):
                return Source(path, number)
    return Source(path)


def _start(machine: Machine, warnings: list[str]) -> Start:
    """Return how the daemon is started, by Debian's file, else by the daemon that runs."""
    running = next(_running(machine), None)
    text = machine.text(DEFAULTS)
    if not text:
        return Start(running or ())
    start = _by_defaults(machine, text, warnings)
    if running is not None and _place(running) != _place(start.arguments):
        warnings.append(
            f"Exim: the daemon that runs was started with {' '.join(running)!r}, and {DEFAULTS} "
            "says otherwise; the listeners here are those of that file, as after the next start"
        )
    return start


def _by_defaults(machine: Machine, text: str, warnings: list[str]) -> Start:
    values: dict[str, tuple[str, int]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        found = _ASSIGNMENT.match(line)
        if found:
            values[found[1]] = (found[2], number)
    names = _variables(machine)
    arguments: list[str] = []
    for name in names:
        value = values.get(name, ("", 0))[0]
        try:
            words = [part for word in shlex.split(value, comments=True) for part in word.split()]
        except ValueError:
            words = ["$"]
        if any("$" in word or "`" in word for word in words):
            warnings.append(f"Exim: {name} in {DEFAULTS} is not understood, and was left out")
            continue
        arguments += words
    queue = "".join(shlex.split(values.get(_QUEUE, ("", 0))[0], comments=True))
    if _OLD in names:
        listens = queue not in _NOT_LISTENING
    else:
        listens = not arguments or any(word.startswith("-bd") for word in arguments)
    lines = [values[name][1] for name in names if name in values]
    return Start(tuple(arguments), Source(DEFAULTS, lines[-1] if lines else 0), listens)


def _variables(machine: Machine) -> tuple[str, ...]:
    """Return the variables that the system's way to start Exim uses."""
    by_systemd = machine.text("/proc/1/comm").strip() == "systemd"
    if by_systemd and any(machine.text(f"{folder}/exim4.service") for folder in _UNITS):
        return (_SYSTEMD,)
    return (_INIT,) if _INIT in machine.text(_SCRIPT) else (_COMMON, _OLD)


def _running(machine: Machine) -> Iterator[tuple[str, ...]]:
    """Yield the options of the daemons that run."""
    for path in machine.matching("/proc/[0-9]*/cmdline"):
        words = machine.text(path).rstrip("\0").split("\0")
        if os.path.basename(words[0]) in _NAMES and any(
            word.startswith("-bd") for word in words[1:]
        ):
            yield tuple(words[1:])


def _place(arguments: Sequence[str]) -> tuple[Optional[str], bool]:
    """Return what of the options decides about listeners."""
    words = list(arguments)
    place = words[words.index("-oX") + 1] if "-oX" in words[:-1] else None
    return place, "-tls-on-connect" in words
