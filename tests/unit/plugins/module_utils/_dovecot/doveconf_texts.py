# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What doveconf prints, of either generation of Dovecot, as the tests of this room read it."""

from __future__ import annotations

# The shape of what doveconf prints; the comments and the unset addresses are its own, too.
TEXT_23 = """\
# 2.3.19.1 (0000000000): /etc/dovecot/dovecot.conf
protocols = " imap lmtp"
listen = *, ::
ssl = yes
ssl_min_protocol = TLSv1.2
service imap-login {
  chroot = login
  inet_listener imap {
    address =
    port = 143
    ssl = no
  }
  inet_listener imaps {
    address =
    port = 993
    ssl = yes
  }
}
service pop3-login {
  inet_listener pop3 {
    address =
    port = 110
    ssl = no
  }
  inet_listener pop3s {
    address =
    port = 995
    ssl = yes
  }
}
service managesieve-login {
  inet_listener sieve {
    port = 4190
  }
}
"""

TEXT_24 = """\
listen = * ::
protocols {
  imap = yes
  pop3 = no
}
service imap-login {
  inet_listener imaps {
    port = 0
    ssl = yes
  }
}
service imap-login {
  inet_listener imap {
    port = 143
  }
  unix_listener "srv.imap-login/%{pid}" {
    mode = 0600
  }
}
service managesieve-login {
  inet_listener sieve {
    port = 4190
  }
  inet_listener sieve_deprecated {
    port = 2000
  }
}
"""
