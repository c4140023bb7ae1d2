"""What was said in a call, as the trace keeps it: all of it but keys and probabilities."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol, runtime_checkable

from critique_loop.models.redaction import Redactor
from critique_loop.values import Call, Choice, Message, Request

_NO_KEY = Redactor()


@runtime_checkable
class Keyed(Protocol):
    """A model that knows which key must not be kept."""

    @property
    def redactor(self) -> Redactor:
        """What takes the key out of texts."""
        ...


def redactor_of(model: object) -> Redactor:
    """Return what takes the key of ``model`` out of texts; nothing is taken out if it has none."""
    return model.redactor if isinstance(model, Keyed) else _NO_KEY


def with_said(
    call: Call, request: Request, answers: Iterable[Choice] = (), redactor: Redactor = _NO_KEY
) -> Call:
    """Return ``call`` with what was asked and answered; answers hold no key already."""
    return replace(
        call,
        messages=tuple(_without_key(message, redactor) for message in request.messages),
        answers=tuple(replace(answer, tokens=None) for answer in answers),
    )


def _without_key(message: Message, redactor: Redactor) -> Message:
    text = redactor.clean(message.text)
    return message if text == message.text else replace(message, text=text)
