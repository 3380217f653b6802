# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SRV records of mail (RFC 2782, 6186, 8314): where a mail program finds the domain's services."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .demand import Demand, Told
from .intent import SRV_NAMES, Domain, srv_wanted
from .names import among, same
from .question import Answer, Question, Steps, ask_all

# RFC 2782: a target of the root says that the service is decidedly not available.
OFF = "."


def gather(domain: Domain) -> Steps[dict[str, Answer]]:
    """Ask for the records of each service of RFC 6186 and RFC 8314, by name."""
    names = [f"{name}.{domain.domain}" for name in SRV_NAMES.values()]
    answers = yield from ask_all([Question(name, "SRV") for name in names])
    return {name: answers[Question(name, "SRV")] for name in names}


def told(domain: Domain, seen: Mapping[str, Answer]) -> Iterator[Told]:
    """Yield for each service whether its records are what the open ports ask for."""
    wanted = srv_wanted(domain)
    for name, answer in seen.items():
        if not wanted:
            for question in ("srv_offered", "srv_closed"):
                yield Told(question, name, not_asked="no intent of the ports was given")
        elif wanted[name] is None:
            yield Told("srv_offered", name, not_asked="the intent has no such service open")
            yield _closed(name, answer)
        else:
            yield Told("srv_closed", name, not_asked="the intent has the service open")
            yield _offered(domain, name, answer)


def _closed(name: str, answer: Answer) -> Told:
    if not answer.known:
        return Told("srv_closed", name, unknown=answer.words)
    offered = [f"{one[3]}:{one[2]}" for one in answer.records if one[3] != OFF]
    if offered:
        return Told("srv_closed", name, "offered", ", ".join(offered))
    return Told("srv_closed", name, "off" if answer.records else "none", "not offered")


def _offered(domain: Domain, name: str, answer: Answer) -> Told:
    """Hold the records against the hosts whose intent has the service open, and on which port."""
    if not answer.known:
        return Told("srv_offered", name, unknown=answer.words)
    if not answer.records:
        return Told("srv_offered", name, "none", "there is no record")
    service = next(key for key, prefix in SRV_NAMES.items() if name.startswith(prefix + "."))
    allowed = {
        intent.server_name: listener.port
        for intent in domain.ports
        for listener in intent.listeners
        if listener.service == service and listener.state == "open"
    }
    wrong = []
    for _priority, _weight, port, target in sorted(answer.records):
        if target == OFF:
            wrong.append("it says that the service is not offered")
        elif not among(target, allowed):
            wrong.append(f"{target} has no such service open in the intent")
        elif not any(same(host, target) and port == number for host, number in allowed.items()):
            wrong.append(f"{target}:{port} is not the port of the intent")
    listed = ", ".join(f"{one[3]}:{one[2]}" for one in sorted(answer.records))
    return Told("srv_offered", name, "other" if wrong else "intended", "; ".join(wrong) or listed)


DEMANDS = (
    Demand(
        "srv-differs",
        "service",
        "srv_offered",
        ("intended",),
        "warning",
        "{about}: mail programs cannot find the service: {seen}",
        "Programs that look for the service go elsewhere, or ask the user.",
        "Publish the SRV record that the filter dns_records gives.",
        "RFC 6186 section 3, RFC 8314 section 5.1",
        ("TR-03108-01-M",),
    ),
    Demand(
        "srv-closed-service",
        "service",
        "srv_closed",
        ("off", "none"),
        "error",
        "{about}: a service that is meant to be closed is offered: {seen}",
        "Mail programs try it first and fail, or log in where they should not.",
        "Publish . as the target of its SRV record, or open the service in the intent.",
        "RFC 2782, RFC 6186 section 3.4",
    ),
)
