"""Rows for TRL's trainers (https://huggingface.co/docs/trl/dataset_formats)."""

from __future__ import annotations

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

    def row(self, example: Example, *, pictures: bool = False) -> Row:  # noqa: PLR0911 - one line per kind
        """Return the row of an example, without pictures and meta."""
        if example.kind is ExampleKind.STEPWISE:
            return {
                "prompt": flat(example.prompt),
                "completions": [step.answer for step in example.steps],
                "labels": [step.right for step in example.steps],
            }
        prompt = messages(example.prompt, pictures=pictures)
        if example.kind is ExampleKind.SELF_DISTILLATION:
            return {"prompt": prompt, "privileged_context": example.context}
        if example.kind is ExampleKind.RLVR:
            return {"prompt": prompt, **example.verifier}
        answer = assistant(example.completion, pictures=pictures)
        if example.kind is ExampleKind.SFT_MESSAGES:
            return {"messages": [*prompt, answer]}
        if example.kind is ExampleKind.KTO:
            return {"prompt": prompt, "completion": [answer], "label": example.label}
        if example.kind in PAIRED or example.kind is ExampleKind.REWARD:
            return _pair(example, prompt, answer, pictures=pictures)
        return {"prompt": prompt, "completion": [answer]}


def _pair(
    example: Example, prompt: list[dict[str, object]], answer: dict[str, object], *, pictures: bool
) -> Row:
    worse = assistant(example.rejected, pictures=pictures)
    if example.kind is ExampleKind.REWARD:
        return {
            "chosen": [*prompt, answer],
            "rejected": [*prompt, worse],
            "margin": None if example.margin is None else float(example.margin),
        }
    return {"prompt": prompt, "chosen": [answer], "rejected": [worse]}


def _columns(kind: ExampleKind) -> dict[str, Holds]:
    if kind in PAIRED:
        return _PAIR
    if kind is ExampleKind.RLVR:
        return _VERIFIED
    return _COLUMNS.get(kind, _ONE)
