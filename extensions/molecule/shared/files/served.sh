#!/bin/sh
# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Print which certificate each port of a host serves, its serial: HOST PORT[:PROTOCOL]...
# PROTOCOL is the one to start TLS within. It fails where a certificate is not trusted.
set -eu
host=$1
shift
for place; do
    protocol=${place#*:}
    [ "$protocol" = "$place" ] || set -- -starttls "$protocol"
    [ "$protocol" != "$place" ] || set --
    openssl s_client "$@" -connect "$host:${place%:*}" -servername "$host" \
        -verify_return_error -verify_hostname "$host" < /dev/null 2> /dev/null |
        openssl x509 -noout -serial
done
