# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Thunderbird without a screen: driven through its own windows, by Marionette.

What is Thunderbird's own stays so: the driver types and clicks. Only the question which mails are in
the inbox, and the button that fetches, go through its modules.
"""

from __future__ import annotations

import base64
import ctypes
import json
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .mail_client import MailClient
from .network import controller
from .shell import HostsError

SECONDS = 60
_CLONE_NEWNET = 0x40000000
OFF = (
    "app.update.enabled",
    "datareporting.policy.dataSubmissionEnabled",
    "network.captive-portal-service.enabled",
    "network.connectivity-service.enabled",
    "mailnews.start_page.enabled",
    "mail.shell.checkDefaultClient",
    "extensions.update.enabled",
)
EMPTY = (
    "services.settings.server",
    "mail.inappnotifications.url",
    "mailnews.auto_config.addons_url",
)
VIEW = """
const hub = document.querySelector("account-hub-container")?.shadowRoot?.querySelector("dialog");
const view = hub?.querySelector("account-hub-email");
const part = name => view?.querySelector(name);
const shown = name => { const one = part(name); return one && !one.hidden; };
"""
TRUST = """
Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB)
  .addCertFromBase64(arguments[0], "C,,");
"""
SERVERS = """
const account = MailServices.accounts.accounts.find(one => one.incomingServer.type != "none");
if (!account) return null;
const incoming = account.incomingServer;
const outgoing = MailServices.outgoingServer.getServerByIdentity(account.defaultIdentity);
const smtp = outgoing.QueryInterface(Ci.nsISmtpServer);
return [
  [incoming.type, incoming.hostname, incoming.port, incoming.socketType, incoming.username],
  ["smtp", smtp.hostname, smtp.port, smtp.socketType, smtp.username],
];
"""
INBOX = """
const account = MailServices.accounts.accounts.find(one => one.incomingServer.type != "none");
const server = account.incomingServer;
const inbox = server.rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
server.getNewMessages(inbox, msgWindow, null);
return Array.from(inbox.messages, one => one.mime2DecodedSubject);
"""


class Marionette:
    """The remote control: ``LENGTH:JSON`` over TCP."""

    def __init__(self, port: int) -> None:
        """Connect, and read the greeting."""
        self._socket = socket.create_connection(("127.0.0.1", port), SECONDS)
        self._buffer, self._number = b"", 0
        self._receive()

    def __call__(self, command: str, **parameters: Any) -> Any:
        """Send one command and return its result. Raises HostsError with Thunderbird's words."""
        self._number += 1
        data = json.dumps([0, self._number, command, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(data), data))
        error, result = self._receive()[2:]
        if error:
            raise HostsError(f"{command}: {error['message']}")
        return result

    def js(self, script: str, *arguments: Any) -> Any:
        """Run a script in Thunderbird's own window and return its value."""
        command = "WebDriver:ExecuteScript"
        return self(command, script=script, args=list(arguments), sandbox="system")["value"]

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def _receive(self) -> Any:
        while True:
            size, colon, rest = self._buffer.partition(b":")
            if colon and len(rest) >= int(size):
                break
            more = self._socket.recv(65536)
            if not more:
                raise HostsError("Thunderbird has ended")
            self._buffer += more
        self._buffer = rest[int(size) :]
        return json.loads(rest[: int(size)])


def _enter(handle: int) -> None:
    """Move this thread into a network namespace (os.setns is there from Python 3.12 on)."""
    if ctypes.CDLL(None, use_errno=True).setns(handle, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


@dataclass(frozen=True)
class Account:
    """What the user types."""

    name: str
    address: str
    password: str


class Thunderbird:
    """One Thunderbird with an empty profile on the client's machine; use it in a with statement."""

    def __init__(self, client: MailClient, site_id: str, ca_file: Path) -> None:
        """Take the machine; nothing is started yet."""
        self._client = client
        self._netns = f"/run/netns/{controller(site_id)}"
        self._ca = ca_file
        self._profile = client.home / "profile"
        self._process: subprocess.Popen[bytes] | None = None
        self._control: Marionette | None = None

    def __enter__(self) -> Thunderbird:
        """Start it and wait for its main window."""
        shutil.rmtree(self._profile, ignore_errors=True)
        (self._profile / "run").mkdir(parents=True, mode=0o700)
        preferences = {
            "marionette.port": 0,
            **dict.fromkeys(OFF, False),
            **dict.fromkeys(EMPTY, ""),
        }
        lines = [f'user_pref("{key}", {json.dumps(value)});' for key, value in preferences.items()]
        (self._profile / "user.js").write_text("\n".join(lines), encoding="ascii")
        argv = ["thunderbird", "--headless", "--no-remote", "--profile", "/root/profile"]
        argv += ["--marionette", "--remote-allow-system-access"]
        shell = f"export XDG_RUNTIME_DIR=/root/profile/run; exec {shlex.join(argv)}"
        with open(self._client.folder / "thunderbird.log", "wb") as log:
            self._process = subprocess.Popen(
                [*self._client.enter, "sh", "-c", shell],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        mark = self._profile / "MarionetteActivePort"
        port = self._await("its remote control", lambda: mark.exists() and mark.read_text().strip())
        self._control = self._connected(int(port))
        self._control("WebDriver:NewSession", capabilities={})
        self._control("Marionette:SetContext", value="chrome")
        self._main = self._await("its window", lambda: self._window("mail:3pane"))
        pem = self._ca.read_text(encoding="ascii").split("-----")[2]
        self.js(TRUST, "".join(pem.split()))
        return self

    def __exit__(self, *_args: object) -> None:
        """End it: its first process ends all others of its namespace."""
        if self._control:
            self._control.close()
        if self._process:
            self._process.kill()
            self._process.wait()

    def js(self, script: str, *arguments: Any) -> Any:
        """Run a script in the window of now."""
        assert self._control
        return self._control.js(script, *arguments)

    def found(self, account: Account) -> dict[str, str] | None:
        """Type name and address; return the servers that were found, None for nothing."""
        self._await("its set-up", lambda: self.js(f"{VIEW} return !!shown('email-auto-form')"))
        form = f"{VIEW} const form = part('email-auto-form');"
        self.js(f"{form} form.querySelector('#realName').value = ''")
        self._type(f"{form} return form.querySelector('#realName')", account.name)
        self._type(f"{form} return form.querySelector('#email')", account.address)
        self._forward()
        ends = "shown('email-config-found') ? 1 : shown('email-manual-incoming-form') ? 2 : 0"
        if self._await("settings", lambda: self.js(f"{VIEW} return {ends}")) == 2:
            return None
        names = ["incomingType", "incomingHost", "incomingPort", "outgoingHost", "outgoingPort"]
        script = (
            f"{VIEW} const found = part('email-config-found');"
            "return Object.fromEntries(arguments[0].map("
            "id => [id, found.querySelector('#' + id)?.textContent.trim()]));"
        )
        servers: dict[str, str] = self.js(script, names)
        return servers

    def added(self, account: Account) -> str:
        """Accept the settings and type the password; return "" or Thunderbird's complaint."""
        self._forward()
        self._await("password", lambda: self.js(f"{VIEW} return !!shown('email-password-form')"))
        form = f"{VIEW} const form = part('email-password-form');"
        self._type(f"{form} return form.querySelector('#password')", account.password)
        self._forward()
        complaint = (
            f"{form} const head = form?.shadowRoot?.querySelector('account-hub-header')"
            " ?? form?.querySelector('account-hub-header');"
            "const note = head?.shadowRoot?.querySelector('#emailFormNotification.error');"
            # The second one offers address books and calendars, the account is there by then.
            "if (shown('email-added-success') || shown('email-sync-accounts-form'))"
            " return 'added';"
            "return note ? note.textContent.trim() || 'error' : '';"
        )
        told: str = self._await("the account", lambda: self._asked_to_trust() or self.js(complaint))
        if told != "added":
            return told
        self._await("its set-up to end", self._ended)
        return ""

    def _ended(self) -> bool:
        """Press the button of each last page; tell whether the set-up is gone."""
        button = "view?.querySelector('account-hub-footer')?.querySelector('#forward')"
        press = f"{VIEW} const one = {button}; if (one && !one.disabled) one.click();"
        return bool(self.js(f"{press} return !hub?.open;"))

    def servers(self) -> list[list[Any]]:
        """Return type, host, port, socket type (2 STARTTLS, 3 TLS) and user of both servers."""
        found: list[list[Any]] = self._await("the account", lambda: self.js(SERVERS))
        return found

    def send(self, to: str, subject: str) -> None:
        """Write a mail in Thunderbird's own window and send it; returns when the window is gone."""
        assert self._control
        self.js("setTimeout(() => goDoCommand('cmd_newMessage'), 0)")
        self._await("the window to write in", lambda: self._window("msgcompose"))
        ready = "return !!window.gMsgCompose && window.gWindowLocked === false"
        self._await("the window to be ready", lambda: self.js(ready))
        self._type("return document.querySelector('#toAddrInput')", f"{to}\ue007")
        self._type("return document.querySelector('#msgSubject')", subject)
        self._click("return document.querySelector('#button-send')")
        self._await("the mail to be sent", self._has_one_window)
        self._control("WebDriver:SwitchToWindow", handle=self._main)

    def _has_one_window(self) -> bool:
        assert self._control
        return len(self._control("WebDriver:GetWindowHandles")) == 1

    def received(self, subject: str) -> None:
        """Return when a mail with this subject is in the inbox."""
        self._await(f"{subject!r} in the inbox", lambda: subject in self.js(INBOX))

    def screenshot(self, path: Path) -> None:
        """Keep a picture of the window of now."""
        assert self._control
        shown = self._control("WebDriver:TakeScreenshot", full=False)["value"]
        path.write_bytes(base64.b64decode(shown))

    def _connected(self, port: int) -> Marionette:
        """Connect from within the client's network, where the port is."""
        with open("/proc/self/ns/net", "rb") as here, open(self._netns, "rb") as there:
            _enter(there.fileno())
            try:
                return Marionette(port)
            finally:
                _enter(here.fileno())

    def _window(self, kind: str) -> str:
        """Switch to the first window of a type and return its handle, "" where there is none."""
        assert self._control
        for handle in self._control("WebDriver:GetWindowHandles"):
            self._control("WebDriver:SwitchToWindow", handle=handle)
            found = "return document.documentElement?.getAttribute('windowtype')"
            if self.js(found) == kind:
                return str(handle)
        return ""

    def _asked_to_trust(self) -> str:
        """Return words where Thunderbird shows the window for a certificate it does not trust."""
        assert self._control
        if self._window("mozilla:exceptiondialog"):
            return "the certificate is not trusted"
        self._control("WebDriver:SwitchToWindow", handle=self._main)
        return ""

    def _forward(self) -> None:
        hub = f"{VIEW} return view?.querySelector('account-hub-footer')?.querySelector('#forward')"
        enabled = f"{hub}?.disabled === false"
        self._await("its button", lambda: self.js(enabled))
        self._click(hub)

    def _type(self, script: str, text: str) -> None:
        assert self._control
        self._control("WebDriver:ElementSendKeys", id=self._element(script), text=text)

    def _click(self, script: str) -> None:
        assert self._control
        self._control("WebDriver:ElementClick", id=self._element(script))

    def _element(self, script: str) -> str:
        found = self._await("a part of the window", lambda: self.js(script))
        return str(next(iter(found.values())))

    def _await(self, what: str, look: Callable[[], Any]) -> Any:
        """Return what ``look`` gives as soon as it gives anything. Raises HostsError."""
        limit = time.monotonic() + SECONDS
        while True:
            if self._process and self._process.poll() is not None:
                log = (self._client.folder / "thunderbird.log").read_text(errors="replace")
                raise HostsError(f"Thunderbird has ended: {log[-2000:]}")
            found = look()
            if found:
                return found
            if time.monotonic() > limit:
                raise HostsError(f"Thunderbird: {what} did not come within {SECONDS} s")
            time.sleep(0.1)
