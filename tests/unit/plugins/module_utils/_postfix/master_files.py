# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Strategies: any master.cf made of valid lines."""

from __future__ import annotations

from hypothesis import strategies as st

SERVICES = ("smtp", "smtps", "465", "127.0.0.1:465", "[::1]:submission", "2525")
NAMES = ("syslog_name", "smtpd_tls_security_level", "content_filter")
IGNORED = st.sampled_from(["# a comment\n", "\n", "  # -o inner=x\n", " \t\n", "#smtps inet n\n"])
VALUE = st.text(st.sampled_from("abc,=$/:}#-"), max_size=6)
SPACED = st.lists(st.text(st.sampled_from("abc,$/"), min_size=1), min_size=2, max_size=3)
GAP = st.sampled_from([" ", "\t", "   ", "\n  ", "\n# between\n\t"])


@st.composite
def options(draw: st.DrawFn) -> str:
    """Return one option in one of its spellings."""
    name = draw(st.sampled_from(NAMES))
    if draw(st.booleans()):
        return f"-o{draw(GAP)}{{ {name} = {' '.join(draw(SPACED))} }}"
    return draw(st.sampled_from(["-o ", "-o", "-vo ", "-o\n  "])) + f"{name}={draw(VALUE)}"


@st.composite
def entries(draw: st.DrawFn) -> str:
    """Return one entry of valid lines."""
    kind = draw(st.sampled_from(["inet", "unix"]))
    words = [
        draw(st.sampled_from(SERVICES)),
        kind,
        "n",
        "-",
        draw(st.sampled_from("yn-")),
        "-",
        "-",
    ]
    text = draw(st.sampled_from([" ", "\t", "    "])).join([*words, "smtpd"])
    for option in draw(st.lists(options() | st.just("-v"), max_size=4)):
        text += draw(GAP) + option
    return text + draw(st.sampled_from(["", " user=x argv=y", "\n  {a b} c"])) + "\n"


@st.composite
def files(draw: st.DrawFn) -> str:
    """Return a master.cf of valid lines, perhaps without a last newline."""
    text = "".join(draw(st.lists(IGNORED | entries(), max_size=6)))
    return text[:-1] if draw(st.booleans()) else text
