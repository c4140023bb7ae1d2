"""Examples to curate: the grammar writer's charts of real tables, multiplied, and short ones."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import anyio
import goal_oracle

from critique_loop import rubric
from critique_loop.data.profiling import profile
from critique_loop.definitions import Sharing
from critique_loop.definitions.reading import load
from critique_loop.errors import WriterGaveUp
from critique_loop.values import Example, ExampleKind, Message, Provenance, Table, Task
from critique_loop.writers.grammar import GrammarWriter
from critique_loop.writers.prompting import Turn, prompt_of, system_message

HERE = Path(__file__).parent
TABLES = HERE.parent / "tests" / "data"
GOALS = ("goals.toml", "goals_more.toml")
TOKENS = 16_000
EVERY = 10
EXTRA = (
    "ax.axhline({a}, color='#{b:06x}', linewidth={c})",
    "low_{b} = data['{w}'].quantile({c} / 100)",
    "data = data[data['{w}'] > {a}]",
    "ax.annotate('{w} {v}', xy=({a}, {c}))",
    "print('{w}', data['{v}'].median() * {a})",
    "data['{w}_{v}'] = data['{w}'] - data['{v}'] * {c}",
    "for {w} in range({a}):\n    ax.axvline({w} * {c})",
    "rows_{b} = [{w} for {w} in names if {w}.startswith('{v}')]",
)


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart of a real table: what was asked, and what the writer wrote."""

    table: str
    goal: str
    prompt: tuple[Message, ...]
    code: str
    explanation: str


def charts() -> list[Chart]:
    """Return the first drafts for the goals on real tables that the writer does not refuse."""
    return anyio.run(_charts)


async def _charts() -> list[Chart]:
    definition, charts_rubric = load("chart_writer"), rubric.load("charts")
    system, writer = system_message(definition), GrammarWriter()
    tables: dict[str, Table] = {}
    found: list[Chart] = []
    for goal in (each for name in GOALS for each in goal_oracle.load(HERE / "goals" / name)):
        if goal.table not in tables:
            tables[goal.table] = profile(TABLES / f"{goal.table}.csv")
        task = Task(goal.text, charts_rubric, tables=(tables[goal.table],))
        try:
            draft = await writer.draft(task, history=())
        except WriterGaveUp:
            continue
        text = prompt_of(Turn(task, ()), definition, Sharing(), tokens=TOKENS).text
        prompt = (system, Message("user", text))
        found.append(Chart(goal.table, goal.text, prompt, draft.code, draft.explanation))
    return found


def multiplied(base: Sequence[Chart], number: int, *, seed: int = 0) -> Iterator[Example]:
    """Yield charts with statements of their own, so that most of them pass every step.

    Every tenth is an earlier one again, with another name for its data.
    """
    dice = random.Random(seed)  # noqa: S311 - a draw, no secret
    words = [f"{a}{b}{c}" for a in "bdfgklm" for b in "aeiou" for c in ("ra", "ton", "sel", "vik")]
    last = base[0]
    for place in range(number):
        chart = base[place % len(base)]
        if place % EVERY:
            chart = last = replace(chart, code=_longer(chart, words, dice))
        else:
            chart = replace(chart, code=last.code.replace("data", "table"))
        goal = f"{chart.goal} ({dice.choice(words)} {place})"
        system, user = chart.prompt
        asked = Message("user", user.text.replace(chart.goal, goal))
        yield example_of(replace(chart, prompt=(system, asked)), place)


def example_of(chart: Chart, place: int) -> Example:
    """Return a chart as an example; some of one table are a group."""
    where = Provenance(
        f"run{place}",
        (1,),
        group=f"{chart.table} {place // 500}",
        task_kind="chart",
        task_sha256=f"{place:064d}",
    )
    answer = f"{chart.explanation}\n\n```python\n{chart.code}\n```"
    return Example(ExampleKind.SFT, chart.prompt, answer, code=chart.code, provenance=where)


def _longer(chart: Chart, words: Sequence[str], dice: random.Random) -> str:
    extra = [
        form.format(
            a=dice.randrange(1000),
            b=dice.randrange(2**24),
            c=dice.randrange(100),
            w=dice.choice(words),
            v=dice.choice(words),
        )
        for form in dice.choices(EXTRA, k=6)
    ]
    return "\n".join([chart.code, *extra])


def short(number: int, *, seed: int = 0) -> Iterator[Example]:
    """Yield small examples, no two of them alike, to see what memory does with many."""
    dice = random.Random(seed)  # noqa: S311 - a draw, no secret
    for place in range(number):
        a, b, c = (dice.getrandbits(40) for _ in range(3))
        code = f"v{a:x} = f{b:x}(w{c:x}, {place})\nax.bar(v{a:x}, g{c:x}(h{b:x}))\n"
        where = Provenance(f"run{place}", (1,), group=f"g{place // 4}", task_sha256=f"{place}")
        asked = Message("user", f"draw u{a:x} by q{b:x} where p{c:x} is {place}")
        yield Example(ExampleKind.SFT, (asked,), code, code=code, provenance=where)
