#!/bin/sh
# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Install packages over a base, in fresh mount and process namespaces: BASE TARGET PACKAGE...
# TARGET, which must not exist, becomes what they change, as an overlay's upper directory.
set -e
base=$1 target=$2
shift 2
mount --make-rprivate /
scratch=$(mktemp -d)
trap 'umount -R "$scratch"; rmdir "$scratch"' EXIT
mount -t tmpfs -o mode=755 tmpfs "$scratch"
mkdir "$scratch/upper" "$scratch/work" "$scratch/root"
chmod 755 "$scratch/upper"
root=$scratch/root
mount -t overlay -o "lowerdir=$base,upperdir=$scratch/upper,workdir=$scratch/work" overlay "$root"
mount -t proc proc "$root/proc"
printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
chroot "$root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C sh -ec '
    apt-get -q update
    apt-get -q -y --no-install-recommends install "$@"
    apt-get clean
    rm -rf /var/lib/apt/lists/*' sh "$@"
rm "$root/usr/sbin/policy-rc.d"
umount "$root/proc" "$root"
cp -a "$scratch/upper" "$target"
