# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test which variables reach a file from its role and from its project's inventory."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint import project_variables
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.project_variables import (
    variables_for,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.nodes import Scalar

FILES = {
    "roles/mail/defaults/main.yml": "port: 1\nonly_default: 2\nboth: 3\n",
    "roles/mail/vars/main.yml": "port: 4\n",
    "roles/mail/tasks/main.yml": "",
    "group_vars/all.yml": "both: 5\nof_all: 6\n",
    "host_vars/a/b.yml": "of_host: 7\n",
    "other/tasks/main.yml": "",
    "inventories/prod/group_vars/x.yml": "deep: 8\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project with a role and an inventory."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    project_variables._project_of.cache_clear()
    project_variables._chained.cache_clear()
    return tmp_path


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "4"),
        ("only_default", "2"),
        ("both", "5"),
        ("of_all", "6"),
        ("of_host", "7"),
        ("deep", "8"),
        ("unknown", None),
    ],
)
def test_a_task_of_a_role_knows_them_all(project: Path, name: str, value: Optional[str]) -> None:
    scope = variables_for(str(project / "roles/mail/tasks/main.yml"))
    found = scope.scalars(name)
    assert ([one.text for one in found] if found is not None else None) == (
        None if value is None else [value]
    )


def test_another_role_knows_only_the_inventory(project: Path) -> None:
    scope = variables_for(str(project / "other/tasks/main.yml"))
    assert scope.text(Scalar("{{ of_all }}")) == "6"
    assert scope.scalars("port") is None


def test_a_file_of_the_inventory_gets_none(project: Path) -> None:
    assert variables_for(str(project / "group_vars/all.yml")).scalars("of_host") is None
