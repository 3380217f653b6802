# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probe one endpoint: which connections to make, in which order, when a password may be sent."""

from __future__ import annotations

import contextlib
import functools
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any, Callable, Optional

from .._model.observation import (
    ACCEPTED,
    ESTABLISHED,
    FAILED,
    INCONCLUSIVE,
    NOT_OFFERED,
    NOT_TRIED,
    OPEN,
    REFUSED,
    RESET,
    SAFE,
    UNTRIED,
    Failure,
    Observation,
    Tls,
)
from .._tls.question import about_versions
from .asker import Asker, sni
from .certificate import (
    Certificate,
    CertificateError,
    days_left,
    match_name,
    parse_certificate,
)
from .chain import chain_rows
from .connection import Connection, Endpoint, Settings, Stop, Unreached
from .dialogue import TLS, Dialogue, Facts
from .protocols import syntax_for
from .request import Credentials
from .tls import CLIENT_CERTIFICATE, EE_KEY_TOO_SMALL, MD_TOO_WEAK, WEAK_CODES, TlsError

# A server that waits for TLS says nothing. After this silence (seconds) TLS is tried on a second
# connection; never early on a relay, where postscreen takes who speaks first for a spammer.
SILENCE = 3.0
_BROKEN_HASHES = ("md5", "sha1")
_LOGIN_VERSIONS = ("TLSv1.2", "TLSv1.3")
# Ends of a handshake that are the server's doing, not this side's.
_SERVERS_NO = ("alert", "version", "protocol", "not_tls", "closed", "reset")

_HUNG_UP = ("closed", "reset", "alert")


@dataclass
class _Talk:
    """What one connection brought: the dialogue's facts, and TLS beside them."""

    facts: Facts
    tls: Tls = Tls()
    certificate: Optional[dict[str, Any]] = None
    certificate_error: str = ""
    chain: Optional[tuple[Mapping[str, Any], ...]] = None
    chain_error: str = ""
    named: bool = True
    tls_kind: str = ""
    heard: bool = False
    times: Optional[dict[str, float]] = None


def observe(endpoint: Endpoint, settings: Settings, deadline: float) -> Observation:
    """Probe one endpoint and return what was seen; ``deadline`` in the time of time.monotonic."""
    return _Observer(endpoint, settings, deadline).observe()


def try_injection(endpoint: Endpoint, settings: Settings, deadline: float) -> tuple[str, str]:
    """Return (vulnerable, safe or untried, why) for a cleartext command right after STARTTLS."""
    talk = _Observer(endpoint, settings, deadline).talk(
        "starttls", settings.contexts.unverified(), inject=True
    )
    if isinstance(talk, Unreached):
        return UNTRIED, f"{talk.reach}: {talk.detail}"
    if talk.tls.status == FAILED and talk.tls_kind in _SERVERS_NO:
        return SAFE, f"the server did not go on: {talk.tls.error}"
    failure = talk.facts.failure
    return talk.facts.injection, f"{failure.kind}: {failure.detail}" if failure else ""


def look(
    endpoint: Endpoint, settings: Settings, deadline: float, mode: str, key: str, named: bool
) -> Any:
    """Return a _Talk that went as far as TLS, or the Unreached as a value.

    ``key``: only for a certificate with this kind of key; ``named``: with the host's name as SNI.
    """
    observer = _Observer(endpoint, settings, deadline)
    how: dict[str, Any] = {"handshake_only": True, "named": named}
    talk = observer.talk(mode, settings.contexts.strict(key), **how)
    return observer.looked_again(mode, talk, key, **how) if isinstance(talk, _Talk) else talk


class _Observer:
    """Opens as many connections as it takes to see one endpoint as it is."""

    def __init__(self, endpoint: Endpoint, settings: Settings, deadline: float) -> None:
        self._endpoint = endpoint
        self._settings = settings
        self._deadline = deadline

    def observe(self) -> Observation:
        """Return the observation; see the module's ``observe``."""
        if self._endpoint.tls == "implicit":
            mode, talk = self._implicit_first()
        else:
            mode, talk = self._greeting_first()
        if isinstance(talk, Unreached):
            return self._observation(reach=talk.reach, reach_detail=talk.detail)
        return self._merge(mode, talk)

    def _implicit_first(self) -> tuple[str, Any]:
        """TLS is expected at once; where something else answers, listen to what it says."""
        talk = self._trusting_talk("implicit")
        if isinstance(talk, _Talk) and talk.tls_kind == "not_tls":
            second = self._trusting_talk("starttls")
            if isinstance(second, _Talk):
                return "starttls", second
        return "implicit", talk

    def _greeting_first(self) -> tuple[str, Any]:
        """A greeting is expected; where nothing is said, see whether the server waits for TLS."""
        tried: list[Any] = []

        def look_for_tls(connection: Connection) -> bool:
            """Tell whether to give up waiting for a greeting because TLS was found instead."""
            # With little time to wait there is none to share: TLS is tried when it is over.
            if self._settings.timeout <= 2 * SILENCE or not connection.silent_for(SILENCE):
                return False
            tried.append(self._trusting_talk("implicit"))
            # A greeting may have come meanwhile.
            connection.allow(SILENCE)
            return _has_tls(tried[0])

        talk = self._trusting_talk("starttls", None if self._endpoint.patient else look_for_tls)
        if isinstance(talk, _Talk) and not tried and not talk.heard:
            failure = talk.facts.failure
            if failure is not None and failure.kind in ("timeout", "closed"):
                tried.append(self._trusting_talk("implicit"))
        return ("implicit", tried[0]) if tried and _has_tls(tried[0]) else ("starttls", talk)

    def _trusting_talk(
        self, mode: str, before_greeting: Optional[Callable[[Connection], bool]] = None
    ) -> Any:
        """Talk with verification; what fails it costs further talks, without a password."""
        strict = self._settings.contexts.strict()
        # Nobody is meant to log in to a relay, or where nothing is meant to listen.
        credentials = self._settings.credentials if self._endpoint.may_login else None
        talk = self.talk(
            mode,
            strict,
            credentials=credentials,
            enforcement=mode == "starttls" and self._endpoint.enforcement,
            before_greeting=before_greeting,
        )
        if not isinstance(talk, _Talk):
            return talk
        # What was asked in cleartext is not asked again.
        first = talk.facts
        if first.enforced != NOT_TRIED and talk.tls.status == NOT_TRIED:
            # Some servers refuse STARTTLS, or hang up, once a mail or a login was begun.
            again = self.talk(mode, strict, credentials=credentials, unexplained=first.unexplained)
            talk = again if isinstance(again, _Talk) else talk
        talk = self.looked_again(mode, talk, unexplained=first.unexplained)
        if talk.facts is not first:
            proved = talk.facts.enforced != NOT_TRIED
            talk.facts.enforced = talk.facts.enforced if proved else first.enforced
            talk.facts.enforced_reply = first.enforced_reply + talk.facts.enforced_reply
        self._look_for_a_demand(mode, talk)
        return talk

    def _look_for_a_demand(self, mode: str, talk: _Talk) -> None:
        """Note that a server sends this client away inside TLS for want of a certificate.

        Some let the handshake pass, and then say so in words of their own or hang up. Below TLS 1.3
        the demand itself is in clear.
        """
        facts = talk.facts
        if talk.tls.status != ESTABLISHED or facts.secure.capabilities is not None:
            return
        words = facts.refusal or (facts.failure.detail if facts.failure else "")
        named = "certificate" in words.lower()
        if not named and (facts.refusal or not facts.failure or facts.failure.kind not in _HUNG_UP):
            return
        asker = Asker(self._endpoint, self._settings, self._deadline, mode)
        name = sni(self._settings.server_name)
        heard = asker.ask(about_versions("SSLv3", "TLSv1.2", name), whole=True)
        if heard.wants_certificate or (named and heard.wants_certificate is None):
            talk.tls = replace(talk.tls, status=FAILED, error=words)
            talk.tls_kind = CLIENT_CERTIFICATE
            facts.refusal, facts.failure = "", None

    def looked_again(self, mode: str, talk: _Talk, key: str = "", **how: Any) -> _Talk:
        """Return the talk, or what is seen without what it failed for: strength, then trust.

        The standard library hands over a peer's certificate only where the handshake succeeds.
        ``key`` as for strict_context, ``how`` as for ``talk``.
        """
        contexts = self._settings.contexts
        distrust = talk.tls
        if not contexts.why_not and _may_be_weakness(talk):
            second = self.talk(mode, contexts.verifying(key), **how)
            if not isinstance(second, _Talk) or second.tls.status == NOT_TRIED:
                return talk
            if (
                second.tls.status == ESTABLISHED
                and talk.tls_kind == "trust"
                and not _weak_itself(talk, second)
            ):
                second.tls = _distrusted(second.tls, talk.tls)
            if second.tls_kind != "trust":
                return second
            distrust = second.tls
        elif talk.tls_kind != "trust":
            return talk
        last = self.talk(mode, contexts.unverified(key), **how)
        if not isinstance(last, _Talk) or last.tls.status != ESTABLISHED:
            return talk
        last.tls = _distrusted(last.tls, distrust)
        return last

    def talk(
        self,
        mode: str,
        context: ssl.SSLContext,
        handshake_only: bool = False,
        inject: bool = False,
        credentials: Optional[Credentials] = None,
        enforcement: bool = False,
        unexplained: str = "",
        before_greeting: Optional[Callable[[Connection], bool]] = None,
        named: bool = True,
    ) -> Any:
        """Hold one dialogue over one connection; return a _Talk, or the Unreached as a value.

        ``named``: the host's name is sent as SNI.
        """
        dialogue = Dialogue(
            syntax_for(self._endpoint.protocol, self._settings.ehlo_name),
            implicit=mode == "implicit",
            handshake_only=handshake_only,
            inject=inject,
            enforcement=enforcement,
            credentials=credentials,
            unexplained=unexplained,
        )
        connection = Connection(self._endpoint, self._settings, self._deadline)
        talk = _Talk(dialogue.facts, named=named)
        try:
            connection.connect()
            connection.begin(dialogue.step)
            if before_greeting is None or not before_greeting(connection):
                self._drive(connection, dialogue, talk, context)
        except Unreached as unreached:
            return unreached
        except Stop as stop:
            if dialogue.step == TLS or stop.kind == CLIENT_CERTIFICATE:
                talk.tls = replace(talk.tls, status=FAILED, error=stop.detail)
                talk.tls_kind = stop.kind
            dialogue.ended(stop.kind, stop.detail)
        finally:
            connection.close()
            talk.heard = connection.heard
            talk.times = {k: v for k, v in connection.times.items() if k != "done"}
            self._settings.heard(self._endpoint, dialogue.facts.refusal)
        return talk

    def _drive(
        self, connection: Connection, dialogue: Dialogue, talk: _Talk, context: ssl.SSLContext
    ) -> None:
        """Move bytes between the connection and the dialogue until it is done. Raises Stop."""
        while dialogue.wants != "done":
            connection.begin(dialogue.step)
            if dialogue.wants == "tls":
                if not self._establish(connection, talk, context):
                    dialogue.ended("tls", talk.tls.error)
                    return
                out = dialogue.tls_started(self._may_login(talk.tls))
            else:
                out = dialogue.receive(connection.receive())
            if dialogue.wants == "done":
                connection.begin("done")
                _say_goodbye(connection, out)
            elif out:
                connection.send(out)

    def _establish(self, connection: Connection, talk: _Talk, context: ssl.SSLContext) -> bool:
        """Do the handshake and note what it shows; tell whether TLS is there. Raises Stop."""
        try:
            name = self._settings.server_name if talk.named else ""
            session = connection.start_tls(context, name)
        except TlsError as error:
            talk.tls = Tls(status=FAILED, error=error.detail, trust_code=error.code)
            talk.tls_kind = error.kind
            return False
        verified = context.verify_mode != ssl.CERT_NONE
        talk.tls = Tls(
            status=ESTABLISHED,
            version=session.version,
            cipher=session.cipher,
            trusted=True if verified else None,
            trust_error=self._settings.contexts.why_not,
            name_matches=self._read_certificate(session.certificate, talk),
        )
        self._read_chain(session.chain(verified), verified, talk)
        return True

    @staticmethod
    def _read_chain(ders: Optional[Sequence[bytes]], verified: bool, talk: _Talk) -> None:
        """Note what the certificates up to the authority say."""
        try:
            talk.chain = None if ders is None else chain_rows(tuple(ders), verified)
        except CertificateError as error:
            talk.chain_error = str(error)

    def _read_certificate(self, der: bytes, talk: _Talk) -> Optional[bool]:
        """Note what the certificate says; tell whether it is for the name, None for unreadable."""
        try:
            certificate, plain, matches = _certificate(der, self._settings.server_name)
        except CertificateError as error:
            talk.certificate_error = str(error)
            return None
        left = days_left(certificate, datetime.now(timezone.utc))
        talk.certificate = {**plain, "days_left": left}
        return matches

    @staticmethod
    def _may_login(tls: Tls) -> bool:
        """A password goes only into verified, current TLS of the right name."""
        return bool(tls.trusted and tls.name_matches and tls.version in _LOGIN_VERSIONS)

    def _merge(self, mode: str, talk: _Talk) -> Observation:
        """Make the observation of the talk that saw most."""
        facts = talk.facts
        reach, detail = OPEN, ""
        if facts.refusal:
            reach, detail = INCONCLUSIVE, facts.refusal
        elif facts.failure is not None and facts.failure.kind == "reset" and not talk.heard:
            reach, detail = RESET, facts.failure.detail
        return self._observation(
            reach=reach,
            reach_detail=detail,
            protocol_seen=facts.protocol_seen,
            tls_mode=_mode_seen(mode, talk),
            greeting=facts.greeting,
            preauthenticated=facts.preauthenticated,
            clear=facts.clear,
            secure=facts.secure,
            starttls=facts.starttls,
            tls=_tls(talk),
            certificate=talk.certificate,
            certificate_error=talk.certificate_error,
            chain=talk.chain,
            chain_error=talk.chain_error,
            login=facts.login,
            login_reply=facts.login_reply,
            enforced=facts.enforced,
            enforced_reply=facts.enforced_reply,
            disagreement=facts.disagreement,
            failure=_failure(facts, talk),
            times=talk.times or {},
        )

    def _observation(self, **seen: Any) -> Observation:
        end = self._endpoint
        return Observation(
            service=end.service,
            host=end.host,
            address=end.address,
            port=end.port,
            protocol=end.protocol,
            tls_expected=end.tls,
            **seen,
        )


# The ports of a host mostly show the same certificate.
@functools.lru_cache(maxsize=16)
def _certificate(der: bytes, name: str) -> tuple[Certificate, Mapping[str, Any], bool]:
    """Return a certificate, its plain form, and whether it is for ``name``."""
    certificate = parse_certificate(der)
    return certificate, certificate.to_dict(), match_name(certificate, name)


def _failure(facts: Facts, talk: _Talk) -> Optional[Failure]:
    """Return the dialogue's failure; one of the handshake is told as TLS, not twice.

    That the whole time ran out stays: it is no fault of the server's TLS.
    """
    failure = facts.failure
    if _hung_up_at_once(talk):
        return Failure(TLS, talk.tls_kind, "the connection was closed before the first byte")
    told = failure is not None and failure.step == TLS and failure.kind != "deadline"
    return None if told and talk.tls.status == FAILED else failure


def _tls(talk: _Talk) -> Tls:
    """Return what is known of TLS, and how it failed where it did.

    A connection that is closed without a byte says nothing about TLS.
    """
    if _hung_up_at_once(talk):
        return Tls()
    return replace(talk.tls, kind=talk.tls_kind) if talk.tls.status == FAILED else talk.tls


def _hung_up_at_once(talk: _Talk) -> bool:
    """Tell whether the peer closed without a word, as a proxy does whose server is gone."""
    return talk.tls.status == FAILED and talk.tls_kind == "closed" and not talk.heard


def _may_be_weakness(talk: _Talk) -> bool:
    """Tell whether a handshake may have failed for what the strict context does not do."""
    if talk.tls_kind == "trust":
        return talk.tls.trust_code in WEAK_CODES
    if talk.tls_kind in ("closed", "reset") and not talk.heard:
        return False
    return talk.tls.status == FAILED and talk.tls_kind in _SERVERS_NO and talk.tls_kind != "not_tls"


def _weak_itself(strict: _Talk, seen: _Talk) -> bool:
    """Tell whether it is the server's own certificate that is too weak, and not one above it.

    Its strength is judged by itself; whether an authority vouches for it is another question.
    """
    own = (seen.certificate or {}).get("signature_hash")
    return strict.tls.trust_code == EE_KEY_TOO_SMALL or (
        strict.tls.trust_code == MD_TOO_WEAK and own in _BROKEN_HASHES
    )


def _distrusted(tls: Tls, why: Tls) -> Tls:
    """Return what was seen of TLS, with the reason why the server is not trusted."""
    return replace(tls, trusted=False, trust_error=why.error, trust_code=why.trust_code)


def _has_tls(talk: Any) -> bool:
    """Tell whether a talk came as far as TLS."""
    return isinstance(talk, _Talk) and talk.tls.status == ESTABLISHED


def _mode_seen(mode: str, talk: _Talk) -> str:
    """Return the TLS mode that the server really speaks, "" where that was not seen."""
    if mode == "implicit":
        return "implicit" if talk.tls.status == ESTABLISHED else ""
    if talk.facts.starttls.status == ACCEPTED:
        return "starttls"
    if talk.facts.starttls.status in (REFUSED, NOT_OFFERED):
        # A farewell or garbage as the answer says nothing about the mode.
        return "" if talk.facts.refusal or talk.facts.failure else "cleartext"
    return ""


def _say_goodbye(connection: Connection, out: bytes) -> None:
    """Send the farewell; that the server may have gone already takes nothing from what was seen."""
    with contextlib.suppress(Stop):
        connection.send(out)


__all__ = ["Endpoint", "Settings", "look", "observe", "try_injection"]
