#!/bin/sh
# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Set Courier up in place, start its seven listeners, and stay until the host ends.
set -e
cd /etc/courier
set_in() {
    file=$1
    shift
    for pair in "$@"; do
        sed -i "/^${pair%%=*}=/d" "$file"
        echo "$pair" >> "$file"
    done
}
install -o courier -m 600 "/etc/mailports/@PEM@" /etc/courier/mailports.pem
tls='TLS_CERTFILE=/etc/courier/mailports.pem'
priority='TLS_PRIORITY="@PRIORITIES@"'
clients='TLS_VERIFYPEER=@VERIFY@'
trusted='TLS_TRUSTCERTS=/etc/mailports/ca.pem'
tcp='TCPDOPTS="-nodnslookup -stderrlogger=/usr/sbin/courierlogger"'
set_in imapd ADDRESS=@ADDRESS@ "$tcp"
set_in imapd-ssl SSLADDRESS=@ADDRESS@ IMAPDSTARTTLS=@STARTTLS@ IMAP_TLS_REQUIRED=@REQUIRED@ \
    "$tls" "$priority" "$clients" "$trusted"
set_in pop3d ADDRESS=@ADDRESS@ "$tcp" 'POP3AUTH_TLS="PLAIN LOGIN"'
set_in pop3d-ssl SSLADDRESS=@ADDRESS@ POP3_STARTTLS=@STARTTLS@ POP3_TLS_REQUIRED=@REQUIRED@ \
    "$tls" "$priority" "$clients" "$trusted"
set_in esmtpd ADDRESS=@ADDRESS@ PORT=25 BOFHCHECKDNS=0 "$tcp" ESMTPAUTH_TLS= \
    "$tls" "$priority" "$clients" "$trusted"
set_in esmtpd-msa ADDRESS=@ADDRESS@ ESMTPDSTART=YES BOFHCHECKDNS=0 \
    ESMTP_TLS_REQUIRED=@MAIL_REQUIRES_TLS@ 'ESMTPAUTH_TLS="PLAIN LOGIN"'
set_in esmtpd-ssl SSLADDRESS=@ADDRESS@ BOFHCHECKDNS=0 'ESMTPAUTH_TLS="PLAIN LOGIN"' \
    "$tls" "$priority" "$clients" "$trusted"
echo '@NAME@' > me
useradd -m '@USER@'
echo '@USER@:@PASSWORD@' | chpasswd
su '@USER@' -c 'maildirmake ~/Maildir'
install -d -o courier -g courier /run/courier /run/courier/authdaemon
authdaemond start
for name in imapd imapd-ssl pop3d pop3d-ssl esmtpd esmtpd-ssl; do
    "/usr/lib/courier/$name" start
done
/usr/sbin/esmtpd-msa start
exec sleep infinity
