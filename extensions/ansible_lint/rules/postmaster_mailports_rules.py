# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of ansible-lint for mail ports: one class a rule, made from the engine's own table.

ansible-lint imports every file of this folder under its bare name, so the names must be nobody
else's. The engine is not copied: the folder ``plugins`` of the collection (or of the wheel) is
mounted as a package of a private name, in which its relative imports work.
"""

from __future__ import annotations

import functools
import importlib
import importlib.machinery
import importlib.util
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansiblelint.rules import AnsibleLintRule, TransformMixin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ansiblelint.config import Options
    from ansiblelint.errors import MatchError
    from ansiblelint.file_utils import Lintable

PACKAGE = "_postmaster_mailports"
POLICY_NAME = "mailports_policy"
POLICY_VARIABLE = "MAILPORTS_POLICY"


def _root() -> Path:
    """Return the folder that holds ``plugins`` and ``docs``: the collection's, or the wheel's."""
    here = Path(__file__).resolve()
    places = (here.parents[3], here.parents[4] / "mailports_lint")
    found = next((place for place in places if (place / "plugins" / "module_utils").is_dir()), None)
    if found is None:
        raise ImportError(
            f"{here.name} was moved: neither the collection nor the wheel is around it"
        )
    return found


def _mount(folder: Path) -> None:
    """Make a folder importable as the package PACKAGE."""
    spec = importlib.machinery.ModuleSpec(PACKAGE, None, is_package=True)
    spec.submodule_search_locations = [str(folder)]
    sys.modules[PACKAGE] = importlib.util.module_from_spec(spec)


def _engine(name: str) -> Any:
    return importlib.import_module(f"{PACKAGE}.{name}")


ROOT = _root()
if PACKAGE not in sys.modules:
    _mount(ROOT / "plugins")
_rules = _engine("module_utils._model.rules")
_policies = _engine("module_utils._model.policy").POLICIES
_default_policy = _engine("module_utils._model.policy").DEFAULT_POLICY
_sentence = _engine("module_utils._model.finding_row").sentence
_lint_file = _engine("plugin_utils._lint.project").lint_file
_page = _engine("module_utils._model.home").page
_lint = _engine("plugin_utils._lint.engine")
_judge_lint = _engine("plugin_utils._lint.judge").judge_lint
_kinds = _engine("plugin_utils._lint.kinds")
_without_ignored = _engine("plugin_utils._lint.fixes").without_ignored
rule_id = _engine("plugin_utils._lint.noqa").rule_id

# What the linter can say of one file, each in one sentence.
SAYS = {
    "cleartext-port": "A mail port is used without TLS.",
    "deprecated-port": "A mail port is used that the policy deprecates.",
    "login-before-tls": "Users can log in before TLS.",
    "not-read": "A file with mail settings could not be read.",
    "obsolete-setting": "A mail setting is obsolete.",
    "relay-port-for-submission": "A user logs in on port 25, which is for mail between servers.",
    "starttls-not-required": "STARTTLS is optional, so an attacker on the network can strip it.",
    "tls-version": "A TLS version that is too old is allowed.",
    "verification-off": "The certificate of a mail server is not verified.",
    "waiver-without-reason": "A finding is excused without a reason.",
    "weak-password-scheme": "Passwords are stored in cleartext or as weak hashes.",
    "wrong-tls-mode": "The TLS mode does not belong to the port.",
    "wrong-version-setting": "A setting belongs to another version of Dovecot.",
}
_SEVERITY = {"error": "HIGH", "warning": "MEDIUM", "info": "INFO"}
_DEPRECATIONS = ("deprecated-port", "obsolete-setting", "wrong-version-setting")


def policy_of(options: Options | None) -> Any:
    """Return the policy that a run is judged by; the environment wins over the configuration.

    ansible-lint allows no option of a rule but ``exclude_paths``, so it stands in ``extra_vars``.
    A name that is no policy's ends the run: linting by another one would pass for a clean bill.
    """
    variables = (options.extra_vars if options else None) or {}
    name = os.environ.get(POLICY_VARIABLE) or variables.get(POLICY_NAME) or _default_policy
    if name not in _policies:
        known = ", ".join(_policies)
        raise SystemExit(f"{POLICY_VARIABLE} or {POLICY_NAME}: {name!r} is not one of {known}")
    return _policies[name]


@functools.lru_cache(maxsize=4)
def _findings(path: str, content: str, policy: str) -> Sequence[Any]:
    """Return the findings on one file, for all rules at once.

    ``content`` makes a changed file another one.
    """
    judge = _policies[policy]
    try:
        found: Sequence[Any] = _lint_file(path, judge)
    except Exception as error:
        # Not a traceback, and not silence: a file that was not read is a finding.
        words = f"a bug in the linter ({type(error).__name__}: {error})"
        found = _judge_lint([_lint.not_read(words, 0)], judge, path)
    return found


class _MailPortRule(AnsibleLintRule):
    """What all rules share: one look at the whole file, and each takes what is its own."""

    version_changed = "0.1.0"
    # A profile in the configuration would silently drop every rule that is not ansible-lint's own.
    unloadable = True
    finds = ""

    @property
    def options(self) -> Options | None:
        """The run's options, which ansible-lint hides from rules that it never unloads."""
        return self._collection.options if self._collection else None

    @property
    def url(self) -> str:
        """The page of the rule, here where it is nowhere else; never one of ansible-lint's own."""
        return self.link or self._file.as_uri()

    @property
    def help(self) -> str:
        """The page of the rule as Markdown."""
        return self._file.read_text(encoding="utf-8")

    @property
    def _file(self) -> Path:
        return ROOT / "docs" / "lint" / f"{self.id}.md"

    def getmatches(self, file: Lintable) -> list[MatchError]:
        """Return what is found in a file. Not by task, line or play: that would cost time."""
        if file.path.is_dir():
            return []
        findings = _findings(str(file.path), file.content, policy_of(self.options).name)
        return [
            self._match(one, file)
            for one in findings
            if one.rule == self.finds and one.severity != "info"
        ]

    def _match(self, finding: Any, file: Lintable) -> MatchError:
        clause = finding.clause
        if finding.disagrees:
            clause += f"; {finding.disagrees} says otherwise"
        message = f"{_sentence(finding.to_dict())}. {finding.remedy} ({clause})"
        return self.create_matcherror(message, max(1, finding.line), filename=file)


class _FixableRule(TransformMixin, _MailPortRule):
    """A rule some of whose findings can be fixed without a change of meaning."""

    def transform(self, match: MatchError, lintable: Lintable, data: Any) -> None:
        """Delete a setting that its successor, set in the same file, makes the server ignore."""
        if isinstance(data, str) and _kinds.kind_of(lintable.name, data) == _kinds.MAIN_CF:
            fixed_text = _without_ignored(lintable.content, data, match.lineno)
            match.fixed = fixed_text != lintable.content
            lintable.content = fixed_text


def _rule(name: str, says: str) -> type[_MailPortRule]:
    """Return the class of one rule; ansible-lint finds it among the subclasses."""
    row = _rules.RULES[name]
    tags = ["mail-ports", "security", *(["deprecations"] if name in _DEPRECATIONS else [])]
    body = {
        "__doc__": says,
        "__module__": __name__,
        "id": rule_id(name),
        "finds": name,
        "description": f"{says} {row.remedy} ({row.clause})",
        "_shortdesc": says,
        "severity": _SEVERITY[row.severity],
        "tags": tags,
        "link": _page(f"docs/lint/{rule_id(name)}.md"),
    }
    base = _FixableRule if name == "obsolete-setting" else _MailPortRule
    return type("".join(part.capitalize() for part in rule_id(name).split("-")), (base,), body)


RULES = [_rule(name, says) for name, says in SAYS.items()]
