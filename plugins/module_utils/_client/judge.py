# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is published for mail programs, held against the intent, the live ports, and itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, Optional

from .._domain.demand import Outcome, Told, outcomes
from .._domain.names import below, same
from .._model.intent import Intent
from .._model.observation import ESTABLISHED, OPEN
from . import pacc
from .announced import ENCRYPTED, NO_LOGIN, OAUTH2, PASSWORD, Announced
from .demands import DEMANDS
from .places import AUTODISCOVER_SRV, BROKEN, SERVED, UNKNOWN, Look, Published, srv_servers
from .settings import PASSWORD_MECHANISMS, Server, endpoints_of, servers_of

Endpoints = Sequence[Mapping[str, Any]]
# What the files mean by their words for logins, as the mechanisms that servers offer.
_MECHANISMS = {
    PASSWORD: PASSWORD_MECHANISMS,
    ENCRYPTED: ("CRAM-MD5", "DIGEST-MD5", "APOP", "SCRAM-SHA-1", "SCRAM-SHA-256"),
    OAUTH2: ("XOAUTH2", "OAUTHBEARER"),
}
_NO_INTENT = "no intent of the ports was given"
_NO_PROBE = "no probe of the ports was given"


def judge(
    published: Published,
    intents: Sequence[Intent] = (),
    endpoints: Optional[Endpoints] = None,
    methods: Sequence[str] = (),
) -> list[Outcome]:
    """Return the outcome of every demand; ``endpoints`` are what port_info saw, None for none.

    ``methods`` are those that the domain's intent wants to be served.
    """
    told = [*_told(published, intents, endpoints), *_methods(published, methods)]
    return outcomes(published.domain, DEMANDS, told)


def _told(
    published: Published, intents: Sequence[Intent], endpoints: Optional[Endpoints]
) -> Iterator[Told]:
    yield _found(published)
    for look in published.looks.values():
        yield from _place(published, look)
    announced = list(_announced(published))
    for where, server in announced:
        yield _intended(where, server, servers_of(intents), intents)
        yield from _itself(where, server)
        yield from _live(where, server, endpoints)
    if not announced:
        nothing = "nothing announces a server"
        for question in _OF_SERVERS:
            yield Told(question, published.domain, not_asked=nothing)
    yield from _complete(published, servers_of(intents), bool(intents))
    yield _agreed(published)
    yield _digest(published)
    yield _autodiscover_target(published)


_OF_SERVERS = (
    "client_server_intended",
    "client_server_encrypted",
    "client_server_read_alike",
    "client_server_login_name",
    "client_server_open",
    "client_server_tls",
    "client_server_login",
    "client_server_certificate",
)


def _found(published: Published) -> Told:
    """Tell whether a mail program finds settings over HTTPS at all."""
    question, about = "client_settings_found", published.domain
    served = [one for one in published.served() if _is_secure(one)]
    if served:
        listed = ", ".join(one.place.name for one in served)
        return Told(question, about, "found", f"programs find settings: {listed}")
    looks = published.looks.values()
    unknown = [one for one in looks if one.state == UNKNOWN and one.place.fetch.secure]
    if unknown:
        whys = "; ".join(f"{one.place.fetch.url}: {one.why}" for one in unknown[:3])
        return Told(question, about, unknown=whys)
    if any(not _is_secure(one) for one in published.served()):
        return Told(question, about, "in clear", "they are served over HTTP only")
    broken = [one for one in looks if one.state == BROKEN and one.place.fetch.secure]
    if broken:
        return Told(question, about, "broken", f"{broken[0].place.fetch.url}: {broken[0].why}")
    return Told(question, about, "none", "no place where programs look has any")


def _methods(published: Published, methods: Sequence[str]) -> Iterator[Told]:
    """Yield for each method of the intent whether a place of it serves what programs can use."""
    question = "client_method_served"
    if not methods:
        yield Told(question, published.domain, not_asked="no intent names methods")
    for method in methods:
        about = f"{published.domain} {method}"
        looks = [
            one
            for one in published.looks.values()
            if one.place.method == method and one.place.fetch.secure
        ]
        served = [one for one in looks if one in published.served() and _is_secure(one)]
        unknown = [one for one in looks if one.state == UNKNOWN]
        if served:
            yield Told(question, about, "served", served[0].place.fetch.url)
        elif unknown:
            yield Told(question, about, unknown=f"{unknown[0].place.fetch.url}: {unknown[0].why}")
        else:
            whys = "; ".join(f"{one.place.fetch.url}: {one.why or one.state}" for one in looks)
            yield Told(question, about, "missing", whys)


def _is_secure(look: Look) -> bool:
    """Tell whether each step to a document was over HTTPS."""
    return all(hop.startswith("https:") for hop in look.hops)


def _place(published: Published, look: Look) -> Iterator[Told]:
    """Yield what is said of one place; where nothing is, nothing is asked."""
    about, reason = look.place.fetch.url, look.why or "nothing is served there"
    questions = (
        "client_file_valid",
        "client_file_domain",
        "client_redirect",
        "client_place_https",
        "client_place_clear",
    )
    if look.state == UNKNOWN:
        for question in questions[:1]:
            yield Told(question, about, unknown=look.why)
        for question in questions[1:]:
            yield Told(question, about, not_asked=reason)
        return
    if look.state == BROKEN and not look.problem:
        # A redirect that leads nowhere, or a file without end.
        at = 2 if "redirect" in look.why else 0
        yield Told(questions[at], about, "invalid", look.why)
        return
    if look.problem in ("certificate", "tls"):
        yield Told("client_place_https", about, "invalid", look.why)
        return
    if look.document is None:
        for question in questions:
            yield Told(question, about, not_asked=reason)
        return
    problems = look.document.problems
    value = "invalid" if problems else "valid"
    yield Told("client_file_valid", about, value, "; ".join(problems) or "it can be read")
    yield from _domains(published.domain, look)
    yield _redirected(published.domain, look)
    yield from _secure(look)


def _domains(domain: str, look: Look) -> Iterator[Told]:
    document = look.document
    if look.place.method != "autoconfig" or document is None:
        return
    if look.place.name == "autoconfig-mx":
        return
    listed = ", ".join(document.domains) or "none"
    fits = any(same(one, domain) or one == "%emaildomain%" for one in document.domains)
    yield Told("client_file_domain", look.place.fetch.url, "same" if fits else "other", listed)


def _redirected(domain: str, look: Look) -> Told:
    """Tell where redirects lead; to clear HTTP anybody on the way can answer."""
    question, about = "client_redirect", look.place.fetch.url
    steps = " -> ".join(look.hops)
    if len(look.hops) == 1:
        return Told(question, about, "none", "it does not redirect")
    for before, after in zip(look.hops, look.hops[1:]):
        if before.startswith("https:") and after.startswith("http:"):
            return Told(question, about, "to clear", steps)
    last = look.hops[-1].split("/")[2].partition("?")[0]
    if not below(last, domain):
        return Told(question, about, "elsewhere", steps)
    return Told(question, about, "within", steps)


def _secure(look: Look) -> Iterator[Told]:
    about = look.place.fetch.url
    if look.hops[-1].startswith("https:"):
        yield Told("client_place_https", about, "valid", "HTTPS, with a valid certificate")
        yield Told("client_place_clear", about, "https", "they come over HTTPS")
    else:
        yield Told("client_place_https", about, not_asked="it is a place for HTTP in clear")
        yield Told("client_place_clear", about, "in clear", "anybody on the way can change them")


def _announced(published: Published) -> Iterator[tuple[str, Announced]]:
    """Yield each server once for each place that announces it, with the place."""
    seen = set()
    for look in published.served():
        for server in look.document.servers if look.document else ():
            if (look.place.name, server) not in seen:
                seen.add((look.place.name, server))
                yield f"{look.place.name}: {server.where}", server
    for server in srv_servers(published.srv):
        yield f"SRV: {server.where}", server


def _intended(
    where: str, server: Announced, servers: Sequence[Server], intents: Sequence[Intent]
) -> Told:
    """Hold a server against the intents: host, port and TLS mode."""
    question = "client_server_intended"
    if not intents:
        return Told(question, where, not_asked=_NO_INTENT)
    here = [one for one in servers if same(one.host, server.host) and one.port == server.port]
    exact = [one for one in here if (one.tls, one.protocol) == (server.tls, server.protocol)]
    if exact:
        return Told(question, where, "intended", f"{exact[0].service} of the intent")
    if here:
        return Told(question, where, "other mode", f"the intent has {here[0].tls} TLS there")
    hosts = [one for one in intents if same(one.server_name, server.host)]
    if not hosts:
        return Told(question, where, "other host", f"no intent is for {server.host}")
    return Told(question, where, "closed", "the intent has no such port open for users")


def _itself(where: str, server: Announced) -> Iterator[Told]:
    value = "cleartext" if server.tls == "cleartext" else "encrypted"
    yield Told("client_server_encrypted", where, value, f"{server.tls} TLS")
    doubt = server.doubt
    yield Told("client_server_read_alike", where, "differently" if doubt else "alike", doubt or "")
    name = server.username
    personal = bool(name) and "%" not in name
    yield Told(
        "client_server_login_name",
        where,
        "one user's" if personal else "of any user",
        f"the name is {name!r}" if personal else "",
    )


def _live(where: str, server: Announced, endpoints: Optional[Endpoints]) -> Iterator[Told]:
    """Hold a server against what a probe saw, address by address."""
    questions = _OF_SERVERS[4:]
    if endpoints is None:
        for question in questions:
            yield Told(question, where, not_asked=_NO_PROBE)
        return
    found = endpoints_of(server.host, server.port, endpoints)
    if not found:
        for question in questions:
            why = f"port {server.port} of {server.host} was not probed"
            yield Told(question, where, unknown=why)
    for one in found:
        about = f"{where} at {one['address']}"
        if one["reach"] != OPEN:
            unclear = one["reach"] in ("inconclusive", "not_probed", "dns_failure")
            detail = f"the port is {one['reach']}: {one['reach_detail']}"
            if unclear:
                yield Told(questions[0], about, unknown=detail)
            else:
                yield Told(questions[0], about, one["reach"], detail)
            for question in questions[1:]:
                yield Told(question, about, not_asked="the port is not open")
            continue
        yield Told(questions[0], about, "open", "the port is open")
        yield _mode(questions[1], about, server, one)
        yield _login(questions[2], about, server, one)
        yield _certificate(questions[3], about, server, one)


def _mode(question: str, about: str, server: Announced, one: Mapping[str, Any]) -> Told:
    if server.tls == "cleartext":
        return Told(question, about, not_asked="the file announces no TLS")
    if one["tls_mode"] == server.tls and one["tls"]["status"] == ESTABLISHED:
        return Told(question, about, "same", f"the port speaks {server.tls} TLS")
    if one["tls_mode"] and one["tls_mode"] != server.tls:
        return Told(question, about, "other", f"the port speaks {one['tls_mode']} TLS")
    if one["tls"]["status"] == "failed":
        return Told(question, about, "other", f"TLS fails: {one['tls']['error']}")
    if one["tls_mode"] == server.tls:
        return Told(question, about, unknown="TLS was not tried to its end")
    return Told(question, about, "other", "the port speaks no TLS")


def _login(question: str, about: str, server: Announced, one: Mapping[str, Any]) -> Told:
    if server.logins and all(login == NO_LOGIN for login in server.logins):
        return Told(question, about, "none", "the file says that no login is needed")
    phase = one["before_tls" if server.tls == "cleartext" else "inside_tls"]
    offered = phase["mechanisms"]
    if offered is None:
        return Told(question, about, unknown="the server's list of logins was not seen")
    listed = ", ".join(offered) or "none"
    usable = [name for login in server.logins for name in _MECHANISMS.get(login, ())]
    if any(name in offered for name in usable):
        return Told(question, about, "offered", f"the server offers {listed}")
    announced = ", ".join(server.logins) or "none"
    return Told(question, about, "missing", f"announced {announced}, the server offers {listed}")


def _certificate(question: str, about: str, server: Announced, one: Mapping[str, Any]) -> Told:
    tls = one["tls"]
    if server.tls == "cleartext":
        return Told(question, about, not_asked="the file announces no TLS")
    if tls["trusted"] is None or (tls["trusted"] and tls["name_matches"] is None):
        return Told(question, about, unknown=tls["error"] or "no certificate was verified")
    if not tls["trusted"]:
        return Told(question, about, "untrusted", tls["trust_error"] or "it is not trusted")
    if not tls["name_matches"]:
        names = ", ".join((one.get("certificate") or {}).get("names", ()))
        return Told(question, about, "other name", f"it is for {names}, not {server.host}")
    return Told(question, about, "valid", f"trusted, for {server.host}")


def _complete(published: Published, servers: Sequence[Server], with_intent: bool) -> Iterator[Told]:
    """Tell for each file whether it announces a server for each protocol of the intent."""
    question = "client_services_announced"
    looks = [one for one in published.served() if one.place.method != "mobileconfig"]
    if not with_intent or not looks:
        why = "nothing announces a server" if with_intent else _NO_INTENT
        yield Told(question, published.domain, not_asked=why)
        return
    for look in looks:
        document = look.document
        have = {one.protocol for one in document.servers} if document else set()
        lacking = sorted({one.protocol for one in servers} - have)
        # POP3 beside IMAP is for those who ask for it.
        if lacking and not (lacking == ["pop3"] and "imap" in have):
            seen = f"it has no {', '.join(lacking)} server, and the intent has"
            yield Told(question, look.place.fetch.url, "lacking", seen)
        else:
            yield Told(question, look.place.fetch.url, "complete", "it has what the intent opens")


def _agreed(published: Published) -> Told:
    """Compare what every two answers say of a protocol that both announce."""
    question, about = "client_answers_agree", published.domain
    sources = [
        (look.place.name, look.document.servers) for look in published.served() if look.document
    ]
    for record, answer in published.srv.items():
        if not answer.known:
            return Told(question, about, unknown=f"{record}: {answer.words}")
    records = tuple(srv_servers(published.srv))
    if records:
        sources.append(("SRV", records))
    if len(sources) < 2:
        return Told(question, about, not_asked="there are no two answers to compare")
    differences = []
    for (first_name, first), (name, servers) in combinations(sources, 2):
        for protocol in ("imap", "pop3", "smtp"):
            mine = [_place_of(one) for one in first if one.protocol == protocol]
            theirs = [_place_of(one) for one in servers if one.protocol == protocol]
            if mine and theirs and not set(theirs) & set(mine):
                words = f"{protocol}: {first_name} says {mine[0]}, {name} says {theirs[0]}"
                differences.append(words)
    if differences:
        return Told(question, about, "differ", "; ".join(differences[:3]))
    return Told(question, about, "agree", f"{len(sources)} answers agree")


def _place_of(server: Announced) -> str:
    return f"{server.host.rstrip('.').lower()}:{server.port} {server.tls}"


def _digest(published: Published) -> Told:
    """The draft has programs refuse a file whose hash no record holds."""
    question, about = "client_pacc_digest", f"{pacc.RECORD}.{published.domain}"
    look = published.looks.get("pacc")
    if look is None or look.state != SERVED:
        return Told(question, about, not_asked="there is no PACC file")
    if not published.record.known:
        return Told(question, about, unknown=published.record.words)
    texts = [b"".join(one).decode("utf-8", "replace") for one in published.record.records]
    found = pacc.matches(look.body, texts)
    if found is None:
        return Told(question, about, "none", "there is no record v=UAAC1")
    words = "it is the file's" if found else "it is another file's"
    return Told(question, about, "same" if found else "other", words)


def _autodiscover_target(published: Published) -> Told:
    """Outlook follows _autodiscover._tcp to a host with HTTPS (MS-OXDISCO section 3.1.5)."""
    question = "client_autodiscover_srv"
    name = f"{AUTODISCOVER_SRV}.{published.domain}"
    answer = published.srv.get(name)
    if answer is None or answer.absent:
        return Told(question, name, not_asked="there is no such record")
    if not answer.known:
        return Told(question, name, unknown=answer.words)
    ports = sorted({record[2] for record in answer.records})
    listed = ", ".join(f"{record[3]}:{record[2]}" for record in answer.records)
    return Told(question, name, "https" if ports == [443] else "other port", listed)
