#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: what this host's mail servers are configured to listen on, and who really listens."""

from __future__ import annotations

DOCUMENTATION = r"""
module: listener_info
short_description: Mail listeners that are configured on a host, and who holds its ports
version_added: 0.1.0
author:
  - postmaster.mailports contributors (@postmaster)
description:
  - Returns the SMTP, POP3 and IMAP listeners that this host's Postfix, Dovecot (2.3 and 2.4) and
    Exim are configured to have, with TLS mode, login, file and line, from what C(postconf),
    C(doveconf) and C(exim4 -bP) print.
  - Returns as well which process, or systemd socket unit, really holds each listening TCP port of
    the host now, and whether its packet filter refuses anything.
  - Run it on the mail server itself, and give the result to
    O(postmaster.mailports.port_check#module:configured) to learn which layer is at fault where a
    port cannot be reached.
  - It changes nothing. Without root, it reports what it could not read.
requirements:
  - Postfix, Dovecot or Exim; tested with Postfix 3.7 to 3.10, Dovecot 2.3 and 2.4, and Exim 4.96 to
    4.98
  - nft, to read the packet filter
notes:
  - Settings that Dovecot has inside local, remote or local_name blocks, and Postfix instances
    other than the default one, are not taken into account; a warning says so.
  - Exim expands many settings anew for each client. Only what is the same for every client, or
    depends on TLS alone, is reported; the rest is V(unknown), and a warning says so. Whether a
    login is required is up to Exim's access lists, which are not evaluated.
options: {}
attributes:
  check_mode:
    description: Can run in check mode, where it does the same.
    support: full
seealso:
  - module: postmaster.mailports.port_check
  - module: postmaster.mailports.port_info
"""

EXAMPLES = r"""
- name: See which mail listeners this host is configured to have
  postmaster.mailports.listener_info:
  register: here

- name: Check the ports from the controller, and name the layer at fault
  postmaster.mailports.port_check:
    intent: "{{ mailports_intent }}"
    configured: "{{ here }}"
  delegate_to: localhost
"""

RETURN = r"""
configured:
  description: One dictionary for each configured listener and address.
  returned: success
  type: list
  elements: dict
  contains:
    service:
      description: Name of the service that owns the port, else the server's own name for it.
      type: str
    protocol:
      description: V(smtp), V(imap), V(pop3), or V(sieve) for ManageSieve.
      type: str
    port:
      description: The port.
      type: int
    address:
      description: The address, empty for all, V(0.0.0.0) or V(::) for all of one family.
      type: str
    tls:
      description:
        - V(implicit), V(starttls) or V(cleartext), as clients get it; V(unknown) where the server
          decides client by client.
      type: str
    login:
      description:
        - V(none), V(optional) or V(required), as far as the configuration says; V(unknown) where
          the server decides client by client.
      type: str
    clear_login:
      description: Whether login is offered before TLS, null where that is not known.
      type: bool
    certificate:
      description: Whether a certificate is set at all.
      type: bool
    server:
      description: V(postfix), V(dovecot) or V(exim).
      type: str
    source:
      description:
        - The V(file) and V(line) where the listener begins, an empty name and 0 for a listener
          that the server has by default.
      type: dict
    settings:
      description: The settings that decided, with their values.
      type: dict
    proxied:
      description:
        - Whether only a proxy can connect, because the server expects the PROXY protocol.
      type: bool
    certificates:
      description:
        - SHA-256 digests of all certificates in the files that the listener is told to serve, empty
          where that is not known. A server that shows another one has not loaded what is in its
          files.
      type: list
      elements: str
holders:
  description:
    - One dictionary for each listening TCP socket of the host, ordered by port. Null where the
      kernel does not say.
  returned: success
  type: list
  elements: dict
  contains:
    port:
      description: The port.
      type: int
    address:
      description: The address that the socket is bound to.
      type: str
    pid:
      description: Process that holds it, 0 where that could not be seen.
      type: int
    name:
      description: Name of that process.
      type: str
    program:
      description: Path of its program.
      type: str
    server:
      description: V(postfix), V(dovecot), V(exim), or empty for anything else.
      type: str
    systemd:
      description: Whether systemd holds the socket (also).
      type: bool
    unit:
      description: The systemd socket unit, else the service unit of the process, if any.
      type: str
servers:
  description: Postfix, Dovecot and Exim, found or not.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: V(postfix), V(dovecot) or V(exim).
      type: str
    found:
      description: Whether it is installed.
      type: bool
    version:
      description: Its version.
      type: str
    tested:
      description: Whether this module was tried on that version.
      type: bool
    error:
      description: Why its configuration could not be read, else empty.
      type: str
firewall:
  description:
    - The host's packet filter, V(blocks) (whether it refuses anything that comes in; null where
      that could not be read) and V(detail).
  returned: success
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._model import oldest_python

oldest_python.require()

from ..module_utils._host.view import read_host
from ..module_utils._model.host_view import ReadError


def main():
    """Read and exit."""
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    # What the servers print is read, so it must not be translated.
    module.run_command_environ_update = {"LC_ALL": "C"}
    try:
        view, warnings = read_host(module.run_command, module.get_bin_path)
    except ReadError as error:
        module.fail_json(msg=str(error))
    for text in warnings:
        module.warn(text)
    module.exit_json(changed=False, **view.to_dict())


if __name__ == "__main__":
    main()
