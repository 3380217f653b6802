# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetch one document over HTTP(S) with the standard library: no redirects, bounds, a valid name."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from typing import Optional

from .question import Fetch, Fetched

SECONDS = 10.0
PORT = 443
HTTP_PORT = 80
_XML = "text/xml; charset=utf-8"


class Fetcher:
    """Fetches documents; ``ca_path`` names authorities to trust in place of the system's."""

    def __init__(
        self,
        ca_path: Optional[str] = None,
        seconds: float = SECONDS,
        port: int = PORT,
        http_port: int = HTTP_PORT,
    ) -> None:
        """Read the authorities. Raises OSError (with ssl.SSLError) where that cannot be done."""
        self._context = ssl.create_default_context(cafile=ca_path)
        self._seconds = seconds
        self._ports = {True: port, False: http_port}

    def __call__(self, wanted: Fetch) -> Fetched:
        """Return what came; every failure is a value. Each address is tried until one answers."""
        tried = [Fetched(problem="name", detail=f"{wanted.host} has no address")]
        for address in wanted.addresses:
            found = self._fetch(address, wanted)
            if found.problem not in ("connect", "refused", "timeout"):
                return found
            tried.append(found)
        # What one address left open, the refusal of another does not settle.
        return max(tried, key=_open_question)

    def _fetch(self, address: str, wanted: Fetch) -> Fetched:
        port = self._ports[wanted.secure]
        context = self._context if wanted.secure else None
        connection = _Connection(address, wanted.host, port, self._seconds, context)
        try:
            headers = {"Host": wanted.host}
            if wanted.body:
                headers["Content-Type"] = _XML
            connection.request(
                "POST" if wanted.body else "GET", wanted.path, wanted.body or None, headers
            )
            response = connection.getresponse()
            body = response.read(wanted.limit + 1)
            if connection.late:
                return self._late()
            return Fetched(
                status=response.status,
                content_type=response.getheader("Content-Type", ""),
                body=body[: wanted.limit],
                location=response.getheader("Location", ""),
                too_long=len(body) > wanted.limit,
            )
        except (OSError, http.client.HTTPException, ValueError) as error:
            late = connection.late or isinstance(error, socket.timeout)
            return self._late(not connection.reached) if late else _failed(error, port)
        finally:
            connection.stop()

    def _late(self, silent: bool = False) -> Fetched:
        words = f"nothing came within {self._seconds:g} s"
        return Fetched(problem="timeout", detail=words, silent=silent)


def _open_question(found: Fetched) -> int:
    """Return how much a failure leaves open; of two that leave as much, the first counts."""
    if found.problem == "timeout":
        return 2 if found.silent else 4
    return {"name": 0, "refused": 1}.get(found.problem, 3)


def _failed(error: Exception, port: int) -> Fetched:
    if isinstance(error, ssl.SSLCertVerificationError):
        return Fetched(problem="certificate", detail=error.verify_message or str(error))
    if isinstance(error, ssl.SSLError):
        return Fetched(problem="tls", detail=error.reason or str(error))
    if isinstance(error, ConnectionRefusedError):
        return Fetched(problem="refused", detail=f"port {port} is closed")
    if isinstance(error, OSError):
        return Fetched(problem="connect", detail=error.strerror or str(error))
    return Fetched(problem="protocol", detail=str(error) or type(error).__name__)


class _Connection(http.client.HTTPConnection):
    """A connection to one address; with a context for TLS, it must prove another name.

    The time limit holds for all of it: a server that sends a byte now and then gains nothing.
    """

    def __init__(
        self,
        address: str,
        name: str,
        port: int,
        seconds: float,
        context: Optional[ssl.SSLContext],
    ) -> None:
        super().__init__(address, port, timeout=seconds)
        self.late = False
        self._name = name
        self._context = context
        self._plain: Optional[socket.socket] = None
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    @property
    def reached(self) -> bool:
        """Whether TCP has been answered."""
        return self._plain is not None

    def connect(self) -> None:
        """Connect by TCP, and prove the name by TLS."""
        self._timer.start()
        self.sock = self._plain = socket.create_connection((self.host, self.port), self.timeout)
        if self._context is not None:
            self.sock = self._context.wrap_socket(
                self._plain, server_hostname=self._name, do_handshake_on_connect=False
            )
            # Its handle replaces the plain one, which is what ends the handshake in time.
            self._plain = self.sock
            self.sock.do_handshake()

    def stop(self) -> None:
        """Close, and forget the time limit. (``close`` is called while a body is still read.)"""
        self._timer.cancel()
        self.close()
        if self._plain is not None:
            self._plain.close()

    def _end(self) -> None:
        """Wake whoever waits for the server."""
        self.late = True
        if self._plain is not None:
            try:
                socket.socket.shutdown(self._plain, socket.SHUT_RDWR)
            except OSError:
                return
