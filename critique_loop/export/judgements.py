"""What a critic is to learn: critiques that somebody or something else has borne out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from critique_loop import rubric as rubrics
from critique_loop.critics.prompting import Case, asked_of, prompt_of
from critique_loop.export.judged import PERSON, Judged
from critique_loop.export.making import Making
from critique_loop.export.traces import Trace
from critique_loop.values import (
    Critique,
    Dimension,
    Example,
    ExampleKind,
    Message,
    Picture,
    Score,
)

_MEASURED = "measured"
_AS_GOOD_AS_SAME = 2.0
"""Marks this near to each other, on the same side of the pass mark, agree."""


def critic_sft(trace: Trace, making: Making) -> Iterator[Example]:
    """Yield what a critic said of each draft, as far as it was borne out.

    By a person's mark, by what was measured, or by a fix of what it named that was then accepted.
    """
    for turn in _own(trace):
        critique = critique_of(turn)
        if _is_overturned(trace, turn, critique):
            making.left_out("a person decided otherwise than the critic")
            continue
        scores = [s for s in critique.scores if borne_out(trace, turn, s)]
        if not scores:
            making.left_out("nothing bears the critique out")
            continue
        yield _example(trace, making, turn, {s.dimension: s for s in scores}, None)


def critic_preference(trace: Trace, making: Making) -> Iterator[Example]:
    """Yield a person's marks against a critic's, where they disagree."""
    for turn in _own(trace):
        persons = {s.dimension: s for s in turn.critique.scores if s.dimension in turn.persons}
        wrong = [
            score
            for score in critique_of(turn).scores
            if score.value is not None
            and score.dimension in persons
            and not _agree(score, persons[score.dimension])
        ]
        if not wrong:
            making.left_out("no person disagrees with the critic")
            continue
        better = {s.dimension: _corrected(s, persons[s.dimension]) for s in wrong}
        yield _example(trace, making, turn, better, {s.dimension: s for s in wrong})


def _own(trace: Trace) -> Iterator[Judged]:
    return (turn for turn in trace.turns if turn.number > trace.copied and turn.code.strip())


def critique_of(turn: Judged) -> Critique:
    """Return what the critics of the loop said, whoever overruled them."""
    return turn.said


def borne_out(trace: Trace, turn: Judged, score: Score) -> bool:
    """Whether something besides the critic itself says that a score is right."""
    if score.value is None:
        return False
    if score.dimension in turn.persons:
        said = next(s for s in turn.critique.scores if s.dimension == score.dimension)
        return _agree(score, said)
    if not score.votes and _MEASURED in (score.by, score.by or critique_of(turn).critic):
        return True
    accepted = trace.accepted
    if score.passed or accepted is None or accepted.number <= turn.number:
        return False
    return any(s.dimension == score.dimension and s.passed for s in accepted.critique.scores)


def _agree(one: Score, other: Score) -> bool:
    if one.value is None or other.value is None:
        return False
    return one.passed == other.passed and abs(one.value - other.value) <= _AS_GOOD_AS_SAME


def _is_overturned(trace: Trace, turn: Judged, critique: Critique) -> bool:
    passed = rubrics.accepts(trace.task.rubric, critique.scores)
    return turn.by == PERSON and not turn.persons and turn.accepted != passed


def _corrected(wrong: Score, said: Score) -> Score:
    """Return a person's mark with the critic's evidence, where the person gave none."""
    return Score(
        dimension=wrong.dimension,
        value=said.value,
        pass_mark=wrong.pass_mark,
        evidence=said.evidence or wrong.evidence,
        advice="" if said.passed else said.advice or wrong.advice,
    )


def _example(
    trace: Trace,
    making: Making,
    turn: Judged,
    scores: Mapping[str, Score],
    rejected: Mapping[str, Score] | None,
) -> Example:
    dimensions = [d for d in trace.task.rubric.dimensions if d.name in scores]
    kind = ExampleKind.CRITIC_SFT if rejected is None else ExampleKind.CRITIC_PREFERENCE
    return Example(
        kind=kind,
        prompt=_prompt(trace, making, turn, dimensions),
        completion=_said(dimensions, scores, turn),
        rejected="" if rejected is None else _said(dimensions, rejected, turn),
        code=turn.code,
        provenance=making.origins.of(trace, turn),
    )


def _prompt(
    trace: Trace, making: Making, turn: Judged, dimensions: Sequence[Dimension]
) -> tuple[Message, ...]:
    """Return what a model critic is asked with, but for the canary of each request."""
    definition, sharing, system = making.prompts.critic_of(trace, pictures=making.pictures)
    draft, execution = turn.draft, turn.execution
    evidence = execution.evidence
    case = Case(trace.task, draft, execution, evidence.findings if evidence else ())
    text = prompt_of(
        case, asked_of(dimensions), definition, sharing, tokens=definition.token_budget
    ).text
    data = execution.picture if sharing.picture else None
    pictures = () if data is None else (Picture(data),)
    return system, Message("user", text, pictures)


def _said(dimensions: Sequence[Dimension], scores: Mapping[str, Score], turn: Judged) -> str:
    """Return the object that a critic is asked for: evidence, advice, then the score."""
    told = {
        one.key: {
            "evidence": _evidence(scores[one.dimension.name], one.dimension, turn),
            "advice": scores[one.dimension.name].advice,
            "score": level_of(scores[one.dimension.name], one.levels),
        }
        for one in asked_of(dimensions)
    }
    return json.dumps(told, ensure_ascii=False)


def _evidence(score: Score, dimension: Dimension, turn: Judged) -> str:
    """Return what a score rests on; codes of findings are told with what was found."""
    found = {finding.code: finding.message for finding in turn.critique.findings}
    lines = [f"`{one}`: {found[one]}" if one in found else one for one in score.evidence]
    if lines:
        return "; ".join(lines)
    checks = ", ".join(f"`{code}`" for code in dimension.checks)
    return f"No finding among {checks}." if checks else "Nothing speaks against it."


def level_of(score: Score, levels: Sequence[int]) -> int:
    """Return the level that is nearest to a mark, on the same side of the pass mark if one is."""
    value = score.value or 0.0
    side = [level for level in levels if (level >= score.pass_mark) == score.passed]
    return min(side or levels, key=lambda level: (abs(level - value), level))
