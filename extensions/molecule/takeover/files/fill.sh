#!/bin/sh
# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Send 20 messages to ADDRESS, 5 more that are held, and 4 to a host that cannot be reached.
set -eu
letter() { printf 'Subject: Letter %s\n%b\nHello\n' "$1" "$2" | sendmail -i "$3"; }
for number in $(seq 20); do letter "$number" '' "$1"; done
for number in $(seq 21 25); do letter "$number" 'X-Look: yes\n' "$1"; done
for number in $(seq 26 29); do letter "$number" '' someone@slow.example.org; done
