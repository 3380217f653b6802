# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that the embedded mail servers talk to the standard clients and show their faults."""

from __future__ import annotations

import imaplib
import poplib
import smtplib
import socket
import ssl
import threading
import warnings
from collections.abc import Iterator

import pytest

from tests.support.certificates import KINDS, Certificates
from tests.support.embedded import EmbeddedHost
from tests.support.listener import (
    PASSWORD,
    USER,
    Listener,
)
from tests.support.scripted import Send, Silence

NAME = "mail.example.net"
ADDRESS = "127.0.0.1"
LIMIT = 10  # seconds a client waits before a hang becomes a failure
ANY = 0  # the wanted port of a host that has one listener and no wish


@pytest.fixture(scope="module")
def certificates() -> Iterator[Certificates]:
    """Make the CAs once."""
    with Certificates() as made:
        yield made


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def serve(certificates: Certificates, listener: Listener) -> EmbeddedHost:
    """Return a host with one listener on a free port."""
    return EmbeddedHost(ADDRESS, {ANY: listener}, name=NAME, certificates=certificates)


def trusting(certificates: Certificates, *, check_name: bool = False) -> ssl.SSLContext:
    """Return a client context for the test CA; the standard clients take the address for a name."""
    context = ssl.create_default_context(cafile=certificates.ca_file)
    context.check_hostname = check_name
    return context


def dial(host: EmbeddedHost) -> socket.socket:
    """Connect to the one listener of ``host``."""
    return socket.create_connection((ADDRESS, host.ports[ANY]), LIMIT)


def talk(host: EmbeddedHost, data: bytes, until: bytes) -> bytes:
    """Send ``data`` and return what comes up to ``until`` or the end."""
    with dial(host) as sock:
        sock.sendall(data)
        return read_until(sock, until)


def read_until(sock: socket.socket, until: bytes) -> bytes:
    """Return what comes up to ``until`` or the end."""
    got = b""
    while until not in got:
        more = sock.recv(4096)
        if not more:
            break
        got += more
    return got


def test_smtp_offers_starttls_then_login(certificates: Certificates) -> None:
    """A submission service hides AUTH in clear and takes PLAIN and LOGIN inside TLS."""
    with serve(certificates, Listener("smtp", "starttls")) as host:
        for method in ("auth_plain", "auth_login"):
            with smtplib.SMTP(ADDRESS, host.ports[ANY], timeout=LIMIT) as client:
                client.ehlo()
                assert client.has_extn("starttls")
                assert not client.has_extn("auth")
                assert client.docmd("AUTH PLAIN AA==")[0] == 530
                client.starttls(context=trusting(certificates))
                client.ehlo()
                assert client.esmtp_features["auth"].split() == ["PLAIN", "LOGIN"]
                assert not client.has_extn("starttls")
                client.user, client.password = USER, "wrong"
                with pytest.raises(smtplib.SMTPAuthenticationError):
                    client.auth(method.split("_")[1], getattr(client, method))
                client.user, client.password = USER, PASSWORD
                assert client.auth(method.split("_")[1], getattr(client, method))[0] == 235
                assert client.mail("a@example.net")[0] == 250
                assert client.rcpt("b@example.net")[0] == 250


def test_smtp_relay_has_no_login(certificates: Certificates) -> None:
    """Port 25 works in clear, offers TLS and refuses to relay."""
    with (
        serve(certificates, Listener("smtp", "starttls", login_after_tls=False)) as host,
        smtplib.SMTP(ADDRESS, host.ports[ANY], timeout=LIMIT) as client,
    ):
        client.ehlo()
        assert client.mail("a@example.net")[0] == 250
        assert client.rcpt("b@example.net")[0] == 554
        client.starttls(context=trusting(certificates))
        client.ehlo()
        assert not client.has_extn("auth")
        assert client.docmd("AUTH PLAIN AA==")[0] == 503


def test_smtp_implicit(certificates: Certificates) -> None:
    """A submissions service speaks TLS at once and never offers STARTTLS."""
    with (
        serve(certificates, Listener("smtp", "implicit")) as host,
        smtplib.SMTP_SSL(
            ADDRESS, host.ports[ANY], timeout=LIMIT, context=trusting(certificates)
        ) as client,
    ):
        client.login(USER, PASSWORD)
        assert not client.has_extn("starttls")
        assert client.docmd("STARTTLS")[0] == 503


def test_imap_starttls_then_login(certificates: Certificates) -> None:
    """IMAP shows LOGINDISABLED in clear and takes LOGIN and AUTHENTICATE inside TLS."""
    with serve(certificates, Listener("imap", "starttls")) as host:
        client = imaplib.IMAP4(ADDRESS, host.ports[ANY], timeout=LIMIT)
        assert {"STARTTLS", "LOGINDISABLED"} <= set(client.capabilities)
        with pytest.raises(imaplib.IMAP4.error, match="PRIVACYREQUIRED"):
            client.login(USER, PASSWORD)
        client.starttls(trusting(certificates))
        assert "AUTH=PLAIN" in client.capabilities
        with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
            client.login(USER, "wrong")
        assert client.login(USER, PASSWORD)[0] == "OK"
        assert client.logout()[0] == "BYE"

        client = imaplib.IMAP4(ADDRESS, host.ports[ANY], timeout=LIMIT)
        client.starttls(trusting(certificates))
        response = f"\0{USER}\0{PASSWORD}".encode()
        assert client.authenticate("PLAIN", lambda _challenge: response)[0] == "OK"
        client.logout()


def test_imap_implicit(certificates: Certificates) -> None:
    """IMAPS takes a login."""
    with serve(certificates, Listener("imap", "implicit")) as host:
        context = trusting(certificates)
        session = imaplib.IMAP4_SSL(ADDRESS, host.ports[ANY], ssl_context=context, timeout=LIMIT)
        session.login(USER, PASSWORD)
        session.logout()


def test_imap_preauth(certificates: Certificates) -> None:
    """A PREAUTH greeting puts the client in the authenticated state, where STARTTLS is refused."""
    with serve(certificates, Listener("imap", "starttls", preauth=True)) as host:
        client = imaplib.IMAP4(ADDRESS, host.ports[ANY], timeout=LIMIT)
        assert client.state == "AUTH"
        client.logout()
        assert b"\r\na BAD " in talk(host, b"a STARTTLS\r\nb LOGOUT\r\n", b"\0")


def test_pop3_stls_then_login(certificates: Certificates) -> None:
    """POP3 hides USER and SASL in clear and takes USER and PASS inside TLS."""
    with serve(certificates, Listener("pop3", "starttls")) as host:
        client = poplib.POP3(ADDRESS, host.ports[ANY], timeout=LIMIT)
        assert "STLS" in client.capa()
        assert not {"USER", "SASL"} & set(client.capa())
        with pytest.raises(poplib.error_proto, match=r"\[AUTH\]"):
            client.user(USER)
        client.stls(trusting(certificates))
        assert client.capa()["SASL"] == ["PLAIN", "LOGIN"]
        client.user(USER)
        with pytest.raises(poplib.error_proto):
            client.pass_("wrong")
        client.user(USER)
        assert client.pass_(PASSWORD).startswith(b"+OK")
        assert client.stat() == (0, 0)
        client.quit()


def test_pop3_implicit_auth_plain(certificates: Certificates) -> None:
    """POP3S takes AUTH PLAIN with an initial response."""
    with serve(certificates, Listener("pop3", "implicit")) as host:
        context = trusting(certificates)
        client = poplib.POP3_SSL(ADDRESS, host.ports[ANY], context=context, timeout=LIMIT)
        assert client._shortcmd(  # type: ignore[attr-defined]
            "AUTH PLAIN AGFsaWNlAFdvbmRlcmxhbmQtMQ=="
        ).startswith(b"+OK")
        client.quit()


@pytest.mark.parametrize(
    ("protocol", "question", "answer"),
    [
        ("smtp", b"EHLO me\r\n", b"AUTH PLAIN LOGIN"),
        ("imap", b"a CAPABILITY\r\n", b"AUTH=PLAIN"),
        ("pop3", b"CAPA\r\n", b"SASL PLAIN LOGIN"),
    ],
)
@pytest.mark.parametrize("tls", ["starttls", "cleartext"])
def test_login_before_tls(
    certificates: Certificates, protocol: str, question: bytes, answer: bytes, tls: str
) -> None:
    """The fault of offering a login in clear shows in the list of capabilities."""
    with serve(certificates, Listener(protocol, tls, login_before_tls=True)) as host:
        assert answer in talk(host, question, answer)


@pytest.mark.parametrize(
    ("protocol", "reply", "command", "answer"),
    [
        ("smtp", "502 5.5.1 no", b"STARTTLS\r\n", b"502 5.5.1 no\r\n"),
        ("smtp", "454 4.7.0 TLS not available", b"STARTTLS\r\n", b"454 4.7.0 TLS"),
        ("smtp", "354 go on", b"STARTTLS\r\n", b"354 go on\r\n"),
        ("imap", "BAD", b"x7 STARTTLS\r\n", b"x7 BAD\r\n"),
        ("pop3", "-ERR", b"STLS\r\n", b"-ERR\r\n"),
    ],
)
def test_replaced_starttls_reply_stays_in_clear(
    certificates: Certificates, protocol: str, reply: str, command: bytes, answer: bytes
) -> None:
    """A refusal chosen by the test is sent as it is, and the talk goes on in clear."""
    ends = {"smtp": b"QUIT\r\n", "imap": b"x8 LOGOUT\r\n", "pop3": b"QUIT\r\n"}
    with serve(certificates, Listener(protocol, "starttls", starttls_reply=reply)) as host:
        got = talk(host, command + ends[protocol], b"\0")
    assert answer in got
    assert b"Goodbye" in got


def test_hidden_starttls_is_refused(certificates: Certificates) -> None:
    """A server that does not offer STARTTLS neither lists nor takes it."""
    with serve(certificates, Listener("smtp", "starttls", starttls_offered=False)) as host:
        got = talk(host, b"EHLO me\r\nSTARTTLS\r\nQUIT\r\n", b"221")
    assert b"250-STARTTLS" not in got
    assert b"502 5.5.1" in got


@pytest.mark.parametrize("bug", [True, False])
def test_command_injection(certificates: Certificates, bug: bool) -> None:
    """Only the server with the bug answers inside TLS what came in clear behind STARTTLS."""
    with (
        serve(certificates, Listener("smtp", "starttls", command_injection=bug)) as host,
        dial(host) as plain,
    ):
        read_until(plain, b"\r\n")
        plain.sendall(b"STARTTLS\r\nNOOP\r\n")
        read_until(plain, b"\r\n")
        with trusting(certificates).wrap_socket(plain) as inside:
            inside.sendall(b"QUIT\r\n")
            got = read_until(inside, b"221")
    assert (b"250 2.0.0 Fine" in got) is bug


def test_response_injection_comes_in_one_segment(certificates: Certificates) -> None:
    """The injected response stands right behind the success, in clear."""
    evil = b"* CAPABILITY IMAP4rev1 EVIL\r\n"
    with serve(certificates, Listener("imap", "starttls", inject_response=evil)) as host:
        got = talk(host, b"a STARTTLS\r\n", evil)
    assert got.endswith(b"a OK Begin TLS\r\n" + evil)


def handshake(
    certificates: Certificates, host: EmbeddedHost, context: ssl.SSLContext
) -> str | None:
    """Shake hands as NAME would be checked and return the version."""
    with dial(host) as plain, context.wrap_socket(plain, server_hostname=NAME) as inside:
        return inside.version()


COMPLAINTS = (
    ("good", ""),
    ("expired", "certificate has expired"),
    ("not_yet_valid", "not yet valid"),
    ("expires_soon", ""),
    ("wrong_name", "Hostname mismatch"),
    ("self_signed", "self.signed certificate"),
    ("untrusted", "unable to get local issuer"),
    ("weak_key", "too weak"),
    ("sha1", "too weak"),
)


@pytest.mark.parametrize(("kind", "complaint"), COMPLAINTS)
def test_certificate_kinds(certificates: Certificates, kind: str, complaint: str) -> None:
    """Each kind of certificate has its own fault and no other."""
    context = trusting(certificates, check_name=True)
    with serve(certificates, Listener("smtp", "implicit", certificate=kind)) as host:
        if complaint:
            context.set_ciphers("DEFAULT:@SECLEVEL=2")
            with pytest.raises(ssl.SSLCertVerificationError, match=complaint):
                handshake(certificates, host, context)
        if not complaint or kind in ("weak_key", "sha1"):
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
            assert handshake(certificates, host, context) == "TLSv1.3"


def test_every_kind_of_certificate_is_tested() -> None:
    """The table is complete."""
    assert [kind for kind, _complaint in COMPLAINTS] == list(KINDS)


@pytest.mark.parametrize(
    ("least", "most", "version"),
    [
        ("TLSv1", None, "TLSv1"),
        ("TLSv1", "TLSv1", "TLSv1"),
        (None, "TLSv1_1", "TLSv1.1"),
        (None, None, None),
        ("TLSv1_3", None, None),
    ],
)
def test_tls_versions(
    certificates: Certificates, least: str | None, most: str | None, version: str | None
) -> None:
    """A client limited to TLS 1.1 gets in only where the server was told to be old."""
    versions = {name: ssl.TLSVersion[name] for name in (least, most) if name}
    listener = Listener(
        "imap", "implicit", min_tls=versions.get(least or ""), max_tls=versions.get(most or "")
    )
    context = trusting(certificates)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion[(version or "TLSv1.1").replace(".", "_")]
    with serve(certificates, listener) as host:
        if version:
            assert handshake(certificates, host, context) == version
        else:
            with pytest.raises((ssl.SSLError, ConnectionResetError)):
                handshake(certificates, host, context)


class Gate(threading.Event):
    """An event that tells when somebody waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.awaited = threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait as an event does."""
        self.awaited.set()
        return super().wait(timeout)


def test_max_tls_holds_back_a_modern_client(certificates: Certificates) -> None:
    """A server told to stop at TLS 1.1 brings a client that offers TLS 1.3 down to it."""
    context = trusting(certificates)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
    listener = Listener("smtp", "implicit", max_tls=ssl.TLSVersion.TLSv1_1)
    with serve(certificates, listener) as host:
        assert handshake(certificates, host, context) == "TLSv1.1"


def test_greeting_waits_for_the_event(certificates: Certificates) -> None:
    """The greeting comes after the event and not before."""
    event = Gate()
    with (
        serve(certificates, Listener("smtp", "starttls", greeting_delay=event)) as host,
        dial(host) as sock,
    ):
        assert event.awaited.wait(LIMIT)
        sock.setblocking(False)
        with pytest.raises(BlockingIOError):
            sock.recv(1)
        sock.settimeout(LIMIT)
        event.set()
        assert read_until(sock, b"\r\n").startswith(b"220 ")


def test_overrides_of_greeting_and_capabilities(certificates: Certificates) -> None:
    """A greeting and a list of capabilities are sent as given."""
    listener = Listener("smtp", "cleartext", greeting=b"220 odd\r\n", capabilities=("XODD", "XEND"))
    with serve(certificates, listener) as host:
        got = talk(host, b"EHLO me\r\n", b"XEND")
    assert got == b"220 odd\r\n250-mail.example.net\r\n250-XODD\r\n250 XEND\r\n"


def test_closed_port_refuses_and_taken_port_is_replaced(certificates: Certificates) -> None:
    """A closed port is held and refuses; a port that is taken falls back to a free one."""
    with EmbeddedHost(ADDRESS, {}, [0], certificates=certificates) as first:
        held = first.ports[0]
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((ADDRESS, held), LIMIT)
        script = (Send(b"hello\r\n"), Silence())
        with EmbeddedHost(ADDRESS, {held: script}, certificates=certificates) as second:
            assert second.ports[held] != held
            with socket.create_connection((ADDRESS, second.ports[held]), LIMIT) as sock:
                assert read_until(sock, b"\n") == b"hello\r\n"


def test_transcript_tells_clear_from_tls(certificates: Certificates) -> None:
    """What a client sent is kept, with the side of TLS on which it came."""
    with (
        serve(certificates, Listener("pop3", "starttls")) as host,
        dial(host) as plain,
    ):
        read_until(plain, b"\r\n")
        plain.sendall(b"STLS\r\n")
        read_until(plain, b"\r\n")
        with trusting(certificates).wrap_socket(plain) as inside:
            inside.sendall(b"QUIT\r\n")
            read_until(inside, b"Goodbye")
    (transcript,) = host.transcripts[ANY]
    assert transcript.lines(tls=False) == [b"STLS"]
    assert transcript.lines(tls=True) == [b"QUIT"]


@pytest.mark.parametrize("address", ["", "0.0.0.0", "::"])
def test_never_on_every_address(address: str, certificates: Certificates) -> None:
    """A wildcard address is refused."""
    with pytest.raises(ValueError, match="every address"):
        EmbeddedHost(address, {}, certificates=certificates)


@pytest.mark.parametrize("words", [("nntp", "starttls"), ("smtp", "tls")])
def test_unknown_words(words: tuple[str, str]) -> None:
    """A protocol or TLS mode outside the vocabulary is refused."""
    with pytest.raises(ValueError, match="is not one of"):
        Listener(*words)


def test_close_ends_idle_connections(certificates: Certificates) -> None:
    """Closing the host ends a client that says nothing, in clear, mid-handshake and in TLS."""
    listeners = {
        0: Listener("smtp", "starttls"),
        1: Listener("imap", "implicit"),
        2: Listener("pop3", "implicit"),
    }
    held = threading.Event()
    listeners[3] = Listener("smtp", "starttls", greeting_delay=held)
    with EmbeddedHost(ADDRESS, listeners, certificates=certificates) as host:
        clients = [socket.create_connection((ADDRESS, port), LIMIT) for port in host.ports.values()]
        read_until(clients[0], b"\r\n")
        inside = trusting(certificates).wrap_socket(clients[2])
        read_until(inside, b"\r\n")
    for client in (*clients, inside):
        client.close()
    assert held.is_set()


def test_a_bug_in_a_handler_is_raised_at_close() -> None:
    """A handler that fails makes the test fail, not a thread in silence."""
    listener = Listener("smtp", "cleartext", mechanisms=None)  # type: ignore[arg-type]
    host = EmbeddedHost(ADDRESS, {ANY: listener})
    with pytest.raises(RuntimeError, match="handler failed"), host:
        talk(host, b"AUTH PLAIN AA==\r\n", b"\0")
