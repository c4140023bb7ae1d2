"""Examples that no model should learn from: dangerous programs, and toxic words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from critique_loop.curation.dangers import dangers_in, hints_in
from critique_loop.curation.pipeline import Tally, sifted
from critique_loop.curation.texts import LineSearch, answers_of, programs_of, prose_of, question_of
from critique_loop.values import Example

_TOXIC: Final = re.compile(
    r"\b(?:fuck\w*|motherfuck\w*|shit(?:ty|head|s)?|bullshit|bitch(?:es)?|bastards?|assholes?|cunts?"
    r"|dickheads?|wank(?:er|ers)|sluts?|whores?|faggots?|fags|retard(?:s|ed)?|nigg(?:er|ers|a|as)"
    r"|kikes?|spics?|chinks?|trann(?:y|ies)|kill yourself|kys)\b"
)


def toxic_words_in(text: str) -> list[str]:
    """Return the words of a text that are on a short English list."""
    return _TOXIC.findall(text.lower())


@dataclass(frozen=True, slots=True)
class Unsafe:
    """Drops an example with a dangerous program, or with toxic words.

    Dangerous is what starts processes, deletes files, reaches the network, runs text as code or
    hides such things. Rejected programs count, too: they stand in the file like others.
    """

    programs: bool = True
    words: bool = True

    name: ClassVar[str] = "unsafe"
    note: ClassVar[str] = "toxic text: weak, English, a short list of words; context is not seen"

    def run(self, examples: Iterable[Example], tally: Tally) -> Iterator[Example]:
        """Yield what is neither."""
        hints, words = LineSearch(hints_in), LineSearch(toxic_words_in)

        def reason(example: Example) -> str:
            for code in programs_of(example) if self.programs else ():
                dangers = dangers_in(code) if hints.first([code]) else []
                if dangers:
                    return f"dangerous program: {dangers[0]}"
            prose = (question_of(example), *map(prose_of, answers_of(example)))
            return "toxic words" if self.words and words.first(prose) else ""

        return sifted(examples, tally, reason)
