# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test Dockerfiles and shell scripts: commands, loops, and the files that they write."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.services import SERVICES
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.containers.scripts import (
    dockerfile_facts,
    script_facts,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.facts import (
    LISTENER,
    Fact,
    Mention,
    Place,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.nodes import (
    Scalar,
    Table,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.plugin_utils._lint.short import short


def read(text: str, target: str) -> Iterator[Fact]:
    """Yield a fact on the first line of a text that goes into /etc/x."""
    if target == "/etc/x" and text:
        yield Mention(SERVICES["imap"], 143, LISTENER, Place(1))


def read_table(table: Table) -> Iterator[Fact]:
    """Yield a fact for each variable that is called PORT."""
    for key, value in table.items:
        if key.text == "PORT" and isinstance(value, Scalar):
            yield Mention(SERVICES["imap"], int(value.text), LISTENER, Place(key.line))


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("true\nufw allow 143\n", ["2 firewall 143 -"]),
        ("# ufw allow 143\n", []),
        ("ufw allow \\\n  143\n", ["1 firewall 143 -"]),
        ("true && \\\nufw allow 143\n", ["2 firewall 143 -"]),
        ("cat > /etc/x <<EOF\na\nEOF\nufw allow 110\n", ["2 listener 143 -", "4 firewall 110 -"]),
        ("cat > /etc/y <<EOF\na\nEOF\n", []),
        ("echo 'a\nb' > /etc/x\n", ["1 listener 143 -"]),
        ("for p in 110 143; do\n ufw allow $p\ndone\n", ["1 firewall 110 -", "1 firewall 143 -"]),
        (
            "postconf -e smtpd_sasl_auth_enable=yes\npostconf -e smtpd_tls_auth_only=no\n",
            ["2 login-before-tls"],
        ),
    ],
)
def test_a_script(text: str, facts: list[str]) -> None:
    assert short(script_facts(text, read)) == facts


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("EXPOSE 143 993/tcp\n", ["1 listener 143 -", "1 listener 993 -"]),
        ("EXPOSE 143/udp\n", []),
        ("ENV A=1 \\\n PORT=25\n", ["2 listener 25 -"]),
        ("ENV PORT 25\n", ["1 listener 25 -"]),
        ("HEALTHCHECK CMD nc -z mail 143\n", []),
        ("RUN ufw allow 143\n", ["1 firewall 143 -"]),
    ],
)
def test_a_dockerfile(text: str, facts: list[str]) -> None:
    assert short(dockerfile_facts(text, read, read_table)) == facts


@given(
    st.lists(
        st.sampled_from(
            ["cat > /etc/x <<EOF", "EOF", "a \\", "for p in 25; do", "done", "echo 'x"]
        ),
        max_size=20,
    )
)
def test_lines_are_those_of_the_script(lines: list[str]) -> None:
    assert all(0 < one.place.line <= len(lines) for one in script_facts("\n".join(lines), read))
