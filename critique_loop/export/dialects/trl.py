"""Rows for TRL's trainers (https://huggingface.co/docs/trl/dataset_formats)."""

from __future__ import annotations

from collections.abc import Callable

from critique_loop.export.dialects.messages import assistant, flat, messages
from critique_loop.export.dialects.shapes import PAIRED, Holds, Row, Shape
from critique_loop.values import Example, ExampleKind

_COLUMNS: dict[ExampleKind, dict[str, Holds]] = {
    ExampleKind.SFT_MESSAGES: {"messages": Holds.DIALOGUE},
    ExampleKind.KTO: {"prompt": Holds.PROMPT, "completion": Holds.ANSWER, "label": Holds.FLAG},
    ExampleKind.REWARD: {
        "chosen": Holds.DIALOGUE,
        "rejected": Holds.DIALOGUE,
        "margin": Holds.NUMBER,
    },
    ExampleKind.STEPWISE: {"prompt": Holds.TEXT, "completions": Holds.TEXTS, "labels": Holds.FLAGS},
    ExampleKind.SELF_DISTILLATION: {"prompt": Holds.PROMPT, "privileged_context": Holds.TEXT},
}
_PAIR = {"prompt": Holds.PROMPT, "chosen": Holds.ANSWER, "rejected": Holds.ANSWER}
_ONE = {"prompt": Holds.PROMPT, "completion": Holds.ANSWER}
_VERIFIED = {
    "prompt": Holds.PROMPT,
    "image_digest": Holds.TEXT,
    "command": Holds.TEXT,
    "expected": Holds.TEXT,
}
_NOTES = {
    ExampleKind.SFT_MESSAGES: (
        "SFTTrainer learns every message unless assistant_only_loss is set: so each row is one "
        "question and its accepted answer, and drafts that failed are no turns of it",
    ),
    ExampleKind.STEPWISE: ("TRL has no trainer for process rewards since 1.14; axolotl has one",),
}


class Trl:
    """Conversations as lists of messages, prompts apart from what is to be learned."""

    name = "trl"
    kinds: frozenset[ExampleKind] = frozenset(ExampleKind)
    has_meta = True
    pictures: frozenset[str] = frozenset({"embed", "beside"})

    def shape(self, kind: ExampleKind, *, pictures: bool = False) -> Shape:
        """Return the columns of rows of this kind."""
        columns = dict(_columns(kind))
        if pictures:
            columns["images"] = Holds.PICTURES
        columns["meta"] = Holds.META
        pairs = ("chosen", "rejected") if "rejected" in columns else None
        return Shape(columns, pairs, _NOTES.get(kind, ()))

    def row(self, example: Example, *, pictures: bool = False) -> Row:
        """Return the row of an example, without pictures and meta."""
        return _ROWS.get(example.kind, _one)(example, pictures)


def _one(example: Example, pictures: bool) -> Row:
    prompt = messages(example.prompt, pictures=pictures)
    return {"prompt": prompt, "completion": [assistant(example.completion, pictures=pictures)]}


def _whole(example: Example, pictures: bool) -> Row:
    prompt = messages(example.prompt, pictures=pictures)
    return {"messages": [*prompt, assistant(example.completion, pictures=pictures)]}


def _labelled(example: Example, pictures: bool) -> Row:
    return {**_one(example, pictures), "label": example.label}


def _pair(example: Example, pictures: bool) -> Row:
    return {
        "prompt": messages(example.prompt, pictures=pictures),
        "chosen": [assistant(example.completion, pictures=pictures)],
        "rejected": [assistant(example.rejected, pictures=pictures)],
    }


def _with_margin(example: Example, pictures: bool) -> Row:
    prompt = messages(example.prompt, pictures=pictures)
    return {
        "chosen": [*prompt, assistant(example.completion, pictures=pictures)],
        "rejected": [*prompt, assistant(example.rejected, pictures=pictures)],
        "margin": None if example.margin is None else float(example.margin),
    }


def _stepwise(example: Example, _: bool) -> Row:
    return {
        "prompt": flat(example.prompt),
        "completions": [step.answer for step in example.steps],
        "labels": [step.right for step in example.steps],
    }


def _with_context(example: Example, pictures: bool) -> Row:
    prompt = messages(example.prompt, pictures=pictures)
    return {"prompt": prompt, "privileged_context": example.context}


def _verified(example: Example, pictures: bool) -> Row:
    return {"prompt": messages(example.prompt, pictures=pictures), **example.verifier}


_ROWS: dict[ExampleKind, Callable[[Example, bool], Row]] = {
    ExampleKind.SFT_MESSAGES: _whole,
    ExampleKind.KTO: _labelled,
    ExampleKind.REWARD: _with_margin,
    ExampleKind.STEPWISE: _stepwise,
    ExampleKind.SELF_DISTILLATION: _with_context,
    ExampleKind.RLVR: _verified,
    **dict.fromkeys(PAIRED, _pair),
}


def _columns(kind: ExampleKind) -> dict[str, Holds]:
    if kind in PAIRED:
        return _PAIR
    if kind is ExampleKind.RLVR:
        return _VERIFIED
    return _COLUMNS.get(kind, _ONE)
