# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Threads and listening sockets under the test servers, with a clean end."""

from __future__ import annotations

import errno
import selectors
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .wire import Transcript, Wire

Handler = Callable[[Wire], None]
_FALL_BACK_ON = (errno.EADDRINUSE, errno.EACCES, errno.EPERM)


def _bind(address: str, wanted: int, *, listen: bool) -> socket.socket:
    """Bind ``wanted``, or any free port where that one is taken or needs rights we lack.

    A port held closed does not set SO_REUSEADDR: two that do may bind the same port as long as
    neither listens.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for port in (wanted, 0):
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(listen))
        try:
            sock.bind((address, port))
        except OSError as error:
            sock.close()
            if port == 0 or error.errno not in _FALL_BACK_ON:
                raise
        else:
            return sock
    raise AssertionError("unreachable: the second round binds or raises")


class Server:
    """Serve ``handlers`` (wanted port to handler) on one address; a context manager.

    ``closed`` ports are bound but do not listen: a connection to them is refused, and no other
    program can open them meanwhile. ``ports`` maps each wanted port to the bound one. A handler
    may end by OSError (the peer left); anything else it raises is raised again by ``close``.
    """

    def __init__(
        self, address: str, handlers: Mapping[int, Handler], closed: Iterable[int] = ()
    ) -> None:
        if address in ("", "0.0.0.0", "::"):
            raise ValueError(f"refusing to listen on every address ({address!r})")
        self.address = address
        self.ports: dict[int, int] = {}
        self.transcripts: dict[int, list[Transcript]] = {port: [] for port in handlers}
        self._handlers = dict(handlers)
        self._closed = tuple(closed)
        self._sockets: list[socket.socket] = []
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._running: dict[threading.Thread, Wire] = {}
        self._failures: list[BaseException] = []
        self._selector = selectors.DefaultSelector()
        self._waker, self._woken = socket.socketpair()
        self._acceptor = threading.Thread(
            target=self._accept, name=f"accept {address}", daemon=True
        )

    def __enter__(self) -> Any:
        """Bind every port and begin to accept."""
        try:
            for wanted in (*self._handlers, *self._closed):
                sock = _bind(self.address, wanted, listen=wanted in self._handlers)
                self._sockets.append(sock)
                self.ports[wanted] = sock.getsockname()[1]
                if wanted in self._handlers:
                    sock.listen(128)
                    self._selector.register(sock, selectors.EVENT_READ, wanted)
            self._selector.register(self._woken, selectors.EVENT_READ)
        except BaseException:
            self._release()
            raise
        self._acceptor.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Stop accepting, break each connection, join each thread; raise what a handler raised."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._waker.send(b"!")
        self._acceptor.join()
        with self._lock:
            running = dict(self._running)
        for wire in running.values():
            wire.abort()
        for thread in running:
            thread.join()
        self._release()
        if self._failures:
            raise RuntimeError("a test server's handler failed") from self._failures[0]

    def _release(self) -> None:
        self._selector.close()
        for sock in (*self._sockets, self._waker, self._woken):
            sock.close()

    def _accept(self) -> None:
        while True:
            for key, _events in self._selector.select():
                if key.fileobj is self._woken:
                    return
                self._begin(key.fileobj, key.data)

    def _begin(self, listening: Any, wanted: int) -> None:
        try:
            sock, _peer = listening.accept()
            wire = Wire(sock, self._stopping)
        except OSError:
            return  # the client reset the connection before it was accepted
        self.transcripts[wanted].append(wire.transcript)
        thread = threading.Thread(
            target=self._serve,
            args=(self._handlers[wanted], wire),
            name=f"serve {self.address} {wanted}",
            daemon=True,
        )
        with self._lock:
            self._running[thread] = wire
        thread.start()

    def _serve(self, handler: Handler, wire: Wire) -> None:
        try:
            handler(wire)
        except OSError:
            pass  # the peer left or broke TLS: what these servers are for
        except BaseException as error:
            self._failures.append(error)
        finally:
            wire.close()
            with self._lock:
                del self._running[threading.current_thread()]
