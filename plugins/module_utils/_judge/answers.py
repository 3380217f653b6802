# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an observation answers to each question (logins here): known, unknown and why, or moot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Callable

from .._model.demand import Answer, known, moot, unknown
from .._model.observation import (
    ACCEPTED,
    DNS_FAILURE,
    ESTABLISHED,
    INCONCLUSIVE,
    NO_ADDRESS,
    NOT_PROBED,
    OPEN,
    REFUSED,
    Observation,
    Phase,
)
from . import certificates
from .answers_tls import Tls
from .asked import MODE_WORDS

# What an unknown answer is about, for the message that tells it.
WORDS = {
    "reach": "whether the port is open",
    "closed": "whether the port is closed",
    "closed_at_host": "whether anything listens",
    "dialogue": "whether the service answers",
    "protocol": "which protocol it speaks",
    "preauthenticated": "whether it greets as already authenticated",
    "tls_mode": "which TLS mode it speaks",
    "starttls_offer": "whether STARTTLS is offered",
    "starttls_answer": "whether STARTTLS is accepted",
    "clear_behind_starttls": "whether cleartext follows the answer to STARTTLS",
    "injection": "whether commands sent in cleartext right after STARTTLS are obeyed",
    "enforcement": "whether mail and logins are refused before TLS",
    "tls": "whether TLS can be established",
    "client_certificate": "whether the client has to show a certificate",
    "accepts": "which TLS versions are accepted",
    "login_in_clear": "whether login is offered before TLS",
    "login_offer": "which logins are offered",
    "login": "whether the login is accepted",
    "capability_lists": "whether both lists of capabilities agree",
    "certificate": "whether the certificate can be read",
    "expired": "whether the certificate has expired",
    "not_yet_valid": "whether the certificate is already valid",
    "lifetimes": "how long the certificate is valid",
    "name": "whether the certificate is for the name",
    "trust": "whether the certificate is trusted",
    "loaded": "whether the certificate is one of those in the server's files",
    "keys": "how strong the certificate's key is",
    "signatures": "how the certificate is signed",
    "resolution": "whether the name has addresses",
    "agreement": "whether all addresses behave the same",
}
_NO_LIST = "the server did not list its capabilities"


class Endpoint(Tls):
    """The answers about one endpoint: those of its base classes, about logins and certificates."""

    def answer(self, question: str) -> Answer:
        """Return the answer to a question; raises KeyError for one that nobody can answer."""
        name, _space, item = question.partition(" ")
        if name == "accepts":
            return self._accepts(item)
        method: Callable[[], Answer] = _METHODS[name].__get__(self)
        return method()

    # --- logins --------------------------------------------------------------------------

    def _login_in_clear(self) -> Answer:
        missing = self._before()
        if missing:
            return missing
        if self._at_once():
            return known((), evidence="TLS is spoken from the first byte")
        clear = self._seen.clear
        if clear.login:
            return known(_mechanisms(clear))
        if clear.login is False:
            return known((), evidence=_listed(clear))
        return self._broken_off() or unknown(_NO_LIST, "login-not-probed")

    def _login_offer(self) -> Answer:
        seen, clear = self._seen, self._listener.tls == "cleartext"
        missing = self._before()
        if missing:
            return missing
        if not clear and seen.tls.status != ESTABLISHED:
            return self._no_tls()
        phase = seen.clear if clear and not self._at_once() else seen.secure
        if phase.login is None:
            return self._broken_off() or unknown(_NO_LIST, "login-not-probed")
        return known(_mechanisms(phase) if phase.login else (), "none", _listed(phase))

    def _login(self) -> Answer:
        seen = self._seen
        if seen.login in (ACCEPTED, REFUSED):
            return known(seen.login == ACCEPTED, seen.login_reply, seen.login_reply)
        if seen.tls.status != ESTABLISHED:
            return self._no_tls()
        because = seen.login_reply or "the password is sent only inside TLS 1.2 or later, and to a "
        because += "" if seen.login_reply else "trusted certificate of the right name"
        return self._before() or self._broken_off() or unknown(because, "login-not-probed")

    def _capability_lists(self) -> Answer:
        missing = self._before()
        if missing:
            return missing
        if self._seen.disagreement is None:
            because = "the server refuses CAPABILITY, so only the list in its greeting is known"
            return unknown(because, "not-known")
        if self._seen.disagreement:
            return known(self._seen.disagreement)
        if self._seen.clear.login is None and self._seen.secure.login is None:
            return self._broken_off() or self._tls_or_list()
        return known(())

    def _tls_or_list(self) -> Answer:
        """Return why no list of capabilities was seen."""
        missing = self._no_tls() if self._seen.tls.status != ESTABLISHED else None
        return missing or unknown(_NO_LIST, "login-not-probed")

    # --- certificates --------------------------------------------------------------------

    def _served(self, tell: Callable[[Sequence[certificates.Shown]], Answer]) -> Answer:
        """Return an answer about the certificates that were shown, or why there are none."""
        seen = self._seen
        if seen.tls.status != ESTABLISHED:
            return self._no_tls()
        missing = self._before()
        if missing:
            return missing
        if seen.certificate is None:
            words = seen.certificate_error or "none was sent"
            return unknown(f"the certificate could not be read: {words}", "certificate-unreadable")
        answer = tell(certificates.shown(seen))
        rest = certificates.not_shown(seen) if self._context.asked.certificates else ""
        return replace(answer, rest=rest) if rest and not answer.unknown else answer

    def _certificate(self) -> Answer:
        seen = self._seen
        if seen.tls.status == ESTABLISHED and seen.certificate is None and not self._before():
            return known(False, seen.certificate_error or "none was sent")
        return self._served(lambda shown: known(True))

    def _expired(self) -> Answer:
        return self._served(lambda shown: certificates.expired(shown, self._context.now))

    def _not_yet_valid(self) -> Answer:
        return self._served(lambda shown: certificates.not_yet_valid(shown, self._context.now))

    def _lifetimes(self) -> Answer:
        def tell(shown: Sequence[certificates.Shown]) -> Answer:
            answer = certificates.lifetimes(shown, self._context.now)
            rest = certificates.no_chain(self._seen)
            return replace(answer, rest=rest) if rest else answer

        return self._served(tell)

    def _keys(self) -> Answer:
        return self._served(certificates.keys)

    def _signatures(self) -> Answer:
        return self._served(certificates.signatures)

    def _name(self) -> Answer:
        return self._served(lambda shown: certificates.name(self._seen))

    def _trust(self) -> Answer:
        if self._seen.tls.status == ESTABLISHED and not self._context.asked.verify:
            return self._before() or unknown("verify: false", "verification-off")
        return self._served(lambda shown: certificates.trust(self._seen, self._context.now))

    def _loaded(self) -> Answer:
        view = self._context.asked.view
        if view is None:
            return moot("the host was not asked what it is configured to serve")
        # Imported where it is needed: a node compiles what it imports anew for each task.
        from .layer import loaded

        return self._served(lambda shown: loaded(self._seen, view))


_METHODS: dict[str, Any] = {
    name: getattr(Endpoint, f"_{name}")
    for name in WORDS
    if name not in ("accepts", "resolution", "agreement")
}


def resolution(observations: Sequence[Observation]) -> Answer:
    """Return whether the name has the addresses that were asked for."""
    missing = [seen.reach_detail for seen in observations if seen.reach == NO_ADDRESS]
    if missing:
        return known(False, "; ".join(dict.fromkeys(missing)))
    failed = [seen.reach_detail for seen in observations if seen.reach == DNS_FAILURE]
    if failed:
        return unknown("; ".join(dict.fromkeys(failed)), "resolver-failed")
    addresses = dict.fromkeys(seen.address for seen in observations if seen.address)
    if not addresses:
        return unknown("nothing was probed")
    return known(True, evidence=", ".join(addresses))


def agreement(group: Sequence[Observation]) -> Answer:
    """Return whether all addresses of a service show the same."""
    silent = [one for one in group if one.reach in (NOT_PROBED, DNS_FAILURE, NO_ADDRESS)]
    busy = [one for one in group if one.reach == INCONCLUSIVE]
    shown = {one.address: _summary(one) for one in group if one not in silent and one not in busy}
    if len(set(shown.values())) > 1:
        return known(False, "; ".join(f"{address} {what}" for address, what in shown.items()))
    if busy and len(group) > 1:
        return unknown(busy[0].reach_detail, "inconclusive")
    if silent and len(group) > 1:
        return unknown(silent[0].reach_detail)
    return known(True) if len(shown) > 1 else moot("there is only one address")


def _mechanisms(phase: Phase) -> tuple[str, ...]:
    return phase.mechanisms or ("by some mechanism",)


def _listed(phase: Phase) -> str:
    return _joined(phase.capabilities or phase.mechanisms or ())


def _joined(words: Iterable[str]) -> str:
    return ", ".join(words)


def _summary(seen: Observation) -> str:
    """Return in words what must be the same on all addresses."""
    if seen.reach != OPEN:
        return seen.reach
    mode = MODE_WORDS.get(seen.tls_mode, "no TLS mode seen")
    return f"open, {mode}" + (", login in cleartext" if seen.clear.login else "")
