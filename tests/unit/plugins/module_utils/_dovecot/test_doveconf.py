# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that what doveconf prints is understood."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._dovecot import (
    doveconf as _doveconf,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._dovecot.doveconf import (
    Inet,
)

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


def test_parse() -> None:
    conf = _doveconf.parse(TEXT_24)
    assert conf.settings["listen"] == "* ::"
    assert _doveconf.listeners(conf) == [
        Inet("imap-login", "imaps", 0, True, ()),
        Inet("imap-login", "imap", 143, False, ()),
        Inet("managesieve-login", "sieve", 4190, False, ()),
        Inet("managesieve-login", "sieve_deprecated", 2000, False, ()),
    ]
    assert _doveconf.protocols(conf) == ("imap",)
    assert _doveconf.protocols(_doveconf.parse(TEXT_23)) == ("imap", "lmtp")


@pytest.mark.parametrize("text", ["}", "service x {", "a {\n}\n}"])
def test_parse_refuses_unmatched_blocks(text: str) -> None:
    with pytest.raises(ValueError, match=r"^doveconf( line \d)?: (a|the) block"):
        _doveconf.parse(text)
