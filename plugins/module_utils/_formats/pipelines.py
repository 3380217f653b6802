# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep text in a report from being taken for a command by the CI service that logs it.

What a mail server says is harmless within a line (see _model/safe_text); the names of files and
hosts may not be. GitHub Actions also obeys ``::command::`` at the start of a line. Such a command
could hide the rest of a log or set variables of the job.
"""

from __future__ import annotations

import re

from .._model.safe_text import COMMAND_MARK

_LINE_STARTS = re.compile(r"^([^\S\n]*):(?=:)", re.MULTILINE)


def harmless_text(text: str) -> str:
    r"""Return lines of text in which what would be a command begins with ``\x23`` or ``\x3a``."""
    return _LINE_STARTS.sub(r"\1\\x3a", harmless_line(text))


def harmless_line(text: str) -> str:
    """Return text from within a line, without the commands that are obeyed there too."""
    return COMMAND_MARK.sub(r"\\x23", text)


def harmless_json(text: str) -> str:
    r"""Return JSON of the same meaning that holds no command: a sign of it becomes ``\u0023``."""
    return COMMAND_MARK.sub(r"\\u0023", text)


def harmless_xml(text: str) -> str:
    """Return XML of the same meaning that holds no command, at the start of a line neither."""
    return _LINE_STARTS.sub(r"\1&#58;", COMMAND_MARK.sub("&#35;", text))
