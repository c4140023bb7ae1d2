"""A real model, too weak for the work: what such a one says must occur, and be survived.

Everything is drawn with seeds, but another processor may round otherwise: where a behaviour is
looked for, several draws are made, and one that shows it is enough.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import cast

import pytest

from critique_loop import definitions
from critique_loop.critics.measured import MeasuredCritic
from critique_loop.critics.model import ModelCritic
from critique_loop.data import profile
from critique_loop.definitions import Sharing
from critique_loop.executors.docker import DockerExecutor
from critique_loop.ledger import Ledger
from critique_loop.models.schemas import one_of, structure
from critique_loop.protocols import Model
from critique_loop.rubric import accepts, load
from critique_loop.values import (
    AnswerSchema,
    Critique,
    Draft,
    Execution,
    ExecutionStatus,
    Reply,
    Request,
    Rubric,
    Task,
)
from critique_loop.writers.extracting import extract
from tests.servers.places import AGENTS, Place, outcome_of, told, user, words_of

pytestmark = [pytest.mark.anyio, pytest.mark.servers, pytest.mark.slow]

AIRPORTS = Path(__file__).parents[2] / "recipes" / "data" / "airports.csv"
GOAL = "number of airports by state"
LISTS = (
    "List all the words that rhyme with cat.",
    "Name every state and its number of airports.",
    "Tell me a story.",
)
PROGRAM = (
    "Write 5 lines of Python with pandas and matplotlib: read airports.csv, draw a bar chart of "
    f"the {GOAL}, save it as chart.png. No explanations."
)
DRAWING_NOTHING = ("raise SystemExit", "print('hello')", "import pandas")
PASS = 7
VERDICT = structure({"why": {"type": "string"}, "score": one_of(tuple(range(11)))})


async def test_it_repeats_itself_without_end_and_that_is_told_as_cut_off(place: Place) -> None:
    repeating: list[str] = []
    async with place.open(max_tokens=160) as model:
        for question in LISTS:
            came = await told(model, user(question, temperature=0.0, max_tokens=160))
            if is_repeating(words_of(came)):
                repeating.append(outcome_of(came))
                break

    assert repeating == ["truncated"]  # never an answer


@pytest.mark.docker
async def test_it_writes_programs_that_parse_and_are_wrong(place: Place) -> None:
    task = Task(GOAL, load("charts"), tables=(profile(AIRPORTS),))
    drafts: list[Draft] = []
    async with place.open(max_tokens=160) as model:
        for temperature, seed in ((0.0, 1), (0.5, 2), (0.5, 4), (0.5, 1)):
            asked = user(PROGRAM, seed=seed, temperature=temperature, max_tokens=160)
            came = await told(model, asked)
            code = extract(words_of(came)).code if isinstance(came, Reply) else ""
            drafts += [Draft(code, writer="smollm2")] if code else []
            if len(drafts) == 2:
                break

    assert drafts
    assert all(ast.parse(draft.code).body for draft in drafts)
    async with DockerExecutor().session(task) as session:
        for draft in drafts:
            execution = await session.run(draft)
            critique = await MeasuredCritic().review(task, draft, execution, history=())
            assert not accepts(task.rubric, critique.scores)


async def test_it_gives_valid_json_that_means_nothing(place: Place) -> None:
    verdicts: list[Mapping[str, object]] = []
    async with place.open(max_tokens=64) as model:
        for program in (*DRAWING_NOTHING, "DROP TABLE charts", ""):
            question = f"Rate this chart program from 0 (useless) to 10 (perfect):\n{program}"
            schema = AnswerSchema("verdict", VERDICT)
            came = await told(model, user(question, schema=schema, temperature=0.0, max_tokens=64))
            verdicts += [came.data] if isinstance(came, Reply) and came.data else []

    assert verdicts
    assert all(isinstance(verdict["why"], str) for verdict in verdicts)
    assert all(verdict["score"] in range(11) for verdict in verdicts)
    assert any(cast("int", verdict["score"]) >= PASS for verdict in verdicts)  # none draws anything


async def test_the_model_critic_alone_accepts_nothing_that_is_worthless(place: Place) -> None:
    rubric = only(load("charts-judged"), "answer")
    task = Task(GOAL, rubric, tables=(profile(AIRPORTS),))
    nothing_drawn = Execution(ExecutionStatus.OK, exit_code=0)
    short = replace(definitions.load(AGENTS / "critic.md"), temperature=0.9, max_tokens=100)
    critiques: list[Critique] = []
    async with place.open(max_tokens=100) as model:
        heard = Heard(model)
        with Ledger().active():
            for code, seed in product(DRAWING_NOTHING[:2], (1, 2, 3)):
                critic = ModelCritic(
                    heard, definition=replace(short, seed=seed), sharing=Sharing(picture=False)
                )
                draft = Draft(code, writer="somebody")
                critiques.append(await critic.review(task, draft, nothing_drawn, history=()))

    assert max(heard.scores("answer"), default=0) >= PASS  # it did say so
    assert not any(accepts(rubric, critique.scores) for critique in critiques)
    assert not any(score.passed for critique in critiques for score in critique.scores)


def is_repeating(text: str) -> bool:
    """Return whether a text ends in the same words four times, one after the other."""
    ends = (text[-size:] for size in range(2, len(text) // 4 + 1))
    return any(end.strip() and text.endswith(end * 4) for end in ends)


def only(rubric: Rubric, dimension: str) -> Rubric:
    return replace(rubric, dimensions=tuple(d for d in rubric.dimensions if d.name == dimension))


class Heard:
    """A model whose replies are kept, to see what was said of what a critic makes of it."""

    def __init__(self, model: Model) -> None:
        self.name = model.name
        self.replies: list[Reply] = []
        self._model = model

    async def complete(self, request: Request) -> Reply:
        reply = await self._model.complete(request)
        self.replies.append(reply)
        return reply

    def scores(self, dimension: str) -> list[int]:
        said = [(reply.choices[0].data or {}).get(dimension) for reply in self.replies]
        entries = [cast("Mapping[str, object]", one) for one in said if isinstance(one, Mapping)]
        return [score for entry in entries if isinstance(score := entry.get("score"), int)]
