# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a probe saw of one endpoint, as frozen data; unknown and not tried have their own values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Optional

OPEN = "open"
REFUSED = "refused"
FILTERED = "filtered"
UNREACHABLE = "unreachable"
RESET = "reset"
DNS_FAILURE = "dns_failure"
INCONCLUSIVE = "inconclusive"
NOT_PROBED = "not_probed"
# How such a detail begins where this machine itself knows no way to an address.
NO_ROUTE = "this machine has no route to "
# The DNS answered, and there is no address of a family that was asked for.
NO_ADDRESS = "no_address"
REACHES = (
    OPEN,
    REFUSED,
    FILTERED,
    UNREACHABLE,
    RESET,
    DNS_FAILURE,
    NO_ADDRESS,
    INCONCLUSIVE,
    NOT_PROBED,
)

ACCEPTED = "accepted"
NOT_OFFERED = "not_offered"
NOT_TRIED = "not_tried"
UNTRIED = "untried"
ESTABLISHED = "established"
FAILED = "failed"
VULNERABLE = "vulnerable"
SAFE = "safe"


@dataclass(frozen=True)
class Starttls:
    """``offered`` is None where no capabilities were seen; ``status`` is accepted, refused,
    not_offered or not_tried; ``reply`` is the server's answer; ``leftover`` counts the bytes
    that came in cleartext right after the answer."""

    offered: Optional[bool] = None
    status: str = NOT_TRIED
    reply: str = ""
    leftover: int = 0


@dataclass(frozen=True)
class Tls:
    """``status`` is established, failed or not_tried; ``kind`` says how it failed (alert, not_tls,
    protocol, version, closed, reset, timeout, deadline, client_certificate); ``trusted`` is None
    where verification was off or did not get so far, ``trust_code`` OpenSSL's verification error.
    """

    status: str = NOT_TRIED
    version: str = ""
    cipher: str = ""
    error: str = ""
    trusted: Optional[bool] = None
    trust_error: str = ""
    trust_code: int = 0
    name_matches: Optional[bool] = None
    kind: str = ""


@dataclass(frozen=True)
class Phase:
    """What is offered before or inside TLS. None: not seen. ``mechanisms`` are SASL names, and
    LOGIN, USER and APOP for the protocols' own commands; ``login`` says whether any can be used."""

    capabilities: Optional[tuple[str, ...]] = None
    mechanisms: Optional[tuple[str, ...]] = None
    login: Optional[bool] = None


@dataclass(frozen=True)
class Failure:
    """Where a dialogue ended early: the step, the kind (timeout, closed, reset, flood, garbled,
    refused, deadline) and the words."""

    step: str
    kind: str
    detail: str = ""


# The names in plain data: a key called clear would be hidden by the method of Python's dict.
_PHASES = {"before_tls": "clear", "inside_tls": "secure"}


@dataclass(frozen=True)
class Observation:
    """One endpoint: service, host, address, port, and all that was seen there.

    ``tls_mode`` is the mode really spoken, "" where none was; ``protocol_seen`` likewise;
    ``versions`` maps a TLS version to (accepted, refused or untried, detail); ``certificate`` is
    the plain form of a Certificate, ``chain`` that of it and those above it (see _probe/chain;
    None: not known, with ``chain_error`` where one cannot be read), ``served`` what came of asking
    for other certificates (see _probe/served); ``injection`` is vulnerable, safe or untried;
    ``enforced`` says whether anything but STARTTLS is refused before TLS (refused), goes through
    (accepted), or was not tried; ``disagreement`` holds the capabilities that only one of the two
    lists of IMAP has, and that matter here (None: the one asked for was refused); ``times`` are
    milliseconds by step.
    """

    service: str
    host: str
    address: str
    port: int
    protocol: str
    tls_expected: str
    reach: str = NOT_PROBED
    reach_detail: str = ""
    protocol_seen: str = ""
    tls_mode: str = ""
    greeting: str = ""
    preauthenticated: bool = False
    clear: Phase = field(default_factory=Phase)
    secure: Phase = field(default_factory=Phase)
    starttls: Starttls = field(default_factory=Starttls)
    tls: Tls = field(default_factory=Tls)
    versions: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    certificate: Optional[Mapping[str, Any]] = None
    certificate_error: str = ""
    chain: Optional[tuple[Mapping[str, Any], ...]] = None
    chain_error: str = ""
    served: tuple[Mapping[str, Any], ...] = ()
    injection: str = UNTRIED
    injection_detail: str = ""
    login: str = NOT_TRIED
    login_reply: str = ""
    enforced: str = NOT_TRIED
    enforced_reply: str = ""
    disagreement: Optional[tuple[str, ...]] = ()
    failure: Optional[Failure] = None
    times: Mapping[str, float] = field(default_factory=dict)

    @property
    def family(self) -> str:
        """ipv6 or ipv4, or "" where the name did not resolve."""
        return "ipv6" if ":" in self.address else "ipv4" if self.address else ""

    def to_dict(self) -> dict[str, Any]:
        """Return the observation as plain data (the form that modules return)."""
        data = asdict(self)
        data["family"] = self.family
        data["disagreement"] = None if self.disagreement is None else list(self.disagreement)
        data["chain"] = None if self.chain is None else list(data["chain"])
        data["served"] = list(data["served"])
        data["versions"] = {
            name: {"status": status, "detail": detail}
            for name, (status, detail) in self.versions.items()
        }
        for name, attribute in _PHASES.items():
            phase = data[name] = data.pop(attribute)
            for key in ("capabilities", "mechanisms"):
                if phase[key] is not None:
                    phase[key] = list(phase[key])
        return data


def from_dict(data: Mapping[str, Any]) -> Observation:
    """Return the observation that ``to_dict`` made into ``data``."""
    fields = {key: value for key, value in data.items() if key not in ("family", *_PHASES)}
    fields["versions"] = {
        name: (row["status"], row["detail"]) for name, row in data["versions"].items()
    }
    for name, attribute in _PHASES.items():
        phase = data[name]
        fields[attribute] = Phase(
            _tuple(phase["capabilities"]), _tuple(phase["mechanisms"]), phase["login"]
        )
    fields["disagreement"] = _tuple(data.get("disagreement", ()))
    fields["chain"] = _tuple(data.get("chain"))
    fields["served"] = tuple(data.get("served", ()))
    fields["starttls"] = Starttls(**data["starttls"])
    fields["tls"] = Tls(**data["tls"])
    fields["failure"] = Failure(**data["failure"]) if data["failure"] else None
    return Observation(**fields)


def _tuple(value: Any) -> Optional[tuple[Any, ...]]:
    """Return a list as a tuple, None as None."""
    return None if value is None else tuple(value)
