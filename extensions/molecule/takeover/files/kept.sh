#!/bin/sh
# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Compare the files of Postfix and Dovecot with those that legacy.sh left: every line is still there,
# but for the few that contradict the intent, and the servers still have the settings.
set -eu
old=/var/lib/mailports-scenario/takeover
cd /etc
find postfix dovecot -type f > "$old/now"
(cd "$old" && find postfix dovecot -type f) | while read -r file; do
    grep -qx "$file" "$old/now" || { echo "$file is gone"; exit 1; }
    # What may go: settings that say the opposite of the intent, all in main.cf.
    diff "$old/$file" "$file" | sed -n 's/^< //p' > "$old/gone" || :
    case $file in
        postfix/main.cf)
            gone='^smtpd_\(tls_security_level\|tls_auth_only\|sasl_auth_enable\) *='
            ;;
        *) gone='^$' ;;
    esac
    if grep -v "$gone" "$old/gone"; then echo "$file does not have these lines any more"; exit 1; fi
done
# same VALUE COMMAND...
same() {
    wanted=$1
    shift
    "$@" > "$old/is" 2> /dev/null
    printf '%s\n' "$wanted" | cmp -s - "$old/is" || { echo "$*:"; cat "$old/is"; exit 1; }
}
same 31457280 postconf -hx message_size_limit
same yes postconf -hx smtpd_helo_required
same 'smtp/inet/smtpd_client_connection_count_limit = 20' \
    postconf -P smtp/inet/smtpd_client_connection_count_limit
same '127.0.0.1:10025/inet/header_checks =' postconf -P 127.0.0.1:10025/inet/header_checks
same 30 doveconf -h mail_max_userip_connections
