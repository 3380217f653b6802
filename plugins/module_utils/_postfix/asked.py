# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask this host's Postfix what it is configured to serve; ``postconf`` is its path."""

from __future__ import annotations

from .._model.host_view import Configured
from .._system.machine import Machine
from .._system.names import addresses_of, port_of
from .configured import PARAMETERS, PostfixText, known_ports, read_postfix


def version(machine: Machine, postconf: str) -> str:
    """Return the version. Raises AskError."""
    return machine.ask([postconf, "-h", "mail_version"]).strip()


def listeners(machine: Machine, postconf: str) -> tuple[list[Configured], list[str]]:
    """Return the configured listeners, and what could not be told. Raises AskError, ReadError."""
    folder = machine.ask([postconf, "-h", "config_directory"]).strip()
    master_cf = f"{folder}/master.cf"
    text = PostfixText(
        entries=machine.ask([postconf, "-M"]),
        overrides=machine.ask([postconf, "-Px"]),
        parameters=machine.ask([postconf, "-x", *PARAMETERS]),
        master_cf=machine.text(master_cf),
        path=master_cf,
    )
    # Only Postfix 3.6 and later has it.
    known = known_ports(machine.run([postconf, "-h", "known_tcp_ports"])[1])
    found, warnings = read_postfix(
        text, lambda name: known.get(name) or port_of(name), addresses_of
    )
    if machine.run([postconf, "-h", "multi_instance_directories"])[1].strip():
        warnings.append("Postfix: its other instances (multi_instance_directories) were not read")
    return found, warnings
