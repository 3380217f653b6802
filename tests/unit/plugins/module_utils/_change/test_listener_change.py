# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of a change of listeners, whatever the server: look, run, settle, prove, and the words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Optional

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._change import listener_change
from ansible_collections.postmaster.mailports.plugins.module_utils._change.edit import Edit
from ansible_collections.postmaster.mailports.plugins.module_utils._change.listener_change import (
    Change,
    ProofError,
    state_folder,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._change.proof import Proof
from ansible_collections.postmaster.mailports.plugins.module_utils._change.transaction import (
    TransactionError,
    content,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.finding import Finding
from ansible_collections.postmaster.mailports.plugins.module_utils._probe.tls import TrustStoreError

GOOD = Proof((), (), ())


def bad(address: str) -> Finding:
    """Return a finding about one address."""
    return Finding(
        rule="certificate-name",
        severity="error",
        message="is for another name",
        cause="tls_error",
        remedy="Get another.",
        clause="",
        policy="rfc8314",
        host="mail.example.net",
        service="submission",
        port=587,
        address=address,
    )


class Fake(Change):
    """A server of one file; ``proofs`` are the answers, the last one for ever."""

    def __init__(self, folder: Path, text: bytes, *proofs: Proof) -> None:
        super().__init__("mail.example.net", str(folder / "state"), bool(proofs))
        self.file = folder / "file"
        self.text = text
        self.proofs = list(proofs)
        self.calls: list[str] = []
        self.running = True
        self.refusal: Optional[Exception] = None

    def _version(self) -> str:
        return "1"

    def _state(self) -> Mapping[str, Any]:
        return {}

    def _plan(self) -> Sequence[Edit]:
        self._before = {str(self.file): content(str(self.file))}
        return [Edit(str(self.file), self.text)]

    def _validate(self, edits: Sequence[Edit]) -> None:
        if self.refusal:
            raise self.refusal

    def _apply(self) -> None:
        self.calls.append("apply")
        self.running = True

    def _serves(self) -> bool:
        return self.running

    def _listening(self, state: Mapping[str, Any]) -> set[tuple[str, int]]:
        return set()

    def _restore(self, before: Mapping[str, Any]) -> None:
        self.calls.append("restore")

    def _ask(self) -> Proof:
        self.calls.append("ask")
        return self.proofs.pop(0) if len(self.proofs) > 1 else self.proofs[0]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a file of the server, whose proof is not waited for."""
    monkeypatch.setattr(listener_change, "PROOF_SECONDS", 0.0)
    (tmp_path / "file").write_bytes(b"old\n")
    return tmp_path


def test_a_change(folder: Path) -> None:
    change = Fake(folder, b"new\n", GOOD)
    report = change.run()
    assert report.changed
    assert report.diff == ((str(folder / "file"), "old\n", "new\n"),)
    assert change.calls == ["apply", "ask"]
    assert (folder / "file").read_bytes() == b"new\n"


def test_a_look(folder: Path) -> None:
    """Nothing is touched; what an earlier task only looked at making is a warning."""
    change = Fake(folder, b"new\n", GOOD)
    change.refusal = ValueError("no key")
    change.refusal.__cause__ = FileNotFoundError()
    report = change.look()
    assert report.changed
    assert report.warnings == ("no key",)
    assert change.calls == []
    assert [entry.name for entry in folder.iterdir()] == ["file"]
    change.refusal.__cause__ = None
    with pytest.raises(ValueError, match="no key"):
        change.look()


@pytest.mark.parametrize("running", [True, False])
def test_files_as_planned(folder: Path, running: bool) -> None:
    """The server is made to serve them where it does not, and proved either way."""
    look, change = (Fake(folder, b"old\n", GOOD) for _unused in range(2))
    look.running = change.running = running
    assert look.look().changed is not running
    assert change.run().changed is not running
    assert change.calls == ["apply"] * (not running) + ["ask"]


def test_another_certificate_is_taken_over(folder: Path) -> None:
    """One that was renewed in its file, and nobody told the server."""
    change = Fake(folder, b"old\n", Proof((), (), ("submission (587) on ::1",)), GOOD)
    assert change.run().changed
    assert change.calls == ["ask", "apply", "ask"]


def test_what_is_not_as_intended_is_said_once(folder: Path) -> None:
    """And the old file is back."""
    proof = Proof((bad("127.0.0.1"), bad("::1")), (), ())
    change = Fake(folder, b"new\n", proof)
    with pytest.raises(TransactionError) as refused:
        change.run()
    assert str(refused.value).splitlines() == [
        "mail.example.net: the listeners are not as intended",
        "submission (587): is for another name [certificate-name]. Get another.",
    ]
    assert isinstance(refused.value.__cause__, ProofError)
    assert len(refused.value.__cause__.findings) == 2
    assert change.calls[-1] == "restore"
    assert (folder / "file").read_bytes() == b"old\n"


def test_a_proof_that_holds_late(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Old processes may answer for a moment."""
    monkeypatch.setattr(listener_change, "PROOF_SECONDS", 60.0)
    monkeypatch.setattr(listener_change, "_PROOF_PAUSE", 0.0)
    change = Fake(folder, b"new\n", Proof((bad("::1"),), (), ()), GOOD)
    assert change.run().findings == ()


def test_one_proof_is_never_the_last_word(folder: Path) -> None:
    """An old process may keep a connection for longer than a proof may take."""
    change = Fake(folder, b"new\n", Proof((bad("::1"),), (), ()), GOOD)
    assert change.run().findings == ()


def test_no_proof_is_asked_for(folder: Path) -> None:
    change = Fake(folder, b"new\n")
    assert change.run().changed
    assert change.calls == ["apply"]


def test_each_configuration_has_a_state_of_its_own() -> None:
    assert state_folder("/s", "postfix", "/etc/postfix", "/etc/postfix") == "/s/postfix"
    assert state_folder("/s", "postfix", "/etc/two", "/etc/postfix") == "/s/postfix-etc-two"


BAD = Proof((), (), ("imap (143) on ::1",))


@pytest.mark.parametrize(
    ("back", "silent", "said"),
    [
        ({("0.0.0.0", 143)}, [], ""),
        (set(), [], "nobody answers on 0.0.0.0 port 143"),
        ({("0.0.0.0", 143)}, [("0.0.0.0", 143)], "nobody answers on 0.0.0.0 port 143"),
    ],
)
def test_the_old_listeners_are_looked_for_after_an_undo(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    back: set[tuple[str, int]],
    silent: list[tuple[str, int]],
    said: str,
) -> None:
    """Only then is the server said to be as before: the files alone do not make it so."""
    monkeypatch.setattr(listener_change, "BIND_SECONDS", 0.0)
    monkeypatch.setattr(listener_change, "silent", lambda places: silent)
    change = Fake(folder, b"new\n", BAD)
    now: list[set[tuple[str, int]]] = [{("0.0.0.0", 143)}]
    monkeypatch.setattr(change, "_listening", lambda state: now[0])
    monkeypatch.setattr(change, "_apply", lambda: now.__setitem__(0, back))
    with pytest.raises(TransactionError) as caught:
        change.run()
    assert caught.value.restored is not bool(said)
    assert said in str(caught.value)
    assert (folder / "file").read_bytes() == b"old\n"


def test_a_trust_store_that_cannot_be_used_is_refused_first(folder: Path) -> None:
    change = Fake(folder, b"new\n", GOOD)
    change._ca_path = str(folder / "nowhere.pem")
    with pytest.raises(TrustStoreError, match=r"nowhere\.pem"):
        change.run()
    assert (folder / "file").read_bytes() == b"old\n"
    (warning,) = change.look().warnings
    assert "nowhere.pem" in warning


def test_a_diff_shows_effects_and_no_secrets(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "file").write_bytes(b"a_password = hunter2\n")
    change = Fake(folder, b"a_password = hunter2\nb = c\n", GOOD)
    monkeypatch.setattr(change, "_effects", lambda: ("", "smtp: my_token = hunter2\n"))
    report = change.run()
    assert "hunter2" not in str(report.diff)
    assert report.diff[0][2] == "a_password = ********\nb = c\n"
    assert report.diff[1] == (listener_change.EFFECTS, "", "smtp: my_token = ********\n")


def test_an_edit_of_another_file_stops_the_change(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = Fake(folder, b"new\n", GOOD)
    monkeypatch.setattr(change, "_overtaken", lambda: "/etc/other was edited by somebody else")
    with pytest.raises(TransactionError, match="/etc/other was edited by somebody else meanwhile"):
        change.run()
    assert (folder / "file").read_bytes() == b"old\n"
