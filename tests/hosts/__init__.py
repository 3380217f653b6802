# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real Debian mail servers for the tests, without containers: see ``hosts.running()``."""

from .faults import FAULTS, PORTS, Fault
from .host import Host
from .instance import INITS, Kind, Site, clean_stale, load, remove, running, standing, up
from .mailserver import PASSWORD, USER
from .shell import HostsError

__all__ = [
    "FAULTS",
    "INITS",
    "PASSWORD",
    "PORTS",
    "USER",
    "Fault",
    "Host",
    "HostsError",
    "Kind",
    "Site",
    "clean_stale",
    "load",
    "remove",
    "running",
    "standing",
    "up",
]
