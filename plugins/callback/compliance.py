# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Callback: write the files of an audit after any play with port_check tasks; show progress."""

from __future__ import annotations

DOCUMENTATION = r"""
name: compliance
type: aggregate
short_description: Report on all checks of mail ports in a run, with a line of progress
version_added: 0.1.0
author:
  - postmaster.mailports contributors (@postmaster)
description:
  - Collects the results of all M(postmaster.mailports.port_check) and
    M(postmaster.mailports.fleet_check) tasks of a run and writes them as one audit, as
    M(postmaster.mailports.audit_report) does. Each check counts, also where a host was checked
    several times from one vantage.
  - A host that such a task of its play did not reach, because the host failed or was unreachable
    before or because the run ended, is reported as not audited. One that skipped the task is not.
    Tasks of dynamic includes are known only for the hosts that get to them.
  - Shows one line of progress, endpoints done of all and findings so far. On a terminal it is
    replaced in place; elsewhere a line is written every so often.
  - Results of tasks with C(no_log) are not seen.
requirements:
  - enable it with C(callbacks_enabled)
options:
  folder:
    description: The folder to write into. Nothing is written without one.
    type: path
    default: ""
    env:
      - name: MAILPORTS_COMPLIANCE_FOLDER
    ini:
      - section: mailports_compliance
        key: folder
  formats:
    description:
      - What to write. V(json) goes with C(history), and with what changed since the last run.
    type: list
    elements: str
    choices: [html, json, sarif, junit, prometheus, markdown, text]
    default: [html, json, sarif, junit, prometheus, markdown, text]
    env:
      - name: MAILPORTS_COMPLIANCE_FORMATS
    ini:
      - section: mailports_compliance
        key: formats
  fail_on:
    description: Lowest severity that counts, as in the tasks.
    type: str
    choices: [info, warning, error, never]
    default: error
    env:
      - name: MAILPORTS_COMPLIANCE_FAIL_ON
    ini:
      - section: mailports_compliance
        key: fail_on
  every:
    description: Seconds between two lines of progress, where there is no terminal.
    type: float
    default: 30
    env:
      - name: MAILPORTS_COMPLIANCE_EVERY
    ini:
      - section: mailports_compliance
        key: every
"""

import sys
import time
from collections import Counter
from pathlib import Path

from ansible import constants
from ansible.playbook.block import Block
from ansible.plugins.callback import CallbackBase

from ..module_utils._audit.document import counts, first_names
from ..module_utils._audit.folder import completed, latest, remember, write
from ..module_utils._audit.unfinished import KEYS
from ..plugin_utils._report.collect import audit_from, damaged_data_as_value_error
from ..plugin_utils._report.renderers import reports
from ..plugin_utils._report.role_facts import Results

ACTIONS = ("postmaster.mailports.port_check", "port_check")
# One task for many hosts, which it names itself.
FLEETS = ("postmaster.mailports.fleet_check", "fleet_check")
# Seconds; redrawing more often than the eye can follow only costs time.
REDRAW = 0.2


class CallbackModule(CallbackBase):
    """See DOCUMENTATION."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "postmaster.mailports.compliance"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._checks = []
        # Host and id of each port_check task that is still to come, with the label of the task.
        self._awaited = {}
        self._reached = set()
        self._hosts = set()
        self._play_hosts = ()
        self._ended = set()
        self._endpoints = 0
        self._found = 0
        self._shown = time.monotonic()
        self._live = sys.stdout.isatty()

    def v2_playbook_on_play_start(self, play):
        """Learn the hosts of the play, and whether they are to be checked."""
        known = play.get_variable_manager().get_vars(play=play)
        self._play_hosts = tuple(known.get("ansible_play_hosts_all", ()))
        for task in _tasks(play.compile()):
            chosen = task.evaluate_tags(play.only_tags, play.skip_tags, all_vars=known)
            if task.action in ACTIONS and chosen and not task.run_once:
                for host in self._play_hosts:
                    self._awaited[host, task._uuid] = task.get_name()

    def v2_playbook_on_task_start(self, task, is_conditional):
        """Begin to count the hosts that have finished the task."""
        if task.action in ACTIONS:
            # That of an include is known only now, and not which hosts are to get to it.
            self._hosts.update(self._play_hosts)
            self._ended.clear()

    def v2_runner_item_on_ok(self, result):
        """Keep the result of one item."""
        self._item(result)

    def v2_runner_item_on_failed(self, result):
        """Keep the result of one item."""
        self._item(result)

    def v2_runner_on_ok(self, result):
        """Keep the result of a host."""
        self._host(result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        """Keep the result of a host."""
        self._host(result)

    def v2_runner_on_unreachable(self, result):
        """Keep that a host was not reached."""
        self._host(result)

    def v2_runner_on_skipped(self, result):
        """Count a host that has nothing to check."""
        task, _content = _parts(result)
        if task.action in ACTIONS:
            self._reach(task, _name(result))

    def v2_playbook_on_stats(self, stats):
        """Write the report."""
        lost = self._not_reached(stats)
        if not (self._checks or lost):
            return
        self._progress(last=True)
        folder = self.get_option("folder")
        if not folder:
            return
        try:
            with damaged_data_as_value_error():
                self._write(Path(folder), lost)
        except (OSError, ValueError) as error:
            self._display.warning(f"compliance: {error}")

    def _write(self, folder, lost):
        formats = self.get_option("formats")
        rows = [*self._named(), *lost]
        audit = audit_from(
            [result for _host, _vantage, result in rows],
            [host for host, _vantage, _result in rows],
            [vantage for _host, vantage, _result in rows],
            fail_on=self.get_option("fail_on"),
        )
        audit = completed(audit, (), latest(folder, audit))
        write(folder, reports(audit, formats))
        if "json" in formats:
            remember(folder, audit)
        verdict = "as intended" if audit["compliant"] else "NOT as intended"
        self._display.display(f"mail ports: {verdict}, see {folder}")
        names = [name for name, _vantage, result in rows if "compliant" not in result]
        if names:
            self._display.display(f"mail ports: not audited: {first_names(names)}")

    def _named(self):
        """Yield host, vantage and result of each check; several of one host get names of their
        own, so that none replaces another."""
        several = Counter((check["host"], check["vantage"]) for check in self._checks)
        used = Counter()
        for check in self._checks:
            name = check["host"]
            if several[name, check["vantage"]] > 1:
                name += f" ({check['label']})"
            used[name, check["vantage"]] += 1
            number = used[name, check["vantage"]]
            yield name + (f" #{number}" if number > 1 else ""), check["vantage"], check["result"]

    def _not_reached(self, stats):
        """Return name, vantage and result of each check that a host did not get to."""
        why = "this run ended on this host before its port_check task"
        rows = []
        for (host, _task), label in self._awaited.items():
            name = f"{host} ({label})" if host in self._reached else host
            rows.append((name, "", {"msg": why}))
        stopped = self._hosts & {*stats.failures, *stats.dark} - self._reached
        rows += [(host, "", {"msg": why}) for host in sorted(stopped)]
        return list({name: (name, vantage, result) for name, vantage, result in rows}.values())

    def _fleet(self, result, content):
        """Keep the result of each host of a fleet, and that there is none of any."""
        audits = content.get("audits")
        vantage = self._vantage(result, content)
        if content.get("kept"):
            kept = Results({}, Path(constants.DEFAULT_LOCAL_TMP)).at(str(content["kept"]))
            own = str(content.get("vantage", ""))
            for name in content.get("hosts", ()):
                self._add(result, name, own or vantage, kept.result(name, own) or {}, "")
        elif audits is None and not content.get("skipped") and not content.get("results"):
            self._add(result, "all hosts of a fleet", vantage, content, "")
        for one in audits or ():
            self._add(result, str(one.get("name", "")), vantage, one, "")
        self._progress()

    def _item(self, result):
        task, content = _parts(result)
        if task.action in FLEETS:
            self._fleet(result, content)
        if task.action in ACTIONS:
            item = str(content.get(content.get("ansible_loop_var", "item"), ""))
            self._keep(result, content, item)
            self._progress()

    def _host(self, result):
        task, content = _parts(result)
        if task.action in FLEETS:
            self._fleet(result, content)
        if task.action not in ACTIONS:
            return
        # The items of a loop came one by one, unless the task ended before the first of them.
        if not content.get("results"):
            self._keep(result, content, "")
        self._reach(task, _name(result))
        self._progress()

    def _reach(self, task, host):
        """Note that a task has ended on a host."""
        self._ended.add(host)
        self._reached.add(host)
        self._awaited.pop((host, task._uuid), None)

    def _keep(self, result, content, item):
        named = content.get("mailports_vantage")
        vantage = self._vantage(result, content)
        self._add(result, _name(result), vantage, content, "" if named else item)

    def _vantage(self, result, content):
        """Return the name of the machine that probed."""
        task, _content = _parts(result)
        named = content.get("mailports_vantage")
        delegated = (content.get("_ansible_delegated_vars") or {}).get("ansible_delegated_host")
        vantage = named or delegated or task.delegate_to or _name(result)
        return "controller" if vantage in ("localhost", "127.0.0.1") else str(vantage)

    def _add(self, result, host, vantage, content, item):
        task, _content = _parts(result)
        kept = {name: content[name] for name in KEYS if name in content}
        self._endpoints += len(kept.get("observations", ()))
        self._found += _counted(kept)
        label = ", ".join(filter(None, [task.get_name(), item]))
        self._checks.append({"host": host, "vantage": vantage, "label": label, "result": kept})

    def _progress(self, last=False):
        now = time.monotonic()
        pause = REDRAW if self._live else self.get_option("every")
        if not last and now - self._shown < pause:
            return
        self._shown = now
        waiting = 0 if last else max(len(self._play_hosts) - len(self._ended), 0)
        mean = self._endpoints / max(len({check["host"] for check in self._checks}), 1)
        total = self._endpoints + round(waiting * mean)
        about = "about " if waiting else ""
        line = f"mail ports: {self._endpoints} of {about}{total} endpoints, {self._found} findings"
        if self._live and not last:
            self._display.display(f"\r\033[2K{line}\r", newline=False)
        else:
            self._display.display(("\r\033[2K" if self._live else "") + line)


def _tasks(blocks):
    """Yield the tasks of blocks that run unless something fails, as far as they are known."""
    for one in blocks:
        if isinstance(one, list):
            yield from _tasks(one)
        elif isinstance(one, Block):
            yield from _tasks([*one.block, *one.always])
        else:
            yield one


def _parts(result):
    """Return the task and the content of a result, whose names differ between Ansible versions."""
    if hasattr(result, "result"):
        return result.task, result.result
    return result._task, result._result


def _name(result):
    host = result.host if hasattr(result, "host") else result._host
    return host.get_name()


def _counted(result):
    return sum(counts(result.get("findings", ())).values())
