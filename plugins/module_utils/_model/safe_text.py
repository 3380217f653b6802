# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make text that a stranger wrote safe to print, log and put into a report."""

from __future__ import annotations

import re

# Inclusive ranges of code points that steer a terminal, reorder a line, break it, or that no
# UTF-8 or XML writer takes.
_UNSAFE_RANGES = (
    (0x00, 0x1F),  # C0 controls, ESC among them
    (0x7F, 0x9F),  # DEL and the C1 controls
    (0x061C, 0x061C),  # Arabic letter mark
    (0x200E, 0x200F),  # left-to-right and right-to-left marks
    (0x2028, 0x202E),  # line and paragraph separators; bidirectional embeddings and overrides
    (0x2066, 0x2069),  # bidirectional isolates
    (0xD800, 0xDFFF),  # lone surrogates
    (0xFFFE, 0xFFFF),  # noncharacters that XML refuses
)


def _escape(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


_ESCAPES = {
    code: _escape(code) for first, last in _UNSAFE_RANGES for code in range(first, last + 1)
}


# What begins a command that a CI service obeys anywhere in a line of its log: ``##[command]`` in
# GitHub Actions and Azure Pipelines, ``##vso[...]``, TeamCity's ``##teamcity[...]``.
COMMAND_MARK = re.compile(r"#(?=#\w*\[)")


def printable(text: str | bytes, limit: int = 500) -> str:
    r"""Return ``text`` on one line, with everything unsafe written as ``\xNN`` or ``\uNNNN``.

    Unsafe is what steers a terminal, and what a CI service takes for a command.

    Bytes are read as UTF-8; bytes that are not UTF-8 become ``\xNN``. The result holds at most
    ``limit`` characters; where something was left off, the last one is an ellipsis (U+2026).
    Work is bounded by ``limit``, not by the length of ``text``. A backslash stays as it is, so
    the result is for reading and cannot be turned back.

    Raises ValueError when ``limit`` is less than 1.
    """
    if limit < 1:
        raise ValueError("limit must be at least 1")
    if isinstance(text, bytes):
        # No character takes more than four bytes, so these hold more than ``limit`` of them.
        text = text[: 4 * (limit + 1)].decode("utf-8", "backslashreplace")
    safe = text[: limit + 1]
    # Whatever is unsafe is not printable to Python either; most text needs no second look.
    if not safe.isprintable():
        safe = safe.translate(_ESCAPES)
    if "##" in safe:
        safe = COMMAND_MARK.sub(r"\\x23", safe)
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"
