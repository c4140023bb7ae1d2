"""What a chart's program does, explained by a model and checked against the program.

The three parts are LIDA's (Dibia 2023, arXiv:2303.02927): accessibility, transformation,
visualization.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import anyio

from critique_loop.definitions import Definition, Sharing, load
from critique_loop.definitions.fences import RULE
from critique_loop.definitions.fitting import Form, Section, ends_of, estimated_tokens, fitted
from critique_loop.definitions.telling import task_sections
from critique_loop.errors import CallError, DefinitionError, ModelError, ModelErrorKind
from critique_loop.models import schemas
from critique_loop.protocols import Model
from critique_loop.values import AnswerSchema, Message, Outcome, Reply, Request, Task

_PROGRAM_SIZES = (40_000, 12_000, 4000)
_LONGEST = 3000
_PARTS = {
    "accessibility": "What a reader sees.",
    "transformation": "What happens to the data.",
    "visualization": "How it is drawn.",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an explanation, and the lines of the program that it is about.

    ``missing`` are lines that the model quoted and that are not in the program: with any of them
    the part is not to be trusted.
    """

    explanation: str
    code: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """A chart's program explained; ``cut`` is what there was no room to show the model."""

    accessibility: Part
    transformation: Part
    visualization: Part
    reply: Reply
    cut: tuple[str, ...] = ()


async def explain(
    chart: Outcome | str,
    *,
    model: Model,
    definition: Definition | str | Path = "chart_explain",
    sharing: Sharing = Sharing(),  # noqa: B008 - frozen
) -> Explanation:
    """Ask ``model`` once what the program of ``chart`` does: an outcome's best, or a text.

    Nothing is run. Each part names lines of the program, which are looked up in it.

    Raises:
        CallError: the outcome has no program.
        DefinitionError: the definition is wrong, or of another role.
        ModelError: the model can't be reached, or its answer is of no use.
        BudgetEnded: asking could go over the budget.
    """
    if not isinstance(definition, Definition):
        definition = load(definition)
    if definition.role != "explainer":
        problem = f"the agent {definition.name} is a {definition.role}, not an explainer"
        raise DefinitionError(Path(definition.name), problem)
    code, task = _program(chart)
    shared = definition.sharing & sharing
    system = f"{definition.prompt}\n\n{RULE}"
    sections = (
        *(task_sections(task, shared) if task else ()),
        Section("Program", ends_of(code, _PROGRAM_SIZES), 1, 0.8),
        Section("Now", (Form("Explain the program in its three parts."),), 0, trusted=True),
    )
    told = fitted(sections, tokens=definition.token_budget - estimated_tokens(system))
    messages = (Message("system", system), Message("user", told.text))
    reply = await model.complete(_request(definition, messages))
    parts = _parts(reply, code, model.name)
    return Explanation(**parts, reply=reply, cut=told.cut)


def explain_sync(chart: Outcome | str, *, model: Model) -> Explanation:
    """Ask as ``explain`` does, where no event loop runs."""

    async def main() -> Explanation:
        return await explain(chart, model=model)

    return anyio.run(main)


def _program(chart: Outcome | str) -> tuple[str, Task | None]:
    if isinstance(chart, str):
        code, task = chart, None
    else:
        code, task = (chart.best.code if chart.best else ""), chart.task
    if not code.strip():
        raise CallError("there is no program to explain", remedy="Give one, or an outcome's.")
    return code, task


def _request(definition: Definition, messages: tuple[Message, ...]) -> Request:
    parts = {
        name: schemas.structure(
            {
                "code": schemas.listed(schemas.text(), "Lines of the program, copied exactly."),
                "explanation": schemas.text(what),
            }
        )
        for name, what in _PARTS.items()
    }
    return Request(
        messages=messages,
        schema=AnswerSchema("explanation", schemas.structure(parts)),
        temperature=definition.temperature,
        top_p=definition.top_p,
        max_tokens=definition.max_tokens,
        seed=definition.seed,
        role="explainer",
    )


def _parts(reply: Reply, code: str, name: str) -> dict[str, Part]:
    data = reply.data if reply.choices else None
    parts = {part: _part((data or {}).get(part), code) for part in _PARTS}
    if not any(part.explanation for part in parts.values()):
        raise ModelError(ModelErrorKind.EMPTY, f"{name} explained nothing")
    return parts


def _part(said: object, code: str) -> Part:
    entry = cast("Mapping[str, object]", said if isinstance(said, Mapping) else {})
    explanation, quoted = entry.get("explanation"), entry.get("code")
    lines = cast("list[object]", quoted) if isinstance(quoted, list) else []
    wanted = [line.strip() for line in lines if isinstance(line, str) and line.strip()]
    there = _squeezed(code)
    found = tuple(line for line in wanted if _squeezed(line) in there)
    missing = tuple(line for line in wanted if _squeezed(line) not in there)
    text = explanation.strip()[:_LONGEST] if isinstance(explanation, str) else ""
    return Part(text, found, missing)


def _squeezed(text: str) -> str:
    return "".join(text.split())
