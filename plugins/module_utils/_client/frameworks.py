# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Environment variables by which web frameworks send mail, without the password."""

from __future__ import annotations

from typing import Callable

from .settings import Server, Settings

_Values = dict[str, str]


def _yes(value: bool) -> str:
    return "true" if value else "false"


def _django(one: Server, login: str, account: str) -> _Values:
    """Names of Django's settings; settings.py has to read them."""
    return {
        "EMAIL_HOST": one.host,
        "EMAIL_PORT": str(one.port),
        "EMAIL_USE_SSL": _yes(one.tls == "implicit"),
        "EMAIL_USE_TLS": _yes(one.tls == "starttls"),
        "EMAIL_HOST_USER": login,
        "DEFAULT_FROM_EMAIL": account,
    }


def _rails(one: Server, login: str, account: str) -> _Values:
    """Names after the keys of action_mailer.smtp_settings; an initializer has to read them."""
    return {
        "SMTP_ADDRESS": one.host,
        "SMTP_PORT": str(one.port),
        "SMTP_TLS": _yes(one.tls == "implicit"),
        "SMTP_ENABLE_STARTTLS": _yes(one.tls == "starttls"),
        "SMTP_USER_NAME": login,
        "SMTP_AUTHENTICATION": "plain",
        "MAILER_FROM": account,
    }


def _laravel(one: Server, login: str, account: str) -> _Values:
    """Read by Laravel's own config/mail.php."""
    return {
        "MAIL_MAILER": "smtp",
        "MAIL_SCHEME": "smtps" if one.tls == "implicit" else "smtp",
        "MAIL_HOST": one.host,
        "MAIL_PORT": str(one.port),
        "MAIL_ENCRYPTION": "ssl" if one.tls == "implicit" else "tls",
        "MAIL_USERNAME": login,
        "MAIL_FROM_ADDRESS": account,
    }


def _spring(one: Server, login: str, _account: str) -> _Values:
    """Read by Spring Boot itself (relaxed binding)."""
    prefix = "SPRING_MAIL_PROPERTIES_MAIL_SMTP"
    values = {
        "SPRING_MAIL_HOST": one.host,
        "SPRING_MAIL_PORT": str(one.port),
        "SPRING_MAIL_USERNAME": login,
        f"{prefix}_AUTH": "true",
    }
    if one.tls == "implicit":
        values[f"{prefix}_SSL_ENABLE"] = "true"
    else:
        values[f"{prefix}_STARTTLS_ENABLE"] = "true"
        values[f"{prefix}_STARTTLS_REQUIRED"] = "true"
    # Jakarta Mail checks the name of the server only when told to.
    values[f"{prefix}_SSL_CHECKSERVERIDENTITY"] = "true"
    return values


def _nodemailer(one: Server, login: str, account: str) -> _Values:
    """Names after the options of nodemailer.createTransport; the program has to read them."""
    return {
        "SMTP_HOST": one.host,
        "SMTP_PORT": str(one.port),
        "SMTP_SECURE": _yes(one.tls == "implicit"),
        "SMTP_REQUIRE_TLS": _yes(one.tls == "starttls"),
        "SMTP_USER": login,
        "MAIL_FROM": account,
    }


# Framework -> its variables, and the one that holds the password.
_FRAMEWORKS: dict[str, tuple[Callable[[Server, str, str], _Values], str]] = {
    "django": (_django, "EMAIL_HOST_PASSWORD"),
    "rails": (_rails, "SMTP_PASSWORD"),
    "laravel": (_laravel, "MAIL_PASSWORD"),
    "spring": (_spring, "SPRING_MAIL_PASSWORD"),
    "nodemailer": (_nodemailer, "SMTP_PASS"),
}
NAMES = tuple(_FRAMEWORKS)


def variables(settings: Settings, framework: str) -> dict[str, str]:
    """Return the variables of a framework (one of NAMES) by name."""
    make, _password = _FRAMEWORKS[framework]
    return make(settings.outgoing[0], settings.login, settings.account)


def env_file(settings: Settings, framework: str) -> str:
    """Return the variables as lines for an .env file."""
    secret = _FRAMEWORKS[framework][1]
    lines = [f"# {secret} holds the password: set it from your secret store, not in this file."]
    lines += [f"{name}={value}" for name, value in variables(settings, framework).items()]
    return "\n".join([*lines, ""])
