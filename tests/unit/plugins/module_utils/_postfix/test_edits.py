# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of postfix_service and postfix_parameter on two files and a postconf that is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.edits import (
    parameters,
    service,
    service_request,
    texts,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.files.lines import (
    CfError,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.postconf import (
    Postfix,
    PostfixError,
)

from tests.unit.plugins.module_utils._postfix.fake_postconf import (
    MAIN,
    MASTER,
    Postconf,
    installed,
)

PARAMS: dict[str, Any] = {
    "service": "smtp",
    "type": "inet",
    "address": None,
    "private": None,
    "unprivileged": None,
    "chroot": None,
    "wakeup": None,
    "maxproc": None,
    "command": None,
    "options": {},
    "purge_options": False,
    "arguments": None,
    "state": "present",
}
SMTP = MASTER.splitlines(keepends=True)[0]


@pytest.fixture
def postfix(tmp_path: Path) -> Postfix:
    """Return a Postfix of two lines."""
    return installed(tmp_path, Postconf())


def made(postfix: Postfix, **params: Any) -> dict[str, Any]:
    """Run postfix_service and return its result, with its warnings."""
    done = service(postfix, service_request({**PARAMS, **params}), write=True)
    return {**done.result, "warnings": done.warnings}


def test_an_option_is_given(postfix: Postfix) -> None:
    done = made(postfix, service="25", options={"syslog_name": "a b"})
    assert postfix.text("master.cf") == MASTER.replace(SMTP, SMTP + "  -o { syslog_name = a b }\n")
    assert done["changed"]
    assert done["needs"] == "reload"
    assert done["entry"]["options"] == {"syslog_name": "a b"}
    assert done["diff"]["before"] == MASTER
    assert done["diff"]["after"] == postfix.text("master.cf")
    again = made(postfix, service="25", options={"syslog_name": "a b"})
    assert not again["changed"]
    assert again["needs"] == "none"


def test_an_entry_is_added_and_removed(postfix: Postfix) -> None:
    done = made(postfix, service="submissions", options={"smtpd_tls_wrappermode": True})
    assert done["entry"]["service"] == "submissions"
    assert done["entry"]["command"] == "smtpd"
    gone = made(postfix, service="465", state="absent")
    assert [entry["service"] for entry in gone["removed"]] == ["submissions"]
    assert postfix.text("master.cf") == MASTER
    assert made(postfix, service="465", state="absent")["changed"] is False


def test_only_looked(postfix: Postfix) -> None:
    request = service_request({**PARAMS, "maxproc": "7"})
    done = service(postfix, request, write=False)
    assert done.result["changed"]
    assert postfix.text("master.cf") == MASTER
    done = parameters(postfix, {"smtpd_banner": "x"}, write=False)
    assert done.result["changed"]
    assert postfix.text("main.cf") == MAIN


def test_warnings(postfix: Postfix) -> None:
    options = {"smtpd_tls_wrappermode": True, "smtpd_tls_security_level": "may"}
    done = made(postfix, service="127.0.0.1:465", options=options)
    assert (
        "smtpd_tls_security_level is ignored because smtpd_tls_wrappermode is set"
        in (done["warnings"])
    )
    assert "listens on 127.0.0.1 only" in made(postfix, service="465")["warnings"][-1]
    done = made(postfix, service="465", address="all")
    assert "have the same port" in done["warnings"][-1]


@pytest.mark.parametrize(
    ("params", "error", "said"),
    [
        ({"options": {"smtpd_baner": "x"}}, PostfixError, "do you mean smtpd_banner?"),
        ({"options": {"smtpd_tls": {}}}, CfError, "the value must be text"),
        ({"private": "y"}, CfError, "cannot be private"),
        ({"type": "unix", "address": "::1"}, CfError, "a service of the type unix has none"),
        ({"service": "[::1]:25", "address": "::2"}, CfError, "is not the one in the service"),
        ({"service": "x", "type": "unix"}, CfError, "needed to add 'x'"),
        ({"service": "1025"}, CfError, "needed to add '1025'"),
    ],
)
def test_refusals(
    postfix: Postfix, params: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error) as refused:
        made(postfix, **params)
    assert said in str(refused.value)
    assert postfix.text("master.cf") == MASTER


def test_an_old_postfix_does_not_know_bounds(tmp_path: Path) -> None:
    older = Postfix("postconf", (3, 5), "3.5.25", str(tmp_path), Postconf())
    with pytest.raises(PostfixError, match=r"needs Postfix 3\.6"):
        parameters(older, {"smtpd_tls_protocols": ">=TLSv1.2"}, write=False)


def test_a_broken_file_is_told_by_its_line(postfix: Postfix) -> None:
    broken = "is broken, nothing was changed: line 2"
    for name in ("main.cf", "master.cf"):
        Path(postfix.path(name)).write_text("# x\nbroken\n", encoding="ascii")
    with pytest.raises(CfError, match=f"main.cf {broken}"):
        parameters(postfix, {"smtpd_banner": "x"}, write=True)
    with pytest.raises(CfError, match=f"master.cf {broken}"):
        made(postfix)


def test_another_reading_of_postconf_is_refused(tmp_path: Path) -> None:
    """Whatever the parser made of the file: Postfix decides."""
    honest = Postconf()

    def lying(argv: list[str], **options: Any) -> tuple[int, str, str]:
        status, out, errors = honest(argv, **options)
        return status, out.replace("smtpd", "postscreen"), errors

    postfix = installed(tmp_path, lying)
    with pytest.raises(PostfixError, match="reads something else"):
        made(postfix, maxproc="7")
    assert postfix.text("master.cf") == MASTER


def test_parameters(postfix: Postfix) -> None:
    wanted = texts({"smtpd_banner": None, "inet_interfaces": ["127.0.0.1", "::1"]})
    done = parameters(postfix, wanted, write=True)
    assert postfix.text("main.cf") == "inet_interfaces = 127.0.0.1,::1\n"
    assert done.result["needs"] == "restart"
    assert done.result["parameters"]["smtpd_banner"] == {"before": "mine", "after": None}
    with pytest.raises(PostfixError, match="does not know strange"):
        parameters(postfix, {"strange": "1"}, write=True)


def test_what_refers_to_nothing_and_what_leaves(tmp_path: Path) -> None:
    said = (
        "postconf: warning: FOLDER/main.cf: undefined parameter: mua\n"
        'postconf: warning: FOLDER/main.cf: support for parameter "syslog_name" will be removed\n'
    )
    postfix = installed(tmp_path, Postconf(said))
    done = parameters(postfix, {"smtpd_banner": "$mua", "syslog_name": "x"}, write=True)
    assert "smtpd_banner refers to $mua, which is not set" in done.warnings
    assert any("will be removed" in one for one in done.warnings)
