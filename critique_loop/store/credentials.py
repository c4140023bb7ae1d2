"""Keys, tokens and passwords in texts, recognised by how they look.

The forms are those that their issuers document; a pattern's group, where it has one, is the part
that is secret. What looks like nothing but random letters is not looked for: in traces that flags
hashes and data far more often than keys.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

_OURS = r"(?!redacted_)"


class Secret(NamedTuple):
    """Where a secret stands in a text, and of which kind it is."""

    start: int
    end: int
    kind: str


_PATTERNS = {
    "private key": (
        r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
        r"(?:(?!-----BEGIN )[\s\S])*?(?:-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|\Z)"
    ),
    "AWS access key": r"(?<![A-Z0-9])(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}(?![A-Z0-9])",
    "AWS secret key": (
        r"(?i:aws[\w .-]{0,24}(?:secret|key)[\w .-]{0,24})[\"']?\s{0,4}[:=]\s{0,4}[\"']?"
        r"([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])"
    ),
    "GitHub token": r"(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{22,255})",
    "GitLab token": r"(?<![A-Za-z0-9])gl(?:pat|ptt|dt|rt|cbt|agent)-[\w-]{20,}",
    "model key": r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{20,}",
    "Hugging Face token": r"(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,}",
    "Slack token": r"(?<![A-Za-z0-9])xox[abeoprs]-[A-Za-z0-9-]{10,}",
    "Slack webhook": r"hooks\.slack\.com/(?:services|workflows)/([A-Za-z0-9/_+-]{20,})",
    "Google key": r"(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{35}",
    "Google token": r"(?<![A-Za-z0-9])ya29\.[A-Za-z0-9_-]{20,}",
    "Stripe key": r"(?<![A-Za-z0-9])[rs]k_(?:live|test)_[A-Za-z0-9]{10,}",
    "Square token": r"(?<![A-Za-z0-9])sq0(?:atp|csp)-[A-Za-z0-9_-]{22,}",
    "Twilio key": r"(?<![A-Za-z0-9])(?:SK|AC)[0-9a-f]{32}(?![0-9a-f])",
    "SendGrid key": r"(?<![A-Za-z0-9])SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
    "Mailchimp key": r"(?<![A-Za-z0-9])[0-9a-f]{32}-us[0-9]{1,2}(?![0-9])",
    "npm token": r"(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}",
    "PyPI token": r"(?<![A-Za-z0-9])pypi-[A-Za-z0-9_-]{50,}",
    "Telegram token": r"(?<![A-Za-z0-9])[0-9]{8,10}:[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])",
    "Discord token": r"(?<![A-Za-z0-9])[MNO][A-Za-z0-9_-]{23,25}\.[A-Za-z0-9_-]{6}\.[\w-]{27,}",
    "JSON web token": (
        r"(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?"
    ),
    "Azure key": r"(?:AccountKey|SharedAccessKey)=([A-Za-z0-9+/]{32,}={0,2})",
    "Azure signature": r"[?&]sig=([A-Za-z0-9%+/=]{20,})",
    "password in an address": (
        rf"(?i:[a-z][a-z0-9+.-]{{1,30}})://[^\s:/@'\"<>]{{0,256}}:{_OURS}([^\s@'\"<>/]{{1,256}})@"
    ),
    "bearer token": rf"(?i:\b(?:bearer|basic|token))\s{{1,4}}{_OURS}([A-Za-z0-9._~+/=-]{{16,}})",
    "named secret": (
        r"(?i:(?:password|passwd|pwd|passphrase|secret|api[_-]?key|access[_-]?key|auth[_-]?token|"
        rf"access[_-]?token|private[_-]?token)\w{{0,16}})\\?[\"']?\s{{0,4}}[:=]>?\s{{0,4}}\\?[\"']"
        rf"{_OURS}([^\s\"'\\]{{6,}})"
    ),
    "secret in an environment": (
        r"(?m:^|(?<=\s))(?:export )?[A-Z][A-Z0-9_]{0,60}(?:PASSWORD|PASSWD|SECRET|TOKEN|KEY)="
        rf"{_OURS}([^\s\"'$]{{8,}})"
    ),
}
_ALL = {kind: re.compile(pattern) for kind, pattern in _PATTERNS.items()}


def secrets_in(text: str) -> Iterator[Secret]:
    """Yield the secrets of a text; they may overlap."""
    for kind, pattern in _ALL.items():
        for found in pattern.finditer(text):
            group = 1 if found.re.groups else 0
            yield Secret(found.start(group), found.end(group), kind)


def without_secrets(text: str, placeholder: Callable[[str], str]) -> str:
    """Return ``text`` with ``placeholder(secret)`` in the place of each secret."""
    for pattern in _ALL.values():
        group = 1 if pattern.groups else 0

        def instead(found: re.Match[str], group: int = group) -> str:
            start, end = found.start(group) - found.start(), found.end(group) - found.start()
            return f"{found[0][:start]}{placeholder(found[group])}{found[0][end:]}"

        text = pattern.sub(instead, text)
    return text
