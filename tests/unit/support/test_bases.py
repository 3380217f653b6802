# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cached file tree is used when it is whole, and built again when it is not."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.hosts import bases


def whole(draft: Path) -> None:
    """Build a tree of one file."""
    draft.mkdir()
    (draft / "file").write_text("whole", encoding="ascii")


def test_what_a_killed_build_left_is_never_used(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "base-1"
    half = tmp_path / "cache" / "base-1.draft"
    half.mkdir(parents=True)
    (half / "rubbish").touch()
    bases._cached(path, whole)
    assert [file.name for file in path.iterdir()] == ["file"]
    assert not half.exists()


def test_a_build_that_fails_is_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "base-1"

    def fails(draft: Path) -> None:
        whole(draft)
        raise KeyError

    with pytest.raises(KeyError):
        bases._cached(path, fails)
    assert not path.exists()
    bases._cached(path, whole)
    assert (path / "file").read_text(encoding="ascii") == "whole"


def test_a_whole_tree_is_not_built_again(tmp_path: Path) -> None:
    path = tmp_path / "base-1"
    bases._cached(path, whole)
    bases._cached(path, lambda _draft: pytest.fail("built twice"))


def test_two_that_want_a_tree_build_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both find it missing before either holds the lock."""
    builds: list[Path] = []
    both_missed_it = threading.Barrier(2, timeout=30)
    real = bases._lock

    def lock(path: Path) -> AbstractContextManager[None]:
        both_missed_it.wait()
        return real(path)

    def build(draft: Path) -> None:
        builds.append(draft)
        whole(draft)

    monkeypatch.setattr(bases, "_lock", lock)
    path = tmp_path / "base-1"
    threads = [threading.Thread(target=bases._cached, args=(path, build)) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(builds) == 1


def test_a_layer_hangs_on_its_base_and_its_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another base or other packages: another layer; the top of an overlay is named first."""
    monkeypatch.setattr(bases, "cache", lambda: tmp_path)
    monkeypatch.setattr(bases, "base", lambda name: tmp_path / f"{name}-0")
    monkeypatch.setattr(bases, "_install", lambda _below, _packages, draft: whole(draft))
    found = {
        bases.layer(*wanted)
        for wanted in (("debian12", "exim"), ("debian13", "exim"), ("debian12", "exim more"))
    }
    assert len(found) == 3
    for layers in found:
        top, below = layers.split(":")
        assert Path(top).parent.is_dir()
        assert below in (f"{tmp_path}/debian12-0", f"{tmp_path}/debian13-0")
