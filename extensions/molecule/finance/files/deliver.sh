#!/bin/sh
# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Send a message from this host to ADDRESS and print the word that only its body has.
set -eu
word=invoice$(tr -d - < /proc/sys/kernel/random/uuid)
printf 'Subject: An invoice\n\n%s\n' "$word" | sendmail -i "$1"
echo "$word"
