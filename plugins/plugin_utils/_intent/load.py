# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read an intent from a YAML or JSON file, with one clear message when that cannot be done."""

from __future__ import annotations

from typing import Any

import yaml

from ...module_utils._model.safe_text import printable
from .validate import IntentError

# A file of variables with nothing but this one is an intent as well.
VARIABLE = "mailports_intent"
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
        data = yaml.load(content, Loader=_Loader)  # noqa: S506 - a SafeLoader
    # A number or a date that Python cannot hold is a ValueError.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        words = printable(" ".join(str(error).split()), 300)
        raise IntentError(f"{shown}: not YAML: {words}") from None
    if isinstance(data, dict) and list(data) == [VARIABLE]:
        return data[VARIABLE]
    return data


class _Loader(yaml.SafeLoader):
    """YAML's safe loader, but a key given twice is an error: the first would be lost silently."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Return the mapping of a node. Raises ConstructorError for a key given twice."""
        keys = [key.value for key, _value in node.value if isinstance(key, yaml.ScalarNode)]
        for index, key in enumerate(keys):
            if key != "<<" and key in keys[:index]:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is given twice", node.start_mark
                )
        result: dict[Any, Any] = super().construct_mapping(node, deep)
        return result
