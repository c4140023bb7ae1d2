"""What bugs a model suspects in a program, each with a call that would show it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from critique_loop.critics.facts import fact_sections
from critique_loop.definitions import Definition, Sharing
from critique_loop.definitions.fences import RULE
from critique_loop.definitions.fitting import (
    Fitted,
    Form,
    Section,
    ends_of,
    estimated_tokens,
    fitted,
)
from critique_loop.definitions.telling import task_sections
from critique_loop.models import schemas
from critique_loop.values import AnswerSchema, Draft, Execution, Message, Request, Task

_PROGRAM_SIZES = (40_000, 12_000, 4000)
_LONGEST_TEXT = 300
_LONGEST_JSON = 2000
_CLAIMS = ("raises", "hangs", "wrong")


@dataclass(frozen=True, slots=True)
class Suspicion:
    """One suspected bug: the line, why, and the ``arguments`` of a call that shows it.

    ``claim`` is "raises", "hangs" or "wrong".
    """

    arguments: Sequence[object]
    claim: str
    reason: str = ""
    line: str = ""


@dataclass(frozen=True, slots=True)
class Suspected:
    """What a model suspects; ``unusable`` counts entries without a call that can be made."""

    suspicions: tuple[Suspicion, ...]
    unusable: int = 0


def request_for(
    task: Task, draft: Draft, execution: Execution, definition: Definition, sharing: Sharing
) -> tuple[Request, Fitted]:
    """Return the question for suspected bugs, and the prompt with what it had no room for."""
    system = f"{definition.prompt}\n\n{RULE}"
    code = ends_of(draft.code, _PROGRAM_SIZES) if sharing.code else ()
    sections = (
        *task_sections(task, sharing),
        Section("Program", code, 1, 0.6),
        *(fact_sections(task, execution) if sharing.output else ()),
        Section("Now", (Form("List the bugs you suspect."),), 0, trusted=True),
    )
    told = fitted(sections, tokens=definition.token_budget - estimated_tokens(system))
    request = Request(
        messages=(Message("system", system), Message("user", told.text)),
        schema=_schema(),
        temperature=definition.temperature,
        top_p=definition.top_p,
        max_tokens=definition.max_tokens,
        seed=definition.seed,
        role="tester",
    )
    return request, told


def _schema() -> AnswerSchema:
    suspicion = schemas.structure(
        {
            "line": schemas.text("The line that is wrong, copied exactly."),
            "reason": schemas.text("What goes wrong there."),
            "arguments": schemas.text("The arguments of one call, as a JSON list."),
            "claim": schemas.one_of(_CLAIMS, "What the call does."),
            "expected": schemas.text("What it should return, as JSON; empty unless it is wrong."),
        }
    )
    return AnswerSchema("suspicions", schemas.structure({"suspicions": schemas.listed(suspicion)}))


def suspected_in(data: Mapping[str, object] | None, *, most: int) -> Suspected:
    """Return the first ``most`` suspicions of an answer whose call can be made, each call once."""
    listed = (data or {}).get("suspicions")
    entries = cast("list[object]", listed) if isinstance(listed, list) else []
    found: dict[str, Suspicion] = {}
    unusable = 0
    for entry in entries[:most]:
        suspicion = _suspicion(entry)
        if suspicion is None:
            unusable += 1
        else:
            found.setdefault(json.dumps(suspicion.arguments), suspicion)
    return Suspected(tuple(found.values()), unusable)


def _suspicion(entry: object) -> Suspicion | None:
    said = cast("Mapping[str, object]", entry if isinstance(entry, Mapping) else {})
    written = said.get("arguments")
    claim = said.get("claim")
    if not isinstance(written, str) or len(written) > _LONGEST_JSON or claim not in _CLAIMS:
        return None
    try:
        arguments: object = json.loads(written)
    except (ValueError, RecursionError):
        return None
    if not isinstance(arguments, list):
        return None
    return Suspicion(
        cast("list[object]", arguments),
        str(claim),
        reason=_text(said.get("reason")),
        line=_text(said.get("line")),
    )


def _text(value: object) -> str:
    return " ".join(value.split())[:_LONGEST_TEXT] if isinstance(value, str) else ""
