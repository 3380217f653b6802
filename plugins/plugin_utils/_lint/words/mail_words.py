# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the words of keys and values say about mail protocols and TLS."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import Optional

from ....module_utils._model.services import PROTOCOLS, SERVICES, Service, by_port
from ..facts import CLEARTEXT, IMPLICIT, OPTIONAL, SOME, STARTTLS
from ..tree.nodes import UNKNOWN
from .sets import word_set

ALL = frozenset(PROTOCOLS)
NONE: frozenset[str] = frozenset()

_PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z])\d*|[A-Z]?[a-z]+\d*|[A-Z]+\d*|\d+")
# smtpport, mailhost and imapssl are written as one word.
_GLUED = re.compile(
    r"(smtp|imap|pop3|pop|mail|email)"
    r"(ports?|hosts?|servers?|secure|auth|name|user|username|password|pass|ssl|tls|starttls|from)"
)
# Words that the pattern splits although they belong together.
_ONE_WORD = frozenset((("start", "tls"), ("ip6", "tables"), ("pop3", "s"), ("imap4", "s")))
_WORDS = {
    "smtp": "smtp smtpd smtps esmtp mta relayhost smarthost submission submissions msa mailer "
    "sendmail postfix exim exim4 msmtp ssmtp opensmtpd nullmailer postscreen smtpserver haraka "
    "mailrelay",
    "imap": "imap imaps imap2 imap4 imapd",
    "pop3": "pop pop3 pop3s pops pop3d",
}
_OF_ACCESS = "dovecot courier cyrus fetchmail getmail getmail6 mbsync isync offlineimap mailbox"
_OF_ALL = (
    "mail mails email emails mailserver mailcow mailu mailbox mailhost webmail roundcube "
    "rainloop snappymail iredmail zimbra stalwart modoboa mox maddy mailpit mailhog kolab "
    "nodemailer phpmailer mailers smtpimap"
)
# Names of programs: their other settings need not belong to the port beside them.
PRODUCTS = word_set(
    "postfix sendmail exim exim4 msmtp ssmtp opensmtpd postscreen haraka dovecot courier cyrus "
    "fetchmail getmail getmail6 mbsync isync offlineimap mailcow mailu roundcube rainloop "
    "snappymail iredmail zimbra stalwart modoboa mox maddy mailpit mailhog kolab"
)
_PROTOCOLS_OF: dict[str, frozenset[str]] = {
    **dict.fromkeys(word_set(_OF_ALL), ALL),
    **dict.fromkeys(word_set(_OF_ACCESS), frozenset(("imap", "pop3"))),
    **{word: frozenset((name,)) for name, text in _WORDS.items() for word in word_set(text)},
}
_OTHER_NAMES = {
    **{name: row for row in SERVICES.values() for name in (row.name, *row.also)},
    "smtp-submission": SERVICES["submission"],
    "submission_alt": SERVICES["submission_alt"],
}

TRUE = frozenset(("true", "yes", "on", "1", "y", "enabled", "enable", "always", "required"))
FALSE = frozenset(("false", "no", "off", "0", "n", "disabled", "disable", "never"))
UNSET = frozenset(("", "null", "~", "none", "nil", "undefined", "omit"))


@functools.lru_cache(maxsize=8192)
def tokens(key: str) -> tuple[str, ...]:
    """Return the words of a key in lower case: ``GF_SMTP_HOST``, ``smtpHost``, ``smtphost``."""
    found: list[str] = []
    for part in _PARTS.findall(key[:200]):
        word = part.lower()
        glued = _GLUED.fullmatch(word)
        found += glued.groups() if glued else (word,)
    joined: list[str] = []
    for word in found:
        if (*joined[-1:], word) in _ONE_WORD:
            joined[-1] += word
        else:
            joined.append(word)
    return tuple(joined)


def protocols(named: Iterable[str]) -> frozenset[str]:
    """Return the mail protocols that words name; a specific word narrows a general one."""
    specific: frozenset[str] = NONE
    general: frozenset[str] = NONE
    for word in named:
        found = _PROTOCOLS_OF.get(word, NONE)
        if len(found) == 1:
            specific |= found
        else:
            general |= found
    return specific or general


def speaks_host(text: str) -> frozenset[str]:
    """Return the mail protocols that the first labels of a host name name."""
    host = text.split("://")[-1].strip("[]").split(":")[0]
    if UNKNOWN in host:
        return NONE
    labels = host.split(".")
    return protocols(tokens(labels[0])) or (
        protocols(tokens(labels[1])) if len(labels) > 2 else NONE
    )


def service_named(word: str) -> Optional[Service]:
    """Return the row of a service name in any spelling, None for other words."""
    return _OTHER_NAMES.get(word.lower())


def row_of(port: int, speaks: frozenset[str]) -> Optional[Service]:
    """Return the row of a port, if its protocol is one of ``speaks``; else None."""
    row = by_port(port)
    return row if row is not None and row.protocol in speaks else None


def plain_word(text: str) -> str:
    """Return a value in lower case; a symbol of Ruby's (``:none``) is its word."""
    word = text.strip().strip("'\"").lower()
    return word[1:] if word[:1] == ":" and word[1:].replace("_", "").isalpha() else word


def truth(text: str) -> Optional[bool]:
    """Return whether a switch is on, None if the text is not one."""
    word = plain_word(text)
    if word in TRUE:
        return True
    return False if word in FALSE or word in UNSET else None


_MODES = {
    IMPLICIT: "implicit ssl ssltls ssl/tls smtps imaps pop3s submissions tls_wrapper force_tls "
    "forced_tls implicit_tls tls_only ssl_only wrapper tls-on-connect tls/ssl",
    STARTTLS: "starttls start_tls start-tls smtp+starttls explicit explicit_tls mandatorystarttls "
    "starttls_required stls startls required_starttls starttlsalways",
    OPTIONAL: "try auto opportunistic optional may if_available opportunisticstarttls "
    "opportunistic_tls prefer preferred starttls_optional if_possible",
    CLEARTEXT: "none plain plaintext cleartext clear insecure unencrypted nostarttls no_tls notls "
    "no_encryption smtp imap pop3 nossl unsecure",
    SOME: "tls tlsv1 tlsv1.2 tls1_2 tlsv1_2 secure encrypted encrypt mandatory require",
}
_MODE_OF = {word: mode for mode, text in _MODES.items() for word in word_set(text)}
# Keys that name a way to start TLS, and keys that only announce a choice.
_STARTTLS_KEYS = frozenset(("starttls", "stls"))
_SSL_KEYS = frozenset(("ssl", "smtps", "wrappermode", "implicit", "ssltls"))
_TLS_KEYS = frozenset(("tls", "stunnel", "encrypted"))
_CHOICE_KEYS = frozenset(
    ("secure", "security", "encryption", "encrypt", "crypto", "sockettype", "crypt")
)
# Words that make a key a detail of TLS rather than its switch.
_DETAILS = word_set(
    "cert certs certificate certificates key keys ca cafile capath ciphers cipher version versions "
    "protocols protocol verify verification insecure skip fingerprint file path dir host hostname "
    "port ports trust dhparam min max level context server name options noverify reject "
    "unauthorized minimum profile issuer secret chain check checks hostnames loglevel "
    "session cache timeout sni curves curve required_cn mozilla self signed selfsigned domains "
    "letsencrypt provider email acme email_address cn subject san crl ocsp hsts redirect "
    "bundle pem crt dh ecdh"
)
_LEVELS = frozenset(("encrypt", "dane", "dane-only", "fingerprint", "verify", "secure"))
_CHOICES = frozenset(("encryption", "security", "secure", "mode", "type", "method", "policy"))


def says_tls(key: tuple[str, ...], value: str) -> str:
    """Return what a key (its words without those shared with the port's key) and its value say.

    A mode of ``facts``; ``ssl`` or ``tls`` for a switch of that name that is on, ``no-ssl``,
    ``no-tls``, ``no-starttls`` for one that is off, ``no-demand`` for one that would require TLS;
    "" where the key is about something else.
    """
    named = set(key)
    word = plain_word(value).replace(" ", "_")
    kinds = named & (_STARTTLS_KEYS | _SSL_KEYS | _TLS_KEYS | _CHOICE_KEYS)
    if not kinds and named & {"protocol", "scheme"}:
        mode = _MODE_OF.get(word, "")
        return mode if mode in (IMPLICIT, STARTTLS) else ""
    # An empty switch is decided elsewhere; an empty choice means none.
    unsaid = not word and not named & _CHOICE_KEYS
    if unsaid or not kinds or _is_detail(named, word):
        return ""
    if {"security", "level"} <= named:
        # Postfix's levels have rules of their own; here it counts only that there is TLS.
        return SOME if word in _LEVELS else ""
    switch = truth(word)
    if "disable" in named or "disabled" in named:
        return _disabled(named) if switch else ""
    if word in _MODE_OF and (switch is None or word == "none"):
        return _mode_word(named, word)
    if switch is None:
        return ""
    if not switch:
        if "force" in named and named & _TLS_KEYS:
            # Some mean implicit TLS by it, others any TLS; off is off for both.
            return "no-ssl"
        return "no-demand" if named & {"require", "required"} else _off(named)
    if named & _STARTTLS_KEYS:
        return STARTTLS
    if named & _SSL_KEYS and not named & _TLS_KEYS:
        return IMPLICIT if named & {"use", "wrappermode", "implicit"} else "ssl"
    if {"implicit", "tls"} <= named or {"tls", "connect"} <= named:
        return IMPLICIT
    return "tls" if named & _TLS_KEYS else SOME


def _is_detail(named: set[str], word: str) -> bool:
    """Tell whether a key is about a detail of TLS, and not about whether there is any."""
    if named & _CHOICES:
        return False
    if named & _CHOICE_KEYS and word in _MODE_OF:
        # imap_server_crypt: the choice of a server.
        return bool(named & _DETAILS - {"server", "host"})
    return bool(named & _DETAILS)


def _off(named: set[str]) -> str:
    """Return what a switch that is off says."""
    if named & _STARTTLS_KEYS:
        return "no-starttls"
    if "wrappermode" in named:
        return "no-ssl"
    if named & {"security", "encryption", "crypto", "encrypt"}:
        return CLEARTEXT
    return "no-tls" if named & _TLS_KEYS else "no-ssl"


def _disabled(named: set[str]) -> str:
    """Return what a switch such as ``disable_tls`` says when it is on."""
    return "no-demand" if named & {"require", "required"} else _off(named)


def _mode_word(named: set[str], word: str) -> str:
    mode = _MODE_OF[word]
    if named & _STARTTLS_KEYS:
        # starttls: auto, starttls: none
        return mode if mode in (OPTIONAL, CLEARTEXT) else STARTTLS
    return mode
