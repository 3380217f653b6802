# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers about the dialogue and about TLS: its mode, STARTTLS, versions, client certificates."""

from __future__ import annotations

from typing import Optional

from .._model.demand import Answer, known, moot, unknown
from .._model.observation import (
    ACCEPTED,
    ESTABLISHED,
    FAILED,
    NOT_OFFERED,
    OPEN,
    REFUSED,
    SAFE,
    VULNERABLE,
)
from .._model.services import TLS_VERSIONS
from .answers_reach import Reach
from .asked import MODE_WORDS

# The rule about an end for lack of time: the server's step, or the whole probe's.
_WAITED = {"timeout": "inconclusive", "deadline": "not-probed"}


class Tls(Reach):
    """What was said, and how TLS came about."""

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

    def _tls_mode(self) -> Answer:
        missing = self._before()
        if missing:
            return missing
        mode = self._seen.tls_mode
        upgraded = self._listener.tls == "starttls" and self._seen.tls.status == ESTABLISHED
        if mode == "cleartext" and upgraded:
            return unknown("TLS was established, but it was not seen in which mode")
        return known(mode, MODE_WORDS[mode]) if mode else self._no_tls()

    def _starttls_offer(self) -> Answer:
        missing = self._before() or self._implicit()
        if missing:
            return missing
        start = self._seen.starttls
        if start.status == NOT_OFFERED:
            return known(False, f"tried anyway: {start.reply}")
        if start.status == ACCEPTED and start.offered is False:
            return known(False, "although it accepts it when asked")
        if start.status == REFUSED and start.offered is None:
            # A server without a list of capabilities may know nothing of STARTTLS.
            return known(False, f"it lists no capabilities; tried anyway: {start.reply}")
        if start.offered or start.status == ACCEPTED:
            return known(True, evidence="listed" if start.offered else start.reply)
        return self._broken_off() or unknown("the dialogue did not get as far as STARTTLS")

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
        return self._broken_off() or unknown("the dialogue did not get as far as STARTTLS")

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
            because = f"the server's answer proves nothing: {seen.enforced_reply}"
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
            return self._broken_off() or unknown("the server said nothing inside TLS")
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
        return self._broken_off() or unknown("the dialogue did not get as far as TLS")

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
