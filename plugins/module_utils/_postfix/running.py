# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Postfix of this machine: start, reload, stop; does anything block its ports and logins?"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Optional

from .._model.host_view import ALL, ALL_IPV4, ALL_IPV6, Configured
from .._system import sockets
from .._system.programs import ServerError, call, manager, output, until
from .._system.server import SETTLE_SECONDS, Server, endpoint

CONNECT_SECONDS = 5.0
_CYRUS_FOLDERS = ("/etc/postfix/sasl", "/etc/sasl2", "/usr/lib/sasl2")
_CYRUS_USERS = "/etc/sasldb2"
DEFAULT_CONFIG = "/etc/postfix"
# The end of the file that Postfix opens for a table of each type.
_TABLES = {
    "hash": ".db",
    "btree": ".db",
    "lmdb": ".lmdb",
    "cdb": ".cdb",
    "texthash": "",
    "regexp": "",
    "pcre": "",
    "cidr": "",
}
_TABLE = re.compile(r"\b(" + "|".join(_TABLES) + r"):(/[^\s,{}]+)")


class PostfixServer(Server):
    """The Postfix that runs with one configuration directory and queue directory."""

    name = "Postfix"

    def __init__(self, config_directory: str, queue_directory: str) -> None:
        self._config = config_directory
        self._pid_file = os.path.join(queue_directory, "pid", "master.pid")

    def master(self) -> Optional[int]:
        """Return the process id of the running master, None where there is none."""
        return sockets.daemon(self._pid_file, "master")

    def reload(self) -> None:
        """Reload, and return when that has taken effect: the master then has new connections to
        all its children, and those that were idle have ended."""
        before = sockets.streams(self.master() or 0)
        output(["postfix", "-c", self._config, "reload"])

        def renewed() -> bool:
            master = self.master()
            return master is None or not before & sockets.streams(master)

        if not until(renewed, SETTLE_SECONDS) or self.master() is None:
            raise ServerError("Postfix did not take the new configuration; its log says why")

    def command(self, verb: str) -> Sequence[str]:
        """Return the command of the service manager, Postfix's own for another instance."""
        there = manager(verb, "postfix") if self._config == DEFAULT_CONFIG else []
        return there or ["postfix", "-c", self._config, verb]


def judge(folder: str) -> None:
    """Raise ServerError for what ``postfix check`` refuses about a configuration. It makes the
    folders of the queue where they are missing."""
    status, out, err = call(["postfix", "-c", folder, "check"])
    if status:
        said = (err.strip() or out.strip())[-1000:]
        raise ServerError(f"postfix check ended with {status}: {said}")


def endpoints(found: Iterable[Configured]) -> set[sockets.Endpoint]:
    """Return where a Postfix that is so configured listens."""
    both = {ALL: ("*", ALL_IPV6), ALL_IPV4: ("*",), ALL_IPV6: (ALL_IPV6,)}
    return {
        place
        for one in found
        for address in both.get(one.address, (one.address,))
        for place in endpoint(address, one.port)
    }


class Unanswered(ServerError):
    """Nobody answers about logins at the socket ``path``."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"auth_socket: {path}: {reason}; Dovecot must listen there before Postfix can accept "
            "logins (the role dovecot arranges that)"
        )
        self.path = path


def cyrus_is_set_up(values: Mapping[str, str]) -> bool:
    """Tell whether somebody has told Cyrus SASL how to check Postfix's logins.

    ``values`` are the parameters in force.
    """
    folders = [*values.get("cyrus_sasl_config_path", "").split(":"), *_CYRUS_FOLDERS]
    name = values.get("smtpd_sasl_path", "smtpd") + ".conf"
    files = [os.path.join(folder, name) for folder in folders if folder]
    return any(os.path.exists(path) for path in (*files, _CYRUS_USERS))


def check_logins(values: Mapping[str, str]) -> None:
    """Raise Unanswered unless Dovecot answers where smtpd will ask about logins.

    ``values`` are the parameters in force. Without it smtpd ends at each connection to a listener
    where users log in.
    """
    path = values.get("smtpd_sasl_path", "")
    if values.get("smtpd_sasl_type") != "dovecot" or path.startswith("inet:"):
        return
    path = path[5:] if path.startswith("unix:") else path
    path = os.path.join(values.get("queue_directory", ""), path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(CONNECT_SECONDS)
        try:
            probe.connect(path)
        except OSError as error:
            raise Unanswered(path, error.strerror or str(error)) from error


def missing_tables(values: Iterable[str]) -> Iterator[str]:
    """Yield the files of tables that do not exist."""
    for value in values:
        for kind, path in _TABLE.findall(value):
            if not os.path.exists(path + _TABLES[kind]):
                yield f"{kind}:{path}: {path + _TABLES[kind]} does not exist"
