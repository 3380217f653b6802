# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve many servers of the proving ground at once, ask the product about them, and compare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.postmaster.mailports.plugins.module_utils._model.rules import RULES

from tests.integration.prober import answer
from tests.support.serving import Server

from .generate import NOT_YET
from .parts import DIMENSIONS
from .pki import NAME, Pki
from .server import Knobs, Played
from .truth import Spec, Truth, truth, wrong

FIRST_PORT = 20000
# What says that something is not known; "no-dialogue" and "tls-failed" say so of what is behind.
UNSEEN = frozenset(
    {
        *("inconclusive", "not-probed", "not-known", "login-not-probed", "tls-version-not-probed"),
        *("starttls-injection-not-probed", "no-dialogue", "tls-failed"),
    }
)


@dataclass(frozen=True)
class Case:
    """A server, the truth about it, and the rules that the product told as errors."""

    spec: Spec
    truth: Truth
    told: frozenset[str]

    def faults(self) -> list[str]:
        """Return what is wrong with what was told."""
        return list(wrong(self.truth, set(self.told), UNSEEN))


class Ground:
    """A place to serve on: ``address`` is one of loopback's; a context manager."""

    def __init__(self, address: str = "127.0.0.77") -> None:
        self._address = address
        self._pki = Pki()
        self.decided: Counter[str] = Counter()

    def __enter__(self) -> Ground:
        """Return self."""
        return self

    def __exit__(self, *_exc: object) -> None:
        """Remove the certificates."""
        self._pki.__exit__()

    def cases(self, specs: Sequence[Spec], at_once: int = 40) -> Iterator[Case]:
        """Yield what the product says of each server, ``at_once`` of them served together."""
        for start in range(0, len(specs), at_once):
            batch = specs[start : start + at_once]
            told = self._told(batch)
            for spec, rules_told in zip(batch, told):
                yield Case(spec, truth(spec), frozenset(rules_told))

    def _told(self, batch: Sequence[Spec]) -> list[set[str]]:
        knobs = [Knobs(**spec.knobs()) for spec in batch]
        handlers = {
            FIRST_PORT + i: Played(spec.protocol, spec.mode, spec.login, knob, self._pki)
            for i, (spec, knob) in enumerate(zip(batch, knobs))
            if knob.listens
        }
        closed = [FIRST_PORT + i for i, knob in enumerate(knobs) if not knob.listens]
        with Server(self._address, handlers, closed) as server:
            result = answer(
                {
                    "intent": {
                        "host": NAME,
                        "addresses": [self._address],
                        "services": {
                            f"s{i}": {
                                "protocol": spec.protocol,
                                "tls": spec.mode,
                                "port": server.ports[FIRST_PORT + i],
                                "login": "required" if spec.login else "none",
                            }
                            for i, spec in enumerate(batch)
                        },
                    },
                    "ca_path": self._pki.ca_file,
                    "ehlo_name": "probe.example.org",
                    "timeout": 10,
                }
            )
        assert "error" not in result, result
        return [self._rules(result["result"], f"s{i}") for i in range(len(batch))]

    def _rules(self, result: dict[str, Any], service: str) -> set[str]:
        found = {
            one["rule"]
            for one in result["findings"]
            if one["service"] == service and one["severity"] == "error"
        }
        outcomes = [one for one in result.get("demands", ()) if one.get("service") == service]
        if any(one["outcome"] == "not_known" for one in outcomes):
            found.add("not-known")
        self.decided.update(found)
        return found


def named_rules() -> set[str]:
    """Return the rules of the product that parts name, those of NOT_YET left out."""
    named = {
        rule
        for dimension, parts in DIMENSIONS.items()
        for name, part in parts.items()
        for choice in part.breaks
        for rule in choice.split("|")
        if (dimension, name) not in NOT_YET
    }
    return named & set(RULES)
