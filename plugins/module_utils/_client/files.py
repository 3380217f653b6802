# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that is published for mail programs and their users, as files of one folder."""

from __future__ import annotations

from collections.abc import Iterator

from . import autoconfig, autodiscover, frameworks, mobileconfig, pacc, programs
from .settings import Settings

METHODS = ("autoconfig", "autodiscover", "mobileconfig", "pacc", "programs", "frameworks")
# What web servers and programs must be told of files whose names do not say it.
CONTENT_TYPES = {
    ".xml": "text/xml",
    ".mobileconfig": mobileconfig.CONTENT_TYPE,
    ".json": "application/json",
}


def files_of(settings: Settings, methods: tuple[str, ...] = METHODS) -> dict[str, bytes]:
    """Return path below the folder -> content, the same bytes for the same settings.

    The folder is the root of a web site that serves all the names of programs' look-ups. What a
    method cannot say is left out; ``notes_on`` tells.
    """
    return dict(_files(settings, methods))


def _files(settings: Settings, methods: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    if "autoconfig" in methods:
        document = autoconfig.write(settings)
        yield autoconfig.PATH[1:], document
        yield autoconfig.WELL_KNOWN[1:], document
    if "autodiscover" in methods and not autodiscover.can_say(settings):
        document = autodiscover.write(settings)
        yield autodiscover.PATH[1:], document
        yield autodiscover.OTHER_CASE[1:], document
    if "mobileconfig" in methods:
        yield mobileconfig.PATH[1:], mobileconfig.write(settings)
    if "pacc" in methods and not pacc.can_say(settings):
        yield pacc.PATH[1:], pacc.write(settings)
    if "programs" in methods:
        for name, write in programs.PROGRAMS.items():
            text = write(settings)
            if text is not None:
                yield f"programs/{name}", text.encode()
    if "frameworks" in methods:
        for name in frameworks.NAMES:
            yield f"frameworks/{name}.env", frameworks.env_file(settings, name).encode()


def notes_on(settings: Settings, methods: tuple[str, ...] = METHODS) -> list[str]:
    """Return why files of the methods that were asked for are missing."""
    notes = []
    for name, module in (("autodiscover", autodiscover), ("pacc", pacc)):
        why = module.can_say(settings) if name in methods else ""
        if why:
            notes.append(f"{name} is not published: {why}")
    if "programs" in methods:
        left = [name for name, write in programs.PROGRAMS.items() if write(settings) is None]
        if left:
            notes.append(f"programs that cannot use these ports have no file: {', '.join(left)}")
    return notes
