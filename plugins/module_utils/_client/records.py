# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The records that lead mail programs to the published files."""

from __future__ import annotations

from collections.abc import Iterator

from .._domain.intent import Domain
from .._domain.publish import Record
from . import autodiscover, pacc
from .places import AUTODISCOVER_SRV
from .settings import Settings, SettingsError, settings_of

_HTTPS = 443


def settings_for(domain: Domain) -> Settings:
    """Return the settings that a domain's intent publishes. Raises SettingsError."""
    clients = domain.clients
    if clients is None:
        raise SettingsError("the domain's intent has no clients")
    found, _left = settings_of(
        domain.ports, domain.domain, name=clients.name, username=clients.username
    )
    return found


def client_records(domain: Domain) -> Iterator[Record]:
    """Yield the records of the methods that the intent names, none without ``clients``.

    Raises SettingsError where the ports have nothing to publish.
    """
    clients = domain.clients
    if clients is None:
        return
    settings, target = settings_for(domain), f"{clients.host}."
    if "autoconfig" in clients.methods:
        yield Record(f"autoconfig.{domain.domain}", "CNAME", (target,))
    if "autodiscover" in clients.methods and not autodiscover.can_say(settings):
        yield Record(f"autodiscover.{domain.domain}", "CNAME", (target,))
        yield Record(f"{AUTODISCOVER_SRV}.{domain.domain}", "SRV", (f"0 0 {_HTTPS} {target}",))
    if "pacc" in clients.methods and not pacc.can_say(settings):
        yield Record(f"{pacc.HOST}.{domain.domain}", "CNAME", (target,))
        text = pacc.record(pacc.write(settings))
        yield Record(f"{pacc.RECORD}.{domain.domain}", "TXT", (text,))
