#!/bin/sh
# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Log in without TLS on ports 25, 110 and 143: SERVER USER PASSWORD.
set -eu
swaks --silent 2 --server "$1" --port 25 --auth PLAIN --auth-user "$2" --auth-password "$3" \
    --to "$2@$1" --quit-after AUTH
curl -sS --user "$2:$3" "imap://$1/INBOX" --request 'SEARCH ALL'
curl -sS --user "$2:$3" "pop3://$1/"
