# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue of what can be wrong with a mail host, as data: how each fault is brought about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .certs import KINDS

PORTS = {
    "smtp": 25,
    "submission": 587,
    "submissions": 465,
    "submission_alt": 2525,
    "imap": 143,
    "imaps": 993,
    "pop3": 110,
    "pop3s": 995,
}
# Old TLS and weak certificates are beyond what OpenSSL accepts at Debian's level 2.
LEVEL_0 = "ssl_cipher_list = ALL:@SECLEVEL=0\n"
REFUSALS = {
    "drop": "drop",
    "reject": "reject with icmpx type port-unreachable",
    "prohibit": "reject with icmpx type admin-prohibited",
    "reset": "reject with tcp reset",
}


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong.

    ``services`` are those it touches. ``postfix`` are shell commands; ``dovecot`` is what is added
    to dovecot.conf, by Dovecot version, "" for both; ``certificate`` is a kind of certs.KINDS;
    ``firewall`` are nftables rules, @EXTRA@ being the host's second address; ``use_up`` is a port
    that is connected to once from the controller so that a limit of one is reached;
    ``extra_address`` gives the host a second IPv4 address, resolvable by its name.
    """

    description: str
    services: tuple[str, ...]
    postfix: tuple[str, ...] = ()
    dovecot: dict[str, str] = field(default_factory=dict)
    certificate: str = ""
    firewall: str = ""
    use_up: int = 0
    extra_address: bool = False

    @property
    def daemons(self) -> tuple[str, ...]:
        """Return which daemons read something else with this fault, in their order of restart."""
        wanted = {
            "postfix": bool(self.postfix or self.certificate),
            "dovecot": bool(self.dovecot or self.certificate),
        }
        return tuple(name for name, needed in wanted.items() if needed)


def _set(service: str, *settings: str) -> tuple[str, ...]:
    """Return the command that sets parameters of one service in master.cf."""
    return ("postconf -P " + " ".join(f"'{service}/inet/{setting}'" for setting in settings),)


def _listener(protocol: str, name: str, *settings: str) -> dict[str, str]:
    """Return the addition that changes one listener of Dovecot; later settings win."""
    body = "".join(f"    {setting}\n" for setting in settings)
    return {"": f"service {protocol}-login {{\n  inet_listener {name} {{\n{body}  }}\n}}\n"}


def _clear_login(protocol: str) -> dict[str, str]:
    allow = {"2.3": "disable_plaintext_auth = no", "2.4": "auth_allow_cleartext = yes"}
    return {
        version: f"protocol {protocol} {{\n  ssl = yes\n  {setting}\n}}\n"
        for version, setting in allow.items()
    }


def _main(*settings: str) -> tuple[str, ...]:
    """Return the commands that set parameters in main.cf.

    A Postfix process that finds main.cf younger than two seconds sleeps until it is not.
    """
    quoted = " ".join(f"'{setting}'" for setting in settings)
    return (f"postconf {quoted}", "touch -d '10 seconds ago' /etc/postfix/main.cf")


def _rate_limit(service: str) -> tuple[str, ...]:
    """Return the commands that allow each client one connection an hour."""
    return (
        *_set(service, "smtpd_client_connection_rate_limit=1"),
        *_main("anvil_rate_time_unit=3600s"),
    )


def _postscreen() -> tuple[str, ...]:
    services = (
        "postconf -M 'smtp/inet=smtp inet n - y - 1 postscreen'"
        " 'smtpd/pass=smtpd pass - - y - - smtpd'"
        " 'tlsproxy/unix=tlsproxy unix - - y - 0 tlsproxy'"
    )
    return (
        services,
        # Nothing is remembered: a client that has waited once waits again.
        *_main(
            "postscreen_greet_wait=4s",
            "postscreen_cache_map=",
            "postscreen_access_list=",
            "postscreen_greet_banner=wait",
        ),
    )


def _smtp_faults() -> dict[str, Fault]:
    no_tls = ("smtpd_tls_security_level=none", "smtpd_tls_auth_only=no")
    return {
        "no_tls_587": Fault(
            "587 does not offer STARTTLS and offers login in clear",
            ("submission",),
            _set("submission", *no_tls),
        ),
        "no_tls_25": Fault("25 does not offer STARTTLS", ("smtp",), _set("smtp", no_tls[0])),
        "login_in_clear_587": Fault(
            "587 offers STARTTLS, and login before it",
            ("submission",),
            _set("submission", "smtpd_tls_security_level=may", "smtpd_tls_auth_only=no"),
        ),
        "wrapper_587": Fault(
            "587 speaks TLS from the first byte",
            ("submission",),
            _set("submission", "smtpd_tls_wrappermode=yes"),
        ),
        "starttls_465": Fault(
            "465 speaks STARTTLS in place of TLS from the first byte",
            ("submissions",),
            _set("submissions", "smtpd_tls_wrappermode=no", "smtpd_tls_security_level=encrypt"),
        ),
        "tls10_465": Fault(
            "465 accepts TLS 1.0 and 1.1",
            ("submissions",),
            _set(
                "submissions",
                "smtpd_tls_mandatory_protocols=>=TLSv1",
                "smtpd_tls_protocols=>=TLSv1",
                "tls_medium_cipherlist=ALL:@SECLEVEL=0",
            ),
        ),
        "no_auth_587": Fault(
            "587 offers no login behind TLS",
            ("submission",),
            _set("submission", "smtpd_sasl_auth_enable=no"),
        ),
        "auth_on_25": Fault(
            "25 offers login behind STARTTLS", ("smtp",), _set("smtp", "smtpd_sasl_auth_enable=yes")
        ),
        "auth_socket_missing": Fault(
            "Postfix cannot reach Dovecot's login socket",
            ("submission", "submissions", "submission_alt"),
            _main("smtpd_sasl_path=private/nowhere"),
        ),
        "closed_587": Fault(
            "nothing listens on 587", ("submission",), ("postconf -MX submission/inet",)
        ),
        "closed_25": Fault("nothing listens on 25", ("smtp",), ("postconf -MX smtp/inet",)),
        "other_service_587": Fault(
            "an IMAP server answers on 587",
            ("submission",),
            ("postconf -MX submission/inet",),
            _listener("imap", "other", "port = 587"),
        ),
        "rate_limited_25": Fault(
            "25 answers every connection from the controller with 421",
            ("smtp",),
            _rate_limit("smtp"),
            use_up=PORTS["smtp"],
        ),
        "rate_limited_587": Fault(
            "587 answers the first connection of a client, and every later one with 421",
            ("submission",),
            _rate_limit("submission"),
        ),
        "postscreen_25": Fault(
            "postscreen on 25 says 220- at once and 220 after four seconds",
            ("smtp",),
            _postscreen(),
        ),
        "greet_delay_25": Fault(
            "25 is silent for four seconds before its greeting",
            ("smtp",),
            # postscreen without a banner does not wait at all.
            _set("smtp", "smtpd_client_restrictions=sleep,4", "smtpd_delay_reject=no"),
        ),
    }


def _access_faults() -> dict[str, Fault]:
    return {
        "login_in_clear_143": Fault(
            "143 offers login before STARTTLS", ("imap",), dovecot=_clear_login("imap")
        ),
        "login_in_clear_110": Fault(
            "110 offers login before STLS", ("pop3",), dovecot=_clear_login("pop3")
        ),
        "starttls_993": Fault(
            "993 speaks STARTTLS in place of TLS from the first byte",
            ("imaps",),
            dovecot=_listener("imap", "imaps", "port = 993", "ssl = no"),
        ),
        "tls10_993": Fault(
            "993 (and all of Dovecot) accepts TLS 1.0 and 1.1",
            ("imaps", "pop3s", "imap", "pop3"),
            dovecot={"": f"ssl_min_protocol = TLSv1\n{LEVEL_0}"},
        ),
        "closed_993": Fault(
            "nothing listens on 993", ("imaps",), dovecot=_listener("imap", "imaps", "port = 0")
        ),
    }


def _certificate_faults() -> Iterator[tuple[str, Fault]]:
    for kind in KINDS:
        if kind != "good":
            weak = kind in ("weak_key", "sha1_signature")
            yield (
                f"cert_{kind}",
                Fault(
                    f"every port shows a certificate of kind {kind}",
                    tuple(PORTS),
                    dovecot={"": LEVEL_0} if weak else {},
                    certificate=kind,
                ),
            )


def _network_faults() -> Iterator[tuple[str, Fault]]:
    for service, port in PORTS.items():
        for name, action in REFUSALS.items():
            rule = f"tcp dport {port} {action};"
            text = f"a firewall on the host answers {port} so: {action}"
            yield f"firewall_{name}_{port}", Fault(text, (service,), firewall=rule)
    ports = ", ".join(str(port) for port in PORTS.values())
    yield (
        "ipv6_broken",
        Fault(
            "every mail port is silent over IPv6",
            tuple(PORTS),
            firewall=f"meta nfproto ipv6 tcp dport {{ {ports} }} drop;",
        ),
    )
    yield (
        "two_addresses",
        Fault(
            "the name has a second IPv4 address, where 587 refuses",
            ("submission",),
            firewall=f"ip daddr @EXTRA@ tcp dport {PORTS['submission']} reject with tcp reset;",
            extra_address=True,
        ),
    )


FAULTS: dict[str, Fault] = {
    **_smtp_faults(),
    **_access_faults(),
    **dict(_certificate_faults()),
    **dict(_network_faults()),
}
