# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that the DNS and HTTPS say of one domain: gathered at once, and as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable

from . import caa, dkim, dmarc, mta_sts, mx, people, reverse, spf, srv, tlsa, tlsrpt, zone
from .intent import Domain
from .names import among, is_literal
from .question import Answer, Steps, ask, together
from .run import Run

# Enough for any domain, and a bound for one that makes us ask for ever.
QUESTIONS = 500


@dataclass(frozen=True)
class Seen:
    """What was seen of one domain, standard by standard."""

    domain: str
    mx: mx.Mx
    reverse: Mapping[str, reverse.Reverse]
    spf: spf.Spf
    dkim: Mapping[str, Answer]
    dmarc: dmarc.Dmarc
    mta_sts: mta_sts.MtaSts
    tlsrpt: Answer
    tlsa: Mapping[str, Answer]
    srv: Mapping[str, Answer]
    caa: Mapping[str, Mapping[str, Answer]]
    zone: Mapping[str, Answer]
    people: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data (the form that domain_info returns)."""
        return {
            "domain": self.domain,
            "mx": self.mx.to_dict(),
            "reverse": {name: one.to_dict() for name, one in self.reverse.items()},
            "spf": self.spf.to_dict(),
            "dkim": dkim.to_dict(dict(self.dkim)),
            "dmarc": self.dmarc.to_dict(),
            "mta_sts": self.mta_sts.to_dict(),
            "tlsrpt": self.tlsrpt.to_dict(),
            "tlsa": {tlsa.name_of(host): one.to_dict() for host, one in self.tlsa.items()},
            "srv": {name: one.to_dict() for name, one in self.srv.items()},
            "caa": {
                host: {name: one.to_dict() for name, one in answers.items()}
                for host, answers in self.caa.items()
            },
            "dnssec": {name: one.to_dict() for name, one in self.zone.items()},
            "people": dict(self.people),
        }


def steps(domain: Domain) -> dict[str, Steps[Any]]:
    """Return the generator of each standard for one domain."""
    policy_hosts = [f"mta-sts.{domain.domain}"] if domain.mta_sts else []
    return {
        "mx": mx.gather(domain),
        "reverse": reverse.gather(reverse.addresses_of(domain)),
        "spf": spf.gather(domain),
        "dkim": dkim.gather(domain),
        "dmarc": dmarc.gather(domain.domain),
        "mta_sts": mta_sts.gather(domain.domain),
        "tlsrpt": tlsrpt.gather(domain.domain),
        "tlsa": _of_hosts(domain, [], tlsa.gather),
        "srv": srv.gather(domain),
        "caa": _of_hosts(domain, policy_hosts, caa.gather),
        "people": people.gather(domain.domain),
        "zone": _of_hosts(domain, [domain.domain], zone.gather),
    }


def _of_hosts(
    domain: Domain, more: Sequence[str], gather: Callable[[Sequence[str]], Steps[Any]]
) -> Steps[dict[str, Any]]:
    """Gather for the intended hosts at once, and for other hosts once the MX records are known."""
    known = [*more, *domain.mail_hosts]
    first = yield from together({"mx": ask(domain.domain, "MX"), "known": gather(known)})
    others = [
        name
        for name in mx.Mx(first["mx"], {}).targets
        if not among(name, known) and not is_literal(name)
    ]
    rest = yield from gather(list(dict.fromkeys(name.lower() for name in others)))
    return {**first["known"], **rest}


def collect(run: Run, domains: Iterable[Domain]) -> list[Seen]:
    """Return what was seen of each domain; all domains share the run's cache and threads."""
    listed = list(domains)
    results = run.results(
        {(at, key): one for at, domain in enumerate(listed) for key, one in steps(domain).items()}
    )
    return [
        Seen(
            domain=domain.domain,
            **{key: one for (number, key), one in results.items() if number == at},
        )
        for at, domain in enumerate(listed)
    ]
