# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lookup: rows of the table of mail services, so that a playbook needs no port number."""

from __future__ import annotations

DOCUMENTATION = r"""
name: service
short_description: A row of the table of mail services
version_added: 0.1.0
author:
  - postmaster.mailports contributors (@postmaster)
description:
  - Returns port, protocol, TLS mode and purpose of a mail service by its name.
options:
  _terms:
    description:
      - Names of services, one or more of V(smtp), V(submission), V(submissions),
        V(submission_alt), V(pop3), V(pop3s), V(imap), V(imaps).
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Wait until the submission port answers
  ansible.builtin.wait_for:
    host: mail.example.net
    port: "{{ lookup('postmaster.mailports.service', 'submissions').port }}"
"""

RETURN = r"""
_raw:
  description:
    - One dictionary for each name, with V(name), V(protocol), V(port), V(tls), V(login),
      V(purpose), V(source), and other names of the port in V(also).
  type: list
  elements: dict
"""

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

from ..module_utils._model.services import SERVICES, unknown_service


class LookupModule(LookupBase):
    """See DOCUMENTATION."""

    def run(self, terms, variables=None, **kwargs):
        """Return the row of each name."""
        self.set_options(var_options=variables, direct=kwargs)
        for term in terms:
            if not isinstance(term, str) or term not in SERVICES:
                raise AnsibleError(f"service: {unknown_service(str(term))}")
        return [SERVICES[term].to_dict() for term in terms]
