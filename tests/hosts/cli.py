# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command line of the test hosts: up, down, run commands on them, break them."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
# The directory of a script comes first, and shell names there could hide the standard library's.
sys.path[:] = [path for path in sys.path if Path(path).resolve() != Path(__file__).parent.resolve()]

import hosts  # noqa: E402 (the path above makes it importable)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hosts", description="Real mail servers for the tests.")
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser(
        "up", help="bring both hosts up, or describe those that this checkout has up"
    )
    start.add_argument("--plain", action="store_true", help="leave mail as Debian installs it")
    start.add_argument("--init", choices=hosts.INITS, default="tini", help="their first process")
    commands.add_parser("down", help="take those of this checkout down")
    commands.add_parser("status", help="describe them as JSON")
    commands.add_parser("inventory", help="print the path of the Ansible inventory")
    commands.add_parser("faults", help="list what can be wrong")
    for name in ("apply", "restore"):
        change = commands.add_parser(name, help=f"{name} one fault")
        change.add_argument("host", choices=list(hosts.bases.RELEASES))
        change.add_argument("fault", choices=list(hosts.FAULTS), metavar="FAULT")
    inside = commands.add_parser("run", help="run a command on a host")
    inside.add_argument("host", choices=list(hosts.bases.RELEASES))
    inside.add_argument("argv", nargs=argparse.REMAINDER)
    for name in ("controller", "client"):
        beside = commands.add_parser(name, help=f"run a command on the {name}")
        beside.add_argument("argv", nargs=argparse.REMAINDER)
    return parser


def _site() -> hosts.Site:
    found = hosts.standing()
    if not found:
        raise hosts.HostsError("no hosts of this checkout are up: run the command up")
    return hosts.load(next(iter(found)))


def _up(plain: bool, init: str) -> int:
    kind = hosts.Kind(mail=not plain, init=init)
    for name, stands in hosts.standing().items():
        if stands != kind:
            raise hosts.HostsError(f"{name} stands with {stands}, not {kind}: run the command down")
    site = _site() if hosts.standing() else hosts.up(kind)
    print(json.dumps(site.describe(), indent=2))
    return 0


def _down() -> int:
    for name in hosts.standing():
        hosts.remove(name)
    return 0


def main(arguments: list[str]) -> int:
    """Do one command; return the exit status: that of the command which was run, if one was."""
    args = _parser().parse_args(arguments)
    if args.command == "up":
        return _up(args.plain, args.init)
    if args.command == "down":
        return _down()
    if args.command == "faults":
        for name, fault in hosts.FAULTS.items():
            print(f"{name:24} {fault.description}")
        return 0
    site = _site()
    prefixes = {"controller": site.enter, "client": site.client.enter}
    if args.command == "run":
        prefixes["run"] = site.hosts[args.host].enter
    if args.command in prefixes:
        return subprocess.call([*prefixes[args.command], *args.argv])
    if args.command in ("apply", "restore"):
        getattr(site.hosts[args.host], args.command)(args.fault)
        return 0
    print(site.inventory if args.command == "inventory" else json.dumps(site.describe(), indent=2))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except hosts.HostsError as error:
        sys.exit(f"hosts: {error}")
