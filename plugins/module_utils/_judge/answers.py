# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what was observed to an answer to each question: known, unknown with the reason, or moot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Callable, Optional

from .._model.demand import Answer, known, moot, unknown
from .._model.intent import Intent, Listener
from .._model.observation import (
    ACCEPTED,
    DNS_FAILURE,
    ESTABLISHED,
    FAILED,
    FILTERED,
    INCONCLUSIVE,
    NO_ADDRESS,
    NOT_OFFERED,
    NOT_PROBED,
    NOT_TRIED,
    OPEN,
    REFUSED,
    RESET,
    SAFE,
    UNREACHABLE,
    VULNERABLE,
    Observation,
    Phase,
)
from .._model.services import TLS_VERSIONS
from . import certificates
from .asked import MODE_WORDS, Asked

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
    "clear_behind_starttls": "whether data in clear follows STARTTLS",
    "injection": "whether commands in clear behind STARTTLS are obeyed",
    "enforcement": "whether anything but STARTTLS is refused before TLS",
    "tls": "whether TLS can be established",
    "client_certificate": "whether the client has to show a certificate",
    "accepts": "which TLS versions are accepted",
    "login_in_clear": "whether login is offered before TLS",
    "login_offer": "which logins are offered",
    "login": "whether the login is accepted",
    "capability_lists": "whether both lists of capabilities agree",
    "certificate": "whether the certificate can be read",
    "expired": "whether the certificate has expired",
    "not_yet_valid": "whether the certificate is valid already",
    "lifetimes": "how long the certificate is valid",
    "name": "whether the certificate bears the name",
    "trust": "whether the certificate is trusted",
    "loaded": "whether the certificate is the one in the server's files",
    "keys": "how strong the certificate's key is",
    "signatures": "how the certificate is signed",
    "resolution": "whether the name has addresses",
    "agreement": "whether all addresses show the same",
}
# The rule that tells an end for lack of time: the server's step, or the whole probe's.
_WAITED = {"timeout": "inconclusive", "deadline": "not-probed"}
_NO_LIST = "the server did not list its capabilities"


@dataclass(frozen=True)
class Context:
    """What the answers about one endpoint rest on beside its observation. ``alive``: another port
    of the same address answers; ``asked``: what the probe was asked for."""

    intent: Intent
    listener: Listener
    now: datetime
    alive: bool
    asked: Asked


class Endpoint:
    """The answers about one endpoint; each is worked out from the observation alone."""

    def __init__(self, seen: Observation, context: Context) -> None:
        self._seen = seen
        self._context = context
        self._listener = context.listener

    def answer(self, question: str) -> Answer:
        """Return the answer to a question; raises KeyError for one that nobody can answer."""
        name, _space, item = question.partition(" ")
        if name == "accepts":
            return self._accepts(item)
        method: Callable[[], Answer] = _METHODS[name].__get__(self)
        return method()

    # --- reach ---------------------------------------------------------------------------

    def _not_looked(self) -> Optional[Answer]:
        """Return why nothing at all is known of this endpoint, if that is so."""
        seen = self._seen
        if seen.reach in (DNS_FAILURE, NO_ADDRESS):
            return unknown(seen.reach_detail or "the name was not resolved")
        if seen.reach == NOT_PROBED:
            return unknown(seen.reach_detail)
        return None

    def _reach(self) -> Answer:
        missing = self._not_looked()
        if missing:
            return missing
        if self._seen.reach == INCONCLUSIVE:
            # It answers, so it is open; that it refuses this client is told by the rest.
            return known(OPEN, evidence=self._seen.reach_detail)
        return known(self._seen.reach, reach_words(self._seen))

    def _closed(self) -> Answer:
        seen = self._seen
        missing = self._not_looked()
        if missing:
            return missing
        if seen.reach == REFUSED:
            return known(True, evidence=seen.reach_detail)
        if seen.reach in (OPEN, RESET, INCONCLUSIVE):
            return known(False, _open_words(seen))
        if self._context.alive:
            return known(True, evidence=reach_words(seen))
        return unknown(f"{reach_words(seen)}, and no other port of this address answers")

    def _closed_at_host(self) -> Answer:
        seen = self._seen
        if seen.reach in (OPEN, RESET, INCONCLUSIVE):
            return moot("the port is open")
        closed = self._closed()
        if closed.unknown or seen.reach == REFUSED:
            return closed
        return known(False, reach_words(seen))

    # --- dialogue ------------------------------------------------------------------------

    def _obstacle(self) -> Optional[Answer]:
        """Return why the dialogue cannot have been held, if that is so."""
        seen = self._seen
        missing = self._not_looked()
        if missing:
            return missing
        if seen.reach == INCONCLUSIVE:
            return unknown(seen.reach_detail, "inconclusive")
        if seen.reach == REFUSED:
            return moot("nothing listens on this port")
        if seen.reach != OPEN:
            return unknown(f"the port is {reach_words(seen)}", "port-closed")
        return None

    def _broken_off(self) -> Optional[Answer]:
        """Return that the dialogue ended early, and why, if that is so."""
        failure = self._seen.failure
        if failure is None:
            return None
        words = f"{failure.detail} (step: {failure.step})"
        if failure.kind == "deadline":
            return unknown(failure.detail)
        if failure.kind == "timeout":
            return unknown(words, "inconclusive")
        return unknown(f"the dialogue failed: {words}", "no-dialogue")

    def _before(self) -> Optional[Answer]:
        """Return the first reason why a fact of the dialogue is missing, if there is one."""
        seen = self._seen
        obstacle = self._obstacle()
        if obstacle:
            return obstacle
        if seen.protocol_seen and seen.protocol_seen != self._listener.protocol:
            return unknown("another protocol answers", "wrong-protocol")
        if seen.preauthenticated:
            return unknown("the session is authenticated from the start", "preauthenticated")
        return None

    def _dialogue(self) -> Answer:
        obstacle = self._obstacle()
        if obstacle:
            return obstacle
        seen = self._seen
        failure = seen.failure
        if seen.protocol_seen and seen.protocol_seen != self._listener.protocol:
            return unknown("another protocol answers", "wrong-protocol")
        if failure is not None:
            if failure.kind in ("deadline", "timeout"):
                return self._broken_off() or unknown("")
            return known(False, f"{failure.detail} (step: {failure.step})")
        if seen.protocol_seen:
            return known(True, evidence=seen.greeting)
        return self._no_tls()

    def _protocol(self) -> Answer:
        obstacle = self._obstacle()
        if obstacle:
            return obstacle
        seen = self._seen
        if seen.protocol_seen:
            words = "an unknown protocol"
            if seen.protocol_seen != "unknown":
                words = seen.protocol_seen.upper()
            return known(seen.protocol_seen, words, seen.greeting)
        return self._broken_off() or self._no_tls()

    def _preauthenticated(self) -> Answer:
        if self._seen.preauthenticated and self._seen.reach == OPEN:
            return known(True)
        missing = self._before() or (None if self._seen.protocol_seen else self._protocol())
        return missing or known(False, evidence=self._seen.greeting)

    # --- TLS -----------------------------------------------------------------------------

    def _tls_mode(self) -> Answer:
        missing = self._before()
        if missing:
            return missing
        mode = self._seen.tls_mode
        upgraded = self._listener.tls == "starttls" and self._seen.tls.status == ESTABLISHED
        if mode == "cleartext" and upgraded:
            return unknown("TLS was established, and no mode was seen that leads to it")
        return known(mode, MODE_WORDS[mode]) if mode else self._no_tls()

    def _starttls_offer(self) -> Answer:
        missing = self._before() or self._implicit()
        if missing:
            return missing
        start = self._seen.starttls
        if start.status == NOT_OFFERED:
            return known(False, f"asked: {start.reply}")
        if start.status == ACCEPTED and start.offered is False:
            return known(False, "though it is accepted when asked for")
        if start.status == REFUSED and start.offered is None:
            # A server without a list of capabilities may know nothing of STARTTLS.
            return known(False, f"no capabilities are listed; asked: {start.reply}")
        if start.offered or start.status == ACCEPTED:
            return known(True, evidence="listed" if start.offered else start.reply)
        return self._broken_off() or unknown("STARTTLS was not reached")

    def _starttls_answer(self) -> Answer:
        missing = self._before() or self._implicit()
        if missing:
            return missing
        start = self._seen.starttls
        if start.status == ACCEPTED:
            return known(True, evidence=start.reply)
        offer = self._starttls_offer()
        if offer.value is False:
            return moot("STARTTLS is not offered")
        if start.status == REFUSED:
            return known(False, start.reply)
        return self._broken_off() or unknown("STARTTLS was not reached")

    def _clear_behind_starttls(self) -> Answer:
        answer = self._starttls_answer()
        if answer.value is not True:
            return self._not_upgraded(answer)
        return known(self._seen.starttls.leftover)

    def _injection(self) -> Answer:
        answer = self._starttls_answer()
        if answer.value is not True:
            return self._not_upgraded(answer)
        seen = self._seen
        if seen.injection in (SAFE, VULNERABLE):
            return known(seen.injection == VULNERABLE, evidence=seen.injection_detail)
        if seen.tls.status != ESTABLISHED:
            return self._no_tls()
        words = seen.injection_detail or "it was not asked for"
        return unknown(words, "starttls-injection-not-probed")

    def _enforcement(self) -> Answer:
        missing = self._before() or self._implicit()
        if missing:
            return missing
        seen = self._seen
        if seen.enforced in (ACCEPTED, REFUSED):
            return known(seen.enforced == REFUSED, seen.enforced_reply, seen.enforced_reply)
        if self._starttls_offer().value is False:
            return moot("STARTTLS is not offered")
        because = "it was not asked"
        if seen.enforced_reply:
            because = f"what came of asking proves nothing: {seen.enforced_reply}"
        return self._broken_off() or unknown(because, "not-known")

    def _not_upgraded(self, answer: Answer) -> Answer:
        """Return why STARTTLS did not lead to TLS; ``answer`` is the one about its acceptance."""
        if answer.value is False:
            return unknown(f"STARTTLS is refused: {answer.words}", "starttls-refused")
        return answer

    def _implicit(self) -> Optional[Answer]:
        """Return that STARTTLS has no place here, where TLS is spoken from the first byte."""
        return moot("TLS is spoken from the first byte") if self._at_once() else None

    def _at_once(self) -> bool:
        return self._seen.tls_mode == "implicit"

    def _tls(self) -> Answer:
        seen = self._seen
        missing = self._before()
        if missing:
            return missing
        if seen.tls.status == ESTABLISHED:
            return known(True, evidence=f"{seen.tls.version} {seen.tls.cipher}".strip())
        if seen.tls.status == FAILED:
            if seen.tls.kind == "client_certificate":
                return unknown(seen.tls.error, "client-certificate-required")
            if seen.tls.kind in ("timeout", "deadline"):
                return unknown(seen.tls.error, _WAITED[seen.tls.kind])
            return known(False, seen.tls.error)
        return self._no_tls()

    def _client_certificate(self) -> Answer:
        seen = self._seen
        missing = self._before()
        if missing:
            return missing
        if seen.tls.kind == "client_certificate":
            return known(True, evidence=seen.tls.error)
        if seen.tls.status == ESTABLISHED:
            # Only what the server says inside TLS shows that it goes on without a certificate.
            if seen.protocol_seen:
                return known(False, evidence=seen.tls.version)
            return self._broken_off() or unknown("nothing was said inside TLS")
        return self._no_tls()

    def _no_tls(self) -> Answer:
        """Return why TLS was not reached; always unknown or moot."""
        seen = self._seen
        missing = self._before()
        if missing:
            return missing
        if seen.tls.status == FAILED:
            if seen.tls.kind == "client_certificate":
                return unknown(seen.tls.error, "client-certificate-required")
            if seen.tls.kind in ("timeout", "deadline"):
                return unknown(seen.tls.error, _WAITED[seen.tls.kind])
            return unknown(f"TLS could not be established: {seen.tls.error}", "tls-failed")
        if seen.tls_mode and seen.tls_mode != "implicit" and self._listener.tls == "implicit":
            return unknown("TLS is not spoken from the first byte", "wrong-tls-mode")
        if not self._at_once():
            if self._seen.starttls.status in (NOT_OFFERED, REFUSED):
                answer = self._starttls_answer()
                return answer if answer.moot or answer.unknown else self._not_upgraded(answer)
            if seen.tls_mode == "cleartext" and self._listener.tls == "cleartext":
                return moot("no TLS is spoken on this port")
        return self._broken_off() or unknown("TLS was not reached")

    def _accepts(self, version: str) -> Answer:
        seen = self._seen
        if seen.tls.status != ESTABLISHED:
            return self._no_tls()
        missing = self._before()
        if missing:
            return missing
        if seen.tls.version not in TLS_VERSIONS:
            because = f"the version in use is not known ({seen.tls.version!r})"
            return unknown(because, "tls-version-not-probed")
        status, why = seen.versions.get(version, ("", "it was not asked for"))
        if status == ACCEPTED or seen.tls.version == version:
            return known(True, version, why)
        if status == REFUSED:
            return known(False, evidence=why)
        return unknown(why, "tls-version-not-probed")

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
            return unknown("CAPABILITY is refused: only the greeting's list is known", "not-known")
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
    return known(True) if len(shown) > 1 else moot("there is one address")


def reach_words(seen: Observation) -> str:
    """Say in words how far a connection came."""
    return f"{seen.reach} ({seen.reach_detail})" if seen.reach_detail else seen.reach


def _open_words(seen: Observation) -> str:
    """Say what answers on a port that should be closed."""
    what = (
        f"{seen.protocol_seen.upper()} answers" if seen.protocol_seen else "it accepts connections"
    )
    if seen.tls_mode:
        what += f" ({MODE_WORDS[seen.tls_mode]})"
    if seen.clear.login:
        what += ", with login in clear"
    return what


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
    return f"open, {mode}" + (", login in clear" if seen.clear.login else "")


__all__ = ["FILTERED", "NOT_TRIED", "UNREACHABLE", "WORDS", "Context", "Endpoint", "agreement"]
