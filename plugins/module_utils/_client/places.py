# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where mail programs look for a domain's settings, and what each place gave.

Thunderbird, Outlook, Delta Chat and the drafts differ in the order only, so all places are asked at
once. Redirects are followed as programs do, and every step is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Callable, Optional
from urllib.parse import quote, urljoin, urlsplit

from .._domain.intent import SRV_NAMES
from .._domain.names import below, labels
from .._domain.question import Answer, Fetch, Fetched, Question, Steps, ask, ask_all, together
from .._domain.srv import OFF
from .._model.host_names import is_host
from .._model.safe_text import printable
from .._model.services import SERVICES
from . import autoconfig, autodiscover, mobileconfig, pacc
from .announced import Announced, Document

REDIRECTS = 5
AUTODISCOVER_SRV = "_autodiscover._tcp"
SERVED = "served"
MISSING = "missing"
UNKNOWN = "unknown"
BROKEN = "broken"
_REDIRECTS = (301, 302, 303, 307, 308)
_READERS: dict[str, Callable[[bytes], Document]] = {
    "autoconfig": autoconfig.read,
    "autodiscover": autodiscover.read,
    "mobileconfig": mobileconfig.read,
    "pacc": pacc.read,
}
# Thunderbird and Outlook parse no other answer.
_TYPES = {
    "autoconfig": ("text/xml", "application/xml"),
    "autodiscover": ("text/xml", "application/xml"),
    "mobileconfig": (mobileconfig.CONTENT_TYPE,),
    "pacc": ("application/json",),
}


@dataclass(frozen=True)
class Place:
    """One place to look at: its name here, the method it belongs to, and what is fetched there."""

    name: str
    method: str
    fetch: Fetch


@dataclass(frozen=True)
class Look:
    """What one place gave. ``state`` is SERVED, MISSING (nothing there for programs), BROKEN
    (something that programs cannot use) or UNKNOWN; ``why`` tells in words. ``hops`` are the
    addresses that were asked, with redirects; ``document`` is what was read, None where nothing
    was served; ``body`` its bytes; ``problem`` how a connection failed, as in Fetched."""

    place: Place
    state: str
    why: str = ""
    hops: tuple[str, ...] = ()
    document: Optional[Document] = None
    body: bytes = b""
    problem: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, fit to print."""
        return {
            "place": self.place.name,
            "method": self.place.method,
            "url": self.place.fetch.url,
            "state": self.state,
            "why": printable(self.why),
            "hops": [printable(one) for one in self.hops],
            "document": self.document.to_dict() if self.document else None,
        }


@dataclass(frozen=True)
class Published:
    """All that is published for the mail programs of a domain. ``srv`` holds the answer for each
    SRV name, ``record`` the TXT records beside PACC's file."""

    domain: str
    looks: Mapping[str, Look]
    srv: Mapping[str, Answer]
    record: Answer

    def to_dict(self) -> dict[str, Any]:
        """Return plain data (the form that client_info returns)."""
        return {
            "domain": self.domain,
            "places": [one.to_dict() for one in self.looks.values()],
            "srv": {name: one.to_dict() for name, one in self.srv.items()},
            "pacc_record": self.record.to_dict(),
        }

    def served(self) -> list[Look]:
        """Return the looks that gave a document which programs can read."""
        return [one for one in self.looks.values() if one.document and one.document.servers]


def places(domain: str, address: str, urls: Sequence[str] = ()) -> list[Place]:
    """Return the places that need no look-up to be known. ``urls`` are profiles of Apple's."""
    query = f"?emailaddress={quote(address, safe='@')}"
    own, well_known = f"autoconfig.{domain}", autoconfig.WELL_KNOWN
    body = autodiscover.request(address)

    def get(name: str, method: str, host: str, path: str, *, secure: bool = True) -> Place:
        return Place(name, method, Fetch(host, path, secure=secure))

    def post(name: str, host: str) -> Place:
        return Place(name, "autodiscover", Fetch(host, autodiscover.PATH, body=body))

    path, other = autoconfig.PATH + query, autodiscover.PATH
    listed = [
        get("autoconfig", "autoconfig", own, path),
        get("autoconfig-well-known", "autoconfig", domain, well_known + query),
        get("autoconfig-http", "autoconfig", own, path, secure=False),
        get("autoconfig-well-known-http", "autoconfig", domain, well_known + query, secure=False),
        post("autodiscover-domain", domain),
        post("autodiscover", f"autodiscover.{domain}"),
        get("autodiscover-http", "autodiscover", f"autodiscover.{domain}", other, secure=False),
        get("pacc", "pacc", f"{pacc.HOST}.{domain}", pacc.PATH),
    ]
    for at, url in enumerate(urls):
        fetch = fetch_of(url)
        if fetch is not None:
            listed.append(Place(f"mobileconfig-{at}", "mobileconfig", fetch))
    return listed


def fetch_of(url: str) -> Optional[Fetch]:
    """Return what an http or https address without a port of its own asks for; None for others."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = parts.hostname or ""
    usual = {"http": 80, "https": 443}
    if parts.scheme not in usual or not is_host(host) or port not in (None, usual[parts.scheme]):
        return None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if any(ord(char) <= 0x20 or ord(char) >= 0x7F for char in path):
        return None
    return Fetch(host, path, secure=parts.scheme == "https")


def gather(domain: str, address: str, urls: Sequence[str] = ()) -> Steps[Published]:
    """Ask all places and the records beside them, at once as far as they are known."""
    names = [f"{name}.{domain}" for name in (*SRV_NAMES.values(), AUTODISCOVER_SRV)]
    steps: dict[Any, Steps[Any]] = {one.name: _look(one) for one in places(domain, address, urls)}
    found = yield from together(
        {
            **steps,
            "srv": ask_all([Question(name, "SRV") for name in names]),
            "record": ask(f"{pacc.RECORD}.{domain}", "TXT"),
            "autoconfig-mx": _by_mx(domain, address),
        }
    )
    srv = {name: found["srv"][Question(name, "SRV")] for name in names}
    record = found["record"]
    looks = {name: found[name] for name in [*steps, "autoconfig-mx"] if found[name] is not None}
    return Published(domain, looks, srv, record)


def _by_mx(domain: str, address: str) -> Steps[Optional[Look]]:
    """Look where Thunderbird does by the MX record: autoconfig. of the mail host's domain."""
    answer = yield from ask(domain, "MX")
    if not answer.known:
        # Which host's domain is to be asked is not known, so neither is what it says.
        place = Place("autoconfig-mx", "autoconfig", Fetch(domain, autoconfig.PATH))
        return Look(place, UNKNOWN, f"the MX record of {domain} is not known: {answer.words}")
    for _preference, host in sorted(answer.records):
        parent = ".".join(labels(host)[1:])
        if "." not in parent or below(parent, domain):
            return None
        query = f"?emailaddress={quote(address, safe='@')}"
        fetch = Fetch(f"autoconfig.{parent}", autoconfig.PATH + query)
        look = yield from _look(Place("autoconfig-mx", "autoconfig", fetch))
        return look
    return None


def _look(place: Place) -> Steps[Look]:
    """Fetch a place and follow its redirects."""
    wanted, hops = place.fetch, []
    while True:
        addresses = yield from _addresses(wanted.host)
        hops.append(wanted.url)
        if isinstance(addresses, str):
            return Look(place, UNKNOWN, addresses, tuple(hops))
        if not addresses:
            return Look(place, MISSING, f"{wanted.host} has no address", tuple(hops))
        ready = replace(wanted, addresses=addresses)
        answers = yield [ready]
        fetched: Fetched = answers[ready]
        if fetched.problem or fetched.status not in _REDIRECTS:
            return _judged(place, tuple(hops), fetched)
        target = fetch_of(urljoin(wanted.url, fetched.location)) if fetched.location else None
        if target is None:
            why = f"it redirects to {fetched.location!r}, which is no address of a document"
            return Look(place, BROKEN, why, tuple(hops))
        if len(hops) > REDIRECTS or target.url in hops:
            why = f"it redirects {'in a circle' if target.url in hops else 'too often'}"
            return Look(place, BROKEN, why, (*hops, target.url))
        wanted = replace(target, body=wanted.body)


def _addresses(host: str) -> Steps[Any]:
    """Return the addresses of a host, none where there are none, or why they are not known."""
    questions = [Question(host, kind) for kind in ("A", "AAAA")]
    answers = yield from ask_all(questions)
    found = tuple(text for one in questions for text in answers[one].records)
    if found:
        return found
    unknown = [answers[one].words for one in questions if not answers[one].known]
    return unknown[0] if unknown else ()


def _judged(place: Place, hops: tuple[str, ...], fetched: Fetched) -> Look:
    """Sort what came into one of the states."""
    if fetched.problem in ("certificate", "tls"):
        why = f"HTTPS fails: {fetched.detail}"
        return Look(place, BROKEN, why, hops, problem=fetched.problem)
    if fetched.silent and not place.fetch.secure:
        # Nobody wants it there: a port 80 that a firewall drops is as good as a closed one.
        return Look(place, MISSING, f"port 80 is silent: {fetched.detail}", hops)
    if fetched.problem == "refused":
        return Look(place, MISSING, fetched.detail, hops, problem=fetched.problem)
    if fetched.problem:
        return Look(place, UNKNOWN, fetched.detail, hops, problem=fetched.problem)
    if fetched.status >= 500 or fetched.status == 429:
        return Look(place, UNKNOWN, f"the web server answers {fetched.status}", hops)
    if fetched.status == 401 and place.method == "autodiscover":
        return Look(place, MISSING, "it asks for a login, as Exchange does", hops)
    if fetched.status != 200:
        return Look(place, MISSING, f"the web server answers {fetched.status}", hops)
    if fetched.too_long:
        why = f"the file is longer than {place.fetch.limit // 1024} KiB"
        return Look(place, BROKEN, why, hops)
    kind = fetched.content_type.partition(";")[0].strip().lower()
    if kind == "text/html":
        # A site that answers 200 with a page to everything.
        return Look(place, MISSING, "a page for people is served there", hops)
    document = _READERS[place.method](fetched.body)
    if kind not in _TYPES[place.method]:
        named = kind or "none"
        wrong = f"its content type is {named}, not {' or '.join(_TYPES[place.method])}"
        document = replace(document, problems=(*document.problems, wrong))
    return Look(place, SERVED, "", hops, document, fetched.body)


def srv_servers(srv: Mapping[str, Answer]) -> Iterator[Announced]:
    """Yield the servers that SRV records announce, those of lower priority first."""
    for service, prefix in SRV_NAMES.items():
        row = SERVICES[service]
        for name, answer in srv.items():
            if name.startswith(f"{prefix}."):
                for _priority, _weight, port, target in sorted(answer.records):
                    if target != OFF:
                        yield Announced(row.protocol, target, port, row.tls)
