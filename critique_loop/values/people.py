"""What a person is asked, what they said, and how they scored what they were shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from critique_loop.values.rounds import Finding


class QuestionKind(StrEnum):
    """When a person is asked."""

    ACCEPT = "accept"  # the criteria are met: is it good?
    BUDGET = "budget"  # the budget has ended: go on all the same?
    STUCK = "stuck"  # no gain any more
    CONFIDENCE = "confidence"  # the critic is not sure
    APPROVAL = "approval"  # may this program run?


class Choices(StrEnum):
    """What can be answered; a question offers some of them."""

    ACCEPT = "accept"
    REFINE = "refine"
    EDIT = "edit"
    RESCORE = "rescore"
    STOP = "stop"
    RUN = "run"


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked.

    ``id`` is the same whenever the same question of the same run is asked again. ``choices`` are
    the possible answers, ``default`` the one that holds when nobody answers. ``findings`` are
    suggestions that may each be applied or skipped. ``context`` holds what is needed to answer, as
    plain JSON types (round, scores, the program). ``picture`` is what it drew (PNG), if anything.
    """

    id: str
    kind: QuestionKind
    prompt: str
    choices: tuple[str, ...]
    default: str
    findings: tuple[Finding, ...] = ()
    context: Mapping[str, object] = field(default_factory=dict[str, object])
    picture: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: one of the question's choices, and what belongs to it.

    ``text`` says what to change (refine), ``code`` is a whole program (edit), ``scores`` maps
    dimensions to marks from 0 to 10 (rescore). ``applied`` and ``skipped`` are codes of findings.
    ``by`` is who: "person", "policy", or "default" where nobody answered in time.
    """

    choice: str
    text: str = ""
    code: str = ""
    scores: Mapping[str, float] = field(default_factory=dict[str, float])
    applied: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    by: str = "person"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the trace keeps it; ``answer`` is None while it is open."""

    question: Question
    answer: Answer | None = None
    waited_s: float = 0.0


class Preferred(StrEnum):
    """Which of two drafts a person found better."""

    FIRST = "first"
    SECOND = "second"
    TIE = "tie"


@dataclass(frozen=True, slots=True)
class Shown:
    """One draft as a person was shown it: its run and round, and the SHA-256 of its program."""

    run_id: str
    round: int
    code: str


@dataclass(frozen=True, slots=True)
class Label:
    """One person's score of one dimension of one draft, given apart from any loop.

    ``value`` is 0 to 10, None where the person can't say. ``by`` is the person's name, ``at`` Unix
    time, ``seconds`` what the answer took. ``blind``: nobody else's judgement was shown.
    ``rubric`` is the SHA-256 of the rubric that the question is from. ``id`` is unlike any other.
    """

    id: str
    shown: Shown
    dimension: str
    value: float | None
    by: str
    at: float
    seconds: float = 0.0
    blind: bool = True
    rubric: str = ""


@dataclass(frozen=True, slots=True)
class Preference:
    """Which of two drafts one person prefers on one dimension.

    ``preferred`` is None where the person can't say; the other fields are as those of a ``Label``.
    """

    id: str
    first: Shown
    second: Shown
    dimension: str
    preferred: Preferred | None
    by: str
    at: float
    seconds: float = 0.0
    blind: bool = True
    rubric: str = ""
