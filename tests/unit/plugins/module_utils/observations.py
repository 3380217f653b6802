# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make observations for tests: a compliant one to be changed, and any at all for hypothesis."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.postmaster.mailports.plugins.module_utils._model.observation import (
    REACHES,
    Failure,
    Observation,
    Phase,
    Starttls,
    Tls,
)
from hypothesis import strategies as st

HOST = "mail.example.net"
ADDRESS = "198.51.100.1"
# Written down here and not taken from the table: protocol, port, TLS mode, login.
ROWS = {
    "smtp": ("smtp", 25, "starttls", "none"),
    "submission": ("smtp", 587, "starttls", "required"),
    "submissions": ("smtp", 465, "implicit", "required"),
    "submission_alt": ("smtp", 2525, "starttls", "required"),
    "pop3": ("pop3", 110, "starttls", "required"),
    "pop3s": ("pop3", 995, "implicit", "required"),
    "imap": ("imap", 143, "starttls", "required"),
    "imaps": ("imap", 993, "implicit", "required"),
}
CERTIFICATE: dict[str, Any] = {
    "subject": HOST,
    "not_before": "2026-01-01T00:00:00Z",
    "not_after": "2027-01-01T00:00:00Z",
    "names": [HOST],
    "key_type": "EC",
    "key_bits": 256,
    "signature_hash": "sha256",
    "signature": "ecdsa-with-SHA256",
    "sha256": "00",
}
# Within the certificate's dates, and far from both.
NOW = "2026-06-01T00:00:00Z"
OLD = ("SSLv3", "TLSv1", "TLSv1.1")
# What is seen of a server that has one certificate: the other kind of key is not served, and
# without a name (which relays leave out) the same is shown.
SERVED = (
    {"key": "RSA", "sni": True, "status": "not_served", "detail": "handshake failure"},
    {"key": "", "sni": False, "status": "same", "detail": ""},
)


def good(service: str, **changes: Any) -> Observation:
    """Return what a probe sees of a well-run service, changed by ``changes``."""
    protocol, port, mode, login = ROWS[service]
    seen = Observation(
        service=service,
        host=HOST,
        address=ADDRESS,
        port=port,
        protocol=protocol,
        tls_expected=mode,
        reach="open",
        protocol_seen=protocol,
        tls_mode=mode,
        greeting="ready",
        clear=Phase((), (), False) if mode == "starttls" else Phase(),
        secure=Phase((), ("PLAIN",), True) if login == "required" else Phase((), (), False),
        starttls=Starttls(True, "accepted", "go") if mode == "starttls" else Starttls(),
        tls=Tls("established", "TLSv1.3", "TLS_AES_128", trusted=True, name_matches=True),
        versions=dict.fromkeys(OLD, ("refused", "alert")),
        certificate=CERTIFICATE,
        chain=({**CERTIFICATE, "place": "own"},),
        served=SERVED[: 2 if login == "none" else 1],
        enforced="refused" if (mode, login) == ("starttls", "required") else "not_tried",
    )
    return replace(seen, **changes)


def shut(service: str, reach: str = "refused", **changes: Any) -> Observation:
    """Return what a probe sees of a port where nothing answers."""
    protocol, port, mode, _login = ROWS[service]
    seen = Observation(
        service=service,
        host=HOST,
        address=ADDRESS,
        port=port,
        protocol=protocol,
        tls_expected=mode,
        reach=reach,
        reach_detail=f"says {reach}",
    )
    return replace(seen, **changes)


TEXT = st.text(max_size=8)
WORDS = st.lists(TEXT, max_size=2).map(tuple)
PHASES = st.builds(
    Phase, st.none() | WORDS, st.none() | WORDS, st.sampled_from([None, True, False])
)
STARTTLS = st.builds(
    Starttls,
    st.sampled_from([None, True, False]),
    st.sampled_from(["accepted", "refused", "not_offered", "not_tried"]),
    TEXT,
    st.sampled_from([0, 7]),
)
TLS = st.builds(
    Tls,
    st.sampled_from(["established", "failed", "not_tried"]),
    st.sampled_from(["TLSv1.3", "TLSv1.2", "TLSv1.1", "TLSv1", "SSLv3", ""]),
    TEXT,
    TEXT,
    st.sampled_from([None, True, False]),
    TEXT,
    st.sampled_from([0, 9, 10, 18, 20]),
    st.sampled_from([None, True, False]),
    st.sampled_from(["", "alert", "closed", "timeout", "client_certificate"]),
)
CERTIFICATES = st.none() | st.fixed_dictionaries(
    {
        "not_before": st.sampled_from(["2026-01-01T00:00:00Z", "2026-07-01T00:00:00Z"]),
        "not_after": st.sampled_from(["2027-01-01T00:00:00Z", "2026-05-31T00:00:00Z"]),
        "names": st.just([HOST]),
        "key_type": st.sampled_from(["EC", "RSA", "Ed25519"]),
        "key_bits": st.sampled_from([None, 192, 256, 1024, 2048]),
        "signature_hash": st.sampled_from([None, "sha1", "sha256", "md5"]),
        "signature": TEXT | st.just("Ed25519"),
        "sha256": st.just("00"),
    }
)
FAILURES = st.none() | st.builds(
    Failure,
    st.sampled_from(["greeting", "capabilities", "tls", "login"]),
    st.sampled_from(["timeout", "closed", "reset", "flood", "garbled", "foreign", "deadline"]),
    TEXT,
)
VERSIONS = st.dictionaries(
    st.sampled_from(["TLSv1", "TLSv1.1", "TLSv1.2", "SSLv3"]),
    st.tuples(st.sampled_from(["accepted", "refused", "untried"]), TEXT),
)
FIELDS: dict[str, Any] = {
    "reach": st.sampled_from(REACHES),
    "reach_detail": TEXT,
    "protocol_seen": st.sampled_from(["smtp", "imap", "pop3", "ssh", "unknown", ""]),
    "tls_mode": st.sampled_from(["implicit", "starttls", "cleartext", ""]),
    "greeting": TEXT,
    "preauthenticated": st.booleans(),
    "clear": PHASES,
    "secure": PHASES,
    "starttls": STARTTLS,
    "tls": TLS,
    "versions": VERSIONS,
    "certificate": CERTIFICATES,
    "certificate_error": TEXT,
    "injection": st.sampled_from(["vulnerable", "safe", "untried"]),
    "injection_detail": TEXT,
    "login": st.sampled_from(["accepted", "refused", "not_tried"]),
    "login_reply": TEXT,
    "enforced": st.sampled_from(["accepted", "refused", "untried", "not_tried"]),
    "disagreement": st.sampled_from([None, (), ("STARTTLS",)]),
    "failure": FAILURES,
}
OBSERVATIONS = st.builds(
    Observation,
    service=st.sampled_from(sorted(ROWS)),
    host=TEXT,
    address=st.sampled_from([ADDRESS, "2001:db8::1", ""]),
    port=st.integers(1, 65535),
    protocol=st.sampled_from(["smtp", "imap", "pop3"]),
    tls_expected=st.sampled_from(["implicit", "starttls", "cleartext"]),
    times=st.dictionaries(TEXT, st.floats(0, 1e6), max_size=2),
    **FIELDS,
)


@st.composite
def nearly_good(draw: Any, service: str) -> Observation:
    """Return the compliant observation of a service with up to three fields drawn anew."""
    names = draw(st.lists(st.sampled_from(sorted(FIELDS)), max_size=3, unique=True))
    seen = good(service)
    for name in names:
        value = draw(FIELDS[name])
        if name in ("tls", "starttls", "certificate") and value is not None and draw(st.booleans()):
            # One part of it alone, or a good value next to it would hardly ever be drawn.
            value = _one_part(draw, getattr(seen, name), value)
        seen = replace(seen, **{name: value})
    return seen


def _one_part(draw: Any, old: Any, new: Any) -> Any:
    """Return ``old`` with one of its parts as in ``new``."""
    if isinstance(new, dict):
        key = draw(st.sampled_from(sorted(new)))
        return {**(old or new), key: new[key]}
    key = draw(st.sampled_from(sorted(vars(new))))
    return replace(old, **{key: getattr(new, key)})
