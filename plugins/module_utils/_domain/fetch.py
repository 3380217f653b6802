# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetch one document over HTTPS with the standard library: no redirects, a bound, a valid name."""

from __future__ import annotations

import http.client
import socket
import ssl
from typing import Optional

from .question import Fetch, Fetched

SECONDS = 10.0
PORT = 443


class Fetcher:
    """Fetches documents; ``ca_path`` names authorities to trust in place of the system's."""

    def __init__(
        self, ca_path: Optional[str] = None, seconds: float = SECONDS, port: int = PORT
    ) -> None:
        """Read the authorities. Raises OSError (with ssl.SSLError) where that cannot be done."""
        self._context = ssl.create_default_context(cafile=ca_path)
        self._seconds = seconds
        self._port = port

    def __call__(self, wanted: Fetch) -> Fetched:
        """Return what came; every failure is a value. Each address is tried until one answers."""
        found = Fetched(problem="name", detail=f"{wanted.host} has no address")
        for address in wanted.addresses:
            found = self._fetch(address, wanted)
            if found.problem not in ("connect", "refused", "timeout"):
                break
        return found

    def _fetch(self, address: str, wanted: Fetch) -> Fetched:
        connection = _Connection(address, wanted.host, self._port, self._seconds, self._context)
        try:
            connection.request("GET", wanted.path, headers={"Host": wanted.host})
            response = connection.getresponse()
            body = response.read(wanted.limit + 1)
            return Fetched(
                status=response.status,
                content_type=response.getheader("Content-Type", ""),
                body=body[: wanted.limit],
                location=response.getheader("Location", ""),
                too_long=len(body) > wanted.limit,
            )
        except ssl.SSLCertVerificationError as error:
            return Fetched(problem="certificate", detail=error.verify_message or str(error))
        except ssl.SSLError as error:
            return Fetched(problem="tls", detail=error.reason or str(error))
        except socket.timeout:
            return Fetched(problem="timeout", detail=f"nothing came within {self._seconds:g} s")
        except ConnectionRefusedError:
            return Fetched(problem="refused", detail=f"port {self._port} is closed")
        except OSError as error:
            return Fetched(problem="connect", detail=error.strerror or str(error))
        except (http.client.HTTPException, ValueError, UnicodeError) as error:
            return Fetched(problem="protocol", detail=str(error) or type(error).__name__)
        finally:
            connection.close()


class _Connection(http.client.HTTPSConnection):
    """An HTTPS connection to one address that must prove another name."""

    def __init__(
        self, address: str, name: str, port: int, seconds: float, context: ssl.SSLContext
    ) -> None:
        super().__init__(address, port, timeout=seconds, context=context)
        self._name = name
        self._settings = context

    def connect(self) -> None:
        """Connect by TCP and prove the name by TLS."""
        plain = socket.create_connection((self.host, self.port), self.timeout)
        try:
            self.sock = self._settings.wrap_socket(plain, server_hostname=self._name)
        except (OSError, ValueError):
            plain.close()
            raise
