# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How each server of the table is asked for its configuration: one reader for each row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .._dovecot import asked as dovecot
from .._exim import asked as exim
from .._model.host_view import Configured
from .._model.servers import DOVECOT, EXIM, POSTFIX
from .._postfix import asked as postfix
from .._system.machine import Machine

Listeners = Callable[[Machine, str], tuple[list[Configured], list[str]]]


@dataclass(frozen=True)
class Reader:
    """Both take the path of the program that prints the configuration, and raise AskError and
    ReadError. ``listeners`` returns those that are configured, and what could not be told."""

    version: Callable[[Machine, str], str]
    listeners: Listeners


READERS = {
    POSTFIX: Reader(postfix.version, postfix.listeners),
    DOVECOT: Reader(dovecot.version, dovecot.listeners),
    EXIM: Reader(exim.version, exim.listeners),
}
