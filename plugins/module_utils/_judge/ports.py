# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""THE judge: from an intent and observations to findings, as a pure function.

What was not seen is never fine: each check either has what it needs, or says that it has not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from typing import Any, Optional

from .._model.finding import Finding
from .._model.intent import Intent, Listener
from .._model.observation import (
    ACCEPTED,
    DNS_FAILURE,
    ESTABLISHED,
    FAILED,
    FILTERED,
    INCONCLUSIVE,
    NOT_OFFERED,
    NOT_PROBED,
    NOT_TRIED,
    OPEN,
    REFUSED,
    RESET,
    UNREACHABLE,
    UNTRIED,
    VULNERABLE,
    Observation,
    Phase,
)
from .._model.policy import OFF, Policy
from .._model.rules import FIXED, RULES
from .._model.services import SERVICES, TLS_VERSIONS, by_port

# OpenSSL's words for dates out of range (X509_V_ERR_CERT_NOT_YET_VALID, ..._HAS_EXPIRED).
_DATE_CODES = (9, 10)
_ANSWERS = (OPEN, REFUSED, RESET, INCONCLUSIVE)


def judge(
    intent: Intent,
    observations: Sequence[Observation],
    now: Optional[datetime] = None,
    verified: bool = True,
) -> list[Finding]:
    """Return what in ``observations`` is not as ``intent`` and its policy want it, port by port.

    ``verified``: certificates were checked against a trust store. Every listener of the intent
    needs an observation; where one is missing, that is a finding as well.
    """
    return list(
        _Judge(intent, observations, now or datetime.now(timezone.utc), verified).findings()
    )


class _Judge:
    """The facts of one judgement, so that the checks below need not pass them on."""

    def __init__(
        self, intent: Intent, observations: Sequence[Observation], now: datetime, verified: bool
    ) -> None:
        self._intent = intent
        self._policy: Policy = intent.policy
        self._observations = observations
        self._now = now
        self._verified = verified
        self._addresses = {seen.address for seen in observations if seen.address}
        self._alive = {seen.address for seen in observations if seen.reach in _ANSWERS}

    def findings(self) -> Iterator[Finding]:
        """Yield the findings, listener by listener."""
        if self._observations and all(seen.reach == DNS_FAILURE for seen in self._observations):
            detail = self._observations[0].reach_detail
            yield from self._make("name-not-resolved", None, self._observations[0], seen=detail)
        for listener in self._intent.listeners:
            group = [
                seen
                for seen in self._observations
                if (seen.service, seen.port) == (listener.service, listener.port)
            ]
            if listener.state == "open":
                yield from self._standing(listener)
            if not group:
                yield from self._make("not-probed", listener, None, seen="no observation of it")
            for seen in group:
                yield from self._one(listener, seen)
            for address in sorted(self._addresses.difference(seen.address for seen in group)):
                if group:
                    words = f"no observation of it on {address}"
                    yield from self._make("not-probed", listener, None, seen=words)
            yield from self._agreement(listener, group)

    def _make(
        self,
        rule_id: str,
        listener: Optional[Listener],
        seen_at: Optional[Observation],
        **facts: Any,
    ) -> Iterator[Finding]:
        """Yield one finding of a rule, unless the policy has switched the rule off."""
        rule = RULES[rule_id]
        severity = facts.pop("severity", rule.severity)
        if rule_id not in FIXED:
            severity = self._policy.severities.get(rule_id, severity)
        if severity == OFF:
            return
        clause = facts.pop("clause", rule.clause)
        disagrees = facts.pop("disagrees", "")
        yield Finding(
            rule=rule_id,
            severity=severity,
            message=rule.message.format(**facts),
            cause=rule.cause,
            remedy=rule.remedy,
            clause=clause,
            policy=self._policy.name,
            disagrees=disagrees,
            host=self._intent.host,
            service=listener.service if listener else "",
            port=listener.port if listener else 0,
            address=seen_at.address if seen_at else "",
        )

    def _standing(self, listener: Listener) -> Iterator[Finding]:
        """What the policy thinks of having this listener at all."""
        if listener.tls == "cleartext":
            yield from self._make("cleartext-port", listener, None)
        standing = self._policy.standing(listener.service, listener.port)
        if standing is None or standing.standing not in ("deprecated", "forbidden"):
            return
        yield from self._make(
            "deprecated-port",
            listener,
            None,
            severity="error" if standing.standing == "forbidden" else "warning",
            standing=standing.standing,
            policy=self._policy.name,
            note=standing.note,
            clause=standing.clause,
            disagrees=standing.disagrees,
        )

    def _one(self, listener: Listener, seen: Observation) -> Iterator[Finding]:
        """Judge one listener on one address."""
        if seen.reach == DNS_FAILURE:
            yield from self._make("not-probed", listener, seen, seen="the name was not resolved")
        elif seen.reach == NOT_PROBED or _ran_out(seen):
            detail = seen.reach_detail or (seen.failure.detail if seen.failure else "")
            yield from self._make("not-probed", listener, seen, seen=detail or "no reason given")
        elif listener.state == "closed":
            yield from self._closed(listener, seen)
        elif seen.reach == INCONCLUSIVE:
            yield from self._make("inconclusive", listener, seen, seen=seen.reach_detail)
        elif seen.reach != OPEN:
            yield from self._make("port-closed", listener, seen, seen=_reach_words(seen))
        else:
            yield from self._open(listener, seen)

    def _closed(self, listener: Listener, seen: Observation) -> Iterator[Finding]:
        """A port meant to be closed: only a refusal proves it, silence needs a living host."""
        if seen.reach == REFUSED:
            return
        if seen.reach in (OPEN, RESET, INCONCLUSIVE):
            yield from self._make("port-open", listener, seen, seen=_open_words(seen))
        elif seen.reach in (FILTERED, UNREACHABLE) and seen.address in self._alive:
            yield from self._make("closed-from-here", listener, seen, seen=_reach_words(seen))
        else:
            detail = f"{_reach_words(seen)}, and no other port of this address answers"
            yield from self._make("not-probed", listener, seen, seen=detail)

    def _open(self, listener: Listener, seen: Observation) -> Iterator[Finding]:
        """Judge what an open port says."""
        if seen.protocol_seen and seen.protocol_seen != listener.protocol:
            protocol = listener.protocol.upper()
            words = "an unknown protocol"
            if seen.protocol_seen != "unknown":
                words = seen.protocol_seen.upper()
            yield from self._make("wrong-protocol", listener, seen, protocol=protocol, seen=words)
            return
        if seen.preauthenticated:
            yield from self._make("preauthenticated", listener, seen)
            return
        if seen.failure is not None:
            words = f"{seen.failure.detail} (step: {seen.failure.step})"
            yield from self._make(
                "no-dialogue", listener, seen, protocol=listener.protocol.upper(), seen=words
            )
        yield from self._mode(listener, seen)
        yield from self._logins(listener, seen)
        if seen.tls.status == ESTABLISHED:
            yield from self._versions(listener, seen)
            yield from self._certificate(listener, seen)

    def _mode(self, listener: Listener, seen: Observation) -> Iterator[Finding]:
        """The TLS mode as intended, and TLS really established."""
        if listener.tls == "cleartext":
            if seen.tls_mode == "implicit":
                yield from self._make(
                    "wrong-tls-mode",
                    listener,
                    seen,
                    intended="clear text",
                    seen=_MODE_WORDS["implicit"],
                )
            return
        if (
            seen.tls_mode
            and seen.tls_mode != listener.tls
            and not (listener.tls == "starttls" and seen.tls_mode == "cleartext")
        ):
            words = _MODE_WORDS[seen.tls_mode]
            yield from self._make(
                "wrong-tls-mode", listener, seen, intended=_MODE_WORDS[listener.tls], seen=words
            )
        elif listener.tls == "starttls":
            yield from self._starttls(listener, seen)
        if seen.tls.status == FAILED:
            yield from self._make("tls-failed", listener, seen, seen=seen.tls.error)
        elif self._left_out(listener, seen):
            yield from self._make("not-probed", listener, seen, seen="TLS was not reached")
        if seen.starttls.leftover:
            yield from self._make(
                "starttls-response-injection", listener, seen, seen=seen.starttls.leftover
            )
        if seen.injection == VULNERABLE:
            yield from self._make("starttls-command-injection", listener, seen)
        elif seen.injection == UNTRIED and seen.injection_detail:
            words = seen.injection_detail
            yield from self._make("starttls-injection-not-probed", listener, seen, seen=words)

    @staticmethod
    def _left_out(listener: Listener, seen: Observation) -> bool:
        """Tell whether something is missing for a good verdict, and no other finding says so."""
        if seen.failure is not None:
            return False
        if listener.tls == "starttls" and seen.starttls.status in (NOT_OFFERED, REFUSED):
            return False
        if seen.tls_mode == "cleartext":
            return listener.tls == "starttls"
        # Where TLS is spoken from the first byte, STARTTLS has no place, and the mode says it all.
        if (
            listener.tls == "starttls"
            and seen.tls_mode != "implicit"
            and seen.starttls.status == NOT_TRIED
        ):
            return True
        return not (seen.protocol_seen and seen.tls_mode and seen.tls.status == ESTABLISHED)

    def _starttls(self, listener: Listener, seen: Observation) -> Iterator[Finding]:
        start = seen.starttls
        if start.status == NOT_OFFERED:
            yield from self._make(
                "starttls-not-offered", listener, seen, seen=f"asked: {start.reply}"
            )
        elif start.status == ACCEPTED and start.offered is False:
            words = "though it is accepted when asked for"
            yield from self._make("starttls-not-offered", listener, seen, seen=words)
        elif start.status == REFUSED and start.offered is None:
            # A server without a list of capabilities may know nothing of STARTTLS.
            words = f"no capabilities are listed; asked: {start.reply}"
            yield from self._make("starttls-not-offered", listener, seen, seen=words)
        elif start.status == REFUSED:
            yield from self._make("starttls-refused", listener, seen, seen=start.reply)

    def _logins(self, listener: Listener, seen: Observation) -> Iterator[Finding]:
        """Where logins are offered, against where they should be."""
        if seen.tls_mode != "implicit" and listener.tls != "cleartext":
            yield from self._login_in_clear(listener, seen)
        untried = seen.login == NOT_TRIED and bool(seen.login_reply)
        if seen.login == REFUSED or (untried and listener.login == "required"):
            yield from self._make("login-failed", listener, seen, seen=seen.login_reply)
        phase = seen.clear if listener.tls == "cleartext" else seen.secure
        reached = listener.tls == "cleartext" or seen.tls.status == ESTABLISHED
        if not reached:
            return
        if phase.login is None:
            if seen.failure is None:
                yield from self._not_seen(listener, seen, "inside TLS")
        elif listener.login == "required" and not phase.login:
            yield from self._make("login-missing", listener, seen)
        elif listener.login == "none" and phase.login:
            yield from self._make("login-unexpected", listener, seen, seen=_mechanisms(phase))

    def _login_in_clear(self, listener: Listener, seen: Observation) -> Iterator[Finding]:
        if seen.clear.login:
            yield from self._make("login-before-tls", listener, seen, seen=_mechanisms(seen.clear))
            return
        heard = seen.greeting or listener.tls == "starttls"
        if seen.clear.login is None and seen.failure is None and heard:
            yield from self._not_seen(listener, seen, "before TLS")

    def _not_seen(self, listener: Listener, seen: Observation, where: str) -> Iterator[Finding]:
        why = "the server did not list its capabilities"
        yield from self._make("login-not-probed", listener, seen, where=where, why=why)

    def _versions(self, listener: Listener, seen: Observation) -> Iterator[Finding]:
        """TLS versions that may not be accepted: each was refused, or that is a finding."""
        policy = self._policy
        accepted = [name for name, (status, _why) in seen.versions.items() if status == ACCEPTED]
        accepted.append(seen.tls.version)
        for version in policy.too_old():
            status, why = seen.versions.get(version, ("", "it was not asked for"))
            if version in accepted:
                yield from self._make(
                    "tls-version", listener, seen, seen=version, intended=policy.tls_min
                )
            elif status != REFUSED:
                yield from self._make(
                    "tls-version-not-probed", listener, seen, seen=version, why=why
                )
        if seen.tls.version not in TLS_VERSIONS:
            words, why = "the version in use", f"it is not known ({seen.tls.version!r})"
            yield from self._make("tls-version-not-probed", listener, seen, seen=words, why=why)
        if "SSLv3" in accepted:
            yield from self._make(
                "tls-version", listener, seen, seen="SSLv3", intended=policy.tls_min
            )

    def _certificate(self, listener: Listener, seen: Observation) -> Iterator[Finding]:
        """Dates, name, trust, key and signature of the certificate."""
        if seen.certificate is None:
            words = seen.certificate_error or "none was sent"
            yield from self._make("certificate-unreadable", listener, seen, seen=words)
            return
        yield from self._dates(listener, seen)
        yield from self._trust(listener, seen)
        yield from self._strength(listener, seen, seen.certificate)

    def _dates(self, listener: Listener, seen: Observation) -> Iterator[Finding]:
        certificate = seen.certificate or {}
        first, last = (_time(certificate[key]) for key in ("not_before", "not_after"))
        if self._now > last:
            yield from self._make("certificate-expired", listener, seen, seen=_day(last))
        elif self._now < first:
            yield from self._make("certificate-not-yet-valid", listener, seen, seen=_day(first))
        elif (last - self._now).days < self._policy.certificate_days:
            words = f"{_day(last)}, in {(last - self._now).days} days"
            yield from self._make("certificate-expires-soon", listener, seen, seen=words)

    def _trust(self, listener: Listener, seen: Observation) -> Iterator[Finding]:
        """Trust and name; how much they weigh is the policy's to say (RFC 7672 for a public MX)."""
        certificate = seen.certificate or {}
        standing = self._policy.standing(listener.service, listener.port)
        row = SERVICES.get(listener.service) or by_port(listener.port)
        # A relay may be lenient, but not where users hand it their passwords.
        users = row is not None and row.login == "none" and listener.login != "none"
        weight = "error" if standing is None or users else standing.trust
        if not seen.tls.name_matches:
            yield from self._make(
                "certificate-name",
                listener,
                seen,
                severity=weight,
                seen=", ".join(certificate["names"]) or "no host name",
                intended=self._intent.server_name,
            )
        if not self._verified:
            yield from self._make("verification-off", listener, seen, severity=weight)
        elif not seen.tls.trusted and not self._only_the_date(seen):
            words = seen.tls.trust_error or "not verified"
            yield from self._make(
                "certificate-untrusted", listener, seen, severity=weight, seen=words
            )

    def _only_the_date(self, seen: Observation) -> bool:
        """Tell whether trust failed for the leaf's own dates, which have a finding of their own."""
        certificate = seen.certificate or {}
        first, last = (_time(certificate[key]) for key in ("not_before", "not_after"))
        return seen.tls.trust_code in _DATE_CODES and not first <= self._now <= last

    def _strength(
        self, listener: Listener, seen: Observation, certificate: Any
    ) -> Iterator[Finding]:
        policy = self._policy
        kind, bits = certificate["key_type"], certificate["key_bits"]
        least = {"RSA": policy.rsa_bits, "DSA": policy.rsa_bits, "EC": policy.ec_bits}.get(kind)
        if least is not None and (bits is None or bits < least):
            size = f"{bits} bits" if bits is not None else "of unknown size"
            words = f"{kind} {size}, at least {least} are needed"
            yield from self._make("certificate-weak-key", listener, seen, seen=words)
        if certificate["signature_hash"] in policy.weak_hashes:
            yield from self._make(
                "certificate-weak-signature", listener, seen, seen=certificate["signature"]
            )

    def _agreement(self, listener: Listener, group: Sequence[Observation]) -> Iterator[Finding]:
        """All addresses of a name should show the same service."""
        shown = {seen.address: _summary(seen) for seen in group if seen.reach != NOT_PROBED}
        if len(set(shown.values())) > 1:
            words = "; ".join(f"{address} {what}" for address, what in shown.items())
            yield from self._make("addresses-disagree", listener, None, seen=words)


_MODE_WORDS = {
    "implicit": "implicit TLS",
    "starttls": "STARTTLS",
    "cleartext": "clear text without TLS",
}


def _ran_out(seen: Observation) -> bool:
    """Tell whether the whole probe's time ended this dialogue, rather than the server."""
    return seen.failure is not None and seen.failure.kind == "deadline"


def _reach_words(seen: Observation) -> str:
    return f"{seen.reach} ({seen.reach_detail})" if seen.reach_detail else seen.reach


def _open_words(seen: Observation) -> str:
    """Say what answers on a port that should be closed."""
    what = (
        f"{seen.protocol_seen.upper()} answers" if seen.protocol_seen else "it accepts connections"
    )
    if seen.tls_mode:
        what += f" ({_MODE_WORDS[seen.tls_mode]})"
    if seen.clear.login:
        what += ", with login in clear"
    return what


def _mechanisms(phase: Phase) -> str:
    return ", ".join(phase.mechanisms or ())


def _summary(seen: Observation) -> str:
    """Return in words what must be the same on all addresses."""
    if seen.reach != OPEN:
        return seen.reach
    mode = _MODE_WORDS.get(seen.tls_mode, "no TLS mode seen")
    return f"open, {mode}" + (", login in clear" if seen.clear.login else "")


def _time(text: str) -> datetime:
    """Read the time form of Certificate.to_dict, UTC."""
    # Not strptime, which imports two modules more on each run; no Z before Python 3.11.
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d")
