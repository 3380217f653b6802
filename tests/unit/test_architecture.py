# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the house: who imports whom, what comes from outside, and where the tests of a file are.

What is not yet as it should be stands in a list here, by name. Each list is compared as a whole, so
that a new fault fails and an entry whose fault is gone fails too: the lists can only shrink.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tests.support import house

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = ROOT / "plugins"
MAP = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PICTURE = MAP.split("## The rooms", 1)[1].split("```")[1]
HOUSE = house.read(PLUGINS)
ROOMS = house.arrows(PICTURE)

# Imports against the arrows: who, whom.
AGAINST = {
    ("_lint/clients/programs", "_lint/settings/reader"),
    ("_lint/structures", "_lint/embedded"),
    ("_postfix/change", "_host/view"),
}
# Files that import one another.
CIRCLES = [{"_lint/embedded", "_lint/read", "_lint/structures"}]
# What may come from outside the standard library, by room; beside it nothing.
FROM_OUTSIDE = {
    "_intent": {"ansible", "jsonschema", "yaml"},
    "_report": {"ansible", "jinja2", "markupsafe"},
    "_lint/tree": {"yaml"},
}
# In the standard library of the Python that runs the tests, but not in that of 3.9.
TOO_NEW = {"annotationlib", "compression", "tomllib"}
# Engine files without a test file of their own name, by the test that looks at them instead.
TESTED_ELSEWHERE = {
    "tests/integration/test_dovecot.py": "_dovecot/change",
    "tests/integration/test_postfix_listeners.py": "_change/module _postfix/change",
    "tests/lint/test_cli.py": "_lint/cli _lint/files _lint/output _lint/project _lint/waivers",
    "tests/lint/test_corpus.py": (
        "_lint/ansible/intents _lint/ansible/modules _lint/ansible/results "
        "_lint/ansible/tasks _lint/clients/autoconfig _lint/clients/programs "
        "_lint/containers/objects _lint/containers/scripts _lint/embedded _lint/engine "
        "_lint/facts _lint/judge _lint/project_variables _lint/read "
        "_lint/servers/dovecot_files _lint/servers/dovecot_rules _lint/servers/fronts "
        "_lint/servers/postfix_files _lint/servers/postfix_rules _lint/servers/variables "
        "_lint/settings/around _lint/settings/client _lint/settings/commands "
        "_lint/settings/reader _lint/structures _lint/tree/jinja _lint/tree/lines "
        "_lint/tree/nodes _lint/tree/scope _lint/tree/shapes _lint/tree/template "
        "_lint/tree/yaml _lint/words/keys _lint/words/mail_words _lint/words/sets "
        "_lint/words/values _lint/words/versions"
    ),
    "tests/lint/test_hostile.py": "_lint/kinds",
    "tests/report/test_audit_rows.py": "_audit/gate",
    "tests/report/test_browser.py": "_report/page _report/page_data",
    "tests/report/test_formats.py": (
        "_formats/codeclimate _formats/findings_text _formats/github _formats/junit "
        "_formats/markdown _formats/prometheus _formats/sarif _model/finding_row "
        "_report/renderers"
    ),
    "tests/report/test_plugins.py": "_report/collect",
    "tests/unit/plugins/module_utils/_change/test_proof.py": "_system/keypair",
    "tests/unit/plugins/module_utils/_change/test_transaction.py": "_change/journal",
    "tests/unit/plugins/module_utils/_dovecot/test_configured.py": "_dovecot/syntax",
    "tests/unit/plugins/module_utils/_dovecot/test_plan.py": (
        "_dovecot/doveconf _dovecot/drop_in _dovecot/running"
    ),
    "tests/unit/plugins/module_utils/_host/test_holders.py": "_host/firewall",
    "tests/unit/plugins/module_utils/_host/test_view.py": "_model/host_view",
    "tests/unit/plugins/module_utils/_judge/test_ports.py": "_model/finding",
    "tests/unit/plugins/module_utils/_model/test_intent.py": "_model/host_names",
    "tests/unit/plugins/module_utils/_postfix/files/test_master_cf.py": (
        "_postfix/files/lines _postfix/files/master_edit _postfix/files/master_find"
    ),
    "tests/unit/plugins/module_utils/_postfix/test_plan.py": (
        "_postfix/demands _postfix/entries _postfix/restrictions"
    ),
    "tests/unit/plugins/module_utils/_probe/test_certificate.py": (
        "_probe/certificate_names _probe/der"
    ),
    "tests/unit/plugins/module_utils/_probe/test_dialogue.py": "_probe/protocols",
    "tests/unit/plugins/module_utils/_probe/test_endpoint.py": (
        "_probe/connection _probe/icmp _probe/tls"
    ),
    "tests/unit/plugins/module_utils/_probe/test_run.py": "_probe/request",
    "tests/unit/plugins/module_utils/_system/test_server.py": "_system/sockets",
    "tests/unit/plugins/plugin_utils/_intent/test_validate.py": "_intent/accepts",
}


def files(*halls: str) -> list[str]:
    """Return the files of the halls: module_utils, plugin_utils."""
    return sorted(name for name, hall in HOUSE.halls.items() if hall in halls)


def mirror(name: str) -> Path:
    """Return where the test of an engine file belongs, without the end of its name."""
    path = Path("tests/unit/plugins", HOUSE.halls[name], name)
    return path.with_name(f"test_{path.name.lstrip('_')}")


def test_every_file_stands_in_a_room_of_the_picture() -> None:
    homeless = [name for name in files(*house.HALLS) if house.room_of(name, ROOMS) is None]
    assert homeless == []


def test_every_room_of_the_picture_has_a_file() -> None:
    inhabited = {house.room_of(name, ROOMS) for name in files(*house.HALLS)}
    assert set(ROOMS) - inhabited == set()


def test_no_arrow_of_the_picture_leads_back() -> None:
    assert house.circles(ROOMS) == []


def test_imports_follow_the_arrows() -> None:
    against = set()
    for name in files(*house.HALLS):
        room = house.room_of(name, ROOMS)
        for other in HOUSE.own[name]:
            there = house.room_of(other, ROOMS)
            if room and there != room and there not in ROOMS[room]:
                against.add((name, other))
    assert against == AGAINST


def test_no_file_imports_itself_by_way_of_others() -> None:
    assert house.circles(HOUSE.own) == CIRCLES


def test_modules_take_nothing_from_the_controller() -> None:
    """What is sent to a managed node is module_utils alone."""
    sent = [name for name in HOUSE.own if HOUSE.halls[name] in ("modules", "module_utils")]
    strangers = {
        (name, other)
        for name in sent
        for other in HOUSE.own[name]
        if HOUSE.halls[other] != "module_utils"
    }
    assert strangers == set()


def test_only_the_standard_library_is_imported_and_what_a_room_may_have() -> None:
    strangers = set()
    for name in files(*house.HALLS):
        allowed = set(sys.stdlib_module_names) - TOO_NEW
        allowed |= FROM_OUTSIDE.get(house.room_of(name, ROOMS) or "", set())
        for module in HOUSE.foreign[name]:
            in_modules = module.startswith("ansible.module_utils.")
            if module.split(".")[0] not in allowed and not in_modules:
                strangers.add((name, module))
    assert strangers == set()


def test_no_room_may_have_what_it_does_not_use() -> None:
    used: dict[str, set[str]] = {}
    for name in files(*house.HALLS):
        outside = {module.split(".")[0] for module in HOUSE.foreign[name]}
        used.setdefault(house.room_of(name, ROOMS) or "", set()).update(outside)
    idle = {room: names - used.get(room, set()) for room, names in FROM_OUTSIDE.items()}
    assert {room: names for room, names in idle.items() if names} == {}


def test_every_engine_file_has_a_test_file_of_its_name() -> None:
    untested = []
    for name in files(*house.HALLS):
        path = ROOT / mirror(name)
        found = [path.with_name(f"{path.name}.py"), *path.parent.glob(f"{path.name}_*.py")]
        if not any(test.is_file() for test in found):
            untested.append(name)
    assert untested == sorted(" ".join(TESTED_ELSEWHERE.values()).split())


def test_what_looks_at_a_file_instead_is_there() -> None:
    missing = {test for test in TESTED_ELSEWHERE if not (ROOT / test).is_file()}
    assert missing == set()


def test_every_test_file_of_the_engine_is_named_after_a_file() -> None:
    stems = {str(mirror(name)) for name in files(*house.HALLS)}
    tests = (ROOT / "tests/unit/plugins").rglob("test_*.py")
    named = [path.relative_to(ROOT).with_suffix("") for path in tests]
    stray = [str(path) for path in named if not any(str(path).startswith(stem) for stem in stems)]
    assert stray == []


def test_the_architecture_names_every_file_once_in_its_tables() -> None:
    rows = [line.split("|")[1] for line in MAP.splitlines() if line.startswith("| ")]
    named = [name for row in rows for name in re.findall(r"`(_[\w/]+)`", row)]
    assert sorted(named) == files(*house.HALLS)


def test_files_that_make_a_package_are_empty() -> None:
    filled = [str(path) for path in PLUGINS.rglob("__init__.py") if path.read_bytes()]
    assert filled == []
