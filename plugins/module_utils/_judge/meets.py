# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tests that hold an answer against what a demand wants: None if it is met, else the words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, Optional

from .._model.demand import Answer

# Each takes a known answer and what is wanted, and returns the words for a message where it is
# not met. A test passes only on what it knows: any other value breaks the demand.
Test = Callable[[Answer, Any], Optional[str]]


def _is(answer: Answer, wanted: Any) -> Optional[str]:
    same = type(answer.value) is type(wanted) and answer.value == wanted
    return None if same else answer.words


def _in(answer: Answer, wanted: Any) -> Optional[str]:
    return None if answer.value in wanted else answer.words


def _empty(answer: Answer, wanted: Any) -> Optional[str]:
    del wanted
    return None if answer.value == () else ", ".join(answer.value)


def _some(answer: Answer, wanted: Any) -> Optional[str]:
    del wanted
    return None if answer.value else answer.words


def _lasting(answer: Answer, wanted: Optional[int]) -> Optional[str]:
    """Each (day, seconds left, seconds of the whole life): enough days left, or a third of it."""
    for day, left, life in answer.value:
        least = wanted * 86400 if wanted is not None else life / 3
        if left < least:
            return f"{day}, in {int(left // 86400)} days"
    return None


def _key_sizes(answer: Answer, wanted: Mapping[str, int]) -> Optional[str]:
    """Each (key type, bits or None, which certificate) has the bits that its type needs."""
    for kind, bits, which in answer.value:
        least = wanted.get(kind)
        if least is not None and (bits is None or bits < least):
            size = f"{bits} bits" if bits is not None else "of unknown size"
            return f"{which}{kind} {size}, at least {least} bits are needed"
    return None


def _hashes(answer: Answer, wanted: tuple[str, ...]) -> Optional[str]:
    """No (hash, signature algorithm, which certificate) has a hash that is too weak."""
    for digest, signature, which in answer.value:
        if digest in wanted:
            return f"{which}{signature}"
    return None


TESTS: Mapping[str, Test] = {
    "is": _is,
    "in": _in,
    "empty": _empty,
    "some": _some,
    "lasting": _lasting,
    "key_sizes": _key_sizes,
    "hashes": _hashes,
}
