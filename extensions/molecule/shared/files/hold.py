# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold ports of this host in the background, as a strange process would: PORT...

Prints the id of the process that holds them; it does so until it is killed.
"""

from __future__ import annotations

import os
import signal
import socket
import sys

held = [socket.create_server(("", int(port))) for port in sys.argv[1:]]
child = os.fork()
if child:
    print(child)
else:
    os.setsid()
    for stream in range(3):
        os.dup2(os.open(os.devnull, os.O_RDWR), stream)
    signal.pause()
