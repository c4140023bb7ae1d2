"""How long examples are: counted by a tokenizer's file where one is given, else estimated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from critique_loop.errors import CallError, DataError
from critique_loop.export.counting import Counts, Stage
from critique_loop.values import Example, Message

LETTERS_A_TOKEN = 4
FRAME_TOKENS = 8  # what a chat template puts around one message, about

Count = Callable[[str], int]


def estimate(text: str) -> int:
    """Return a quarter of the characters, rounded up: no tokenizer is asked."""
    return -(-len(text) // LETTERS_A_TOKEN)


def tokenizer(path: Path) -> Count:
    """Return the count of a tokenizer in the form of Hugging Face's ``tokenizer.json``.

    Raises:
        CallError: the extra ``curation`` is not installed.
        DataError: the file can't be read, or is no tokenizer.
    """
    try:
        from tokenizers import Tokenizer  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise CallError(
            "counting tokens by a tokenizer's file needs the package tokenizers",
            remedy="Install it: pip install 'critique-loop[curation]'.",
        ) from error
    try:
        read = Tokenizer.from_str(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(path, f"can't be read ({error.strerror})") from error
    except Exception as error:  # the library raises plain Exception for what is no tokenizer
        raise DataError(path, f"is no tokenizer.json: {error}") from error
    return lambda text: len(read.encode(text, add_special_tokens=False).ids)


def as_words(tokens: Mapping[str, object]) -> str:
    """Return lengths, as ``Lengths.plain`` has them, in one line."""
    least, middle, p95, most = (f"{tokens[name]:,}" for name in ("least", "median", "p95", "most"))
    allowed = tokens["max_tokens"]
    limit = "" if allowed is None else f"; none over {allowed:,}"
    return (
        f"{least} to {most}, half of them up to {middle}, 95 % up to {p95} "
        f"({tokens['counted_by']}{limit})"
    )


@dataclass(slots=True)
class Lengths:
    """Counts the tokens of every example that passes, and drops those that are too long.

    ``counted_by`` says how, for the card. ``steps``: rows are made of the steps of examples.
    """

    count: Count = estimate
    counted_by: str = f"estimated: {LETTERS_A_TOKEN} characters a token"
    most: int | None = None
    steps: bool = False
    counts: Counts = field(default_factory=Counts)
    _seen: Counter[int] = field(default_factory=Counter[int])
    _known: dict[str, int] = field(default_factory=dict[str, int])

    def passing(self, examples: Iterable[Example]) -> Iterator[Example]:
        """Yield what is not longer than the most that is allowed."""
        for example in examples:
            length = self.of(example)
            if self.most is not None and length > self.most:
                self.counts.drop(Stage.TOKENS, f"--max-tokens: over {self.most:,}")
                continue
            self._seen[length] += 1
            yield example

    def of(self, example: Example) -> int:
        """Return the tokens of the longest text that a trainer makes of an example."""
        if self.steps and example.steps:
            return sum(
                self._asked(step.said) + self.count(step.answer) + FRAME_TOKENS
                for step in example.steps
            )
        asked = self._asked(example.prompt)
        answers = [example.completion, example.rejected, example.context]
        if not example.completion:
            answers.append("\n".join(step.answer for step in example.steps))
        return asked + max(map(self.count, filter(None, answers)), default=0) + FRAME_TOKENS

    def _asked(self, messages: Iterable[Message]) -> int:
        return sum(self._said(message.role, message.text) for message in messages)

    def _said(self, role: str, text: str) -> int:
        if role != "system":
            return self.count(text) + FRAME_TOKENS
        if text not in self._known:  # one system message is that of all rows
            self._known = {text: self.count(text)}
        return self._known[text] + FRAME_TOKENS

    def plain(self) -> dict[str, object]:
        """Return least, middle, 95 % and most, as JSON types."""
        return {
            "counted_by": self.counted_by,
            "max_tokens": self.most,
            "least": self._share(0.0),
            "median": self._share(0.5),
            "p95": self._share(0.95),
            "most": self._share(1.0),
        }

    def _share(self, share: float) -> int:
        """Return the length that ``share`` of the examples don't go over."""
        left = share * self._seen.total()
        for length in sorted(self._seen):
            left -= self._seen[length]
            if left <= 0:
                return length
        return 0
