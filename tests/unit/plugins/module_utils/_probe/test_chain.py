# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test what is seen of chains, of other certificates, and of servers that demand one of ours."""

from __future__ import annotations

import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.observation import (
    Observation,
    from_dict,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._probe import run
from ansible_collections.postmaster.mailports.plugins.module_utils._probe import (
    tls as _tls,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._probe.chain import chain_rows
from ansible_collections.postmaster.mailports.plugins.module_utils._probe.request import (
    Credentials,
    Request,
    Target,
)

from tests.support.serving import Server
from tests.support.wire import Wire
from tests.unit.plugins.module_utils._probe.authorities import (
    NAME,
    RSA,
    RSA_1024,
    Authority,
    Link,
    days_from_now,
    server_context,
)

PASSWORD = "Wonderland-1"
LISTED = b"250-mail.example.net\r\n250 AUTH PLAIN\r\n"
# Python shows verified chains from 3.10 on.
HAS_CHAINS = sys.version_info >= (3, 10)


class Smtps:
    """A submission server inside TLS; ``contexts`` maps SNI ("" for none) to a context."""

    def __init__(self, context: ssl.SSLContext, nameless: ssl.SSLContext | None = None) -> None:
        self.lines: list[bytes] = []
        self._context = context
        self._nameless = nameless

        def choose(sock: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
            if name is None and nameless is not None:
                sock.context = nameless

        context.sni_callback = choose

    def __call__(self, wire: Wire) -> None:
        """Serve one connection."""
        wire.start_tls(self._context)
        wire.send(b"220 mail.example.net ESMTP\r\n")
        while (line := wire.read_line()) is not None:
            self.lines.append(line)
            verb = line.split(b" ")[0].upper()
            wire.send({b"EHLO": LISTED, b"AUTH": b"235 in\r\n"}.get(verb, b"221 bye\r\n"))
            if verb == b"QUIT":
                return

    @property
    def saw_password(self) -> bool:
        """Whether a login was tried."""
        return any(line.upper().startswith(b"AUTH") for line in self.lines)


def probe(handler: Any, ca_file: str, login: str = "required", **options: Any) -> Observation:
    """Probe one port of implicit TLS."""
    with Server("127.0.0.44", {0: handler}) as server:
        request = Request(
            host=NAME,
            targets=(Target("submissions", "smtp", server.ports[0], "implicit", login),),
            addresses=(server.address,),
            ca_path=ca_file,
            credentials=Credentials("alice", PASSWORD),
            **{"timeout": 10.0, "deadline": 30.0, **options},
        )
        return run.run(request)[0]


# --- chains ----------------------------------------------------------------------------------

WEAK = {
    "md5": (Link(RSA, "md5"), 68),
    "sha1": (Link(RSA, "sha1"), 68),
    "1024": (Link(key=RSA_1024), 67),
}


@pytest.mark.parametrize("where", [0, 1])
@pytest.mark.parametrize("name", WEAK)
def test_a_weak_link_is_not_trusted_and_sent_no_password(
    name: str, where: int, tmp_path: Path
) -> None:
    """Whichever of two intermediates it is."""
    link, code = WEAK[name]
    # Only RSA signs by MD5 with openssl.
    authority = Authority(tmp_path, Link(RSA))
    above = [Link(RSA), Link(RSA)]
    above[where] = link
    server = Smtps(server_context(authority.chain(Link(), *above)))
    seen = probe(server, authority.ca_file)
    assert seen.tls.status == "established"
    assert (seen.tls.trusted, seen.tls.trust_code) == (False, code)
    assert "weak" in seen.tls.trust_error
    assert not server.saw_password
    assert seen.login == "not_tried"


@pytest.mark.parametrize("name", WEAK)
def test_a_weak_leaf_is_sent_no_password(name: str, tmp_path: Path) -> None:
    """That its authority is trusted is told all the same; its strength is judged by itself."""
    authority = Authority(tmp_path, Link(RSA))
    server = Smtps(server_context(authority.chain(WEAK[name][0], Link(RSA))))
    seen = probe(server, authority.ca_file)
    assert (seen.tls.trusted, seen.tls.trust_code) == (True, 0)
    assert not server.saw_password


def test_a_weak_root_signature_does_no_harm(tmp_path: Path) -> None:
    """Nobody relies on it."""
    authority = Authority(tmp_path, Link(digest="sha1"))
    server = Smtps(server_context(authority.chain(Link(), Link())))
    seen = probe(server, authority.ca_file)
    assert seen.tls.trusted is True
    assert server.saw_password
    assert seen.login == "accepted"


@pytest.mark.parametrize("known", [True, False])
def test_the_chain_is_shown(known: bool, tmp_path: Path) -> None:
    """What leads upwards, its weakest link and its soonest end; extras do no harm."""
    authority = Authority(tmp_path)
    stranger = Authority(tmp_path, Link(RSA_1024, "sha1"), "stranger")
    file = authority.chain(Link(), Link(RSA, days=20), Link(RSA), extra=[stranger.ca_file])
    seen = probe(Smtps(server_context(file)), authority.ca_file if known else stranger.ca_file)
    assert seen.tls.trusted is known
    assert seen.chain is not None
    # Python 3.9 shows only what was sent.
    wanted = ["own", "intermediate", "intermediate"] + ["root"] * (known and HAS_CHAINS)
    assert [row["place"] for row in seen.chain] == wanted
    assert [row["key_type"] for row in seen.chain][:3] == ["EC", "RSA", "RSA"]
    assert {row["signature_hash"] for row in seen.chain} == {"sha256"}
    assert min(days_from_now(row["not_after"]) for row in seen.chain) == 19
    assert from_dict(seen.to_dict()) == seen


@pytest.mark.parametrize("lowest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_chain_that_python_hides_is_read_in_clear(
    lowest: ssl.TLSVersion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Python 3.9 does; where only TLS 1.3 is spoken it is not known."""
    monkeypatch.setattr(_tls.Session, "chain", lambda _self, _verified: None)
    authority = Authority(tmp_path)
    context = server_context(authority.chain(Link(), Link(RSA)))
    context.minimum_version = lowest
    seen = probe(Smtps(context), authority.ca_file)
    assert seen.tls.trusted is True
    if lowest == ssl.TLSVersion.TLSv1_3:
        assert seen.chain is None
    else:
        assert [row["place"] for row in seen.chain or ()] == ["own", "intermediate"]


def test_what_was_sent_is_put_in_order(tmp_path: Path) -> None:
    """By names and key identifiers: another authority of the same name is passed over."""
    authority = Authority(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    namesake = Authority(other)
    text = Path(authority.chain(Link(), Link())).read_text(encoding="ascii")
    leaf, above = (
        ssl.PEM_cert_to_DER_cert("-----BEGIN CERT" + part)
        for part in text.split("-----BEGIN CERT")[1:]
    )
    roots = [
        ssl.PEM_cert_to_DER_cert(Path(one.ca_file).read_text(encoding="ascii"))
        for one in (namesake, authority)
    ]
    rows = chain_rows((leaf, *roots, b"rubbish", above, above), verified=False)
    assert [row["place"] for row in rows] == ["own", "intermediate", "root"]
    assert rows[2]["sha256"] == chain_rows((roots[1],), verified=False)[0]["sha256"]
    assert chain_rows((), verified=False) == ()


# --- trust stores ----------------------------------------------------------------------------


def test_a_folder_without_hash_links(tmp_path: Path) -> None:
    """It holds certificates that OpenSSL would never find: an error before any connection."""
    Authority(tmp_path)
    with pytest.raises(_tls.TrustStoreError, match="without hash links"):
        _tls.Contexts(True, str(tmp_path))


def test_a_folder_with_hash_links(tmp_path: Path) -> None:
    """As openssl rehash makes them."""
    authority = Authority(tmp_path)
    subprocess.run(["openssl", "rehash", str(tmp_path)], check=True, capture_output=True)
    seen = probe(Smtps(server_context(authority.chain())), str(tmp_path))
    assert seen.tls.trusted is True


def test_a_machine_without_authorities(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust is then not known, with the reason, and no password is sent."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    authority = Authority(tmp_path)
    server = Smtps(server_context(authority.chain()))
    seen = probe(server, None)  # type: ignore[arg-type]
    assert seen.tls.status == "established"
    assert (seen.tls.trusted, seen.tls.trust_error) == (
        None,
        "this machine has no certificate authorities to trust; set ca_path",
    )
    assert not server.saw_password


# --- other certificates ----------------------------------------------------------------------


@pytest.mark.parametrize("highest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("trusted", [True, False])
def test_the_certificate_with_the_other_kind_of_key(
    highest: ssl.TLSVersion, trusted: bool, tmp_path: Path
) -> None:
    """It is read, verified and shown like the first one."""
    authority = Authority(tmp_path)
    folder = tmp_path / "other"
    folder.mkdir()
    second = authority if trusted else Authority(folder, name="stranger")
    context = server_context(authority.chain(Link()), second.chain(Link(RSA), Link()))
    context.maximum_version = highest
    seen = probe(Smtps(context), authority.ca_file)
    assert seen.certificate is not None
    shown = seen.certificate["key_type"]
    (row,) = seen.served
    assert (row["key"], row["sni"], row["status"]) == (
        "RSA" if shown == "EC" else "ECDSA",
        True,
        "served",
    )
    assert row["certificate"]["key_type"] != shown
    rsa = seen.tls if shown == "RSA" else row
    assert (rsa.trusted if shown == "RSA" else rsa["trusted"]) is trusted


@pytest.mark.parametrize("key", [Link(), Link(RSA)])
def test_the_other_kind_of_key_is_not_there(key: Link, tmp_path: Path) -> None:
    """One connection tells."""
    authority = Authority(tmp_path)
    seen = probe(Smtps(server_context(authority.chain(key))), authority.ca_file)
    assert [row["status"] for row in seen.served] == ["not_served"]
    assert "handshake_failure" in seen.served[0]["detail"]


def test_another_certificate_that_only_tls_13_shows(tmp_path: Path) -> None:
    """It is there, and not known."""
    authority = Authority(tmp_path)
    context = server_context(authority.chain(Link()), authority.chain(Link(RSA)))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    seen = probe(Smtps(context), authority.ca_file)
    assert [row["status"] for row in seen.served] == ["unknown"]
    assert "is served but could not be read" in seen.served[0]["detail"]


@pytest.mark.parametrize("same", [True, False])
def test_without_a_name_on_a_relay(same: bool, tmp_path: Path) -> None:
    """Which is how relays ask."""
    authority = Authority(tmp_path)
    nameless = None if same else server_context(authority.chain(Link()))
    server = Smtps(server_context(authority.chain(Link())), nameless)
    seen = probe(server, authority.ca_file, login="none")
    (row,) = [row for row in seen.served if not row["sni"]]
    assert (row["key"], row["status"]) == ("", "same" if same else "served")
    if not same:
        assert row["certificate"]["sha256"] != (seen.certificate or {})["sha256"]
        assert row["trusted"] is True


def test_a_question_that_nobody_wants_is_not_asked(tmp_path: Path) -> None:
    """The main handshake is all then."""
    authority = Authority(tmp_path)
    server = Smtps(server_context(authority.chain()))
    seen = probe(server, authority.ca_file, certificates=False, login="none")
    assert seen.served == ()


def test_a_search_that_is_hung_up_on_is_unknown(tmp_path: Path) -> None:
    """With the end as the reason."""
    authority = Authority(tmp_path)
    server = Smtps(server_context(authority.chain()))
    turns: list[int] = []

    def handler(wire: Wire) -> None:
        turns.append(1)
        if len(turns) == 1:
            server(wire)
        elif wire.read_chunk():
            wire.reset()

    seen = probe(handler, authority.ca_file)
    assert [row["status"] for row in seen.served] == ["unknown"]
    assert seen.served[0]["detail"]


# --- client certificates ---------------------------------------------------------------------


@pytest.mark.parametrize("highest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_server_that_demands_a_client_certificate(
    highest: ssl.TLSVersion, tmp_path: Path
) -> None:
    """One outcome, whether it is said in the handshake or after it."""
    authority = Authority(tmp_path)
    context = server_context(authority.chain(), client_ca=authority.ca_file)
    context.maximum_version = highest
    server = Smtps(context)
    seen = probe(server, authority.ca_file, versions=("TLSv1.1",))
    assert (seen.tls.status, seen.tls.kind) == ("failed", "client_certificate")
    assert not server.saw_password


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_server_that_hangs_up_for_want_of_a_certificate(how: str, tmp_path: Path) -> None:
    """As Postfix does, without an alert: its CertificateRequest was seen."""
    authority = Authority(tmp_path)
    context = server_context(authority.chain(), client_ca=authority.ca_file)
    context.maximum_version = ssl.TLSVersion.TLSv1_2

    def handler(wire: Wire) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        side = context.wrap_bio(incoming, outgoing, server_side=True)
        incoming.write(wire.read_chunk())
        with pytest.raises(ssl.SSLWantReadError):
            side.do_handshake()
        wire.send(outgoing.read())
        wire.read_chunk()
        if how == "reset":
            wire.reset()

    seen = probe(handler, authority.ca_file)
    assert (seen.tls.status, seen.tls.kind) == ("failed", "client_certificate")
