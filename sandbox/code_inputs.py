"""Calls to try a function with: like the examples, and a few at the edge of what they show."""

from __future__ import annotations

import copy
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from code_examples import Example, examples
from code_hints import may_be_none, parameters, shape_of
from code_request import CodeRequest
from code_shapes import Fields, Seen, Shape, learn

MOST = 60
_SEED = 20260101
_TRIES = 12
_LONGEST = 4000
# Words by which a task says that input at an edge is allowed.
_EDGES = {
    "empty": re.compile(r"\bempty\b|\bno (items|elements|words|numbers|entries)\b", re.IGNORECASE),
    "zero": re.compile(r"\bzero\b|(?<![\w.])0(?![\w.])|non-?negative", re.IGNORECASE),
    "negative": re.compile(r"\bnegative\b(?<!non-negative)|\bany (int|number)", re.IGNORECASE),
    "unicode": re.compile(r"\bunicode\b|\bnon-?ascii\b|\bany (text|string)", re.IGNORECASE),
    "none": re.compile(r"\bNone\b(?! (if|when|where))"),
}


@dataclass(frozen=True, slots=True)
class Input:
    """The arguments of a call. ``inside``: like the examples; else ``edge`` says what is new."""

    args: tuple[Any, ...]
    inside: bool = True
    edge: str = ""

    @property
    def size(self) -> int:
        """How much there is to read."""
        return len(repr(self.args))


@dataclass(frozen=True, slots=True)
class Inputs:
    """What to try. ``shown``: examples say what is allowed, be they hidden; else annotations."""

    calls: tuple[Input, ...] = ()
    shown: bool = False
    visible: tuple[tuple[Any, ...], ...] = ()


def inputs_for(asked: CodeRequest, most: int = MOST) -> Inputs:
    """Return calls of the entry point: visible examples and made-up ones, smallest first.

    None of them is a call of a hidden test.
    """
    known = [(one, args) for one in examples(asked) if (args := _positional(one, asked))]
    positional = [Seen(args, one.hidden) for one, args in known if not one.refused]
    visible = tuple(one.value for one in positional if not one.hidden)
    hidden = {repr(args) for one, args in known if one.hidden} - {repr(args) for args in visible}
    shapes = _shapes(positional, asked)
    if not shapes:
        return Inputs(shown=bool(positional))
    rng = random.Random(_SEED)  # noqa: S311 - the same task is tried the same way each time
    inside = [Input(args) for args in visible] + [Input(args) for args in _made(shapes, rng, most)]
    edges = [*_edges(inside, asked, rng)]
    calls = {repr(call.args): call for call in reversed((*inside, *edges)) if call.size < _LONGEST}
    calls = {words: call for words, call in calls.items() if words not in hidden}
    ordered = sorted(calls.values(), key=lambda call: (not call.inside, call.size))
    return Inputs(tuple(ordered), bool(positional), visible)


def scalable_shape(asked: CodeRequest) -> Fields | None:
    """Return the shape of the arguments that most examples have, None where none is known."""
    known = [(one, args) for one in examples(asked) if (args := _positional(one, asked))]
    seen = [Seen(args, one.hidden) for one, args in known if not one.refused]
    counts = Counter(len(one.value) for one in seen)
    usual = max(counts, key=lambda count: (counts[count], count), default=0)
    shapes = _shapes([one for one in seen if len(one.value) == usual], asked)
    return shapes[0] if shapes and isinstance(shapes[0], Fields) else None


def _positional(example: Example, asked: CodeRequest) -> tuple[Any, ...] | None:
    """The arguments by place; None where a keyword leaves a gap."""
    if not example.kwargs:
        return example.args
    names = [one.arg for one in parameters(asked.signature, asked.entry_point, optional=True)]
    rest = names[len(example.args) : len(example.args) + len(example.kwargs)]
    if set(rest) != set(example.kwargs):
        return None
    return (*example.args, *(example.kwargs[name] for name in rest))


def _shapes(seen: Sequence[Seen], asked: CodeRequest) -> list[Shape]:
    """One shape for each number of arguments that occurs, or the one that the signature says."""
    if seen:
        counts = sorted({len(one.value) for one in seen})
        return [learn([one for one in seen if len(one.value) == count]) for count in counts]
    hinted = [shape_of(one.annotation) for one in parameters(asked.signature, asked.entry_point)]
    known = [shape for shape in hinted if shape is not None]
    return [Fields(tuple, dict(enumerate(known)))] if known and len(known) == len(hinted) else []


def _made(shapes: Sequence[Shape], rng: random.Random, most: int) -> Iterator[tuple[Any, ...]]:
    for number in range(most):
        for _ in range(_TRIES):
            try:
                made = shapes[number % len(shapes)].make(rng)
            except (LookupError, TypeError, ValueError):
                continue
            if isinstance(made, tuple):
                yield made
                break


def _edges(inside: Sequence[Input], asked: CodeRequest, rng: random.Random) -> Iterator[Input]:
    """Inputs with one argument at an edge; those count as allowed that the task speaks of."""
    said = f"{asked.goal}\n{asked.signature}"
    allowed = {edge for edge, words in _EDGES.items() if words.search(said)}
    shown = {repr(call.args) for call in inside}
    given = parameters(asked.signature, asked.entry_point, optional=True)
    absent = {place for place, one in enumerate(given) if may_be_none(one.annotation)}
    for call in rng.sample(list(inside), min(len(inside), 8)):
        for place, value in enumerate(call.args):
            none = [("none", None)] if place in absent else []
            for edge, other in (*none, *_edge_values(value)):
                args = (*call.args[:place], other, *call.args[place + 1 :])
                if repr(args) not in shown:
                    yield Input(copy.deepcopy(args), inside=edge in allowed, edge=edge)


def _edge_values(value: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any value
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int | float):
        yield "zero", type(value)(0)
        yield "negative", -abs(value) or type(value)(-1)
        yield "large", value * 10 + 7
    elif isinstance(value, str):
        yield "empty", ""
        if value:
            yield "single", value[:1]
            yield "unicode", value + "\N{LATIN SMALL LETTER E WITH ACUTE}"
    elif isinstance(value, list | tuple | set | frozenset | dict):
        yield "empty", type(cast("list[Any]", value))()
        if isinstance(value, list) and value:
            items = cast("list[Any]", value)
            yield "single", items[:1]
            yield "repeated", [*items, items[0]]
