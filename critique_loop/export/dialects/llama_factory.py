"""Rows for LLaMA-Factory in its sharegpt form, and the entry of its dataset_info.json.

The format is that of https://github.com/hiyouga/LLaMA-Factory/blob/main/data/README.md.
"""

from __future__ import annotations

from collections.abc import Iterable

from critique_loop.export.dialects.messages import Said, system_of, without_system
from critique_loop.export.dialects.shapes import PAIRED, SINGLE, Holds, Row, Shape
from critique_loop.values import Example, ExampleKind, Message

_ROLES = {"user": "human", "assistant": "gpt"}
_CHATS = SINGLE | {ExampleKind.SFT_MESSAGES, ExampleKind.TRAJECTORY}
_RANKED = PAIRED | {ExampleKind.REWARD}
_IMAGE = "<image>"


class LlamaFactory:
    """Conversations between human and gpt, the system's words in a column of their own."""

    name = "llama-factory"
    kinds: frozenset[ExampleKind] = _CHATS | _RANKED | {ExampleKind.KTO}
    has_meta = True
    pictures: frozenset[str] = frozenset({"beside"})

    def shape(self, kind: ExampleKind, *, pictures: bool = False) -> Shape:
        """Return the columns of rows of this kind."""
        ends = Holds.PROMPT if kind in _RANKED else Holds.DIALOGUE
        columns = {"conversations": ends, "system": Holds.TEXT}
        if kind in _RANKED:
            columns |= {"chosen": Holds.ANSWER, "rejected": Holds.ANSWER}
        if kind is ExampleKind.KTO:
            columns["kto_tag"] = Holds.FLAG
        if pictures:
            columns["images"] = Holds.PICTURES
        columns["meta"] = Holds.META
        return Shape(columns, ("chosen", "rejected") if kind in _RANKED else None)

    def row(self, example: Example, *, pictures: bool = False) -> Row:
        """Return the row of an example, without pictures and meta."""
        asked = _turns(without_system(example.prompt), pictures=pictures)
        answer = {"from": "gpt", "value": example.completion}
        system = system_of(example.prompt)
        if example.kind in _RANKED:
            worse = {"from": "gpt", "value": example.rejected}
            return {"conversations": asked, "system": system, "chosen": answer, "rejected": worse}
        row: Row = {"conversations": [*asked, answer], "system": system}
        if example.kind is ExampleKind.KTO:
            row["kto_tag"] = example.label
        return row


def _turns(prompt: Iterable[Message], *, pictures: bool) -> list[Said]:
    return [
        {
            "from": _ROLES[message.role],
            "value": _IMAGE * len(message.pictures) * pictures + message.text,
        }
        for message in prompt
    ]


def dataset_info(names: dict[str, str], kind: ExampleKind, *, pictures: bool) -> dict[str, object]:
    """Return the entries of dataset_info.json; ``names`` maps their names to names of files."""
    columns: dict[str, str] = {"messages": "conversations", "system": "system"}
    if kind in _RANKED:
        columns |= {"chosen": "chosen", "rejected": "rejected"}
    if kind is ExampleKind.KTO:
        columns["kto_tag"] = "kto_tag"
    if pictures:
        columns["images"] = "images"
    entry: dict[str, object] = {"formatting": "sharegpt", "columns": columns}
    if kind in _RANKED:
        entry["ranking"] = True
    return {name: {"file_name": file, **entry} for name, file in names.items()}
