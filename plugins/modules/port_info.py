#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: probe mail ports and return what is seen there."""

from __future__ import annotations

DOCUMENTATION = r"""
module: port_info
short_description: Probe mail ports and return what is seen there
version_added: 0.1.0
author:
  - postmaster.mailports contributors (@postmaster)
description:
  - Probes SMTP, POP3 and IMAP endpoints, many at once in one task, and returns for each whether it
    can be reached, which TLS mode it really speaks, what it offers before and after TLS, which TLS
    versions it accepts, and its certificate.
  - It judges nothing; see M(postmaster.mailports.port_check) for that.
extends_documentation_fragment:
  - postmaster.mailports.probe
  - postmaster.mailports.probe.parallel
options:
  host:
    description: Name or address of the host to probe.
    type: str
    required: true
  services:
    description:
      - Services to probe. Each is a name (V(smtp), V(submission), V(submissions),
        V(submission_alt), V(pop3), V(pop3s), V(imap), V(imaps)), or a dictionary with V(service),
        V(port), V(protocol) (V(smtp), V(imap), V(pop3)) and V(tls) (V(implicit), V(starttls),
        V(cleartext)), V(login) (V(required), V(optional), V(none)) and V(state) (V(open),
        V(closed); no login is tried on a port that is meant to be closed). What is left out comes
        from the service of that name or port.
      - The listeners that P(postmaster.mailports.intent#filter) returns can be given as they are.
      - Without it, all services of the table.
    type: list
    elements: raw
  addresses:
    description:
      - Addresses to probe, or V(ipv4) and V(ipv6) for all records of that family.
      - Without it, all A and AAAA records of O(host), with a result for each.
    type: list
    elements: str
    default: []
  server_name:
    description: Name that the certificate must be for; also sent as SNI. Without it, O(host).
    type: str
  tls_versions:
    description:
      - TLS versions to ask for one by one as well, each on a connection of its own. The local
        OpenSSL takes no part in that, so its settings do not matter.
    type: list
    elements: str
    choices: [SSLv3, TLSv1, TLSv1.1, TLSv1.2, TLSv1.3]
    default: []
seealso:
  - module: postmaster.mailports.port_check
"""

EXAMPLES = r"""
- name: See what the mail ports of a host look like from the controller
  postmaster.mailports.port_info:
    host: mail.example.net
  delegate_to: localhost
  register: mail

- name: Probe two services, and which old TLS versions they accept
  postmaster.mailports.port_info:
    host: mail.example.net
    services:
      - submission
      - service: imaps
        port: 10993
    tls_versions: [TLSv1, TLSv1.1]
  delegate_to: localhost

- name: Log in with a test account
  postmaster.mailports.port_info:
    host: mail.example.net
    services: [submissions, imaps]
    login_user: probe@example.net
    login_password: "{{ probe_password }}"
  delegate_to: localhost
"""

RETURN = r"""
endpoints:
  description: One dictionary for each service on each address.
  returned: success
  type: list
  elements: dict
  contains:
    service:
      description: Name of the service.
      type: str
    host:
      description: The host as asked for.
      type: str
    address:
      description: The address probed, empty where the name did not resolve.
      type: str
    family:
      description: V(ipv4) or V(ipv6).
      type: str
    port:
      description: The port.
      type: int
    protocol:
      description: The protocol expected.
      type: str
    tls_expected:
      description: The TLS mode expected.
      type: str
    reach:
      description:
        - V(open), V(refused) (by the host's own TCP), V(filtered) (silence), V(unreachable) (an
          ICMP answer, such as a packet filter's), V(reset), V(dns_failure) (the resolver failed),
          V(no_address) (the DNS has no address of the family), V(inconclusive) (the server refuses
          this client, as with 421) or V(not_probed).
      type: str
    reach_detail:
      description: The operating system's or the server's words for it.
      type: str
    protocol_seen:
      description: The protocol that answered, V(unknown) for one not known, empty where none did.
      type: str
    tls_mode:
      description: The TLS mode really spoken, V(implicit), V(starttls) or V(cleartext), or empty.
      type: str
    greeting:
      description: The greeting, fit to print.
      type: str
    preauthenticated:
      description: Whether IMAP greeted with PREAUTH.
      type: bool
    before_tls:
      description:
        - V(capabilities), authentication V(mechanisms) and whether V(login) is possible, before
          TLS. Null stands for not seen.
      type: dict
    inside_tls:
      description: The same inside TLS.
      type: dict
    starttls:
      description:
        - Whether STARTTLS is V(offered), its V(status) (V(accepted), V(refused), V(not_offered),
          V(not_tried)), the server's V(reply), and the V(leftover) bytes sent in cleartext after
          it.
      type: dict
    tls:
      description:
        - V(status) (V(established), V(failed), V(not_tried)), V(version), V(cipher), V(error) and
          its V(kind), V(trusted) (null where not verified), V(trust_error), V(trust_code),
          V(name_matches).
        - V(trusted) holds the chain to OpenSSL's security level 2 (no signature by MD5 or SHA-1, no
          key below 112 bits), but for the strength of the server's own certificate.
      type: dict
    versions:
      description:
        - For each of O(tls_versions), V(status) (V(accepted), V(refused), V(untried)) and
          V(detail), what was seen or why nothing was learnt.
      type: dict
    certificate:
      description:
        - V(subject), V(issuer), V(common_name), V(names), V(dns_names), V(ip_addresses),
          V(not_before), V(not_after), V(days_left), V(serial), V(key_type), V(key_bits), V(curve),
          V(signature), V(signature_hash), V(sha256), V(spki_sha256), V(is_ca), V(self_issued),
          V(key_id), V(issuer_key_id).
      type: dict
    certificate_error:
      description: Why the certificate could not be read.
      type: str
    chain:
      description:
        - The certificate and those above it, as they were verified, or as the server sent them
          where it is not trusted, or before Python 3.10; null where they were not seen.
        - Each has V(place) (V(own), V(intermediate), V(root)), V(subject), V(issuer),
          V(not_before), V(not_after), V(key_type), V(key_bits), V(curve), V(signature),
          V(signature_hash), V(sha256), V(self_issued). Nobody relies on the signature of a root.
      type: list
      elements: dict
    chain_error:
      description: Why the chain could not be read.
      type: str
    served:
      description:
        - What came of asking for other certificates, with the other kind of key (V(key), V(RSA) or
          V(ECDSA)) and, on a relay, without a name (V(sni) is V(false)).
        - V(status) is V(served), V(same) (as in the main handshake), V(not_served) or V(unknown),
          with V(detail). Where it is served, V(certificate), V(chain), V(chain_error), V(trusted),
          V(trust_error), V(trust_code), V(name_matches) say what it is.
      type: list
      elements: dict
    injection:
      description: V(vulnerable), V(safe) or V(untried); see O(starttls_injection).
      type: str
    injection_detail:
      description: What it rests on.
      type: str
    login:
      description: V(accepted), V(refused) or V(not_tried); see O(login_user).
      type: str
    login_reply:
      description: The code that the server answered with.
      type: str
    enforced:
      description:
        - Whether the server refuses to go on without STARTTLS, V(refused), V(accepted), V(untried)
          or V(not_tried); see O(starttls_enforcement).
      type: str
    enforced_reply:
      description: The server's words for it.
      type: str
    disagreement:
      description:
        - Capabilities about TLS or login that only one of IMAP's two lists has, the greeting's and
          the one that is asked for; null where that one is refused.
      type: list
      elements: str
    failure:
      description: Where a dialogue ended early, as V(step), V(kind) and V(detail), else null.
      type: dict
    times:
      description: Milliseconds for each step.
      type: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._model import oldest_python

oldest_python.require()

from ..module_utils._check.options import (
    TLS_VERSIONS,
    ParamsError,
    probe_options,
    request_from,
    targets_from,
)
from ..module_utils._probe.run import run
from ..module_utils._probe.tls import TrustStoreError


def main():
    """Probe and exit."""
    module = AnsibleModule(
        argument_spec={
            "host": {"type": "str", "required": True},
            "services": {"type": "list", "elements": "raw"},
            "addresses": {"type": "list", "elements": "str", "default": []},
            "server_name": {"type": "str"},
            "tls_versions": {
                "type": "list",
                "elements": "str",
                "choices": list(TLS_VERSIONS),
                "default": [],
            },
            **probe_options(),
        },
        supports_check_mode=True,
    )
    params = module.params
    try:
        request = request_from(
            params,
            params["host"],
            targets_from(params["services"]),
            params["addresses"],
            params["server_name"],
            params["tls_versions"],
        )
        observations = run(request)
    except (ParamsError, TrustStoreError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, endpoints=[seen.to_dict() for seen in observations])


if __name__ == "__main__":
    main()
