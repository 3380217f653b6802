# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mail programs of users deliver to both hosts, fetch from them, and refuse a stranger."""

from __future__ import annotations

import subprocess

from tests import hosts

MBSYNC = """\
IMAPAccount mail
Host {host}
User {user}
Pass {password}
TLSType IMAPS

IMAPStore far
Account mail

MaildirStore near
Inbox /root/{host}/

Channel all
Far :far:
Near :near:
Sync Pull
SyncState *
"""
FETCHMAIL = """\
poll {host} protocol pop3 username "{user}" password "{password}" ssl sslcertck keep fetchall
mda "/bin/cat"
"""
SECONDS = 20
# curl's names for what the services speak.
SCHEMES = {
    "smtp": "submission",
    "smtps": "submissions",
    "imap": "imap",
    "imaps": "imaps",
    "pop3": "pop3",
    "pop3s": "pop3s",
}


def _configured(host: hosts.Host, text: str) -> str:
    return text.format(host=host.name, user=hosts.USER, password=hosts.PASSWORD)


def _deliver(site: hosts.Site, host: hosts.Host, subject: str) -> None:
    """Submit a message to the host's user, and return when it lies in the mailbox."""
    log = host.folder / "log" / "mail.log"
    follow = ["tail", "-c", f"+{log.stat().st_size + 1}", "-F", str(log)]
    address = f"{hosts.USER}@{host.name}"
    swaks = ["swaks", "--server", host.name, "--port", str(hosts.PORTS["submission"])]
    swaks += ["--tls", "--tls-verify", "--from", address, "--to", address]
    swaks += ["--auth-user", hosts.USER, "--auth-password", hosts.PASSWORD]
    sent = site.client.run([*swaks, "--header", f"Subject: {subject}"])
    assert sent.returncode == 0, sent.stdout
    with subprocess.Popen(follow, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as tail:
        try:
            argv = ["grep", "-m", "1", "status=sent"]
            subprocess.run(
                argv, stdin=tail.stdout, capture_output=True, timeout=SECONDS, check=True
            )
        finally:
            tail.terminate()


def test_delivered_and_fetched(site: hosts.Site, host: hosts.Host) -> None:
    """One message: in by swaks on 587, out by curl, mbsync and fetchmail."""
    subject = f"through {host.base}"
    _deliver(site, host, subject)
    login = ["--user", f"{hosts.USER}:{hosts.PASSWORD}"]
    for url in (f"imaps://{host.name}/INBOX;MAILINDEX=*", f"pop3s://{host.name}/1"):
        read = site.client.run(["curl", "-sS", *login, url])
        assert f"Subject: {subject}\n" in read.stdout, read
    (site.client.home / "mbsyncrc").write_text(_configured(host, MBSYNC), encoding="ascii")
    synced = site.client.run(["mbsync", "-c", "mbsyncrc", "all"])
    assert synced.returncode == 0, synced
    folder = site.client.home / host.name
    (mail,) = (path for name in ("new", "cur") for path in (folder / name).iterdir())
    assert f"Subject: {subject}" in mail.read_text(encoding="utf-8")
    config = site.client.home / "fetchmailrc"
    config.write_text(_configured(host, FETCHMAIL), encoding="ascii")
    config.chmod(0o600)
    fetched = site.client.run(["fetchmail", "--fetchmailrc", "fetchmailrc", "--pidfile", "/run/f"])
    assert f"Subject: {subject}" in fetched.stdout, fetched


def test_the_client_verifies(site: hosts.Site, host: hosts.Host) -> None:
    """curl logs in on every kind of port, until the certificate is not the authority's."""
    argv = ["curl", "-sS", "--ssl-reqd", "--user", f"{hosts.USER}:{hosts.PASSWORD}", "-X", "NOOP"]
    urls = [f"{scheme}://{host.name}:{hosts.PORTS[name]}" for scheme, name in SCHEMES.items()]
    for url in urls:
        trusted = site.client.run([*argv, url])
        assert trusted.returncode == 0, trusted
    with host.fault("cert_self_signed"):
        for url in urls:
            refused = site.client.run([*argv, url])
            assert refused.returncode != 0, refused
            assert "SSL certificate problem" in refused.stderr
