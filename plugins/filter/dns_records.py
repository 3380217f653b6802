# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters: the DNS records and the MTA-STS policy to publish; see dns_records.yml."""

from __future__ import annotations

from ansible.errors import AnsibleError

from ..module_utils._client.records import client_records
from ..module_utils._client.settings import SettingsError
from ..module_utils._domain.intent import expand
from ..module_utils._domain.names import below
from ..module_utils._domain.publish import policy_text, records
from ..module_utils._domain.publish_as import SHAPES, ShapeError
from ..module_utils._model.intent import expand as expand_ports
from ..plugin_utils._intent.domain import validated_domain
from ..plugin_utils._intent.validate import validated


def dns_records(data, ports=(), form="data", zone=None):
    """Return the records to publish in one of the forms. Raises AnsibleError."""
    if form not in SHAPES:
        raise AnsibleError(f"form: {form!r} is not one of {', '.join(SHAPES)}")
    domain = _domain(data, ports)
    name = (zone or domain.domain).rstrip(".")
    try:
        wanted = [*records(domain), *client_records(domain)]
        mine = [record for record in wanted if below(record.name, name)]
        return SHAPES[form](mine, name)
    except (ShapeError, SettingsError) as error:
        raise AnsibleError(str(error)) from None


def mta_sts_policy(data, ports=()):
    """Return the text of the MTA-STS policy. Raises AnsibleError."""
    return policy_text(_domain(data, ports))


def _domain(data, ports):
    hosts = [ports] if isinstance(ports, dict) else list(ports)
    return expand(validated_domain(data), [expand_ports(validated(one)) for one in hosts])


class FilterModule:
    """The filters of this file."""

    def filters(self):
        """Return them by name."""
        return {"dns_records": dns_records, "mta_sts_policy": mta_sts_policy}
