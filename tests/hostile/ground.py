# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve many servers of the proving ground at once, ask the product about them, and compare."""

from __future__ import annotations

import itertools
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from ansible_collections.postmaster.mailports.plugins.module_utils._model.rules import RULES

from tests.integration.prober import answer
from tests.support.serving import Server

from .parts import DIMENSIONS
from .pki import NAME, Pki
from .server import Knobs, Played
from .truth import Spec, Truth, truth, wrong

# Below those that the system gives to clients.
PORTS = range(20000, 32000)
# What says that something is not known; "no-dialogue" and "tls-failed" say so of what is behind.
UNSEEN = frozenset(
    {
        *("inconclusive", "not-probed", "not-known", "login-not-probed", "tls-version-not-probed"),
        *("starttls-injection-not-probed", "no-dialogue", "tls-failed"),
    }
)


@dataclass(frozen=True)
class Case:
    """A server, the truth about it, and the rules that the product reported as errors."""

    spec: Spec
    truth: Truth
    reported: frozenset[str]

    def faults(self) -> list[str]:
        """Return what is wrong with what was reported."""
        return list(wrong(self.truth, set(self.reported), UNSEEN))


class Ground:
    """A place to serve on: two addresses of loopback, of this process alone; a context manager.

    ``decided`` counts how many servers each rule decided.
    """

    def __init__(self) -> None:
        place = f"{os.getpid() >> 8 & 255}.{os.getpid() & 255}"
        self._addresses = (f"127.77.{place}", f"127.78.{place}")
        self._pki = Pki()
        # A port is not taken again while connections of a batch before may linger.
        self._ports = itertools.cycle(PORTS)
        self.decided: Counter[str] = Counter()

    def __enter__(self) -> Ground:
        """Return self."""
        return self

    def __exit__(self, *_exc: object) -> None:
        """Remove the certificates."""
        self._pki.__exit__()

    def cases(self, specs: Sequence[Spec], at_once: int = 40) -> Iterator[Case]:
        """Yield what the product says of each server, ``at_once`` of them served together.

        Those with two addresses come behind those with one.
        """
        one = [spec for spec in specs if spec.second() is None]
        two = [spec for spec in specs if spec.second() is not None]
        for some in (one, two):
            for start in range(0, len(some), at_once):
                batch = some[start : start + at_once]
                for spec, reported in zip(batch, self._reported(batch)):
                    yield Case(spec, truth(spec), frozenset(reported))

    def _reported(self, batch: Sequence[Spec]) -> list[set[str]]:
        others = [second for spec in batch if (second := spec.second())]
        with ExitStack() as stack:
            wanted = list(itertools.islice(self._ports, len(batch)))
            served = stack.enter_context(self._server(batch, wanted, 0))
            ports = [served.ports[port] for port in wanted]
            addresses = self._addresses[: 1 + bool(others)]
            if others:
                second = stack.enter_context(self._server(others, ports, 1))
                assert second.ports == dict(zip(ports, ports)), "a port of the second is taken"
            result = answer(self._question(batch, ports, addresses))
        assert "error" not in result, result
        return [self._rules(result["result"], f"s{i}") for i in range(len(batch))]

    def _server(self, specs: Sequence[Spec], ports: Sequence[int], number: int) -> Server:
        """Return the servers of one address, not yet listening."""
        knobs = [Knobs(**spec.knobs()) for spec in specs]
        handlers = {
            port: Played(spec.protocol, spec.mode, spec.login, knob, self._pki)
            for port, spec, knob in zip(ports, specs, knobs)
            if knob.listens
        }
        closed = [port for port, knob in zip(ports, knobs) if not knob.listens]
        return Server(self._addresses[number], handlers, closed)

    def _question(
        self, batch: Sequence[Spec], ports: Sequence[int], addresses: Sequence[str]
    ) -> dict[str, Any]:
        services = {
            f"s{i}": {
                "protocol": spec.protocol,
                "tls": spec.mode,
                "port": ports[i],
                "login": "required" if spec.login else "none",
            }
            for i, spec in enumerate(batch)
        }
        intent = {"host": NAME, "addresses": list(addresses), "services": services}
        common = {"ehlo_name": "probe.example.org", "timeout": 10}
        return {"intent": intent, "ca_path": self._pki.ca_file, **common}

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
    """Return the rules of the product that parts name."""
    named = {
        rule
        for parts in DIMENSIONS.values()
        for part in parts.values()
        for choice in part.breaks
        for rule in choice.split("|")
    }
    return named & set(RULES)
