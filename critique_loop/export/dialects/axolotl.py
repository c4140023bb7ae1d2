"""Rows for axolotl (https://docs.axolotl.ai/docs/dataset-formats/), with a flag for each turn."""

from __future__ import annotations

from critique_loop.export.dialects.messages import (
    Said,
    assistant,
    flat,
    messages,
    system_of,
    without_system,
)
from critique_loop.export.dialects.shapes import PAIRED, SINGLE, Holds, Row, Shape
from critique_loop.values import Example, ExampleKind

_CONVERSATIONS = frozenset({ExampleKind.SFT_MESSAGES, ExampleKind.TRAJECTORY})
_CHAT = (
    "datasets: [{path: FILE, type: chat_template, field_messages: messages, "
    "message_field_training: train, roles_to_train: [], train_on_eos: turn}]"
)
_NOTES: dict[ExampleKind, str] = {
    ExampleKind.KTO: (
        "rl: kto; datasets: [{path: FILE, type: {field_system: system, field_prompt: prompt, "
        "field_completion: completion, field_label: label}}]"
    ),
    ExampleKind.REWARD: "datasets: [{path: FILE, type: bradley_terry.chat_template}]",
    ExampleKind.STEPWISE: (
        "process_reward_model: true; datasets: [{path: FILE, type: stepwise_supervised}]"
    ),
}
_COLUMNS: dict[ExampleKind, dict[str, Holds]] = {
    ExampleKind.KTO: {
        "system": Holds.TEXT,
        "prompt": Holds.TEXT,
        "completion": Holds.TEXT,
        "label": Holds.FLAG,
    },
    ExampleKind.REWARD: {
        "system": Holds.TEXT,
        "input": Holds.TEXT,
        "chosen": Holds.TEXT,
        "rejected": Holds.TEXT,
    },
    ExampleKind.STEPWISE: {"prompt": Holds.TEXT, "completions": Holds.TEXTS, "labels": Holds.FLAGS},
}
_PAIR = {"messages": Holds.PROMPT, "chosen": Holds.ANSWER, "rejected": Holds.ANSWER}


class Axolotl:
    """Conversations whose turns say themselves whether they are learned."""

    name = "axolotl"
    kinds: frozenset[ExampleKind] = SINGLE | _CONVERSATIONS | PAIRED | frozenset(_COLUMNS)
    has_meta = True
    pictures: frozenset[str] = frozenset()

    def shape(self, kind: ExampleKind, *, pictures: bool = False) -> Shape:
        """Return the columns of rows of this kind, and what the configuration has to say."""
        del pictures
        columns = dict(
            _PAIR if kind in PAIRED else _COLUMNS.get(kind, {"messages": Holds.DIALOGUE})
        )
        columns["meta"] = Holds.META
        pair = "rl: dpo; datasets: [{path: FILE, type: chat_template.default, "
        pair += "field_messages: messages, field_chosen: chosen, field_rejected: rejected}]"
        note = pair if kind in PAIRED else _NOTES.get(kind, _CHAT)
        pairs = ("chosen", "rejected") if "rejected" in columns else None
        return Shape(columns, pairs, (f"axolotl.yml: {note}",), steps=kind in _CONVERSATIONS)

    def row(self, example: Example, *, pictures: bool = False) -> Row:
        """Return the row of an example, without meta."""
        del pictures
        if example.kind is ExampleKind.STEPWISE:
            return {
                "prompt": flat(example.prompt),
                "completions": [step.answer for step in example.steps],
                "labels": [step.right for step in example.steps],
            }
        if example.kind in (ExampleKind.KTO, ExampleKind.REWARD):
            return _flat(example)
        if example.kind in PAIRED:
            return {
                "messages": messages(example.prompt),
                "chosen": assistant(example.completion),
                "rejected": assistant(example.rejected),
            }
        return {"messages": _flagged(example)}


def _flat(example: Example) -> Row:
    system, asked = system_of(example.prompt), flat(without_system(example.prompt))
    if example.kind is ExampleKind.KTO:
        return {
            "system": system,
            "prompt": asked,
            "completion": example.completion,
            "label": example.label,
        }
    return {
        "system": system,
        "input": asked,
        "chosen": example.completion,
        "rejected": example.rejected,
    }


def _flagged(example: Example) -> list[Said]:
    told: list[Said] = []
    for step in example.steps if example.kind in _CONVERSATIONS else ():
        told += ({**one, "train": False} for one in messages(step.said))
        told.append({**assistant(step.answer), "train": step.right})
    if told:
        return told
    asked = [{**one, "train": False} for one in messages(example.prompt)]
    return [*asked, {**assistant(example.completion), "train": True}]
