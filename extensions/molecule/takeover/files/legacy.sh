#!/bin/sh
# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Set up Postfix and Dovecot as somebody did by hand long ago: logins in clear on ports 25, 110 and
# 143, with settings, comments and maps of their own.
set -eu
postconf -X smtpd_tls_cert_file smtpd_tls_key_file
postconf -e smtpd_tls_security_level=none
cat >> /etc/postfix/main.cf <<'END'

# ---------------------------------------------------------------
# From here on our own. Ask Ursula before you change anything!
# ---------------------------------------------------------------
# Some of the old programs in the hall know no encryption.
smtpd_sasl_auth_enable = yes
smtpd_sasl_type        = dovecot
smtpd_sasl_path        = private/auth
smtpd_tls_auth_only=no

# The scanner sends large pages.
message_size_limit = 31457280
smtpd_helo_required = yes
smtpd_recipient_restrictions =
    permit_mynetworks,
    # the sales people
    permit_sasl_authenticated,
    reject_unauth_destination
header_checks = regexp:/etc/postfix/header_checks
transport_maps = texthash:/etc/postfix/transport
END
cat > /etc/postfix/header_checks <<'END'
# Ursula looks at these first.
/^X-Look: yes/ HOLD
END
cat > /etc/postfix/transport <<'END'
# Their line is down.
slow.example.org    retry:4.4.1 later
END
cat >> /etc/postfix/master.cf <<'END'

# The filter gives mail back here.
127.0.0.1:10025 inet n  -       y       -       -       smtpd
  -o syslog_name=postfix/back
  # it has looked already
  -o header_checks=
  -o smtpd_sasl_auth_enable=no
END
postconf -P smtp/inet/smtpd_client_connection_count_limit=20
touch -d '10 seconds ago' /etc/postfix/main.cf

clear='disable_plaintext_auth = no'
case $(dovecot --version) in 2.3.*) ;; *) clear='auth_allow_cleartext = yes' ;; esac
cat > /etc/dovecot/local.conf <<END
# Read last, so that it wins.
ssl = no
$clear   # the old phones
mail_max_userip_connections = 30
service imap-login {
  # they connect all the time
  process_min_avail = 2
  inet_listener imaps {
    port = 0
  }
}
service pop3-login {
  inet_listener pop3s {
    port = 0
  }
}
service auth {
  unix_listener /var/spool/postfix/private/auth {
    mode = 0660
    user = postfix
    group = postfix
  }
}
END
for server in postfix dovecot; do
    service "$server" restart < /dev/null > /dev/null 2>&1
done
rm -rf /var/lib/mailports-scenario/takeover
mkdir /var/lib/mailports-scenario/takeover
cp -a /etc/postfix /etc/dovecot /var/lib/mailports-scenario/takeover
