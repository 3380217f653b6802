# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts as short lines, so that the tests of readers can be tables."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.facts import (
    Fact,
    Flaw,
    Lowest,
)


def short(facts: Iterable[Fact]) -> list[str]:
    """Return one line a fact, in the order of their lines.

    ``3 client 143 cleartext login local`` for a port (``-`` for TLS that is not known), ``3 TLSv1``
    for a lowest version, ``3 verification-off`` for a flaw.
    """
    return [_short(one) for one in sorted(facts, key=lambda one: one.place.line)]


def _short(fact: Fact) -> str:
    line = fact.place.line
    if isinstance(fact, Lowest):
        return f"{line} {fact.version}"
    if isinstance(fact, Flaw):
        return f"{line} {fact.rule}"
    words = [str(line), fact.role, str(fact.port), fact.tls or "-"]
    words += ["login"] if fact.login else []
    words += ["local"] if fact.local else []
    return " ".join(words)
