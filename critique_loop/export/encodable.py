"""Texts that no file can hold: half a character, from a model's JSON or a name in no encoding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from critique_loop.export.counting import Counts, Stage
from critique_loop.values import Example

WHY = "text that UTF-8 can't hold"


def encodable(examples: Iterable[Example], counts: Counts) -> Iterator[Example]:
    """Yield the examples whose texts are all UTF-8; others are counted.

    Lone surrogates are no characters: whatever counts, compares or writes them would fail.
    """
    for example in examples:
        if all(map(_is_encodable, _texts(example))):
            yield example
        else:
            counts.drop(Stage.RULES, WHY)


def _is_encodable(text: str) -> bool:
    if text.isascii():  # Python knows that without looking at the text
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _texts(example: Example) -> list[str]:
    origin = example.provenance
    texts = [
        *(example.completion, example.rejected, example.context),
        *(example.code, example.rejected_code),
        *(origin.run_id, origin.writer, origin.model, origin.critic),
        *(origin.definition, origin.rubric, *origin.sources, *origin.licences),
    ]
    for message in example.prompt:
        texts += (message.role, message.text)
    for step in example.steps:
        texts.append(step.answer)
        for message in step.said:
            texts += (message.role, message.text)
    texts += (value for value in example.verifier.values() if isinstance(value, str))
    return texts
