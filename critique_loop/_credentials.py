"""Keys, tokens and passwords in texts, recognised by how they look: the one list of them.

The forms are those that their issuers document; a pattern's group, where it has one, is the part
that is secret. What looks like nothing but random letters is not looked for: in traces that flags
hashes and data far more often than keys. Whoever takes secrets out of a text takes all of them;
whoever drops the text asks ``is_stand_in`` first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

_OURS = r"(?!redacted_)"

_NAMES = (
    r"(?i:(?:password|passwd|pwd|passphrase|secret(?!ar[iy]|ed|es|in|io)|api[_-]?key|api[_-]?pass|"
    r"access[_-]?key|(?:auth|access|private|api)[_-]?token|client[_-]?secret|"
    r"(?<![a-z])(?:pass(?!ag|ed|eng|es|ing|io|iv)|pw))\w{0,16})"
)
_IS = r"\\?[\"']?\]?\s{0,12}(?::\s{0,4}(?i:str)\s{0,4}[=:]|:=|::|=>|={1,3}|:)\s{0,12}"
_QUOTED = r"(?:[^\s\"'\\]|\\{1,8}(?![\\\"']))"
_ASKED = r"(?i:(?<![A-Za-z])(?:password|passwd|pwd|passphrase))"
_BARE = r"[^\s\"'\\=$<>(){}\[\],;&|`]"
_BARE_END = r"(?=[\s\"'\\,;&|)<}\]`]|\Z)"
# What a program hands over: password=password2, password=config2.password
_NO_VARIABLE = (
    r"(?!(?i:[a-z_]{0,32}(?:pass|pwd|user|arg|conf|cred|env|hash|input|secret|token|value|var)"
    rf"[a-z_]{{0,32}}[0-9]{{0,2}}){_BARE_END})"
    rf"(?![A-Za-z_]\w{{0,64}}(?:\.[A-Za-z_]\w{{0,64}}){{1,4}}{_BARE_END})"
)
_NO_PATH = r"(?![A-Za-z]:/)"


class Secret(NamedTuple):
    """Where a secret stands in a text, and of which kind it is."""

    start: int
    end: int
    kind: str


_PATTERNS = {
    "private key": (
        r"-{4,5} ?BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)? ?-{4,5}"
        r"(?:(?!-{4,5} ?BEGIN )[\s\S])*?"
        r"(?:-{4,5} ?END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)? ?-{4,5}|(?=-{4,5} ?BEGIN )|\Z)"
    ),
    "AWS access key": r"(?<![A-Z0-9])(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}(?![A-Z0-9])",
    "AWS secret key": (
        r"(?i:aws[^\n]{0,24}?(?:secret|key|pw|pass|token)"
        r"(?:[^\n]{0,24}?(?<![a-z0-9]))?)([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])"
    ),
    "GitHub token": r"(?<![A-Za-z0-9])(?:gh[pousr]_\w{36,255}|github_pat_\w{22,255})",
    "GitLab token": (
        r"(?<![A-Za-z0-9])(?:GR1348941|gl(?:pat|ptt|dt|rt|ft|cbt|soat|imt|oas|agent)-)[\w-]{20,}"
    ),
    "model key": r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{20,}",
    "Hugging Face token": r"(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,}",
    "Artifactory token": r"(?<![A-Za-z0-9])AKC[A-Za-z0-9]{10,}",
    "Slack token": r"(?<![A-Za-z0-9])xox[abeoprs]-[A-Za-z0-9-]{10,}",
    "Slack webhook": r"hooks\.slack\.com/(?:services|workflows)/([A-Za-z0-9/_+-]{20,})",
    "Google key": r"(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{35}",
    "Google token": r"(?<![A-Za-z0-9])ya29\.[A-Za-z0-9_-]{20,}",
    "Stripe key": r"(?<![A-Za-z0-9])[rs]k_(?:live|test)_[A-Za-z0-9]{10,}",
    "Square token": (
        r"(?<![A-Za-z0-9])(?:sq0(?:atp|csp)-[A-Za-z0-9_-]{22,}|EAAA[A-Za-z0-9_-]{60}(?![\w-]))"
    ),
    "Twilio key": r"(?<![A-Za-z0-9])(?:SK|AC)[0-9a-z]{32}(?![0-9a-z])",
    "SendGrid key": r"(?<![A-Za-z0-9])SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
    "Mailgun key": r"(?<![A-Za-z0-9])key-[0-9a-f]{32}(?![0-9a-z])",
    "Mailchimp key": r"(?<![A-Za-z0-9])[0-9a-z]{32}-us[0-9]{1,2}(?![0-9])",
    "npm token": r"(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}",
    "npm registry": r"_authToken\s{0,4}=\s{0,4}(?!redacted_)([^\s\"'$]{8,})",
    "PyPI token": r"(?<![A-Za-z0-9])pypi-[A-Za-z0-9_-]{50,}",
    "Telegram token": (
        r"(?<![A-Za-z0-9])[0-9]{8,10}:(?:AA[A-Za-z0-9_-]{32,34}|[A-Za-z0-9_-]{35})"
        r"(?![A-Za-z0-9_-])"
    ),
    "Discord token": r"(?<![A-Za-z0-9])[MNO][A-Za-z0-9_-]{23,25}\.[A-Za-z0-9_-]{6}\.[\w-]{27,}",
    "JSON web token": (
        r"(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{8,4096}+\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?"
    ),
    "Azure key": r"(?:AccountKey|SharedAccessKey)=([A-Za-z0-9+/=]{32,})",
    "Azure signature": r"[?&]sig=([A-Za-z0-9%+/=]{20,})",
    "password in an address": rf"://[^\s:/@'\"]{{0,256}}:{_OURS}([^\s@'\"/]{{1,256}})@",
    "bearer token": rf"(?i:\b(?:bearer|basic|token))\s{{1,4}}{_OURS}([A-Za-z0-9._~+/=-]{{16,}})",
    "named secret": rf"{_NAMES}{_IS}\\?[\"']{_OURS}({_QUOTED}{{6,}})",
    "named secret without quotes": (
        rf"{_NAMES}{_IS}{_OURS}(?=[A-Za-z_/+=-]{{0,256}}[0-9])([A-Za-z0-9_/+=-]{{20,4096}})"
        r"(?![\w.(\[])"
    ),
    "password without quotes": (
        rf"{_ASKED}[ \t]{{0,4}}[=:][ \t]{{0,4}}{_OURS}{_NO_VARIABLE}{_NO_PATH}"
        rf"(?=[A-Za-z]|[0-9])(?={_BARE}{{0,127}}[0-9])({_BARE}{{6,128}}={{0,2}}){_BARE_END}"
    ),
    "secret in an environment": (
        r"(?m:^|(?<=\s))(?:export )?[A-Z][A-Z0-9_]{0,60}(?:PASSWORD|PASSWD|SECRET|TOKEN|KEY)="
        rf"{_OURS}([^\s\"'$]{{8,}})"
    ),
}
# What must stand in a text, in small letters, for a pattern to be worth trying.
_HINTS = {
    "private key": ("private key",),
    "AWS access key": ("akia", "asia", "abia", "acca", "a3t"),
    "AWS secret key": ("aws",),
    "GitHub token": ("gh", "github_pat_"),
    "GitLab token": ("gl", "gr1348941"),
    "model key": ("sk-",),
    "Hugging Face token": ("hf_",),
    "Artifactory token": ("akc",),
    "Slack token": ("xox",),
    "Slack webhook": ("hooks.slack.com",),
    "Google key": ("aiza",),
    "Google token": ("ya29.",),
    "Stripe key": ("k_live_", "k_test_"),
    "Square token": ("sq0", "eaaa"),
    "SendGrid key": ("sg.",),
    "Mailgun key": ("key-",),
    "Mailchimp key": ("-us",),
    "npm token": ("npm_",),
    "npm registry": ("_authtoken",),
    "PyPI token": ("pypi-",),
    "JSON web token": ("eyj",),
    "Azure key": ("accountkey=", "sharedaccesskey="),
    "Azure signature": ("sig=",),
    "password in an address": ("://",),
    "bearer token": ("bearer", "basic", "token"),
    "named secret": ("pass", "pwd", "pw", "secret", "key", "token"),
    "named secret without quotes": ("pass", "pwd", "pw", "secret", "key", "token"),
    "password without quotes": ("password", "passwd", "pwd", "passphrase"),
    "secret in an environment": ("password=", "passwd=", "secret=", "token=", "key="),
}


class _Pattern(NamedTuple):
    kind: str
    regex: re.Pattern[str]
    hints: tuple[str, ...]

    @property
    def group(self) -> int:
        return 1 if self.regex.groups else 0


_ALL = tuple(
    _Pattern(kind, re.compile(pattern), _HINTS.get(kind, ("",)))
    for kind, pattern in _PATTERNS.items()
)


KINDS = tuple(_PATTERNS)
_LIKE_WORDS = frozenset({"model key", "bearer token"})
_WORDS = re.compile(r"[A-Z]?[a-z]*(?:[-._/=][A-Z]?[a-z]*)*")
_IN_ADDRESS, _IN_ENVIRONMENT = "password in an address", "secret in an environment"
_BY_PLACE = frozenset(
    {
        _IN_ADDRESS,
        _IN_ENVIRONMENT,
        "named secret",
        "named secret without quotes",
        "npm registry",
        "password without quotes",
    }
)
_CALL = re.compile(r"[A-Za-z_][\w.]*[(\[]")
_PLACEHOLDER = re.compile(
    r"x{4}|\*{3}|\.{3}|^(?:<.*>|\$.*|%.*|\{.*|#[0-9a-f]{3,8}|none|null|true|false"
    r"|secret|password|passwd|changeme|test|example|(?:your|my|some|the)[-_ ].*"
    r"|.*(?:getenv|environ|input\().*)$",
    re.IGNORECASE,
)
_MIXED = 2
_SHORTEST = 8
_ANY_HINT = re.compile("|".join(sorted({re.escape(h) for p in _ALL for h in p.hints if h})))
_WITHOUT_HINT = tuple(pattern for pattern in _ALL if "" in pattern.hints)


def _worth_trying(text: str) -> Iterator[_Pattern]:
    if len(text) >= _SHORTEST:
        small = text.lower()
        if _ANY_HINT.search(small) is None:
            yield from _WITHOUT_HINT
        else:
            yield from (p for p in _ALL if any(hint in small for hint in p.hints))


def secrets_in(text: str) -> Iterator[Secret]:
    """Yield the secrets of a text; they may overlap."""
    for pattern in _worth_trying(text):
        for found in pattern.regex.finditer(text):
            yield Secret(found.start(pattern.group), found.end(pattern.group), pattern.kind)


def is_stand_in(secret: str, kind: str) -> bool:
    """Whether what stands where a secret would is none: a placeholder, a word, a variable's name.

    Only kinds that are recognised by what stands beside them can have such; a key that shows by
    itself what it is is always one.
    """
    if kind in _LIKE_WORDS:
        return bool(_WORDS.fullmatch(secret))
    if kind not in _BY_PLACE:
        return False
    if _PLACEHOLDER.search(secret) or (kind == _IN_ENVIRONMENT and _CALL.match(secret)):
        return True
    return kind != _IN_ADDRESS and len(set(map(_sign, secret))) < _MIXED


def _sign(letter: str) -> str:
    if letter.isdigit():
        return "digit"
    if letter.isalpha():
        return "capital" if letter.isupper() else "small"
    return "small" if letter == "_" else "other"


def without_secrets(text: str, placeholder: Callable[[str], str]) -> str:
    """Return ``text`` with ``placeholder(secret)`` in the place of each secret."""
    for pattern in _worth_trying(text):
        text = pattern.regex.sub(_Replacing(pattern.group, placeholder), text)
    return text


class _Replacing:
    """Replaces one group of what a pattern finds."""

    def __init__(self, group: int, placeholder: Callable[[str], str]) -> None:
        self._group = group
        self._placeholder = placeholder

    def __call__(self, found: re.Match[str]) -> str:
        begin = found.start()
        start, end = found.start(self._group) - begin, found.end(self._group) - begin
        return f"{found[0][:start]}{self._placeholder(found[self._group])}{found[0][end:]}"
