# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test which findings `make audit` compares with what was planted in the demo hosts."""

from __future__ import annotations

import pytest

from scripts import audit

FOUND = {
    "hosts": [
        {
            "host": "a",
            "findings": [
                {"service": "imap", "port": 143, "rule": "port-open"},
                {"service": "imap", "port": 40143, "rule": "no-dialogue"},
                {"service": "pop3", "port": 110, "rule": "port-open"},
                {"service": "", "port": 0, "rule": "not-probed"},
            ],
        }
    ]
}
REST = [["a", "", "not-probed"], ["a", "imap", "no-dialogue"], ["a", "pop3", "port-open"]]


@pytest.mark.parametrize(
    ("port", "compared", "told"),
    [(143, sorted([*REST, ["a", "imap", "port-open"]]), ""), (40143, REST, "Port 143 is another")],
)
def test_only_a_port_that_the_demo_lost_is_left_out(
    capsys: pytest.CaptureFixture[str], port: int, compared: list[list[str]], told: str
) -> None:
    demo = {"hosts": [{"name": "a", "services": {"imap": {"port": port}}}]}
    assert audit.of_the_demo(FOUND, demo) == compared
    assert capsys.readouterr().out[: len("Port 143 is another")] == told
