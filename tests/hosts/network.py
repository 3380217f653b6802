# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the network of an instance: a controller with a bridge, the hosts, and no way out."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_network
from pathlib import Path
from typing import TextIO

from .shell import HostsError, call

# Both are set aside for documentation (RFC 5737, RFC 3849): no real network is shadowed.
NET4 = ip_network("198.51.100.0/24")
NET6 = ip_network("2001:db8:25::/64")
CONTROLLER = 1
NETNS_ETC = Path("/etc/netns")


def controller(site_id: str) -> str:
    """Return the name of the controller's namespace."""
    return f"mailports-{site_id}"


def member(site_id: str, base: str) -> str:
    """Return the name of a host's namespace."""
    return f"mailports-{site_id}-{base}"


def host_name(number: int) -> str:
    """Return the full name of the host with this number."""
    return f"mail{number}.example.net"


def address(number: int) -> str:
    """Return the IPv4 address with this number."""
    return str(NET4[number])


def address6(number: int) -> str:
    """Return the IPv6 address with this number, which reads the same in decimal."""
    return str(NET6[int(str(number), 16)])


def hosts_file(site_id: str) -> Path:
    """Return the file that ``ip netns exec`` shows to the controller as /etc/hosts."""
    return NETNS_ETC / controller(site_id) / "hosts"


def hosts_text(numbers: tuple[int, ...] = (12, 13)) -> str:
    """Return the text of /etc/hosts on every host and on the controller."""
    lines = ["127.0.0.1 localhost", "::1 localhost"]
    named = {CONTROLLER: "controller.example.net"} | {n: host_name(n) for n in numbers}
    for number, name in named.items():
        lines += [f"{address(number)} {name}", f"{address6(number)} {name}"]
    return "\n".join(lines) + "\n"


def refuse_routed() -> None:
    """Raise HostsError where the machine itself has a route into the range of the hosts."""
    for family, wanted in (("-4", NET4), ("-6", NET6)):
        routes = json.loads(call(["ip", "-json", family, "route", "show"]).stdout or "[]")
        for route in routes:
            if route["dst"] != "default" and ip_network(route["dst"], strict=False).overlaps(
                wanted
            ):
                raise HostsError(f"this machine routes {route['dst']}, which the hosts would use")


def write_names(site_id: str) -> None:
    """Write what the controller will resolve names by."""
    file = hosts_file(site_id)
    file.parent.mkdir(parents=True)
    file.write_text(hosts_text(), encoding="ascii")
    (file.parent / "resolv.conf").write_text("", encoding="ascii")


def add_name(file: Path, at: str, name: str) -> None:
    """Let the controller resolve ``name`` to the address ``at`` too."""
    with _names(file) as handle:
        handle.seek(0, os.SEEK_END)
        handle.write(f"{at} {name}\n")


def remove_name(file: Path, at: str) -> None:
    """Let the controller no longer resolve any name to the address ``at``."""
    with _names(file) as handle:
        kept = [line for line in handle.readlines() if line.split()[:1] != [at]]
        handle.seek(0)
        handle.truncate()
        handle.writelines(kept)


@contextmanager
def named(site_id: str, number: int) -> Iterator[None]:
    """Let the controller resolve the name with this number, to its IPv4 address alone."""
    add_name(hosts_file(site_id), address(number), host_name(number))
    try:
        yield
    finally:
        remove_name(hosts_file(site_id), address(number))


@contextmanager
def _names(file: Path) -> Iterator[TextIO]:
    """Open what the controller resolves names by, which several hosts may want to change at once.

    It is written in place: processes that run see the file itself, not its name.
    """
    with open(file, "r+", encoding="ascii") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle


def create(site_id: str, numbers: dict[str, int]) -> None:
    """Make the namespaces, the bridge and the addresses; ``numbers`` are the hosts' by base."""
    main = controller(site_id)
    lines = [
        f"netns add {main}",
        f"-n {main} link set lo up",
        f"-n {main} link add mail0 type bridge forward_delay 0",
        *_addresses(main, "mail0", CONTROLLER),
    ]
    for base, number in numbers.items():
        lines += _joined(site_id, base, number)
    _run(lines)


def join(site_id: str, name: str, number: int) -> None:
    """Make one more namespace on the network of an instance; who makes it leaves again."""
    _run(_joined(site_id, name, number))


def leave(site_id: str, name: str, number: int) -> None:
    """Delete the namespace of ``join``."""
    # The kernel ends a namespace when it has the time; until then it would answer as the next one.
    _run(
        [
            f"-n {controller(site_id)} link delete host{number}",
            f"netns delete {member(site_id, name)}",
        ]
    )


def remove(site_id: str, names: list[str]) -> None:
    """Delete the namespaces of an instance, and with them the bridge and the cables."""
    for name in [controller(site_id), *(member(site_id, base) for base in names)]:
        if (Path("/run/netns") / name).exists():
            call(["ip", "netns", "delete", name])
    shutil.rmtree(hosts_file(site_id).parent, ignore_errors=True)
    with suppress(OSError):
        NETNS_ETC.rmdir()


def _addresses(netns: str, link: str, number: int) -> list[str]:
    return [
        f"-n {netns} address add {address(number)}/{NET4.prefixlen} dev {link}",
        # Without nodad the address could not be used for a second or two.
        f"-n {netns} address add {address6(number)}/{NET6.prefixlen} dev {link} nodad",
        f"-n {netns} link set {link} up",
    ]


def _joined(site_id: str, base: str, number: int) -> list[str]:
    main, name = controller(site_id), member(site_id, base)
    return [
        f"netns add {name}",
        f"-n {main} link add host{number} type veth peer name eth0 netns {name}",
        # The same for whoever has the address next: the neighbours remember it.
        f"-n {name} link set eth0 address 02:00:00:00:00:{number:02x}",
        f"-n {main} link set host{number} master mail0 up",
        f"-n {name} link set lo up",
        *_addresses(name, "eth0", number),
    ]


def _run(lines: list[str]) -> None:
    call("set -e\n" + "\n".join(f"ip {line}" for line in lines))
