# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the ways through a template: one text for each, with the lines of the template."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.branches import (
    variants,
)
from hypothesis import given
from hypothesis import strategies as st


def words(text: str) -> list[list[str]]:
    """Return the words of each text that a template can become, tags left out."""
    return [[word for word in one.split() if "=" in word] for one in variants(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ssl=no\n", [["ssl=no"]]),
        ("{% if a %}\nssl=no\n{% else %}\nssl=yes\n{% endif %}", [["ssl=no"], ["ssl=yes"]]),
        (
            "{% if a %}ssl=1{% elif b %}ssl=2{% else %}ssl=3{% endif %}",
            [["ssl=1"], ["ssl=2"], ["ssl=3"]],
        ),
        ("<% if @a %>\nssl=no\n<% else -%>\nssl=yes\n<% end %>", [["ssl=no"], ["ssl=yes"]]),
        ("<% unless @a %>ssl=no<% else %>ssl=yes<% end %>", [["ssl=yes"], ["ssl=no"]]),
        ("<% if $a { -%>ssl=no<% } else { -%>ssl=yes<% } -%>", [["ssl=no"], ["ssl=yes"]]),
        ("{{- if .a }}ssl=no{{ else }}ssl=yes{{ end }}", [["ssl=no"], ["ssl=yes"]]),
        ("{% if a %}ssl=no{% endif %}", [["ssl=no"]]),
        ("ssl=yes\n{% if a %}\nssl=no\n{% endif %}", [["ssl=yes", "ssl=no"], ["ssl=yes"]]),
        (
            "{% if a %}colour=red{% else %}colour=blue{% endif %}",
            [["%}colour=red{%", "%}colour=blue{%"]],
        ),
        ("{% if a %}ssl=no", [["%}ssl=no"]]),
    ],
)
def test_each_way_is_a_text(text: str, found: list[list[str]]) -> None:
    assert words(text) == found


def test_conditions_with_the_same_words_decide_alike() -> None:
    text = (
        "{% if a %}ssl=1{% else %}ssl=2{% endif %}\n{% if not a %}tls=2{% else %}tls=1{% endif %}"
    )
    assert sorted(words(text)) == [["ssl=1", "tls=1"], ["ssl=2", "tls=2"]]


def test_each_two_choices_meet_in_each_way() -> None:
    text = "".join(f"{{% if c{n} %}}ssl{n}=1{{% else %}}ssl{n}=2{{% endif %}}\n" for n in range(8))
    found = words(text)
    pairs = {(one[2], one[6]) for one in found}
    assert len(pairs) == 4
    assert len(found) <= 32


def test_a_variable_that_was_found_empty_is_empty() -> None:
    text = "relay={{ relay }}\n{% if relay %}\ntls=1\n{% else %}\ntls=2\n{% endif %}\n"
    assert words(text) == [["relay={{", "tls=1"], ["relay=", "tls=2"]]


@given(
    st.lists(
        st.sampled_from(
            [
                "{% if a %}",
                "{% else %}",
                "{% endif %}",
                "ssl=1",
                "\n",
                "{{ x if y else z }}",
                "{{ end }}",
                "<% end %>",
            ]
        ),
        max_size=25,
    )
)
def test_each_text_has_the_lines_of_the_template(parts: list[str]) -> None:
    text = "".join(parts)
    assert {one.count("\n") for one in variants(text)} == {text.count("\n")}
