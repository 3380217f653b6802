# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of what postfix_service and postfix_parameter have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """See DOCUMENTATION."""

    DOCUMENTATION = r"""
options:
  config_directory:
    description:
      - Folder with C(main.cf) and C(master.cf), for one of several instances.
      - Without it, the default of the installed Postfix.
    type: path
notes:
  - Postfix is not reloaded or restarted; RV(needs) says what a handler has to do.
  - The result is checked by C(postconf) on a copy before the file is replaced in one step, with its
    owner, mode and extended attributes. If anything goes wrong, the old file stays in place.
  - Runs at the same time, C(postconf -e) too, wait for each other.
  - Values of parameters that end in V(_password), V(_passwd) or V(_secret), and password maps that
    hold the passwords themselves (V(static:), V(inline:)), are not shown.
attributes:
  check_mode:
    description: Can run in check mode and return what would change.
    support: full
  diff_mode:
    description: Returns the file before and after, in Postfix's own syntax.
    support: full
requirements:
  - Python 3.9 or later on the managed node; nothing else.
  - Postfix 3.5 or later; 3.7 to 3.10 are tested, for others there is a warning.
"""
