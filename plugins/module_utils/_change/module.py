# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules that change a server's listeners have in common: options, and how they end."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from .._check.options import ParamsError
from .._model.host_names import is_address, is_host, not_a_host
from .._model.intent import Listener
from .._model.policy import policy_from
from .._model.secrets import masked
from .._probe.tls import TrustStoreError
from .._system.keypair import KeypairError
from .._system.programs import ServerError
from .listener_change import Change, ProofError, Report
from .transaction import TransactionError

# What would end a value or begin something else in a file of a mail server.
UNSAFE = re.compile(r"[^\w/.@:+~-]")
_REFUSALS: tuple[type[Exception], ...] = (
    KeypairError,
    ParamsError,
    ProofError,
    ServerError,
    TrustStoreError,
)


def options() -> dict[str, Any]:
    """Return the part of the argument spec that all of them have."""
    listener = {
        "service": {"type": "str", "required": True},
        "protocol": {"type": "str", "choices": ["smtp", "imap", "pop3"], "required": True},
        "port": {"type": "int", "required": True},
        "tls": {"type": "str", "choices": ["implicit", "starttls", "cleartext"], "required": True},
        "login": {
            "type": "str",
            "choices": ["none", "optional", "required"],
            "default": "required",
        },
        "state": {"type": "str", "choices": ["open", "closed"], "default": "open"},
        "named": {"type": "bool", "default": True},
    }
    return {
        "listeners": {"type": "list", "elements": "dict", "required": True, "options": listener},
        "host": {"type": "str", "required": True},
        "certificate": {"type": "path"},
        "key": {"type": "path", "no_log": False},
        "min_tls": {"type": "str", "choices": ["TLSv1.2", "TLSv1.3"]},
        "addresses": {"type": "list", "elements": "str", "default": []},
        "prove": {"type": "bool", "default": True},
        "ca_path": {"type": "path"},
        "policy": {"type": "raw", "default": "rfc8314"},
    }


def problems(
    params: Mapping[str, Any], paths: Sequence[str], wildcards: Sequence[str]
) -> Iterator[str]:
    """Yield what is wrong with these options, one line each; ``paths`` are those that are written
    into files, ``wildcards`` the words that may stand for addresses."""
    for key in paths:
        if params[key] and (UNSAFE.search(params[key]) or not params[key].startswith("/")):
            yield f"{key}: {params[key]!r} is not an absolute path of letters, digits and /._-@:+~"
    if not is_host(params["host"]):
        yield f"host: {not_a_host(params['host'])}"
    for address in params["addresses"]:
        if address not in wildcards and not is_address(address):
            yield f"addresses: {address!r} is neither an address nor {' or '.join(wildcards)}"


def listeners_from(params: Mapping[str, Any]) -> list[Listener]:
    """Return the listeners of the intent."""
    return [Listener(**one) for one in params["listeners"]]


def policy_of(module: Any) -> Any:
    """Return the policy that is asked for, or end the module."""
    try:
        return policy_from(module.params["policy"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return module.fail_json(msg=f"policy: cannot be used ({error!r})")


def conclude(
    module: Any, make: Callable[[], Change], refusals: tuple[type[Exception], ...]
) -> None:
    """Make the change, or look at it in check mode, and end the module.

    ``refusals`` are the server's own errors from before anything is written.
    """
    report = _report(module, make, refusals)
    for warning in report.warnings:
        module.warn(masked(warning))
    module.exit_json(
        **report.more,
        changed=report.changed,
        recovered=report.recovered,
        version=report.version,
        findings=[one.to_dict() for one in report.findings],
        not_judged=list(report.not_judged),
        diff=[
            {"before": before, "after": after, "before_header": path, "after_header": path}
            for path, before, after in report.diff
        ],
    )


def _report(
    module: Any, make: Callable[[], Change], refusals: tuple[type[Exception], ...]
) -> Report:
    """Return what was done, or would be, or end the module with what went wrong."""
    change = None
    expected: tuple[type[Exception], ...] = (TransactionError, OSError, *refusals, *_REFUSALS)
    try:
        change = make()
        return change.look() if module.check_mode else change.run()
    except expected as error:
        for warning in change.warnings if change else ():
            module.warn(masked(warning))
        if isinstance(error, OSError):
            module.fail_json(msg=f"nothing was changed: {error}", restored=True)
        _fail(module, error, getattr(error, "restored", True))
        raise
    except Exception as error:
        # Its words may quote a file, and a traceback its secrets: only the kind is told.
        module.fail_json(
            msg=f"internal error: {type(error).__name__}; nothing was changed. Please report it",
            restored=True,
        )
        raise


def _fail(module: Any, error: Exception, restored: bool) -> None:
    """End with what went wrong, and with the findings where it was the proof."""
    proof = error if isinstance(error, ProofError) else error.__cause__
    findings = [one.to_dict() for one in getattr(proof, "findings", ())]
    state = "The server is as before." if restored else "The server may not be as before."
    module.fail_json(msg=masked(f"{error}\n{state}"), restored=restored, findings=findings)
