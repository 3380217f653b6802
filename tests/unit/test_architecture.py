# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the house: who imports whom, what comes from outside, and where the tests of a file are.

Which files have no test of their own name stands in a list here. It is compared as a whole, so that
a new one fails and an entry that is no longer so fails too: the list can only shrink.
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

# What may come from outside the standard library, by room; beside it nothing.
FROM_OUTSIDE = {
    "_domain": {"dns"},
    "_intent": {"ansible", "idna", "jsonschema", "yaml"},
    "_publish": {"cryptography", "jinja2", "markupsafe", "segno", "yaml"},
    "_report": {"ansible", "jinja2", "markupsafe"},
    "_lint/tree": {"yaml"},
}
# In the standard library of the Python that runs the tests, but not in that of 3.9.
TOO_NEW = {"annotationlib", "compression", "tomllib"}
# Engine files without a test file of their own name, by the test that looks at them instead.
TESTED_ELSEWHERE = {
    "tests/unit/plugins/action/test_fleet_options.py": "_fleet/options",
    "tests/integration/test_dovecot.py": "_dovecot/change",
    "tests/integration/test_postfix_listeners.py": "_postfix/change",
    "tests/report/test_formats.py": "_model/finding_row",
    "tests/unit/plugins/module_utils/_judge/test_ports.py": (
        "_judge/answers _judge/answers_reach _judge/answers_tls _judge/asked _judge/certificates"
        " _judge/meets _model/demand _model/finding"
    ),
    "tests/unit/plugins/module_utils/_model/test_rules.py": (
        "_model/rule _model/rules_drift _model/rules_files _model/rules_not_known"
        " _model/rules_ports"
    ),
    "tests/unit/plugins/module_utils/_tls/test_suites_tables.py": (
        "_tls/extensions _tls/groups _tls/messages _tls/versions"
    ),
    "tests/unit/plugins/module_utils/_domain/test_judge.py": (
        "_domain/collect _domain/dmarc_demands _domain/mta_sts_demands _domain/srv _domain/zone"
    ),
    "tests/unit/plugins/module_utils/_client/test_judge.py": (
        "_client/announced _client/ask _client/demands"
    ),
    "tests/unit/plugins/module_utils/_client/test_programs.py": "_client/frameworks",
    "tests/unit/plugins/module_utils/_domain/test_run.py": "_domain/question",
    "tests/unit/plugins/module_utils/_dovecot/test_configured.py": "_dovecot/syntax",
    "tests/unit/plugins/module_utils/_host/test_view.py": "_model/host_view",
    "tests/unit/plugins/module_utils/_model/test_intent.py": "_model/host_names",
    "tests/unit/plugins/module_utils/_postfix/test_plan.py": "_postfix/entries",
    "tests/unit/plugins/module_utils/_probe/test_certificate.py": (
        "_probe/certificate_names _probe/der"
    ),
    "tests/unit/plugins/module_utils/_probe/test_dialogue.py": "_probe/protocols",
    "tests/unit/plugins/module_utils/_probe/test_endpoint.py": (
        "_probe/asker _probe/connection _probe/icmp _probe/served _probe/tls"
    ),
    "tests/unit/plugins/module_utils/_probe/test_run.py": (
        "_probe/crew _probe/inquiry _probe/request"
    ),
    "tests/unit/plugins/module_utils/_probe/test_run_many.py": "_probe/shared",
    "tests/unit/plugins/plugin_utils/_intent/test_validate.py": "_intent/schema",
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
    assert against == set()


def test_no_file_imports_itself_by_way_of_others() -> None:
    assert house.circles(HOUSE.own) == []


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
    folders = [ROOT / "tests/unit/plugins" / hall for hall in house.HALLS]
    tests = [path for folder in folders for path in folder.rglob("test_*.py")]
    named = [path.relative_to(ROOT).with_suffix("") for path in tests]
    stray = [str(path) for path in named if not any(str(path).startswith(stem) for stem in stems)]
    assert stray == []


def test_the_engine_is_tested_without_the_controller() -> None:
    """Its tests run on every Python of a managed node, and most of those know no Ansible."""
    folder = ROOT / "tests/unit/plugins"
    tests = house.read(folder)
    strangers = {
        (name, module)
        for name in tests.own
        if tests.halls[name] == "module_utils"
        for module in tests.foreign[name]
        if module.split(".")[0] == "ansible" or module.startswith("plugins.plugin_utils.")
    }
    assert strangers == set()


def test_the_architecture_names_every_file_once_in_its_tables() -> None:
    rows = [line.split("|")[1] for line in MAP.splitlines() if line.startswith("| ")]
    named = [name for row in rows for name in re.findall(r"`(_[\w/]+)`", row)]
    assert sorted(named) == files(*house.HALLS)


def test_files_that_make_a_package_are_empty() -> None:
    filled = [str(path) for path in PLUGINS.rglob("__init__.py") if path.read_bytes()]
    assert filled == []
