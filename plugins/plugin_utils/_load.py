# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read an intent from a YAML or JSON file, with one clear message when that cannot be done."""

from __future__ import annotations

from typing import Any

import yaml

from ..module_utils._text import printable
from ._validate import IntentError

MAX_BYTES = 1024 * 1024


def load(path: str) -> Any:
    """Return the data in a file. Raises IntentError."""
    shown = printable(path)
    try:
        with open(path, "rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise IntentError(f"{shown}: {getattr(error, 'strerror', error)}") from None
    if len(content) > MAX_BYTES:
        raise IntentError(f"{shown}: larger than {MAX_BYTES} bytes, which no intent is")
    try:
        return yaml.safe_load(content)
    # A number or a date that Python cannot hold is a ValueError.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        words = printable(" ".join(str(error).split()), 300)
        raise IntentError(f"{shown}: not YAML: {words}") from None
