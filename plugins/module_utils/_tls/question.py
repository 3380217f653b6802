# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server is asked by one ClientHello, as a frozen value, and the questions most asked."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

from . import extensions, groups, suites
from .versions import SSL3, VERSIONS


@dataclass(frozen=True)
class Question:
    """What one ClientHello offers.

    ``lowest`` and ``highest`` name versions; below TLS 1.3 a hello can only say the highest, and
    the server takes any version up to it (RFC 5246 appendix E.1). ``suites``, ``groups`` and
    ``schemes`` are code points, the most wanted first. ``server_name`` is a host name in A-labels,
    "" for none.
    """

    lowest: str
    highest: str
    suites: tuple[int, ...]
    groups: tuple[int, ...] = ()
    schemes: tuple[int, ...] = ()
    server_name: str = ""

    def __post_init__(self) -> None:
        """Refuse what no hello can say."""
        if VERSIONS[self.lowest] > VERSIONS[self.highest]:
            raise ValueError(f"{self.lowest} is above {self.highest}")
        if not self.suites:
            raise ValueError("a ClientHello offers at least one suite")


def about_versions(lowest: str, highest: str, server_name: str = "") -> Question:
    """Return the question whether a server speaks any of these versions: all else is offered.

    The suites of older versions are offered too: a server that knows no ``lowest`` then names the
    version that it would speak instead.
    """
    return replace(_about_versions(lowest, highest), server_name=server_name)


# The same few questions are asked of every endpoint, whatever its name.
@functools.lru_cache(maxsize=64)
def _about_versions(lowest: str, highest: str) -> Question:
    return Question(
        lowest=lowest,
        highest=highest,
        suites=suites.offered(SSL3, VERSIONS[highest]),
        groups=groups.usual(VERSIONS[highest]),
        schemes=extensions.USUAL,
    )


def unsigned(question: Question) -> Question:
    """Return the question with only those suites in which the server signs nothing."""
    exchanges = ("RSA", "DH_anon", "ECDH_anon")
    kept = (code for code in question.suites if suites.key_exchange(code) in exchanges)
    return replace(question, suites=tuple(kept))


def about_key(authentication: str, server_name: str = "", highest: str = "TLSv1.2") -> Question:
    """Return the question for the certificate with a key of one kind, RSA or ECDSA.

    Up to TLS 1.2 the certificate itself can be read; TLS 1.3 hides it (RFC 8446 section 4.4.2) and
    shows only whether there is one: its suites name no key, but its signatures do.
    """
    return replace(_about_key(authentication, highest), server_name=server_name)


@functools.lru_cache(maxsize=16)
def _about_key(authentication: str, highest: str) -> Question:
    question = _about_versions("SSLv3", highest)
    return replace(
        question,
        suites=tuple(
            code
            for code in question.suites
            if suites.authentication(code) in (authentication, None)
        ),
        schemes=extensions.schemes_for(authentication),
    )
