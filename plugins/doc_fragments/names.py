# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that domain_info and domain_check share."""

from __future__ import annotations


class ModuleDocFragment:
    """Whom to ask, and for how long."""

    DOCUMENTATION = r"""
options:
  resolvers:
    description:
      - Addresses of the resolvers to ask. Without it, those of the machine that asks.
    type: list
    elements: str
    default: []
  resolver_port:
    description: UDP and TCP port of the resolvers.
    type: int
    default: 53
  dnssec:
    description:
      - Whether the resolvers validate DNSSEC and nobody can interfere on the way to them, best
        because one runs on the same machine. You vouch for this; it cannot be found out from here.
      - Without it DNSSEC is not judged, and DANE is not called secure.
    type: bool
    default: false
  timeout:
    description: Seconds to wait for each answer, tried twice.
    type: float
    default: 5.0
  deadline:
    description: Seconds for the whole task. Answers that have not come by then are not known.
    type: float
    default: 60.0
  parallel:
    description: Questions under way at once.
    type: int
    default: 20
  ca_path:
    description:
      - File of the authorities to trust when the MTA-STS policy is fetched. Without it, those of
        the machine that asks.
    type: path
  https_port:
    description: Port that MTA-STS policies are fetched from. For tests; senders use only 443.
    type: int
    default: 443
requirements:
  - dnspython 2.3.0 or later on the machine that asks
attributes:
  check_mode:
    description: Can run in check mode, where it does the same.
    support: full
"""
