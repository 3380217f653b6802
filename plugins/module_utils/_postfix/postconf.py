# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find this host's Postfix, ask its postconf, and change its files only by what it accepts."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Protocol, TypeVar

from .._system.replace_file import content, exclusive, read

TESTED = ((3, 7), (3, 10))
OLDEST = (3, 5)
FILES = ("main.cf", "master.cf")
_SYSTEM_PATH = "/usr/sbin:/usr/local/sbin:/sbin"
_UNUSED = re.compile(r": unused parameter: ([^\s=]+)")
_UNDEFINED = re.compile(r": undefined parameter: (\S+)")
_LEAVING = re.compile(r'support for parameter "([^"]+)" will be removed')


# AnsibleModule.run_command, or what does the same: argument list to status, output and errors.
Run = Callable[..., tuple[int, str, str]]


class PostfixError(Exception):
    """Postfix is missing, too old, or does not take what it would be given; says what to do."""


@dataclass(frozen=True)
class Postfix:
    """An installed Postfix: its postconf, its version as numbers and text, its configuration.

    ``run`` runs a program, as AnsibleModule.run_command does.
    """

    postconf: str
    version: tuple[int, int]
    release: str
    config_directory: str
    run: Run

    def path(self, name: str) -> str:
        """Return where ``main.cf`` or ``master.cf`` is."""
        return os.path.join(self.config_directory, name)

    def text(self, name: str) -> str:
        """Return the text of ``main.cf`` or ``master.cf``. Raises PostfixError."""
        try:
            return read(self.path(name))
        except OSError as error:
            raise PostfixError(f"{self.path(name)} cannot be read: {error.strerror}") from None

    @property
    def warnings(self) -> list[str]:
        """Return a warning where nobody has tried this version."""
        if TESTED[0] <= self.version <= TESTED[1]:
            return []
        tested = " to ".join("{}.{}".format(*version) for version in TESTED)
        return [f"Postfix {self.release} is not a tested version ({tested})"]


@dataclass(frozen=True)
class Words:
    """What postconf said: its standard output, and the warnings on standard error by kind.

    ``unused`` are names that this Postfix does not know, ``undefined`` names that a value refers
    to and that are not set, ``leaving`` names that a later Postfix drops, each with its message.
    """

    output: str
    unused: frozenset[str]
    undefined: frozenset[str]
    leaving: dict[str, str]


class Made(Protocol):
    """The outcome of an edit: the new text of the file."""

    @property
    def text(self) -> str:
        """Return the text."""


Edit = TypeVar("Edit", bound=Made)


def find(run: Run, config_directory: Optional[str] = None) -> Postfix:
    """Return this host's Postfix. Raises PostfixError where there is none that can be used."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), _SYSTEM_PATH])
    postconf = shutil.which("postconf", path=path)
    if postconf is None:
        raise PostfixError("Postfix is not installed on this host: there is no postconf")
    with tempfile.TemporaryDirectory(prefix="mailports-") as empty:
        # Defaults only, and no files: this works whatever is wrong with main.cf and master.cf.
        asked = ["-d", "-h", "mail_version", "config_directory"]
        _status, output, _errors = run([postconf, "-c", empty, *asked])
    release, default = [*output.split("\n"), "", ""][:2]
    numbers = re.match(r"(\d+)\.(\d+)", release)
    if not numbers:
        raise PostfixError(f"postconf says that its version is {release!r}, which is none")
    version = (int(numbers.group(1)), int(numbers.group(2)))
    if version < OLDEST:
        oldest = "{}.{}".format(*OLDEST)
        raise PostfixError(f"Postfix {release} is not supported; {oldest} or later is needed")
    return Postfix(postconf, version, release, config_directory or default, run)


def ask(postfix: Postfix, texts: dict[str, str], *flags: str) -> Words:
    """Run postconf on a copy of the configuration that holds ``texts`` by file name.

    Raises PostfixError where postconf refuses the result; the real files are not touched.
    """
    with staged(postfix, texts) as folder:
        command = [postfix.postconf, "-c", folder, *flags]
        status, output, errors = postfix.run(command, environ_update={"LC_ALL": "C"})
        said = errors.replace(folder, postfix.config_directory)
    if status or "postconf: fatal:" in said or "postconf: error:" in said:
        lines = [line for line in said.splitlines() if "warning:" not in line]
        raise PostfixError(f"Postfix refuses this configuration: {' '.join(lines) or said}")
    return Words(
        output=output,
        unused=frozenset(_UNUSED.findall(said)),
        undefined=frozenset(_UNDEFINED.findall(said)),
        leaving={
            name: line.replace("postconf: warning: ", "", 1)
            for line in said.splitlines()
            for name in _LEAVING.findall(line)
        },
    )


def known(postfix: Postfix) -> list[str]:
    """Return the names of the parameters that this Postfix has."""
    _status, output, _errors = postfix.run([postfix.postconf, "-d"])
    return [line.partition("=")[0].strip() for line in output.splitlines()]


def change(
    postfix: Postfix, name: str, make: Callable[[str], Edit], *, write: bool
) -> tuple[str, Edit]:
    """Return the file's text and what ``make`` made of it; put that in place if ``write``.

    ``make`` gets the text and raises where it cannot be changed as wanted, or where the result
    would not do. It is asked again when the file has changed meanwhile. Where nothing is to be
    changed nothing is written. Raises PostfixError; the old file is then in place.
    """
    before = postfix.text(name)
    made = make(before)
    if not write or made.text == before:
        return before, made
    try:
        with exclusive(postfix.path(name)) as file:
            now = postfix.text(name)
            if now != before:
                before, made = now, make(now)
            if made.text != before:
                file.replace(content(made.text))
    except OSError as error:
        reason = error.strerror or str(error)
        raise PostfixError(
            f"{postfix.path(name)} cannot be written: {reason}; it is as it was"
        ) from None
    return before, made


@contextmanager
def staged(postfix: Postfix, texts: dict[str, str]) -> Iterator[str]:
    """Yield a private folder with both files, removed afterwards; ``texts`` before the real ones.

    Raises PostfixError where there is no room for it.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="mailports-") as folder:
            for name in FILES:
                text = texts[name] if name in texts else postfix.text(name)
                file = Path(folder, name)
                file.write_bytes(content(text))
                # Postfix waits when it finds main.cf younger than two seconds.
                os.utime(file, (time.time() - 10,) * 2)
            yield folder
    except OSError as error:
        raise PostfixError(f"no copy could be made to check: {error.strerror}") from None
