"""Criteria for a task, suggested by a model as a draft that a person has to go through.

The task sentence, a good and a bad example lead to criteria with their values as in AgentEval
(Arabzadeh et al. 2024, arXiv:2402.09015); there a second agent applies them, here a person does
not have to take them: the file can't be loaded before its ``draft`` line is removed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from critique_loop.definitions import Definition, load
from critique_loop.definitions.fences import RULE
from critique_loop.definitions.fitting import (
    Fitted,
    Form,
    Section,
    ends_of,
    estimated_tokens,
    fitted,
)
from critique_loop.errors import DefinitionError, ModelError, ModelErrorKind
from critique_loop.models import schemas
from critique_loop.protocols import Model
from critique_loop.rubric.reading import folded
from critique_loop.rubric.writing import comment, entry, literal
from critique_loop.values import (
    AnswerSchema,
    Dimension,
    Message,
    Reply,
    Request,
    Rubric,
    Scorer,
    TaskKind,
)

_LEVELS = (0, 4, 7, 10)
_MOST = 8
_LONGEST_NAME = 60
_LONGEST_TEXT = 400
_EXAMPLE_SIZES = (6000, 2000, 600)
_ALIKE = 0.4
_JOINERS = "\u200c\u200d"
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_WORD = re.compile(r"\w{4,}")
_STEM = 5


@dataclass(frozen=True, slots=True)
class Wish:
    """What criteria are wanted for.

    ``good`` and ``bad`` are examples of results as text ("": none). ``rubric`` is the one that the
    draft is to extend.
    """

    task: str
    kind: TaskKind = TaskKind.CHART
    good: str = ""
    bad: str = ""
    rubric: Rubric | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One suggested dimension, and which others it is ``like``."""

    dimension: Dimension
    like: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Suggested:
    """What a model suggested, its reply with what it took, and what there was no room to tell."""

    suggestions: tuple[Suggestion, ...]
    reply: Reply
    cut: tuple[str, ...] = ()


async def suggest(
    model: Model, wish: Wish, *, definition: Definition | str | Path = "rubric_suggester"
) -> Suggested:
    """Ask ``model`` once what results of the task should be judged by.

    Raises:
        DefinitionError: the definition is wrong, or of another role.
        ModelError: the model can't be reached, or suggested nothing that can be used.
        BudgetEnded: asking could go over the budget.
    """
    if not isinstance(definition, Definition):
        definition = load(definition)
    if definition.role != "suggester":
        problem = f"the agent {definition.name} is a {definition.role}, not a suggester"
        raise DefinitionError(Path(definition.name), problem)
    system = f"{definition.prompt}\n\n{RULE}"
    told = _told(wish, definition.token_budget - estimated_tokens(system))
    messages = (Message("system", system), Message("user", told.text))
    reply = await model.complete(_request(definition, messages))
    data = reply.data if reply.choices else None
    suggestions = tuple(_suggestions((data or {}).get("criteria"), wish))
    if not suggestions:
        raise ModelError(
            ModelErrorKind.EMPTY,
            f"{model.name} suggested nothing that can be used",
            remedy="Say more of what a good result is, or ask a larger model.",
        )
    return Suggested(suggestions, reply, told.cut)


def draft_of(suggested: Suggested, wish: Wish, *, name: str, extends: str = "") -> str:
    """Return the text of a rubric file that can't be loaded before a person has gone through it."""
    lines = [
        comment(f"A DRAFT that {suggested.reply.model} suggested; nobody has gone through it yet."),
        comment(f"The task: {wish.task}"),
        "#",
        "# Is each dimension yours? Would two people choose the same level? What does it weigh,",
        "# must it pass (gate = true), who may score it? Then remove the next line.",
        "draft = true",
        f"name = {literal(name)}",
    ]
    lines.append(f"extends = {literal(extends)}" if extends else "target = 8.0")
    parts = [entry(each.dimension, _doubts(each)) for each in suggested.suggestions]
    return "\n".join(lines) + "\n\n" + "\n".join(parts)


def _doubts(suggestion: Suggestion) -> list[str]:
    return [f'Much like "{name}": keep one of the two.' for name in suggestion.like]


def _request(definition: Definition, messages: tuple[Message, ...]) -> Request:
    level = {f"level_{value}": schemas.text(f"What deserves {value} of 10.") for value in _LEVELS}
    criterion = schemas.structure(
        {
            "name": schemas.text("One to three words."),
            "question": schemas.text("The one question that a score answers."),
            **level,
        }
    )
    answer = schemas.structure({"criteria": schemas.listed(criterion)})
    return Request(
        messages=messages,
        schema=AnswerSchema("criteria", answer),
        temperature=definition.temperature,
        top_p=definition.top_p,
        max_tokens=definition.max_tokens,
        seed=definition.seed,
        role="suggester",
    )


def _told(wish: Wish, tokens: int) -> Fitted:
    """Return the task, what there is already, and the examples, which others may have written."""
    there = wish.rubric.dimensions if wish.rubric else ()
    existing = "\n".join(f"- {d.name}: {d.question}" for d in there)
    kind = "a chart, drawn by a program" if wish.kind is TaskKind.CHART else "a program"
    sections = (
        Section("Task", (Form(wish.task),), 0, trusted=True),
        Section("Kind of result", (Form(kind),), 0, trusted=True),
        Section("Dimensions there are already", (Form(existing),), 1, 0.4, trusted=True),
        Section("A good result", ends_of(wish.good, _EXAMPLE_SIZES), 2, 0.4),
        Section("A bad result", ends_of(wish.bad, _EXAMPLE_SIZES), 2, 0.4),
    )
    return fitted(sections, tokens=tokens)


def _suggestions(criteria: object, wish: Wish) -> Iterable[Suggestion]:
    """Yield what can be used; names that are taken get a number."""
    listed = cast("list[object]", criteria) if isinstance(criteria, list) else []
    known = list(wish.rubric.dimensions) if wish.rubric else []
    for number, each in enumerate(listed[:_MOST], 1):
        said = cast("Mapping[str, object]", each if isinstance(each, Mapping) else {})
        question = _line(said.get("question"), _LONGEST_TEXT)
        if not question:
            continue
        wanted = _line(said.get("name"), _LONGEST_NAME) or f"criterion {number}"
        levels = {value: _line(said.get(f"level_{value}"), _LONGEST_TEXT) for value in _LEVELS}
        dimension = Dimension(
            name=_free(wanted, [d.name for d in known]),
            question=question,
            levels={value: text for value, text in levels.items() if text},
            applies_to=(wish.kind,),
            scored_by=(Scorer.MODEL, Scorer.PERSON),
        )
        yield Suggestion(dimension, tuple(d.name for d in known if _alike(wanted, dimension, d)))
        known.append(dimension)


def _line(value: object, longest: int) -> str:
    """Return a model's text on one line, without what can't be seen."""
    text = value if isinstance(value, str) else ""
    kept = "".join(c if c in _JOINERS or _is_seen(c) else " " for c in text)
    kept = " ".join(kept.split())[:longest].strip()
    return kept if kept.strip(_JOINERS) else ""


def _is_seen(character: str) -> bool:
    return unicodedata.category(character) not in _HIDDEN


def _free(name: str, taken: Sequence[str]) -> str:
    """Return ``name``, with a number where another one looks like it."""
    used = {folded(each) for each in taken}
    free, number = name, 2
    while folded(free) in used:
        free, number = f"{name} {number}", number + 1
    return free


def _alike(wanted: str, one: Dimension, other: Dimension) -> bool:
    """Return whether two dimensions have the same name, or ask in much the same words."""
    if folded(wanted) == folded(other.name):
        return True
    words, others = _stems(one), _stems(other)
    return bool(words) and len(words & others) / len(words | others) >= _ALIKE


def _stems(dimension: Dimension) -> set[str]:
    text = f"{dimension.name} {dimension.question}".casefold()
    return {word[:_STEM] for word in _WORD.findall(text)}
