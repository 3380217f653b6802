# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One server of the proving ground as data, and the truth about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Optional

from .parts import DIMENSIONS, ORDER, Part


@dataclass(frozen=True)
class Spec:
    """A server: what it is meant to be, and the part of each dimension that is not the usual one.

    ``login`` tells whether users are meant to log in.
    """

    protocol: str
    mode: str
    login: bool
    parts: Mapping[str, str] = field(default_factory=dict)

    def part(self, dimension: str) -> Part:
        """Return what it does in one dimension."""
        return DIMENSIONS[dimension][self.parts.get(dimension, "usual")]

    def second(self) -> Optional[Spec]:
        """Return what is there on the second address, None for a host that has one alone."""
        other = self.part("second_address").second
        if not other:
            return None
        own = {name: part for name, part in self.parts.items() if name != "second_address"}
        return replace(self, parts={**own, **other})

    def knobs(self) -> dict[str, Any]:
        """Return all that its parts change; what two parts change the later dimension decides."""
        return {key: value for name in DIMENSIONS for key, value in self.part(name).knobs.items()}

    def __str__(self) -> str:
        """Return the server in one line."""
        use = "users" if self.login else "relay"
        odd = [f"{name}={part}" for name, part in self.parts.items()]
        return " ".join([self.protocol, self.mode, use, *odd])


@dataclass(frozen=True)
class Truth:
    """What is so. ``broken`` are the rules that must be reported, each "a|b" where one of two will do.

    ``seen`` is false where a part keeps a client from seeing the rest: then more may be reported as not
    known, and the server is never compliant; with ``shy`` it may be or not. ``behind`` are further
    rules that it breaks, which a client need not get to see.
    """

    broken: tuple[str, ...]
    seen: bool
    shy: bool = False
    behind: tuple[str, ...] = ()

    @property
    def compliant(self) -> bool:
        """Tell whether a client may call the server compliant."""
        return self.seen and not self.broken


def possible(spec: Spec) -> bool:
    """Tell whether every part fits a server of this protocol, mode and use."""
    second = spec.second()
    if second is not None and not possible(second):
        return False
    # Where STARTTLS is not offered, which is an error, nobody asks whether it is enforced.
    if spec.knobs().get("starttls_word") == "" and "enforcement" in spec.parts:
        return False
    seen = {name for step in ORDER[spec.mode] for name in step}
    return seen.issuperset(set(spec.parts) - {"second_address"}) and all(
        spec.protocol in part.protocols and spec.mode in part.modes and spec.login in part.login
        for part in map(spec.part, spec.parts)
    )


def truth(spec: Spec) -> Truth:
    """Return the truth about a server: about each of its addresses, and both must be well."""
    first, second = _of_one(spec), spec.second()
    if second is None:
        return first
    other = _of_one(second)
    broken = tuple(dict.fromkeys(first.broken + other.broken))
    seen, shy = first.seen and other.seen, first.shy or other.shy
    return Truth(broken, seen, shy, first.behind + other.behind)


def _of_one(spec: Spec) -> Truth:
    """Return the truth about one address, step by step as a client gets to see it."""
    broken: list[str] = []
    shy = any(spec.part(name).shy for name in spec.parts) or _second_key_in_tls13(spec)
    for step in ORDER[spec.mode]:
        parts = [spec.part(name) for name in step]
        broken += [rule for part in parts for rule in part.breaks]
        if any(part.ends or part.hides for part in parts):
            every = [rule for name in spec.parts for rule in spec.part(name).breaks]
            return Truth(tuple(broken), False, shy, tuple(every))
    return Truth(tuple(broken), True, shy)


def _second_key_in_tls13(spec: Spec) -> bool:
    """Tell whether a second kind of key is served in TLS 1.3 alone: OpenSSL by way of Python cannot
    choose it there."""
    knobs = spec.knobs()
    alone = knobs.get("versions", ("",))[0] == "TLSv1_3"
    return alone and len(knobs.get("chains", ())) > 1


def wrong(truth_: Truth, reported: set[str], unseen: frozenset[str]) -> Iterator[str]:
    """Yield what is wrong with the rules ``reported`` as errors about a server.

    ``unseen`` are the rules that say that something is not known.
    """
    wanted = [set(rule.split("|")) for rule in truth_.broken]
    allowed = {one for rule in truth_.broken + truth_.behind for one in rule.split("|")}
    for choice in wanted:
        # What a server hides may hide this too, as long as something is reported.
        if not choice & reported and ((truth_.seen and not truth_.shy) or not reported):
            yield f"does not report {'|'.join(sorted(choice))}"
    for rule in sorted(reported - allowed):
        if (truth_.seen and not truth_.shy) or rule not in unseen:
            yield f"reports {rule}"
    if not reported and not truth_.compliant:
        yield "passes as compliant"
