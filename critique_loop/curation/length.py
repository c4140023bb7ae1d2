"""Examples that are too short to teach anything, or too long to be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from critique_loop.curation.pipeline import Tally, sifted
from critique_loop.curation.texts import answers_of, question_of
from critique_loop.values import Example


@dataclass(frozen=True, slots=True)
class Length:
    """Drops an example by the characters of its answers, or of its prompt.

    An example without answers (self-distillation, RLVR) is held to its question instead. The limits
    of a model, in tokens, are the export's.
    """

    least_answer: int = 1
    most_answer: int = 100_000
    most_prompt: int = 400_000

    name: ClassVar[str] = "length"
    note: ClassVar[str] = ""

    def run(self, examples: Iterable[Example], tally: Tally) -> Iterator[Example]:
        """Yield what is within the limits."""
        return sifted(examples, tally, self._reason)

    def _reason(self, example: Example) -> str:
        answers = answers_of(example) or (question_of(example),)
        if any(len(answer.strip()) < self.least_answer for answer in answers):
            return "too short"
        if any(len(answer) > self.most_answer for answer in answers):
            return "answer too long"
        prompt = sum(len(message.text) for message in example.prompt)
        return "prompt too long" if prompt > self.most_prompt else ""
