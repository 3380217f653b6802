# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of Dovecot's drop-in: what is rendered for which configuration."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._dovecot import (
    doveconf as _doveconf,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._dovecot import (
    plan as _dovecot_plan,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._dovecot.doveconf import (
    Block,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._dovecot.plan import (
    AuthSocket,
    PlanError,
    Wanted,
    differences,
    plan,
    protocol_differences,
    render,
    secluded,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.intent import expand

from tests.unit.plugins.module_utils._dovecot.doveconf_texts import TEXT_23, TEXT_24

OLD, NEW = (2, 3), (2, 4)


def wanted(services: dict[str, Any], **changes: Any) -> Wanted:
    """Return what is wanted, from the services of an intent."""
    expanded = expand({"host": "mail.example.net", "services": services}).listeners
    listeners = tuple(one for one in expanded if one.protocol != "smtp")
    return Wanted(listeners=listeners, **changes)


def chosen(text: str, services: dict[str, Any], **changes: Any) -> list[tuple[str, str, int, bool]]:
    """Return the planned listeners: service, name, port, implicit TLS."""
    found = plan(_doveconf.parse(text), wanted(services, **changes))
    return [(inet.service, inet.name, inet.port, inet.tls) for inet in found]


def test_stock_names_are_kept_and_the_rest_is_closed() -> None:
    assert chosen(TEXT_23, {"imaps": {}}) == [
        ("imap-login", "imaps", 993, True),
        ("imap-login", "imap", 0, False),
        ("pop3-login", "pop3", 0, False),
        ("pop3-login", "pop3s", 0, True),
    ]


def test_a_closed_listener_is_opened_by_its_name() -> None:
    assert ("imap-login", "imaps", 993, True) in chosen(TEXT_24, {"imaps": {}})


def test_a_port_under_another_name_is_used_and_a_second_one_closed() -> None:
    text = TEXT_23.replace("inet_listener imaps", "inet_listener customers")
    extra = 'service imap-login {\n  inet_listener "two words" {\n    port = 993\n  }\n}\n'
    found = chosen(text + extra, {"imaps": {}})
    assert ("imap-login", "customers", 993, True) in found
    assert ("imap-login", "two words", 0, False) in found
    assert 'inet_listener "two words" {' in render(
        _doveconf.parse(text + extra), wanted({"imaps": {}}), OLD
    )


def test_another_service_on_the_port_is_closed() -> None:
    extra = "service pop3-login {\n  inet_listener odd {\n    port = 993\n  }\n}\n"
    found = chosen(TEXT_23 + extra, {"imaps": {}})
    assert ("pop3-login", "odd", 0, False) in found
    assert ("imap-login", "imaps", 993, True) in found


def test_a_listener_that_no_intent_names_is_left_alone() -> None:
    extra = "service imap-login {\n  inet_listener proxied {\n    port = 10143\n  }\n}\n"
    assert "proxied" not in [row[1] for row in chosen(TEXT_23 + extra, {"imaps": {}})]


def test_another_port_gets_a_name_of_its_own() -> None:
    found = chosen(TEXT_23, {"imaps": {"port": 10993}})
    assert ("imap-login", "mailports-imaps", 10993, True) in found
    assert ("imap-login", "imaps", 0, True) in found


def test_a_listener_of_a_proxy_is_not_one_for_mail_programs() -> None:
    text = TEXT_23.replace("port = 993\n", "port = 993\n    haproxy = yes\n")
    with pytest.raises(PlanError, match=r"imaps of imap-login \(port 993\) takes connections from"):
        chosen(text, {"imaps": {}})
    extra = (
        "service imap-login {\n  inet_listener p {\n    port = 1993\n    haproxy = yes\n  }\n}\n"
    )
    assert ("imap-login", "p", 1993, False) not in chosen(TEXT_23 + extra, {"imaps": {}})


def test_a_tls_version_that_is_stricter_stays() -> None:
    conf = _doveconf.parse(TEXT_23.replace("TLSv1.2", "TLSv1.3"))
    assert "ssl_min_protocol" not in render(conf, wanted({"imaps": {}}), OLD)
    asked = render(conf, wanted({"imaps": {}}, min_tls="TLSv1.2"), OLD)
    assert "ssl_min_protocol = TLSv1.2\n" in asked
    conf = _doveconf.parse(TEXT_23.replace("TLSv1.2", "TLSv1"))
    assert "ssl_min_protocol = TLSv1.2\n" in render(conf, wanted({"imaps": {}}), OLD)


def test_protocols_that_are_needed() -> None:
    """None is no protocol, and one that something read later leaves out is told."""
    none = _doveconf.parse('protocols = " none"\n')
    assert "protocols = imap\n" in render(none, wanted({"imaps": {}}), OLD)
    assert "protocols does not have imap" in differences(none, wanted({"imaps": {}}), OLD)
    assert "protocols does not have imap" not in differences(
        _doveconf.parse(TEXT_23), wanted({"imaps": {}}), OLD
    )


def test_managesieve() -> None:
    names = ("sieve", "sieve_deprecated")
    kept = chosen(TEXT_24, {"imaps": {}})
    closed = chosen(TEXT_24, {"imaps": {}}, managesieve="closed")
    opened = chosen(TEXT_24, {"imaps": {}}, managesieve="open")
    assert [row for row in kept if row[1] in names] == []
    assert [row[2] for row in closed if row[1] in names] == [0, 0]
    assert [row[2] for row in opened if row[1] in names] == [4190, 0]


def test_render_old() -> None:
    socket = AuthSocket("/var/spool/postfix/private/auth", "postfix", "postfix", "0660")
    text = render(
        _doveconf.parse(TEXT_23),
        wanted(
            {"pop3s": {}},
            certificate="/c.pem",
            key="/k.pem",
            min_tls="TLSv1.3",
            addresses=("*",),
            socket=socket,
        ),
        OLD,
    )
    assert text == (
        _dovecot_plan.HEADER
        + """\
ssl = required
disable_plaintext_auth = yes
ssl_min_protocol = TLSv1.3
ssl_cert = </c.pem
ssl_key = </k.pem
listen = *
protocols = imap lmtp pop3
service pop3-login {
  inet_listener pop3s {
    port = 995
    ssl = yes
  }
  inet_listener pop3 {
    port = 0
  }
}
service imap-login {
  inet_listener imap {
    port = 0
  }
  inet_listener imaps {
    port = 0
  }
}
service managesieve-login {
  inet_listener sieve {
    port = 4190
    ssl = no
    address = *, ::
  }
}
service auth {
  unix_listener /var/spool/postfix/private/auth {
    mode = 0660
    user = postfix
    group = postfix
  }
}
"""
    )


def test_render_new() -> None:
    text = render(
        _doveconf.parse(TEXT_24),
        wanted({"imap": {}, "pop3": {}}, certificate="/c.pem", key="/k.pem"),
        NEW,
    )
    for line in (
        "auth_allow_cleartext = no",
        "ssl_server_cert_file = /c.pem",
        "ssl_server_key_file = /k.pem",
        "protocols {\n  pop3 = yes\n}",
    ):
        assert f"{line}\n" in text
    assert "disable_plaintext_auth" not in text
    assert "ssl_cert " not in text


@pytest.mark.parametrize(("generation", "name"), [(OLD, "address"), (NEW, "listen")])
def test_a_listener_with_its_own_addresses(generation: tuple[int, int], name: str) -> None:
    """It follows the addresses that are asked for, and keeps its own where none are."""
    conf = Block(
        blocks=[
            Block(
                "service",
                "imap-login",
                blocks=[
                    Block("inet_listener", "imaps", {"port": "993", name: "192.0.2.1, 192.0.2.2"})
                ],
            )
        ]
    )
    assert _doveconf.listeners(conf)[0].addresses == ("192.0.2.1", "192.0.2.2")
    asked = wanted({"imaps": {}}, addresses=("*", "::"))
    assert f"    {name} = *, ::\n" in render(conf, asked, generation)
    assert name not in render(conf, wanted({"imaps": {}}), generation).replace("_listener", "")


def test_refusals_come_together() -> None:
    asked = wanted({"imap": {"tls": "cleartext"}, "mine": dict(OWN, port=993)})
    twice = replace(asked, listeners=(*asked.listeners, asked.listeners[0]))
    with pytest.raises(PlanError) as caught:
        render(_doveconf.parse(TEXT_23), twice, OLD)
    assert len(str(caught.value).splitlines()) == 2
    smtp = expand({"host": "a", "services": {}}).listeners[:1]
    with pytest.raises(PlanError, match="smtp is not served by Dovecot"):
        render(Block(), Wanted(smtp), OLD)


OWN = {"protocol": "imap", "tls": "implicit"}


def test_differences() -> None:
    """Each thing that something read later undoes is told; nothing where all is as wanted."""
    good = TEXT_23.replace("ssl = yes\nssl_min", "ssl = required\nssl_min")
    good = good.replace("port = 143", "port = 0").replace("port = 110", "port = 0")
    good = good.replace("port = 995", "port = 0") + "disable_plaintext_auth = yes\n"
    asked = wanted({"imaps": {}})
    assert differences(_doveconf.parse(good), asked, OLD) == []
    assert differences(_doveconf.parse(TEXT_23), asked, OLD) == [
        "ssl is 'yes', not 'required'",
        "disable_plaintext_auth is '', not 'yes'",
        "inet_listener imap of imap-login has port 143",
        "inet_listener pop3 of pop3-login has port 110",
        "inet_listener pop3s of pop3-login has port 995",
    ]
    closed = good.replace("port = 993", "port = 0")
    assert differences(_doveconf.parse(closed), asked, OLD) == [
        "the listener on port 993 is not imap-login's alone"
    ]
    asked = replace(asked, addresses=("192.0.2.1",))
    assert differences(_doveconf.parse(good), asked, OLD) == ["listen is '*, ::', not 192.0.2.1"]
    settings = {"ssl": "required", "auth_allow_cleartext": "yes", "ssl_min_protocol": "TLSv1.3"}
    assert protocol_differences(settings, NEW) == ["auth_allow_cleartext is 'yes', not 'no'"]


UNNAMED = """\
listen = *
protocols = imap
service imap-login {
  inet_listener {
    port = 143
    ssl = no
  }
  inet_listener {
    port = 1143
  }
  inet_listener imap {
    port = 0
  }
}
"""


def test_a_listener_without_a_name_that_is_as_wanted_stays() -> None:
    assert chosen(UNNAMED, {"imap": {}}) == []
    text = render(_doveconf.parse(UNNAMED), wanted({"imap": {}}), OLD)
    assert "inet_listener" not in text


@pytest.mark.parametrize(
    ("services", "words"),
    [
        ({"imaps": {}}, "port 143 of imap-login has no name"),
        ({"imap": {"tls": "implicit"}}, "one with TLS from the first byte"),
        ({"imaps": {"port": 1143}}, "port 1143"),
    ],
)
def test_a_listener_without_a_name_cannot_be_changed(services: dict[str, Any], words: str) -> None:
    with pytest.raises(PlanError, match=words):
        chosen(UNNAMED, services)


@pytest.mark.parametrize(("generation", "name"), [(OLD, "address"), (NEW, "listen")])
def test_loopback_alone_is_for_nobody_else(generation: tuple[int, int], name: str) -> None:
    """An intent is about what others reach; what it does not name stays on loopback."""
    conf = _doveconf.parse(TEXT_23.replace("listen = *, ::", "listen = 127.0.0.1, ::1"))
    wish = wanted({"imaps": {}})
    text = render(conf, wish, generation)
    assert "\nlisten = *, ::\n" in text
    assert f"port = 4190\n    ssl = no\n    {name} = 127.0.0.1, ::1\n" in text
    assert secluded(conf, wish) == [("imaps", 993)]
    asked = replace(wish, addresses=("127.0.0.1", "::1"))
    assert "*" not in render(conf, asked, generation)
    assert secluded(conf, asked) == []


def test_one_listener_on_loopback_alone() -> None:
    conf = _doveconf.parse(
        TEXT_23.replace("address =\n    port = 993", "address = 127.0.0.1\n    port = 993")
    )
    text = render(conf, wanted({"imaps": {}}), OLD)
    assert "port = 993\n    ssl = yes\n    address = *, ::\n" in text
    assert "listen =" not in text
    assert "4190" not in text
