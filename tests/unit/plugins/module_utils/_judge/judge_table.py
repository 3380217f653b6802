# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of the judge: for each rule what triggers it, and the nearest thing that does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

from ansible_collections.postmaster.mailports.plugins.module_utils._judge.asked import Asked
from ansible_collections.postmaster.mailports.plugins.module_utils._judge.ports import (
    Judgement,
    judge,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.finding import Finding
from ansible_collections.postmaster.mailports.plugins.module_utils._model.host_view import (
    Configured,
    HostView,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.intent import expand
from ansible_collections.postmaster.mailports.plugins.module_utils._model.observation import (
    Failure,
    Observation,
    Phase,
    Starttls,
    Tls,
)

from tests.unit.plugins.module_utils.observations import (
    CERTIFICATE,
    HOST,
    ROWS,
    good,
    shut,
)

OPEN = ("smtp", "submission", "submissions", "imaps", "pop3s")
WANTED: dict[str, Any] = {name: {} for name in OPEN}
NOW = datetime(2026, 6, 1, tzinfo=timezone.utc)
NO_LOGIN = Phase((), (), False)
LOGIN = Phase((), ("PLAIN",), True)
ASKED = Asked()
LOGGING_IN = Asked(credentials=True)
INJECTING = Asked(injection=True)
# A host that tells of IMAP alone.
VIEW = HostView(
    configured=(
        Configured(
            "imaps",
            "imap",
            993,
            "",
            "implicit",
            "required",
            False,
            True,
            "dovecot",
            certificates=(CERTIFICATE["sha256"],),
        ),
    )
)


def judged(
    observations: Sequence[Observation],
    services: Any = None,
    policy: Any = "rfc8314",
    now: datetime = NOW,
    asked: Asked = ASKED,
) -> list[Finding]:
    """Judge against an intent with ``services``, by default the five of OPEN."""
    return list(judgement(observations, services, policy, now, asked).findings)


def judgement(
    observations: Sequence[Observation],
    services: Any = None,
    policy: Any = "rfc8314",
    now: datetime = NOW,
    asked: Asked = ASKED,
) -> Judgement:
    """Return what the judge says, outcomes and all."""
    wanted = WANTED if services is None else services
    intent = expand({"host": HOST, "policy": policy, "services": wanted})
    return judge(intent, list(observations), now, asked)


def host(**changed: Any) -> list[Observation]:
    """Return what is seen of the well-run host, with some observations replaced (None: gone)."""
    seen = {name: good(name) if name in OPEN else shut(name) for name in ROWS}
    seen.update(changed)
    flat: list[Observation] = []
    for one in seen.values():
        flat += one if isinstance(one, list) else [one] if one is not None else []
    return flat


@dataclass(frozen=True)
class Row:
    """A rule, what triggers it on which service, and what nearly does.

    ``also``: the other rules of that service that the first must have; empty for any.
    """

    rule: str
    service: str
    does: list[Observation]
    does_not: list[Observation]
    also: frozenset[str] = frozenset()
    how: dict[str, Any] = field(default_factory=dict)
    how_not: dict[str, Any] = field(default_factory=dict)


def row(
    rule: str, service: str, does: Any, does_not: Any, also: Sequence[str] = (), **how: Any
) -> Row:
    """Return a Row about one service; ``how`` goes to judged, unless ``how_not`` is given."""
    how_not = how.pop("how_not", how)
    return Row(
        rule,
        service,
        host(**{service: does}),
        host(**{service: does_not}),
        frozenset(also),
        how,
        how_not,
    )


def certificate(service: str, **changes: Any) -> Observation:
    """Return a good observation with another certificate."""
    return good(service, certificate={**CERTIFICATE, **changes})


def tls(service: str, **changes: Any) -> Observation:
    """Return a good observation with something else in its TLS."""
    return good(service, tls=replace(good(service).tls, **changes))


def versions(service: str, **changes: Any) -> Observation:
    """Return a good observation with other results for TLS versions (_ stands for the dot)."""
    named = {name.replace("_", "."): value for name, value in changes.items()}
    merged = {**good(service).versions, **named}
    return good(service, versions={k: v for k, v in merged.items() if v is not None})


def served(**changes: Any) -> Observation:
    """Return the good imaps with a good second certificate, or with something else in its row."""
    made = dict(changes)
    second = {**CERTIFICATE, "sha256": "01", **made.pop("certificate", {})}
    row_ = {
        "key": "RSA",
        "sni": True,
        "status": "served",
        "detail": "",
        "certificate": second,
        "chain": [],
        "chain_error": "",
        "trusted": True,
        "trust_error": "",
        "trust_code": 0,
        "name_matches": True,
    }
    return good("imaps", served=({**row_, **made},))


def above(**changes: Any) -> Observation:
    """Return the good imaps with a good certificate above its own, or with another one there."""
    link = {**CERTIFICATE, "place": "intermediate", "subject": "CN=CA", "sha256": "02", **changes}
    return good("imaps", chain=({**CERTIFICATE, "place": "own"}, link))


def stripped(service: str, starttls: Starttls) -> Observation:
    """Return what is seen where STARTTLS did not begin TLS."""
    return good(service, starttls=starttls, tls=Tls(), tls_mode="cleartext", secure=Phase())


def unseen(reach: str, *answering: str) -> list[Observation]:
    """Return a host of which nothing answers but the named services."""
    return host(**{name: shut(name, reach) for name in ROWS if name not in answering})


TWO = "2001:db8::1"


def twice(**second: Any) -> list[Observation]:
    """Return the well-run host on two addresses, with something else seen on the second one."""
    return host() + [replace(one, address=TWO) for one in host(**second)]


TIMEOUT = Failure("greeting", "timeout", "nothing")
CLOSED = Failure("greeting", "closed", "nothing")
LATE = Failure("greeting", "deadline", "the deadline passed")

TABLE = [
    row("port-closed", "imaps", shut("imaps"), good("imaps")),
    row("port-closed", "imaps", shut("imaps", "filtered"), good("imaps")),
    row("port-closed", "imaps", shut("imaps", "unreachable"), good("imaps")),
    row("port-closed", "imaps", shut("imaps", "reset"), good("imaps")),
    row("port-open", "imap", good("imap"), shut("imap")),
    row("port-open", "imap", good("imap", reach="reset"), shut("imap", "filtered")),
    row("port-open", "imap", good("imap", reach="inconclusive"), shut("imap")),
    row("port-open", "imap", good("imap", failure=TIMEOUT), shut("imap")),
    row("closed-from-here", "imap", shut("imap", "filtered"), shut("imap")),
    row("closed-from-here", "imap", shut("imap", "unreachable"), shut("imap")),
    row("no-dialogue", "imaps", good("imaps", failure=CLOSED), good("imaps", failure=TIMEOUT)),
    row("inconclusive", "imaps", good("imaps", failure=TIMEOUT), good("imaps", failure=CLOSED)),
    row(
        "no-dialogue",
        "imaps",
        good("imaps", failure=Failure("login", "closed")),
        good("imaps"),
    ),
    row("wrong-protocol", "imaps", good("imaps", protocol_seen="ssh"), good("imaps")),
    row("wrong-protocol", "smtp", good("smtp", protocol_seen="unknown"), good("smtp")),
    row("wrong-tls-mode", "imaps", good("imaps", tls_mode="starttls"), good("imaps")),
    row("wrong-tls-mode", "imaps", good("imaps", tls_mode="cleartext"), good("imaps")),
    row(
        "wrong-tls-mode",
        "submission",
        good("submission", tls_mode="implicit", starttls=Starttls()),
        good("submission"),
    ),
    row(
        "wrong-tls-mode",
        "imap",
        good("imap", tls_mode="implicit"),
        good("imap", tls_mode="cleartext"),
        services={**WANTED, "imap": {"tls": "cleartext"}},
    ),
    row(
        "starttls-not-offered",
        "submission",
        stripped("submission", Starttls(False, "not_offered", "502 no")),
        stripped("submission", Starttls(True, "refused", "502 no")),
    ),
    row(
        "starttls-not-offered",
        "submission",
        good("submission", starttls=Starttls(False, "accepted")),
        good("submission", starttls=Starttls(None, "accepted")),
    ),
    row(
        "starttls-not-offered",
        "smtp",
        stripped("smtp", Starttls(None, "refused", "502 no")),
        stripped("smtp", Starttls(True, "refused", "502 no")),
    ),
    row(
        "starttls-refused",
        "smtp",
        stripped("smtp", Starttls(True, "refused", "454 no")),
        stripped("smtp", Starttls(False, "not_offered", "454 no")),
    ),
    row(
        "tls-failed",
        "imaps",
        good("imaps", tls=Tls("failed", error="alert"), tls_mode="", secure=Phase()),
        good("imaps"),
    ),
    row("tls-version", "imaps", versions("imaps", TLSv1=("accepted", "")), good("imaps")),
    row("tls-version", "smtp", versions("smtp", TLSv1_1=("accepted", "")), good("smtp")),
    row("tls-version", "imaps", versions("imaps", SSLv3=("accepted", "")), good("imaps")),
    row("tls-version", "imaps", tls("imaps", version="TLSv1.1"), tls("imaps", version="TLSv1.2")),
    row(
        "tls-version",
        "imaps",
        versions("imaps", TLSv1_2=("accepted", "")),
        versions("imaps", TLSv1_2=("refused", "")),
        services={"imaps": {}},
        policy={"tls_min": "TLSv1.3"},
    ),
    row(
        "tls-version-not-probed",
        "imaps",
        versions("imaps", TLSv1=("untried", "why")),
        versions("imaps", TLSv1_2=("untried", "why")),
    ),
    row("tls-version-not-probed", "imaps", versions("imaps", TLSv1=None), good("imaps")),
    row("tls-version-not-probed", "imaps", tls("imaps", version=""), good("imaps")),
    row(
        "login-before-tls",
        "submission",
        good("submission", clear=LOGIN),
        good("submission", clear=NO_LOGIN),
    ),
    row("login-before-tls", "smtp", good("smtp", clear=LOGIN), good("smtp")),
    row(
        "login-before-tls",
        "submission",
        replace(stripped("submission", Starttls(False, "not_offered")), clear=LOGIN),
        stripped("submission", Starttls(False, "not_offered")),
        also=["starttls-not-offered"],
    ),
    row(
        "login-not-probed",
        "submission",
        good("submission", clear=Phase()),
        good("submission", clear=Phase(None, (), False)),
    ),
    row(
        "login-not-probed",
        "submission",
        good("submission", clear=Phase(), greeting=""),
        good("submission", greeting=""),
    ),
    row("login-not-probed", "imaps", good("imaps", secure=Phase()), good("imaps", clear=Phase())),
    row("login-not-probed", "smtp", good("smtp", secure=Phase()), good("smtp")),
    row("login-missing", "imaps", good("imaps", secure=NO_LOGIN), good("imaps", secure=LOGIN)),
    row(
        "login-missing",
        "imaps",
        good("imaps", secure=NO_LOGIN),
        good("imaps", secure=NO_LOGIN),
        how_not={"services": {**WANTED, "imaps": {"login": "optional"}}},
    ),
    row("login-unexpected", "smtp", good("smtp", secure=LOGIN), good("smtp", secure=NO_LOGIN)),
    row(
        "login-unexpected",
        "smtp",
        good("smtp", secure=LOGIN),
        good("smtp", secure=LOGIN),
        how_not={"services": {**WANTED, "smtp": {"login": "optional"}}},
    ),
    row(
        "login-failed",
        "imaps",
        good("imaps", login="refused", login_reply="a NO"),
        good("imaps", login="accepted", login_reply="a OK"),
        asked=LOGGING_IN,
    ),
    row(
        "login-not-probed",
        "imaps",
        good("imaps", login_reply="no mechanism"),
        good("imaps", login="accepted"),
        asked=LOGGING_IN,
    ),
    row(
        "login-not-probed",
        "imaps",
        good("imaps"),
        good("imaps"),
        asked=LOGGING_IN,
        how_not={"asked": ASKED},
    ),
    row("preauthenticated", "imaps", good("imaps", preauthenticated=True), good("imaps")),
    row(
        "certificate-expired",
        "imaps",
        certificate("imaps", not_after="2026-05-31T23:59:59Z"),
        certificate("imaps", not_after="2026-06-01T00:00:00Z"),
    ),
    row(
        "certificate-not-yet-valid",
        "imaps",
        certificate("imaps", not_before="2026-06-01T00:00:01Z"),
        certificate("imaps", not_before="2026-06-01T00:00:00Z"),
    ),
    row(
        "certificate-expires-soon",
        "imaps",
        certificate("imaps", not_after="2026-06-14T23:59:59Z"),
        certificate("imaps", not_after="2026-06-15T00:00:00Z"),
        policy={"certificate_days": 14},
    ),
    # 151 days have passed: 75 left are less than a third of the whole, 76 are not.
    row(
        "certificate-expires-soon",
        "imaps",
        certificate("imaps", not_after="2026-08-15T00:00:00Z"),
        certificate("imaps", not_after="2026-08-16T00:00:00Z"),
    ),
    # Six days in all, as some authorities give: one is left, or three.
    row(
        "certificate-expires-soon",
        "imaps",
        certificate("imaps", not_before="2026-05-27T00:00:00Z", not_after="2026-06-02T00:00:00Z"),
        certificate("imaps", not_before="2026-05-29T00:00:00Z", not_after="2026-06-04T00:00:00Z"),
    ),
    row("certificate-name", "imaps", tls("imaps", name_matches=False), good("imaps")),
    row("not-known", "imaps", tls("imaps", name_matches=None), good("imaps")),
    row(
        "certificate-untrusted",
        "imaps",
        tls("imaps", trusted=False, trust_error="self-signed", trust_code=18),
        good("imaps"),
    ),
    row("not-known", "imaps", tls("imaps", trusted=None), good("imaps")),
    row("not-known", "smtp", tls("smtp", trusted=None), good("smtp")),
    row(
        "certificate-untrusted",
        "imaps",
        # The date that OpenSSL speaks of is not the leaf's: something above it has expired.
        tls("imaps", trusted=False, trust_error="expired", trust_code=10),
        replace(
            tls("imaps", trusted=False, trust_error="expired", trust_code=10),
            certificate={**CERTIFICATE, "not_after": "2026-05-31T00:00:00Z"},
        ),
    ),
    row(
        "certificate-weak-key",
        "imaps",
        certificate("imaps", key_type="RSA", key_bits=2047),
        certificate("imaps", key_type="RSA", key_bits=2048),
    ),
    row(
        "certificate-weak-key",
        "imaps",
        certificate("imaps", key_bits=223),
        certificate("imaps", key_bits=224),
    ),
    row(
        "certificate-weak-key",
        "imaps",
        certificate("imaps", key_bits=None),
        certificate("imaps", key_type="Ed25519", key_bits=None),
    ),
    row(
        "certificate-weak-signature",
        "imaps",
        certificate("imaps", signature_hash="sha1", signature="sha1WithRSA"),
        certificate("imaps", signature_hash="sha256"),
    ),
    row(
        "not-known",
        "imaps",
        certificate("imaps", signature_hash=None, signature="1.2.3"),
        certificate("imaps", signature_hash=None, signature="Ed25519"),
    ),
    row("not-known", "imaps", certificate("imaps", key_type="1.2.3"), good("imaps")),
    row(
        "certificate-unreadable",
        "imaps",
        good("imaps", certificate=None, certificate_error="truncated"),
        good("imaps"),
    ),
    row("certificate-unreadable", "smtp", good("smtp", certificate=None), good("smtp")),
    # Each certificate that is served counts, and each one above it.
    *[
        row(rule, "imaps", served(certificate=changes), served())
        for rule, changes in (
            ("certificate-weak-key", {"key_type": "RSA", "key_bits": 1024}),
            ("certificate-weak-signature", {"signature_hash": "sha1", "signature": "sha1WithRSA"}),
            ("certificate-expired", {"not_after": "2026-05-31T23:59:59Z"}),
            ("certificate-expires-soon", {"not_after": "2026-06-14T23:59:59Z"}),
            ("certificate-not-yet-valid", {"not_before": "2026-06-01T00:00:01Z"}),
        )
    ],
    row("certificate-name", "imaps", served(name_matches=False), served()),
    row("certificate-untrusted", "imaps", served(trusted=False, trust_error="no"), served()),
    row("not-known", "imaps", served(name_matches=None), served()),
    row("not-known", "imaps", served(trusted=None), served()),
    row("not-known", "imaps", served(status="unknown", detail="421 busy"), served()),
    row("not-known", "imaps", good("imaps", served=()), served(status="same")),
    row("not-known", "imaps", served(chain_error="truncated"), served()),
    row("not-known", "imaps", good("imaps", chain=None), good("imaps")),
    *[
        row(rule, "imaps", above(**changes), above())
        for rule, changes in (
            ("certificate-weak-key", {"key_type": "RSA", "key_bits": 1024}),
            ("certificate-weak-signature", {"signature_hash": "md5", "signature": "md5WithRSA"}),
            ("certificate-expired", {"not_after": "2026-05-31T23:59:59Z"}),
            ("certificate-expires-soon", {"not_after": "2026-06-14T23:59:59Z"}),
        )
    ],
    # Nobody relies on the signature of a root.
    row(
        "certificate-weak-signature",
        "imaps",
        above(signature_hash="sha1", signature="sha1WithRSA"),
        above(place="root", signature_hash="sha1", signature="sha1WithRSA"),
    ),
    row(
        "verification-off",
        "imaps",
        good("imaps"),
        good("imaps"),
        asked=Asked(verify=False),
        how_not={"asked": ASKED},
    ),
    row(
        "starttls-command-injection",
        "smtp",
        good("smtp", injection="vulnerable"),
        good("smtp", injection="safe"),
        asked=INJECTING,
    ),
    row(
        "starttls-injection-not-probed",
        "smtp",
        good("smtp", injection="untried", injection_detail="timeout: nothing complete"),
        good("smtp", injection="safe"),
        asked=INJECTING,
    ),
    row(
        "starttls-injection-not-probed",
        "smtp",
        good("smtp"),
        good("smtp"),
        asked=INJECTING,
        how_not={"asked": ASKED},
    ),
    row(
        "starttls-not-enforced",
        "submission",
        good("submission", enforced="accepted", enforced_reply="250 go on"),
        good("submission", enforced="refused"),
    ),
    row(
        "not-known",
        "submission",
        good("submission", enforced="untried", enforced_reply="451 later"),
        good("submission"),
    ),
    row("not-known", "submission", good("submission", enforced="not_tried"), good("submission")),
    row(
        "client-certificate-required",
        "imaps",
        good(
            "imaps",
            tls=Tls("failed", error="certificate required", kind="client_certificate"),
            tls_mode="",
            protocol_seen="",
            secure=Phase(),
        ),
        good("imaps"),
    ),
    row("not-known", "imaps", good("imaps", disagreement=None), good("imaps")),
    row(
        "capabilities-disagree",
        "imaps",
        good("imaps", disagreement=("LOGINDISABLED",)),
        good("imaps"),
    ),
    row(
        "starttls-response-injection",
        "submission",
        good("submission", starttls=Starttls(True, "accepted", "go", 1)),
        good("submission", starttls=Starttls(True, "accepted", "go", 0)),
    ),
    row(
        "certificate-not-loaded",
        "imaps",
        certificate("imaps", sha256="cc"),
        good("imaps"),
        asked=Asked(view=VIEW),
    ),
    row(
        "deprecated-port",
        "imap",
        good("imap"),
        shut("imap"),
        services={**WANTED, "imap": {}},
        how_not={"services": {**WANTED, "imap": {"state": "closed"}}},
    ),
    row(
        "deprecated-port",
        "submissions",
        good("submissions"),
        good("submissions"),
        policy="starttls_first",
        how_not={"policy": "rfc8314"},
    ),
    row(
        "cleartext-port",
        "submission_alt",
        good("submission_alt", tls_mode="cleartext", tls=Tls(), clear=LOGIN),
        good("submission_alt"),
        services={**WANTED, "submission_alt": {"tls": "cleartext"}},
        how_not={"services": {**WANTED, "submission_alt": {}}},
    ),
    Row(
        "addresses-disagree",
        "imaps",
        twice(imaps=shut("imaps")),
        twice(),
        frozenset({"port-closed"}),
    ),
    Row(
        "addresses-disagree",
        "submission",
        twice(submission=good("submission", clear=LOGIN)),
        twice(submission=good("submission", reach="not_probed")),
        frozenset({"login-before-tls"}),
    ),
    Row(
        "name-not-resolved",
        "",
        [shut(name, "no_address", address="") for name in ROWS],
        [shut(name, "dns_failure", address="") for name in ROWS],
    ),
    Row(
        "resolver-failed",
        "",
        [*host(), *(shut(name, "dns_failure", address="") for name in ROWS)],
        [shut(name, "no_address", address="") for name in ROWS],
    ),
    row(
        "inconclusive",
        "imaps",
        good("imaps", reach="inconclusive", reach_detail="421 busy"),
        good("imaps"),
    ),
    row("not-probed", "imaps", None, good("imaps")),
    row("not-probed", "imap", None, shut("imap")),
    row("not-probed", "imaps", shut("imaps", "not_probed"), good("imaps")),
    row("not-probed", "imap", shut("imap", "not_probed"), shut("imap")),
    row("not-probed", "imaps", shut("imaps", "dns_failure"), good("imaps")),
    row("not-probed", "imaps", good("imaps", failure=LATE), good("imaps")),
    row("port-open", "imap", good("imap", failure=LATE), shut("imap")),
    row("not-probed", "imaps", good("imaps", protocol_seen=""), good("imaps")),
    row("not-probed", "imaps", good("imaps", tls_mode=""), good("imaps")),
    row("not-probed", "imaps", good("imaps", tls=Tls()), good("imaps")),
    row("not-probed", "submission", good("submission", starttls=Starttls()), good("submission")),
    Row("not-probed", "imap", unseen("filtered"), unseen("filtered", "imap", "smtp")),
    Row("not-probed", "imap", unseen("unreachable"), unseen("filtered", "smtp")),
    Row(
        "not-probed",
        "imaps",
        [one for one in twice() if (one.service, one.address) != ("imaps", TWO)],
        twice(),
    ),
]
