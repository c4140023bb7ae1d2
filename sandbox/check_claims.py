"""Does a title claim of the numbers what they don't say?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from claim_values import Drawing, Group, drawing_of, named_in, within
from claim_words import Claim, claims_of, clauses_of, unknown_words, words_of
from figure_facts import TextFacts
from findings import Checked, Finding
from view import View, quoted

CODE = "claim_contradicted"
_LEAST_MOMENTS = 2
_PAIR = 2
_LEAST_WORDS = 2

Verdict = tuple[bool, str] | None
"""Whether the numbers bear a claim out, and what they are; None where nothing can be said."""


def check(view: View, goal: str) -> Checked:
    """Find claims that the drawn numbers contradict.

    The check counts as done only if every claim could be looked up, and every other word of the
    texts is a name, a unit or a word that claims nothing; else a reader has to judge.
    """
    texts = [text.text for text in _texts(view) if view.seen(text)]
    drawings = [drawing_of(plot.axes) for plot in view.plots]
    known = _known_words(view, goal)
    findings: list[Finding] = []
    is_done = True
    for text in texts:
        for clause in clauses_of(text):
            claims = list(claims_of(clause))
            for claim in claims:
                verdict = _verdict(claim, drawings[0]) if len(drawings) == 1 else None
                if verdict is not None and not verdict[0]:
                    findings.append(_contradicted(claim, verdict[1]))
                is_done = is_done and verdict is not None
            is_done = is_done and (bool(claims) or not unknown_words(clause, known))
    return Checked(tuple(findings), (CODE,) if is_done or findings else ())


def _texts(view: View) -> Iterator[TextFacts]:
    """Titles, and what is written into the plots in more than one word."""
    yield from view.figure.titles
    yield from (text for text in view.figure.texts if _says_something(text))
    for plot in view.plots:
        yield from plot.axes.titles
        yield from (text for text in plot.axes.texts if _says_something(text))


def _says_something(text: TextFacts) -> bool:
    return len(words_of(text.text)) >= _LEAST_WORDS


def _known_words(view: View, goal: str) -> set[str]:
    texts = [goal, *view.columns]
    for plot in view.plots:
        texts += [axis.label.text for axis in (plot.axes.x, plot.axes.y) if axis.label]
        texts += [name for series in plot.axes.series for name in (series.label, *series.names)]
    for legend in (*view.figure.legends, *(axes.legend for axes in view.figure.axes)):
        if legend is not None:
            texts += [text.text for text in (legend.title, *legend.labels) if text]
    return {word for text in texts for word in words_of(text)}


def _verdict(claim: Claim, drawing: Drawing) -> Verdict:
    if claim.kind in ("trend", "change"):
        return _over_time(claim, drawing.over_time)
    named = named_in(claim.text, drawing.compared)
    if claim.kind == "comparison":
        return _compared(claim, named) if len(named) == _PAIR else None
    return _extreme(claim, named[0], drawing.compared) if len(named) == 1 else None


def _over_time(claim: Claim, groups: Sequence[Group]) -> Verdict:
    """Look at the groups that are named, or at all: where none is, they have to agree."""
    subjects = named_in(claim.text, groups) or list(groups)
    verdicts = [_changed(claim, group) for group in subjects]
    told = [verdict for verdict in verdicts if verdict is not None]
    if not told or len(told) < len(verdicts) or len({right for right, _ in told}) > 1:
        return None
    return told[0]


def _changed(claim: Claim, group: Group) -> Verdict:
    moments = within(group.moments, claim.years)
    if moments is None or len(moments) < _LEAST_MOMENTS:
        return None
    first, last = moments[0].value, moments[-1].value
    told = f"from {first:.6g} to {last:.6g}"
    if claim.kind == "trend":
        return (last > first if claim.up else last < first), told
    if first <= 0 or last < 0:
        return None
    factor = last / first
    return claim.low <= factor <= claim.high, f"{told}, {factor:.3g} times as much"


def _compared(claim: Claim, named: Sequence[Group]) -> Verdict:
    one, other = named
    told = f"{one.name} {one.value:.6g}, {other.name} {other.value:.6g}"
    if not claim.factor:
        return (one.value > other.value if claim.up else one.value < other.value), told
    if other.value <= 0:
        return None
    return claim.low <= one.value / other.value <= claim.high, told


def _extreme(claim: Claim, named: Group, groups: Sequence[Group]) -> Verdict:
    if len(groups) < _PAIR:
        return None
    choose = max if claim.up else min
    end = choose(groups, key=lambda group: group.value)
    told = f"{named.name} has {named.value:.6g}, {end.name} {end.value:.6g}"
    return named.value == end.value, told


def _contradicted(claim: Claim, measured: str) -> Finding:
    return Finding(
        CODE,
        "error",
        f"the words {quoted(claim.text, 80)} are not what is drawn: {measured}",
        f"say what the numbers say ({measured}), or only what is shown",
        place="title",
        numbers={"claim": claim.text[:200], "measured": measured, "kind": claim.kind},
    )
