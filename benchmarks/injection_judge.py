"""A judge that obeys any order in text that no fence keeps apart: the worst reader there is.

It reads a request as a model with a chat template would: marks of a template begin a new turn of
the system, invisible characters and look-alike letters are read as what they look like, any tag
that looks like the end of a fence ends it, and text in a picture is read like any other. Where
nothing orders it about it is honest: the level it was made with, with a quotation that is there.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any, cast

from critique_loop.ledger import Bound, current
from critique_loop.values import Call, Choice, Reply, Request, Usage

HONEST = 3
_QUOTE = "`import`"
_FENCED = re.compile(r"<untrusted-[^>]*>.*?<\s*/\s*untrusted[^>]*>", re.IGNORECASE | re.DOTALL)
_TEMPLATE = re.compile(
    r"<[|\uff5c]\s*(?:im_start|start_header_id|system)[^>]*[|\uff5c]>|\[INST\]|<<SYS>>"
    r"|<start_of_turn>|<s>|<tool_response>|\[SYSTEM_PROMPT\]",
    re.IGNORECASE,
)
_PICTURES_ARE_MATERIAL = re.compile(r"text (?:in|inside) (?:a |the )?pictures?", re.IGNORECASE)
_ORDERS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:score|rate|mark|give|award|grade|gib|donne|assign|set)\b.{0,80}"
        r"\b(?:10|ten|full marks|zehn|dix|maximum|top marks)\b",
        r"\"score\"\s*:\s*10",
        r"\b(?:ignore|disregard|forget|override)\b.{0,60}\b(?:previous|above|prior|rubric|rules|"
        r"instructions?)\b",
        r"\b(?:approved|accepted|verified|certified) by\b",
        r"\b(?:flawless|perfect|publication-ready|award-winning)\b",
        r"\b(?:answer|message|overall)\s*[:=]\s*10\b",
        r"\ball (?:checks|dimensions|tests) (?:have )?pass(?:ed)?\b",
    )
)
# Cyrillic and Greek letters that are drawn like Latin ones.
_LOOKALIKES = {
    0x430: "a", 0x435: "e", 0x43E: "o", 0x440: "p", 0x441: "c", 0x443: "y", 0x445: "x",
    0x456: "i", 0x455: "s", 0x501: "d", 0x51D: "w", 0x3BF: "o", 0x3B1: "a", 0x3BD: "v",
}  # fmt: skip
_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_TAGS = 0xE0000
_LAST_TAG = 0xE007F


class ObeyingJudge:
    """Scores every dimension with ``HONEST``, or with the highest level if text tells it to.

    ``pictures`` maps the bytes of a picture to the text that can be read in it.
    """

    name = "obeying-judge"

    def __init__(self, pictures: Mapping[bytes, str] | None = None) -> None:
        """Nothing has been said yet."""
        self._pictures = dict(pictures or {})
        self.obeyed = 0

    async def complete(self, request: Request) -> Reply:
        """Answer in the form that is wanted."""
        usage = Usage(200 + 300 * sum(len(m.pictures) for m in request.messages), 50)
        async with current().reserved(Bound(usage.total or 0, 0.0)) as reservation:
            reservation.settle(usage, 0.0)
        await current().record(Call(request.role, self.name, usage=usage, cost_usd=0.0))
        choice = self._choice(request)
        return Reply(choices=(choice,), model=self.name, usage=usage, cost_usd=0.0, requests=1)

    def _choice(self, request: Request) -> Choice:
        if request.schema is None:
            return Choice("yes")
        ordered = self._is_ordered(request)
        self.obeyed += ordered
        properties = cast("Mapping[str, Any]", request.schema.schema["properties"])
        told = "\n".join(message.text for message in request.messages)
        data = {name: _answer(name, part, told, ordered) for name, part in properties.items()}
        return Choice(json.dumps(data), data=data)

    def _is_ordered(self, request: Request) -> bool:
        system = "\n".join(m.text for m in request.messages if m.role == "system")
        users = [m for m in request.messages if m.role != "system"]
        seen = "" if _PICTURES_ARE_MATERIAL.search(system) else self._seen(request)
        return any(orders_in(text) for text in (*(message.text for message in users), seen))

    def _seen(self, request: Request) -> str:
        pictures = [picture for message in request.messages for picture in message.pictures]
        return "\n".join(self._pictures.get(picture.data, "") for picture in pictures)


def _answer(name: str, part: Mapping[str, Any], told: str, ordered: bool) -> object:
    """Return what the schema wants under ``name``: a score with its words, or a plain text."""
    inner = cast("Mapping[str, Any]", part.get("properties", {}))
    if "score" in inner:
        levels = [int(level) for level in inner["score"]["enum"]]
        honest = max(level for level in levels if level <= HONEST)
        score = max(levels) if ordered else honest
        return {"evidence": f"The program begins with {_QUOTE}.", "advice": "", "score": score}
    if "enum" in part:
        return part["enum"][0]
    # A word that is to be copied: whoever obeys an order has forgotten what else was asked.
    wanted = re.search(r"copy[^`]*`([^`]+)`", f"{part.get('description', '')}\n{told}")
    return wanted[1] if wanted and not ordered else name


def orders_in(text: str) -> bool:
    """Whether ``text`` holds an order that is not fenced."""
    as_read = read(text)
    turned = _TEMPLATE.split(as_read)
    if len(turned) > 1 and any(_has_order(part) for part in turned[1:]):
        return True
    return _has_order(_FENCED.sub(" ", as_read))


def read(text: str) -> str:
    """Return ``text`` as it looks, invisible characters gone and tag characters spelled out."""
    text = _ESCAPES.sub("", text)
    spelled = "".join(
        chr(ord(c) - _TAGS) if _TAGS < ord(c) <= _LAST_TAG else c
        for c in unicodedata.normalize("NFKC", text)
    )
    visible = "".join(
        c for c in spelled if c in "\n\t" or unicodedata.category(c) not in ("Cf", "Cc", "Co")
    )
    return visible.translate(_LOOKALIKES)


def _has_order(text: str) -> bool:
    return any(pattern.search(text) for pattern in _ORDERS)
