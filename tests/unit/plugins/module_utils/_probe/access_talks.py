# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of IMAP and POP3 dialogues: what the server says, what is sent, what is learnt."""

from __future__ import annotations

from ansible_collections.postmaster.mailports.plugins.module_utils._model.observation import (
    Failure,
    Phase,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._probe.request import Credentials

from tests.unit.plugins.module_utils._probe.scripting import (
    PLAIN,
    USER,
    End,
    Tls,
    case,
    starttls,
)
from tests.unit.plugins.module_utils._probe.smtp_talks import (
    S_GREETING,
)

# --- IMAP ------------------------------------------------------------------------------------

I_GREETING = b"* OK ready\r\n"
I_CAPABLE = b"* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready\r\n"
I_ASK = b"a CAPABILITY\r\n"
I_START = b"a STARTTLS\r\n"
I_BYE = b"a LOGOUT\r\n"
I_LIST = b"* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\na OK done\r\n"
I_LIST_TLS = b"* CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=LOGIN\r\na OK done\r\n"
I_OPEN = (I_GREETING, I_LIST, b"a OK go\r\n", Tls())
I_SENT = I_ASK + I_START + b"<TLS>" + I_ASK
I_CLEAR = Phase(("IMAP4REV1", "STARTTLS", "LOGINDISABLED"), (), False)
I_SECURE = Phase(("IMAP4REV1", "AUTH=PLAIN", "AUTH=LOGIN"), ("PLAIN", "LOGIN"), True)
I_GREETED = {"greeting": "* OK ready", "protocol_seen": "imap"}
I_FOUND = {**I_GREETED, "clear": I_CLEAR, "starttls": starttls(True, "accepted", "a OK go")}
I_LOGIN_LIST = b"* CAPABILITY IMAP4rev1\r\na OK done\r\n"
I_LOGIN_PHASE = Phase(("IMAP4REV1",), ("LOGIN",), True)
I_PLAIN_LIST = b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\na OK done\r\n"
I_PLAIN_PHASE = Phase(("IMAP4REV1", "AUTH=PLAIN"), ("PLAIN", "LOGIN"), True)

IMAP = {
    "starttls": case("imap", *I_OPEN, I_LIST_TLS, sent=I_SENT + I_BYE, **I_FOUND, secure=I_SECURE),
    "capability_in_greeting": case(
        "imap",
        I_CAPABLE,
        *I_OPEN[2:],
        I_LIST_TLS,
        sent=I_START + b"<TLS>" + I_ASK + I_BYE,
        **{
            **I_FOUND,
            "greeting": "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready",
        },
        secure=I_SECURE,
    ),
    "implicit": case(
        "imap",
        Tls(),
        I_GREETING,
        I_LIST_TLS,
        setup={"implicit": True},
        sent=b"<TLS>" + I_ASK + I_BYE,
        **I_GREETED,
        secure=I_SECURE,
    ),
    "implicit_capability_in_greeting": case(
        "imap",
        Tls(),
        b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n",
        setup={"implicit": True},
        sent=b"<TLS>" + I_BYE,
        greeting="* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi",
        protocol_seen="imap",
        secure=I_PLAIN_PHASE,
    ),
    "preauth": case(
        "imap",
        b"* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n",
        sent=I_BYE,
        greeting="* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] hi",
        protocol_seen="imap",
        preauthenticated=True,
    ),
    "bye_at_greeting": case(
        "imap",
        b"* BYE too many\r\n",
        sent=I_BYE,
        greeting="* BYE too many",
        protocol_seen="imap",
        refusal="* BYE too many",
    ),
    "bye_at_capability": case(
        "imap", I_GREETING, b"* BYE now\r\n", sent=I_ASK + I_BYE, **I_GREETED, refusal="* BYE now"
    ),
    "bye_at_starttls": case(
        "imap",
        I_GREETING,
        I_LIST,
        b"* BYE now\r\n",
        sent=I_ASK + I_START + I_BYE,
        **I_GREETED,
        clear=I_CLEAR,
        starttls=starttls(True, "refused", "* BYE now"),
        refusal="* BYE now",
    ),
    "bye_inside_tls": case(
        "imap", *I_OPEN, b"* BYE now\r\n", sent=I_SENT + I_BYE, **I_FOUND, refusal="* BYE now"
    ),
    "capability_refused": case(
        "imap",
        I_GREETING,
        b"a BAD what\r\n",
        b"a BAD what\r\n",
        sent=I_ASK + I_START + I_BYE,
        **I_GREETED,
        starttls=starttls(None, "refused", "a BAD what"),
    ),
    "capability_without_a_list": case(
        "imap",
        I_GREETING,
        b"a OK done\r\n",
        b"a NO no\r\n",
        sent=I_ASK + I_START + I_BYE,
        **I_GREETED,
        starttls=starttls(None, "refused", "a NO no"),
    ),
    "capability_in_many_lines": case(
        "imap",
        I_GREETING,
        b"* CAPABILITY IMAP4rev1\r\n* OK note\r\n* capability starttls LOGINDISABLED\r\na OK x\r\n",
        b"a NO no\r\n",
        sent=I_ASK + I_START + I_BYE,
        **I_GREETED,
        clear=I_CLEAR,
        starttls=starttls(True, "refused", "a NO no"),
    ),
    "not_offered": case(
        "imap",
        I_GREETING,
        b"* CAPABILITY IMAP4rev1 LOGINDISABLED\r\na OK x\r\n",
        b"a BAD no\r\n",
        sent=I_ASK + I_START + I_BYE,
        **I_GREETED,
        clear=Phase(("IMAP4REV1", "LOGINDISABLED"), (), False),
        starttls=starttls(False, "not_offered", "a BAD no"),
    ),
    "login_in_clear": case(
        "imap",
        I_GREETING,
        b"* CAPABILITY IMAP4rev1 STARTTLS\r\na OK x\r\n",
        b"a NO no\r\n",
        sent=I_ASK + I_START + I_BYE,
        **I_GREETED,
        clear=Phase(("IMAP4REV1", "STARTTLS"), ("LOGIN",), True),
        starttls=starttls(True, "refused", "a NO no"),
    ),
    "plain_in_clear_despite_logindisabled": case(
        "imap",
        I_GREETING,
        b"* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED AUTH=PLAIN\r\na OK x\r\n",
        b"a NO no\r\n",
        sent=I_ASK + I_START + I_BYE,
        **I_GREETED,
        clear=Phase(("IMAP4REV1", "STARTTLS", "LOGINDISABLED", "AUTH=PLAIN"), ("PLAIN",), True),
        starttls=starttls(True, "refused", "a NO no"),
    ),
    "untagged_data_before_tls": case(
        "imap",
        I_GREETING,
        I_LIST,
        b"* 1 EXISTS\r\na OK go\r\n",
        Tls(),
        I_LIST_TLS,
        sent=I_SENT + I_BYE,
        **I_FOUND,
        secure=I_SECURE,
    ),
    "continuation_at_starttls": case(
        "imap",
        I_GREETING,
        I_LIST,
        b"+ go\r\n",
        sent=I_ASK + I_START + I_BYE,
        **I_GREETED,
        clear=I_CLEAR,
        starttls=starttls(True, "refused", "+ go"),
    ),
    "another_tag": case(
        "imap",
        I_GREETING,
        b"b OK done\r\n",
        sent=I_ASK,
        **I_GREETED,
        failure=Failure("capabilities", "garbled", "b OK done"),
    ),
    "handshake_only": case(
        "imap",
        I_GREETING,
        b"a OK go\r\n",
        Tls(),
        setup={"handshake_only": True},
        sent=I_START + b"<TLS>" + I_BYE,
        **I_GREETED,
        starttls=starttls(None, "accepted", "a OK go"),
    ),
    "smtp_greeting": case(
        "imap",
        S_GREETING,
        sent=b"",
        protocol_seen="smtp",
        failure=Failure("greeting", "foreign", "not a greeting of this protocol"),
        greeting="220 mail.example.net ESMTP",
    ),
    "login_plain": case(
        "imap",
        *I_OPEN,
        I_PLAIN_LIST,
        b"+ \r\n",
        b"* CAPABILITY IMAP4rev1\r\na OK [CAPABILITY IMAP4rev1] hi\r\n",
        setup={"credentials": USER},
        sent=I_SENT + b"a AUTHENTICATE PLAIN\r\n" + PLAIN + b"\r\n" + I_BYE,
        **I_FOUND,
        secure=I_PLAIN_PHASE,
        login="accepted",
        login_reply="OK",
    ),
    "login_plain_refused": case(
        "imap",
        *I_OPEN,
        I_PLAIN_LIST,
        b"+ \r\n",
        b"a NO [AUTHENTICATIONFAILED] no\r\n",
        setup={"credentials": USER},
        sent=I_SENT + b"a AUTHENTICATE PLAIN\r\n" + PLAIN + b"\r\n" + I_BYE,
        **I_FOUND,
        secure=I_PLAIN_PHASE,
        login="refused",
        login_reply="NO [AUTHENTICATIONFAILED]",
    ),
    "login_plain_that_ends_in_a_farewell": case(
        "imap",
        *I_OPEN,
        I_PLAIN_LIST,
        b"+ \r\n",
        b"* BYE [ALERT] no mailbox\r\n",
        setup={"credentials": USER},
        sent=I_SENT + b"a AUTHENTICATE PLAIN\r\n" + PLAIN + b"\r\n" + I_BYE,
        **I_FOUND,
        secure=I_PLAIN_PHASE,
        login="refused",
        login_reply="BYE [ALERT]",
    ),
    "login_login": case(
        "imap",
        *I_OPEN,
        I_LOGIN_LIST,
        b"a OK hi\r\n",
        setup={"credentials": USER},
        sent=I_SENT + b'a LOGIN "alice" "Wonder\\"land\\\\1"\r\n' + I_BYE,
        **I_FOUND,
        secure=I_LOGIN_PHASE,
        login="accepted",
        login_reply="OK",
    ),
    "login_that_login_cannot_quote": case(
        "imap",
        *I_OPEN,
        I_LOGIN_LIST,
        setup={"credentials": Credentials("alice", "pass\r\na LOGOUT")},
        sent=I_SENT + I_BYE,
        **I_FOUND,
        secure=I_LOGIN_PHASE,
        login_reply="no mechanism in common with the probe",
    ),
}

# --- POP3 ------------------------------------------------------------------------------------

P_GREETING = b"+OK ready\r\n"
P_ASK = b"CAPA\r\n"
P_START = b"STLS\r\n"
P_BYE = b"QUIT\r\n"
P_LIST = b"+OK\r\nUIDL\r\nSTLS\r\n.\r\n"
P_LIST_TLS = b"+OK\r\nUSER\r\nSASL PLAIN LOGIN\r\n.\r\n"
P_OPEN = (P_GREETING, P_LIST, b"+OK go\r\n", Tls())
P_SENT = P_ASK + P_START + b"<TLS>" + P_ASK
P_CLEAR = Phase(("UIDL", "STLS"), (), False)
P_SECURE = Phase(("USER", "SASL PLAIN LOGIN"), ("PLAIN", "LOGIN", "USER"), True)
P_GREETED = {"greeting": "+OK ready", "protocol_seen": "pop3"}
P_FOUND = {**P_GREETED, "clear": P_CLEAR, "starttls": starttls(True, "accepted", "+OK go")}
P_USER_PHASE = Phase(("USER",), ("USER",), True)

POP3 = {
    "starttls": case("pop3", *P_OPEN, P_LIST_TLS, sent=P_SENT + P_BYE, **P_FOUND, secure=P_SECURE),
    "implicit": case(
        "pop3",
        Tls(),
        P_GREETING,
        P_LIST_TLS,
        setup={"implicit": True},
        sent=b"<TLS>" + P_ASK + P_BYE,
        **P_GREETED,
        secure=P_SECURE,
    ),
    "apop": case(
        "pop3",
        b"+OK ready <1896.697@example.net>\r\n",
        P_LIST,
        b"-ERR no\r\n",
        sent=P_ASK + P_START + P_BYE,
        greeting="+OK ready <1896.697@example.net>",
        protocol_seen="pop3",
        clear=Phase(("UIDL", "STLS"), ("APOP",), True),
        starttls=starttls(True, "refused", "-ERR no"),
    ),
    "no_capa_user_allowed": case(
        "pop3",
        P_GREETING,
        b"-ERR what\r\n",
        b"+OK\r\n",
        b"-ERR no\r\n",
        sent=P_ASK + b"USER probe\r\n" + P_START + P_BYE,
        **P_GREETED,
        clear=Phase(None, ("USER",), True),
        starttls=starttls(None, "refused", "-ERR no"),
    ),
    "no_capa_user_refused": case(
        "pop3",
        P_GREETING,
        b"-ERR what\r\n",
        b"-ERR TLS first\r\n",
        b"+OK go\r\n",
        Tls(),
        b"-ERR what\r\n",
        b"+OK\r\n",
        sent=P_ASK + b"USER probe\r\n" + P_START + b"<TLS>" + P_ASK + b"USER probe\r\n" + P_BYE,
        **P_GREETED,
        clear=Phase(None, (), False),
        starttls=starttls(None, "accepted", "+OK go"),
        secure=Phase(None, ("USER",), True),
    ),
    "err_at_greeting": case(
        "pop3",
        b"-ERR [SYS/TEMP] later\r\n",
        sent=P_BYE,
        greeting="-ERR [SYS/TEMP] later",
        protocol_seen="pop3",
        refusal="-ERR [SYS/TEMP] later",
    ),
    "stls_not_offered": case(
        "pop3",
        P_GREETING,
        b"+OK\r\nUSER\r\n.\r\n",
        b"-ERR no\r\n",
        sent=P_ASK + P_START + P_BYE,
        **P_GREETED,
        clear=P_USER_PHASE,
        starttls=starttls(False, "not_offered", "-ERR no"),
    ),
    "a_list_without_an_end": case(
        "pop3",
        P_GREETING,
        b"+OK\r\nUSER\r\n",
        End("timeout"),
        sent=P_ASK,
        **P_GREETED,
        failure=Failure("capabilities", "timeout", "the end"),
    ),
    "garbage_at_capa": case(
        "pop3",
        P_GREETING,
        b"OK\r\n",
        sent=P_ASK,
        **P_GREETED,
        failure=Failure("capabilities", "garbled", "OK"),
    ),
    "handshake_only": case(
        "pop3",
        P_GREETING,
        b"+OK go\r\n",
        Tls(),
        setup={"handshake_only": True},
        sent=P_START + b"<TLS>" + P_BYE,
        **P_GREETED,
        starttls=starttls(None, "accepted", "+OK go"),
    ),
    "login_plain": case(
        "pop3",
        *P_OPEN,
        P_LIST_TLS,
        b"+ \r\n",
        b"+OK hi\r\n",
        setup={"credentials": USER},
        sent=P_SENT + b"AUTH PLAIN\r\n" + PLAIN + b"\r\n" + P_BYE,
        **P_FOUND,
        secure=P_SECURE,
        login="accepted",
        login_reply="+OK",
    ),
    "login_user": case(
        "pop3",
        *P_OPEN,
        b"+OK\r\nUSER\r\n.\r\n",
        b"+OK\r\n",
        b"+OK hi\r\n",
        setup={"credentials": USER},
        sent=P_SENT + b'USER alice\r\nPASS Wonder"land\\1\r\n' + P_BYE,
        **P_FOUND,
        secure=P_USER_PHASE,
        login="accepted",
        login_reply="+OK",
    ),
    "login_user_refused": case(
        "pop3",
        *P_OPEN,
        b"+OK\r\nUSER\r\n.\r\n",
        b"+OK\r\n",
        b"-ERR [AUTH] no\r\n",
        setup={"credentials": USER},
        sent=P_SENT + b'USER alice\r\nPASS Wonder"land\\1\r\n' + P_BYE,
        **P_FOUND,
        secure=P_USER_PHASE,
        login="refused",
        login_reply="-ERR [AUTH]",
    ),
    "login_with_a_line_end_in_it": case(
        "pop3",
        *P_OPEN,
        b"+OK\r\nUSER\r\n.\r\n",
        setup={"credentials": Credentials("alice\r\nDELE 1", "x")},
        sent=P_SENT + P_BYE,
        **P_FOUND,
        secure=P_USER_PHASE,
        login_reply="no mechanism in common with the probe",
    ),
}
