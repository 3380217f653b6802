#!/bin/sh
# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Turn the fresh namespaces that this process runs in into a host: BASE DIRECTORY NAME.
# DIRECTORY holds tree/ (laid over the base), log/ (becomes /var/log) and mnt/ (a mount point).
set -e
base=$1 dir=$2 name=$3
root=$dir/mnt/root
mount --make-rprivate /
# Everything the host writes lies in memory and ends with the namespace.
mount -t tmpfs -o mode=755 tmpfs "$dir/mnt"
mkdir "$dir/mnt/upper" "$dir/mnt/work" "$root"
chmod 755 "$dir/mnt/upper"
mount -t overlay -o "lowerdir=$base,upperdir=$dir/mnt/upper,workdir=$dir/mnt/work" overlay "$root"
cp -a "$dir/tree/." "$root/"
mount -t proc proc "$root/proc"
echo "$name" > "$root/proc/sys/kernel/hostname"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for node in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0; do
    IFS=: read -r file major minor <<END
$node
END
    mknod -m 666 "$root/dev/$file" c "$major" "$minor"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mkdir -p "$root/run/sshd" "$root/run/lock" "$root/.machine"
mount --bind "$dir/log" "$root/var/log"
cd "$root"
pivot_root . .machine
exec chroot . /bin/sh -c '
    umount -l /.machine && rmdir /.machine
    exec tini -- sh -c "rsyslogd; exec /usr/sbin/sshd -D -e"' < dev/null
