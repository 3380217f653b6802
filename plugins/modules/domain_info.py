#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: what the DNS and HTTPS say around a domain's mail ports, unjudged."""

from __future__ import annotations

DOCUMENTATION = r"""
module: domain_info
short_description: What the DNS and HTTPS say about a domain's mail ports
version_added: 0.1.0
author:
  - postmaster.mailports contributors (@postmaster)
description:
  - Returns the records that concern the mail ports of one or more domains - MX and the addresses of
    the hosts, reverse names, SPF and its verdict for each sender, DKIM keys, DMARC by RFC 9989, the
    MTA-STS record and policy, TLSRPT, TLSA, SRV, CAA and whether DNSSEC protects them.
  - Look-ups that do not depend on each other are made at once, and none is made twice.
  - Every answer has a kind. Only V(records), V(nodata) and V(nxdomain) are answers from the DNS;
    all others say why there is none.
  - It judges nothing; see M(postmaster.mailports.domain_check) for that.
extends_documentation_fragment:
  - postmaster.mailports.names
options:
  domain:
    description: One domain, or a list of domains.
    type: list
    elements: str
    required: true
  selectors:
    description: DKIM selectors to ask for in each of them.
    type: list
    elements: str
    default: []
  senders:
    description: Addresses and networks to evaluate SPF for, and to look up the names of.
    type: list
    elements: str
    default: []
seealso:
  - module: postmaster.mailports.domain_check
"""

EXAMPLES = r"""
- name: See what the DNS says of a domain
  postmaster.mailports.domain_info:
    domain: example.net
    selectors: [s2026]
  delegate_to: localhost
  register: names
"""

RETURN = r"""
domains:
  description: One dictionary for each domain, in the order given.
  returned: success
  type: list
  elements: dict
  contains:
    domain:
      description: The domain.
      type: str
    mx:
      description:
        - V(kind) (V(records), V(null), V(none) or V(invalid null MX)), V(answer) and V(hosts).
      type: dict
    reverse:
      description: By address of a sender, V(answer), V(forward) and the V(confirmed) names.
      type: dict
    spf:
      description: The V(answer), the V(records), and the V(verdicts) for senders and strangers.
      type: dict
    dkim:
      description: Answers by selector.
      type: dict
    dmarc:
      description:
        - The name V(source) whose record applies, the V(organizational) domain, V(answers) by name
          and the V(permissions) of outside receivers of reports.
      type: dict
    mta_sts:
      description:
        - The V(answer), and what HTTPS gave in V(status), V(content_type), V(body), V(problem).
      type: dict
    tlsrpt:
      description: The answer.
      type: dict
    tlsa:
      description: Answers by name.
      type: dict
    srv:
      description: Answers by name.
      type: dict
    caa:
      description: By host, answers of it and of all names above it.
      type: dict
    dnssec:
      description: Answers whose V(secure) is what the resolver says of each name, null for nothing.
      type: dict
    people:
      description:
        - Whether there are keys of people, V(yes), V(no) or V(unknown), for V(openpgpkey),
          V(smimea) and V(wkd) (RFC 7929, RFC 8162, Web Key Directory). They are never judged.
      type: dict
questions:
  description: How many questions went out.
  returned: success
  type: int
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._model import oldest_python

oldest_python.require()

from ..module_utils._domain.ask import AskError, options, run_of
from ..module_utils._domain.collect import collect
from ..module_utils._domain.intent import expand


def main():
    """Ask and exit."""
    module = AnsibleModule(
        argument_spec={
            "domain": {"type": "list", "elements": "str", "required": True},
            "selectors": {"type": "list", "elements": "str", "default": []},
            "senders": {"type": "list", "elements": "str", "default": []},
            **options(),
        },
        supports_check_mode=True,
    )
    params = module.params
    selectors = {"dkim": {"selectors": params["selectors"]}} if params["selectors"] else {}
    try:
        run = run_of(params, params["domain"], params["senders"])
        wanted = [
            expand({"domain": name, "senders": params["senders"], **selectors})
            for name in params["domain"]
        ]
        seen = collect(run, wanted)
    except AskError as error:
        module.fail_json(msg=str(error))
    found = [one.to_dict() for one in seen]
    module.exit_json(changed=False, domains=found, questions=run.asked)


if __name__ == "__main__":
    main()
