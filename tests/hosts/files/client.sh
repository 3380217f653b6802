#!/bin/sh
# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Run a command in a root of its own, in fresh namespaces: BASE DIRECTORY HOSTS COMMAND [ARGUMENT...]
# DIRECTORY holds tree/ (laid over the base), home/ (becomes /root) and mnt/ (a mount point); HOSTS
# is the file that names are resolved by.
set -e
base=$1 dir=$2 names=$3
shift 3
root=$dir/mnt/root
. "$(dirname "$0")/root.sh"
make_root "$base" "$dir"
mount --bind "$dir/home" "$root/root"
mount --bind "$names" "$root/etc/hosts"
echo controller.example.net > "$root/proc/sys/kernel/hostname"
enter_root "$root"
exec chroot . env -i HOME=/root PATH=/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C.UTF-8 \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt /bin/sh -c '
    umount -l /.machine && rmdir /.machine
    cd && exec "$@"' sh "$@"
