"""Keys, tokens and passwords, found by what they look like."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

from critique_loop.curation.pipeline import Tally, sifted
from critique_loop.curation.texts import LineSearch, all_texts
from critique_loop.values import Example

_PLACEHOLDERS = re.compile(
    r"x{4}|\*{3}|\.{3}|^(?:<.*>|\$.*|%.*|\{.*|none|null|true|false|secret|password|passwd|changeme"
    r"|test|example|(?:your|my|some|the)[-_ ].*|.*(?:getenv|environ|input\().*)$",
    re.IGNORECASE,
)


class Pattern(NamedTuple):
    """One kind of secret: its name, what is in every one of its kind, and the whole of it."""

    name: str
    hints: tuple[str, ...]
    expression: re.Pattern[str]


def _pattern(name: str, hints: str, expression: str) -> Pattern:
    return Pattern(name, tuple(hints.split()), re.compile(expression))


PATTERNS: Final = (
    _pattern("AWS access key", "AKIA ASIA", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    _pattern(
        "AWS secret key",
        "aws AWS",
        r"(?i)aws.{0,20}(?:secret|key)\W{0,20}['\"]?[0-9a-z/+]{40}(?![0-9a-z/+=])",
    ),
    _pattern("Azure storage key", "AccountKey=", r"AccountKey=[A-Za-z0-9+/]{86}=="),
    _pattern("GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", r"\bgh[pousr]_[A-Za-z0-9]{36,}\b"),
    _pattern("GitHub token", "github_pat_", r"\bgithub_pat_[A-Za-z0-9_]{22,}\b"),
    _pattern("GitLab token", "glpat-", r"\bglpat-[A-Za-z0-9_-]{20,}"),
    _pattern("Google API key", "AIza", r"\bAIza[0-9A-Za-z_-]{35}(?![0-9A-Za-z_-])"),
    _pattern("Hugging Face token", "hf_", r"\bhf_[A-Za-z0-9]{30,}\b"),
    _pattern("JSON web token", "eyJ", r"\beyJ[\w-]{8,200}\.eyJ[\w-]{8,2000}\.[\w-]{10}"),
    _pattern("Mailgun key", "key-", r"\bkey-[0-9a-f]{32}\b"),
    _pattern("npm token", "npm_", r"\bnpm_[A-Za-z0-9]{36}\b"),
    _pattern("private key", "PRIVATE", r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----"),
    _pattern("PyPI token", "pypi-AgE", r"\bpypi-AgE[\w-]{50,}"),
    _pattern("SendGrid key", "SG.", r"\bSG\.[\w-]{22}\.[\w-]{43}(?![\w-])"),
    _pattern("provider's key", "sk-", r"\bsk-(?=[A-Za-z_-]{0,40}\d)[A-Za-z0-9_-]{20}"),
    _pattern("Slack token", "xox", r"\bxox[abeoprs]-[0-9A-Za-z-]{10,}"),
    _pattern(
        "Slack webhook", "hooks.slack.com", r"hooks\.slack\.com/services/T\w{6,}/B\w{6,}/\w{20,}"
    ),
    _pattern(
        "Square token", "sq0 EAAA", r"\bsq0(?:atp|csp)-[\w-]{22,}|\bEAAA[A-Za-z0-9_-]{60}(?![\w-])"
    ),
    _pattern("Stripe key", "k_live_ k_test_", r"\b[rs]k_(?:live|test)_[0-9A-Za-z]{16,}\b"),
    _pattern("Telegram bot token", ":AA", r"\b\d{8,10}:AA[\w-]{32,34}(?![\w-])"),
    _pattern("Twilio key", "SK AC", r"\b(?:SK|AC)[0-9a-f]{32}\b"),
)

_HINTS = re.compile("|".join(re.escape(hint) for each in PATTERNS for hint in each.hints))
_IN_URL = re.compile(r"[a-z0-9+.-]{1,20}://[^\s/:@'\"]{1,200}:([^\s/@'\"]{3,200})@", re.IGNORECASE)
_ASSIGNED = re.compile(
    r"(?i)(?:passw(?:or)?d|secret|api[_-]?key|access[_-]?key|auth[_-]?token|access[_-]?token)"
    r"['\"]?\]?\s{0,4}(?::\s?str\s?)?[=:]\s{0,4}['\"]([^'\"\s]{8,})['\"]"
)
_WORDS = ("passw", "secret", "key", "token")
_MIXED = 2


def secrets_in(text: str) -> list[str]:
    """Return which kinds of secrets a text holds, by pattern; none twice."""
    found = [
        pattern.name
        for pattern in (PATTERNS if _HINTS.search(text) else ())
        if any(hint in text for hint in pattern.hints) and pattern.expression.search(text)
    ]
    if "://" in text and any(_is_secret(value) for value in _IN_URL.findall(text)):
        found.append("password in a URL")
    lowered = text.lower()
    if any(word in lowered for word in _WORDS):
        values = [value for value in _ASSIGNED.findall(text) if _kinds(value) >= _MIXED]
        found += ["password or key in an assignment"] * any(map(_is_secret, values))
    return list(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Secrets:
    """Drops an example that holds a key, a token or a password in any of its texts."""

    name: ClassVar[str] = "secrets"
    note: ClassVar[str] = "by pattern: a secret that looks like nothing in particular stays"

    def run(self, examples: Iterable[Example], tally: Tally) -> Iterator[Example]:
        """Yield what holds none."""
        search = LineSearch(secrets_in)
        return sifted(examples, tally, lambda example: search.first(all_texts(example)))


def _is_secret(value: str) -> bool:
    return not _PLACEHOLDERS.search(value)


def _kinds(value: str) -> int:
    """Return how many kinds of signs there are: a password mixes letters with something else."""
    return len({_kind(sign) for sign in value})


def _kind(sign: str) -> str:
    if sign.isdigit():
        return "digit"
    if sign.isalpha():
        return "capital" if sign.isupper() else "small"
    return "small" if sign == "_" else "other"
