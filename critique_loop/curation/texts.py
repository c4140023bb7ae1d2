"""The texts of an example, as the steps compare and search them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import cast

from critique_loop.values import Example, Message

_FENCE = "```"
_SECTION = re.compile(r"^(?=## )", re.MULTILINE)
# Writers and critics are asked in sections; these say nothing of the task, but of all of its kind.
_OF_ALL = (
    "## What it is judged by\n",
    "## What is to be written\n",
    "## Dimensions to score, in this order\n",
    "## Now\n",
)
_LINES = 2**14
_LONGEST_LINE = 1_000


def question_of(example: Example) -> str:
    """Return what users say in the prompt; systems say the same to everybody."""
    return "\n".join(message.text for message in example.prompt if message.role == "user")


def task_of(example: Example) -> str:
    """Return what a question says of its own task, without the sections that are those of all.

    Rubric and request are most of a short question: with them any two tasks would look alike.
    """
    question = question_of(example)
    own = (each for each in _SECTION.split(question) if not each.startswith(_OF_ALL))
    told = "".join(own)
    return told if told.strip() else question


def answers_of(example: Example) -> tuple[str, ...]:
    """Return everything a model is to learn from: the answer, the worse one, those of the steps."""
    answers = (example.completion, example.rejected, *(step.answer for step in example.steps))
    return tuple(answer for answer in answers if answer)


def programs_of(example: Example) -> tuple[str, ...]:
    """Return the programs within the answers."""
    return tuple(code for code in (example.code, example.rejected_code) if code.strip())


def compared_text(example: Example) -> str:
    """Return the text by which examples are alike: programs, else question and answers."""
    return "\n".join(programs_of(example) or (question_of(example), *answers_of(example)))


def prose_of(text: str) -> str:
    """Return an answer without its fenced programs."""
    return "\n".join(text.split(_FENCE)[::2])


def all_texts(example: Example) -> Iterator[str]:
    """Yield every text that would be in the row; programs that stand in an answer not again."""
    answers = answers_of(example)
    yield from (message.text for message in example.prompt)
    yield from answers
    yield example.context
    for step in example.steps:
        yield from (message.text for message in step.said)
    yield from _strings(example.verifier)
    for code in programs_of(example):
        if not any(code in answer for answer in answers):
            yield code


class LineSearch:
    """Searches texts line by line, and a line that many texts share only once.

    Rows of one task repeat its prompt, and programs of one craft most of their lines.
    """

    def __init__(
        self,
        search: Callable[[str], Sequence[str]],
        *,
        ends: tuple[str, ...] = (),
        starts: tuple[str, ...] = (),
    ) -> None:
        """Search with ``search``, also across the end of a line in one of ``ends``.

        So with one before a line that begins with one of ``starts``: the lines are searched once
        more, as one text. Blank lines between do not part them, nor do capitals.
        """
        self._ends, self._starts = ends, starts
        self._longest_end = max(map(len, ends), default=0)
        self._search = search
        self._clean: set[str] = set()

    def first(self, texts: Iterable[str]) -> str:
        """Return the first thing that is found in any line, "" where there is none."""
        for text in texts:
            lines = text.split("\n")
            joined: Iterable[str] = self._joined(lines) if self._ends else ()
            for piece in [each for each in (*lines, *joined) if each not in self._clean]:
                found = self._search(piece)
                if found:
                    return found[0]
                self._remember(piece)
        return ""

    def _joined(self, lines: Iterable[str]) -> Iterator[str]:
        """Yield what goes on from line to line, as one text; no line twice."""
        part: list[str] = []
        told, goes_on = 0, False
        for line in lines:
            bare = line.strip()
            if bare:
                if not goes_on and not bare.startswith(self._starts):
                    if told > 1:
                        yield "\n".join(part)
                    part, told = [], 0
                told += 1
                goes_on = bare[-self._longest_end :].lower().endswith(self._ends)
            part.append(line)
        if told > 1:
            yield "\n".join(part)

    def _remember(self, line: str) -> None:
        if len(line) <= _LONGEST_LINE:
            if len(self._clean) >= _LINES:
                self._clean.clear()
            self._clean.add(line)


def key(*parts: object) -> int:
    """Return the first 64 bits of the SHA-256 of some parts.

    Among a million different examples two keys are equal with probability 3e-8.
    """
    digest = hashlib.sha256()
    for part in parts:
        text = str(part).encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(text))
        digest.update(text)
    return int.from_bytes(digest.digest()[:8], "big")


def messages_key(messages: Iterable[Message]) -> int:
    """Return the key of what is said, pictures included."""
    parts: list[object] = []
    for message in messages:
        parts += [message.role, message.text]
        parts += [hashlib.sha256(picture.data).hexdigest() for picture in message.pictures]
    return key(*parts)


def group_of(example: Example) -> str:
    """Return what an example must not be torn from: its group, else its task, else its prompt."""
    where = example.provenance
    return where.group or where.task_sha256 or f"prompt {messages_key(example.prompt):016x}"


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in cast("Mapping[object, object]", value).values():
            yield from _strings(each)
    elif isinstance(value, list | tuple):
        for each in cast("list[object]", value):
            yield from _strings(each)
