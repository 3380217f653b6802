# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of SMTP dialogues: what the server says, what is sent, what is learnt."""

from __future__ import annotations

from ansible_collections.postmaster.mailports.plugins.module_utils._model.observation import (
    Failure,
    Phase,
    Starttls,
)

from tests.unit.plugins.module_utils._probe.scripting import (
    PASSWORD64,
    PLAIN,
    USER,
    USER64,
    End,
    Tls,
    case,
    starttls,
)

S_GREETING = b"220 mail.example.net ESMTP\r\n"
S_LIST = b"250-mail.example.net\r\n250-PIPELINING\r\n250 STARTTLS\r\n"
S_LIST_TLS = b"250-mail.example.net\r\n250-AUTH PLAIN LOGIN\r\n250 AUTH=PLAIN LOGIN\r\n"
S_HELLO = b"EHLO probe.example.org\r\n"
S_HELO = b"HELO probe.example.org\r\n"
S_START = b"STARTTLS\r\n"
S_BYE = b"QUIT\r\n"
S_OPEN = (S_GREETING, S_LIST, b"220 2.0.0 go ahead\r\n", Tls())
S_SENT = S_HELLO + S_START + b"<TLS>" + S_HELLO
S_CLEAR = Phase(("PIPELINING", "STARTTLS"), (), False)
S_SECURE = Phase(("AUTH PLAIN LOGIN", "AUTH=PLAIN LOGIN"), ("PLAIN", "LOGIN"), True)
S_ACCEPTED = Starttls(True, "accepted", "220 2.0.0 go ahead")
S_GREETED = {"greeting": "220 mail.example.net ESMTP", "protocol_seen": "smtp"}
S_SAID = {"greeting": S_GREETED["greeting"]}
S_FOUND = {**S_GREETED, "clear": S_CLEAR, "starttls": S_ACCEPTED}
S_PLAIN_ONLY = b"250-mail.example.net\r\n250 AUTH PLAIN\r\n"
S_LOGIN_ONLY = b"250-mail.example.net\r\n250 AUTH LOGIN\r\n"


SMTP = {
    "starttls": case("smtp", *S_OPEN, S_LIST_TLS, sent=S_SENT + S_BYE, **S_FOUND, secure=S_SECURE),
    "implicit": case(
        "smtp",
        Tls(),
        S_GREETING,
        S_LIST_TLS,
        setup={"implicit": True},
        sent=b"<TLS>" + S_HELLO + S_BYE,
        **S_GREETED,
        secure=S_SECURE,
    ),
    "multiline_greeting": case(
        "smtp",
        b"220-mail.example.net\r\n220-be patient\r\n220 ESMTP\r\n",
        *S_OPEN[1:],
        S_LIST_TLS,
        sent=S_SENT + S_BYE,
        **{**S_FOUND, "greeting": "220 mail.example.net / be patient / ESMTP"},
        secure=S_SECURE,
    ),
    "bare_greeting_and_bare_newlines": case(
        "smtp",
        b"220\n",
        b"250-x\n250 STARTTLS\n",
        b"220\n",
        Tls(),
        S_LIST_TLS,
        sent=S_SENT + S_BYE,
        greeting="220",
        protocol_seen="smtp",
        clear=Phase(("STARTTLS",), (), False),
        starttls=starttls(True, "accepted", "220"),
        secure=S_SECURE,
    ),
    "one_line_ehlo": case(
        "smtp",
        S_GREETING,
        b"250 mail.example.net\r\n",
        b"502 5.5.1 no\r\n",
        sent=S_HELLO + S_START + S_BYE,
        **S_GREETED,
        clear=Phase((), (), False),
        starttls=starttls(False, "not_offered", "502 5.5.1 no"),
    ),
    "ehlo_refused": case(
        "smtp",
        S_GREETING,
        b"502 what\r\n",
        b"250 mail.example.net\r\n",
        b"502 5.5.1 no\r\n",
        sent=S_HELLO + S_HELO + S_START + S_BYE,
        **S_GREETED,
        starttls=starttls(None, "refused", "502 5.5.1 no"),
    ),
    "ehlo_refused_inside_tls": case(
        "smtp",
        *S_OPEN,
        b"500 what\r\n",
        b"250 mail.example.net\r\n",
        sent=S_SENT + S_HELO + S_BYE,
        **S_FOUND,
    ),
    "hidden_but_there": case(
        "smtp",
        S_GREETING,
        b"250-x\r\n250 XXXXXXXA\r\n",
        b"220 2.0.0 go ahead\r\n",
        Tls(),
        S_LIST_TLS,
        sent=S_SENT + S_BYE,
        **S_GREETED,
        clear=Phase(("XXXXXXXA",), (), False),
        starttls=starttls(False, "accepted", "220 2.0.0 go ahead"),
        secure=S_SECURE,
    ),
    **{
        f"starttls_{reply[:3].decode()}": case(
            "smtp",
            S_GREETING,
            S_LIST,
            reply + b"\r\n",
            sent=S_HELLO + S_START + S_BYE,
            **S_GREETED,
            clear=S_CLEAR,
            starttls=starttls(True, "refused", reply.decode()),
        )
        for reply in (b"454 4.7.0 not now", b"502 no", b"354 go on", b"250 ok", b"554 5.5.1 no")
    },
    "421_at_greeting": case(
        "smtp",
        b"421 4.7.0 busy\r\n",
        sent=S_BYE,
        greeting="421 4.7.0 busy",
        refusal="421 4.7.0 busy",
    ),
    "554_at_greeting": case(
        "smtp",
        b"554 no\r\n",
        sent=S_BYE,
        greeting="554 no",
        refusal="554 no",
    ),
    "421_at_ehlo": case(
        "smtp", S_GREETING, b"421 bye\r\n", sent=S_HELLO + S_BYE, **S_SAID, refusal="421 bye"
    ),
    "421_at_helo": case(
        "smtp",
        S_GREETING,
        b"502 no\r\n",
        b"421 bye\r\n",
        sent=S_HELLO + S_HELO + S_BYE,
        **S_SAID,
        refusal="421 bye",
    ),
    "421_at_starttls": case(
        "smtp",
        S_GREETING,
        S_LIST,
        b"421 bye\r\n",
        sent=S_HELLO + S_START + S_BYE,
        **S_GREETED,
        clear=S_CLEAR,
        starttls=starttls(True, "refused", "421 bye"),
        refusal="421 bye",
    ),
    "421_inside_tls": case(
        "smtp", *S_OPEN, b"421 bye\r\n", sent=S_SENT + S_BYE, **S_FOUND, refusal="421 bye"
    ),
    "login_in_clear": case(
        "smtp",
        S_GREETING,
        b"250-x\r\n250-STARTTLS\r\n250 AUTH=PLAIN CRAM-MD5\r\n",
        b"454 no\r\n",
        sent=S_HELLO + S_START + S_BYE,
        **S_GREETED,
        clear=Phase(("STARTTLS", "AUTH=PLAIN CRAM-MD5"), ("PLAIN", "CRAM-MD5"), True),
        starttls=starttls(True, "refused", "454 no"),
    ),
    "authenticate_is_no_auth": case(
        "smtp",
        S_GREETING,
        b"250-x\r\n250-STARTTLS\r\n250 AUTHENTICATED PLAIN\r\n",
        b"454 no\r\n",
        sent=S_HELLO + S_START + S_BYE,
        **S_GREETED,
        clear=Phase(("STARTTLS", "AUTHENTICATED PLAIN"), (), False),
        starttls=starttls(True, "refused", "454 no"),
    ),
    "garbage_at_ehlo": case(
        "smtp",
        S_GREETING,
        b"\x1b[2Jwhat\r\n",
        sent=S_HELLO,
        **S_SAID,
        failure=Failure("capabilities", "garbled", "\\x1b[2Jwhat"),
    ),
    "garbage_at_starttls": case(
        "smtp",
        S_GREETING,
        S_LIST,
        b"yes\r\n",
        sent=S_HELLO + S_START,
        **S_GREETED,
        clear=S_CLEAR,
        starttls=starttls(True, "refused", "yes"),
        failure=Failure("starttls", "garbled", "yes"),
    ),
    "closed_before_greeting": case(
        "smtp", End(), sent=b"", failure=Failure("greeting", "closed", "the end")
    ),
    "half_a_greeting": case(
        "smtp",
        b"220-mail",
        End("timeout"),
        sent=b"",
        greeting="220-mail",
        failure=Failure("greeting", "timeout", "the end"),
    ),
    "reset_inside_tls": case(
        "smtp",
        *S_OPEN,
        b"250-mail",
        End("reset"),
        sent=S_SENT,
        **S_FOUND,
        failure=Failure("capabilities_tls", "reset", "the end"),
    ),
    "handshake_only": case(
        "smtp",
        *S_OPEN,
        setup={"handshake_only": True},
        sent=S_HELLO + S_START + b"<TLS>" + S_BYE,
        **S_FOUND,
    ),
    "login_plain": case(
        "smtp",
        *S_OPEN,
        S_PLAIN_ONLY,
        b"235 2.7.0 welcome alice\r\n",
        setup={"credentials": USER},
        sent=S_SENT + b"AUTH PLAIN " + PLAIN + b"\r\n" + S_BYE,
        **S_FOUND,
        secure=Phase(("AUTH PLAIN",), ("PLAIN",), True),
        login="accepted",
        login_reply="235 2.7.0",
    ),
    "login_login": case(
        "smtp",
        *S_OPEN,
        S_LOGIN_ONLY,
        b"334 VXNlcm5hbWU6\r\n",
        b"334 UGFzc3dvcmQ6\r\n",
        b"235 ok\r\n",
        setup={"credentials": USER},
        sent=S_SENT + b"AUTH LOGIN\r\n" + USER64 + b"\r\n" + PASSWORD64 + b"\r\n" + S_BYE,
        **S_FOUND,
        secure=Phase(("AUTH LOGIN",), ("LOGIN",), True),
        login="accepted",
        login_reply="235",
    ),
    "login_login_refused_at_once": case(
        "smtp",
        *S_OPEN,
        S_LOGIN_ONLY,
        b"535 5.7.8 no\r\n",
        setup={"credentials": USER},
        sent=S_SENT + b"AUTH LOGIN\r\n" + S_BYE,
        **S_FOUND,
        secure=Phase(("AUTH LOGIN",), ("LOGIN",), True),
        login="refused",
        login_reply="535 5.7.8",
    ),
    "login_reply_that_echoes_the_password": case(
        "smtp",
        *S_OPEN,
        S_PLAIN_ONLY,
        b"535 5.7.8 " + PLAIN + b" is wrong\r\n",
        setup={"credentials": USER},
        sent=S_SENT + b"AUTH PLAIN " + PLAIN + b"\r\n" + S_BYE,
        **S_FOUND,
        secure=Phase(("AUTH PLAIN",), ("PLAIN",), True),
        login="refused",
        login_reply="535 5.7.8",
    ),
    "login_without_a_common_mechanism": case(
        "smtp",
        *S_OPEN,
        b"250-x\r\n250 AUTH GSSAPI\r\n",
        setup={"credentials": USER},
        sent=S_SENT + S_BYE,
        **S_FOUND,
        secure=Phase(("AUTH GSSAPI",), ("GSSAPI",), True),
        login_reply="no mechanism in common with the probe",
    ),
    "login_not_allowed": case(
        "smtp",
        *S_OPEN,
        S_LIST_TLS,
        setup={"credentials": USER, "may_login": False},
        sent=S_SENT + S_BYE,
        **S_FOUND,
        secure=S_SECURE,
    ),
}
for kind, banner, shown in (
    ("imap", b"* OK ready\r\n", "* OK ready"),
    ("pop3", b"+OK ready\r\n", "+OK ready"),
    ("ssh", b"SSH-2.0-OpenSSH_9.2\r\n", "SSH-2.0-OpenSSH_9.2"),
    ("http", b"HTTP/1.1 400 Bad Request\r\n", "HTTP/1.1 400 Bad Request"),
    ("http", b"<!DOCTYPE html>\r\n", "<!DOCTYPE html>"),
    ("sieve", b'"IMPLEMENTATION" "Pigeonhole"\r\n', '"IMPLEMENTATION" "Pigeonhole"'),
    ("tls", b"\x15\x03\x01\x00\x02\x02(\r\n", "\\x15\\x03\\x01\\x00\\x02\\x02("),
    ("unknown", b"hello\r\n", "hello"),
    ("unknown", b"\xff\xfe\x00\r\n", "\\xff\\xfe\\x00"),
):
    SMTP[f"greeting_of_{kind}_{shown}"] = case(
        "smtp",
        banner,
        sent=b"",
        protocol_seen=kind,
        failure=Failure("greeting", "foreign", "not a greeting of this protocol"),
        greeting=shown,
    )
# The text of a greeting is free, so the dialogue decides: a mail server may be called anything,
# and what knows neither EHLO nor HELO is none, whatever it says first.
for kind, shown, answer in (
    ("ftp", "220 (vsFTPd 3.0.3)", "530 Please login with USER and PASS."),
    ("ftp", "220 ProFTPD Server ready", "500 EHLO not understood"),
    ("nntp", "200 news.example.net NNTP ready", "500 What?"),
    ("lmtp", "220 mail.example.net LMTP ready", "500 5.5.1 Unknown command"),
    ("unknown", "220 welcome", "502 Command not implemented"),
    ("unknown", "200 news.example.net InterNetNews", "500 What?"),
):
    SMTP[f"{shown}_is_{kind}"] = case(
        "smtp",
        f"{shown}\r\n".encode(),
        f"{answer}\r\n".encode() * 2,
        sent=S_HELLO + S_HELO,
        greeting=shown,
        protocol_seen=kind,
        failure=Failure("fallback", "foreign", f"this is not an SMTP server: {answer}"),
    )
for name in ("mail.softpro.example", "ftp.example.net", "lmtp.example.net", "nntp"):
    SMTP[f"mail_server_that_calls_itself_{name}"] = case(
        "smtp",
        f"220 {name}\r\n".encode(),
        S_LIST,
        b"454 no\r\n",
        sent=S_HELLO + S_START + S_BYE,
        greeting=f"220 {name}",
        protocol_seen="smtp",
        clear=S_CLEAR,
        starttls=starttls(True, "refused", "454 no"),
    )
# Refused for the name that this client gives, or for what it is: nothing is known of the server.
for code in ("450", "501", "504", "521", "550", "554"):
    SMTP[f"ehlo_refused_for_the_name_{code}"] = case(
        "smtp",
        S_GREETING,
        f"{code} 5.5.4 your name\r\n".encode(),
        sent=S_HELLO + S_BYE,
        **S_SAID,
        refusal=f"{code} 5.5.4 your name",
    )
for text, mechanisms, login in (
    ("AUTH\tPLAIN", ("PLAIN",), True),
    ("auth  plain \tlogin", ("PLAIN", "LOGIN"), True),
    ("AUTH=\x0bPLAIN", ("PLAIN",), True),
    ("AUTH", (), None),
    ("AUTH =", (), None),
):
    SMTP[f"login_behind_white_space_{text!r}"] = case(
        "smtp",
        S_GREETING,
        f"250-x\r\n250-STARTTLS REQUIRED\r\n250 {text}\r\n".encode(),
        b"454 no\r\n",
        sent=S_HELLO + S_START + S_BYE,
        **S_GREETED,
        clear=Phase(
            ("STARTTLS REQUIRED", " ".join(text.upper().split())), tuple(mechanisms), login
        ),
        starttls=starttls(True, "refused", "454 no"),
    )
S_MAIL = b"MAIL FROM:<>\r\n"
for answer, verdict in (
    ("530 5.7.0 Must issue a STARTTLS command first", "refused"),
    ("530 5.7.1 no", "refused"),
    ("503 5.5.1 AUTH first", "refused"),
    ("554 5.7.1 encryption needed", "refused"),
    ("550 clear text is not allowed", "refused"),
    ("400 STARTTLS is required first.", "refused"),
    ("451 later", "untried"),
    ("454 TLS is needed first, later", "untried"),
):
    SMTP[f"enforcement_{answer}"] = case(
        "smtp",
        *S_OPEN[:2],
        f"{answer}\r\n".encode(),
        *S_OPEN[2:],
        S_LIST_TLS,
        setup={"enforcement": True},
        sent=S_HELLO + S_MAIL + S_START + b"<TLS>" + S_HELLO + S_BYE,
        **S_FOUND,
        enforced=verdict,
        enforced_reply=answer,
        secure=S_SECURE,
    )
# A refusal that does not say why is held against the answer inside TLS.
for answer, inside, verdict in (
    ("503 what", ("250 2.1.0 Ok", "250 reset"), "refused"),
    ("550 5.7.1 no", ("550 5.7.0 no",), "untried"),
    ("550 Administrative prohibition", ("530 authenticate first",), "refused"),
    ("550 no empty senders", ("550 no empty senders",), "untried"),
    ("550 5.7.26 unauthenticated mail", ("550 5.7.26 unauthenticated mail",), "untried"),
    ("550 mail.tls.example: no, 1", ("550 mail.tls.example: no, 2",), "untried"),
    ("550 tls.example.net: sender not allowed", ("550 tls.example.net: no",), "untried"),
    ("550 auth@mail.example.net only", ("550 auth@mail.example.net only",), "untried"),
    ("550 5.1.8 sender not allowed", ("451 later",), "untried"),
):
    SMTP[f"enforcement_{answer}_inside_{inside[0]}"] = case(
        "smtp",
        *S_OPEN[:2],
        f"{answer}\r\n".encode(),
        *S_OPEN[2:],
        S_LIST_TLS,
        *(f"{line}\r\n".encode() for line in inside),
        setup={"enforcement": True},
        sent=S_HELLO
        + S_MAIL
        + S_START
        + b"<TLS>"
        + S_HELLO
        + S_MAIL
        + (b"RSET\r\n" if len(inside) > 1 else b"")
        + S_BYE,
        **S_FOUND,
        enforced=verdict,
        enforced_reply=f"{answer}; inside TLS: {inside[0]}",
        unexplained=" ".join(answer.split()[: 1 + answer.startswith("550 5.")]),
        secure=S_SECURE,
    )
SMTP["enforcement_asked_again_after_an_earlier_dialogue"] = case(
    "smtp",
    *S_OPEN,
    S_LIST_TLS,
    b"250 Ok\r\n",
    b"250 Ok\r\n",
    setup={"unexplained": "550"},
    sent=S_HELLO + S_START + b"<TLS>" + S_HELLO + S_MAIL + b"RSET\r\n" + S_BYE,
    **S_FOUND,
    enforced="refused",
    enforced_reply="; inside TLS: 250 Ok",
    unexplained="550",
    secure=S_SECURE,
)
for where, lines in (("the_control", ()), ("its_undoing", (b"250 Ok\r\n",))):
    SMTP[f"421_instead_of_{where}"] = case(
        "smtp",
        *S_OPEN,
        S_LIST_TLS,
        *lines,
        b"421 bye\r\n",
        setup={"unexplained": "550"},
        sent=S_HELLO
        + S_START
        + b"<TLS>"
        + S_HELLO
        + S_MAIL
        + (b"RSET\r\n" if lines else b"")
        + S_BYE,
        **S_FOUND,
        enforced="refused" if lines else "not_tried",
        enforced_reply="; inside TLS: 250 Ok" if lines else "",
        unexplained="550",
        secure=S_SECURE,
        refusal="421 bye",
    )
SMTP["not_enforced"] = case(
    "smtp",
    *S_OPEN[:2],
    b"250 2.1.0 Ok\r\n",
    b"250 2.0.0 Ok\r\n",
    *S_OPEN[2:],
    S_LIST_TLS,
    setup={"enforcement": True},
    sent=S_HELLO + S_MAIL + b"RSET\r\n" + S_START + b"<TLS>" + S_HELLO + S_BYE,
    **S_FOUND,
    enforced="accepted",
    enforced_reply="250 2.1.0 Ok",
    secure=S_SECURE,
)
SMTP["421_instead_of_enforcement"] = case(
    "smtp",
    *S_OPEN[:2],
    b"421 bye\r\n",
    setup={"enforcement": True},
    sent=S_HELLO + S_MAIL + S_BYE,
    **S_GREETED,
    clear=S_CLEAR,
    enforced="untried",
    enforced_reply="421 bye",
    refusal="421 bye",
)
SMTP["421_after_an_accepted_sender"] = case(
    "smtp",
    *S_OPEN[:2],
    b"250 2.1.0 Ok\r\n",
    b"421 bye\r\n",
    setup={"enforcement": True},
    sent=S_HELLO + S_MAIL + b"RSET\r\n" + S_BYE,
    **S_GREETED,
    clear=S_CLEAR,
    enforced="accepted",
    enforced_reply="250 2.1.0 Ok",
    refusal="421 bye",
)
