# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the product must say of each of the other mail servers: one row a server and variant.

An answer is a line of words: how the service speaks TLS (implicit, starttls, cleartext, or "open"
where that could not be told), ``clear-login`` and ``login`` for a login that is offered before and
behind TLS, the old TLS versions that are accepted, and ``!RULE`` for each rule with an error. ``!``
alone stands for any error about a server that does not let itself be seen.
``wants-a-client-certificate`` is the whole answer of a service that demands one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests import hosts

# All say that something was not learnt; which it is, is told by the unit tests of the judge.
NOT_SEEN = (
    *("inconclusive", "no-dialogue", "tls-failed", "not-known"),
    *("tls-version-not-probed", "login-not-probed"),
)

CLIENT_CERTIFICATE = "client-certificate-required"


@dataclass(frozen=True)
class Row:
    """The services of a server by their answers; on one base, or on any where it is "".

    ``variant`` is one of the recipe's, "" for the server as intended.
    """

    kind: str
    variant: str
    answers: Mapping[str, str]
    base: str = ""

    def by_service(self) -> dict[str, str]:
        """Return the answers by service."""
        return {one: words for words, services in self.answers.items() for one in services.split()}

    def bases(self) -> Iterator[str]:
        """Yield the bases to try: what holds on both is tried on both only as intended."""
        both = list(hosts.bases.RELEASES)
        if self.base:
            yield self.base
        elif self.variant:
            yield both[sum(map(ord, self.variant)) % 2]
        else:
            yield from both


def answers(result: Mapping[str, Any], services: tuple[str, ...]) -> dict[str, str]:
    """Return the answers in a result of port_check, by service."""
    return {name: _answer(result, name) for name in services}


def _answer(result: Mapping[str, Any], service: str) -> str:
    (seen,) = (one for one in result["observations"] if one["service"] == service)
    wrong = {
        one["rule"]
        for one in result["findings"]
        if one["service"] == service and one["severity"] == "error"
    }
    if CLIENT_CERTIFICATE in wrong:
        return "wants-a-client-certificate"
    words = [seen["tls_mode"] or "open"]
    phases = (("before_tls", "clear-login"), ("inside_tls", "login"))
    words += [word for phase, word in phases if seen[phase] and seen[phase]["login"]]
    words += [name for name, row in seen["versions"].items() if row["status"] == "accepted"]
    words += sorted(f"!{rule}" for rule in wrong.difference(NOT_SEEN))
    return " ".join([*words, *(["!"] if wrong.intersection(NOT_SEEN) else [])])


ROWS = (
    Row(
        "exim",
        "",
        {"starttls": "smtp", "starttls login": "submission", "implicit login": "submissions"},
    ),
    Row(
        "exim",
        "login_in_clear",
        {
            "starttls": "smtp",
            "starttls clear-login login !login-before-tls": "submission",
            "implicit login": "submissions",
        },
    ),
    Row(
        "exim",
        "mail_in_clear",
        {
            "starttls": "smtp",
            "starttls login !starttls-not-enforced": "submission",
            "implicit login": "submissions",
        },
    ),
    Row(
        "exim",
        "no_starttls",
        {"cleartext !starttls-not-offered": "smtp submission", "implicit login": "submissions"},
    ),
    Row(
        "exim",
        "debians_own_tls",
        {
            "starttls TLSv1 TLSv1.1 !tls-version": "smtp",
            "starttls login TLSv1 TLSv1.1 !tls-version": "submission",
            "implicit login TLSv1 TLSv1.1 !tls-version": "submissions",
        },
    ),
    Row(
        "exim",
        "only_tls10",
        {
            "starttls TLSv1 !tls-version": "smtp",
            "starttls login TLSv1 !tls-version": "submission",
            "implicit login TLSv1 !tls-version": "submissions",
        },
    ),
    Row(
        "exim",
        "wrong_name",
        {
            "starttls": "smtp",
            "starttls login !certificate-name": "submission",
            "implicit login !certificate-name": "submissions",
        },
    ),
    Row(
        "exim", "client_certificates", {"wants-a-client-certificate": "smtp submission submissions"}
    ),
    Row(
        "exim",
        "two_certificates",
        {"starttls": "smtp", "starttls login": "submission", "implicit login": "submissions"},
    ),
    Row(
        "exim",
        "second_certificate_wrong",
        {
            "starttls": "smtp",
            "starttls login !certificate-name": "submission",
            "implicit login !certificate-name": "submissions",
        },
    ),
    Row("opensmtpd", "", {"starttls !": "smtp submission", "open !": "submissions"}, "debian12"),
    Row(
        "opensmtpd",
        "",
        {"starttls": "smtp", "starttls login": "submission", "implicit login": "submissions"},
        "debian13",
    ),
    Row(
        "opensmtpd",
        "no_starttls",
        {"cleartext !starttls-not-offered": "smtp submission", "open !": "submissions"},
        "debian12",
    ),
    Row(
        "opensmtpd",
        "no_starttls",
        {"cleartext !starttls-not-offered": "smtp submission", "implicit login": "submissions"},
        "debian13",
    ),
    Row(
        "opensmtpd",
        "wrong_name",
        {"starttls !": "smtp submission", "open !": "submissions"},
        "debian12",
    ),
    Row(
        "opensmtpd",
        "wrong_name",
        {
            "starttls": "smtp",
            "starttls login !certificate-name": "submission",
            "implicit login !certificate-name": "submissions",
        },
        "debian13",
    ),
    Row(
        "opensmtpd",
        "client_certificates",
        {"starttls !": "smtp submission", "open !": "submissions"},
        "debian12",
    ),
    Row(
        "opensmtpd",
        "client_certificates",
        {
            "starttls": "smtp",
            "starttls login": "submission",
            "wants-a-client-certificate": "submissions",
        },
        "debian13",
    ),
    Row("cyrus", "", {"starttls login": "imap pop3", "implicit login": "imaps pop3s"}),
    Row(
        "cyrus",
        "login_in_clear",
        {
            "starttls clear-login login !login-before-tls !starttls-not-enforced": "imap pop3",
            "implicit login": "imaps pop3s",
        },
    ),
    Row(
        "cyrus",
        "apop",
        {
            "starttls login": "imap",
            "implicit login": "imaps pop3s",
            "starttls clear-login login !login-before-tls": "pop3",
        },
    ),
    Row(
        "cyrus",
        "no_starttls",
        {"starttls login": "imap pop3", "implicit login": "imaps pop3s"},
        "debian12",
    ),
    Row(
        "cyrus",
        "no_starttls",
        {"cleartext !starttls-not-offered": "imap pop3", "implicit login": "imaps pop3s"},
        "debian13",
    ),
    Row(
        "cyrus",
        "only_tls10",
        {
            "starttls login TLSv1 !tls-version": "imap pop3",
            "implicit login TLSv1 !tls-version": "imaps pop3s",
        },
    ),
    Row(
        "cyrus",
        "wrong_name",
        {
            "starttls login !certificate-name": "imap pop3",
            "implicit login !certificate-name": "imaps pop3s",
        },
    ),
    Row(
        "courier",
        "",
        {
            "starttls": "smtp",
            "starttls login": "submission imap",
            "implicit login": "submissions imaps pop3s",
            "starttls clear-login login !login-before-tls": "pop3",
        },
    ),
    Row(
        "courier",
        "login_in_clear",
        {
            "starttls": "smtp",
            "starttls login": "submission",
            "implicit login": "submissions imaps pop3s",
            "starttls clear-login login !login-before-tls !starttls-not-enforced": "imap pop3",
        },
    ),
    Row(
        "courier",
        "mail_in_clear",
        {
            "starttls": "smtp",
            "starttls login !starttls-not-enforced": "submission",
            "implicit login": "submissions imaps pop3s",
            "starttls login": "imap",
            "starttls clear-login login !login-before-tls": "pop3",
        },
    ),
    Row(
        "courier",
        "no_starttls",
        {
            "starttls": "smtp",
            "starttls login": "submission",
            "implicit login": "submissions imaps pop3s",
            "cleartext clear-login !login-before-tls !starttls-not-offered": "imap pop3",
        },
    ),
    Row(
        "courier",
        "debians_own_tls",
        {
            "starttls TLSv1 TLSv1.1 !tls-version": "smtp",
            "starttls login TLSv1 TLSv1.1 !tls-version": "submission imap",
            "implicit login TLSv1 TLSv1.1 !tls-version": "submissions imaps pop3s",
            "starttls clear-login login TLSv1 TLSv1.1 !login-before-tls !tls-version": "pop3",
        },
    ),
    Row(
        "courier",
        "only_tls10",
        {
            "starttls TLSv1 !tls-version": "smtp",
            "starttls login TLSv1 !tls-version": "submission imap",
            "implicit login TLSv1 !tls-version": "submissions imaps pop3s",
            "starttls clear-login login TLSv1 !login-before-tls !tls-version": "pop3",
        },
    ),
    Row(
        "courier",
        "client_certificates",
        {"wants-a-client-certificate": "smtp submission submissions imap imaps pop3 pop3s"},
    ),
    Row(
        "courier",
        "wrong_name",
        {
            "starttls": "smtp",
            "starttls login !certificate-name": "submission imap",
            "implicit login !certificate-name": "submissions imaps pop3s",
            "starttls clear-login login !certificate-name !login-before-tls": "pop3",
        },
    ),
    Row(
        "nginx",
        "",
        {"starttls login": "submission imap pop3", "implicit login": "submissions imaps pop3s"},
    ),
    Row(
        "nginx",
        "login_in_clear",
        {
            "starttls clear-login login !login-before-tls": "submission",
            "implicit login": "submissions imaps pop3s",
            "starttls clear-login login !login-before-tls !starttls-not-enforced": "imap pop3",
        },
    ),
    Row(
        "nginx",
        "no_starttls",
        {
            "cleartext clear-login !login-before-tls !starttls-not-offered": "submission imap pop3",
            "implicit login": "submissions imaps pop3s",
        },
    ),
    Row(
        "nginx",
        "only_tls10",
        {
            "starttls login TLSv1 !tls-version": "submission imap pop3",
            "implicit login TLSv1 !tls-version": "submissions imaps pop3s",
        },
    ),
    Row(
        "nginx",
        "client_certificates",
        {"wants-a-client-certificate": "submission submissions imap imaps pop3 pop3s"},
    ),
    Row(
        "haproxy", "", {"starttls login": "submission imap", "implicit login": "submissions imaps"}
    ),
    Row(
        "haproxy",
        "login_in_clear",
        {"starttls login": "submission imap", "implicit login": "submissions imaps"},
        "debian12",
    ),
    Row(
        "haproxy",
        "login_in_clear",
        {
            "starttls login": "submission",
            "implicit login": "submissions imaps",
            "starttls clear-login login !login-before-tls !starttls-not-enforced": "imap",
        },
        "debian13",
    ),
    Row(
        "haproxy",
        "only_tls10",
        {
            "starttls login": "submission imap",
            "implicit login TLSv1 !tls-version": "submissions imaps",
        },
    ),
    Row(
        "haproxy",
        "client_certificates",
        {"starttls login": "submission imap", "wants-a-client-certificate": "submissions imaps"},
    ),
    Row(
        "haproxy",
        "dead_back_end",
        {
            "starttls login": "submission",
            "implicit login": "submissions",
            "open !": "imap",
            "implicit !": "imaps",
        },
    ),
    Row(
        "postfix",
        "",
        {
            "starttls": "smtp",
            "starttls login": "submission submission_alt imap pop3",
            "implicit login": "submissions imaps pop3s",
        },
    ),
    Row(
        "postfix",
        "two_certificates",
        {
            "starttls": "smtp",
            "starttls login": "submission submission_alt imap pop3",
            "implicit login": "submissions imaps pop3s",
        },
    ),
    Row(
        "postfix",
        "second_certificate_wrong",
        {
            "starttls": "smtp",
            "starttls login !certificate-name": "submission submission_alt imap pop3",
            "implicit login !certificate-name": "submissions imaps pop3s",
        },
    ),
    Row(
        "postfix",
        "client_certificates",
        {
            "starttls": "smtp",
            "wants-a-client-certificate": "submission submissions",
            "starttls login": "submission_alt imap pop3",
            "implicit login": "imaps pop3s",
        },
    ),
    Row(
        "postfix",
        "postscreen",
        {
            "starttls": "smtp",
            "starttls login": "submission submission_alt imap pop3",
            "implicit login": "submissions imaps pop3s",
        },
    ),
)
