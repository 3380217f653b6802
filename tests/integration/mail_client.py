# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetch mail ten times a second, each time on a connection of its own, until standard input ends.

Arguments: host, certificate authority, user, password. Prints JSON: how often, what failed, and how
many sessions were overtaken by a reload and succeeded at the second try: Dovecot cuts a login off
within its open connection, or greets a connection with BYE.
"""

from __future__ import annotations

import imaplib
import json
import select
import ssl
import sys
import time


def fetch(host: str, context: ssl.SSLContext, user: str, password: str) -> None:
    """Log in, read one message, log out. Raises where any of it fails."""
    with imaplib.IMAP4_SSL(host, ssl_context=context, timeout=10) as client:
        client.login(user, password)
        client.select("INBOX", readonly=True)
        _status, data = client.fetch("1", "(BODY[])")
        if not data or not isinstance(data[0], tuple) or b"kept" not in data[0][1]:
            raise ValueError(f"no message: {data!r}")


def main() -> None:
    """Fetch on a fixed beat, so that a slow answer costs no attempt."""
    host, authority, user, password = sys.argv[1:]
    context = ssl.create_default_context(cafile=authority)
    attempts, overtaken, failures, slowest = 0, 0, [], 0.0
    due = time.monotonic()
    while not select.select([sys.stdin], [], [], max(due - time.monotonic(), 0))[0]:
        begun = time.monotonic()
        attempts += 1
        try:
            try:
                fetch(host, context, user, password)
            except imaplib.IMAP4.error as error:
                if not isinstance(error, imaplib.IMAP4.abort) and "* BYE" not in str(error):
                    raise
                overtaken += 1
                fetch(host, context, user, password)
        except (OSError, ValueError, imaplib.IMAP4.error) as error:
            failures.append(repr(error))
        slowest = max(slowest, time.monotonic() - begun)
        if attempts == 1:
            print("begun", flush=True)
        due += 0.1
    told = {"attempts": attempts, "overtaken": overtaken, "slowest": slowest}
    print(json.dumps({**told, "failures": failures}))


main()
