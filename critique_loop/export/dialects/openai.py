"""Rows for services with OpenAI's fine-tuning files (Together, Fireworks, Azure).

Formats: https://platform.openai.com/docs/guides/supervised-fine-tuning and
.../direct-preference-optimization. Their checks refuse keys they don't know, so where a row comes
from is written beside.
"""

from __future__ import annotations

from collections.abc import Iterable

from critique_loop.export.dialects.messages import Said, assistant, messages
from critique_loop.export.dialects.shapes import PAIRED, SINGLE, Holds, Row, Shape
from critique_loop.export.images import data_uri
from critique_loop.values import Example, ExampleKind, Message

_CONVERSATIONS = frozenset({ExampleKind.SFT_MESSAGES, ExampleKind.TRAJECTORY})
_NOTES = (
    "weight 0 keeps a turn from being learned on OpenAI's services; TRL ignores it without a word",
)


class OpenAi:
    """Conversations with a weight for each answer; pairs as two outputs for one input."""

    name = "openai"
    kinds: frozenset[ExampleKind] = SINGLE | _CONVERSATIONS | PAIRED
    has_meta = False
    pictures: frozenset[str] = frozenset({"embed"})

    def shape(self, kind: ExampleKind, *, pictures: bool = False) -> Shape:
        """Return the columns of rows of this kind; pictures are in the messages."""
        del pictures
        if kind in PAIRED:
            columns = {
                "input": Holds.NESTED,
                "preferred_output": Holds.ANSWER,
                "non_preferred_output": Holds.ANSWER,
            }
            return Shape(columns, ("preferred_output", "non_preferred_output"))
        steps = kind in _CONVERSATIONS
        notes = _NOTES if steps else ()
        return Shape({"messages": Holds.DIALOGUE}, notes=notes, steps=steps)

    def row(self, example: Example, *, pictures: bool = False) -> Row:
        """Return the row of an example."""
        prompt = _seen(example.prompt) if pictures else messages(example.prompt)
        if example.kind in PAIRED:
            return {
                "input": {"messages": prompt},
                "preferred_output": [assistant(example.completion)],
                "non_preferred_output": [assistant(example.rejected)],
            }
        if example.kind in _CONVERSATIONS and example.steps:
            return {"messages": _weighted(example)}
        return {"messages": [*prompt, assistant(example.completion)]}


def _seen(prompt: Iterable[Message]) -> list[Said]:
    """Return a conversation with its pictures as data: URIs within the messages."""
    return [
        {
            "role": message.role,
            "content": [
                {"type": "text", "text": message.text},
                *(
                    {"type": "image_url", "image_url": {"url": data_uri(picture)}}
                    for picture in message.pictures
                ),
            ]
            if message.pictures
            else message.text,
        }
        for message in prompt
    ]


def _weighted(example: Example) -> list[Said]:
    """Return all turns of a conversation; only answers that were right weigh anything."""
    told: list[Said] = []
    for step in example.steps:
        told += messages(step.said)
        told.append({**assistant(step.answer), "weight": int(step.right)})
    return told
