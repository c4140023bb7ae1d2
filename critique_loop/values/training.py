"""One example to train a model on, before it takes the shape that a trainer reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from critique_loop.values.models import Message


class ExampleKind(StrEnum):
    """What an example teaches, and by which method."""

    SFT = "sft"
    SFT_MESSAGES = "sft-messages"
    TRAJECTORY = "trajectory"
    PREFERENCE = "preference"
    KTO = "kto"
    REWARD = "reward"
    STEPWISE = "stepwise"
    CRITIC_SFT = "critic-sft"
    CRITIC_PREFERENCE = "critic-preference"
    EXPLANATION = "explanation"
    SELF_DISTILLATION = "self-distillation"
    RLVR = "rlvr"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where an example comes from; none of it is ever told to the model that is trained.

    ``rounds`` are the rounds of the run it is made of. ``group`` is equal for tasks that must not
    be split between training and evaluation (the same tables, the same data set's item). ``score``
    and ``other_score`` are the weighted means of the completion and of what it is compared with.
    ``scored_by`` says whose word chose it: "measured", "model", "panel" or "person". ``at`` is Unix
    time. ``licences`` are those of tables and tasks as far as somebody said them.
    """

    run_id: str
    rounds: tuple[int, ...] = ()
    group: str = ""
    task_kind: str = ""
    task_sha256: str = ""
    writer: str = ""
    model: str = ""
    critic: str = ""
    definition: str = ""
    rubric: str = ""
    sources: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    score: float | None = None
    other_score: float | None = None
    scored_by: str = ""
    accepted: bool = False
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Example:
    """One training example.

    ``prompt`` is all that is said before the model answers, pictures included; ``completion`` is
    the answer to learn. Which other fields count follows from the kind. ``rejected`` is the worse
    answer of a pair, ``margin`` how much worse (score gap); ``label`` says whether an answer
    is good (KTO); ``context`` is what only the teacher sees (self-distillation); ``steps`` are
    the answers of a trajectory, each with what was said before it (stepwise, trajectory);
    ``verifier`` are plain columns by which a program can judge an answer (RLVR). ``code`` and
    ``rejected_code`` are the programs within the answers, "" where there is none.
    """

    kind: ExampleKind
    prompt: tuple[Message, ...]
    completion: str = ""
    rejected: str = ""
    label: bool | None = None
    margin: float | None = None
    context: str = ""
    steps: tuple[Step, ...] = ()
    verifier: Mapping[str, object] = field(default_factory=dict[str, object])
    code: str = ""
    rejected_code: str = ""
    provenance: Provenance = field(default_factory=lambda: Provenance(""))


@dataclass(frozen=True, slots=True)
class Step:
    """One answer of a trajectory: what was said to get it, the answer, and whether it was right."""

    said: tuple[Message, ...]
    answer: str
    right: bool
