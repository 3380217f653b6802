# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of people in the DNS and on the web: OPENPGPKEY, SMIMEA (RFC 7929, 8162) and WKD; reported.

Nothing is demanded of them. Records stand below hashes of addresses, which nobody can list: what
can be seen is whether anything stands below the two names at all.
"""

from __future__ import annotations

from .question import NXDOMAIN, Answer, Fetch, Fetched, Question, Steps, ask_all

_NAMES = {"openpgpkey": "_openpgpkey", "smimea": "_smimecert"}
YES, NO, UNKNOWN = "yes", "no", "unknown"


def gather(domain: str) -> Steps[dict[str, str]]:
    """Return for openpgpkey, smimea and wkd whether there is any: yes, no or unknown.

    A name without records of its own that is no NXDOMAIN has something below it (RFC 8020).
    """
    names = {key: Question(f"{label}.{domain}", "TXT") for key, label in _NAMES.items()}
    host = f"openpgpkey.{domain}"
    places = [Question(host, kind) for kind in ("A", "AAAA")]
    answers = yield from ask_all([*names.values(), *places])
    found = {key: _there(answers[question]) for key, question in names.items()}
    addresses = tuple(address for one in places for address in answers[one].records)
    if addresses:
        # draft-koch-openpgp-webkey-service: the advanced method, whose policy file must be there.
        fetch = Fetch(host, f"/.well-known/openpgpkey/{domain}/policy", addresses)
        found["wkd"] = _served((yield [fetch])[fetch])
    else:
        found["wkd"] = NO if all(answers[one].absent for one in places) else UNKNOWN
    return found


def _there(answer: Answer) -> str:
    if not answer.known:
        return UNKNOWN
    return NO if answer.kind == NXDOMAIN else YES


def _served(fetched: Fetched) -> str:
    if fetched.problem in ("timeout", "connect"):
        return UNKNOWN
    return YES if fetched.status == 200 and not fetched.problem else NO
