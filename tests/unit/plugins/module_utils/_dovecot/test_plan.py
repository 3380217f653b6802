# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of Dovecot's drop-in: what is rendered for which configuration, and where it goes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._dovecot import (
    doveconf as _doveconf,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._dovecot import (
    plan as _dovecot_plan,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._dovecot import running
from ansible_collections.postmaster.mailports.plugins.module_utils._dovecot.doveconf import (
    Block,
    Inet,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._dovecot.drop_in import (
    ConfigError,
    Files,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._dovecot.plan import (
    AuthSocket,
    PlanError,
    Wanted,
    differences,
    plan,
    protocol_differences,
    render,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.intent import expand
from ansible_collections.postmaster.mailports.plugins.module_utils._system import programs

OLD, NEW = (2, 3), (2, 4)

# The shape of what doveconf prints; the comments and the unset addresses are its own, too.
TEXT_23 = """\
# 2.3.19.1 (0000000000): /etc/dovecot/dovecot.conf
protocols = " imap lmtp"
listen = *, ::
ssl = yes
ssl_min_protocol = TLSv1.2
service imap-login {
  chroot = login
  inet_listener imap {
    address =
    port = 143
    ssl = no
  }
  inet_listener imaps {
    address =
    port = 993
    ssl = yes
  }
}
service pop3-login {
  inet_listener pop3 {
    address =
    port = 110
    ssl = no
  }
  inet_listener pop3s {
    address =
    port = 995
    ssl = yes
  }
}
service managesieve-login {
  inet_listener sieve {
    port = 4190
  }
}
"""
TEXT_24 = """\
listen = * ::
protocols {
  imap = yes
  pop3 = no
}
service imap-login {
  inet_listener imaps {
    port = 0
    ssl = yes
  }
}
service imap-login {
  inet_listener imap {
    port = 143
  }
  unix_listener "srv.imap-login/%{pid}" {
    mode = 0600
  }
}
service managesieve-login {
  inet_listener sieve {
    port = 4190
  }
  inet_listener sieve_deprecated {
    port = 2000
  }
}
"""


def wanted(services: dict[str, Any], **changes: Any) -> Wanted:
    """Return what is wanted, from the services of an intent."""
    expanded = expand({"host": "mail.example.net", "services": services}).listeners
    listeners = tuple(one for one in expanded if one.protocol != "smtp")
    return Wanted(listeners=listeners, **changes)


def chosen(text: str, services: dict[str, Any], **changes: Any) -> list[tuple[str, str, int, bool]]:
    """Return the planned listeners: service, name, port, implicit TLS."""
    found = plan(_doveconf.parse(text), wanted(services, **changes))
    return [(inet.service, inet.name, inet.port, inet.tls) for inet in found]


def test_parse() -> None:
    conf = _doveconf.parse(TEXT_24)
    assert conf.settings["listen"] == "* ::"
    assert _doveconf.listeners(conf) == [
        Inet("imap-login", "imaps", 0, True, ()),
        Inet("imap-login", "imap", 143, False, ()),
        Inet("managesieve-login", "sieve", 4190, False, ()),
        Inet("managesieve-login", "sieve_deprecated", 2000, False, ()),
    ]
    assert _doveconf.protocols(conf) == ("imap",)
    assert _doveconf.protocols(_doveconf.parse(TEXT_23)) == ("imap", "lmtp")


@pytest.mark.parametrize("text", ["}", "service x {", "a {\n}\n}"])
def test_parse_refuses_unmatched_blocks(text: str) -> None:
    with pytest.raises(ValueError, match=r"^doveconf( line \d)?: (a|the) block"):
        _doveconf.parse(text)


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


def test_endpoints() -> None:
    """Only enabled protocols listen; a name in place of an address leaves the port."""
    found = running.endpoints(_doveconf.parse(TEXT_23))
    assert found == {(address, port) for address in ("0.0.0.0", "::") for port in (143, 993)}
    named = TEXT_24.replace("* ::", "[::1], 192.0.2.1, mail.example.net")
    found = running.endpoints(_doveconf.parse(named))
    assert found == {("::1", 143), ("192.0.2.1", 143), ("", 143)}


def test_a_service_of_2_4_that_starts_with_the_server(tmp_path: Path) -> None:
    """Where the folder for its processes is missing a reload would not do."""
    text = TEXT_24.replace("port = 0", "port = 993")
    server = running.Server("/etc/dovecot/dovecot.conf", str(tmp_path))
    assert server.needs_start(_doveconf.parse(text))
    assert not server.needs_start(_doveconf.parse(TEXT_23))
    (tmp_path / "srv.imap-login").mkdir()
    assert not server.needs_start(_doveconf.parse(text))


@pytest.mark.parametrize(
    ("text", "generation", "warned"),
    [
        ("2.3.19.1 (9b53102964)", (2, 3), False),
        ("2.4.1-4 (7d8c0e5759)", (2, 4), False),
        ("2.5.0", (2, 5), True),
        ("3.0", (3, 0), True),
    ],
)
def test_version(text: str, generation: tuple[int, int], warned: bool) -> None:
    version = running.version_of(text)
    assert version.generation == generation
    assert bool(version.warning) is warned


@pytest.mark.parametrize(("text", "words"), [("2.2.36", "older than 2.3"), ("?", "no version")])
def test_unusable_version(text: str, words: str) -> None:
    with pytest.raises(programs.ServerError, match=words):
        running.version_of(text)


def files_in(folder: Path, main: str) -> Files:
    (folder / "conf.d").mkdir()
    (folder / "dovecot.conf").write_text(main, encoding="ascii")
    return Files(str(folder / "dovecot.conf"))


def written(files: Files, place: int = 0) -> dict[str, str]:
    """Return the names and contents of the files that a placement writes."""
    edits = files.placements("text\n")[place]
    return {
        edit.path[len(files.folder) + 1 :]: edit.data.decode()
        for edit in edits
        if edit.data is not None
    }


@pytest.mark.parametrize(
    "line", ["!include conf.d/*.conf", "  !include_try conf.d/*.conf", "!include conf.d/99-*"]
)
def test_an_included_folder_gets_the_drop_in(tmp_path: Path, line: str) -> None:
    files = files_in(tmp_path, f"# mine\n{line}\n")
    assert written(files) == {"conf.d/99-mailports.conf": "text\n"}
    assert written(files, 1) == {
        "mailports.conf": "text\n",
        "dovecot.conf": f"# mine\n{line}\n!include mailports.conf\n",
    }


@pytest.mark.parametrize("main", ["# mine\n", "#!include conf.d/*.conf\n", "no end"])
def test_a_main_file_without_includes_gets_a_line(tmp_path: Path, main: str) -> None:
    files = files_in(tmp_path, main)
    assert len(files.placements("text\n")) == 1
    end = "" if main.endswith("\n") else "\n"
    assert written(files)["dovecot.conf"] == f"{main}{end}!include mailports.conf\n"
    for name, text in written(files).items():
        (tmp_path / name).write_text(text, encoding="ascii")
    assert written(files)["dovecot.conf"] == f"{main}{end}!include mailports.conf\n"


def test_staging(tmp_path: Path) -> None:
    """The copy has the edits, reads itself where includes are absolute, and holds no keys."""
    folder = tmp_path / "dovecot"
    folder.mkdir()
    files = files_in(folder, f"!include {folder}/conf.d/*.conf\n")
    (folder / "private").mkdir()
    (folder / "dangling").symlink_to("nowhere")
    with files.staged(files.placements("text\n")[0], str(tmp_path)) as config:
        copy = Path(config).parent
        assert (copy / "conf.d/99-mailports.conf").read_text(encoding="ascii") == "text\n"
        assert Path(config).read_text(encoding="ascii") == f"!include {copy}/conf.d/*.conf\n"
        assert sorted(path.name for path in copy.iterdir()) == ["conf.d", "dovecot.conf", "private"]
        assert (copy / "private").is_symlink()
    assert not copy.exists()
    assert not (folder / "conf.d/99-mailports.conf").exists()


def test_includes_that_lead_out_of_the_folder(tmp_path: Path) -> None:
    """The copy reads what the original reads, also from the folder of the keys."""
    folder = tmp_path / "dovecot"
    folder.mkdir()
    lines = "!include ../shared/a.conf\n!include_try private/*.conf\n!include conf.d/../b.conf\n"
    files = files_in(folder, lines)
    (folder / "conf.d/10-x.conf").write_text("!include ../../shared/*.conf\n", encoding="ascii")
    (folder / "private").mkdir()
    (folder / "private/db.conf").write_text("mine\n", encoding="ascii")
    with files.staged([], str(tmp_path)) as config:
        copy = Path(config).parent
        shared = f"!include {tmp_path}/shared/"
        expected = lines.replace("!include ../shared/", shared)
        assert Path(config).read_text(encoding="ascii") == expected
        inside = (copy / "conf.d/10-x.conf").read_text(encoding="ascii")
        assert inside == f"{shared}*.conf\n"
        assert (copy / "private/db.conf").read_text(encoding="ascii") == "mine\n"


def test_folders_of_elsewhere_are_not_copied(tmp_path: Path) -> None:
    """They may be large, or this folder again; what they hold can be included all the same. The
    folder for the drop-in is copied, so that a trial does not write into the real one."""
    folder, elsewhere = tmp_path / "dovecot", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    files = files_in(folder, "!include conf.d/*.conf\n!include sieve/*.conf\n")
    (elsewhere / "10-x.conf").touch()
    (folder / "conf.d").rmdir()
    for name, target in (("conf.d", elsewhere), ("sieve", elsewhere), ("loop", folder)):
        (folder / name).symlink_to(target)
    with files.staged(files.placements("text\n")[0], str(tmp_path)) as config:
        copy = Path(config).parent
        assert not (copy / "conf.d").is_symlink()
        assert (copy / "conf.d/99-mailports.conf").read_text(encoding="ascii") == "text\n"
        assert (copy / "sieve").is_symlink()
        assert (copy / "sieve/10-x.conf").exists()
        assert (copy / "loop").is_symlink()
    assert [path.name for path in elsewhere.iterdir()] == ["10-x.conf"]


def test_no_main_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        Files(str(tmp_path / "dovecot.conf")).without()
