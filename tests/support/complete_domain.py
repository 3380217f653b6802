# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A complete domain as it should be, and for each demand one change that breaks it.

Records are written as in zone files, so that a table and a real name server can serve them.
"""

from __future__ import annotations

import copy
import hashlib
import ipaddress
from dataclasses import dataclass, field
from typing import Any, Optional

from ansible_collections.postmaster.mailports.plugins.module_utils._domain.intent import (
    Domain,
    expand,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.publish import (
    policy_text,
    records,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.question import (
    Answer,
    Fetched,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model import intent as ports

from tests.support.names import txt

DOMAIN = "example.net"
HOST = "mail.example.net"
ADDRESSES = ("198.51.100.60", "2001:db8:25::60")
# The public key of RFC 8032 section 7.1, test 1, as RFC 8463 Appendix A.2 publishes it.
ED25519 = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
# Of RFC 6376 Appendix C: 1024 bits, which is short today.
RSA_1024 = (
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYt"
    "IxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0"
    "fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB"
)
SHA256 = hashlib.sha256(b"certificate").hexdigest()
SPKI = hashlib.sha256(b"key").hexdigest()

PORTS: dict[str, Any] = {
    "host": HOST,
    "addresses": list(ADDRESSES),
    "services": {"smtp": {}, "submissions": {}, "imaps": {}},
}
INTENT: dict[str, Any] = {
    "domain": DOMAIN,
    "mail_hosts": [HOST],
    "senders": list(ADDRESSES),
    "dkim": {"selectors": ["s1"], "public_keys": {"s1": f"ed25519:{ED25519}"}},
    "dmarc": {"policy": "reject", "reports": "mailto:dmarc@example.net"},
    "mta_sts": {"mode": "enforce"},
    "tlsrpt": {"reports": "mailto:tls@example.net"},
    "dane": "required",
    "tlsa": {HOST: [f"3 1 1 {SPKI}"]},
    "caa": {"issuers": ["ca.example.org"]},
}
POLICY_URL = f"https://mta-sts.{DOMAIN}/.well-known/mta-sts.txt"


def domain(intent: Optional[dict[str, Any]] = None) -> Domain:
    """Return the domain of an intent, with the ports of its one host."""
    return expand(intent or INTENT, [ports.expand(PORTS)])


def published(intent: Optional[dict[str, Any]] = None) -> dict[str, list[str]]:
    """Return our own advice as rows ``name TYPE`` -> values, with the reverse names beside it."""
    rows = {f"{one.name} {one.type}": list(one.values) for one in records(domain(intent))}
    for address in ADDRESSES:
        rows[f"{ipaddress.ip_address(address).reverse_pointer} PTR"] = [f"{HOST}."]
    rows[f"mta-sts.{DOMAIN} A"] = ["198.51.100.58"]
    return rows


def plain(kind: str, value: str) -> Any:
    """Return a zone file's value as the resolver would."""
    parts = value.split(" ")
    if kind == "MX":
        return int(parts[0]), parts[1].rstrip(".") or "."
    if kind == "SRV":
        return (*map(int, parts[:3]), parts[3].rstrip(".") or ".")
    if kind == "TLSA":
        return (*map(int, parts[:3]), bytes.fromhex(parts[3]))
    if kind == "CAA":
        return int(parts[0]), parts[1], value.split(" ", 2)[2].strip('"').encode()
    if kind == "TXT":
        return txt(value)
    return value.rstrip(".")


def table(rows: dict[str, Any], document: Any = None) -> dict[str, Any]:
    """Return rows for ``names.Table``: plain values, and the policy at its address."""
    made = {
        key: value
        if isinstance(value, Answer)
        else [plain(key.rpartition(" ")[2], one) for one in value]
        for key, value in rows.items()
    }
    made[POLICY_URL] = document if document is not None else served(policy_text(domain()))
    return made


def served(text: str, **changes: Any) -> Fetched:
    """Return a policy as HTTPS gives it."""
    given: dict[str, Any] = {"status": 200, "content_type": "text/plain", "body": text.encode()}
    return Fetched(**{**given, **changes})


def endpoint(port: int = 25, address: str = ADDRESSES[0], **changes: Any) -> dict[str, Any]:
    """Return what a probe saw of one port of the host, as port_info returns it."""
    seen = {
        "host": HOST,
        "address": address,
        "port": port,
        "reach": "open",
        "greeting": f"220 {HOST} ESMTP Postfix",
        "tls": {"trusted": True, "trust_error": "", "name_matches": True, "error": ""},
        "certificate": {
            "sha256": SHA256,
            "spki_sha256": SPKI,
            "key_type": "EC",
            "names": [HOST],
        },
    }
    return {**seen, **changes}


def probed() -> list[dict[str, Any]]:
    """Return what a probe of the complete host saw."""
    return [endpoint(port, address) for port in (25, 465, 993) for address in ADDRESSES]


@dataclass
class World:
    """The domain, its records, its policy and its ports; a fault changes one of them."""

    intent: dict[str, Any] = field(default_factory=lambda: copy.deepcopy(INTENT))
    rows: dict[str, Any] = field(default_factory=published)
    document: Any = None
    endpoints: list[dict[str, Any]] = field(default_factory=probed)
    secure: Any = True

    def set(self, key: str, *values: str) -> World:
        """Put a set of records in place; none takes it away."""
        if values:
            self.rows[key] = list(values)
        else:
            self.rows.pop(key)
        return self


# What a fault changes in the DNS: rows to set, by the demand that they break, and other demands
# that must break with it. These are shown on real servers too.
DNS_FAULTS: dict[str, tuple[dict[str, tuple[str, ...]], tuple[str, ...]]] = {
    "mx-missing": ({"example.net MX": ()}, ()),
    "mx-hosts-differ": (
        {
            "example.net MX": ("10 mail.example.net.", "20 other.example.net."),
            "other.example.net A": ("198.51.100.13",),
            "other.example.net AAAA": ("2001:db8:25::13",),
            "_25._tcp.other.example.net TLSA": (f"3 1 1 {SPKI}",),
        },
        ("mta-sts-not-covered",),
    ),
    "mx-duplicate": ({"example.net MX": ("10 mail.example.net.", "20 mail.example.net.")}, ()),
    "mx-address-literal": (
        {"example.net MX": ("10 mail.example.net.", "20 198.51.100.60.")},
        ("mx-hosts-differ", "mta-sts-not-covered"),
    ),
    "mx-alias": (
        {
            "example.net MX": ("10 mail.example.net.", "20 alias.example.net."),
            "alias.example.net CNAME": ("mail.example.net.",),
        },
        ("mx-hosts-differ", "mta-sts-not-covered", "dane-missing"),
    ),
    "mx-no-address": (
        {"mail.example.net A": (), "mail.example.net AAAA": ()},
        ("mx-one-family", "reverse-not-confirmed"),
    ),
    "mx-one-family": ({"mail.example.net AAAA": ()}, ("reverse-not-confirmed",)),
    "reverse-not-confirmed": ({"60.100.51.198.in-addr.arpa PTR": ()}, ()),
    "reverse-other-name": (
        {
            "60.100.51.198.in-addr.arpa PTR": ("pool-12.example.net.",),
            "pool-12.example.net A": ("198.51.100.60",),
        },
        (),
    ),
    "spf-record": ({"example.net TXT": ()}, ("spf-sender", "spf-stranger")),
    "spf-syntax": (
        {"example.net TXT": ("v=spf1 ip4:198.51.100.60 ipv6:2001:db8:25::60 -all",)},
        ("spf-sender", "spf-stranger"),
    ),
    "spf-sender": ({"example.net TXT": ("v=spf1 ip4:198.51.100.60 -all",)}, ()),
    "spf-helo": ({"mail.example.net TXT": ("v=spf1 ip4:198.51.100.60 -all",)}, ()),
    "spf-stranger": (
        {
            "example.net TXT": (
                "v=spf1 ip4:198.51.100.60 ip6:2001:db8:25::60 exists:mail.example.net -all",
            )
        },
        (),
    ),
    "spf-all": (
        {"example.net TXT": ("v=spf1 ip4:198.51.100.60 ip6:2001:db8:25::60 ?all",)},
        ("spf-stranger",),
    ),
    "spf-softfail": (
        {"example.net TXT": ("v=spf1 ip4:198.51.100.60 ip6:2001:db8:25::60 ~all",)},
        (),
    ),
    "spf-limits": (
        {
            "example.net TXT": (
                "v=spf1 ip4:198.51.100.60 ip6:2001:db8:25::60 include:l.example.net -all",
            ),
            "l.example.net TXT": (
                "v=spf1 " + " ".join(f"a:a{n}.example.net" for n in range(10)) + " -all",
            ),
            **{f"a{n}.example.net A": ("198.51.100.99",) for n in range(10)},
            **{f"a{n}.example.net AAAA": ("2001:db8:25::99",) for n in range(10)},
        },
        ("spf-stranger",),
    ),
    "spf-near-limit": (
        {
            "example.net TXT": (
                "v=spf1 ip4:198.51.100.60 ip6:2001:db8:25::60 "
                + " ".join(f"a:a{n}.example.net" for n in range(9))
                + " -all",
            ),
            **{f"a{n}.example.net A": ("198.51.100.99",) for n in range(9)},
            **{f"a{n}.example.net AAAA": ("2001:db8:25::99",) for n in range(9)},
        },
        (),
    ),
    "spf-ptr": (
        {"example.net TXT": ("v=spf1 ip4:198.51.100.60 ip6:2001:db8:25::60 ptr -all",)},
        (),
    ),
    "spf-wide-network": (
        {"example.net TXT": ("v=spf1 ip4:198.0.0.0/8 ip6:2001:db8:25::60 -all",)},
        (),
    ),
    "spf-idle-terms": (
        {
            "example.net TXT": (
                "v=spf1 ip4:198.51.100.60 ip6:2001:db8:25::60 -all ip4:198.51.100.99",
            )
        },
        (),
    ),
    "spf-unknown-terms": (
        {"example.net TXT": ("v=spf1 ip4:198.51.100.60 ip6:2001:db8:25::60 expl=x -all",)},
        (),
    ),
    "dkim-record": ({"s1._domainkey.example.net TXT": ()}, ()),
    "dkim-key": (
        {"s1._domainkey.example.net TXT": ("v=DKIM1; k=ed25519; p=",)},
        ("dkim-other-key",),
    ),
    "dkim-short-key": (
        {"s1._domainkey.example.net TXT": (f"v=DKIM1; p={RSA_1024}",)},
        ("dkim-other-key",),
    ),
    "dkim-test": (
        {"s1._domainkey.example.net TXT": (f"v=DKIM1; k=ed25519; t=y; p={ED25519}",)},
        (),
    ),
    "dkim-service": (
        {"s1._domainkey.example.net TXT": (f"v=DKIM1; k=ed25519; s=tlsrpt; p={ED25519}",)},
        (),
    ),
    "dkim-hash": (
        {"s1._domainkey.example.net TXT": (f"v=DKIM1; h=sha1; k=ed25519; p={ED25519}",)},
        (),
    ),
    "dkim-other-key": (
        {
            "s1._domainkey.example.net TXT": (
                "v=DKIM1; k=ed25519; p=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            )
        },
        (),
    ),
    "dkim-wildcard": ({"*._domainkey.example.net TXT": ("v=DKIM1; p=",)}, ()),
    "dmarc-record": ({"_dmarc.example.net TXT": ()}, ()),
    "dmarc-syntax": (
        {
            "_dmarc.example.net TXT": (
                "v=DMARC1; p=reject; rua=mailto:dmarc@example.net; adkim=strict",
            )
        },
        (),
    ),
    "dmarc-policy": (
        {"_dmarc.example.net TXT": ("v=DMARC1; p=none; rua=mailto:dmarc@example.net",)},
        ("dmarc-differs",),
    ),
    "dmarc-subdomains": (
        {"_dmarc.example.net TXT": ("v=DMARC1; p=reject; sp=none; rua=mailto:dmarc@example.net",)},
        (),
    ),
    "dmarc-testing": (
        {"_dmarc.example.net TXT": ("v=DMARC1; p=reject; t=y; rua=mailto:dmarc@example.net",)},
        (),
    ),
    "dmarc-removed-tags": (
        {"_dmarc.example.net TXT": ("v=DMARC1; p=reject; pct=100; rua=mailto:dmarc@example.net",)},
        (),
    ),
    "dmarc-reports": (
        {"_dmarc.example.net TXT": ("v=DMARC1; p=reject",)},
        ("dmarc-differs",),
    ),
    "dmarc-differs": (
        {"_dmarc.example.net TXT": ("v=DMARC1; p=quarantine; rua=mailto:dmarc@example.net",)},
        (),
    ),
    "dmarc-permission": (
        {
            "_dmarc.example.net TXT": (
                "v=DMARC1; p=reject; rua=mailto:dmarc@example.net,mailto:x@example.org",
            )
        },
        (),
    ),
    "mta-sts-record": ({"_mta-sts.example.net TXT": ("v=STSv1; id=not-a-number",)}, ()),
    "tlsrpt-record": ({"_smtp._tls.example.net TXT": ()}, ()),
    "tlsrpt-https": (
        {
            "_smtp._tls.example.net TXT": (
                "v=TLSRPTv1; rua=mailto:tls@example.net,https://tls.example.net/",
            )
        },
        (),
    ),
    "tlsrpt-differs": (
        {"_smtp._tls.example.net TXT": ("v=TLSRPTv1; rua=mailto:x@example.net",)},
        (),
    ),
    "dane-missing": ({"_25._tcp.mail.example.net TLSA": ()}, ()),
    "dane-unusable": (
        {"_25._tcp.mail.example.net TLSA": (f"3 1 1 {SPKI}", f"1 1 1 {SPKI}")},
        ("dane-differs",),
    ),
    "dane-mismatch": (
        {"_25._tcp.mail.example.net TLSA": (f"3 1 1 {SHA256}",)},
        ("dane-differs", "dane-idle-record"),
    ),
    "dane-idle-record": (
        {"_25._tcp.mail.example.net TLSA": (f"3 1 1 {SPKI}", f"3 1 1 {SHA256}")},
        ("dane-differs",),
    ),
    "dane-differs": (
        {"_25._tcp.mail.example.net TLSA": (f"3 0 1 {SHA256}",)},
        (),
    ),
    "srv-differs": ({"_imaps._tcp.example.net SRV": ()}, ()),
    "srv-closed-service": (
        {"_pop3s._tcp.example.net SRV": ("0 1 995 mail.example.net.",)},
        (),
    ),
    "caa-refuses": ({"example.net CAA": ('0 issue "other.example.org"',)}, ("caa-open",)),
    "caa-open": (
        {"example.net CAA": ('0 issue "ca.example.org"', '0 issue "other.example.org"')},
        (),
    ),
    "caa-syntax": (
        {"example.net CAA": ('0 issue "ca.example.org"', '0 issue "%%%"')},
        (),
    ),
}
