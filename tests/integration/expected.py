# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of what port_check must find for each fault of the test hosts: no more, and no less."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests import hosts

BOTH = ("ipv4", "ipv6")
HOST = ("",)
IMPLICIT = ("submissions", "imaps", "pop3s")
LOGINS = tuple(name for name in hosts.PORTS if name != "smtp")

# Rules whose findings are not errors; a public relay need not have a certificate of trust.
WARNINGS = ("addresses-disagree", "certificate-expires-soon", "deprecated-port")
RELAY_INFO = ("certificate-name", "certificate-untrusted")

# (service, rule, severity, place): the place is an address family, "second" for the address that
# a fault adds, and "" for the host as a whole.
Row = tuple[str, str, str, str]


@dataclass(frozen=True)
class Expected:
    """What must be found: the rows, and words that all of their findings have.

    ``cause`` is that of every row about an address; ``seen`` stands in the message or the evidence
    of each of those, ``remedy`` in its remedy. ``timeout`` is the probe's, in seconds a step.
    """

    rows: frozenset[Row] = field(default_factory=frozenset)
    cause: str = ""
    seen: str = ""
    remedy: str = ""
    timeout: float = 20.0


def severity(service: str, rule: str) -> str:
    """Return how much a finding of a rule weighs on a service under rfc8314."""
    if service == "smtp" and rule in RELAY_INFO:
        return "info"
    return "warning" if rule in WARNINGS else "error"


def rows(services: tuple[str, ...], rule: str, places: tuple[str, ...] = BOTH) -> frozenset[Row]:
    """Return one row for each service and place."""
    return frozenset(
        (service, rule, severity(service, rule), place) for service in services for place in places
    )


AS_INTENDED = rows(("imap", "pop3"), "deprecated-port", HOST)


def _one(service: str, rule: str, cause: str, seen: str, **more: str) -> Expected:
    return Expected(rows((service,), rule), cause, seen, **more)


def _smtp() -> dict[str, Expected]:
    unprobed = rows(("submission",), "tls-version-not-probed")
    unprobed |= rows(("submission",), "not-known")
    return {
        "no_tls_587": Expected(
            rows(("submission",), "starttls-not-offered")
            | rows(("submission",), "login-before-tls"),
        ),
        "no_tls_25": _one("smtp", "starttls-not-offered", "tls_error", "tried anyway: 502"),
        "login_in_clear_587": Expected(
            rows(("submission",), "login-before-tls")
            | rows(("submission",), "starttls-not-enforced"),
        ),
        "wrapper_587": _one(
            "submission", "wrong-tls-mode", "incorrect_port_settings", "like submissions (465)"
        ),
        "starttls_465": _one(
            "submissions", "wrong-tls-mode", "incorrect_port_settings", "speaks STARTTLS"
        ),
        "tls10_465": _one("submissions", "tls-version", "tls_error", "TLSv1.2 is the lowest"),
        "no_auth_587": _one(
            "submission",
            "login-missing",
            "authentication_issue",
            "no mechanisms are listed",
            remedy="private/auth",
        ),
        "auth_on_25": _one(
            "smtp", "login-unexpected", "authentication_issue", "mechanisms: PLAIN, LOGIN"
        ),
        "closed_587": _refused("submission"),
        "closed_25": _refused("smtp"),
        "other_service_587": _one(
            "submission", "wrong-protocol", "incorrect_port_settings", "speaks like imap (143)"
        ),
        "rate_limited_25": _one("smtp", "inconclusive", "not_probed", "421 4.7.0"),
        "rate_limited_587": Expected(unprobed, "not_probed", "421 4.7.0"),
        # Greetings that come late are waited for.
        "postscreen_25": Expected(),
        "greet_delay_25": Expected(),
    }


def _access() -> dict[str, Expected]:
    old = rows(("imap", "imaps", "pop3", "pop3s"), "tls-version")
    return {
        **{
            f"login_in_clear_{port}": Expected(
                rows((service,), "login-before-tls") | rows((service,), "starttls-not-enforced")
            )
            for service, port in (("imap", 143), ("pop3", 110))
        },
        "starttls_993": _one(
            "imaps", "wrong-tls-mode", "incorrect_port_settings", "speaks like imap (143)"
        ),
        "tls10_993": Expected(old, "tls_error", "TLSv1.2 is the lowest version"),
        "closed_993": _refused("imaps"),
    }


def _refused(service: str) -> Expected:
    return _one(
        service,
        "port-closed",
        "incorrect_port_settings",
        "Connection refused, while",
        remedy="Configure the listener",
    )


def _certificates() -> dict[str, Expected]:
    found = {
        "expired": ("certificate-expired", "expired on"),
        "not_yet_valid": ("certificate-not-yet-valid", "valid only from"),
        "expires_soon": ("certificate-expires-soon", "in 5 days"),
        "wrong_name": ("certificate-name", "is for other.example.org, not for mail1"),
        "self_signed": ("certificate-untrusted", "self-signed"),
        "weak_key": ("certificate-weak-key", "RSA 1024 bits"),
        "sha1_signature": ("certificate-weak-signature", "ecdsa-with-SHA1"),
        "broken_chain": ("certificate-untrusted", "unable to get local issuer certificate"),
    }
    # Another kind of key is no fault.
    return {"cert_rsa": Expected()} | {
        f"cert_{kind}": Expected(rows(tuple(hosts.PORTS), rule), "tls_error", words)
        for kind, (rule, words) in found.items()
    }


def _firewalls() -> Iterator[tuple[str, Expected]]:
    words = {
        "drop": "no answer within 8 s, while",
        "reject": "ICMP port unreachable from",
        "prohibit": "ICMP communication administratively prohibited from",
        "reset": "Connection refused, while",
    }
    for service, port in hosts.PORTS.items():
        for action, seen in words.items():
            # A reset is what the host's own TCP sends where nothing listens.
            reset = action == "reset"
            remedy = "a firewall is resetting the connection" if reset else "Open this port"
            if not reset and service == "smtp":
                remedy = "To submit mail use 587 (submission)"
            yield (
                f"firewall_{action}_{port}",
                Expected(
                    rows((service,), "port-closed"),
                    "incorrect_port_settings" if reset else "port_blocking",
                    seen,
                    remedy,
                    8.0 if action == "drop" else 20.0,
                ),
            )


def _addresses() -> dict[str, Expected]:
    everything = tuple(hosts.PORTS)
    return {
        "ipv6_broken": Expected(
            rows(everything, "port-closed", ("ipv6",))
            | rows(everything, "addresses-disagree", HOST),
            "port_blocking",
            "no other mail port of this address answers, while 198.51.100.1",
            "that the host's firewall has rules for its family",
            8.0,
        ),
        "two_addresses": Expected(
            rows(("submission",), "port-closed", ("second",))
            | rows(("submission",), "addresses-disagree", HOST),
            "incorrect_port_settings",
            "Connection refused, while",
        ),
    }


# auth_socket_missing is test_login.py's: what is seen depends on which connection came first.
EXPECTED: dict[str, Expected] = {
    **_smtp(),
    **_access(),
    **_certificates(),
    **dict(_firewalls()),
    **_addresses(),
}
