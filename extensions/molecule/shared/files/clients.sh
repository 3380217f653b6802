#!/bin/sh
# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Use ports of a mail server with swaks and curl, and try there what must not work:
# SERVER USER PASSWORD RECIPIENT PORT...
# Ports for submission send to RECIPIENT, port 25 to the user. Ports for reading come last and see
# what was sent to the user. Prints the word that the subject of all those messages has.
set -eu
server=$1 user=$2 password=$3 recipient=$4
shift 4
word=m$(tr -d - < /proc/sys/kernel/random/uuid)
own=0

count() { if [ "$1" = "$user@$server" ]; then own=$((own + 1)); fi; }

# send RECIPIENT OPTION..., login PASSWORD OPTION...: with the second one, to RECIPIENT.
send() {
    to=$1
    shift
    swaks --silent 2 --server "$server" --from "$user@$server" --to "$to" --tls-verify \
        --header "Subject: $word" --body 'Two books' "$@" >&2
}
login() {
    given=$1
    shift
    send "$recipient" --auth PLAIN --auth-user "$user" --auth-password "$given" "$@"
}
by_curl() {
    printf 'From: %s\r\nSubject: %s\r\n\r\nTwo books\r\n' "$user@$server" "$word" |
        curl -sS --ssl-reqd --user "$user:$password" --mail-from "$user@$server" \
            --mail-rcpt "$recipient" --upload-file - "$1/client.example.net" >&2
}

# refused STATUS COMMAND...: swaks ends with 24 when no recipient is taken, and with 28 when there
# is no login or it fails.
refused() {
    wanted=$1 status=0
    shift
    "$@" 2> /tmp/refused || status=$?
    [ "$status" = "$wanted" ] || { cat /tmp/refused; echo "$*: $status, not $wanted"; exit 1; } >&2
}

submit() {
    login "$password" --port "$1" "$2"
    count "$recipient"
    by_curl "$3"
    count "$recipient"
    refused 28 login wrong --port "$1" "$2"
    refused 24 send "$recipient" --port "$1" "$2"
}

# messages COMMAND...: how many messages of these a command for reading shows.
by_imap() {
    curl -sS --user "$user:$password" "imaps://$server/INBOX" --request "SEARCH SUBJECT $word" |
        tr -d '\r' | wc -w
}
by_pop() {
    for number in $(curl -sS --user "$user:$password" "pop3s://$server/" | cut -d ' ' -f 1); do
        curl -sS --user "$user:$password" "pop3s://$server/$number"
    done | grep -c "^Subject: $word"
}
await() {
    for _attempt in $(seq 100); do
        seen=$("$@") || true
        case $1 in by_imap) seen=$((seen - 2)) ;; esac
        if [ "$seen" = "$own" ]; then return; fi
        sleep 0.2
    done
    echo "$1: $seen messages, not $own" >&2
    exit 1
}

for port; do
    case $port in
        25)
            send "$user@$server" --port 25 --tls
            count "$user@$server"
            refused 28 login "$password" --port 25 --tls
            refused 24 send stranger@example.org --port 25 --tls
            ;;
        465) submit 465 --tls-on-connect "smtps://$server" ;;
        587 | 2525)
            submit "$port" --tls "smtp://$server:$port"
            refused 28 login "$password" --port "$port"
            ;;
        993) await by_imap ;;
        995) await by_pop ;;
        *) echo "no client for port $port" >&2 && exit 1 ;;
    esac
done
echo "$word"
