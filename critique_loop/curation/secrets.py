"""Keys, tokens and passwords, found by what they look like."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from critique_loop import _credentials as credentials
from critique_loop.curation.pipeline import Tally, sifted
from critique_loop.curation.texts import LineSearch, all_texts
from critique_loop.values import Example

# Where a line may be broken between the name of a secret and its value.
_ENDS = (":", "=", "=>", "bearer", "basic", "token")
_STARTS = (":", "=")


def secrets_in(text: str) -> list[str]:
    """Return which kinds of secrets a text holds, by pattern; none twice, and no placeholders."""
    return list(
        dict.fromkeys(
            found.kind
            for found in credentials.secrets_in(text)
            if not credentials.is_stand_in(text[found.start : found.end], found.kind)
        )
    )


@dataclass(frozen=True, slots=True)
class Secrets:
    """Drops an example that holds a key, a token or a password in any of its texts."""

    name: ClassVar[str] = "secrets"
    note: ClassVar[str] = "by pattern: a secret that looks like nothing in particular stays"

    def run(self, examples: Iterable[Example], tally: Tally) -> Iterator[Example]:
        """Yield what holds none."""
        search = LineSearch(secrets_in, ends=_ENDS, starts=_STARTS)
        return sifted(examples, tally, lambda example: search.first(all_texts(example)))
