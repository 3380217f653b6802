# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of the test hosts takes what this checkout has brought up, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.hosts import cli

# The command imports the hosts by another name than the tests do.
hosts = cli.hosts
instance = hosts.instance
OURS = instance.CHECKOUT


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine where no instance stands; what is removed is only forgotten."""
    monkeypatch.setattr(instance, "runs", lambda: tmp_path)
    monkeypatch.setattr(hosts, "remove", lambda name: (tmp_path / name / "state.json").unlink())
    monkeypatch.setattr(hosts, "load", Described)
    monkeypatch.setattr(hosts, "up", lambda kind: Described(f"new, {kind}"))
    return tmp_path


class Described:
    """An instance that does no more than tell its id."""

    def __init__(self, name: str) -> None:
        self._name = name

    def describe(self) -> str:
        """Return the id."""
        return self._name


def plant(runs: Path, name: str, **state: object) -> None:
    """Leave an instance as the command ``up`` does."""
    (runs / name).mkdir()
    state = {"owner": 0, "checkout": OURS, "launchers": {"debian12": 1}, **state}
    (runs / name / "state.json").write_text(json.dumps(state), encoding="ascii")


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command and return what it described."""
    assert cli.main(list(arguments)) == 0
    text: str = json.loads(capsys.readouterr().out)
    return text


def test_up_does_not_return_what_another_checkout_or_a_process_started(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plant(runs, "a", checkout="/another/checkout")
    plant(runs, "b", owner=1)
    assert said(capsys, "up") == "new, mail as intended, init tini"
    plant(runs, "c")
    assert said(capsys, "up") == "c"


@pytest.mark.parametrize(
    ("flags", "stands"),
    [
        (["--plain"], {}),
        (["--init", "systemd"], {}),
        ([], {"mail": False}),
        ([], {"init": "systemd"}),
    ],
)
def test_up_refuses_to_return_hosts_of_another_kind(
    flags: list[str], stands: dict[str, object], runs: Path
) -> None:
    plant(runs, "a", **stands)
    with pytest.raises(
        hosts.HostsError, match=r"a stands with mail .*, not mail .*: run the command down"
    ):
        cli.main(["up", *flags])


def test_up_returns_hosts_of_the_kind_that_is_wanted(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plant(runs, "a", mail=False, init="systemd")
    assert said(capsys, "up", "--plain", "--init", "systemd") == "a"


def test_down_leaves_what_is_not_of_this_checkout(runs: Path) -> None:
    for name, state in {"a": {}, "b": {"checkout": "/another"}, "c": {"owner": 1}, "d": {}}.items():
        plant(runs, name, **state)
    # As an older checkout of before there were owners by checkout left it.
    (runs / "b" / "state.json").write_text('{"owner": 0, "launchers": {}}', encoding="ascii")
    assert cli.main(["down"]) == 0
    assert sorted(path.parent.name for path in runs.glob("*/state.json")) == ["b", "c"]


def test_a_command_on_hosts_wants_hosts_of_this_checkout(runs: Path) -> None:
    plant(runs, "a", checkout="/another/checkout")
    with pytest.raises(hosts.HostsError, match="no hosts of this checkout are up"):
        cli.main(["status"])
