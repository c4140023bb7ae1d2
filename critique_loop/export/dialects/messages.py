"""Messages as trainers read them; pictures stand as placeholders in the text's place."""

from __future__ import annotations

from collections.abc import Iterable

from critique_loop.values import Message, Picture

Said = dict[str, object]


def said(role: str, text: str) -> Said:
    """Return one message of text."""
    return {"role": role, "content": text}


def messages(prompt: Iterable[Message], *, pictures: bool = False) -> list[Said]:
    """Return a conversation; with ``pictures`` all contents are lists of parts, as must be."""
    if not pictures:
        return [{"role": message.role, "content": message.text} for message in prompt]
    return [
        {
            "role": message.role,
            "content": [
                *({"type": "image"} for _ in message.pictures),
                {"type": "text", "text": message.text},
            ],
        }
        for message in prompt
    ]


def assistant(text: str, *, pictures: bool = False) -> Said:
    """Return an answer in the form that the prompt beside it has."""
    if pictures:
        return {"role": "assistant", "content": [{"type": "text", "text": text}]}
    return {"role": "assistant", "content": text}


def pictures_of(prompt: Iterable[Message]) -> tuple[Picture, ...]:
    """Return all pictures of a conversation in their order."""
    return tuple(picture for message in prompt for picture in message.pictures)


def flat(prompt: Iterable[Message]) -> str:
    """Return a conversation as one text, for trainers that know no roles."""
    return "\n\n".join(message.text for message in prompt)


def system_of(prompt: Iterable[Message]) -> str:
    """Return what the system says, "" where there is nothing."""
    return "\n\n".join(message.text for message in prompt if message.role == "system")


def without_system(prompt: Iterable[Message]) -> tuple[Message, ...]:
    """Return the conversation that the system's message goes before."""
    return tuple(message for message in prompt if message.role != "system")
