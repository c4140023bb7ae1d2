"""A real model, too weak for the work: what such a one says must occur, and be survived."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from critique_loop.critics.measured import MeasuredCritic
from critique_loop.data import profile
from critique_loop.executors.docker import DockerExecutor
from critique_loop.models.schemas import one_of, structure
from critique_loop.rubric import accepts, load
from critique_loop.values import AnswerSchema, Draft, Reply, Task
from critique_loop.writers.extracting import extract
from tests.servers.places import Place, outcome_of, told, user, words_of

pytestmark = [pytest.mark.anyio, pytest.mark.servers, pytest.mark.slow]

AIRPORTS = Path(__file__).parents[2] / "recipes" / "data" / "airports.csv"
TASK = (
    "Write a very short Python program that reads airports.csv with pandas and saves a bar chart "
    "of the number of airports by state as chart.png. Answer with the code alone."
)


async def test_it_repeats_itself_without_end_and_that_is_told_as_cut_off(place: Place) -> None:
    async with place.open(max_tokens=700) as model:
        came = await told(
            model, user("Tell me a story.", temperature=0.0, max_tokens=300, deadline_s=50.0)
        )

    assert outcome_of(came) == "truncated"
    sentences = Counter(part.strip() for part in words_of(came).split(".") if part.strip())
    assert max(sentences.values()) >= 2


@pytest.mark.docker
async def test_it_writes_programs_that_parse_and_are_wrong(place: Place) -> None:
    task = Task("number of airports by state", load("charts"), tables=(profile(AIRPORTS),))
    drafts: list[Draft] = []
    async with place.open(max_tokens=240) as model:
        for seed in (2, 4, 1, 3, 5, 6):
            came = await told(model, user(TASK, seed=seed, temperature=0.5, max_tokens=240))
            code = extract(words_of(came)).code if isinstance(came, Reply) else ""
            drafts += [Draft(code, writer="smollm2")] if code else []
            if len(drafts) == 2:
                break

    assert drafts
    async with DockerExecutor().session(task) as session:
        for draft in drafts:
            execution = await session.run(draft)
            critique = await MeasuredCritic().review(task, draft, execution, history=())
            assert not accepts(task.rubric, critique.scores)


async def test_it_gives_valid_json_that_means_nothing(place: Place) -> None:
    schema = AnswerSchema(
        "verdict", structure({"score": one_of(tuple(range(11))), "why": {"type": "string"}})
    )
    verdicts: list[object] = []
    async with place.open(max_tokens=300) as model:
        for program in ("print(1)", "raise SystemExit", "", "DROP TABLE charts"):
            asked = user(
                f"Score how well this program draws a bar chart, 0 to 10:\n{program}",
                schema=schema,
                temperature=0.0,
                max_tokens=200,
            )
            came = await told(model, asked)
            verdicts.append(came.data["score"] if isinstance(came, Reply) and came.data else None)

    scored = [verdict for verdict in verdicts if isinstance(verdict, int)]
    assert scored
    assert all(score in range(11) for score in scored)
    assert any(score > 0 for score in scored)  # none of these draws anything
