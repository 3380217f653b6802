# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The task or setting of this collection that fixes a finding of an audit, as YAML."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from .._model.services import SERVICES, by_port

_POSTFIX, _DOVECOT, _CERTIFICATE = "postfix", "dovecot", "certificate"
_NAMES = {_POSTFIX: "Postfix", _DOVECOT: "Dovecot", _CERTIFICATE: "the certificate"}
_BY_PROTOCOL = {"smtp": _POSTFIX, "imap": _DOVECOT, "pop3": _DOVECOT}
_INTENT = "# mailports_intent, in the variables of the host\n"
_VARIABLES = "# in the variables of the audit\n"

# Rules whose findings are fixed by a variable of the audit or by the intent.
_SETTINGS = {
    "closed-from-here": "# a vantage inside the filter: an inventory host\n"
    "mailports_audit_vantages: [controller, monitor1]\n",
    "tls-version-not-probed": _INTENT
    + 'policy:\n  extends: {policy}\n  severities:\n    tls-version: "off"\n',
    "verification-off": _VARIABLES + "mailports_verify: true\n"
    "mailports_ca_path: /etc/ssl/private-ca.pem  # for a private authority\n",
    "starttls-injection-not-probed": _VARIABLES + "mailports_starttls_injection: false\n",
    "name-not-resolved": _INTENT + "host: mail.example.net  # a name with an A or AAAA record\n",
    "inconclusive": _VARIABLES
    + "mailports_source_address: 198.51.100.7  # an address that the server accepts\n",
    "not-probed": _VARIABLES + "mailports_timeout: 40\nmailports_deadline: 300\n",
    "login-not-probed": _VARIABLES + "mailports_timeout: 40\nmailports_deadline: 300\n",
    "addresses-disagree": _INTENT + "addresses: [ipv4]  # or give every address the listeners\n",
    "waiver-expired": _VARIABLES + "mailports_waivers:\n"
    "  - {rule: RULE, reason: WHY, owner: WHO, expires: 2027-01-31}\n",
    "waiver-without-reason": _VARIABLES + "mailports_waivers:\n"
    "  - {rule: RULE, reason: WHY, owner: WHO, expires: 2027-01-31}\n",
}
# Rules whose findings are fixed by the role of the server, given one more variable.
_ROLE_SETTINGS = {
    "tls-version": "mailports_{role}_min_tls: TLSv1.2",
    "drift-tls-version": "mailports_{role}_min_tls: TLSv1.2",
}
_CERTIFICATES = (
    "certificate-expired",
    "certificate-not-yet-valid",
    "certificate-expires-soon",
    "certificate-name",
    "certificate-untrusted",
    "certificate-weak-key",
    "certificate-weak-signature",
    "certificate-unreadable",
    "certificate-not-loaded",
    "drift-certificate-issuer",
    "drift-certificate-key",
    "starttls-not-offered",
    "starttls-refused",
    "tls-failed",
)
_PACKAGES = {_POSTFIX: "postfix", _DOVECOT: "dovecot-core"}


def fix(
    finding: Mapping[str, Any], intent: Mapping[str, Any] = MappingProxyType({}), speaks: str = ""
) -> str:
    """Return the fix of a finding as YAML: tasks, or variables below a comment that says where.

    ``intent`` is the expanded intent of the host, which the tasks of roles show; ``speaks`` what
    answers at the port ("" where nothing does): what no mail server speaks, no role can change.
    """
    name, service = finding["rule"], finding["service"]
    if speaks and speaks not in _BY_PROTOCOL:
        return (
            f"# Something other than a mail server answers on port {finding['port']}. Stop it or\n"
            "# move it to another port; this collection does not configure it.\n"
        )
    if name in _SETTINGS:
        return _SETTINGS[name].replace("{policy}", finding["policy"] or "rfc8314")
    role = _role(service, finding["port"])
    wanted = _intent_lines(intent)
    task = functools.partial(_task, settings=wanted)
    if name == "starttls-command-injection":
        return _upgrade(role)
    if name in _CERTIFICATES:
        return _task(_CERTIFICATE, ["mailports_certificate_source: acme"]) + task(role)
    if name in ("login-missing", "login-failed") and role == _POSTFIX:
        socket = "{path: /var/spool/postfix/private/auth}"
        socket_of = f"mailports_dovecot_auth_socket: {socket}"
        return _task(_DOVECOT, [*wanted, socket_of]) + task(_POSTFIX)
    if name in ("deprecated-port", "cleartext-port") and service:
        row = SERVICES.get(service)
        own = f"tls: {row.tls if row else 'starttls'}"
        change = "state: closed" if name == "deprecated-port" else own
        return f"{_INTENT}services:\n  {service}: {{{change}}}\n" + task(role)
    setting = _ROLE_SETTINGS.get(name, "").format(role=role)
    return _task(role, [*wanted, *filter(None, [setting])])


def _role(service: str, port: int) -> str:
    """Return the role that configures the server of a service."""
    row = SERVICES.get(service) or by_port(port)
    return _BY_PROTOCOL[row.protocol] if row else _POSTFIX


def _intent_lines(intent: Mapping[str, Any]) -> list[str]:
    """Return the variable mailports_intent for a task, [] without an intent."""
    services = []
    # What an intent does not name is closed.
    for one in intent.get("listeners", ()):
        row = SERVICES.get(one["service"])
        if row is not None and one["state"] == "open":
            own = "" if one["port"] == row.port else f"port: {one['port']}"
            services.append(f"    {one['service']}: {{{own}}}")
    head = ["mailports_intent:", '  host: "{{ inventory_hostname }}"', "  services:"]
    return [*head, *services] if services else []


def _task(role: str, settings: Sequence[str] = ()) -> str:
    variables = "".join(f"    {line}\n" for line in settings)
    variables = f"  vars:\n{variables}" if variables else ""
    what = "Provide the certificate" if role == _CERTIFICATE else f"Give {_NAMES[role]} its intent"
    return (
        f"- name: {what}\n  ansible.builtin.import_role:\n"
        f"    name: postmaster.mailports.{role}\n  become: true\n{variables}"
    )


def _upgrade(role: str) -> str:
    return (
        f"- name: Update {_NAMES[role]}\n  ansible.builtin.package:\n"
        f"    name: {_PACKAGES[role]}\n    state: latest\n  become: true\n"
    )
