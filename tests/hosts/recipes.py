# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How other mail servers of Debian are set up, as data: as intended, and with what can be wrong.

A recipe's files are templates in files/servers; @WORD@ stands for a word of the recipe, which a
variant may replace. The host has its certificates in /etc/mailports: ec, rsa, wrong (another name)
and old (expired), each as .crt, .key and both together as .pem, and the authority as ca.pem.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SUBMISSION = ("submission", "submissions")
SMTP = ("smtp", *SUBMISSION)
ACCESS = ("imap", "imaps", "pop3", "pop3s")
WRONG = {"CERT": "/etc/mailports/wrong.crt", "KEY": "/etc/mailports/wrong.key"}
# GnuTLS as Debian has it takes TLS 1.0.
MODERN = "NORMAL:-VERS-TLS1.0:-VERS-TLS1.1"
SASL_USER = (
    "echo '@PASSWORD@' | saslpasswd2 -p -c -u '@NAME@' '@USER@' && chown cyrus:sasl /etc/sasldb2"
)

# What stands behind a certificate of its own kind: Dovecot's words for it changed with 2.4.
TWO = "/etc/mailports/rsa.pem, /etc/mailports/{}.pem"
DOVECOT_23 = {
    "DOVECOT_TWO": "ssl_alt_cert = </etc/mailports/@SECOND@.crt\\n"
    "ssl_alt_key = </etc/mailports/@SECOND@.key\\n",
    "DOVECOT_CLIENTS": "ssl_ca = </etc/mailports/ca.pem\\nssl_verify_client_cert = yes\\n"
    "ssl_require_crl = no\\nauth_ssl_require_client_cert = yes\\n",
}
DOVECOT_24 = {
    "DOVECOT_TWO": "ssl_server_alt_cert_file = /etc/mailports/@SECOND@.crt\\n"
    "ssl_server_alt_key_file = /etc/mailports/@SECOND@.key\\n",
    "DOVECOT_CLIENTS": "ssl_server_ca_file = /etc/mailports/ca.pem\\n"
    "ssl_server_request_client_cert = yes\\nssl_server_require_crl = no\\n"
    "auth_ssl_require_client_cert = yes\\n",
}
POSTSCREEN = (
    "postconf -e postscreen_greet_action=enforce postscreen_pipelining_enable=yes"
    " postscreen_pipelining_action=enforce postscreen_access_list= postscreen_greet_wait=3s;"
    " postconf -M# smtp/inet;"
    " postconf -M 'smtp/inet=smtp inet n - n - 1 postscreen'"
    " 'smtpd/pass=smtpd pass - - y - - smtpd' 'tlsproxy/unix=tlsproxy unix - - y - 0 tlsproxy'"
    " 'dnsblog/unix=dnsblog unix - - y - 0 dnsblog'"
)
FRONTS = "nginx libnginx-mod-mail haproxy"
# What stands behind nginx and HAProxy: Dovecot and Postfix, on 127.0.0.1.
BEHIND_FILES = {
    "etc/mailports/dovecot-version.conf": "../dovecot-@DOVECOT@.conf",
    "etc/mailports/dovecot-behind.conf": "dovecot-behind.conf",
    "etc/postfix/main.cf": "main-behind.cf",
    "etc/postfix/master.cf": "master-behind.cf",
}
BEHIND = (
    "cd /etc/mailports; cp rsa.crt cert.pem; cp rsa.key key.pem;"
    " cat dovecot-version.conf dovecot-behind.conf > /etc/dovecot/dovecot.conf;"
    " echo '@USER@:{PLAIN}@PASSWORD@::::::' > /etc/dovecot/users;"
    # Postfix waits until its file is two seconds old.
    " touch -d '10 seconds ago' /etc/postfix/main.cf; postfix start; dovecot; "
)
VERSIONS = {"debian12": {"DOVECOT": "2.3"}, "debian13": {"DOVECOT": "2.4"}}


@dataclass(frozen=True)
class Recipe:
    """One kind of server.

    ``packages`` are installed in a layer of their own, none for what the bases have. ``services``
    are those it must listen for, ``files`` templates by the path of the file on the host, ``run`` a
    shell command that stays as long as the server does. ``fill`` are the words of the server as
    intended, ``on`` what differs by base, ``variants`` what differs with a fault.
    """

    services: tuple[str, ...]
    run: str
    packages: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    fill: Mapping[str, str] = field(default_factory=dict)
    on: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    variants: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def words(self, base: str, variant: str) -> dict[str, str]:
        """Return all words for one base and one variant, "" for the server as intended."""
        certificate = {"CERT": "/etc/mailports/rsa.crt", "KEY": "/etc/mailports/rsa.key"}
        changed = self.variants[variant] if variant else {}
        return {**certificate, **self.fill, **self.on.get(base, {}), **changed}


RECIPES = {
    "exim": Recipe(
        SMTP,
        "install -d -o Debian-exim /var/log/exim4; chown Debian-exim /etc/mailports/*.crt /etc/mailports/*.key;"
        " exec exim4 -C /etc/mailports/exim.conf -bdf -q1h",
        "exim4-daemon-heavy",
        {"etc/mailports/exim.conf": "exim.conf"},
        {
            "STARTTLS": "*",
            "PRIORITIES": MODERN,
            "CLIENTS": ":",
            "MAIL": "behind_tls",
            # Users log in where they submit mail, and behind TLS.
            "LOGIN": "${if and{{def:tls_in_cipher}{!eq{$received_port}{25}}}{*}{:}}",
        },
        variants={
            "login_in_clear": {"LOGIN": "${if !eq{$received_port}{25}{*}{:}}"},
            # As it is where no access list says otherwise.
            "mail_in_clear": {"MAIL": "always"},
            "no_starttls": {"STARTTLS": ":"},
            "debians_own_tls": {"PRIORITIES": "NORMAL"},
            "only_tls10": {"PRIORITIES": "NORMAL:-VERS-ALL:+VERS-TLS1.0"},
            "wrong_name": WRONG,
            "client_certificates": {"CLIENTS": "*"},
            "two_certificates": {
                "CERT": "/etc/mailports/rsa.crt : /etc/mailports/ec.crt",
                "KEY": "/etc/mailports/rsa.key : /etc/mailports/ec.key",
            },
            "second_certificate_wrong": {
                "CERT": "/etc/mailports/rsa.crt : /etc/mailports/wrong.crt",
                "KEY": "/etc/mailports/rsa.key : /etc/mailports/wrong.key",
            },
        },
    ),
    "opensmtpd": Recipe(
        SMTP,
        "mkdir -p /run/opensmtpd; useradd -m '@USER@'; echo '@USER@:@PASSWORD@' | chpasswd;"
        " exec smtpd -d -f /etc/mailports/smtpd.conf",
        "opensmtpd",
        {"etc/mailports/smtpd.conf": "smtpd.conf"},
        {
            "STARTTLS": "tls pki @NAME@",
            "SUBMISSION": "tls-require pki @NAME@ auth",
            "SUBMISSIONS": "smtps pki @NAME@ auth",
        },
        variants={
            "no_starttls": {"STARTTLS": "", "SUBMISSION": ""},
            "wrong_name": WRONG,
            "client_certificates": {
                "SUBMISSIONS": 'smtps verify pki @NAME@ ca "clients" auth',
            },
        },
    ),
    "cyrus": Recipe(
        ACCESS,
        "install -d -o cyrus -g mail /run/cyrus /run/cyrus/socket; chown cyrus /etc/mailports/*;"
        f" {SASL_USER}; exec cyrmaster -C /etc/mailports/imapd.conf -M /etc/mailports/cyrus.conf -D",
        "cyrus-imapd cyrus-pop3d sasl2-bin libsasl2-modules",
        {"etc/mailports/imapd.conf": "imapd.conf", "etc/mailports/cyrus.conf": "cyrus.conf"},
        {
            "CLEAR": "no",
            "APOP": "0",
            "STARTTLS": "allowstarttls: on",
            "TLS": "tls_versions: tls1_2 tls1_3",
        },
        variants={
            "login_in_clear": {"CLEAR": "yes"},
            "apop": {"APOP": "1"},
            # Without the line STARTTLS is off on Debian 13 and on, as ever, on Debian 12.
            "no_starttls": {"STARTTLS": ""},
            "only_tls10": {"TLS": "tls_versions: tls1_0\ntls_ciphers: ALL:@SECLEVEL=0"},
            "wrong_name": WRONG,
        },
    ),
    "courier": Recipe(
        (*SMTP, *ACCESS),
        "exec sh /etc/mailports/courier.sh",
        "courier-imap courier-pop courier-mta courier-authdaemon",
        {"etc/mailports/courier.sh": "courier.sh"},
        {
            "PEM": "rsa.pem",
            "STARTTLS": "YES",
            "REQUIRED": "1",
            "MAIL_REQUIRES_TLS": "1",
            "PRIORITIES": MODERN,
            "VERIFY": "NONE",
        },
        variants={
            "login_in_clear": {"REQUIRED": "0"},
            "mail_in_clear": {"MAIL_REQUIRES_TLS": "0"},
            "no_starttls": {"STARTTLS": "NO", "REQUIRED": "0"},
            "debians_own_tls": {"PRIORITIES": "NORMAL"},
            "only_tls10": {"PRIORITIES": "NORMAL:-VERS-ALL:+VERS-TLS1.0"},
            "client_certificates": {"VERIFY": "REQUIREPEER"},
            "wrong_name": {"PEM": "wrong.pem"},
        },
    ),
    "nginx": Recipe(
        (*SUBMISSION, *ACCESS),
        BEHIND + "exec nginx -c /etc/mailports/nginx.conf -g 'daemon off;'",
        FRONTS,
        {"etc/mailports/nginx.conf": "nginx.conf", **BEHIND_FILES},
        {
            "STARTTLS": "only",
            "VERSIONS": "TLSv1.2 TLSv1.3",
            "CLIENTS": "",
            "SSL": "no",
            "IMAP": "143",
            "POP3": "110",
            "BEHIND_PROXY": "no",
        },
        VERSIONS,
        variants={
            "login_in_clear": {"STARTTLS": "on"},
            "no_starttls": {"STARTTLS": "off"},
            "only_tls10": {"VERSIONS": "TLSv1; ssl_ciphers ALL:@SECLEVEL=0"},
            "client_certificates": {
                "CLIENTS": "ssl_verify_client on; ssl_client_certificate /etc/mailports/ca.pem;",
            },
        },
    ),
    "haproxy": Recipe(
        (*SUBMISSION, "imap", "imaps"),
        BEHIND + "exec haproxy -db -f /etc/mailports/haproxy.cfg",
        FRONTS,
        {"etc/mailports/haproxy.cfg": "haproxy.cfg", **BEHIND_FILES},
        {
            "TLS": "ssl-min-ver TLSv1.2",
            "SSL": "required",
            "BACK": "1143",
            "IMAP": "1143",
            "POP3": "0",
            "BEHIND_PROXY": "yes",
        },
        VERSIONS,
        variants={
            # On Debian 13 Dovecot then takes a client behind the proxy for a safe one.
            "login_in_clear": {"SSL": "yes"},
            "only_tls10": {
                "TLS": "ssl-min-ver TLSv1.0 ssl-max-ver TLSv1.0 ciphers ALL:@SECLEVEL=0",
            },
            "client_certificates": {"TLS": "verify required ca-file /etc/mailports/ca.pem"},
            "dead_back_end": {"BACK": "1"},
        },
    ),
    "postfix": Recipe(
        (*SMTP, "submission_alt", *ACCESS),
        "cd /etc/mailports; cp rsa.crt cert.pem; cp rsa.key key.pem; cp rsa.pem chain.pem;"
        " cat dovecot-version.conf dovecot-common.conf > /etc/dovecot/dovecot.conf;"
        " echo '@USER@:{PLAIN}@PASSWORD@::::::' > /etc/dovecot/users;"
        # Debian 12's init script fills the chroot, Debian 13's Postfix itself.
        " sh /usr/lib/postfix/configure-instance.sh -;"
        " @POSTFIX@; printf '@DOVECOT_MORE@' >> /etc/dovecot/dovecot.conf;"
        " touch -d '10 seconds ago' /etc/postfix/main.cf; postfix start; exec dovecot -F",
        files={
            "etc/mailports/dovecot-version.conf": "../dovecot-@DOVECOT@.conf",
            "etc/mailports/dovecot-common.conf": "../dovecot-common.conf",
            "etc/postfix/main.cf": "../main.cf",
            "etc/postfix/master.cf": "../master.cf",
        },
        fill={"POSTFIX": ":", "DOVECOT_MORE": ""},
        on={
            "debian12": {"DOVECOT": "2.3", **DOVECOT_23},
            "debian13": {"DOVECOT": "2.4", **DOVECOT_24},
        },
        variants={
            "two_certificates": {
                "POSTFIX": f"postconf -e 'smtpd_tls_chain_files = {TWO.format('ec')}'",
                "DOVECOT_MORE": "@DOVECOT_TWO@",
                "SECOND": "ec",
            },
            "second_certificate_wrong": {
                "POSTFIX": f"postconf -e 'smtpd_tls_chain_files = {TWO.format('wrong')}'",
                "DOVECOT_MORE": "@DOVECOT_TWO@",
                "SECOND": "wrong",
            },
            "client_certificates": {
                "POSTFIX": "postconf -e smtpd_tls_CAfile=/etc/mailports/ca.pem;"
                " for one in submission submissions; do"
                " postconf -P $one/inet/smtpd_tls_req_ccert=yes; done",
                "DOVECOT_MORE": "@DOVECOT_CLIENTS@",
            },
            "postscreen": {"POSTFIX": POSTSCREEN},
        },
    ),
}
