#!/bin/sh
# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Read by the scripts beside it: make_root BASE DIRECTORY builds, in a fresh mount namespace, a root
# in DIRECTORY/mnt/root. DIRECTORY holds tree/ (laid over the base) and mnt/ (a mount point).
make_root() {
    root=$2/mnt/root
    mount --make-rprivate /
    # Everything written below lies in memory and ends with the namespace.
    mount -t tmpfs -o mode=755 tmpfs "$2/mnt"
    mkdir "$2/mnt/upper" "$2/mnt/work" "$root"
    chmod 755 "$2/mnt/upper"
    layers=lowerdir=$1,upperdir=$2/mnt/upper,workdir=$2/mnt/work
    mount -t overlay -o "$layers" overlay "$root"
    cp -a "$2/tree/." "$root/"
    mount -t proc proc "$root/proc"
    mount -t sysfs -o ro sysfs "$root/sys"
    mount -t tmpfs -o mode=755 tmpfs "$root/dev"
    for node in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0; do
        IFS=: read -r file major minor <<END
$node
END
        mknod -m 666 "$root/dev/$file" c "$major" "$minor"
    done
    mkdir "$root/dev/pts" "$root/dev/shm" "$root/.machine"
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
    mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
    ln -s pts/ptmx "$root/dev/ptmx"
    ln -s /proc/self/fd "$root/dev/fd"
    mount -t tmpfs -o mode=755 tmpfs "$root/run"
}

# enter_root ROOT makes it the root of this namespace; the machine's is then in its .machine.
enter_root() {
    cd "$1" && pivot_root . .machine
}
