# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell which reader a file needs, by its name and then by its content."""

from __future__ import annotations

import re

from .tree.tokens import NIX, PHP, PUPPET, RUBY, TERRAFORM
from .words.mentions import first_mention

YAML = "yaml"
MAIN_CF = "main.cf"
MASTER_CF = "master.cf"
DOVECOT = "dovecot"
AUTOCONFIG = "autoconfig"
AUTODISCOVER = "autodiscover"
FIREWALLD = "firewalld"
MSMTP = "msmtp"
FETCHMAIL = "fetchmail"
MBSYNC = "mbsync"
GETMAIL = "getmail"
MUTT = "mutt"
SETTINGS = "settings"
SHELL = "shell"
DOCKERFILE = "dockerfile"
EXIM = "exim"
OPENSMTPD = "opensmtpd"
PROFILE = "mobileconfig"
OFFLINEIMAP = "offlineimap"
SSMTP = "ssmtp"
GIT = "gitconfig"
AERC = "aerc"
CURL = "curl"
EMACS = "emacs"
UNIT = "unit"
KINDS = (
    YAML,
    MAIN_CF,
    MASTER_CF,
    DOVECOT,
    AUTOCONFIG,
    AUTODISCOVER,
    FIREWALLD,
    MSMTP,
    FETCHMAIL,
    MBSYNC,
    GETMAIL,
    MUTT,
    SETTINGS,
    SHELL,
    DOCKERFILE,
    EXIM,
    OPENSMTPD,
    PROFILE,
    OFFLINEIMAP,
    SSMTP,
    GIT,
    AERC,
    CURL,
    EMACS,
    UNIT,
    TERRAFORM,
    NIX,
    PUPPET,
    RUBY,
    PHP,
)

_SETTINGS_NAME = (
    r"(?:.*\.)?env(?:\..*)?|.*\.(?:env|ini|conf|cfg|cnf|properties|toml|cf)"
    r"|.*settings\w*\.py|(?:.*[._-])?(?:conf(?:ig)?|main)(?:[._-]\w+)*\.(?:php|inc)|gitlab\.rb"
    r"|.*\.(?:rules|nft|ferm)|rules\.v[46]|ip6?tables|nftables|.*\.zone|db\.[\w.-]+"
)
# Names that leave no doubt: a file so called is of this kind, or broken.
_NAMES = (
    (MAIN_CF, r"main\.cf"),
    (MASTER_CF, r"master\.cf"),
    (DOVECOT, r"dovecot\.conf|dovecot-[\w-]+\.conf(?:\.ext)?|auth-[\w-]+\.conf\.ext"),
    (AUTOCONFIG, r"config-v1\.1\.xml|.*autoconfig.*\.xml"),
    (AUTODISCOVER, r".*autodiscover.*\.xml"),
    (MSMTP, r"\.?msmtp(?:-?rc|\.conf)"),
    (FETCHMAIL, r"\.?fetchmail(?:-?rc|\.conf)"),
    (MBSYNC, r"\.?(?:mbsync|isync)(?:-?rc|\.conf)"),
    (GETMAIL, r"\.?getmail(?:-?rc|\.conf)"),
    (MUTT, r"\.?(?:neo)?mutt-?rc"),
    (PROFILE, r".*\.mobileconfig"),
    (OFFLINEIMAP, r"\.?offlineimap(?:rc|\.conf)"),
    (SSMTP, r"ssmtp\.conf"),
    (GIT, r"\.?gitconfig(?:[-_.].*)?"),
    (AERC, r"\.?aerc(?:[-_.]\w+)*\.conf"),
    (CURL, r"[._]?curlrc|curl(?:[-_.]\w+)*\.conf"),
    (YAML, r".*\.(?:ya?ml|json)"),
    (SETTINGS, _SETTINGS_NAME),
)
_BY_NAME = tuple((kind, re.compile(pattern, re.IGNORECASE | re.DOTALL)) for kind, pattern in _NAMES)
# Names with a kind inside: main.cf of one host, the long name of a template.
_VARIANTS = (
    (MAIN_CF, re.compile(r"(?:.*[._-])?main[._]cf(?:[._-].*)?", re.I)),
    (MASTER_CF, re.compile(r"(?:.*[._-])?master[._]cf(?:[._-].*)?", re.I)),
    (YAML, re.compile(r".*\.sls", re.I)),
    (DOCKERFILE, re.compile(r"(?:.*\.)?(?:docker|container)file(?:[._-].*)?", re.I)),
    (SHELL, re.compile(r".*\.(?:ba|k|z)?sh", re.I)),
    (TERRAFORM, re.compile(r".*\.(?:tf|tofu|tfvars)", re.I)),
    (NIX, re.compile(r".*\.nix", re.I)),
    (PUPPET, re.compile(r".*\.pp", re.I)),
    (RUBY, re.compile(r"(?:.*\.)?vagrantfile(?:\..*)?", re.I)),
    (UNIT, re.compile(r".*\.(?:socket|container|pod)", re.I)),
    (
        EXIM,
        re.compile(r"(?:.*[._-])?exim4?(?:[._-][\w-]+)*[._](?:conf|configure|localmacros)", re.I),
    ),
)
# Programs of which only those are read that set something about mail.
_PROGRAMS = (
    (
        RUBY,
        re.compile(r".*\.rb", re.I),
        re.compile(
            r"smtp_settings|smtpd?_\w|forwarded_port|\b(?:default|override|node)\W+(?:postfix|dovecot)"
            r"|['\":](?:postfix|dovecot|smtp|imap|pop3)|Mail\.defaults|\bport\b"
        ),
    ),
    (
        PHP,
        re.compile(r".*\.(?:php\d?|phtml|inc)", re.I),
        re.compile(r"SMTP|smtp_|['\"](?:smtp|imap|pop3)|imap_open|\{[\w.:$-]{1,80}/(?:imap|pop3)"),
    ),
)
_TESTS = re.compile(
    r"(?:^|/)(?:spec|specs|test|tests|fixtures|features)/|_(?:spec|test)\.rb$|Test\.php$"
)
# Programs that write the XML of mail programs themselves.
_WRITERS = re.compile(
    r".*\.(?:php\d?|phtml|aspx?|jsp|cgi|py|rb|js|ts|go|pl|twig|hbs|ejs|html?)", re.I
)

_OF_OTHERS = re.compile(
    r".*\.(?:md|rst|adoc|txt|html?|py|rb|pl|bats|go|rs|js|ts|c|h|diff|patch|csv|sql"
    r"|pem|crt|key|svg|png|jpe?g|gif|ico|webp|pdf|zip|gz|xz|bz2|7z|tar|woff2?|ttf|mp4|jar|pyc|so)",
    re.I,
)
# Ansible reads any file there that has no ending, or the name of a group or host.
_VARIABLES = re.compile(r"(?:^|/)(?:group|host)_vars/(?:.*/)?[^/]+$")
_SUFFIXES = re.compile(r"\.(?:j2|jinja2?|tmpl|tpl|template|dist|example|sample|orig|erb|in)$", re.I)
_DOVECOT_FOLDER = re.compile(r"(?:^|/)dovecot[^/]*/(?:.*/)?[^/]*\.(?:conf|ext)$")
_DOVECOT_LEAF = re.compile(
    r"(?!.*(?:logrotate|rsyslog|syslog|supervisor)).*dovecot.*\.(?:conf|ext)"
)
# Configuration of other programs about Dovecot or Postfix: sections, shell, log rules.
_FOREIGN = re.compile(r"\A#!|^\[[\w:. -]+\]\s*$|^\s*failregex|^@(?:version|include)|^&\s", re.M)
_SNIFFED = re.compile(r"[^.]*|.*\.(?:conf|cf|cfg|rc|ini|ext|inc|local|xml|cnf)|\.[\w-]+", re.I)
_TEMPLATE = re.compile(r"\.(?:j2|jinja2?|tmpl|tpl|template|erb|in)(?:\.|$)", re.I)
_FOLDERS = (
    (GETMAIL, re.compile(r"(?:^|/)\.?getmail/")),
    (EXIM, re.compile(r"(?:^|/)exim4?/(?:conf\.d|conf)/[^.]+$")),
    (MUTT, re.compile(r"(?:^|/)\.?(?:neo)?mutt/")),
    (AERC, re.compile(r"(?:^|/)\.?aerc/accounts\.conf$")),
)
# At least one line of a file of Dovecot's matches.
_LIKE_DOVECOT = re.compile(r"^[ \t]*[\w/]+[ \t]*=|\{[ \t]*$|^[ \t]*!include", re.M)
_DOVECOT_LINE = (
    r"^[ \t]*(?:inet_listener\s+\S+\s*\{|service\s+[\w-]+\s*\{|(?:pass|user)db\s*[\w-]*\s*\{"
    r"|disable_plaintext_auth\s*=|auth_allow_cleartext\s*=|dovecot_config_version\s*="
    r"|ssl_(?:cert|key|dh)\s*=\s*<|ssl_dh_parameters_length\s*="
    r"|auth_mechanisms\s*=|protocols\s*=\s*[a-z ]+$|mail_location\s*=)"
)
# Other servers have settings of these names, too.
_DOVECOT_OR_OTHERS = re.compile(r"^[ \t]*ssl_(?:protocols|min_protocol)\s*=", re.M)
_DOVECOT_PART = re.compile(r"(?:\d\d-[\w-]+\.conf|-)?")
_MASTER_CF_LINE = r"^[\w.:\[\]-]+[ \t]+(?:inet|unix|pass|fifo)(?:[ \t]+[yn-]){3}[ \t]"
_MAIN_CF_LINE = (
    r"^(?:smtpd?_(?:tls|sasl|use|enforce|recipient|relay|client)_?\w*|myhostname|mydestination"
    r"|relayhost|inet_interfaces|mynetworks)\s*="
)
# What only texts of one kind contain; for standard input and texts inside data.
_CONTENT = (
    (AUTODISCOVER, re.compile(r"<Autodiscover\b")),
    (PROFILE, re.compile(r"<key>(?:Incoming|Outgoing)MailServer(?:HostName|PortNumber)</key>")),
    (EXIM, re.compile(r"^begin[ \t]+(?:acl|routers|transports|authenticators)[ \t]*$", re.M)),
    (
        OPENSMTPD,
        re.compile(
            r"^[ \t]*(?:listen[ \t]+on[ \t]+\S+(?:[ \t]+(?:port|tls|smtps|auth|pki|mask)|[ \t]*$)"
            r"|accept[ \t]+(?:from|for|tagged)\b"
            r"|action[ \t]+\S+[ \t]+(?:relay|mbox|maildir|lmtp)\b)",
            re.M,
        ),
    ),
    (
        FIREWALLD,
        re.compile(r"<zone\b[^<>]{0,200}>[^>]{0,200}<(?:short|service|port|description)\b"),
    ),
    (AUTOCONFIG, re.compile(r"<clientConfig\b|<(?:incoming|outgoing)Server\b")),
    (MASTER_CF, re.compile(_MASTER_CF_LINE, re.M)),
    (MBSYNC, re.compile(r"^(?:IMAPAccount|IMAPStore|MaildirStore)\s", re.M)),
    (FETCHMAIL, re.compile(r"^[ \t]*(?:poll|skip)\s+\S+\s.*\b(?:proto|via|user)", re.M)),
    (GETMAIL, re.compile(r"^[ \t]*type\s*=\s*\w+(?:IMAP|POP3)(?:SSL)?Retriever", re.M)),
    (MSMTP, re.compile(r"^account[ \t]+\S+(?:\n.*){0,8}\n[ \t]*(?:tls|host|auth)[ \t]", re.M)),
    (MUTT, re.compile(r"^[ \t]*set\s+(?:smtp_url|imap_user|folder|spoolfile|ssl_\w+)\s*=", re.M)),
    (DOVECOT, re.compile(_DOVECOT_LINE, re.M)),
    (MAIN_CF, re.compile(_MAIN_CF_LINE, re.M)),
    (SETTINGS, re.compile(r"^\S*_(?:imap|pop3|submission|smtp)s?\._tcp\b[^\n;]*\sSRV\s", re.M)),
    (
        EMACS,
        re.compile(r"^[ \t]*\(?(?:setq\s+)?(?:smtpmail-smtp-service|nnimap-server-port)\s", re.M),
    ),
)
_SNIFF = 65536
_ELISP = re.compile(r".*\.el|\.?emacs|init\.el", re.I)
_SHELL = re.compile(r"#![^\n]{0,80}\b(?:ba|da|k|z)?sh\b")
# Two variables of an environment, one below the other; a mapping of YAML inside another.
_ASSIGNED = re.compile(
    r"^(?:export )?[A-Z][A-Z0-9_]+=.*\n(?:#.*\n|\s*\n)*(?:export )?[A-Z][A-Z0-9_]+=", re.M
)
_BLOCK = re.compile(
    r"^[A-Za-z][\w-]*:[ \t]*\n(?:[ \t]*#.*\n|[ \t]*\n)*[ \t]+[A-Za-z][\w-]*:(?:[ \t]|$)", re.M
)
# How YAML or JSON begins in a file whose name has no ending.
_DATA = re.compile(r"\s*(?:---\s|\{\s*\")")


def kind_of(name: str, text: str) -> str:
    """Return the kind of a file by its name or else its content, "" for one that is not read."""
    base = _bare(name)
    leaf = base.rpartition("/")[2]
    for kind, pattern in _BY_NAME:
        if kind != SETTINGS and pattern.fullmatch(leaf):
            return "" if kind == DOVECOT and not _is_dovecot(text) else kind
    for kind, pattern in _FOLDERS:
        if pattern.search(base):
            return kind
    found = _by_words(base, leaf)
    if found:
        return found
    # A template may bear any name.
    if _SNIFFED.fullmatch(leaf) or (base != name and not _OF_OTHERS.fullmatch(leaf)):
        found = _of_content(text, leaf)
        if found and (found == GETMAIL or not _FOREIGN.search(text[:_SNIFF])):
            return found
    dovecot = _DOVECOT_FOLDER.search(base) or _DOVECOT_LEAF.fullmatch(leaf)
    if dovecot and _is_dovecot(text):
        return DOVECOT
    if _BY_NAME[-1][1].fullmatch(leaf):
        return PHP if leaf.lower().endswith((".php", ".inc")) else SETTINGS
    found = _of_program(base, leaf, text)
    if found:
        return found
    return _by_first_line(leaf, text)


def _of_program(base: str, leaf: str, text: str) -> str:
    """Return the kind of a program that sets something about mail, "" for any other one."""
    if _ELISP.fullmatch(leaf) and ("smtpmail-" in text or "nnimap" in text):
        return EMACS
    if _WRITERS.fullmatch(leaf):
        for kind, pattern in _CONTENT:
            if kind in (AUTODISCOVER, AUTOCONFIG, PROFILE) and pattern.search(text[:_SNIFF]):
                return kind
    for kind, name, content in _PROGRAMS:
        if name.fullmatch(leaf) and not _TESTS.search(base) and content.search(text[:_SNIFF]):
            return kind
    return ""


def _by_first_line(leaf: str, text: str) -> str:
    """Return the kind of a text whose name says nothing, by its first line; "" for none."""
    if _SNIFFED.fullmatch(leaf) and _DATA.match(text):
        return YAML
    if _SNIFFED.fullmatch(leaf) and _SHELL.match(text):
        return SHELL
    if _SNIFFED.fullmatch(leaf) and _ASSIGNED.search(text[:_SNIFF]) and first_mention(text):
        return SETTINGS
    if _SNIFFED.fullmatch(leaf) and _BLOCK.search(text[:_SNIFF]) and first_mention(text):
        return YAML
    if leaf in ("-", ""):
        return YAML if _is_yaml(text) else SETTINGS if "=" in text else ""
    return ""


def is_certain(name: str) -> bool:
    """Tell whether the name of a file fixes its kind, so that a syntax error in it is an error."""
    leaf = _bare(name).rpartition("/")[2]
    if _TEMPLATE.search(name):
        return False
    return any(kind != SETTINGS and pattern.fullmatch(leaf) for kind, pattern in _BY_NAME)


def _by_words(base: str, leaf: str) -> str:
    """Return the kind that a part of a name suggests, "" for none."""
    if _OF_OTHERS.fullmatch(leaf):
        return ""
    for kind, pattern in _VARIANTS:
        if pattern.fullmatch(leaf):
            return kind
    return YAML if _VARIABLES.search(base) else ""


def _is_dovecot(text: str) -> bool:
    """Tell whether a text can be Dovecot's; its name suggests it."""
    head = text[:_SNIFF]
    if _FOREIGN.search(head):
        return False
    return not head.strip() or bool(_LIKE_DOVECOT.search(head))


def _bare(name: str) -> str:
    """Return a name without the endings of templates and samples."""
    while True:
        shorter = _SUFFIXES.sub("", name)
        if shorter == name:
            return name
        name = shorter


def _of_content(text: str, leaf: str) -> str:
    head = text[:_SNIFF]
    found = next((kind for kind, pattern in _CONTENT if pattern.search(head)), "")
    if not found and _DOVECOT_PART.fullmatch(leaf) and _DOVECOT_OR_OTHERS.search(head):
        return DOVECOT
    return found


def _is_yaml(text: str) -> bool:
    head = text[:_SNIFF].lstrip()
    return head.startswith(("---", "{", "[", "- ")) or bool(
        re.search(r"^[\w.\"'-]+:(?:\s|$)", head, re.M)
    )
