# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make audit`: run the audit playbook on one host of your own, or on the two demo hosts.

Reads HOST, INTENT, POLICY, CA and FAIL_ON from the environment; DOMAIN, the name of a domain or the
file of its intent, RESOLVER, an address to ask in place of the machine's own, and DNSSEC=yes, where
that one may be trusted to validate; and AUDIT_DIR, the folder to write into instead of build/audit.
Exit status: 0 as intended (demo: exactly the planted faults were
found), 2 a finding reaches FAIL_ON, 3 the audit itself failed.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible_collections.postmaster.mailports.plugins.module_utils._formats.audit_text import (
    audit_text,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.finding import FAIL_ON
from ansible_collections.postmaster.mailports.plugins.module_utils._model.safe_text import printable
from ansible_collections.postmaster.mailports.plugins.module_utils._model.services import SERVICES
from ansible_collections.postmaster.mailports.plugins.plugin_utils._intent.domain import (
    validated_domain,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._intent.load import load
from ansible_collections.postmaster.mailports.plugins.plugin_utils._intent.validate import validated

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(os.environ.get("AUDIT_DIR") or ROOT / "build" / "audit").resolve()
COMPLIANT, FINDINGS, BROKEN = 0, 2, 3


class Broken(Exception):
    """The audit cannot be run; the text is the message for the user."""


def main() -> int:
    """Run the audit and return the exit status."""
    try:
        return audit_own() if os.environ.get("HOST") or os.environ.get("INTENT") else audit_demo()
    except (Broken, AnsibleError) as error:
        print(f"make audit: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("make audit: interrupted", file=sys.stderr)
    except Exception:
        # No traceback reaches a user; it is kept in a log.
        FOLDER.mkdir(parents=True, exist_ok=True)
        log = FOLDER / "error.log"
        log.write_text(traceback.format_exc(), encoding="utf-8")
        print(f"make audit: internal error, see {shown_path(log)}", file=sys.stderr)
    return BROKEN


def audit_own() -> int:
    """Audit the host in HOST, or the one that INTENT names."""
    fail_on = os.environ.get("FAIL_ON") or "error"
    if fail_on not in FAIL_ON:
        raise Broken(f"FAIL_ON: {fail_on!r} is not one of {', '.join(FAIL_ON)}")
    intent = own_intent()
    variables: dict[str, Any] = {"mailports_intent": intent, "mailports_fail_on": fail_on}
    if os.environ.get("CA"):
        variables["mailports_ca_path"] = str(Path(os.environ["CA"]).resolve())
    if os.environ.get("DOMAIN"):
        variables["mailports_domain"] = own_domain(os.environ["DOMAIN"])
    if os.environ.get("RESOLVER"):
        variables["mailports_resolvers"] = [os.environ["RESOLVER"]]
        variables["mailports_dnssec"] = os.environ.get("DNSSEC") == "yes"
    document = run_playbook([variables])
    show(document)
    return COMPLIANT if document["compliant"] or fail_on == "never" else FINDINGS


def own_intent() -> dict[str, Any]:
    """Return the validated intent that HOST, INTENT and POLICY make.

    HOST decides where to probe; the name in INTENT stays the one that certificates must bear.
    """
    host, path, policy = (os.environ.get(key) for key in ("HOST", "INTENT", "POLICY"))
    data = load(path) if path else {}
    if isinstance(data, dict):
        if host and data.get("host", host) != host:
            data = {"server_name": data["host"], **data, "host": host}
        elif host:
            data = {**data, "host": host}
        if policy:
            data = {**data, "policy": policy}
    return validated(data)


def own_domain(given: str) -> dict[str, Any]:
    """Return the validated intent of a domain: that in a file, or a name and nothing else."""
    data = load(given) if Path(given).is_file() else {"domain": given}
    if isinstance(data, dict) and list(data) == ["mailports_domain"]:
        data = data["mailports_domain"]
    return validated_domain(data)


def audit_demo() -> int:
    """Audit the two embedded hosts and compare what was found with what was planted."""
    print(
        "This is a demonstration: two mail hosts served by this machine alone, one as intended\n"
        "and one full of planted faults. Audit your own with make audit HOST=mail.example.net."
    )
    with demo_hosts() as demo:
        hosts = [
            {
                "mailports_intent": {
                    "host": host["name"],
                    "addresses": [host["address"]],
                    "services": host["services"],
                },
                "mailports_ca_path": demo["ca_file"],
            }
            for host in demo["hosts"]
        ]
        forget({host["name"] for host in demo["hosts"]})
        document = run_playbook(hosts)
    show(document)
    found = of_the_demo(document, demo)
    planted = sorted(demo["expected"])
    if found == planted and all(host["audited"] for host in document["hosts"]):
        print(f"These are exactly the {len(planted)} findings planted in the demo hosts.")
        print("Audit your own: make audit HOST=mail.example.net (INTENT=file.yml, see README).")
        return COMPLIANT
    for words, wanted, given in (("missing", planted, found), ("not planted", found, planted)):
        for item in wanted:
            if item not in given:
                print(f"make audit: {words}: {' '.join(item)}", file=sys.stderr)
    raise Broken("the findings are not those planted in the demo hosts")


def of_the_demo(document: dict[str, Any], demo: dict[str, Any]) -> list[list[str]]:
    """Return host, service and rule of each finding that has to be planted.

    Where the demo could not have a port of the table (another program has it on all addresses, or
    the user may not open it), it serves on another one, and what answers there is not its own.
    """
    lost = {
        (host["name"], SERVICES[name].port)
        for host in demo["hosts"]
        for name, given in host["services"].items()
        if given["port"] != SERVICES[name].port
    }
    found, others = [], set()
    for host in document["hosts"]:
        for finding in host["findings"]:
            if (host["host"], finding["port"]) in lost:
                others.add(finding["port"])
            else:
                found.append([host["host"], finding["service"], finding["rule"]])
    for port in sorted(others):
        print(f"Port {port} is another program's of this machine, and no part of the demo.")
    return sorted(found)


def forget(names: set[str]) -> None:
    """Drop the earlier audits of these hosts alone: the demo has new certificates each time."""
    for path in (FOLDER / "history").glob("*.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        if {host["host"] for host in document["hosts"]} == names:
            path.unlink()


@contextlib.contextmanager
def demo_hosts() -> Iterator[dict[str, Any]]:
    """Serve the demo hosts for as long as the block runs; yields their description."""
    with tempfile.TemporaryDirectory(prefix="mailports-demo-") as folder:
        command = [sys.executable, "-m", "tests.support.demo", "--serve", folder]
        with subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as server:
            assert server.stdin is not None
            assert server.stdout is not None
            try:
                if server.stdout.readline().strip() != "ready":
                    raise Broken("the demo hosts did not start")
                yield json.loads(Path(folder, "demo.json").read_text(encoding="utf-8"))
            finally:
                server.stdin.close()
                server.wait()


def run_playbook(hosts: list[dict[str, Any]]) -> dict[str, Any]:
    """Run the audit playbook on hosts with these variables and return its findings.json."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    findings, log = FOLDER / "findings.json", FOLDER / "ansible.log"
    findings.unlink(missing_ok=True)
    names = [inventory_name(host["mailports_intent"]["host"], at) for at, host in enumerate(hosts)]
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    inventory_hosts = {name: {**local, **host} for name, host in zip(names, hosts, strict=True)}
    shown = ", ".join(printable(host["mailports_intent"]["host"]) for host in hosts)
    print(f"Probing {shown} ...", flush=True)
    with tempfile.TemporaryDirectory(prefix="mailports-audit-") as folder:
        inventory = Path(folder, "inventory.json")
        inventory.write_text(json.dumps({"all": {"hosts": inventory_hosts}}), encoding="utf-8")
        # An empty configuration, since the user's may change what a play prints or where it looks.
        config = Path(folder, "ansible.cfg")
        config.write_text("[defaults]\n", encoding="utf-8")
        command = [
            shutil.which("ansible-playbook") or "ansible-playbook",
            "--inventory",
            str(inventory),
            "--extra-vars",
            json.dumps({"mailports_audit_dir": str(FOLDER)}),
            "postmaster.mailports.audit",
        ]
        with open(log, "w", encoding="utf-8") as stream:
            subprocess.run(
                command,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                env={**os.environ, "ANSIBLE_CONFIG": str(config), "ANSIBLE_NOCOLOR": "1"},
            )
    if not findings.is_file():
        tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:]
        raise Broken("\n".join(["the playbook failed:", *(printable(line) for line in tail)]))
    document: dict[str, Any] = json.loads(findings.read_text(encoding="utf-8"))
    missed = [
        f"{printable(host['host'])}: {host['message']}"
        for host in document["hosts"]
        if not host["audited"]
    ]
    if missed:
        raise Broken("\n".join(missed))
    return document


def inventory_name(host: str, number: int) -> str:
    """Return the name of a host in the inventory: its own, unless Ansible reads more into it
    (localhost, ranges, ports)."""
    plain = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]*", host)
    return host if plain and host not in ("localhost", "127.0.0.1", "all") else f"audited{number}"


def shown_path(path: Path) -> Path:
    """Return a path as a reader in the checkout would write it."""
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def show(document: dict[str, Any]) -> None:
    """Print the report, in colour on a terminal, and say where the rest is."""
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    print(audit_text(document, colour))
    print(f"Written: {shown_path(FOLDER / 'report.html')} and, for tools, the files beside it")


if __name__ == "__main__":
    sys.exit(main())
