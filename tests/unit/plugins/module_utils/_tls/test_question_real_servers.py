# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask real servers of four makes: what they are set to is what must be heard."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._tls import groups, suites
from ansible_collections.postmaster.mailports.plugins.module_utils._tls.answer import Heard, Reader
from ansible_collections.postmaster.mailports.plugins.module_utils._tls.hello import client_hello
from ansible_collections.postmaster.mailports.plugins.module_utils._tls.question import (
    Question,
    about_key,
    about_versions,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._tls.version_plan import (
    VersionPlan,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._tls.versions import VERSIONS

from tests.support.tls_servers import ADDRESS, TlsliteServer, gnutls_serv, s_server

NAMES = tuple(VERSIONS)
NUMBERS = {name: (3, code & 0xFF) for name, code in VERSIONS.items()}
OLD_OPENSSL = ("-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0", "-min_protocol", "TLSv1")
LEGACY = {"cipherNames": ["3des", "rc4", "null", "aes128"], "macNames": ["sha", "md5"]}

needs_gnutls = pytest.mark.skipif(
    shutil.which("gnutls-serv") is None, reason="gnutls-serv is not installed (Debian: gnutls-bin)"
)


@pytest.fixture(scope="module")
def rsa(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed RSA certificate and its key."""
    return made(tmp_path_factory.mktemp("rsa"), "rsa:2048")


@pytest.fixture(scope="module")
def ecdsa(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed ECDSA certificate and its key."""
    return made(tmp_path_factory.mktemp("ec"), "ec", "-pkeyopt", "ec_paramgen_curve:P-256")


def made(folder: Path, kind: str, *options: str) -> Path:
    """Return a file with a key and a certificate for it."""
    key, crt, both = folder / "key", folder / "crt", folder / "both"
    command = ["openssl", "req", "-x509", "-newkey", kind, *options, "-nodes", "-days", "30"]
    command += ["-subj", "/CN=mail.example.net", "-keyout", str(key), "-out", str(crt)]
    subprocess.run(command, check=True, capture_output=True)
    text = key.read_text(encoding="ascii")
    # tlslite-ng reads keys in their traditional form too, but openssl writes either.
    both.write_text(text + crt.read_text(encoding="ascii"), encoding="ascii")
    return both


def ask(port: int, question: Question, whole: bool = False) -> Heard:
    """Ask one question over a connection of its own."""
    reader = Reader(whole)
    with socket.create_connection((ADDRESS, port), 20) as peer:
        peer.sendall(client_hello(question, os.urandom(32)))
        while not reader.done:
            try:
                data = peer.recv(65536)
            except ConnectionResetError as error:
                reader.ended("reset", str(error))
                break
            if data:
                reader.receive(data)
            else:
                reader.ended("closed", "the server closed the connection")
    return reader.heard


def statuses(port: int, spoken: str = "") -> dict[str, str]:
    """Return what is learnt of every version, and see that nothing is unknown."""
    plan = VersionPlan(NAMES, spoken, "mail.example.net")
    while plan.questions:
        plan.take([ask(port, question) for question in plan.questions])
    return {name: one.status for name, one in plan.answers.items()}


def only(*accepted: str) -> dict[str, str]:
    """Return the statuses of a server that speaks just these."""
    return {name: "accepted" if name in accepted else "refused" for name in NAMES}


@pytest.mark.parametrize("lowest", NAMES)
@pytest.mark.parametrize("highest", NAMES)
def test_tlslite_with_every_range_of_versions(lowest: str, highest: str, rsa: Path) -> None:
    """SSLv3 too, which no OpenSSL of today can offer."""
    first, last = NAMES.index(lowest), NAMES.index(highest)
    if first > last:
        return
    spoken = NAMES[first : last + 1]
    options = {
        # It refuses to serve TLS 1.3 alone with the curves of its defaults.
        "eccCurves": ["x25519", "secp256r1"],
        "minVersion": NUMBERS[lowest],
        "maxVersion": NUMBERS[highest],
        "versions": [NUMBERS[n] for n in reversed(spoken)],
    }
    with TlsliteServer(rsa.read_text(encoding="ascii"), **options) as server:
        assert statuses(server.port) == only(*spoken)
        assert statuses(server.port, spoken[-1]) == only(*spoken)


@pytest.mark.parametrize(
    ("options", "spoken"),
    [
        ((), ("TLSv1.2", "TLSv1.3")),
        (OLD_OPENSSL, NAMES[1:]),
        ((*OLD_OPENSSL, "-no_tls1_1"), ("TLSv1", "TLSv1.2", "TLSv1.3")),
        ((*OLD_OPENSSL, "-no_tls1_2", "-no_tls1_3"), ("TLSv1", "TLSv1.1")),
        ((*OLD_OPENSSL, "-no_tls1_1", "-no_tls1_2", "-no_tls1_3"), ("TLSv1",)),
        (("-tls1_3",), ("TLSv1.3",)),
        (("-tls1_2",), ("TLSv1.2",)),
        (("-tls1_2", "-Verify", "1"), ("TLSv1.2",)),
    ],
    ids=" ".join,
)
def test_openssl(options: tuple[str, ...], spoken: tuple[str, ...], rsa: Path) -> None:
    """With gaps between its versions, and where it demands a client's certificate."""
    with s_server(*options, chain=rsa) as port:
        assert statuses(port) == only(*spoken)


@needs_gnutls
@pytest.mark.parametrize(
    ("priority", "spoken"),
    [
        ("NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2", ("TLSv1.2", "TLSv1.3")),
        ("NORMAL:+VERS-TLS1.0:+VERS-TLS1.1", NAMES[1:]),
        ("NORMAL:-VERS-ALL:+VERS-TLS1.0", ("TLSv1",)),
        ("NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.0", ("TLSv1", "TLSv1.2")),
        (
            "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:+VERS-TLS1.0",
            ("TLSv1", "TLSv1.2", "TLSv1.3"),
        ),
        ("NORMAL:-VERS-ALL:+VERS-TLS1.3", ("TLSv1.3",)),
    ],
)
def test_gnutls(priority: str, spoken: tuple[str, ...], rsa: Path) -> None:
    """Which has ways of its own with versions that it does not speak."""
    with gnutls_serv(priority, chain=rsa) as port:
        assert statuses(port) == only(*spoken)


@pytest.mark.parametrize(
    ("options", "suite"),
    [
        ({"cipherNames": ["rc4"], "macNames": ["md5"]}, "TLS_RSA_WITH_RC4_128_MD5"),
        ({"cipherNames": ["3des"], "keyExchangeNames": ["rsa"]}, "TLS_RSA_WITH_3DES_EDE_CBC_SHA"),
        (
            {"cipherNames": ["null"], "macNames": ["sha"], "keyExchangeNames": ["rsa"]},
            "TLS_RSA_WITH_NULL_SHA",
        ),
        (
            {"keyExchangeNames": ["dhe_rsa"], "cipherNames": ["aes256"]},
            "TLS_DHE_RSA_WITH_AES_256_CBC_SHA",
        ),
        (
            {"anonymous": True, "keyExchangeNames": ["ecdh_anon"], "cipherNames": ["aes128"]},
            "TLS_ECDH_anon_WITH_AES_128_CBC_SHA",
        ),
    ],
)
def test_weak_suites_are_offered(options: dict[str, Any], suite: str, rsa: Path) -> None:
    """A server that has nothing else is answered, and its suite is named."""
    settings = {"minVersion": (3, 1), "maxVersion": (3, 2), **options}
    with TlsliteServer(rsa.read_text(encoding="ascii"), **settings) as server:
        heard = ask(server.port, about_versions("TLSv1", "TLSv1.1"))
    assert heard.hello is not None, heard.detail
    assert suites.suite_name(heard.hello.suite) == suite


@pytest.mark.parametrize("curve", ["secp192r1", "secp224r1", "secp384r1", "secp521r1", "x25519"])
def test_the_group_of_a_key_exchange(curve: str, rsa: Path) -> None:
    """Read from the ServerKeyExchange of TLS 1.2."""
    settings = {
        "eccCurves": [curve],
        "defaultCurve": curve,
        "keyShares": [],
        "keyExchangeNames": ["ecdhe_rsa"],
        "maxVersion": (3, 3),
    }
    with TlsliteServer(rsa.read_text(encoding="ascii"), **settings) as server:
        heard = ask(server.port, about_versions("TLSv1.2", "TLSv1.2"), whole=True)
    assert heard.group == groups.GROUPS[curve], heard.detail


@pytest.mark.parametrize("group", ["x25519", "secp256r1", "secp384r1", "x448", "ffdhe2048"])
def test_the_group_of_tls_13(group: str, rsa: Path) -> None:
    """Also where the server has to ask for another key share."""
    name = {"secp256r1": "P-256", "secp384r1": "P-384", "x25519": "X25519", "x448": "X448"}.get(
        group, group
    )
    with s_server("-groups", name, chain=rsa) as port:
        heard = ask(port, about_versions("TLSv1.3", "TLSv1.3"))
    assert heard.hello is not None, heard.detail
    assert heard.group == groups.GROUPS[group]
    assert heard.hello.retry == (group not in ("x25519", "secp256r1"))


def test_a_prime_of_the_servers_own(rsa: Path) -> None:
    """Its size is what matters."""
    settings = {
        "keyExchangeNames": ["dhe_rsa"],
        "dhGroups": [],
        "minVersion": (3, 1),
        "dhParams": (2, (1 << 1023) + 1155),
        "maxVersion": (3, 3),
    }
    with TlsliteServer(rsa.read_text(encoding="ascii"), **settings) as server:
        heard = ask(server.port, about_versions("TLSv1.2", "TLSv1.2"), whole=True)
    assert heard.dh_bits == 1024, heard.detail


def der(chain: Path) -> bytes:
    """Return the certificate in a file."""
    text = chain.read_text(encoding="ascii")
    return ssl.PEM_cert_to_DER_cert(text[text.index("-----BEGIN CERT") :])


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1", "-tls1_2"])
def test_both_certificates_of_a_server(version: str, rsa: Path, ecdsa: Path) -> None:
    """Each is asked for by the suites that need it."""
    with s_server(version, *OLD_OPENSSL[:2], chain=rsa, other=ecdsa) as port:
        for kind, chain in (("RSA", rsa), ("ECDSA", ecdsa)):
            heard = ask(port, about_key(kind, "mail.example.net"), whole=True)
            assert heard.certificates == (der(chain),), heard.detail
            assert heard.wants_certificate is False


def test_a_key_that_the_server_does_not_have(rsa: Path) -> None:
    """It says that nothing is in common."""
    with s_server("-tls1_2", chain=rsa) as port:
        heard = ask(port, about_key("ECDSA"), whole=True)
    assert heard.detail == "fatal alert handshake_failure (40)"


@pytest.mark.parametrize("options", [("-verify", "1"), ("-Verify", "1")])
def test_a_server_that_asks_for_a_certificate(options: tuple[str, str], rsa: Path) -> None:
    """In clear below TLS 1.3; whether it insists is not told."""
    with s_server("-tls1_2", *options, chain=rsa) as port:
        assert ask(port, about_key("RSA"), whole=True).wants_certificate is True


def test_pythons_own_server(rsa: Path) -> None:
    """As the embedded servers of the tests are."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(rsa)
    with serving(context) as port:
        assert statuses(port, "TLSv1.3") == only("TLSv1.2", "TLSv1.3")


def serving(context: ssl.SSLContext) -> Any:
    """Return a context manager that serves TLS on a free port."""

    class Serving:
        def __enter__(self) -> int:
            self._listening = socket.create_server((ADDRESS, 0))
            self._thread = threading.Thread(target=self._serve, daemon=True)
            self._thread.start()
            port: int = self._listening.getsockname()[1]
            return port

        def _serve(self) -> None:
            while True:
                try:
                    peer, _address = self._listening.accept()
                except OSError:
                    return
                try:
                    context.wrap_socket(peer, server_side=True).close()
                except OSError:
                    peer.close()

        def __exit__(self, *_exc: object) -> None:
            self._listening.shutdown(socket.SHUT_RDWR)
            self._listening.close()
            self._thread.join(20)

    return Serving()
