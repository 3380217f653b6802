# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A table in place of the DNS and of HTTPS, for the generators of the room ``_domain``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.postmaster.mailports.plugins.module_utils._domain.question import (
    NODATA,
    NXDOMAIN,
    RECORDS,
    Answer,
    Fetch,
    Fetched,
    Question,
    Steps,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.run import Run

SECURE = True


def txt(text: str) -> tuple[bytes, ...]:
    """Return the strings of a TXT record, cut as name servers take them."""
    data = text.encode()
    return tuple(data[at : at + 255] for at in range(0, len(data), 255)) or (b"",)


class Table:
    """Answers from ``{"name TYPE": [records] or an Answer}``; what is not in it does not exist.

    A name that is there with another type has NODATA. ``secure`` is what every answer says of
    DNSSEC. ``asked`` collects the questions.
    """

    def __init__(self, rows: Mapping[str, Any], secure: Any = None) -> None:
        self.rows = {key.lower(): value for key, value in rows.items()}
        self.secure = secure
        self.asked: list[Any] = []

    def __call__(self, question: Any) -> Any:
        """Answer one question or fetch."""
        self.asked.append(question)
        if isinstance(question, Fetch):
            found = self.rows.get(question.url.partition("?")[0].lower())
            return found if found is not None else Fetched(problem="name", detail="no such name")
        assert isinstance(question, Question)
        name = question.name.lower()
        found = self.rows.get(f"{name} {question.type.lower()}")
        if isinstance(found, Answer):
            return found
        if found:
            records = tuple(
                txt(one) if isinstance(one, str) and question.type == "TXT" else one
                for one in found
            )
            return Answer(RECORDS, records, secure=self.secure, ttl=3600)
        alias = self.rows.get(f"{name} cname")
        if alias:
            self.asked.pop()
            answer = self(Question(alias[0], question.type))
            self.asked[-1] = question
            return replace(answer, chain=(alias[0], *answer.chain))
        wildcard = self.rows.get(f"*.{name.partition('.')[2]} {question.type.lower()}")
        if wildcard and not any(key.partition(" ")[0] == name for key in self.rows):
            return Answer(RECORDS, tuple(wildcard), secure=self.secure, wildcard=True)
        exists = any(key.partition(" ")[0].endswith(name) for key in self.rows)
        return Answer(NODATA if exists else NXDOMAIN, secure=self.secure)


def answered(steps: Steps[Any], rows: Mapping[str, Any], secure: Any = None) -> Any:
    """Return what a generator returns when a table answers."""
    return Run(Table(rows, secure)).results({0: steps})[0]
