# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask this host's Postfix what it is configured to serve; ``postconf`` is its path."""

from __future__ import annotations

from dataclasses import replace

from .._model.host_view import Configured
from .._system.machine import Machine
from .._system.names import addresses_of, port_of
from .configured import PARAMETERS, PostfixText, known_ports, parameters, read_postfix
from .demands import CHAIN, LEGACY
from .effective import Settings
from .files.lines import CfError
from .files.master_cf import MasterCf
from .restrictions import words


def version(machine: Machine, postconf: str) -> str:
    """Return the version. Raises AskError."""
    return machine.ask([postconf, "-h", "mail_version"]).strip()


def listeners(machine: Machine, postconf: str) -> tuple[list[Configured], list[str]]:
    """Return the configured listeners, and what could not be told. Raises AskError, ReadError."""
    folder = machine.ask([postconf, "-h", "config_directory"]).strip()
    master_cf = f"{folder}/master.cf"
    entries = machine.ask([postconf, "-M"])
    overrides = machine.ask([postconf, "-Px"])
    text = PostfixText(
        entries=entries,
        overrides=_own_options(machine, postconf, machine.text(master_cf)) or overrides,
        parameters=machine.ask([postconf, "-x", *PARAMETERS]),
        master_cf=machine.text(master_cf),
        path=master_cf,
    )
    # Only Postfix 3.6 and later has it.
    known = known_ports(machine.run([postconf, "-h", "known_tcp_ports"])[1])
    found, warnings = read_postfix(
        text, lambda name: known.get(name) or port_of(name), addresses_of
    )
    if not machine.run([postconf, "-hx", "tls_server_sni_maps"])[1].strip():
        # By name others may be shown, which are not looked into.
        found = [replace(one, certificates=_certificates(machine, one)) for one in found]
    if machine.run([postconf, "-h", "multi_instance_directories"])[1].strip():
        warnings.append("Postfix: its other instances (multi_instance_directories) were not read")
    return found, warnings


def _certificates(machine: Machine, one: Configured) -> tuple[str, ...]:
    """Return the certificates of the files that a listener is told to serve: those of a chain, or
    in its absence of the older settings."""
    chain = words(one.settings.get(CHAIN, ""))
    older = [one.settings[name] for name in LEGACY if one.settings.get(name)]
    return machine.certificates(chain or older)


def _own_options(machine: Machine, postconf: str, master_cf: str) -> str:
    """Return the options of the entries as ``postconf -Px`` would print them, "" where they cannot
    be read; postconf itself reads an option that is glued to its -o (-oname=value) wrongly."""
    try:
        entries = MasterCf.parse(master_cf).entries
    except CfError:
        return ""
    if not any(entry.options for entry in entries):
        return ""
    settings = Settings(parameters(machine.ask([postconf])))
    return "".join(
        f"{entry['service']}/{entry['type']}/{name} = {settings.shown(name, entry.values)}\n"
        for entry in entries
        for name in entry.values
    )
