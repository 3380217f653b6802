# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge the parameters of Postfix wherever they are written: in its files, variables or tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Optional

from ....module_utils._model.services import SERVICES, Service, by_port
from ..facts import CLIENT, IMPLICIT, LISTENER, STARTTLS, Fact, Flaw, Lowest, Mention, Place
from ..tree.nodes import UNKNOWN
from ..words.mail_words import service_named
from ..words.values import is_local
from ..words.versions import lowest_of

OBSOLETE = {
    "smtpd_use_tls": "use smtpd_tls_security_level = may",
    "smtpd_enforce_tls": "use smtpd_tls_security_level = encrypt",
    "smtp_use_tls": "use smtp_tls_security_level = may",
    "smtp_enforce_tls": "use smtp_tls_security_level = encrypt",
    "lmtp_use_tls": "use lmtp_tls_security_level = may",
    "lmtp_enforce_tls": "use lmtp_tls_security_level = encrypt",
    "tlsproxy_use_tls": "use tlsproxy_tls_security_level",
    "tlsproxy_enforce_tls": "use tlsproxy_tls_security_level",
    "postscreen_use_tls": "use postscreen_tls_security_level",
    "postscreen_enforce_tls": "use postscreen_tls_security_level",
    "smtpd_tls_dh1024_param_file": "remove it; Postfix chooses good parameters by itself",
    "smtpd_tls_eecdh_grade": "remove it; Postfix chooses good curves by itself",
    "smtp_tls_per_site": "use smtp_tls_policy_maps",
}
_LOGIN_IN_TLS = ("smtpd_tls_auth_only", "smtpd_tls_security_level", "smtpd_enforce_tls")
_VERSIONS = ("smtpd_tls_protocols", "smtpd_tls_mandatory_protocols", "smtp_tls_mandatory_protocols")
_NO_WRAPPER = "STARTTLS: {}_tls_wrappermode = yes is missing"
PARAMETERS = frozenset(
    (
        *OBSOLETE,
        *_VERSIONS,
        "smtpd_tls_security_level",
        "smtpd_tls_auth_only",
        "smtpd_tls_wrappermode",
        "smtpd_sasl_auth_enable",
        "smtp_tls_security_level",
        "smtp_tls_wrappermode",
        "smtp_sasl_auth_enable",
        "smtp_tls_enforce_peername",
        "smtp_tls_protocols",
        "relayhost",
    )
)


@dataclass(frozen=True)
class Parameter:
    """A value and where it is written; ``value`` may be UNKNOWN."""

    value: str
    place: Place

    @property
    def on(self) -> bool:
        """Tell whether the value is yes."""
        return self.value.lower() in ("yes", "true")

    @property
    def off(self) -> bool:
        """Tell whether the value is no."""
        return self.value.lower() in ("no", "false", "")


Parameters = Mapping[str, Parameter]


@dataclass(frozen=True)
class Entry:
    """An entry of master.cf with its own options.

    ``complete``: an option that is not among them is not set. ``main_known``: the parameters of
    its main.cf are known.
    """

    name: str
    kind: str
    command: str
    place: Place
    options: Parameters
    complete: bool = True
    main_known: bool = False


def main_facts(main: Parameters, complete: bool) -> Iterator[Fact]:
    """Yield the facts of main.cf, or of parameters that are set in another way.

    ``complete``: no parameter is set elsewhere, so one that is missing has its default.
    """
    if not main:
        return
    yield from _common(main)
    wrapper = main.get("smtpd_tls_wrappermode")
    if wrapper and wrapper.on:
        yield _mode(wrapper.place, SERVICES["smtp"], STARTTLS, "TLS from the first byte")
    level, seen = _level(main, "smtpd")
    if level and level.value.lower() == "none":
        yield _off(level, seen)
    yield from _main_login(main, complete)
    yield from _client(main, complete)


def _main_login(main: Parameters, complete: bool) -> Iterator[Fact]:
    sasl, only = main.get("smtpd_sasl_auth_enable"), main.get("smtpd_tls_auth_only")
    if sasl is None or not sasl.on or _required(main) is not False:
        return
    if only is not None and only.off:
        yield Flaw("login-before-tls", only.place, {"seen": "smtpd_tls_auth_only = no"})
    elif only is None and complete:
        seen = "smtpd_sasl_auth_enable = yes without smtpd_tls_auth_only = yes"
        yield Flaw("login-before-tls", sasl.place, {"seen": seen}, absent=_LOGIN_IN_TLS)


def _level(values: Parameters, program: str) -> tuple[Optional[Parameter], str]:
    """Return the security level of a program and how it is written, also by its old names.

    None where nothing is set; then Postfix does not use TLS.
    """
    name = f"{program}_tls_security_level"
    level = values.get(name)
    if level is not None and level.value:
        return level, f"{name} = {level.value}"
    for old, on in (("enforce", "encrypt"), ("use", "may")):
        found = values.get(f"{program}_{old}_tls")
        if found is None or (found.off and old == "enforce"):
            continue
        value = on if found.on else "none" if found.off else UNKNOWN
        seen = f"{program}_{old}_tls = {found.value}, which means {name} = {value}"
        return replace(found, value=value), seen
    return None, ""


def _required(values: Parameters) -> Optional[bool]:
    """Tell whether a server requires TLS, None where a value is not known."""
    level = values.get("smtpd_tls_security_level")
    if level is not None and level.value:
        return None if UNKNOWN in level.value else level.value.lower() == "encrypt"
    enforce = values.get("smtpd_enforce_tls")
    if enforce is not None and UNKNOWN in enforce.value:
        return None
    return bool(enforce and enforce.on)


def _common(values: Parameters) -> Iterator[Fact]:
    """Yield what is wrong with parameters, in main.cf or among options."""
    for name, why in OBSOLETE.items():
        found = values.get(name)
        if found is None:
            continue
        severity = ""
        if found.off and name.endswith("_tls"):
            # What is switched off by an old name is off by default; TLS has findings of its own.
            why = "remove it; Postfix does the same without it"
            severity = "info" if name in ("smtp_use_tls", "smtpd_use_tls") else ""
        yield Flaw("obsolete-setting", found.place, {"seen": name, "why": why}, severity=severity)
    for name in _VERSIONS:
        yield from _lowest(values, name)


def _lowest(values: Parameters, name: str) -> Iterator[Fact]:
    """Yield the lowest TLS version that a parameter allows."""
    found = values.get(name)
    lowest = lowest_of(found.value) if found and UNKNOWN not in found.value else None
    if found and lowest:
        yield Lowest(lowest, found.place, f"{name} = {found.value}")


def _client(main: Parameters, complete: bool) -> Iterator[Fact]:
    """Yield what is wrong with Postfix as a client of a relay."""
    sasl = main.get("smtp_sasl_auth_enable")
    login = bool(sasl and sasl.on)
    level, written = _level(main, "smtp")
    word = level.value.lower() if level else ""
    if level and login and word == "none":
        yield _off(level, f"{written}: Postfix logs in without TLS")
    relay = main.get("relayhost")
    found = _relay(relay)
    weak = level is not None and word == "may"
    nobody = relay is not None and not relay.value
    elsewhere = found is None or found[0] != SERVICES["smtp"].port
    if level and login and weak and elsewhere and not nobody:
        yield Flaw("starttls-not-required", level.place, {"seen": written})
    if login and word != "none":
        yield from _lowest(main, "smtp_tls_protocols")
    if relay is None or found is None:
        return
    port, local = found
    row = by_port(port)
    if row is None or row.protocol != "smtp" or local:
        return
    yield from _relay_mode(main, relay, row, login and word != "none", complete)


def _relay_mode(
    main: Parameters, relay: Parameter, row: Service, login: bool, complete: bool
) -> Iterator[Fact]:
    wrapper = main.get("smtp_tls_wrappermode")
    if row.tls == IMPLICIT and (wrapper.off if wrapper else complete):
        place = wrapper.place if wrapper else relay.place
        yield _mode(place, row, IMPLICIT, _NO_WRAPPER.format("smtp"), _absent("smtp", wrapper))
    elif row.tls != IMPLICIT and wrapper and wrapper.on:
        yield _mode(wrapper.place, row, STARTTLS, "TLS from the first byte")
    else:
        yield Mention(row, row.port, CLIENT, relay.place, relay.value, login=login)


def _relay(relay: Optional[Parameter]) -> Optional[tuple[int, bool]]:
    """Return the port of relayhost and whether it is this machine, None if that is not known."""
    text = relay.value.split(",")[0].strip() if relay else ""
    if not text or text.rpartition(":")[2] == UNKNOWN or text.endswith(UNKNOWN):
        return None
    bare = text[text.index("]") + 1 :] if text.startswith("[") and "]" in text else text
    host, colon, word = bare.rpartition(":")
    name = text[1 : text.index("]")] if text.startswith("[") and "]" in text else host or bare
    if not colon:
        return SERVICES["smtp"].port, is_local(name)
    named = service_named(word)
    found = named.port if named else int(word) if word.isdigit() and len(word) < 6 else 0
    return (found, is_local(name)) if found else None


def _absent(program: str, wrapper: Optional[Parameter]) -> tuple[str, ...]:
    return () if wrapper else (f"{program}_tls_wrappermode",)


def _mode(
    place: Place, row: Service, intended: str, seen: str, absent: tuple[str, ...] = ()
) -> Flaw:
    words = "TLS from the first byte" if intended == IMPLICIT else "STARTTLS"
    return Flaw(
        "wrong-tls-mode",
        place,
        {"intended": words, "seen": seen},
        row.name,
        row.port,
        absent=absent,
    )


def _off(found: Parameter, seen: str) -> Flaw:
    remedy = "Set it to may on port 25 of a public mail server, to encrypt where users log in."
    return Flaw("cleartext-port", found.place, {"message": f"{seen}: TLS is off"}, remedy=remedy)


def option_facts(name: str, kind: str, option: str, found: Parameter) -> Iterator[Fact]:
    """Yield what is wrong with one option, whatever the other options of its entry are."""
    nowhere = Place(-1)
    entry = Entry(name, kind, "smtpd", nowhere, {option: found}, complete=False)
    for fact in entry_facts(entry, {}):
        if fact.place != nowhere:
            yield fact


def entry_facts(entry: Entry, main: Parameters) -> Iterator[Fact]:
    """Yield the facts of one entry of master.cf; ``main`` are the parameters of main.cf."""
    own = entry.options
    yield from _common(own)
    if entry.kind != "inet" or entry.command not in ("smtpd", "postscreen"):
        return
    host, port = _address(entry.name)
    row = by_port(port)
    if row is None or row.protocol != "smtp" or is_local(host):
        return
    if entry.command == "smtpd":
        yield from _smtpd(entry, row, {**main, **own})
    yield Mention(row, port, LISTENER, entry.place, entry.name)


def _address(name: str) -> tuple[str, int]:
    host, _colon, word = name.rpartition(":")
    named = service_named(word)
    if word.isdigit() and len(word) < 6:
        return host, int(word)
    return host, named.port if named else 0


def _smtpd(entry: Entry, row: Service, values: Mapping[str, Parameter]) -> Iterator[Fact]:
    own = entry.options
    wrapper = own.get("smtpd_tls_wrappermode")
    level = own.get("smtpd_tls_security_level")
    if row.tls == IMPLICIT:
        used = values.get("smtpd_tls_wrappermode")
        if (used is None and entry.complete) or (used and used.off):
            place = wrapper.place if wrapper else entry.place
            yield _mode(place, row, IMPLICIT, _NO_WRAPPER.format("smtpd"), _absent("smtpd", used))
        return
    if wrapper and wrapper.on:
        yield _mode(wrapper.place, row, STARTTLS, "TLS from the first byte")
        return
    if level and level.value.lower() == "none":
        yield _off(level, "smtpd_tls_security_level = none")
    elif row.login == "none":
        if level and level.value.lower() == "encrypt":
            yield _public(level, row)
    elif _required(values) is False and (level or entry.complete):
        place = level.place if level else entry.place
        seen = (
            f"smtpd_tls_security_level = {level.value}"
            if level
            else "smtpd_tls_security_level = encrypt is missing"
        )
        absent = () if level else ("smtpd_tls_security_level", "smtpd_enforce_tls")
        facts = {"seen": seen}
        yield Flaw("starttls-not-required", place, facts, row.name, row.port, absent=absent)
    only, sasl = own.get("smtpd_tls_auth_only"), values.get("smtpd_sasl_auth_enable")
    if not (sasl and sasl.on) or _required(values) is not False:
        return
    if only and only.off:
        yield Flaw("login-before-tls", only.place, {"seen": "smtpd_tls_auth_only = no"})
    elif entry.main_known and "smtpd_sasl_auth_enable" in own:
        used = values.get("smtpd_tls_auth_only")
        if used is None or used.off:
            seen = "smtpd_sasl_auth_enable = yes without smtpd_tls_auth_only = yes"
            yield Flaw("login-before-tls", sasl.place, {"seen": seen}, absent=_LOGIN_IN_TLS)


def _public(level: Parameter, row: Service) -> Flaw:
    return Flaw(
        "wrong-tls-mode",
        level.place,
        {
            "intended": "STARTTLS without requiring it",
            "seen": "encrypt, which rejects mail from servers without TLS",
        },
        row.name,
        row.port,
        remedy="A public mail server must not require TLS on this port (RFC 3207 section 4): set "
        "may here.",
    )


def parameters_from(found: Mapping[str, Parameter]) -> Parameters:
    """Return the parameters that the rules know."""
    return {name: one for name, one in found.items() if name in PARAMETERS}
