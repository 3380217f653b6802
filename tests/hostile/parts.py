# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a mail server may do, as data: one table a dimension, one part a row.

A part changes some knobs of a server and says what follows from it for the truth. The judge of the
product is not asked: the rules named here were written down by reading the standards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PROTOCOLS = ("smtp", "imap", "pop3")
SMTP, IMAP, POP3 = (("smtp",), ("imap",), ("pop3",))
STARTTLS = ("starttls",)


@dataclass(frozen=True)
class Part:
    """One way to behave.

    ``knobs`` are fields of server.Knobs. ``breaks`` are the rules of which each must be reported as an
    error where the part is seen; "a|b" wants one of the two. ``ends`` says that nothing behind it
    can be seen; ``hides`` that the server refuses to be looked at, so that nothing is known; ``shy``
    that a client may or may not get to see all of it.
    ``second`` are the parts of a second address that are not those of the first.
    The rest limits it to servers of some protocols, TLS modes and uses (``login``: users log in).
    """

    knobs: Mapping[str, Any] = field(default_factory=dict)
    breaks: tuple[str, ...] = ()
    ends: bool = False
    hides: bool = False
    shy: bool = False
    second: Mapping[str, str] = field(default_factory=dict)
    protocols: tuple[str, ...] = PROTOCOLS
    modes: tuple[str, ...] = ("implicit", "starttls")
    login: tuple[bool, ...] = (True, False)


def _greeting(smtp: bytes, imap: bytes, pop3: bytes) -> dict[str, Any]:
    return {"greeting": {"smtp": smtp, "imap": imap, "pop3": pop3}}


USUAL = Part()
BUSY = _greeting(
    b"421 4.3.2 too many connections\r\n",
    b"* BYE too many connections\r\n",
    b"-ERR [SYS/TEMP] busy\r\n",
)
CLEAR_LOGINS = {"breaks": ("login-before-tls",), "modes": STARTTLS, "login": (True,)}
NO_LOGIN = {"breaks": ("login-missing",), "login": (True,)}

REACH = {
    "usual": USUAL,
    "nothing_listens": Part({"listens": False}, ("port-closed",), ends=True),
    "closed_at_once": Part(
        {"at_once": "close"}, ("no-dialogue|tls-failed|inconclusive",), hides=True
    ),
    "reset_at_once": Part(
        {"at_once": "reset"}, ("no-dialogue|tls-failed|inconclusive|port-closed",), hides=True
    ),
    "every_second_refused": Part({"refuses": 2}, shy=True),
    "all_but_the_first_refused": Part({"refuses": 1}, shy=True),
}
GREETING = {
    "usual": USUAL,
    "many_lines": Part(
        {"greeting": {"smtp": b"220-mail.example.net ESMTP\r\n220-be kind\r\n220 \r\n"}},
        protocols=SMTP,
    ),
    "words_of_ftp": Part(
        {"greeting": {"smtp": b"220 mail.softpro.example FTP news ESMTP\r\n"}}, protocols=SMTP
    ),
    "bare_code": Part({"greeting": {"smtp": b"220 mail.example.net\r\n"}}, protocols=SMTP),
    "odd_text": Part(
        _greeting(
            b"220 mail.example.net \xff\xfe 100% <b>ESMTP</b>\r\n",
            b"* OK \x01\x02\r\n",
            b"+OK \xc3\r\n",
        )
    ),
    "byte_by_byte": Part({"bytewise": True}),
    "a_moment_late": Part({"delay": 0.3}),
    "refused_554": Part(
        {"greeting": {"smtp": b"554 5.7.1 blocked\r\n"}}, protocols=SMTP, hides=True
    ),
    "busy": Part(BUSY, hides=True),
    "ftp": Part(
        {"greeting": {"smtp": b"220 (vsFTPd 3.0.3)\r\n"}, "foreign": b"500 Unknown command.\r\n"},
        ("wrong-protocol|no-dialogue",),
        ends=True,
        protocols=SMTP,
    ),
    "ssh": Part(
        {**_greeting(*3 * (b"SSH-2.0-OpenSSH_9.2\r\n",)), "foreign": b""},
        ("wrong-protocol|no-dialogue",),
        ends=True,
    ),
    "another_mail_protocol": Part(
        {
            **_greeting(b"* OK ready\r\n", b"+OK ready\r\n", b"220 mail ESMTP\r\n"),
            "foreign": b"BAD\r\n",
        },
        ("wrong-protocol|no-dialogue",),
        ends=True,
    ),
    "noise": Part(
        {**_greeting(*3 * (bytes(range(128, 256)) * 4 + b"\r\n",)), "foreign": b""},
        ("wrong-protocol|no-dialogue",),
        ends=True,
    ),
    "preauthenticated": Part(
        {"greeting": {"imap": b"* PREAUTH welcome\r\n"}},
        ("preauthenticated",),
        ends=True,
        protocols=IMAP,
        modes=STARTTLS,
    ),
}
LISTING = {
    "usual": USUAL,
    "lower_case": Part({"lower": True}),
    "two_hundred_more": Part({"more": 200}),
    "starttls_required": Part(
        {"starttls_word": "STARTTLS REQUIRED"}, protocols=SMTP, modes=STARTTLS
    ),
    "stls_and_a_space": Part({"starttls_word": "STLS "}, protocols=POP3, modes=STARTTLS),
    "starttls_not_offered": Part(
        {"starttls_word": ""}, ("starttls-not-offered",), ends=True, modes=STARTTLS
    ),
    "starttls_works_though_not_offered": Part(
        {"starttls_word": "", "starttls_works": True}, ("starttls-not-offered",), modes=STARTTLS
    ),
    "login_in_clear": Part(
        {"clear": {"smtp": "AUTH PLAIN LOGIN", "imap": "AUTH=PLAIN", "pop3": "USER"}},
        **CLEAR_LOGINS,
    ),
    "login_in_clear_behind_a_tab": Part(
        {"clear": {"smtp": "AUTH\tPLAIN"}}, protocols=SMTP, **CLEAR_LOGINS
    ),
    "login_in_clear_old_spelling": Part(
        {"clear": {"smtp": "AUTH=PLAIN"}}, protocols=SMTP, **CLEAR_LOGINS
    ),
    "login_in_clear_user_and_space": Part(
        {"clear": {"pop3": "USER "}}, protocols=POP3, **CLEAR_LOGINS
    ),
    "login_in_clear_by_sasl": Part(
        {"clear": {"pop3": "SASL PLAIN"}}, protocols=POP3, **CLEAR_LOGINS
    ),
    "login_in_clear_by_command": Part({"clear": {"imap": ""}}, protocols=IMAP, **CLEAR_LOGINS),
    "login_in_clear_greeting_only": Part(
        {"greeting": {"imap": b"* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] ready\r\n"}},
        protocols=IMAP,
        **CLEAR_LOGINS,
    ),
    "login_in_clear_hidden_by_the_greeting": Part(
        {
            "greeting": {"imap": b"* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready\r\n"},
            "clear": {"imap": "AUTH=PLAIN"},
        },
        protocols=IMAP,
        **CLEAR_LOGINS,
    ),
    "bare_auth_in_clear": Part(
        {"clear": {"smtp": "AUTH"}}, hides=True, protocols=SMTP, modes=STARTTLS, login=(True,)
    ),
    "refused_for_the_name": Part(
        {"hello": b"550 5.7.1 <probe>: HELO not welcome\r\n"},
        hides=True,
        protocols=SMTP,
        login=(True,),
    ),
    "leaves_at_once": Part({"hello": b"421 4.3.2 shutting down\r\n"}, hides=True, protocols=SMTP),
}
START = {
    "usual": USUAL,
    "refused": Part(
        {
            "starttls_answer": {
                "smtp": b"454 4.7.0 TLS not available\r\n",
                "imap": b"NO not now\r\n",
                "pop3": b"-ERR not now\r\n",
            }
        },
        ("starttls-refused",),
        ends=True,
    ),
    "words_in_clear_behind": Part(
        {"injected": {"smtp": b"250 mail\r\n", "imap": b"* CAPABILITY X\r\n", "pop3": b"+OK\r\n"}},
        ("starttls-response-injection",),
        ends=True,
    ),
    "closes": Part({"then": "close"}, ("tls-failed|no-dialogue|inconclusive",), hides=True),
    "goes_on_in_clear": Part({"then": "noise"}, ("tls-failed",), ends=True),
}
HANDSHAKE = {
    "usual": USUAL,
    "internal_error": Part({"alert": 80}, ("tls-failed",), ends=True),
    "handshake_failure": Part({"alert": 40}, ("tls-failed",), ends=True),
    "unrecognized_name": Part({"alert": 112}, ("tls-failed",), ends=True),
    "wants_a_client_certificate": Part(
        {"client_certificate": "required"}, ("client-certificate-required|no-dialogue",), ends=True
    ),
}
# The versions from the lowest to the highest, as in ssl.TLSVersion, "" for the usual end.
VERSIONS = {
    "usual": USUAL,
    "only_tls12": Part({"versions": ("TLSv1_2", "TLSv1_2")}),
    "only_tls13": Part({"versions": ("TLSv1_3", "TLSv1_3")}),
    "from_tls10": Part({"versions": ("TLSv1", "TLSv1_3")}, ("tls-version",)),
    "from_tls11": Part({"versions": ("TLSv1_1", "TLSv1_3")}, ("tls-version",)),
    "tls10_and_tls13": Part({"versions": ("TLSv1", "TLSv1_2")}, ("tls-version",)),
    "only_tls10": Part({"versions": ("TLSv1", "TLSv1")}, ("tls-version",)),
    "only_tls11": Part({"versions": ("TLSv1_1", "TLSv1_1")}, ("tls-version",)),
    "closes_on_old": Part({"on_old": "close"}),
    "resets_on_old": Part({"on_old": "reset"}),
    "internal_error_on_old": Part({"on_old": 80}),
    "handshake_failure_on_old": Part({"on_old": 40}),
}
TRUST = ("certificate-untrusted",)
USERS = {"login": (True,)}
CERTIFICATE = {
    "usual": USUAL,
    "rsa": Part({"chains": ("rsa",)}),
    "both": Part({"chains": ("rsa", "ec")}),
    "by_an_intermediate": Part({"chains": ("intermediate",)}),
    "with_one_too_many": Part({"chains": ("too_many",)}),
    "with_the_root": Part({"chains": ("with_root",)}),
    "expires_soon": Part({"chains": ("expires_soon",)}),
    "expired": Part({"chains": ("expired",)}, ("certificate-expired",), **USERS),
    "not_yet_valid": Part({"chains": ("not_yet_valid",)}, ("certificate-not-yet-valid",), **USERS),
    "wrong_name": Part({"chains": ("wrong_name",)}, ("certificate-name",), **USERS),
    "name_only_in_the_subject": Part({"chains": ("no_san",)}, ("certificate-name",), **USERS),
    "self_signed": Part({"chains": ("self_signed",)}, TRUST, **USERS),
    "by_a_stranger": Part({"chains": ("stranger",)}, TRUST, **USERS),
    "intermediate_missing": Part({"chains": ("missing",)}, TRUST, **USERS),
    "weak_key": Part({"chains": ("weak_key",)}, ("certificate-weak-key",), **USERS),
    "sha1": Part({"chains": ("sha1",)}, ("certificate-weak-signature",), **USERS),
    "weak_intermediate": Part(
        {"chains": ("weak_intermediate",)}, ("certificate-weak-key|certificate-untrusted",), **USERS
    ),
    "sha1_intermediate": Part(
        {"chains": ("sha1_intermediate",)},
        ("certificate-weak-signature|certificate-untrusted",),
        **USERS,
    ),
    "expired_intermediate": Part(
        {"chains": ("expired_intermediate",)},
        ("certificate-expired|certificate-untrusted",),
        **USERS,
    ),
    "leaf_as_authority": Part({"chains": ("leaf_as_authority",)}, TRUST, **USERS),
    "second_wrong_name": Part({"chains": ("ec", "rsa_wrong_name")}, ("certificate-name",), **USERS),
    "second_expired": Part({"chains": ("rsa", "expired")}, ("certificate-expired",), **USERS),
}
INSIDE = {
    "usual": USUAL,
    "no_login": Part({"inside": {"smtp": None, "imap": "LOGINDISABLED", "pop3": None}}, **NO_LOGIN),
    "other_mechanisms": Part(
        {
            "inside": {
                "smtp": "AUTH SCRAM-SHA-256 OAUTHBEARER",
                "imap": "AUTH=SCRAM-SHA-256",
                "pop3": "SASL SCRAM-SHA-256",
            }
        },
        **USERS,
    ),
    "login_for_nobody": Part(
        {"inside": {"smtp": "AUTH PLAIN"}}, ("login-unexpected",), protocols=SMTP, login=(False,)
    ),
    "closes": Part({"inside_end": "close"}, ("no-dialogue|inconclusive",), hides=True),
    "leaves": Part({"inside_end": "leave"}, hides=True),
    "misses_a_client_certificate": Part(
        {"inside_end": "misses"}, ("client-certificate-required",), ends=True
    ),
}
ENFORCEMENT = {
    "usual": USUAL,
    "mail_in_clear": Part(
        {"mail_in_clear": True},
        ("starttls-not-enforced",),
        protocols=SMTP,
        modes=STARTTLS,
        login=(True,),
    ),
    "starttls_refused_after_mail_in_clear": Part(
        {"mail_in_clear": True, "then_in_clear": "no_starttls"},
        ("starttls-not-enforced",),
        protocols=SMTP,
        modes=STARTTLS,
        login=(True,),
    ),
    "starttls_refused_after_a_login_in_clear": Part(
        {"then_in_clear": "no_starttls"}, modes=STARTTLS, **USERS
    ),
    **{
        f"{end}_on_mail_or_login_in_clear": Part(
            {"then_in_clear": end}, ("not-known",), modes=STARTTLS, **USERS
        )
        for end in ("close", "leave")
    },
    "refused_for_no_reason": Part(
        {"first": b"550 no\r\n"}, protocols=SMTP, modes=STARTTLS, **USERS
    ),
    # It takes mail in clear, from any sender that has a name.
    "no_empty_sender": Part(
        {"mail_in_clear": True, "no_sender": b"550 5.1.8 who are you?\r\n"},
        ("not-known",),
        protocols=SMTP,
        modes=STARTTLS,
        login=(True,),
    ),
}
# What a second address of the host does otherwise: parts of other dimensions; without any, the host
# has one address.
SECOND_ADDRESS = {
    "usual": USUAL,
    "as_the_first": Part(second={"reach": "usual"}),
    "nothing_listens": Part(second={"reach": "nothing_listens"}),
    "old_tls": Part(second={"versions": "from_tls10"}),
    "busy": Part(second={"greeting": "busy"}),
    "no_handshake": Part(second={"handshake": "handshake_failure"}),
    "wrong_name": Part(second={"certificate": "wrong_name"}, **USERS),
    "expired": Part(second={"certificate": "expired"}, **USERS),
    "no_login": Part(second={"inside": "no_login"}, **USERS),
    "login_in_clear": Part(second={"listing": "login_in_clear"}, modes=STARTTLS, **USERS),
    "no_starttls": Part(second={"listing": "starttls_not_offered"}, modes=STARTTLS),
}
DIMENSIONS = {
    "reach": REACH,
    "greeting": GREETING,
    "listing": LISTING,
    "enforcement": ENFORCEMENT,
    "start": START,
    "handshake": HANDSHAKE,
    "versions": VERSIONS,
    "certificate": CERTIFICATE,
    "inside": INSIDE,
    "second_address": SECOND_ADDRESS,
}
# The order in which a client gets to see them: a part that ends hides those of later steps.
ORDER: dict[str, tuple[tuple[str, ...], ...]] = {
    "starttls": (
        ("reach",),
        ("greeting",),
        ("listing", "enforcement"),
        ("start",),
        ("handshake",),
        ("versions", "certificate"),
        ("inside",),
    ),
    "implicit": (
        ("reach",),
        ("handshake",),
        ("versions", "certificate"),
        ("greeting",),
        ("listing", "inside"),
    ),
}
