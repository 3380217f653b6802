# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge the settings of Dovecot wherever they are written: in its files, variables or tasks."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Optional

from ....module_utils._model.servers import BEHIND_A_PROXY
from ....module_utils._model.services import SERVICES, Service, by_port
from ..facts import (
    CLEARTEXT,
    IMPLICIT,
    LISTENER,
    STARTTLS,
    Fact,
    Flaw,
    Lowest,
    Mention,
    Place,
    unverified,
)
from ..tree.nodes import UNKNOWN
from ..words.sets import word_set
from ..words.values import is_local
from ..words.versions import lowest_of

_OF_LOGINS = ("imap", "pop3", "submission")
_YES = ("yes", "y", "1", "true")
_NO = ("no", "n", "0", "false")
OLD = {
    "ssl_protocols": "use ssl_min_protocol (since 2.3)",
    "ssl_dh_parameters_length": "use ssl_dh with a file of parameters (since 2.3)",
    "ssl_parameters_regenerate": "use ssl_dh with a file of parameters (since 2.3)",
}
# Settings that exist in one generation only; the common ones, not all.
ONLY_2_3 = word_set(
    "disable_plaintext_auth ssl_cert ssl_key ssl_ca ssl_alt_cert ssl_alt_key ssl_dh "
    "ssl_prefer_server_ciphers ssl_protocols ssl_dh_parameters_length ssl_parameters_regenerate "
    "ssl_require_crl ssl_verify_client_cert ssl_client_cert ssl_client_key ssl_key_password "
    "default_pass_scheme mail_location service_count ssl_crypto_device director_servers "
    "director_mail_servers"
)
ONLY_2_4 = word_set(
    "auth_allow_cleartext ssl_server_cert_file ssl_server_key_file ssl_server_ca_file "
    "ssl_server_dh_file ssl_server_prefer_ciphers ssl_server_alt_cert_file "
    "ssl_server_alt_key_file ssl_server_request_client_cert mail_driver mail_path mail_inbox_path "
    "passdb_default_password_scheme restart_request_count sql_driver passdb_sql_query "
    "userdb_sql_query"
)
# Dovecot as a client: the switches of certificate verification, and the hosts that they are for.
_VERIFY = {
    "imapc_ssl_verify": "imapc_host",
    "pop3c_ssl_verify": "pop3c_host",
    "submission_relay_ssl_verify": "submission_relay_host",
    "ssl_client_require_valid_cert": "",
}
SETTINGS = frozenset(
    (
        *OLD,
        *_VERIFY,
        *ONLY_2_3,
        *ONLY_2_4,
        "ssl",
        "ssl_min_protocol",
        "protocols",
        "auth_mechanisms",
        "dovecot_config_version",
        "args",
    )
)
# Passwords in cleartext, or hashed without salt.
_WEAK = {
    **dict.fromkeys(("PLAIN", "CLEAR", "CLEARTEXT", "PLAIN-TRUNC"), "that is cleartext"),
    **dict.fromkeys(
        word_set(
            "PLAIN-MD5 PLAIN-MD4 LDAP-MD5 MD4 SHA SHA1 SHA256 SHA512 LANMAN NTLM RPA HMAC-MD5 "
            "CRAM-MD5 DIGEST-MD5 LM NT"
        ),
        "a hash without salt",
    ),
}
_SCHEME = re.compile(r"(?:^|\s)(?:scheme|default_pass_scheme|password_scheme)=([\w.-]+)", re.I)


@dataclass(frozen=True)
class One:
    """A setting: the names of its blocks, its own name, value and place."""

    path: tuple[str, ...]
    value: str
    place: Place

    @property
    def name(self) -> str:
        """Return the setting's own name."""
        return self.path[-1]


@dataclass(frozen=True)
class Around:
    """What is known of the rest of a configuration.

    ``main``: the file is dovecot.conf itself, so that a missing version means 2.3. ``alone``: it
    includes no other file, so that what it does not set has its default. ``ssl`` is the value that
    another file of the same configuration gives to ssl. ``blocks`` are the places of all blocks.
    """

    main: bool = False
    alone: bool = False
    ssl: str = ""
    blocks: Mapping[tuple[str, ...], Place] = field(default_factory=dict)


def dovecot_facts(settings: Sequence[One], around: Around = Around()) -> Iterator[Fact]:
    """Yield the facts of the settings of one file."""
    yield from _versions(settings, around)
    ssl = _last(settings, "ssl") or around.ssl
    elsewhere = {one.name for one in settings if not is_local(one.value)}
    here = {one.name for one in settings} - elsewhere
    for one in settings:
        # With ssl = required, 2.3 refuses logins before TLS whatever else is set.
        if one.name != "disable_plaintext_auth" or ssl != "required":
            yield from _single(one, here)
    yield from _for_proxies(settings, around, ssl)
    listen = _last(settings, "listen").replace(",", " ").split()
    if not listen or not all(map(is_local, listen)):
        yield from _listeners(settings, around.blocks, ssl)
        if around.alone:
            yield from _by_default(settings, around.blocks, ssl)


def _last(settings: Sequence[One], *path: str) -> str:
    """Return the value of a setting in lower case, "" where it is not set."""
    return next((one.value.strip().lower() for one in settings[::-1] if one.path == path), "")


def _for_proxies(settings: Sequence[One], around: Around, ssl: str) -> Iterator[Fact]:
    """Yield the listeners for a proxy where Dovecot 2.4 takes cleartext logins, whatever
    auth_allow_cleartext says: it takes what a proxy hands over for secured, unless TLS is required.

    2.3 refuses them. Whether the proxy itself speaks TLS with its clients is not known here.
    """
    if not _is_new(settings):
        return
    for one in settings:
        if one.name != "haproxy" or one.value.strip().lower() not in _YES:
            continue
        if "inet_listener" not in one.path or not _serves_mail(one.path):
            continue
        protocol = one.path[1].partition("-")[0]
        means = _last(settings, "protocol", protocol, "ssl") or ssl
        means = means or ("yes" if around.alone else "")
        own = _last(settings, *one.path[:-1], "ssl")
        by_name = SERVICES.get(one.path[-2])
        implicit = own in _YES or (not own and by_name is not None and by_name.tls == IMPLICIT)
        if means in _YES and not implicit:
            facts = {"seen": f"haproxy = {one.value} with ssl = {means}"}
            yield Flaw(
                "login-before-tls", one.place, facts, severity="warning", remedy=BEHIND_A_PROXY
            )


def _is_new(settings: Iterable[One]) -> bool:
    """Tell whether settings are of 2.4, by one that no other version has."""
    return any(
        one.name == "dovecot_config_version"
        or one.name in ONLY_2_4
        or ("inet_listener" in one.path and one.name == "listen")
        for one in settings
    )


def _by_default(
    settings: Sequence[One], blocks: Mapping[tuple[str, ...], Place], ssl: str
) -> Iterator[Fact]:
    """Yield the listeners that Dovecot opens for the protocols that are set, without any block."""
    protocols = next((one for one in settings[::-1] if one.path == ("protocols",)), None)
    for name in protocols.value.lower().split() if protocols else ():
        row = SERVICES.get(name)
        if row is None or name not in _OF_LOGINS or row.tls == IMPLICIT:
            continue
        if any(path[-2:] == ("inet_listener", name) for path in blocks):
            continue
        if protocols is None:
            continue
        tls = CLEARTEXT if ssl in _NO else STARTTLS
        text = f"protocols = {protocols.value}"
        yield _default(row, protocols.place, text, tls)


def _default(row: Service, place: Place, text: str, tls: str) -> Mention:
    secure = f"{row.name}s"
    remedy = (
        f"Close it: service {row.name}-login {{ inet_listener {row.name} {{ port = 0 }} }}, and "
        f"have users connect to port {SERVICES[secure].port} ({secure}) instead."
    )
    return Mention(
        row, row.port, LISTENER, place, text, tls=tls, by_default="Dovecot", remedy=remedy
    )


def _single(one: One, here: Collection[str]) -> Iterator[Fact]:
    """Yield the facts of one setting; ``here`` are the settings whose value is this machine."""
    value = one.value.strip().lower()
    name = one.name
    if name in OLD:
        yield Flaw("obsolete-setting", one.place, {"seen": name, "why": OLD[name]})
    if UNKNOWN in value or _harmless_block(one.path):
        return
    if name == "disable_plaintext_auth" and value in _NO:
        yield Flaw("login-before-tls", one.place, {"seen": "disable_plaintext_auth = no"})
    elif name == "auth_allow_cleartext" and value in _YES:
        yield Flaw("login-before-tls", one.place, {"seen": "auth_allow_cleartext = yes"})
    elif name == "ssl" and value in _NO and _for_logins(one.path):
        remedy = "Set ssl = required, and give Dovecot a certificate and key."
        facts = {"message": f"{name} = {value}, so no listener offers TLS"}
        yield Flaw("cleartext-port", one.place, facts, remedy=remedy)
    elif name == "ssl_min_protocol":
        lowest = lowest_of(value)
        if lowest:
            yield Lowest(lowest, one.place, f"{name} = {one.value}")
    elif name in _VERIFY and value in _NO and _VERIFY[name] not in here:
        yield unverified(one.place)
    elif name == "ssl_protocols":
        lowest = lowest_of(value)
        if lowest:
            yield Lowest(lowest, one.place, f"{name} = {one.value}")
    if name == "protocols":
        yield from _protocols(one)
    yield from _scheme(one)


def _for_logins(path: Sequence[str]) -> bool:
    """Tell whether a setting reaches the protocols in which users read and send mail."""
    if "inet_listener" in path:
        return False
    return path[0] != "protocol" or (len(path) > 1 and path[1] in _OF_LOGINS)


def _harmless_block(path: Sequence[str]) -> bool:
    """Tell whether a setting is for clients on this machine only."""
    if len(path) > 2 and path[0] in ("remote", "local"):
        return is_local(path[1].split("/")[0])
    return False


def _protocols(one: One) -> Iterator[Fact]:
    old = [word for word in one.value.lower().split() if word in ("imaps", "pop3s")]
    if old:
        seen = f"{' and '.join(old)} in protocols"
        why = "remove it; imap and pop3 open the TLS ports as well (since 2.0)"
        yield Flaw("obsolete-setting", one.place, {"seen": seen, "why": why})


def _scheme(one: One) -> Iterator[Fact]:
    found = ""
    if one.name in (
        "default_pass_scheme",
        "passdb_default_password_scheme",
        "default_password_scheme",
    ):
        found = one.value
    elif one.name == "args":
        match = _SCHEME.search(one.value)
        found = match[1] if match else ""
    yield from scheme_facts(found, one.place)


def scheme_facts(scheme: str, place: Place) -> Iterator[Fact]:
    """Yield the flaw of a password scheme that keeps passwords badly."""
    word = scheme.strip().strip("{}'\"").upper()
    word = word.split(".")[0]
    if word in _WEAK:
        yield Flaw("weak-password-scheme", place, {"seen": word, "why": _WEAK[word]})


def _versions(settings: Sequence[One], around: Around) -> Iterator[Fact]:
    """Yield the settings that do not exist in the version of the file."""
    new = any(one.name == "dovecot_config_version" for one in settings)
    if not new and not around.main:
        return
    for one in settings:
        inside = "inet_listener" in one.path
        if new and (one.name in ONLY_2_3 or (inside and one.name == "address")):
            yield _of_version(one.name, one.place, "2.3", "2.4 (dovecot_config_version)")
        elif not new and (one.name in ONLY_2_4 or (inside and one.name == "listen")):
            yield _of_version(one.name, one.place, "2.4", "2.3 (no dovecot_config_version)")
    if new and ("plugin",) in around.blocks:
        place = around.blocks[("plugin",)]
        yield _of_version("plugin", place, "2.3", "2.4 (dovecot_config_version)")


def _of_version(name: str, place: Place, intended: str, why: str) -> Flaw:
    facts = {"seen": name, "intended": intended, "why": why}
    return Flaw("wrong-version-setting", place, facts)


def _listeners(
    settings: Sequence[One], blocks: Mapping[tuple[str, ...], Place], ssl: str
) -> Iterator[Fact]:
    """Yield the listeners that have blocks, with the ports that are written or their defaults."""
    found: dict[tuple[str, ...], dict[str, One]] = {
        path: {} for path in blocks if "inet_listener" in path[:-1] and _serves_mail(path)
    }
    for one in settings:
        if len(one.path) > 2 and "inet_listener" in one.path and _serves_mail(one.path):
            found.setdefault(one.path[:-1], {})[one.name] = one
    for path, listener in found.items():
        yield from _listener(path[-1], listener, ssl, blocks.get(path))


def _serves_mail(path: Sequence[str]) -> bool:
    """Tell whether a listener is one of a service in which users log in."""
    if path[0] != "service" or len(path) < 2 or UNKNOWN in path[1]:
        return True
    return path[1].partition("-")[0] in _OF_LOGINS


def _listener(
    name: str, listener: Mapping[str, One], ssl: str, block: Optional[Place]
) -> Iterator[Fact]:
    own = listener.get("port")
    default = SERVICES.get(name)
    port = int(own.value) if own and own.value.isdigit() and len(own.value) < 6 else 0
    if own is None and default is not None:
        port = default.port
    row = by_port(port)
    switch = listener.get("ssl")
    if row is None:
        return
    for key in ("address", "listen"):
        words = (
            [word for word in re.split(r"[,\s]+", listener[key].value) if word]
            if (key in listener)
            else []
        )
        if words and all(is_local(word) for word in words):
            return
    value = switch.value.lower() if switch else ""
    implicit = value in _YES or (not value and default is not None and default.tls == IMPLICIT)
    if value and value not in (*_YES, *_NO):
        return
    anchor = own or switch
    if anchor is None:
        if block is not None and row.tls != IMPLICIT:
            tls = CLEARTEXT if ssl in _NO else STARTTLS
            yield _default(row, block, f"inet_listener {name}", tls)
        return
    if row.tls == IMPLICIT and not implicit:
        yield _wrong(switch or anchor, row.name, port, "TLS from the first byte", "STARTTLS")
    elif row.tls != IMPLICIT and implicit:
        yield _wrong(switch or anchor, row.name, port, "STARTTLS", "TLS from the first byte")
    else:
        tls = IMPLICIT if implicit else CLEARTEXT if ssl in _NO else STARTTLS
        yield Mention(row, port, LISTENER, anchor.place, anchor.value, tls=tls)


def _wrong(one: One, service: str, port: int, intended: str, seen: str) -> Flaw:
    facts = {"intended": intended, "seen": seen}
    return Flaw("wrong-tls-mode", one.place, facts, service, port)
