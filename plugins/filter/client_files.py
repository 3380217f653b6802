# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: the files that client_settings publishes, as data; see client_files.yml."""

from __future__ import annotations

from ansible.errors import AnsibleError

from ..module_utils._client.settings import SettingsError
from ..plugin_utils._publish.options import intents_of, options, published


def client_files(intent, domain, **given):
    """Return path -> text of each file. Raises AnsibleError."""
    spec = options()
    unknown = sorted(set(given) - set(spec))
    if unknown:
        allowed = ", ".join(name for name in spec if name not in ("intent", "domain"))
        raise AnsibleError(f"client_files: {unknown[0]!r} is not one of {allowed}")
    params = {name: given.get(name, one.get("default")) for name, one in spec.items()}
    for name, one in spec.items():
        for value in params[name] if one["type"] == "list" and params[name] else [params[name]]:
            if "choices" in one and value not in one["choices"]:
                allowed = ", ".join(one["choices"])
                raise AnsibleError(f"client_files: {name}: {value!r} is not one of {allowed}")
    try:
        files, _notes = published(
            intents_of(intent), {**params, "domain": domain}, params["endpoints"]
        )
    except SettingsError as error:
        raise AnsibleError(str(error)) from None
    return {name: data.decode("utf-8") for name, data in files.items()}


class FilterModule:
    """The filter of this file."""

    def filters(self):
        """Return it by name."""
        return {"client_files": client_files}
