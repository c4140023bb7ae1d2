"""Duplicates that a hash finds: equal texts, equal but for literals, programs of one shape."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from critique_loop.curation.pipeline import Tally, sifted
from critique_loop.curation.programs import shape_of
from critique_loop.curation.temporary import Seen
from critique_loop.curation.texts import (
    answers_of,
    group_of,
    key,
    messages_key,
    programs_of,
    question_of,
)
from critique_loop.values import Example

_STRING = re.compile(r'"(?:[^"\\\n]|\\.){0,500}"|\'(?:[^\'\\\n]|\\.){0,500}\'')
_NUMBER = re.compile(r"\d+(?:[._]\d+)*")


class Among(StrEnum):
    """Which examples are compared: those of one task, of one group of tasks, or all."""

    TASK = "task"
    GROUP = "group"
    ALL = "all"

    def of(self, example: Example) -> str:
        """Return the name of those that an example is compared with."""
        match self:
            case Among.TASK:
                return example.provenance.task_sha256 or group_of(example)
            case Among.GROUP:
                return group_of(example)
            case Among.ALL:
                return ""


@dataclass(frozen=True, slots=True)
class ExactDuplicates:
    """Drops an example that says the same as an earlier one, or answers its task the same.

    ``answers`` turns the second off: what a task's other prompts (later rounds) led to counts then.
    """

    answers: bool = True

    name: ClassVar[str] = "exact duplicates"
    note: ClassVar[str] = ""

    def run(self, examples: Iterable[Example], tally: Tally) -> Iterator[Example]:
        """Yield what was not there before."""
        rows, answers = Seen(), Seen()

        def reason(example: Example) -> str:
            about = (example.kind, example.label, *_marked(example))
            prompt = messages_key(example.prompt)
            if not rows.add(key(prompt, example.context, *about)):
                return "prompt and answer of another"
            task = example.provenance.task_sha256
            if not (self.answers and task and answers_of(example)):
                return ""
            return "" if answers.add(key(task, *about)) else "answer of another to the same task"

        return sifted(examples, tally, reason)


@dataclass(frozen=True, slots=True)
class MaskedDuplicates:
    """Drops an example that equals an earlier one but for digits, spaces and string literals.

    Literals are masked in answers only: a question's quotes name what is asked.
    """

    among: Among = Among.GROUP

    name: ClassVar[str] = "masked duplicates"
    note: ClassVar[str] = ""

    def run(self, examples: Iterable[Example], tally: Tally) -> Iterator[Example]:
        """Yield what differs in more than that."""
        seen = Seen()

        def reason(example: Example) -> str:
            question = masked(question_of(example), strings=False)
            answers = map(masked, _marked(example))
            about = (self.among.of(example), example.kind, example.label)
            new = seen.add(key(*about, question, *answers))
            return "" if new else "another but for digits, spaces and literals"

        return sifted(examples, tally, reason)


@dataclass(frozen=True, slots=True)
class ProgramDuplicates:
    """Drops an example whose programs have the shape of an earlier one's.

    The shape does not see names, comments, docstrings and annotations; nor, unless ``constants``,
    constants but for their types. What can't be parsed is kept.
    """

    among: Among = Among.GROUP
    constants: bool = True

    name: ClassVar[str] = "program duplicates"
    note: ClassVar[str] = ""

    def run(self, examples: Iterable[Example], tally: Tally) -> Iterator[Example]:
        """Yield what has a shape of its own."""
        seen = Seen()

        def reason(example: Example) -> str:
            codes = programs_of(example)
            shapes = [shape_of(code, constants=self.constants) for code in codes]
            keys = [shape.key for shape in shapes if shape is not None]
            if not shapes or len(keys) < len(shapes):
                return ""
            about = (self.among.of(example), example.kind, example.label)
            return "" if seen.add(key(*about, *keys)) else "program of another but for names"

        return sifted(examples, tally, reason)


def masked(text: str, *, strings: bool = True) -> str:
    """Return a text with its digits, spaces and string literals made equal."""
    without = _STRING.sub('""', text) if strings else text
    return _NUMBER.sub("0", "".join(without.split()))


def _marked(example: Example) -> Iterator[str]:
    """Yield the answers, each with its role: the better answer of one pair may lose another."""
    yield example.completion
    yield example.rejected
    for step in example.steps:
        yield f"{step.right} {step.answer}"
