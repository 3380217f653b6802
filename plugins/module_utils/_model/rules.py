# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules, one row each: id, severity, message, likely cause, remedy and the clause behind it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from . import servers

SEVERITIES = ("info", "warning", "error")

PORT_BLOCKING = "port_blocking"
INCORRECT_PORT_SETTINGS = "incorrect_port_settings"
TLS_ERROR = "tls_error"
AUTHENTICATION_ISSUE = "authentication_issue"
NOT_PROBED = "not_probed"
CAUSES = (PORT_BLOCKING, INCORRECT_PORT_SETTINGS, TLS_ERROR, AUTHENTICATION_ISSUE, NOT_PROBED)


@dataclass(frozen=True)
class Rule:
    """One row. ``message`` has places for the facts of a finding (``str.format`` keywords)."""

    id: str
    severity: str
    message: str
    cause: str
    remedy: str
    clause: str

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain data."""
        return asdict(self)


# Told by the judge of what was probed.
_ROWS = (
    Rule(
        "port-closed",
        "error",
        "should be open, but is {seen}",
        INCORRECT_PORT_SETTINGS,
        "Configure and start the listener, or set state: closed in the intent.",
        "the intent",
    ),
    Rule(
        "port-open",
        "error",
        "should be closed, but {seen}",
        INCORRECT_PORT_SETTINGS,
        "Remove the listener, or name the service in the intent if it is wanted.",
        "the intent",
    ),
    Rule(
        "closed-from-here",
        "info",
        "is {seen} from here: that it is closed on the host itself was not seen",
        PORT_BLOCKING,
        "Probe from another place as well, to see that nothing listens behind the filter.",
        "the intent",
    ),
    Rule(
        "no-dialogue",
        "error",
        "accepts connections, but the {protocol} dialogue failed: {seen}",
        INCORRECT_PORT_SETTINGS,
        "Look into the server's log for this connection; see that the service behind it runs.",
        "RFC 5321 section 3.1, RFC 9051 section 7.1, RFC 1939 section 4",
    ),
    Rule(
        "wrong-protocol",
        "error",
        "should speak {protocol}, but {seen} answers",
        INCORRECT_PORT_SETTINGS,
        "Give the port to the intended service; two listeners have probably been mixed up.",
        "the intent",
    ),
    Rule(
        "wrong-tls-mode",
        "error",
        "should speak {intended}, but speaks {seen}",
        INCORRECT_PORT_SETTINGS,
        f"Set the TLS mode of this listener ({servers.words_for(servers.TLS_MODE)}).",
        "RFC 8314 section 3",
    ),
    Rule(
        "starttls-not-offered",
        "error",
        "does not offer STARTTLS ({seen})",
        TLS_ERROR,
        "Give the server a certificate and key and switch TLS on for this listener; if it is on, "
        "something on the way removes the offer.",
        "RFC 3207 section 4, RFC 2595 sections 3 and 4",
    ),
    Rule(
        "starttls-refused",
        "error",
        "offers STARTTLS but refuses it: {seen}",
        TLS_ERROR,
        "Look into the server's log: usually the certificate or key cannot be read.",
        "RFC 3207 section 4.1, RFC 2595 sections 3 and 4",
    ),
    Rule(
        "tls-failed",
        "error",
        "TLS could not be established: {seen}",
        TLS_ERROR,
        "Look into the server's log for the TLS error; check certificate, key, protocol versions "
        "and ciphers.",
        "RFC 8446 section 6",
    ),
    Rule(
        "tls-version",
        "error",
        "accepts {seen}, below {intended}",
        TLS_ERROR,
        f"Raise the lowest version ({servers.words_for(servers.LOWEST_TLS)}).",
        "RFC 8996 section 2, RFC 8997 section 3",
    ),
    Rule(
        "tls-version-not-probed",
        "error",
        "whether {seen} is accepted was not probed: {why}",
        NOT_PROBED,
        "Probe from a machine whose OpenSSL can offer that version, or lower this rule's severity "
        "in a policy of your own.",
        "RFC 8996 section 2",
    ),
    Rule(
        "login-before-tls",
        "error",
        "offers login before TLS ({seen})",
        AUTHENTICATION_ISSUE,
        f"Allow logins inside TLS only ({servers.words_for(servers.LOGIN_INSIDE_TLS)}).",
        "RFC 8314 sections 3.3 and 4.1, RFC 4954 section 4",
    ),
    Rule(
        "login-not-probed",
        "error",
        "whether login is offered {where} could not be seen: {why}",
        NOT_PROBED,
        "Find out why the server does not list its capabilities, then probe again.",
        "RFC 8314 section 4.1",
    ),
    Rule(
        "login-missing",
        "error",
        "offers no login inside TLS",
        AUTHENTICATION_ISSUE,
        "Switch authentication on for this listener and see that its authentication service "
        f"answers ({servers.words_for(servers.LOGIN_SERVICE)}).",
        "RFC 6409 section 4.3, RFC 4954 section 4",
    ),
    Rule(
        "login-unexpected",
        "error",
        "offers login ({seen}), though no user is meant to log in here",
        AUTHENTICATION_ISSUE,
        f"Switch authentication off for this listener ({servers.words_for(servers.NO_LOGIN)}).",
        "RFC 8314 section 3.3, RFC 6409 section 3.1",
    ),
    Rule(
        "login-failed",
        "error",
        "did not accept the login that was given: {seen}",
        AUTHENTICATION_ISSUE,
        "Check user and password, then the authentication service behind this listener.",
        "RFC 4954 section 6",
    ),
    Rule(
        "preauthenticated",
        "error",
        "greets as already authenticated (PREAUTH), so TLS cannot be started",
        AUTHENTICATION_ISSUE,
        "No server open to a network may greet so; treat the path as attacked until explained.",
        "RFC 9051 sections 7.1.4 and 11.3",
    ),
    Rule(
        "certificate-expired",
        "error",
        "certificate expired on {seen}",
        TLS_ERROR,
        "Renew the certificate and reload the server.",
        "RFC 5280 section 4.1.2.5",
    ),
    Rule(
        "certificate-not-yet-valid",
        "error",
        "certificate is valid only from {seen}",
        TLS_ERROR,
        "Check the clocks of both machines, then the certificate.",
        "RFC 5280 section 4.1.2.5",
    ),
    Rule(
        "certificate-expires-soon",
        "warning",
        "certificate expires on {seen}",
        TLS_ERROR,
        "Renew the certificate; see why the automatic renewal has not done so.",
        "RFC 5280 section 4.1.2.5",
    ),
    Rule(
        "certificate-name",
        "error",
        "certificate is for {seen}, not for {intended}",
        TLS_ERROR,
        "Use a certificate with the host's name as dNSName, or the name that clients really use.",
        "RFC 9525 section 6, RFC 7817 section 3",
    ),
    Rule(
        "certificate-untrusted",
        "error",
        "certificate is not trusted: {seen}",
        TLS_ERROR,
        "Send the whole chain of a trusted authority; for a private one set ca_path.",
        "RFC 5280 section 6, RFC 7817 section 3",
    ),
    Rule(
        "certificate-weak-key",
        "error",
        "certificate has a weak key: {seen}",
        TLS_ERROR,
        "Make a new key (ECDSA P-256, or RSA of 2048 bits or more) and certificate.",
        "RFC 9325 section 4.5",
    ),
    Rule(
        "certificate-weak-signature",
        "error",
        "certificate is signed with {seen}",
        TLS_ERROR,
        "Get a certificate signed with SHA-256 or better.",
        "RFC 9155 section 3, RFC 9325 section 4.5",
    ),
    Rule(
        "certificate-unreadable",
        "error",
        "certificate could not be read: {seen}",
        TLS_ERROR,
        "Replace the certificate; clients will refuse this one too.",
        "RFC 5280 section 4.1",
    ),
    Rule(
        "verification-off",
        "error",
        "certificate was not verified (verify: false)",
        TLS_ERROR,
        "Leave verification on; for a private authority set ca_path.",
        "RFC 7817 section 3",
    ),
    Rule(
        "starttls-command-injection",
        "error",
        "obeys a command that was sent in clear behind STARTTLS",
        TLS_ERROR,
        "Update the mail server: it must drop its input buffer when TLS begins.",
        "RFC 3207 section 4.2, CVE-2011-0411",
    ),
    Rule(
        "starttls-injection-not-probed",
        "error",
        "whether commands in clear behind STARTTLS are obeyed was not probed: {seen}",
        NOT_PROBED,
        "Probe again when the server answers; leave starttls_injection out to do without.",
        "RFC 3207 section 4.2",
    ),
    Rule(
        "starttls-response-injection",
        "error",
        "data in clear followed the answer to STARTTLS ({seen} bytes)",
        TLS_ERROR,
        "Treat the path as attacked until explained: nothing may be sent there before TLS.",
        "RFC 3207 section 4.2, RFC 9051 section 6.2.1",
    ),
    Rule(
        "deprecated-port",
        "warning",
        "is {standing} under the policy {policy}: {note}",
        INCORRECT_PORT_SETTINGS,
        "Close the port when its last users have moved to a recommended one.",
        "the policy",
    ),
    Rule(
        "cleartext-port",
        "error",
        "is meant to be used in clear",
        INCORRECT_PORT_SETTINGS,
        "Set tls: implicit or tls: starttls for this service in the intent, and on the server.",
        "RFC 8314 sections 3 and 4.1",
    ),
    Rule(
        "addresses-disagree",
        "warning",
        "differs between addresses: {seen}",
        INCORRECT_PORT_SETTINGS,
        "Give every address of the name the same listeners, or take its record out of the DNS.",
        "RFC 8305 section 1",
    ),
    Rule(
        "name-not-resolved",
        "error",
        "host name could not be resolved: {seen}",
        INCORRECT_PORT_SETTINGS,
        "Check the name in the intent and its A and AAAA records.",
        "RFC 5321 section 5.1",
    ),
    Rule(
        "inconclusive",
        "error",
        "did not let itself be probed: {seen}",
        NOT_PROBED,
        "The server refused this client (rate limit, block list, overload): wait, or probe from "
        "an address that it accepts.",
        "RFC 5321 sections 3.1 and 3.8",
    ),
    Rule(
        "not-probed",
        "error",
        "was not probed: {seen}",
        NOT_PROBED,
        "Remove what kept the probe from running, then run it again; nothing is known here.",
        "the intent",
    ),
)

# Told by reading what is written, before anything runs (mailports-lint and its waivers).
_LINT_ROWS = (
    Rule(
        "relay-port-for-submission",
        "warning",
        "is the relay port between servers, but a user logs in here",
        INCORRECT_PORT_SETTINGS,
        "Submit on the port of submissions (implicit TLS) or submission (STARTTLS required).",
        "RFC 6409 section 3.1, RFC 8314 section 3.3",
    ),
    Rule(
        "starttls-not-required",
        "warning",
        "does not require STARTTLS ({seen}), so an attacker on the way can take it away",
        INCORRECT_PORT_SETTINGS,
        f"Require it ({servers.words_for(servers.REQUIRE_TLS)}; a client: the setting that refuses "
        "to go on without STARTTLS), or use implicit TLS.",
        "RFC 8314 sections 3.3 and 4.1",
    ),
    Rule(
        "obsolete-setting",
        "warning",
        "sets {seen}, which is obsolete: {why}",
        INCORRECT_PORT_SETTINGS,
        "Replace it by what its successor says in the server's manual, or remove it.",
        "RFC 9325 section 3.1; postconf(5), the manual of Dovecot",
    ),
    Rule(
        "wrong-version-setting",
        "error",
        "sets {seen} of Dovecot {intended}, but this file is for {why}",
        INCORRECT_PORT_SETTINGS,
        "Write the setting of the version that reads the file; Dovecot will not start otherwise.",
        "Dovecot's manual, upgrading from 2.3 to 2.4; RFC 8314 section 4.1",
    ),
    Rule(
        "weak-password-scheme",
        "error",
        "passwords are kept as {seen}: {why}",
        AUTHENTICATION_ISSUE,
        "Store salted, slow hashes (ARGON2ID, BLF-CRYPT, SHA512-CRYPT); rehash at the next login.",
        "NIST SP 800-63B section 5.1.1.2, RFC 9106 section 4",
    ),
    Rule(
        "not-read",
        "error",
        "was not read: {seen}",
        NOT_PROBED,
        "Mend the file, or exclude it if it holds no mail settings; nothing is known of it.",
        "the policy",
    ),
    Rule(
        "waiver-expired",
        "warning",
        "the waiver of {seen} expired on {why}",
        INCORRECT_PORT_SETTINGS,
        "Mend what it excused, or have its owner renew it with a new date.",
        "the policy",
    ),
    Rule(
        "waiver-without-reason",
        "warning",
        "the waiver of {seen} gives no reason",
        INCORRECT_PORT_SETTINGS,
        "Say behind the rule why the finding is accepted; until then it counts.",
        "the policy",
    ),
)

# Told by comparing two audits, where no policy is at hand.
_DRIFT_ROWS = (
    Rule(
        "drift-port-opened",
        "warning",
        "was {before} at the last audit, and is open now",
        INCORRECT_PORT_SETTINGS,
        "Find out what opened it; close the listener, or name the service in the intent.",
        "the intent",
    ),
    Rule(
        "drift-certificate-issuer",
        "warning",
        "certificate was issued by {before} at the last audit, and now by {seen}",
        TLS_ERROR,
        "See that the change of the authority was meant; if not, treat the path as attacked.",
        "RFC 5280 section 4.1.2.4",
    ),
    Rule(
        "drift-certificate-key",
        "info",
        "certificate has another key than at the last audit ({seen})",
        TLS_ERROR,
        "A renewal usually brings a new key; if none was due, find out who made this one.",
        "RFC 5280 section 4.1.2.7",
    ),
    Rule(
        "drift-login-in-clear",
        "warning",
        "offers login before TLS ({seen}), which it did not at the last audit",
        AUTHENTICATION_ISSUE,
        "Find out what changed the server's settings, and allow logins inside TLS only.",
        "RFC 8314 sections 3.3 and 4.1",
    ),
    Rule(
        "drift-tls-version",
        "warning",
        "accepts {seen} again, which it refused at the last audit",
        TLS_ERROR,
        "Find out what lowered the version (an update, another crypto policy), and raise it again.",
        "RFC 8996 section 2",
    ),
)

RULES = {row.id: row for row in (*_ROWS, *_LINT_ROWS, *_DRIFT_ROWS)}

# That nothing was seen must never pass for fine.
UNSEEN = ("name-not-resolved", "inconclusive", "not-probed", "not-read")
LINT = tuple(row.id for row in _LINT_ROWS)
DRIFT = tuple(row.id for row in _DRIFT_ROWS)
# No policy may change these.
FIXED = (*UNSEEN, *DRIFT)
