# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For each rule of the linter a file that it flags and the same file fixed; tests check both."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    """``name`` is the file's name in a project; ``line`` is where the finding stands in ``bad``."""

    name: str
    bad: str
    line: int
    good: str
    why: str


_MASTER = """\
smtp        inet  n  -  y  -  -  smtpd
submission  inet  n  -  y  -  -  smtpd
"""

EXAMPLES = {
    "cleartext-port": Example(
        "group_vars/all.yml",
        """\
---
archive_imap_host: mail.example.net
archive_imap_port: 143
archive_imap_user: archive
archive_imap_password: "{{ vault_archive_password }}"
""",
        3,
        """\
---
archive_imap_host: mail.example.net
archive_imap_port: 993
archive_imap_user: archive
archive_imap_password: "{{ vault_archive_password }}"
""",
        "Whoever can see the connection reads the password and the mail.",
    ),
    "deprecated-port": Example(
        "roles/mail/tasks/main.yml",
        """\
---
- name: Let mail clients in
  ansible.builtin.iptables:
    chain: INPUT
    protocol: tcp
    destination_port: "143"
    jump: ACCEPT
""",
        6,
        """\
---
- name: Let mail clients in
  ansible.builtin.iptables:
    chain: INPUT
    protocol: tcp
    destination_port: "993"
    jump: ACCEPT
""",
        "The policy says which ports are deprecated: under `rfc8314` those of pop3 and imap, which "
        "begin in cleartext; under `starttls_first` also that of submissions.",
    ),
    "login-before-tls": Example(
        "files/dovecot.conf",
        """\
auth_mechanisms = plain login
ssl = yes
disable_plaintext_auth = no
""",
        3,
        """\
auth_mechanisms = plain login
ssl = yes
disable_plaintext_auth = yes
""",
        "A client that does not ask for TLS sends its password in cleartext, and the server takes "
        "it.",
    ),
    "not-read": Example(
        "files/compose.yaml",
        """\
services:
  mail:
    ports: ["993:993"
""",
        4,
        """\
services:
  mail:
    ports: ["993:993"]
""",
        "A file that cannot be read must not pass for a file without findings. Of YAML that is not "
        "well-formed ansible-lint itself says `load-failure`, and asks no other rule.",
    ),
    "obsolete-setting": Example(
        "files/main.cf",
        """\
smtpd_tls_security_level = may
smtpd_use_tls = yes
""",
        2,
        """\
smtpd_tls_security_level = may
""",
        "Newer releases warn of such settings, ignore them, or do not start.",
    ),
    "relay-port-for-submission": Example(
        "group_vars/all.yml",
        """\
---
shop_smtp_host: mail.example.net
shop_smtp_port: 25
shop_smtp_starttls: true
shop_smtp_user: shop
shop_smtp_password: "{{ vault_shop_password }}"
""",
        3,
        """\
---
shop_smtp_host: mail.example.net
shop_smtp_port: 587
shop_smtp_starttls: true
shop_smtp_user: shop
shop_smtp_password: "{{ vault_shop_password }}"
""",
        "Port 25 is for mail between servers: networks block it, and servers offer no login there.",
    ),
    "starttls-not-required": Example(
        "files/master.cf",
        _MASTER + "  -o smtpd_tls_security_level=may\n  -o smtpd_sasl_auth_enable=yes\n",
        3,
        _MASTER + "  -o smtpd_tls_security_level=encrypt\n  -o smtpd_sasl_auth_enable=yes\n",
        "Whoever can change the connection removes the offer of STARTTLS, and both sides go on in "
        "cleartext.",
    ),
    "tls-version": Example(
        "files/main.cf",
        """\
smtpd_tls_security_level = may
smtpd_tls_mandatory_protocols = >=TLSv1
""",
        2,
        """\
smtpd_tls_security_level = may
smtpd_tls_mandatory_protocols = >=TLSv1.2
""",
        "TLS 1.0 and 1.1 must not be used any more.",
    ),
    "verification-off": Example(
        "files/msmtprc",
        """\
account shop
host mail.example.net
port 587
tls on
tls_certcheck off
auth on
user shop
""",
        5,
        """\
account shop
host mail.example.net
port 587
tls on
tls_trust_file /etc/ssl/certs/ca-certificates.crt
auth on
user shop
""",
        "Without verification, TLS keeps out those who listen but not those who stand in between.",
    ),
    "waiver-without-reason": Example(
        "group_vars/all.yml",
        """\
---
archive_imap_host: mail.example.net
archive_imap_port: 993  # mailports: ignore cleartext-port
""",
        3,
        """\
---
archive_imap_host: mail.example.net
archive_imap_port: 993  # mailports: ignore cleartext-port the tunnel ends here
""",
        "Nobody can tell later whether what is excused is still right.",
    ),
    "weak-password-scheme": Example(
        "files/dovecot-sql.conf.ext",
        """\
driver = sqlite
default_pass_scheme = PLAIN-MD5
""",
        2,
        """\
driver = sqlite
default_pass_scheme = ARGON2ID
""",
        "Whoever gets the table has the passwords, at once or within hours.",
    ),
    "wrong-tls-mode": Example(
        "files/master.cf",
        """\
submissions  inet  n  -  y  -  -  smtpd
  -o smtpd_tls_wrappermode=no
  -o smtpd_sasl_auth_enable=yes
""",
        2,
        """\
submissions  inet  n  -  y  -  -  smtpd
  -o smtpd_tls_wrappermode=yes
  -o smtpd_sasl_auth_enable=yes
""",
        "Client and server wait for each other, or the client gives up on TLS.",
    ),
    "wrong-version-setting": Example(
        "files/dovecot.conf",
        """\
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
mail_driver = maildir
ssl_cert = </etc/ssl/mail.pem
""",
        4,
        """\
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
mail_driver = maildir
ssl_server_cert_file = /etc/ssl/mail.pem
""",
        "Dovecot refuses the whole file and does not start.",
    ),
}
