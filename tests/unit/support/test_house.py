# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The house is read as it is: every way to import, every arrow of the picture, every circle."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import house

OWN = "ansible_collections.postmaster.mailports.plugins.module_utils"


def built(folder: Path, **texts: str) -> house.House:
    """Build a house of three files in two rooms, one of them with the text that is given."""
    for name in ("_a/one", "_a/two", "_b/three"):
        path = folder / "module_utils" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(texts.get(path.stem, ""), encoding="utf-8")
    return house.read(folder)


@pytest.mark.parametrize(
    "text",
    [
        "from .._b.three import name\n",
        "from .._b import three\n",
        "from ... import plugins\nfrom .._b import three as other\n",
        f"from {OWN}._b.three import name\n",
        f"import {OWN}._b.three\n",
        "def late():\n    from .._b.three import name\n",
        "if TYPE_CHECKING:\n    from .._b import three\n",
        "class A:\n    try:\n        from .._b.three import (\n            name,\n        )\n    except E: ...\n",
    ],
)
def test_every_way_to_import_is_seen(text: str, tmp_path: Path) -> None:
    assert built(tmp_path, one=text).own["_a/one"] == {"_b/three"}


def test_what_is_not_ours_is_foreign(tmp_path: Path) -> None:
    text = "import os.path, dns.resolver\nfrom ansible.errors import AnsibleError\n"
    found = built(tmp_path, one=text)
    assert found.own["_a/one"] == set()
    assert found.foreign["_a/one"] == {"os.path", "dns.resolver", "ansible.errors"}


def test_arrows_lead_on() -> None:
    allowed = house.arrows("_a, _b ─> _c ─> _d\n_c ─> _e\n\nwords that are no arrow\n")
    assert allowed == {
        "_a": {"_c", "_d", "_e"},
        "_b": {"_c", "_d", "_e"},
        "_c": {"_d", "_e"},
        "_d": set(),
        "_e": set(),
    }


def test_the_longest_name_is_the_room() -> None:
    rooms = {"_a": (), "_a/b": (), "_a/b/c": ()}
    names = ("_a/b/c", "_a/b/d", "_a/bb", "_b/a")
    assert [house.room_of(name, rooms) for name in names] == ["_a/b/c", "_a/b", "_a", None]


def test_circles_are_found_whole() -> None:
    edges = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set(), "e": {"e"}, "f": {"a"}}
    assert house.circles(edges) == [{"e"}, {"a", "b", "c"}]
