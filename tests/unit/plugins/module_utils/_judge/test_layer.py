# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test which layer is named for a service that was not reached, by what the host says of itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Optional

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._judge.diagnosis import diagnose
from ansible_collections.postmaster.mailports.plugins.module_utils._judge.layer import (
    CONFIGURATION,
    EITHER,
    HOST_FIREWALL,
    LAYERS,
    NETWORK_PATH,
    SERVICE,
    loaded,
    locate,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.finding import Finding
from ansible_collections.postmaster.mailports.plugins.module_utils._model.host_view import (
    Configured,
    Firewall,
    Holder,
    HostView,
    ReadError,
    Server,
    Source,
    covers,
    view_from,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.observation import (
    FILTERED,
    OPEN,
    REFUSED,
    RESET,
    UNREACHABLE,
    Observation,
)
from hypothesis import given
from hypothesis import strategies as st

IMAP = Configured(
    "imap", "imap", 143, "", "starttls", "required", False, True, "dovecot", Source("/d.conf", 7)
)
HELD = Holder(143, "0.0.0.0", 40, "dovecot", "/usr/sbin/dovecot", "dovecot")
OTHER = Holder(143, "0.0.0.0", 9, "rinetd", "/usr/sbin/rinetd")
SERVERS = (Server("postfix", True, "3.7.11", True), Server("dovecot", True, "2.3.19.1", True))
CLEAN = Firewall(False, "no rule of nftables refuses what comes in")
WALL = Firewall(True, "nftables refuses some of what comes in (table inet filter)")
UNREAD = Firewall(None, "nft is not installed on the host")


def view(
    configured: tuple[Configured, ...] = (IMAP,),
    holders: Optional[tuple[Holder, ...]] = (HELD,),
    servers: tuple[Server, ...] = SERVERS,
    firewall: Firewall = CLEAN,
) -> HostView:
    return HostView(configured, holders, servers, firewall)


def seen(
    reach: str = REFUSED, address: str = "198.51.100.1", protocol: str = "imap"
) -> Observation:
    return Observation("imap", "mail", address, 143, protocol, "starttls", reach)


V6 = "2001:db8::1"
BROKEN = (SERVERS[0], replace(SERVERS[1], error="doveconf: Fatal"))
UNIT = replace(HELD, pid=1, name="systemd", server="", systemd=True, unit="dovecot.socket")
HANDED = replace(HELD, systemd=True, unit="dovecot.socket")


@pytest.mark.parametrize(
    ("host", "own", "layer", "words"),
    [
        (
            view(configured=(), holders=()),
            seen(),
            CONFIGURATION,
            "Dovecot has no listener for port 143",
        ),
        (view(configured=()), seen(), CONFIGURATION, "dovecot (pid 40) holds port 143"),
        (
            view(configured=(replace(IMAP, port=10143),), holders=()),
            seen(),
            CONFIGURATION,
            "not configured",
        ),
        (
            view(configured=(replace(IMAP, address="127.0.0.1"),)),
            seen(),
            CONFIGURATION,
            "configured for 127.0.0.1 (in /d.conf line 7) only",
        ),
        (
            view(configured=(replace(IMAP, address="0.0.0.0"),)),
            seen(address=V6),
            CONFIGURATION,
            f"not for {V6}",
        ),
        (
            view(configured=(replace(IMAP, protocol="pop3"),)),
            seen(OPEN),
            CONFIGURATION,
            "for pop3 instead of imap",
        ),
        (view(configured=(), servers=BROKEN), seen(), "", "of Dovecot could not be read"),
        # A broken Dovecot says nothing about submission.
        (
            view(configured=(), holders=(), servers=(BROKEN[1], SERVERS[0])),
            seen(protocol="imap"),
            "",
            "could not be read",
        ),
        (view(holders=None), seen(), "", "which process listens on the host could not be read"),
        (
            view(holders=()),
            seen(),
            SERVICE,
            "configured in Dovecot, in /d.conf line 7, but nothing",
        ),
        (
            view(configured=(replace(IMAP, source=Source()),), holders=()),
            seen(),
            SERVICE,
            "by the server's default, but nothing listens",
        ),
        (view(holders=(HELD,)), seen(address=V6), SERVICE, "but nothing listens"),
        (view(holders=(OTHER,)), seen(OPEN), SERVICE, "but rinetd (pid 9) holds port 143"),
        (view(holders=(UNIT,)), seen(OPEN), SERVICE, "but systemd's dovecot.socket holds port 143"),
        (view(holders=(replace(OTHER, unit="x.service"),)), seen(), SERVICE, "(pid 9, x.service)"),
        (view(), seen(OPEN), SERVICE, "and dovecot (pid 40) listens on the host"),
        (view(), seen(RESET), SERVICE, "listens on the host"),
        (view(holders=(HANDED,)), seen(OPEN), SERVICE, "and systemd's dovecot.socket listens"),
        (
            view(configured=(replace(IMAP, proxied=True),)),
            seen(OPEN),
            CONFIGURATION,
            "but only for a proxy",
        ),
        (view(firewall=WALL), seen(), HOST_FIREWALL, "refused from here: the host's nftables"),
        (view(firewall=WALL), seen(FILTERED), HOST_FIREWALL, "filtered from here"),
        (view(firewall=WALL), seen(UNREACHABLE), HOST_FIREWALL, "unreachable from here"),
        (view(), seen(FILTERED), NETWORK_PATH, "on the host no rule of nftables"),
        (view(firewall=UNREAD), seen(FILTERED), EITHER, "nft is not installed"),
        (
            view(holders=(Holder(143, "0.0.0.0"),)),
            seen(FILTERED),
            NETWORK_PATH,
            "could not be seen",
        ),
        # One socket of a program that is neither server may serve both families.
        (
            view(holders=(replace(OTHER, address="::"),)),
            seen(OPEN),
            SERVICE,
            "rinetd (pid 9) holds",
        ),
        (view(holders=(replace(HELD, address="::"),)), seen(), SERVICE, "nothing listens"),
    ],
)
def test_the_layer(host: HostView, own: Observation, layer: str, words: str) -> None:
    found = locate(own, host)
    assert found.layer == layer
    assert words in found.why
    assert layer in ("", *LAYERS)


def finding(rule: str) -> Finding:
    return Finding(
        rule, "error", "m", "tls_error", "mend it", "c", "p", "mail", "imap", 143, "198.51.100.1"
    )


def test_the_diagnosis_says_it() -> None:
    (one,) = diagnose([finding("port-closed")], [seen()], view(holders=()))
    assert one.layer == SERVICE
    assert one.evidence.endswith("but nothing listens on port 143")
    assert one.cause == "incorrect_port_settings"
    assert one.remedy.startswith("Start or restart Dovecot")
    (same,) = diagnose([finding("no-dialogue")], [seen(OPEN)], view())
    assert (same.layer, same.cause, same.remedy) == (SERVICE, "tls_error", "mend it")


@pytest.mark.parametrize("rule", ["tls-version", "login-missing", "port-open", "not-probed"])
def test_other_findings_have_no_layer(rule: str) -> None:
    (one,) = diagnose([finding(rule)], [seen(OPEN)], view())
    assert one.layer == ""


def test_without_a_view_nothing_changes() -> None:
    (one,) = diagnose([finding("port-closed")], [seen()])
    assert one.layer == ""
    assert "configured" not in one.evidence


@pytest.mark.parametrize("host", [view(), view(holders=None, firewall=UNREAD), HostView()])
def test_the_plain_form_comes_back(host: HostView) -> None:
    assert view_from(host.to_dict()).to_dict() == host.to_dict()
    # What Ansible adds to a registered result does not matter.
    assert (
        view_from({**host.to_dict(), "changed": False, "failed": False}).firewall == host.firewall
    )


@pytest.mark.parametrize(
    "change",
    [
        {"configured": None},
        {"configured": [{}]},
        {"configured": ["x"]},
        {"holders": [{"port": 0, "address": ""}]},
        {"holders": [{"port": "143", "address": ""}]},
        {"holders": [{"port": 143, "address": None}]},
        {"holders": [{"port": 143, "address": "", "colour": "red"}]},
        {"servers": [{"found": True}]},
        {"firewall": None},
        {"firewall": []},
    ],
)
def test_anything_else_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ReadError, match="not a result of listener_info"):
        view_from({**view().to_dict(), **change})
    with pytest.raises(ReadError):
        view_from({})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
)


@given(st.sampled_from(["configured", "holders", "servers", "firewall"]), JSON)
def test_any_data_is_a_view_or_refused(key: str, data: Any) -> None:
    try:
        made = view_from({**view().to_dict(), key: data})
    except ReadError:
        return
    locate(seen(), made)


@pytest.mark.parametrize(
    ("listener", "address", "expected"),
    [
        ("", "198.51.100.1", True),
        ("0.0.0.0", "198.51.100.1", True),
        ("0.0.0.0", V6, False),
        ("::", V6, True),
        ("::", "198.51.100.1", False),
        ("198.51.100.1", "198.51.100.1", True),
        ("198.51.100.2", "198.51.100.1", False),
        ("2001:db8:0::1", V6, True),
        ("fe80::1%eth0", "fe80::1", True),
        ("mail.example.net", "198.51.100.1", True),
    ],
)
def test_what_a_listener_takes(listener: str, address: str, expected: bool) -> None:
    assert covers(listener, address) is expected


def shows(digest: str) -> dict[str, str]:
    """Return what is read of a certificate here."""
    return {"sha256": digest, "subject": "mail.example.net", "not_after": "2026-12-01T00:00:00Z"}


BOTH = replace(IMAP, certificates=("aa", "bb"))


@pytest.mark.parametrize(
    ("configured", "shown", "value"),
    [
        ((BOTH,), ("bb",), True),
        ((BOTH,), ("bb", "aa"), True),
        ((BOTH,), ("cc",), False),
        ((BOTH,), ("bb", "cc"), False),
        ((replace(BOTH, certificates=("cc",)), replace(BOTH, address="127.0.0.1")), ("cc",), True),
    ],
)
def test_a_certificate_that_is_not_loaded(
    configured: tuple[Configured, ...], shown: tuple[str, ...], value: bool
) -> None:
    """Those of the other key, and without SNI, are held to it too."""
    first, *others = map(shows, shown)
    served = ({"status": "same"}, *({"status": "served", "certificate": one} for one in others))
    own = replace(seen(OPEN), certificate=first, served=served)
    answer = loaded(own, view(configured=configured))
    assert answer.value is value
    strange = "mail.example.net, valid until 2026-12-01, SHA-256 cc"
    assert answer.evidence == ("in the files of Dovecot" if value else strange)


@pytest.mark.parametrize(
    ("configured", "servers", "unknown", "moot"),
    [
        ((IMAP,), (), "which certificates Dovecot is configured to serve is not known", ""),
        ((BOTH, IMAP), (), "which certificates Dovecot is configured to serve is not known", ""),
        (
            (),
            (Server("dovecot", True, error="no"),),
            "the configuration of Dovecot could not be read",
            "",
        ),
        ((), (Server("postfix", True, error="no"),), "", "no mail server"),
        ((replace(BOTH, port=993),), (), "", "no mail server"),
        ((replace(BOTH, address="127.0.0.1"),), (), "", "no mail server"),
        ((replace(BOTH, protocol="sieve"),), (), "", "no mail server"),
    ],
)
def test_where_the_files_do_not_tell(
    configured: tuple[Configured, ...], servers: tuple[Server, ...], unknown: str, moot: str
) -> None:
    own = replace(seen(OPEN), certificate=shows("cc"))
    answer = loaded(own, view(configured=configured, servers=servers))
    assert (answer.value, answer.unknown) == (None, unknown)
    assert answer.moot.startswith(moot)
    assert bool(answer.moot) is bool(moot)


def test_a_certificate_that_cannot_be_read_is_not_known_to_be_loaded() -> None:
    assert loaded(seen(OPEN), view(configured=(BOTH,))).unknown
