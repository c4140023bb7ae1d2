"""Texts that no file can hold: half a character, from a model's JSON or a name in no encoding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from critique_loop.export.counting import Counts, Stage
from critique_loop.values import Example, Message, Provenance

WHY = "text that UTF-8 can't hold"


def encodable(examples: Iterable[Example], counts: Counts) -> Iterator[Example]:
    """Yield the examples whose texts are all UTF-8; others are counted.

    Lone surrogates are no characters: whatever counts, compares or writes them would fail.
    """
    for example in examples:
        if all(_is_encodable(text) for text in _texts(example)):
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


def _texts(example: Example) -> Iterator[str]:
    yield from _said(example.prompt)
    yield from (example.completion, example.rejected, example.context)
    yield from (example.code, example.rejected_code)
    for step in example.steps:
        yield from _said(step.said)
        yield step.answer
    yield from (value for value in example.verifier.values() if isinstance(value, str))
    yield from _names(example.provenance)


def _said(messages: Iterable[Message]) -> Iterator[str]:
    for message in messages:
        yield message.role
        yield message.text


def _names(origin: Provenance) -> Iterator[str]:
    yield from (origin.run_id, origin.writer, origin.model, origin.critic)
    yield from (origin.definition, origin.rubric)
    yield from origin.sources
    yield from origin.licences
