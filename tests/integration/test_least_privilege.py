# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A probe needs no root and no become: a user without rights sees what root sees."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests import hosts
from tests.integration import on_host
from tests.integration.running import CA_ON_HOSTS, intent, other

# Another user, no group, no capability, and nothing that could give one back.
AS_NOBODY = (
    "setpriv --reuid=nobody --regid=nogroup --clear-groups --bounding-set=-all --inh-caps=-all "
    "--no-new-privs"
)
MODULE = "-m ansible_collections.postmaster.mailports.plugins.modules."


def ran(host: hosts.Host, module: str, args: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Run a module on a host, as root or behind a prefix, and return its result."""
    python = f"PYTHONPATH={on_host.PLACE} python3 {MODULE}{module}"
    request = json.dumps({"ANSIBLE_MODULE_ARGS": args})
    done = host.run(f"cd /; {prefix} env HOME=/nonexistent {python}", input=request)
    result: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == int(result.get("failed", False)), done
    return result


def timeless(value: Any) -> Any:
    """Return a result without the times that the steps of each dialogue took."""
    if isinstance(value, dict):
        return {key: timeless(one) for key, one in value.items() if key != "times"}
    return [timeless(one) for one in value] if isinstance(value, list) else value


def test_it_is_a_user_without_rights(host: hosts.Host) -> None:
    """Or the tests below would compare root with root."""
    said = host.run(f"{AS_NOBODY} sh -c 'id -un; grep CapBnd /proc/self/status'", check=True)
    assert said.stdout.split() == ["nobody", "CapBnd:", "0" * 16]
    assert host.run(f"{AS_NOBODY} cat /etc/shadow").returncode != 0


@pytest.mark.parametrize(
    "fault",
    ["", "no_tls_587", "login_in_clear_143", "cert_expired", "firewall_reject_143", "closed_993"],
)
def test_the_verdict_is_the_same(fault: str, host: hosts.Host, site: hosts.Site) -> None:
    """Findings, demands and everything seen, of a host that is as intended and of others."""
    vantage = other(site, host)
    args = {"intent": intent(host), "ca_path": CA_ON_HOSTS, "timeout": 5}
    if fault:
        with host.fault(fault):
            root, nobody = (ran(vantage, "port_check", args, who) for who in ("", AS_NOBODY))
    else:
        root, nobody = (ran(vantage, "port_check", args, who) for who in ("", AS_NOBODY))
    assert root["compliant"] is (not fault)
    assert nobody["compliant"] is root["compliant"]
    assert timeless(nobody) == timeless(root)


def test_the_observations_are_the_same(host: hosts.Host, site: hosts.Site) -> None:
    vantage = other(site, host)
    args = {"host": host.name, "ca_path": CA_ON_HOSTS}
    root, nobody = (ran(vantage, "port_info", args, who) for who in ("", AS_NOBODY))
    assert {one["reach"] for one in nobody["endpoints"]} == {"open"}
    assert timeless(nobody) == timeless(root)


def test_what_a_host_says_of_itself_without_root_is_said_to_be_incomplete(host: hosts.Host) -> None:
    """listener_info may be asked as anybody; what it could not see is not passed off as known."""
    nobody = ran(host, "listener_info", {}, AS_NOBODY)
    held = [one for one in nobody["holders"] or [] if one["port"] in hosts.PORTS.values()]
    assert held
    assert all(one["pid"] == 0 for one in held)
    assert "run as root" in str(nobody["warnings"])
    assert nobody["firewall"]["blocks"] is None
