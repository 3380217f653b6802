#!/bin/sh
# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Turn the fresh namespaces that this process runs in into a host: BASE DIRECTORY NAME.
# DIRECTORY holds tree/ (laid over the base), log/ (becomes /var/log) and mnt/ (a mount point).
set -e
base=$1 dir=$2 name=$3
root=$dir/mnt/root
. "$(dirname "$0")/root.sh"
make_root "$base" "$dir"
echo "$name" > "$root/proc/sys/kernel/hostname"
mkdir -p "$root/run/sshd" "$root/run/lock"
mount --bind "$dir/log" "$root/var/log"
enter_root "$root"
exec chroot . /bin/sh -c '
    umount -l /.machine && rmdir /.machine
    exec tini -- sh -c "rsyslogd; exec /usr/sbin/sshd -D -e"' < dev/null
