# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probe embedded servers on loopback: modes, certificates, versions, injection, logins."""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any, Optional

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.observation import (
    Observation,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._probe import endpoint as _probe
from ansible_collections.postmaster.mailports.plugins.module_utils._probe import request as _request
from ansible_collections.postmaster.mailports.plugins.module_utils._probe import run
from ansible_collections.postmaster.mailports.plugins.module_utils._probe.connection import (
    Connection,
    Stop,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._probe.icmp import icmp_words
from ansible_collections.postmaster.mailports.plugins.module_utils._probe.request import Credentials
from ansible_collections.postmaster.mailports.plugins.module_utils._tls.versions import (
    VERSIONS as TLS,
)
from tlslite.errors import TLSError

from tests.support.certificates import Certificates
from tests.support.listener import PASSWORD, USER
from tests.support.scripted import (
    Close,
    Expect,
    ReadChunk,
    Send,
    SendSlowly,
    Silence,
    StartTls,
)
from tests.support.serving import Server
from tests.support.tls_servers import Tlslite
from tests.support.wire import Wire
from tests.unit.plugins.module_utils._probe.probing import (
    Rig,
    Served,
    honest,
)

PROTOCOLS = ("smtp", "imap", "pop3")
LOGIN = Credentials(USER, PASSWORD)
OLD = ("SSLv3", "TLSv1", "TLSv1.1")


@pytest.fixture(scope="module")
def certificates() -> Iterator[Certificates]:
    """One set of certificates for all tests here."""
    with Certificates() as made:
        yield made


def serve(
    handler: Any, target: _request.Target, certificates: Certificates, **options: Any
) -> tuple[Observation, Server]:
    """Probe one port on which ``handler`` takes the connections."""
    server = Server("127.0.0.43", {0: handler})
    with server:
        request = _request.Request(
            host="mail.example.net",
            targets=(_request.Target(**{**vars(target), "port": server.ports[0]}),),
            addresses=(server.address,),
            ca_path=certificates.ca_file,
            **{"timeout": 10.0, "deadline": 30.0, **options},
        )
        return run.run(request)[0], server


# --- ports and modes -------------------------------------------------------------------------


def test_refused_ports_cost_no_time(certificates: Certificates) -> None:
    """A refusal is an answer: twenty in a row are seen long before the deadline."""
    rig = Rig(
        certificates, {f"closed_{number}": Served("smtp", "starttls") for number in range(20)}
    )
    with rig:
        seen = rig.probe(parallel=1, timeout=2.0, deadline=10.0)
    assert {one.reach for one in seen.values()} == {"refused"}
    assert {one.reach_detail for one in seen.values()} == {"Connection refused"}


def test_an_empty_error_queue_is_not_waited_for() -> None:
    """A socket with a timeout, as the probe has it, and no ICMP answer in its queue."""
    with socket.socket() as sock:
        sock.settimeout(3600)
        assert icmp_words(sock) == ""


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_modes_mixed_up(
    protocol: str, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Implicit TLS where STARTTLS is wanted, and the reverse, and no TLS at all."""
    monkeypatch.setattr(_probe, "SILENCE", 0.2)
    servers = {
        "wants_starttls": Served(protocol, "starttls", honest(protocol, "implicit").there),
        "wants_implicit": Served(protocol, "implicit", honest(protocol, "starttls").there),
        "wants_tls": Served(protocol, "implicit", honest(protocol, "cleartext").there),
        "wants_cleartext": Served(protocol, "cleartext", honest(protocol, "implicit").there),
    }
    with Rig(certificates, servers) as rig:
        seen = rig.probe()
        judged = rig.judged(seen)
    modes = {name: one.tls_mode for name, one in seen.items()}
    assert modes == {
        "wants_starttls": "implicit",
        "wants_implicit": "starttls",
        "wants_tls": "cleartext",
        "wants_cleartext": "implicit",
    }
    for name in servers:
        assert "wrong-tls-mode" in {finding.rule for finding in judged[name]}
    assert seen["wants_implicit"].tls.status == "established"
    assert seen["wants_starttls"].certificate is not None


def test_a_relay_is_not_spoken_to_early(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where another server is tried for TLS after a silence, a relay is left its time to greet."""
    monkeypatch.setattr(_probe, "SILENCE", 0.2)
    spoken = threading.Event()
    silent = honest("smtp", "starttls", login="none", greeting_delay=spoken)
    hasty: list[Wire] = []

    def handler(wire: Wire) -> None:
        hasty.append(wire)
        if wire.read_chunk():
            spoken.set()

    with Server("127.0.0.43", {0: handler}) as server, Rig(certificates, {"mx": silent}) as rig:
        mx = rig.request()
        other = _request.Target("submission", "smtp", server.ports[0], "starttls")
        request = _request.Request(
            host=mx.host,
            targets=mx.targets,
            addresses=mx.addresses,
            ca_path=mx.ca_path,
            ehlo_name=mx.ehlo_name,
            timeout=10.0,
            certificates=False,
        )
        results: list[Observation] = []
        thread = threading.Thread(target=lambda: results.extend(run.run(request)))
        thread.start()
        # A server that says nothing tells when the probe, begun later, has lost its patience.
        hurried = _request.Request(
            host=mx.host,
            targets=(other,),
            addresses=(server.address,),
            ca_path=mx.ca_path,
            timeout=1.0,
        )
        run.run(hurried)
        assert spoken.is_set()
        thread.join()
        clear = rig.sent("mx", tls=False)
    assert results[0].tls_mode == "starttls"
    assert clear == [[b"EHLO probe.example.org", b"STARTTLS"]]


def test_a_silent_port_is_tried_for_tls_once(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One connection to hear a greeting, one to try TLS: whether its time is long or short."""
    target = _request.Target("submission", "smtp", 0, "starttls")
    for silence in (0.1, 3.0):
        monkeypatch.setattr(_probe, "SILENCE", silence)
        seen, server = serve((lambda wire: wire.read_chunk()), target, certificates, timeout=0.5)
        assert len(server.transcripts[0]) == 2
        assert seen.failure is not None
        assert (seen.failure.step, seen.failure.kind) == ("greeting", "timeout")


@pytest.mark.parametrize("answers", [True, False])
def test_a_greeting_that_comes_while_tls_is_tried(
    answers: bool, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second connection is for nothing, and the first goes on, however long that one took."""
    monkeypatch.setattr(_probe, "SILENCE", 0.1)
    second = threading.Event()
    count: list[Wire] = []

    def handler(wire: Wire) -> None:
        count.append(wire)
        if len(count) == 1:
            second.wait()
            wire.send(b"* OK late\r\n")
            wire.read_line()
            wire.send(b"* CAPABILITY IMAP4rev1 LOGINDISABLED\r\na OK done\r\n")
            wire.read_line()
            wire.send(b"a BAD no\r\n")
        else:
            wire.read_chunk()
            second.set()
            if answers:
                wire.send(b"* OK early\r\n")
            wire.read_chunk()

    target = _request.Target("imap", "imap", 0, "starttls")
    seen, _server = serve(handler, target, certificates, timeout=0.6)
    assert seen.greeting == "* OK late"
    assert seen.starttls.status == "not_offered"


def test_a_handshake_of_one_byte_at_a_time_ends(certificates: Certificates) -> None:
    """The limit is the step's, not each read's: the deadline is never met."""
    record = b"\x16\x03\x03\x40\x00" + b"\x02\x00\x3f\xfc" + b"\x03\x03" * 8000
    servers = {"slow": Served("imap", "implicit", (ReadChunk(), SendSlowly(record, 0.05)))}
    with Rig(certificates, servers) as rig:
        seen = rig.probe(timeout=0.6, deadline=20.0)["slow"]
    assert (seen.tls.status, seen.tls.error) == ("failed", "no complete reply within 0.6 s")
    assert seen.failure is None


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_greeting_together_with_the_end_of_the_handshake(
    protocol: str, certificates: Certificates
) -> None:
    """Up to TLS 1.2 both can come in one segment; nothing more is waited for."""
    context = certificates.context("good", ("mail.example.net",), max_tls=ssl.TLSVersion.TLSv1_2)
    greeting, listing = {
        "smtp": (b"220 mail.example.net ESMTP\r\n", b"250-x\r\n250 AUTH PLAIN\r\n"),
        "imap": (b"* OK hi\r\n", b"* CAPABILITY IMAP4rev1\r\na OK\r\n"),
        "pop3": (b"+OK hi\r\n", b"+OK\r\nUSER\r\n.\r\n"),
    }[protocol]

    def handler(wire: Wire) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        server = context.wrap_bio(incoming, outgoing, server_side=True)
        done = False
        while not done:
            incoming.write(wire.read_chunk())
            try:
                server.do_handshake()
                server.write(greeting)
                done = True
            except ssl.SSLWantReadError:
                pass
            wire.send(outgoing.read())
        incoming.write(wire.read_chunk())
        server.write(listing)
        wire.send(outgoing.read())
        wire.read_chunk()

    target = _request.Target("submissions", protocol, 0, "implicit")
    seen, _server = serve(handler, target, certificates)
    assert seen.failure is None
    assert seen.secure.login is True


# --- certificates ----------------------------------------------------------------------------

# kind: trusted, trust_code (X509_V_ERR_... of OpenSSL), name_matches, the judge's rules
KINDS: dict[str, tuple[bool, set[int], bool, set[str]]] = {
    "good": (True, {0}, True, set()),
    "expired": (False, {10}, True, {"certificate-expired"}),
    "not_yet_valid": (False, {9}, True, {"certificate-not-yet-valid"}),
    "expires_soon": (True, {0}, True, {"certificate-expires-soon"}),
    "wrong_name": (True, {0}, False, {"certificate-name"}),
    "self_signed": (False, {18}, True, {"certificate-untrusted"}),
    "untrusted": (False, {20, 21}, True, {"certificate-untrusted"}),
    "weak_key": (True, {0}, True, {"certificate-weak-key"}),
    "sha1": (True, {0}, True, {"certificate-weak-signature"}),
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_certificate_is_read_and_judged(protocol: str, certificates: Certificates) -> None:
    """Also the one that verification refuses: it costs a second connection."""
    servers = {
        f"{kind}_{tls}": honest(protocol, tls, certificate=kind)
        for kind in KINDS
        for tls in ("starttls", "implicit")
    }
    with Rig(certificates, servers) as rig:
        rig.probe(certificates=False)
        connections = {name: len(rig.sent(name, tls=True)) for name in servers}
        seen = rig.probe(versions=OLD)
        judged = rig.judged(seen)
    for name, one in seen.items():
        trusted, codes, matches, rules = KINDS[name.rsplit("_", 1)[0]]
        assert one.tls.status == "established", name
        assert one.certificate is not None, name
        assert (one.tls.trusted, one.tls.name_matches) == (trusted, matches), name
        assert one.tls.trust_code in codes, name
        assert bool(one.tls.trust_error) is not trusted, name
        assert one.secure.login is True, name
        assert {finding.rule for finding in judged[name]} == rules, name
        strong = not name.startswith(("weak_key", "sha1"))
        assert connections[name] == (1 if trusted and strong else 2), name


def test_without_verification_nothing_is_called_trusted(certificates: Certificates) -> None:
    """Trust is then unknown, which the judge takes for a finding."""
    with Rig(certificates, {"good": honest("imap", "implicit")}) as rig:
        seen = rig.probe(verify=False)["good"]
    assert seen.tls.trusted is None
    assert seen.certificate is not None


def test_an_alert_that_cannot_be_sent_hides_nothing(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server is gone when its certificate is refused: the refusal is still what is told."""
    send_raw = Connection._send_raw
    sent: list[bytes] = []

    def break_off(self: Connection, data: bytes) -> None:
        sent.append(data)
        if len(sent) == 2:
            raise Stop("reset", "Connection reset by peer")
        send_raw(self, data)

    monkeypatch.setattr(Connection, "_send_raw", break_off)
    with Rig(certificates, {"self": honest("imap", "implicit", certificate="self_signed")}) as rig:
        seen = rig.probe()["self"]
    assert (seen.tls.status, seen.tls.trusted, seen.tls.trust_code) == ("established", False, 18)


# --- versions --------------------------------------------------------------------------------


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_old_versions_are_seen(protocol: str, tls: str, certificates: Certificates) -> None:
    """Accepted, refused, and the only one that is spoken."""
    servers = {
        "old": honest(protocol, tls, min_tls=ssl.TLSVersion.TLSv1),
        "only_1.1": honest(protocol, tls, max_tls=ssl.TLSVersion.TLSv1_1),
        "current": honest(protocol, tls),
    }
    with Rig(certificates, servers) as rig:
        seen = rig.probe(versions=OLD)
        judged = rig.judged(seen)
    statuses = {name: [one.versions[old][0] for old in OLD] for name, one in seen.items()}
    assert statuses == {
        "old": ["refused", "accepted", "accepted"],
        "only_1.1": ["refused", "refused", "accepted"],
        "current": ["refused", "refused", "refused"],
    }
    assert seen["only_1.1"].tls.version == "TLSv1.1"
    messages = [finding.message for finding in judged["old"]]
    assert messages == [
        "accepts TLSv1; TLSv1.2 is the lowest version allowed",
        "accepts TLSv1.1; TLSv1.2 is the lowest version allowed",
    ]
    assert [finding.rule for finding in judged["only_1.1"]] == ["tls-version"]
    assert judged["current"] == []


@pytest.mark.parametrize("lowest", ["SSLv3", "TLSv1"])
def test_versions_that_no_openssl_can_offer_are_asked_for(
    lowest: str, certificates: Certificates
) -> None:
    """SSLv3 among them: what this machine's OpenSSL speaks limits nothing."""
    pem = certificates.chain("good", ("mail.example.net",)).read_text(encoding="ascii")
    tls = Tlslite(pem, minVersion=(3, TLS[lowest] & 0xFF), maxVersion=(3, 3), versions=[(3, 3)])

    def handler(wire: Wire) -> None:
        wire.send(b"* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] hi\r\n")
        while (line := wire.read_line()) and b"STARTTLS" not in line:
            wire.send(b"* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\na OK\r\n")
        wire.send(b"a OK go\r\n")
        with contextlib.suppress(TLSError):
            tls.shake(wire._socket)

    target = _request.Target("imap", "imap", 0, "starttls")
    seen, _server = serve(handler, target, certificates, versions=tuple(TLS))
    assert {name: status for name, (status, _why) in seen.versions.items()} == {
        name: "accepted" if TLS[lowest] <= code <= TLS["TLSv1.2"] else "refused"
        for name, code in TLS.items()
    }


def _offers_only_old(wire: Wire) -> bool:
    """Look at the ClientHello (RFC 8446 section 4.1.2: legacy_version) without taking it."""
    hello = wire._socket.recv(64, socket.MSG_PEEK)
    return hello[9:11] in (b"\x03\x01", b"\x03\x02")


@pytest.mark.parametrize("how", ["close", "reset"])
def test_who_hangs_up_on_old_versions_refuses_them(how: str, certificates: Certificates) -> None:
    """Without an alert, but the usual versions still get through."""
    context = certificates.context("good", ("mail.example.net",))

    def handler(wire: Wire) -> None:
        if _offers_only_old(wire):
            if how == "reset":
                wire.reset()
            return
        wire.start_tls(context)
        wire.send(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n")
        wire.read_line()

    target = _request.Target("imaps", "imap", 0, "implicit")
    seen, _server = serve(handler, target, certificates, versions=OLD)
    assert {status for status, _why in seen.versions.values()} == {"refused"}


@pytest.mark.parametrize("how", ["close", "reset"])
def test_who_hangs_up_on_everything_refuses_no_version(
    how: str, certificates: Certificates
) -> None:
    """A rate limit after the first connection proves nothing about versions."""
    context = certificates.context("good", ("mail.example.net",))
    turns: list[int] = []

    def handler(wire: Wire) -> None:
        turns.append(1)
        if len(turns) == 1:
            wire.start_tls(context)
            wire.send(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n")
            wire.read_line()
        elif how == "reset":
            wire.reset()

    target = _request.Target("imaps", "imap", 0, "implicit")
    seen, _server = serve(handler, target, certificates, versions=OLD)
    assert {status for status, _why in seen.versions.values()} == {"untried"}


# --- data in clear behind STARTTLS -----------------------------------------------------------


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_injection(protocol: str, certificates: Certificates) -> None:
    """The bug of the server and the attack on the client, and neither."""
    evil = {
        "smtp": b"250-evil\r\n250 AUTH PLAIN\r\n",
        "imap": b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\na OK\r\n",
        "pop3": b"+OK\r\nUSER\r\n.\r\n",
    }[protocol]
    servers = {
        "safe": honest(protocol, "starttls"),
        "obeys": honest(protocol, "starttls", command_injection=True),
        "attacked": honest(protocol, "starttls", inject_response=evil),
        "implicit": honest(protocol, "implicit"),
    }
    with Rig(certificates, servers) as rig:
        seen = rig.probe(injection=True, versions=OLD)
        judged = rig.judged(seen, injection=True)
    verdicts = {name: one.injection for name, one in seen.items()}
    assert verdicts == {
        "safe": "safe",
        "obeys": "vulnerable",
        "attacked": "safe",
        "implicit": "untried",
    }
    rules = {name: {finding.rule for finding in judged[name]} for name in servers}
    assert rules["safe"] == rules["implicit"] == set()
    assert rules["obeys"] == {"starttls-command-injection"}
    # Behind the same segment the leftover is counted; in a later one it breaks the handshake.
    if seen["attacked"].starttls.leftover:
        assert rules["attacked"] == {"starttls-response-injection"}
    else:
        assert rules["attacked"] == {"tls-failed"}


def test_the_injection_verdict_does_not_wait_for_the_end(certificates: Certificates) -> None:
    """A server that answers QUIT and stays connected is safe all the same."""
    context = certificates.context("good", ("mail.example.net",))
    script = (
        Send(b"220 mail.example.net ESMTP\r\n"),
        Expect(b"EHLO"),
        Send(b"250-mail.example.net\r\n250 STARTTLS\r\n"),
        Expect(b"STARTTLS"),
        Send(b"220 go\r\n"),
        StartTls(context),
        Expect(),
        Send(b"221 bye\r\n"),
        Silence(),
    )
    with Rig(certificates, {"stays": Served("smtp", "starttls", script)}) as rig:
        request = rig.request(injection=True, timeout=30.0, deadline=10.0)
        settings = run._settings(request)
        endpoint = run._endpoint(request, request.targets[0], request.addresses[0])
        assert _probe.try_injection(endpoint, settings, _forever()) == ("safe", "")


def _forever() -> float:
    """Return a deadline that is never met."""
    return float("inf")


def test_a_deadline_is_no_proof_against_injection(certificates: Certificates) -> None:
    """Only what the server does counts."""
    script = (
        Send(b"220 mail.example.net ESMTP\r\n"),
        Expect(b"EHLO"),
        Send(b"250-mail.example.net\r\n250 STARTTLS\r\n"),
        Expect(b"STARTTLS"),
        Send(b"220 go\r\n"),
        Silence(),
    )
    with Rig(certificates, {"silent": Served("smtp", "starttls", script)}) as rig:
        request = rig.request(injection=True)
        settings = run._settings(request)
        endpoint = run._endpoint(request, request.targets[0], request.addresses[0])
        soon = run.time.monotonic() + 0.3
        assert _probe.try_injection(endpoint, settings, soon)[0] == "untried"


# --- logins ----------------------------------------------------------------------------------

SECRETS = (
    PASSWORD.encode(),
    base64.b64encode(PASSWORD.encode()),
    base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()),
)


def _tells_the_password(lines: list[list[bytes]]) -> bool:
    return any(secret in line for sent in lines for line in sent for secret in SECRETS)


@pytest.mark.parametrize("mechanisms", [("PLAIN",), ("LOGIN",), ("CRAM-MD5",)])
@pytest.mark.parametrize("tls", ["starttls", "implicit"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_login(
    protocol: str, tls: str, mechanisms: tuple[str, ...], certificates: Certificates
) -> None:
    """Accepted with the right password, refused with another, and never sent in clear."""
    servers = {
        "right": honest(protocol, tls, mechanisms=mechanisms),
        "wrong": honest(protocol, tls, mechanisms=mechanisms, password="another"),
    }
    with Rig(certificates, servers) as rig:
        seen = rig.probe(credentials=LOGIN, versions=OLD)
        judged = rig.judged(seen, credentials=True)
        clear = rig.sent("right", tls=False) + rig.sent("wrong", tls=False)
        secure = rig.sent("right", tls=True)
    # IMAP's and POP3's own commands need no mechanism.
    possible = mechanisms != ("CRAM-MD5",) or protocol != "smtp"
    assert seen["right"].login == ("accepted" if possible else "not_tried")
    assert seen["wrong"].login == ("refused" if possible else "not_tried")
    assert _tells_the_password(secure) is possible
    assert not _tells_the_password(clear)
    rules = {name: [finding.rule for finding in judged[name]] for name in servers}
    wrong = ["login-failed" if possible else "login-not-probed"]
    assert rules == {"wrong": wrong, "right": [] if possible else ["login-not-probed"]}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_no_password_where_it_is_not_safe(
    protocol: str, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in clear, not untrusted, not under another name, not in old TLS, not to a relay."""
    monkeypatch.setattr(_probe, "SILENCE", 0.2)
    refusal = {"smtp": "454 4.7.0 no", "imap": "BAD no", "pop3": "-ERR no"}[protocol]
    servers: dict[str, Served] = {
        f"{kind}_{tls}": honest(protocol, tls, certificate=kind)
        for kind in ("expired", "not_yet_valid", "wrong_name", "self_signed", "untrusted")
        for tls in ("starttls", "implicit")
    }
    servers["relay"] = honest(protocol, "starttls", login="none", login_after_tls=True)
    servers["old"] = honest(protocol, "implicit", max_tls=ssl.TLSVersion.TLSv1_1)
    servers["stripped"] = honest(
        protocol, "starttls", login_before_tls=True, starttls_offered=False
    )
    servers["refused"] = honest(protocol, "starttls", login_before_tls=True, starttls_reply=refusal)
    clear = honest(protocol, "cleartext", login_before_tls=True).there
    for tls in ("implicit", "starttls", "cleartext"):
        servers[f"clear_{tls}"] = Served(protocol, tls, clear)
    with Rig(certificates, servers) as rig:
        seen = rig.probe(credentials=LOGIN, versions=OLD, injection=True)
        unverified = rig.probe(credentials=LOGIN, verify=False)
        for name in servers:
            sent = rig.sent(name, tls=False) + rig.sent(name, tls=True)
            assert sent, name
            assert not _tells_the_password(sent), name
    assert {one.login for one in [*seen.values(), *unverified.values()]} == {"not_tried"}


def test_no_password_before_the_name_is_known(certificates: Certificates) -> None:
    """The name to be matched is server_name, where one is given."""
    with Rig(certificates, {"good": honest("imap", "implicit")}) as rig:
        seen = rig.probe(credentials=LOGIN, server_name="imap.example.net")["good"]
        assert not _tells_the_password(rig.sent("good", tls=True))
    assert (seen.login, seen.tls.trusted, seen.tls.name_matches) == ("not_tried", True, False)


# --- where from ------------------------------------------------------------------------------


def test_source_address(certificates: Certificates) -> None:
    """Every connection comes from it."""
    peers: list[Optional[str]] = []

    def handler(wire: Wire) -> None:
        peers.append(wire._raw.getpeername()[0])
        wire.send(b"* BYE busy\r\n")

    target = _request.Target("imap", "imap", 0, "starttls")
    seen, _server = serve(handler, target, certificates, source_address="127.0.0.77")
    assert seen.reach == "inconclusive"
    assert set(peers) == {"127.0.0.77"}


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("::1", "source_address ::1 is of another address family"),
        ("203.0.113.77", "Cannot assign requested address"),
        ("nonsense", "not an address"),
    ],
)
def test_a_source_address_that_cannot_be_used(
    source: str, words: str, certificates: Certificates
) -> None:
    """Nothing was probed then, and it says why."""
    servers = {"good": honest("imap", "implicit"), "closed": Served("imap", "implicit")}
    with Rig(certificates, servers) as rig:
        seen = rig.probe(source_address=source)
    for one in seen.values():
        assert one.reach == "not_probed"
        assert words in one.reach_detail


def test_close_is_polite_to_the_end(certificates: Certificates) -> None:
    """A server that ends without TLS's own end, right behind its last answer, is no failure."""
    context = certificates.context("good", ("mail.example.net",))
    listing = b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\na OK done\r\n"
    script = (StartTls(context), Send(b"* OK hi\r\n"), Expect(), Send(listing), Close())
    with Rig(certificates, {"short": Served("imap", "implicit", script)}) as rig:
        seen = rig.probe()["short"]
    assert seen.failure is None
    assert seen.secure.login is True
