#!/bin/sh
# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Print every message in the queue, and in the mailboxes of USER, a line each: where it is (queue and
# mailbox with the id there) and its message id.
set -eu
postqueue -j | sed -n 's/.*"queue_name": "\(hold\|deferred\)".*"queue_id": "\([^"]*\)".*/\2/p' |
    while read -r id; do
        echo "queue $id $(postcat -hq "$id" | sed -n 's/^Message-Id: //Ip')"
    done
doveadm -f tab fetch -u "$1" 'mailbox uid hdr.message-id' all | sed '1d; s/\t/ /g; s/^/mailbox /'
