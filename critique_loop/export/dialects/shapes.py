"""What the columns of a row hold, so that one checker can read the rows of every dialect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from critique_loop.values import Example, ExampleKind, Provenance

Row = dict[str, object]
UNSCORED = -1.0


class Holds(StrEnum):
    """What a column holds."""

    PROMPT = "prompt"  # messages, the last one a user's
    DIALOGUE = "dialogue"  # messages, the last one an assistant's
    ANSWER = "answer"  # one message of an assistant, in a list or alone
    RANKED = "ranked"  # answers with their ranks, the best first
    TEXT = "text"
    TEXTS = "texts"
    FLAG = "flag"
    FLAGS = "flags"
    NUMBER = "number"
    PICTURES = "pictures"
    META = "meta"
    NESTED = "nested"  # an object with a prompt in it


@dataclass(frozen=True, slots=True)
class Shape:
    """The columns of all rows of one file, in their order; ``pairs`` are two that must differ.

    ``steps``: rows are made of the steps of examples, all that was said and answered.
    """

    columns: Mapping[str, Holds]
    pairs: tuple[str, str] | None = None
    notes: tuple[str, ...] = field(default=())
    steps: bool = False


def meta_of(example: Example) -> dict[str, object]:
    """Return where a row comes from; every row has all keys, each of one type.

    A reader takes the types of a file from its first rows, and a null has none: texts that are not
    known are empty, scores ``UNSCORED``.
    """
    found: Provenance = example.provenance
    return {
        "run": found.run_id,
        "rounds": list(found.rounds),
        "group": found.group,
        "task": found.task_sha256,
        "task_kind": found.task_kind,
        "writer": found.writer,
        "model": found.model,
        "critic": found.critic,
        "definition": found.definition,
        "rubric": found.rubric,
        "sources": ", ".join(found.sources),
        "licences": ", ".join(found.licences),
        "score": UNSCORED if found.score is None else float(found.score),
        "other_score": UNSCORED if found.other_score is None else float(found.other_score),
        "scored_by": found.scored_by,
        "accepted": found.accepted,
        "at": float(found.at),
    }


SINGLE = frozenset({ExampleKind.SFT, ExampleKind.CRITIC_SFT, ExampleKind.EXPLANATION})
PAIRED = frozenset({ExampleKind.PREFERENCE, ExampleKind.CRITIC_PREFERENCE})
