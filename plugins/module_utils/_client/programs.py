# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings files of mail programs for one account, without its password.

Each program gets the password by the command in ``settings.secret``, or asks for it. A program that
does not verify certificates by itself is told to, by the authorities of the system.
"""

from __future__ import annotations

from typing import Callable, Optional

from .settings import Server, Settings

# Debian's bundle, for programs that have to be told.
CA_FILE = "/etc/ssl/certs/ca-certificates.crt"
_SCHEMES = {"imap": "imap", "pop3": "pop3", "smtp": "smtp"}

# Raises nothing: a program that cannot use the settings has no file, and None says so.
Writer = Callable[[Settings], Optional[str]]


def _implicit(server: Server) -> bool:
    return server.tls == "implicit"


def msmtp(settings: Settings) -> str:
    """Return ~/.msmtprc (sends)."""
    one = settings.outgoing[0]
    return f"""\
# Put this into ~/.msmtprc. The password comes from the command in passwordeval.
defaults
auth on
tls on
tls_starttls {"off" if _implicit(one) else "on"}
tls_trust_file {CA_FILE}

account {settings.domain}
host {one.host}
port {one.port}
from {settings.account}
user {settings.login}
passwordeval "{settings.secret}"

account default : {settings.domain}
"""


def mbsync(settings: Settings) -> Optional[str]:
    """Return ~/.mbsyncrc (fetches by IMAP; the program of the isync project)."""
    one = settings.first("imap")
    if one is None:
        return None
    # SSLType works before 1.5 too, which TLSType does not.
    return f"""\
# Put this into ~/.mbsyncrc, and make the folder ~/Mail/{settings.domain}.
IMAPAccount {settings.domain}
Host {one.host}
Port {one.port}
SSLType {"IMAPS" if _implicit(one) else "STARTTLS"}
CertificateFile {CA_FILE}
User {settings.login}
PassCmd "{settings.secret}"

IMAPStore {settings.domain}-far
Account {settings.domain}

MaildirStore {settings.domain}-near
Path ~/Mail/{settings.domain}/
Inbox ~/Mail/{settings.domain}/INBOX
SubFolders Verbatim

Channel {settings.domain}
Far :{settings.domain}-far:
Near :{settings.domain}-near:
Patterns *
Create Near
SyncState *
"""


def fetchmail(settings: Settings) -> str:
    """Return ~/.fetchmailrc (fetches; the password comes from ~/.netrc or is asked for)."""
    one = settings.incoming[0]
    tls = "ssl" if _implicit(one) else 'sslproto "tls1.2+"'
    minimum = ' sslproto "tls1.2+"' if _implicit(one) else ""
    return f"""\
# Put this into ~/.fetchmailrc with mode 600. The password is asked for, or comes from ~/.netrc.
poll {one.host} protocol {one.protocol} port {one.port}
    username "{settings.login}" {tls}{minimum} sslcertck sslcertfile "{CA_FILE}"
    keep
"""


def getmail(settings: Settings) -> str:
    """Return ~/.config/getmail/getmailrc (fetches; getmail6)."""
    one = settings.incoming[0]
    kind = f"Simple{one.protocol.upper()}{'SSL' if _implicit(one) else ''}Retriever"
    extra = "" if _implicit(one) else "use_starttls = True\n"
    words = ", ".join(f'"{word}"' for word in settings.secret.split())
    return f"""\
# Put this into ~/.config/getmail/getmailrc.
[retriever]
type = {kind}
server = {one.host}
port = {one.port}
{extra}username = {settings.login}
password_command = ({words},)
ca_certs = {CA_FILE}
timeout = 60

[destination]
type = Maildir
path = ~/Mail/{settings.domain}/

[options]
read_all = false
delete = false
"""


def neomutt(settings: Settings) -> Optional[str]:
    """Return ~/.config/neomutt/neomuttrc (fetches by IMAP, sends); mutt reads it as well."""
    far, out = settings.first("imap"), settings.outgoing[0]
    if far is None:
        return None
    smtp = f"smtp{'s' if _implicit(out) else ''}://{settings.login}@{out.host}:{out.port}/"
    return f"""\
# Put this into ~/.config/neomutt/neomuttrc, or ~/.muttrc.
set from = "{settings.account}"
set imap_user = "{settings.login}"
set imap_pass = "`{settings.secret}`"
set folder = "imap{"s" if _implicit(far) else ""}://{far.host}:{far.port}/"
set spoolfile = "+INBOX"
set smtp_url = "{smtp}"
set smtp_pass = "`{settings.secret}`"
set ssl_starttls = yes
set ssl_force_tls = yes
set ssl_ca_certificates_file = "{CA_FILE}"
"""


def aerc(settings: Settings) -> Optional[str]:
    """Return ~/.config/aerc/accounts.conf (fetches by IMAP, sends)."""
    far, out = settings.first("imap"), settings.outgoing[0]
    if far is None:
        return None
    user = settings.login.replace("@", "%40")
    source = f"imap{'s' if _implicit(far) else ''}://{user}@{far.host}:{far.port}"
    outgoing = f"smtp{'s' if _implicit(out) else ''}://{user}@{out.host}:{out.port}"
    return f"""\
# Put this into ~/.config/aerc/accounts.conf with mode 600.
[{settings.domain}]
source = {source}
source-cred-cmd = {settings.secret}
outgoing = {outgoing}
outgoing-cred-cmd = {settings.secret}
from = <{settings.account}>
default = INBOX
"""


def himalaya(settings: Settings) -> Optional[str]:
    """Return ~/.config/himalaya/config.toml (fetches by IMAP, sends)."""
    far, out = settings.first("imap"), settings.outgoing[0]
    if far is None:
        return None
    sections = []
    for name, one, kind in (("backend", far, "imap"), ("message.send.backend", out, "smtp")):
        encryption = "tls" if _implicit(one) else "start-tls"
        sections.append(
            f"""\
{name}.type = "{kind}"
{name}.host = "{one.host}"
{name}.port = {one.port}
{name}.encryption.type = "{encryption}"
{name}.login = "{settings.login}"
{name}.auth.type = "password"
{name}.auth.cmd = "{settings.secret}"
"""
        )
    return f"""\
# Put this into ~/.config/himalaya/config.toml.
[accounts."{settings.domain}"]
default = true
email = "{settings.account}"
{"".join(sections)}"""


def thunderbird(settings: Settings) -> str:
    """Return user.js for a profile; Thunderbird asks for the password at the first connection."""
    one, out = settings.incoming[0], settings.outgoing[0]
    socket = {"starttls": 2, "implicit": 3}
    # 3 is a password as it is, inside TLS.
    values = {
        "mail.accountmanager.accounts": "account1",
        "mail.accountmanager.defaultaccount": "account1",
        "mail.account.account1.server": "server1",
        "mail.account.account1.identities": "id1",
        "mail.identity.id1.useremail": settings.account,
        "mail.identity.id1.valid": True,
        "mail.identity.id1.smtpServer": "smtp1",
        "mail.server.server1.type": one.protocol,
        "mail.server.server1.hostname": one.host,
        "mail.server.server1.port": one.port,
        "mail.server.server1.socketType": socket[one.tls],
        "mail.server.server1.authMethod": 3,
        "mail.server.server1.userName": settings.login,
        "mail.server.server1.name": settings.account,
        "mail.smtpservers": "smtp1",
        "mail.smtp.defaultserver": "smtp1",
        "mail.smtpserver.smtp1.hostname": out.host,
        "mail.smtpserver.smtp1.port": out.port,
        "mail.smtpserver.smtp1.try_ssl": socket[out.tls],
        "mail.smtpserver.smtp1.authMethod": 3,
        "mail.smtpserver.smtp1.username": settings.login,
    }
    lines = [f'user_pref("{key}", {_javascript(value)});' for key, value in values.items()]
    head = "// Put this into user.js of an empty Thunderbird profile; the password is asked for."
    return "\n".join([head, *lines, ""])


def _javascript(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else f'"{value}"'


def swaks(settings: Settings) -> str:
    """Return a configuration for swaks (sends one mail, to try the settings)."""
    one = settings.outgoing[0]
    return f"""\
# swaks --config swaks.conf --auth-password "$({settings.secret})" --to {settings.account}
--server {one.host}
--port {one.port}
{"--tls-on-connect" if _implicit(one) else "--tls"}
--tls-verify
--tls-ca-path {CA_FILE}
--auth PLAIN
--auth-user {settings.login}
--from {settings.account}
"""


def curl(settings: Settings) -> str:
    """Return a configuration for curl (lists the inbox, to try the settings)."""
    one = settings.incoming[0]
    scheme = _SCHEMES[one.protocol] + ("s" if _implicit(one) else "")
    return f"""\
# curl --config curl.conf    lists what is in the inbox. User and password come from ~/.netrc:
#     machine {one.host} login {settings.login} password ...
url = "{scheme}://{one.host}:{one.port}/"
ssl-reqd
netrc
"""


# File name -> who writes it.
PROGRAMS: dict[str, Writer] = {
    "msmtprc": msmtp,
    "mbsyncrc": mbsync,
    "fetchmailrc": fetchmail,
    "getmailrc": getmail,
    "neomuttrc": neomutt,
    "aerc-accounts.conf": aerc,
    "himalaya.toml": himalaya,
    "thunderbird-user.js": thunderbird,
    "swaks.conf": swaks,
    "curl.conf": curl,
}
