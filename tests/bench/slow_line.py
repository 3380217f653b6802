# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A line with a delay between two network namespaces: two TUN devices and this process in between.

argv: a namespace file, a device name and an address with prefix, twice; then the delay in seconds,
one way. Prints ``ready`` once both ends are up, and runs until its standard input ends.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import select
import struct
import subprocess
import sys
import time
from collections import deque

# linux/if_tun.h, linux/sched.h
_TUNSETIFF = 0x400454CA
_IFF_TUN, _IFF_NO_PI = 0x0001, 0x1000
_CLONE_NEWNET = 0x40000000
_MTU = 1500


def open_end(netns: str, device: str, address: str) -> int:
    """Return a TUN device's descriptor; the device is up in the namespace ``netns``."""
    handle = os.open(netns, os.O_RDONLY)
    if ctypes.CDLL(None, use_errno=True).setns(handle, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), f"setns {netns}")
    os.close(handle)
    end = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(end, _TUNSETIFF, struct.pack("16sH", device.encode(), _IFF_TUN | _IFF_NO_PI))
    for arguments in (["address", "add", address], ["link", "set", "up"]):
        subprocess.run(["ip", *arguments, "dev", device], check=True)
    return end


def forward(ends: tuple[int, int], delay: float) -> None:
    """Carry each packet to the other end ``delay`` seconds after it came, until stdin ends."""
    waiting: deque[tuple[float, int, bytes]] = deque()
    while True:
        pause = max(waiting[0][0] - time.monotonic(), 0) if waiting else None
        ready = select.select([*ends, sys.stdin], [], [], pause)[0]
        now = time.monotonic()
        if sys.stdin in ready:
            return
        for index in (0, 1):
            if ends[index] in ready:
                # Every packet waits equally long, so the order of arrival is that of departure.
                waiting.append((now + delay, ends[1 - index], os.read(ends[index], _MTU)))
        while waiting and waiting[0][0] <= now:
            _due, end, packet = waiting.popleft()
            os.write(end, packet)


def main() -> None:
    """Open both ends and forward."""
    near, far = sys.argv[1:4], sys.argv[4:7]
    ends = (open_end(*near), open_end(*far))
    print("ready", flush=True)
    forward(ends, float(sys.argv[7]))


if __name__ == "__main__":
    main()
