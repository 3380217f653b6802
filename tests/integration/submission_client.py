# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send mail ten times a second, each time on a connection of its own, until standard input ends.

Arguments: host, certificate authority, user, password. Prints JSON: how often, what failed, and how
long the slowest took.
"""

from __future__ import annotations

import json
import select
import smtplib
import ssl
import sys
import time

MESSAGE = "From: alice@localhost\nTo: alice@localhost\nSubject: kept\n\nnumber {}\n"


def send(host: str, context: ssl.SSLContext, user: str, password: str, number: int) -> None:
    """Log in behind STARTTLS on the submission port and send one message. Raises on any failure."""
    with smtplib.SMTP(host, 587, timeout=10) as client:
        client.starttls(context=context)
        client.login(user, password)
        client.sendmail("alice@localhost", "alice@localhost", MESSAGE.format(number))


def main() -> None:
    """Send on a fixed beat, so that a slow answer costs no attempt."""
    host, authority, user, password = sys.argv[1:]
    context = ssl.create_default_context(cafile=authority)
    attempts, failures, slowest = 0, [], 0.0
    due = time.monotonic()
    while not select.select([sys.stdin], [], [], max(due - time.monotonic(), 0))[0]:
        begun = time.monotonic()
        attempts += 1
        try:
            send(host, context, user, password, attempts)
        except (OSError, smtplib.SMTPException) as error:
            failures.append(repr(error))
        slowest = max(slowest, time.monotonic() - begun)
        if attempts == 1:
            print("begun", flush=True)
        due += 0.1
    print(json.dumps({"attempts": attempts, "slowest": slowest, "failures": failures}))


main()
