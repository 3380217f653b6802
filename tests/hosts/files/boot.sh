#!/bin/sh
# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Turn the fresh namespaces that this process runs in into a host: BASE DIRECTORY NAME CGROUP COMMAND.
# DIRECTORY holds tree/ (laid over the base), log/ (becomes /var/log) and mnt/ (a mount point).
# With CGROUP, a name for a control group, systemd is the first process, else tini. COMMAND is what
# tini runs in place of the daemons for logs and ssh; both may be empty.
set -e
base=$1 dir=$2 name=$3 cgroup=$4 command=${5:-rsyslogd; exec /usr/sbin/sshd -D -e}
root=$dir/mnt/root
. "$(dirname "$0")/root.sh"
make_root "$base" "$dir"
echo "$name" > "$root/proc/sys/kernel/hostname"
mkdir -p "$root/run/sshd" "$root/run/lock"
mount --bind "$dir/log" "$root/var/log"
if [ -n "$cgroup" ]; then
    mkdir "$dir/mnt/cgroup"
    mount -t cgroup2 cgroup2 "$dir/mnt/cgroup"
    mkdir "$dir/mnt/cgroup/$cgroup"
    echo $$ > "$dir/mnt/cgroup/$cgroup/cgroup.procs"
    umount "$dir/mnt/cgroup"
    # Most of what can be set there is the machine's.
    mount --bind "$root/proc/sys" "$root/proc/sys"
    mount -o remount,bind,ro "$root/proc/sys"
    enter_root "$root"
    # From here on the group is the root of all groups that are seen.
    exec unshare --cgroup chroot . env -i container=other /bin/sh -ec '
        umount -l /.machine && rmdir /.machine
        mount -t cgroup2 cgroup2 /sys/fs/cgroup
        exec /sbin/init' < dev/null
fi
enter_root "$root"
# shellcheck disable=SC2016 # the inner shell expands it
exec chroot . /bin/sh -c '
    umount -l /.machine && rmdir /.machine
    exec tini -- sh -c "$1"' sh "$command" < dev/null
