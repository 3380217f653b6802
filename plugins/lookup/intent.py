# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lookup: the intended state of a mail host from a file, validated and expanded."""

from __future__ import annotations

DOCUMENTATION = r"""
name: intent
short_description: Read the intended mail ports of a host from a file
version_added: 0.1.0
author:
  - postmaster.mailports contributors (@postmaster)
description:
  - Reads a YAML or JSON file, validates it against the JSON Schema of this collection, and returns
    the intent with every service of the table expanded to a listener.
  - One message lists everything that is wrong.
options:
  _terms:
    description: Files, searched for like those of the P(ansible.builtin.file#lookup) lookup.
    type: list
    elements: str
    required: true
requirements:
  - jsonschema (on the controller)
seealso:
  - plugin: postmaster.mailports.intent
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show which ports a host is meant to serve
  ansible.builtin.debug:
    msg: "{{ (lookup('postmaster.mailports.intent', 'mail.example.net.yml')).listeners }}"
"""

RETURN = r"""
_raw:
  description:
    - One dictionary for each file, with V(host), V(server_name), V(addresses), the policy's name in
      V(policy), and V(listeners), each with V(service), V(protocol), V(port), V(tls), V(login),
      V(state) and V(named).
  type: list
  elements: dict
"""

from ansible.plugins.lookup import LookupBase

from ..module_utils._model.intent import expand
from ..plugin_utils._intent.load import load
from ..plugin_utils._intent.validate import validated


class LookupModule(LookupBase):
    """See DOCUMENTATION."""

    def run(self, terms, variables=None, **kwargs):
        """Return the expanded intent of each file."""
        self.set_options(var_options=variables, direct=kwargs)
        names = [str(term) for term in terms]
        paths = [self.find_file_in_search_path(variables, "files", name) or name for name in names]
        return [expand(validated(load(path))).to_dict() for path in paths]
