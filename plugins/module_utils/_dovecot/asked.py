# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask this host's Dovecot what it is configured to serve; ``doveconf`` is its path."""

from __future__ import annotations

from dataclasses import replace

from .._model.host_view import Configured, ReadError
from .._system.machine import Machine
from .configured import certificate_files, dovecot_version, read_dovecot
from .syntax import parse_dovecot_files


def version(machine: Machine, doveconf: str) -> str:
    """Return the version, which is printed for a configuration that Dovecot refuses, too.

    Raises ReadError.
    """
    return dovecot_version(machine.run([doveconf, "-n"])[1])[0]


def listeners(machine: Machine, doveconf: str) -> tuple[list[Configured], list[str]]:
    """Return the configured listeners, and what could not be told. Raises AskError, ReadError."""
    text = machine.ask([doveconf, "-a"])
    _version, file = dovecot_version(text)
    warnings = []
    try:
        places = parse_dovecot_files(file, machine.text, machine.matching)
    except ReadError as error:
        warnings.append(f"Dovecot: the lines of its settings are not known: {error}")
        places = {}
    found, others = read_dovecot(text, places)
    shown = machine.certificates(certificate_files(text))
    return [replace(one, certificates=shown) for one in found], [*warnings, *others]
