#!/bin/sh
# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Put this host into the state that scenarios start from: Postfix and Dovecot as Debian installs
# them, running, with one user and an empty mailbox: NAME USER PASSWORD. What the host had before
# is kept for restore.sh.
set -eu
name=$1 user=$2 password=$3
kept=/var/lib/mailports-scenario

if [ ! -d "$kept" ]; then
    mkdir -p "$kept/etc"
    for folder in /etc/postfix /etc/dovecot /etc/mailports; do
        if [ -d "$folder" ]; then cp -a "$folder" "$kept/etc"; fi
    done
fi
postsuper -d ALL 2>/dev/null
rm -rf /etc/mailports /etc/letsencrypt /var/lib/postmaster.mailports /var/vmail
rm -f /var/spool/postfix/private/auth
mkdir /etc/mailports
install -d -o 5000 -g 5000 /var/vmail

# What Debian's installer writes into main.cf for an internet site.
cp /usr/share/postfix/main.cf.debian /etc/postfix/main.cf
cp /usr/share/postfix/master.cf.dist /etc/postfix/master.cf
# shellcheck disable=SC2016 # Postfix expands it.
postconf -e "myhostname=$name" 'mydestination=$myhostname, localhost' \
    'mynetworks=127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128' \
    'inet_interfaces=all' 'inet_protocols=all' 'recipient_delimiter=+' 'mailbox_size_limit=0' \
    'alias_maps=hash:/etc/aliases' 'alias_database=hash:/etc/aliases' \
    'smtpd_relay_restrictions=permit_mynetworks permit_sasl_authenticated defer_unauth_destination' \
    'smtpd_tls_cert_file=/etc/ssl/certs/ssl-cert-snakeoil.pem' \
    'smtpd_tls_key_file=/etc/ssl/private/ssl-cert-snakeoil.key' \
    'smtpd_tls_security_level=may' 'smtp_tls_security_level=may'
# And what makes it a host of these: Dovecot has the mailboxes, and there is no name server.
postconf -e 'mailbox_transport=lmtp:unix:private/dovecot-lmtp' 'local_recipient_maps=' \
    'smtp_dns_support_level=disabled' 'smtp_host_lookup=native'
newaliases
# A Postfix process that finds main.cf younger than two seconds sleeps until it is not.
touch -d '10 seconds ago' /etc/postfix/main.cf

rm -rf /etc/dovecot/conf.d /etc/dovecot/*.conf* /etc/dovecot/users
cp -a /usr/share/dovecot/dovecot.conf /usr/share/dovecot/conf.d /etc/dovecot
rm -f /etc/dovecot/conf.d/99-local.conf
echo "$user:{PLAIN}$password::::::" > /etc/dovecot/users
sed -i 's/^!include auth-system/#&/' /etc/dovecot/conf.d/10-auth.conf
case $(dovecot --version) in
    2.3.*)
        cat > /etc/dovecot/conf.d/95-mailboxes.conf <<'END'
# The mailboxes of this host.
auth_username_format = %Ln
mail_location = maildir:~/Maildir
passdb {
  driver = passwd-file
  args = /etc/dovecot/users
}
userdb {
  driver = static
  args = uid=5000 gid=5000 home=/var/vmail/%Ln
}
END
        ;;
    *)
        cat > /etc/dovecot/conf.d/95-mailboxes.conf <<'END'
# The mailboxes of this host.
mail_driver = maildir
mail_home = /var/vmail/%{user | username | lower}
mail_path = ~/Maildir
mail_inbox_path =
passdb passwd-file {
  passwd_file_path = /etc/dovecot/users
}
userdb static {
  fields {
    uid = 5000
    gid = 5000
  }
}
END
        ;;
esac
cat >> /etc/dovecot/conf.d/95-mailboxes.conf <<'END'
service lmtp {
  unix_listener /var/spool/postfix/private/dovecot-lmtp {
    mode = 0600
    user = postfix
    group = postfix
  }
}
END
# Postfix first: it makes the folder of the sockets that Dovecot opens for it. Both would hold this
# script's streams open.
for server in postfix dovecot; do
    service "$server" restart < /dev/null > /dev/null 2>&1
done
