# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The intent of an inventory host that has none of its own: what its policy recommends."""

from __future__ import annotations

from typing import Any

from ...module_utils._model.host_names import is_address, is_host


def intent_of_host(name: str, ansible_host: str = "") -> dict[str, Any]:
    """Return the intent of a host by its inventory name, which is the name that clients use.

    ``ansible_host`` says where the host is probed: at this address, or under this name, and
    certificates must still be valid for the inventory name. An inventory name that can be no host
    name, or that is a mere label beside a full name in ``ansible_host``, is not used.
    """
    if not ansible_host or ansible_host == name:
        return {"host": name}
    if not is_host(name) or is_address(name):
        return {"host": ansible_host}
    if is_address(ansible_host):
        return {"host": name, "addresses": [ansible_host]}
    return {"host": ansible_host, **({"server_name": name} if "." in name else {})}
