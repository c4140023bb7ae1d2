"""Two drafts of one run, of which one is better: preference pairs, reward pairs, good and bad."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from critique_loop.export.answers import fresh_answer, program
from critique_loop.export.judged import PERSON, Judged
from critique_loop.export.making import Making
from critique_loop.export.traces import Trace
from critique_loop.values import Evidence, Example, ExampleKind, Execution, Severity


def preference(trace: Trace, making: Making) -> Iterator[Example]:
    """Yield the accepted draft against the first one, and against the last that failed."""
    yield from _pairs(trace, making, ExampleKind.PREFERENCE)


def reward(trace: Trace, making: Making) -> Iterator[Example]:
    """Yield the same pairs with the gap of their scores as the margin."""
    yield from _pairs(trace, making, ExampleKind.REWARD)


def kto(trace: Trace, making: Making) -> Iterator[Example]:
    """Yield the accepted draft as good, and one that was not, the first of the run, as bad.

    One of each, so that neither outweighs the other.
    """
    good = making.learned(trace) if trace.accepted is not None else None
    if good is not None:
        yield _single(trace, making, good, label=True)
    elif trace.accepted is not None:
        return
    own = [turn for turn in trace.turns if turn.number > trace.copied and turn.code.strip()]
    known = [turn for turn in own if _is_bad(turn, trace)]
    bad = next((turn for turn in known if good is None or program(turn) != program(good)), None)
    if bad is not None:
        yield _single(trace, making, bad, label=False)
    elif known:
        making.left_out("the bad draft is the same program as the good one")
    else:
        making.left_out("no draft of the run is known to be bad")


def _is_bad(turn: Judged, trace: Trace) -> bool:
    """Whether a draft was not accepted, and is known to miss what was asked."""
    if turn.accepted:
        return False
    accepted = trace.accepted
    if accepted is not None and (turn.number, accepted.number) in trace.preferred:
        return not turn.passes_gates
    score, target = turn.score, trace.task.rubric.target
    missed = score is not None and score < target
    return missed or turn.by == PERSON or not turn.passes_gates


def _single(trace: Trace, making: Making, turn: Judged, *, label: bool) -> Example:
    return Example(
        kind=ExampleKind.KTO,
        prompt=making.prompts.first(trace),
        completion=fresh_answer(turn, trace.task),
        label=label,
        code=turn.code,
        provenance=making.origins.of(trace, turn),
    )


@dataclass(frozen=True, slots=True)
class _Two:
    """Two drafts, of which the first is better; ``by_person``: a person compared them."""

    chosen: Judged
    rejected: Judged
    by_person: bool = False

    @property
    def codes(self) -> frozenset[str]:
        """Both programs."""
        return frozenset((program(self.chosen), program(self.rejected)))


def _pairs(trace: Trace, making: Making, kind: ExampleKind) -> Iterator[Example]:
    seen: set[frozenset[str]] = set()
    for two in (*_preferred(trace, making), *_measured(trace, making)):
        if two.codes in seen:
            continue
        seen.add(two.codes)
        why = _against(making, two)
        if why:
            making.left_out(why)
        else:
            yield _pair(trace, making, kind, two)


def _preferred(trace: Trace, making: Making) -> Iterator[_Two]:
    """Yield what persons compared; their word comes before any score.

    Dimensions are compared, not drafts: no liking makes up for a program that fails.
    """
    by_number = {turn.number: turn for turn in trace.turns}
    for better, worse in sorted(trace.preferred):
        chosen, rejected = by_number[better], by_number[worse]
        if max(better, worse) <= trace.copied:
            continue
        if rejected.accepted and not (chosen.accepted or chosen.passes_gates):
            making.left_out("the draft that persons prefer fails, the other is accepted")
        elif making.selection.chosen(chosen, making.counts):
            yield _Two(chosen, rejected, by_person=True)


def _measured(trace: Trace, making: Making) -> Iterator[_Two]:
    if trace.accepted is None and trace.preferred:
        return
    chosen = making.chosen(trace)
    if chosen is None:
        return
    worse = _worse(trace, chosen)
    if not worse:
        making.left_out("the first draft was accepted: there is nothing to compare it with")
    for rejected in worse:
        if (rejected.number, chosen.number) in trace.preferred:
            making.left_out("persons prefer the other draft")
        else:
            yield _Two(chosen, rejected)


def _worse(trace: Trace, chosen: Judged) -> list[Judged]:
    """Return the first draft and the last one before ``chosen`` that was not accepted."""
    before = [
        turn
        for turn in trace.turns
        if turn.number < chosen.number and not turn.accepted and turn.code.strip()
    ]
    return list({turn.number: turn for turn in (*before[:1], *before[-1:])}.values())


def _pair(trace: Trace, making: Making, kind: ExampleKind, two: _Two) -> Example:
    chosen, rejected = two.chosen, two.rejected
    provenance = making.origins.of(trace, chosen, rejected)
    if two.by_person:
        provenance = replace(provenance, scored_by=PERSON)
    return Example(
        kind=kind,
        prompt=making.prompts.first(trace),
        completion=fresh_answer(chosen, trace.task),
        rejected=fresh_answer(rejected, trace.task),
        margin=max(0.0, _gap(chosen, rejected) or 0.0) if kind is ExampleKind.REWARD else None,
        code=chosen.code,
        rejected_code=rejected.code,
        provenance=provenance,
    )


def _against(making: Making, two: _Two) -> str:
    """Return why two drafts are no pair, "" where they are one."""
    one, other = program(two.chosen), program(two.rejected)
    if one == other:
        return "both programs are the same"
    most = making.max_length_ratio
    if max(len(one), len(other)) > most * min(len(one), len(other)):
        return f"--max-length-ratio: one is over {most:g} times as long"
    return "" if two.by_person else _too_near(making, two.chosen, two.rejected)


def _too_near(making: Making, chosen: Judged, rejected: Judged) -> str:
    """Return why one draft is not known to be better than the other, "" where it is."""
    by_word = PERSON in (chosen.by, rejected.by)
    gap, least = _gap(chosen, rejected), making.selection.min_gap
    if gap is None:
        return "" if by_word and not least else "one of the two is not scored"
    if gap <= 0:
        return "it does not score higher than the other"
    if gap < least:
        return f"--min-gap: the scores are less than {least:g} apart"
    if by_word or _differ(chosen.execution, rejected.execution):
        return ""
    return "running them shows no difference"


def _gap(chosen: Judged, rejected: Judged) -> float | None:
    if chosen.score is None or rejected.score is None:
        return None
    return round(chosen.score - rejected.score, 3)


def _differ(one: Execution, other: Execution) -> bool:
    """Whether what was measured on two executions differs, not only what somebody thinks of it."""
    if one.status is not other.status:
        return True
    if one.evidence is None or other.evidence is None:
        return one.stdout != other.stdout or one.files != other.files
    if one.evidence.facts != other.evidence.facts:
        return True
    return _codes(one.evidence) != _codes(other.evidence)


def _codes(evidence: Evidence) -> set[tuple[str, Severity]]:
    return {(finding.code, finding.severity) for finding in evidence.findings}
