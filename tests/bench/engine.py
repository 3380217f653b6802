# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the engine once as a process of its own: JSON request in argv, JSON result on stdout.

The request holds the fields of ``_request.Request`` that matter here, ``targets`` as lists of
service, protocol, port and TLS mode, ``quickack`` (false to leave acknowledgements to the kernel)
and ``rounds``. The result holds the seconds of each round, the peak memory in KiB and the
observations.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from ansible_collections.postmaster.mailports.plugins.module_utils._probe import connection, run
from ansible_collections.postmaster.mailports.plugins.module_utils._probe import request as _request
from peak import peak_memory


def request(data: dict[str, Any]) -> _request.Request:
    """Return the request that the JSON describes."""
    return _request.Request(
        host=data["host"],
        targets=tuple(_request.Target(*row) for row in data["targets"]),
        addresses=tuple(data["addresses"]),
        ca_path=data["ca_path"],
        versions=tuple(data.get("versions", ())),
    )


def main() -> None:
    """Do what argv asks for."""
    data = json.loads(sys.argv[1])
    if not data.get("quickack", True):
        connection._QUICKACK = None
    taken = []
    for _unused in range(data.get("rounds", 1)):
        begun = time.perf_counter()
        observations = run.run(request(data))
        taken.append(time.perf_counter() - begun)
    result = {
        "seconds": taken,
        "rss": peak_memory(),
        "observations": [seen.to_dict() for seen in observations],
    }
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
