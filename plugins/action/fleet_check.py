# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action: validate many intents, have their ports probed and judged, keep each result at once."""

from __future__ import annotations

import os
import time
from pathlib import Path

from ansible import constants
from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase

from ..module_utils._audit.document import counts, first_names, was_audited
from ..module_utils._audit.unfinished import asked, one_at_a_time
from ..module_utils._check.options import ParamsError
from ..module_utils._fleet.options import audits_from, fleet_options, limits_from
from ..module_utils._fleet.run import audit_many, intent_of, not_audited
from ..module_utils._model.finding import NEVER
from ..plugin_utils._intent.validate import validated
from ..plugin_utils._report.under_way import clean, journal, of_others

# Seconds between two lines of progress.
EVERY = 10


class ActionModule(ActionBase):
    """Where the host is the controller itself, it probes in this process, else in chunks there."""

    TRANSFERS_FILES = False
    _requires_connection = True
    _supports_async = True

    def run(self, tmp=None, task_vars=None):
        """Return the result of fleet_check."""
        result = super().run(tmp, task_vars)
        del tmp
        _spec, params = self.validate_argument_spec(fleet_options())
        if params["chunk"] < 1:
            return {**result, "failed": True, "msg": f"chunk: {params['chunk']} is below 1"}
        try:
            limits = limits_from(params)
            audits = [_judged(one) for one in audits_from(params)]
        except ParamsError as error:
            return {**result, "failed": True, "msg": str(error)}
        twice = _twice(audits)
        if twice:
            words = f"audits: the name {twice} stands there twice; results are told apart by it"
            return {**result, "failed": True, "msg": words}
        shared = {key: params[key] for key in ("connections", "per_address", "ceilings", "fail_on")}
        if self._task.async_val:
            return {**result, **self._execute({**shared, "audits": _sent(audits)}, task_vars)}

        def seen(todo):
            if self._is_here():
                return audit_many(todo, limits)
            return self._seen_there(todo, shared, params["chunk"], task_vars)

        keeper = _Kept(params, self._task.check_mode) if params["keep_in"] else _Held()
        try:
            told = keeper.collect(audits, seen, _Progress(self._display, len(audits)))
        except OSError as error:
            return {**result, "failed": True, "msg": str(error)}
        return {**result, **told, "failed": not told["compliant"] and params["fail_on"] != NEVER}

    def _is_here(self):
        """Tell whether a module would run on this machine, as this user, with this environment."""
        environment = any(self._task.environment or ())
        return self._connection.transport == "local" and not (
            self._connection.become or environment
        )

    def _execute(self, arguments, task_vars):
        return self._execute_module(
            module_name="postmaster.mailports.fleet_check",
            module_args=arguments,
            task_vars=task_vars,
            wrap_async=self._task.async_val,
        )

    def _seen_there(self, audits, shared, size, task_vars):
        """Yield the results from a host; a chunk that dies is told for each of its hosts."""
        lost = ""
        for begin in range(0, len(audits), size):
            part = audits[begin : begin + size]
            told = {}
            if not lost:
                try:
                    told = self._execute({**shared, "audits": _sent(part)}, task_vars)
                except AnsibleError as error:
                    # Whoever cannot be reached now is not waited for again and again.
                    lost = str(error)
            found = {one.get("name"): one for one in told.get("audits") or ()}
            why = lost or str(told.get("msg") or "there is no result")
            for one in part:
                absent = not_audited(one["name"], intent_of(one), why)
                yield found.get(one["name"], absent)


def _judged(audit):
    """Return an audit with its intent as the one validator judged it."""
    if "error" in audit:
        return audit
    intent, policy = audit.get("intent"), audit.get("policy")
    if policy is not None and isinstance(intent, dict):
        intent = {**intent, "policy": policy}
    try:
        return {**audit, "policy": None, "intent": validated(intent)}
    except AnsibleError as error:
        # An intent that is not valid says nothing about the host.
        return {"name": audit["name"], "error": str(error)}


def _sent(audits):
    """Return audits as a module takes them."""
    return [{key: value for key, value in one.items() if key != "parallel"} for one in audits]


def _twice(audits):
    names = set()
    for one in audits:
        if one["name"] in names:
            return one["name"]
        names.add(one["name"])
    return ""


class _Progress:
    """One line now and then, on how far it is."""

    def __init__(self, display, total):
        self._display = display
        self._total = total
        self._shown = time.monotonic()
        self.hosts = self.endpoints = self.found = self.bad = 0
        self.lost = []

    def add(self, name, result):
        """Count a result."""
        self.hosts += 1
        self.endpoints += len(result.get("observations") or ())
        self.found += sum(counts(result.get("findings") or ()).values())
        self.bad += not result.get("compliant", False)
        if not was_audited(result):
            self.lost.append(name)
        now = time.monotonic()
        if now - self._shown >= EVERY:
            self._shown = now
            self._display.display(
                f"mail ports: {self.hosts} of {self._total} hosts, {self.endpoints} endpoints, "
                f"{self.found} findings"
            )

    def summary(self):
        """Return what the task returns of all hosts together."""
        words = f"{self.hosts - self.bad} of {self.hosts} hosts as intended"
        if self.lost:
            words += f", not audited: {first_names(sorted(self.lost))}"
        return {
            "changed": False,
            "msg": words,
            "compliant": bool(self.hosts) and not self.bad,
            "summary": {
                "hosts": self.hosts,
                "compliant": self.hosts - self.bad,
                "not_audited": len(self.lost),
                "endpoints": self.endpoints,
                "findings": self.found,
            },
        }


class _Held:
    """Results that the task returns."""

    def collect(self, audits, seen, progress):
        """Return what the task returns, its results in the order of the audits."""
        found = {}
        for one in seen(audits):
            found[one["name"]] = one
            progress.add(one["name"], one)
        told = [found[one["name"]] for one in audits if one["name"] in found]
        return {**progress.summary(), "audits": told}


class _Kept:
    """Results that go into the folder of an audit, each as it comes."""

    def __init__(self, params, check_mode):
        self._folder = Path(params["keep_in"])
        self._vantage = params["vantage"]
        self._resume = params["resume"] and not check_mode
        self._max_age = params["max_age"]
        self._check_mode = check_mode

    def collect(self, audits, seen, progress):
        """Return what the task returns: where the results are, and no result."""
        kept = journal(self._folder, Path(constants.DEFAULT_LOCAL_TMP), self._check_mode)
        questions = {(one["name"], self._vantage): asked(one) for one in audits}
        resumed = 0
        # Under the strategy free every host comes here for all; the first to come does it.
        with one_at_a_time(kept.path):
            for other in of_others(self._folder, kept.path) if self._resume else ():
                resumed += kept.take_over(other, questions, self._max_age)
            if not (self._resume or self._check_mode):
                clean(self._folder, kept.path)
            todo = [one for one in audits if (one["name"], self._vantage) not in kept]
            for one in seen(todo):
                key = (one["name"], self._vantage)
                kept.add(*key, questions[key], one)
                progress.add(one["name"], one)
        done = {one["name"] for one in todo}
        for one in audits:
            if one["name"] not in done:
                progress.add(one["name"], kept.result(one["name"], self._vantage) or {})
        told = progress.summary()
        names = [one["name"] for one in todo]
        kept_as = {"kept": os.fspath(kept.path), "vantage": self._vantage}
        return {**told, **kept_as, "hosts": names, "resumed": resumed}
