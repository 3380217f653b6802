# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the option that port_check, domain_check and client_check share."""

from __future__ import annotations


class ModuleDocFragment:
    """When the details are kept."""

    DOCUMENTATION = r"""
options:
  details:
    description:
      - Whether the result of a task that fails keeps everything that was seen and asked. Ansible
        prints such a result in one line, some 40 kB for one host; the readable report is shown
        before it in any case (not with O(ignore:failed_when) or O(ignore:no_log)).
      - With V(auto) it keeps them where somebody can use them - the task has O(ignore:register), a
        block around it has a C(rescue), the callback P(postmaster.mailports.compliance#callback) is
        enabled, or Ansible runs with C(-v). Otherwise little more than RV(compliant), RV(summary)
        and the message remains.
      - The result of a task that passes is whole, and so is that of one with O(ignore:async).
    type: str
    choices: [auto, always, never]
    default: auto
"""
