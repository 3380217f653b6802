#!/bin/sh
# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Put back what this host had before start.sh.
set -eu
kept=/var/lib/mailports-scenario
[ -d "$kept" ] || exit 0
postsuper -d ALL 2>/dev/null
rm -rf /etc/letsencrypt /var/lib/postmaster.mailports /var/vmail
install -d -o 5000 -g 5000 /var/vmail
for folder in /etc/postfix /etc/dovecot /etc/mailports; do
    rm -rf "$folder"
    if [ -d "$kept$folder" ]; then cp -a "$kept$folder" "$folder"; fi
done
rm -rf "$kept"
for server in postfix dovecot; do
    service "$server" restart < /dev/null > /dev/null 2>&1
done
