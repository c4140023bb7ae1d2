"""The steps of our loop as AutoGen messages: words for other agents, the whole values for ours."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Self

from autogen_agentchat.messages import StructuredMessage
from autogen_core import Image
from autogen_core.models import UserMessage
from pydantic import BaseModel, Field

from critique_loop.integrations.autogen.pictures import SealedImage
from critique_loop.integrations.autogen.wording import in_words
from critique_loop.store.encoding import decode, encode
from critique_loop.values import (
    Asked,
    Call,
    Critique,
    Decision,
    Draft,
    Ended,
    EventBody,
    Execution,
    Picture,
    Resumed,
    Started,
)

_KINDS: dict[str, type[EventBody]] = {
    kind.__name__: kind
    for kind in (Started, Draft, Execution, Critique, Decision, Call, Asked, Resumed, Ended)
}


class StepRecord(BaseModel):
    """One value of the loop: its kind, and its JSON as the trace has it."""

    kind: str
    value: str


class StepContent(BaseModel):
    """What a message says: words for people and models, and the values themselves.

    ``blobs`` are base64 by SHA-256, ``picture`` is the one that was judged. ``by_person``: its
    draft is a person's, which nobody has to approve.
    """

    text: str
    steps: list[StepRecord] = Field(default_factory=list[StepRecord])
    blobs: dict[str, str] = Field(default_factory=dict[str, str])
    picture: str = ""
    by_person: bool = False


class StepMessage(StructuredMessage[StepContent]):
    """A message that carries steps of the loop.

    Our participants read the values; any other agent reads the words and sees the picture.
    """

    @classmethod
    def of(
        cls, source: str, steps: Sequence[EventBody], *, text: str = "", by_person: bool = False
    ) -> Self:
        """Return the message in which ``source`` tells of ``steps``."""
        words = text or "\n".join(filter(None, map(in_words, steps)))
        content = StepContent(text=words, by_person=by_person)
        for step in steps:
            encoded = encode(step)
            content.steps.append(StepRecord(kind=type(step).__name__, value=encoded.text))
            content.blobs |= {
                sha256: base64.b64encode(data).decode("ascii")
                for sha256, data in encoded.blobs.items()
            }
            if isinstance(step, Execution) and step.picture:
                content.picture = base64.b64encode(step.picture).decode("ascii")
        return cls(content=content, source=source)

    @property
    def steps(self) -> tuple[EventBody, ...]:
        """The values that it carries.

        Raises:
            StoreError: it was damaged, or written by another version.
        """
        blobs = self.content.blobs
        return tuple(
            decode(step.value, _KINDS[step.kind], lambda sha256: base64.b64decode(blobs[sha256]))
            for step in self.content.steps
            if step.kind in _KINDS
        )

    def to_text(self) -> str:
        """Return the words."""
        return self.content.text

    def to_model_text(self) -> str:
        """Return the words."""
        return self.content.text

    def to_model_message(self) -> UserMessage:
        """Return the words and the picture, which is not decoded here."""
        if not self.content.picture:
            return UserMessage(content=self.content.text, source=self.source)
        picture = SealedImage(Picture(base64.b64decode(self.content.picture)))
        parts: list[str | Image] = [self.content.text, picture]
        return UserMessage(content=parts, source=self.source)
