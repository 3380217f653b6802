# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real TLS servers to ask: tlslite-ng in a thread, openssl and GnuTLS as programs."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tlslite.api import HandshakeSettings, TLSConnection, X509CertChain, parsePEMKey
from tlslite.errors import TLSError

ADDRESS = "127.0.0.1"


class Tlslite:
    """tlslite-ng's side of handshakes; ``pem`` holds a key and its certificates.

    ``anonymous`` serves without a certificate; ``options`` are attributes of HandshakeSettings.
    """

    def __init__(self, pem: str, anonymous: bool = False, **options: Any) -> None:
        self._settings = HandshakeSettings()
        for name, value in options.items():
            setattr(self._settings, name, value)
        self._arguments: dict[str, Any] = {"anon": True}
        if not anonymous:
            chain = X509CertChain()
            chain.parsePemList(pem)
            self._arguments = {"certChain": chain, "privateKey": parsePEMKey(pem, private=True)}

    def shake(self, peer: socket.socket) -> TLSConnection:
        """Shake hands over a connection. Raises TLSError, OSError, ValueError."""
        connection = TLSConnection(peer)
        connection.handshakeServer(settings=self._settings, **self._arguments)
        return connection


class TlsliteServer:
    """tlslite-ng on a free port of loopback, with the arguments of Tlslite; a context manager."""

    def __init__(self, pem: str, anonymous: bool = False, **options: Any) -> None:
        self._tls = Tlslite(pem, anonymous, **options)
        self._listening = socket.create_server((ADDRESS, 0))
        self.port: int = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> TlsliteServer:
        """Serve."""
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        """Stop."""
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(20)

    def _serve(self) -> None:
        while True:
            try:
                peer, _address = self._listening.accept()
            except OSError:
                return
            # One after another: who asks reads the answer and leaves.
            with peer, contextlib.suppress(TLSError, OSError, ValueError):
                peer.settimeout(20)
                self._tls.shake(peer)


@contextlib.contextmanager
def program(command: Sequence[str], port: int) -> Iterator[int]:
    """Run a server until it is no longer needed; return its port once it listens there."""
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + 20
        while process.poll() is None:
            with contextlib.suppress(ConnectionRefusedError):
                socket.create_connection((ADDRESS, port), 5).close()
                break
            assert time.monotonic() < until, command
            threading.Event().wait(0.01)
        assert process.poll() is None, command
        yield port
    finally:
        process.kill()
        process.communicate()


def free_port() -> int:
    """Return a port of loopback that nothing listens on."""
    with socket.create_server((ADDRESS, 0)) as one:
        port: int = one.getsockname()[1]
    return port


def s_server(*options: str, chain: Path, other: Path | None = None) -> Any:
    """Return a context manager that runs ``openssl s_server``; ``other`` is a second chain."""
    port = free_port()
    command = ["openssl", "s_server", "-accept", f"{ADDRESS}:{port}", "-quiet", *options]
    command += ["-cert", str(chain), "-key", str(chain)]
    if other:
        command += ["-dcert", str(other), "-dkey", str(other)]
    return program(command, port)


def gnutls_serv(priority: str, *options: str, chain: Path) -> Any:
    """Return a context manager that runs ``gnutls-serv``."""
    port = free_port()
    command = ["gnutls-serv", "-p", str(port), "-q", "--noticket", "--priority", priority, *options]
    command += ["--x509certfile", str(chain), "--x509keyfile", str(chain)]
    return program(command, port)
