# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test which ports systemd's socket units hold."""

from __future__ import annotations

from ansible_collections.postmaster.mailports.plugins.module_utils._system.socket_units import (
    parse_units,
)
from hypothesis import given
from hypothesis import strategies as st


def test_socket_units() -> None:
    text = (
        "Id=dbus.socket\nListen=/run/dbus/system_bus_socket (Stream)\n\n"
        "Id=dovecot.socket\nListen=0.0.0.0:143 (Stream)\nListen=[::]:993 (Stream)\n\n"
        "Id=old.socket\nListen=110 (Stream) 995 (Stream)\n\n"
        "Id=dns.socket\nListen=[::]:53 (Datagram)\n"
    )
    assert parse_units(text) == {
        143: "dovecot.socket",
        993: "dovecot.socket",
        110: "old.socket",
        995: "old.socket",
    }
    assert parse_units("") == {}


@given(st.text(max_size=200))
def test_any_words_of_systemctl_are_read(text: str) -> None:
    parse_units(text)
    parse_units(f"Id=x\nListen={text}")
