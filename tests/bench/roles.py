# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The unchanged second run of the roles postfix and dovecot, against the same settings in loops."""

from __future__ import annotations

import json
import re
import statistics
import time
from pathlib import Path
from typing import Any

from tests import hosts
from tests.bench.measure import BenchError, Figure, Report, output
from tests.hosts import Site

ROUNDS = 3
MOST_TASKS = 20
SERVICES = ("smtp", "submission", "submissions", "imaps")
VARIABLES = {
    "mailports_intent": {
        "host": "{{ inventory_hostname }}",
        "services": {name: {} for name in SERVICES},
    },
    "mailports_certificate_source": "self_signed",
}
# What the roles write, as the how-to pages write it: a loop over each file's settings.
MAIN_CF = (
    "smtpd_tls_chain_files=/etc/mailports/key.pem, /etc/mailports/cert.pem",
    "smtpd_tls_security_level=may",
    "smtpd_tls_protocols=>=TLSv1.2",
    "smtpd_tls_mandatory_protocols=>=TLSv1.2",
    "smtpd_tls_auth_only=yes",
    "smtpd_sasl_type=dovecot",
    "smtpd_sasl_path=private/auth",
    "smtpd_forbid_bare_newline=normalize",
)
ENTRIES = (
    "submission/inet=submission inet n - y - - smtpd",
    "submissions/inet=submissions inet n - y - - smtpd",
)
OPTIONS = (
    "submission/inet/syslog_name=postfix/submission",
    "submission/inet/smtpd_tls_security_level=encrypt",
    "submission/inet/smtpd_sasl_auth_enable=yes",
    "submission/inet/smtpd_relay_restrictions=permit_sasl_authenticated,reject",
    "submissions/inet/syslog_name=postfix/submissions",
    "submissions/inet/smtpd_tls_wrappermode=yes",
    "submissions/inet/smtpd_sasl_auth_enable=yes",
    "submissions/inet/smtpd_relay_restrictions=permit_sasl_authenticated,reject",
)
DOVECOT = (
    "ssl = required",
    "ssl_min_protocol = TLSv1.2",
    "service imap-login {",
    "  inet_listener imap {",
    "    port = 0",
    "  }",
    "}",
)


def _loop(module: str, items: tuple[str, ...], **options: Any) -> dict[str, Any]:
    return {f"ansible.builtin.{module}": options, "loop": list(items), "changed_when": False}


def _loops() -> list[dict[str, Any]]:
    """Return the tasks that a user writes without the roles."""
    packages = ["postfix", "dovecot-imapd"]
    return [
        {"ansible.builtin.apt": {"name": packages}},
        _loop("command", MAIN_CF, argv=["postconf", "-e", "{{ item }}"]),
        _loop("command", ENTRIES, argv=["postconf", "-M", "{{ item }}"]),
        _loop("command", OPTIONS, argv=["postconf", "-P", "{{ item }}"]),
        _loop("lineinfile", DOVECOT, path="/tmp/loops.conf", line="{{ item }}", create=True),
        _loop("service", ("postfix", "dovecot"), name="{{ item }}", enabled=True),
    ]


def _timed(site: Site, path: Path) -> tuple[float, int]:
    """Run a playbook; return its seconds and the tasks that the first host executed."""
    begun = time.perf_counter()
    command = [*site.enter, "ansible-playbook", "-i", str(site.inventory), str(path)]
    env = {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_SSH_CONTROL_PATH_DIR": str(site.folder / "cp")}
    text = output(command, env=env)
    taken = time.perf_counter() - begun
    recap = re.search(r" ok=(\d+) +changed=(\d+)", text)
    if recap is None:
        raise BenchError(f"no recap: {text[-500:]}")
    return taken, int(recap[1])


def run(_site: Site, report: Report, folder: Path) -> None:
    """Measure and report, on hosts of its own that have the servers as Debian installs them."""
    roles = ["certificate", "postfix", "dovecot"]
    named = [f"postmaster.mailports.{role}" for role in roles]
    plays = {
        "roles": {"hosts": "mail", "vars": VARIABLES, "roles": named},
        "loops": {"hosts": "mail", "tasks": _loops()},
    }
    with hosts.running(mail=False) as plain:
        paths = {name: folder / f"{name}.yml" for name in plays}
        for name, play in plays.items():
            paths[name].write_text(json.dumps([play]), encoding="utf-8")
            # The first run sets everything up.
            _timed(plain, paths[name])
        taken: dict[str, list[float]] = {name: [] for name in plays}
        tasks: dict[str, int] = {}
        for _round in range(ROUNDS):
            for name, path in paths.items():
                seconds, tasks[name] = _timed(plain, path)
                taken[name].append(seconds)
    medians = {name: statistics.median(values) for name, values in taken.items()}
    what = "unchanged run, both hosts: "
    report.keep("roles", {"part": "roles", "values": taken, "tasks": tasks})
    report.add(
        Figure("roles", f"{what}tasks of the three roles", tasks["roles"], "", MOST_TASKS, False)
    )
    loops = len(MAIN_CF + ENTRIES + OPTIONS + DOVECOT) + 4
    report.add(Figure("roles", f"{what}tasks and items of the loops", loops, ""))
    report.add(Figure("roles", f"{what}three roles, proof included", medians["roles"], "s"))
    report.add(Figure("roles", f"{what}loops, nothing proved", medians["loops"], "s"))
    report.add(Figure("roles", "loops / roles", medians["loops"] / medians["roles"], "x"))
