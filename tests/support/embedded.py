# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Embedded SMTP, IMAP and POP3 servers whose faults are chosen by a few knobs."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping, Sequence
from typing import Union

from .certificates import Certificates
from .dialects import SESSIONS
from .listener import Listener
from .scripted import Play, Step
from .serving import Handler, Server
from .wire import Wire

Behaviour = Union[Listener, Sequence[Step]]


class EmbeddedHost(Server):
    """A mail host on one loopback address; a context manager.

    ``listeners`` maps each wanted port to a `Listener` or to a script of steps; ``closed`` ports
    refuse connections. A port that cannot be bound (taken, or below 1024 without the right) is
    replaced by a free one: read ``ports``. ``transcripts`` maps each wanted port to what its
    clients sent. Certificates name the host and its address; ``ca_file`` is their CA.
    """

    def __init__(
        self,
        address: str,
        listeners: Mapping[int, Behaviour],
        closed: Iterable[int] = (),
        *,
        name: str = "mail.example.net",
        certificates: Certificates | None = None,
    ) -> None:
        self.name = name
        self._own = None if certificates else Certificates()
        self.certificates = certificates or self._own
        assert self.certificates is not None
        self.ca_file = self.certificates.ca_file
        self._delays = [
            listener.greeting_delay
            for listener in listeners.values()
            if isinstance(listener, Listener) and listener.greeting_delay
        ]
        handlers = {port: self._handler(address, item) for port, item in listeners.items()}
        super().__init__(address, handlers, closed)

    def close(self) -> None:
        """Stop as `Server.close` does, and remove the certificates made for this host alone."""
        for event in self._delays:
            event.set()
        try:
            super().close()
        finally:
            if self._own:
                self._own.close()

    def _handler(self, address: str, item: Behaviour) -> Handler:
        if not isinstance(item, Listener):
            return Play(item)
        assert self.certificates is not None
        context = self.certificates.context(
            item.certificate, (self.name, address), item.min_tls, item.max_tls
        )
        return _Talk(self.name, item, context)


class _Talk:
    """Greet each connection and hand it to the protocol's session."""

    def __init__(self, name: str, listener: Listener, context: ssl.SSLContext) -> None:
        self._name = name
        self._listener = listener
        self._context = context

    def __call__(self, wire: Wire) -> None:
        if self._listener.tls == "implicit":
            wire.start_tls(self._context)
        if self._listener.greeting_delay:
            self._listener.greeting_delay.wait()
        session = SESSIONS[self._listener.protocol]
        session(self._name, self._listener, self._context, wire).run()
