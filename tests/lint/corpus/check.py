# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the form of the labelled lint corpus, and print how many cases and labels it holds.

    python3 tests/lint/corpus/check.py

Exits with 1 and one line a fault when a file or a label is not well formed. Whether the labels
are right is not its business, and it knows nothing of the lint engine.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import yaml

FOLDER = Path(__file__).resolve().parent
HELD = ".held"
REQUIRED = {"id", "path", "text", "expect", "why"}
KEYS = REQUIRED | {"policy"}
POLICIES = ("rfc8314", "starttls_first")
RULES = (
    "cleartext-port",
    "deprecated-port",
    "relay-port-for-submission",
    "wrong-tls-mode",
    "starttls-not-required",
    "login-before-tls",
    "tls-version",
    "verification-off",
    "obsolete-setting",
    "wrong-version-setting",
    "weak-password-scheme",
)


class _AnyTag(yaml.SafeLoader):
    """Reads YAML with Ansible's own tags in it."""


_AnyTag.add_multi_constructor("!", lambda loader, suffix, node: node.value)


def shapes() -> dict[str, list[dict[str, Any]]]:
    """Return the cases by file name without its suffix (``compose``, ``compose.held``)."""
    return {
        path.name[: -len(".yml")]: yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in sorted(FOLDER.glob("*.yml"))
    }


def text_faults(path: str, text: str) -> Iterator[str]:
    """Yield why ``text`` is not what its name says, for the formats that can be parsed here."""
    try:
        # What a chart or a controller fills in need not be YAML before.
        filled_in = any(mark in text for mark in ("{{-", "${", "<%"))
        if path.endswith((".yml", ".yaml")) and not filled_in:
            list(yaml.load_all(text, Loader=_AnyTag))
        elif path.endswith(".xml"):
            ElementTree.fromstring(text)
    except (yaml.YAMLError, ElementTree.ParseError) as error:
        yield f"text does not parse: {error}"


def case_faults(case: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the form of one case."""
    if not REQUIRED <= set(case) <= KEYS:
        yield f"keys are {sorted(case)}"
        return
    if case.get("policy", POLICIES[0]) not in POLICIES:
        yield f"unknown policy {case['policy']!r}"
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", case["id"]):
        yield "id is not made of small letters, digits and hyphens"
    if not case["why"].endswith("."):
        yield "why is not a sentence"
    labels = [(label["line"], label["rule"]) for label in case["expect"]]
    at = [line for line, _rule in labels]
    if labels != sorted(set(labels), key=labels.index) or at != sorted(at):
        yield "labels are repeated or out of order"
    lines = case["text"].splitlines()
    for number, rule in labels:
        if rule not in RULES:
            yield f"unknown rule {rule!r}"
        if not 1 <= number <= len(lines) or not lines[number - 1].strip():
            yield f"there is nothing on line {number}"
    yield from text_faults(case["path"], case["text"])


def faults(corpus: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    """Yield what is wrong with the form of the whole corpus."""
    seen = Counter(case.get("id") for cases in corpus.values() for case in cases)
    yield from (
        f"{name}: the id is used {count} times" for name, count in seen.items() if count > 1
    )
    for shape, cases in corpus.items():
        if shape.endswith(HELD) and shape[: -len(HELD)] not in corpus:
            yield f"{shape}: there is no {shape[: -len(HELD)]}.yml"
        if not shape.endswith(HELD) and shape + HELD not in corpus:
            yield f"{shape}: no case is held back"
        for case in cases:
            yield from (f"{shape}: {case.get('id')}: {fault}" for fault in case_faults(case))


def summary(corpus: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    """Yield the counts: cases by shape (of which held back, with labels), then labels by rule."""
    total, held, positive = Counter[str](), Counter[str](), Counter[str]()
    rules = Counter[str]()
    for name, cases in corpus.items():
        shape = name[: -len(HELD)] if name.endswith(HELD) else name
        total[shape] += len(cases)
        held[shape] += len(cases) if name.endswith(HELD) else 0
        positive[shape] += sum(1 for case in cases if case["expect"])
        rules.update(label["rule"] for case in cases for label in case["expect"])
    yield f"{'shape':22}{'cases':>6}{'held':>6}{'positive':>10}"
    for shape, count in sorted(total.items()):
        yield f"{shape:22}{count:6}{held[shape]:6}{positive[shape]:10}"
    yield f"{'all':22}{sum(total.values()):6}{sum(held.values()):6}{sum(positive.values()):10}"
    yield ""
    yield from (f"{rule:28}{count:4}" for rule, count in rules.most_common())


def main() -> int:
    """Print the faults or the counts; return 1 when there are faults."""
    corpus = shapes()
    found = list(faults(corpus))
    print("\n".join(found or summary(corpus)))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
