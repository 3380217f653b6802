# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the lookup service: rows of the table by name, and nothing else."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleError
from ansible_collections.postmaster.mailports.plugins.lookup import service


def test_a_row_of_the_table() -> None:
    (row,) = service.LookupModule().run(["imaps"])
    assert (row["port"], row["tls"]) == (993, "implicit")


@pytest.mark.parametrize("term", ["imapz", 3])
def test_an_unknown_service_is_refused(term: object) -> None:
    with pytest.raises(AnsibleError, match="service: "):
        service.LookupModule().run([term])
