# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that a file is read as YAML, or refused with one clear message."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._intent.load import (
    MAX_BYTES,
    load,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._intent.validate import (
    IntentError,
)


@pytest.mark.parametrize(
    ("content", "data"),
    [
        (b"host: h\n", {"host": "h"}),
        (b'{"host": "h"}', {"host": "h"}),
        (b"", None),
        (b"mailports_intent: {host: h}\n", {"host": "h"}),
        (
            b"mailports_intent: {host: h}\nother: 1\n",
            {"mailports_intent": {"host": "h"}, "other": 1},
        ),
        (b"a: &a {b: 1}\nc: {<<: *a, b: 2}\n", {"a": {"b": 1}, "c": {"b": 2}}),
        (b"- a\n", ["a"]),
        ("host: bücher.example".encode(), {"host": "bücher.example"}),
        ("host: h".encode("utf-16"), {"host": "h"}),
    ],
)
def test_yaml_and_json_are_read(tmp_path: Path, content: bytes, data: object) -> None:
    path = tmp_path / "intent.yml"
    path.write_bytes(content)
    assert load(str(path)) == data


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"host: [", "not YAML: while parsing"),
        (b"host: a: b", "not YAML: mapping values are not allowed here"),
        (b"host: \xff\xfe", "not YAML: "),
        (b"host: !!python/object/apply:os.system [true]", "not YAML: could not determine"),
        (b"host: h\n---\nhost: i\n", "not YAML: expected a single document"),
        (b"host: h\nhost: i\n", "not YAML: the key 'host' is given twice"),
        (
            b"host: h\nservices: {imap: {}, imap: {state: closed}}",
            "not YAML: the key 'imap' is given twice",
        ),
        (b"host: 2026-13-45", "not YAML: month must be in 1..12"),
        (b"port: " + b"9" * 5000, "not YAML: Exceeds the limit"),
        (b"[" * 5000, "not YAML: "),
        (b"host: \x1b[2J", "not YAML: unacceptable character"),
        (b" " * MAX_BYTES + b"x", "larger than 1048576 bytes"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_is_not_yaml_is_told_on_one_line(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "intent.yml"
    path.write_bytes(content)
    with pytest.raises(IntentError) as caught:
        load(str(path))
    text = str(caught.value)
    assert text.startswith(f"{path}: {words}")
    assert text.isprintable()


def test_missing_file_and_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(IntentError, match=r"none\.yml: No such file or directory$"):
        load(str(tmp_path / "none.yml"))
    with pytest.raises(IntentError, match=r"Is a directory$"):
        load(str(tmp_path))


def test_a_name_that_no_file_can_have_is_told_printably() -> None:
    with pytest.raises(IntentError) as caught:
        load("a\0\x1b[2J")
    assert str(caught.value) == r"a\x00\x1b[2J: embedded null byte"
