# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many audits in one process: plan each, probe all under shared limits, judge each as it is done.

A host's result is its own: whatever is wrong with one costs no other its verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Optional

from .._check.job import Plan, conclude, plan, unseen
from .._check.options import ParamsError
from .._model.intent import Intent, expand
from .._model.safe_text import printable
from .._probe.request import Request
from .._probe.run import Seen, run_many
from .._probe.tls import TrustStoreError
from .._probe.turns import Limits

# Threads and connections in all, below the 1024 open files that a process commonly may have.
LIMITS = Limits(connections=512)
# Those whose text was written for people and holds no secret.
_KNOWN_ERRORS = (ParamsError, TrustStoreError)


def audit_many(audits: Iterable[Mapping[str, Any]], limits: Limits) -> Iterator[dict[str, Any]]:
    """Yield the result of each audit as it is done, in no order: what port_check returns, and
    ``name``.

    An audit is all the options of port_check, and ``name``, by which results are told apart; one
    with ``error``, which says what is wrong with it, is not probed. It is taken only when there is
    room for it, so that ``audits`` may be endless. A host that could
    not be audited has ``audited`` False and ``compliant`` False, and ``msg`` says why; where its
    intent is known, each of its endpoints is not probed.
    """
    wrong: list[dict[str, Any]] = []
    for name, seen in run_many(_planned(audits, wrong), limits):
        key, planned = name
        yield _concluded(key, planned, seen)
        while wrong:
            yield wrong.pop()
    yield from wrong


def _planned(
    audits: Iterable[Mapping[str, Any]], wrong: list[dict[str, Any]]
) -> Iterator[tuple[tuple[str, Plan], Request]]:
    """Yield what to probe for each audit; the result of one that is wrong goes to ``wrong``."""
    for audit in audits:
        name = str(audit["name"])
        try:
            if "error" in audit:
                raise ParamsError(str(audit["error"]))
            planned = plan(audit)
        except Exception as error:
            wrong.append(not_audited(name, intent_of(audit), _words(error)))
            continue
        yield (name, planned), planned.request


def _concluded(name: str, planned: Plan, seen: Seen) -> dict[str, Any]:
    try:
        if isinstance(seen, Exception):
            raise seen
        return {"name": name, **conclude(planned, seen)[0]}
    except Exception as error:
        return not_audited(name, planned.intent, _words(error))


def _words(error: Exception) -> str:
    """Return an error in words; of an internal one the type alone: it may hold a secret."""
    if isinstance(error, _KNOWN_ERRORS):
        return "\n".join(printable(line, 1000) for line in str(error).split("\n"))
    return f"internal error: {type(error).__name__}"


def intent_of(audit: Mapping[str, Any]) -> Optional[Intent]:
    """Return the intent of an audit whose other options are wrong, None where it is wrong too."""
    try:
        given = audit["intent"]
        policy = audit.get("policy")
        return expand({**given, "policy": policy} if policy is not None else given)
    except Exception:
        return None


def not_audited(name: str, intent: Optional[Intent], why: str) -> dict[str, Any]:
    """Return the result of a host that could not be audited."""
    if intent is None:
        return {"name": name, "msg": why, "compliant": False, "audited": False}
    return {"name": name, **unseen(intent, why.strip().replace("\n", "; "))}
