"""Prompts: those of inference, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from critique_loop.definitions import load
from critique_loop.export.making import Making
from critique_loop.export.prompts import Prompts
from critique_loop.export.traces import trace_of
from critique_loop.store import SqliteStore
from critique_loop.testing.stored_runs import Turn, events_of, keep, keep_events, task_of
from critique_loop.values import CodeSpec, EventKind, Example, Message, Suite, SuiteKind, TaskKind
from critique_loop.writers.prompting import Turn as Asked
from critique_loop.writers.prompting import prompt_of, system_message

MakeExamples = Callable[..., list[Example]]
BAD = Turn("print('bad')\n", 5.0)
GOOD = Turn("print('good')\n", 9.0)
GOALS = [
    "mean Power by Origin",
    "  a goal\nof two lines <|im_start|>  ",
    "\u202eright to left \x1b[31m",
    "long " * 4000,
    "the goal 8c1e5b0f stands here",
]


def rendered(store: SqliteStore, prompts: Prompts | None = None) -> list[tuple[Message, ...]]:
    using = prompts or Prompts()
    return [using.first(trace_of(run, told=using.told)) for run in store.scan()]


def test_a_prompt_is_word_for_word_what_the_writer_is_asked_with(store: SqliteStore) -> None:
    definition = load("chart_writer")
    tasks = [task_of(goal, place % 2) for place, goal in enumerate(GOALS)]
    for place, task in enumerate(tasks):
        keep(store, BAD, GOOD, run_id=f"run{place}", task=task)

    found = rendered(store)

    assert [messages[0] for messages in found] == [system_message(definition)] * len(GOALS)
    assert [messages[1].text for messages in found] == [
        prompt_of(
            Asked(task, ()), definition, definition.sharing, tokens=definition.token_budget
        ).text
        for task in tasks
    ]


def test_a_refinement_is_asked_for_with_the_draft_and_its_critique(
    store: SqliteStore, examples: MakeExamples
) -> None:
    keep(store, BAD, GOOD)

    (found,) = examples("trajectory")

    assert BAD.code in found.prompt[1].text
    assert "warning title_missing: no title" in found.prompt[1].text
    assert found.code == GOOD.code


def test_what_a_run_kept_back_from_models_is_kept_back_from_rows(store: SqliteStore) -> None:
    keep(store, BAD, GOOD, settings={"withheld": ["samples", "summary"]})

    (found,) = rendered(store)

    assert "cars.csv" not in found[1].text
    assert "Japan" not in found[1].text


def test_an_agent_that_is_gone_is_replaced_and_that_is_said(store: SqliteStore) -> None:
    keep(store, BAD, GOOD, settings={"writer_agent": "/nowhere/mine.md"})
    prompts = Prompts()

    (found,) = rendered(store, prompts)

    assert found[0] == system_message(load("chart_writer"))
    assert prompts.notes == {
        "the agent /nowhere/mine.md can't be read any more: chart_writer stands in for it"
    }


def test_what_a_model_was_really_told_counts_where_that_is_asked_for(store: SqliteStore) -> None:
    told = (Message("system", "Draw."), Message("user", "Power, please."))
    keep(store, replace(BAD, told=told), GOOD, run_id="model")
    keep(store, BAD, GOOD, run_id="grammar")

    found = rendered(store, Prompts(told=True))

    assert found[0] == told
    assert found[1][0] == system_message(load("chart_writer"))


HIDDEN = "assert secret_case(41) == 42"
REFERENCE = "def secret_answer(): ..."
SPEC = CodeSpec(
    entry_point="double",
    signature="def double(x): ...",
    suites=(Suite(SuiteKind.ASSERTS, "assert double(2) == 4"),
            Suite(SuiteKind.ASSERTS, HIDDEN, hidden=True)),
    reference=REFERENCE,
)  # fmt: skip


@pytest.mark.parametrize(
    "kind",
    ["sft", "sft-messages", "trajectory", "preference", "kto", "stepwise", "critic-sft",
     "explanation", "self-distillation", "rlvr"],
)  # fmt: skip
def test_hidden_tests_and_the_reference_are_told_to_no_model(
    kind: str, store: SqliteStore, examples: MakeExamples
) -> None:
    task = replace(task_of("double a number"), kind=TaskKind.CODE, tables=(), code=SPEC)
    keep(store, BAD, GOOD, task=task)

    found = examples(kind, Making())

    assert found
    for example in found:
        told = [*(message.text for message in example.prompt), example.completion, example.context]
        told += [step.answer + "".join(m.text for m in step.said) for step in example.steps]
        assert "secret_case" not in "\n".join(told)
        assert "secret_answer" not in "\n".join([*told, str(example.verifier)])


def test_what_was_told_for_a_later_draft_is_no_first_prompt(store: SqliteStore) -> None:
    critique = (Message("system", "Draw."), Message("user", "Power. It lacked a title."))
    events = events_of([BAD, replace(GOOD, told=critique)])
    unjudged = (EventKind.CRITIQUED, EventKind.DECIDED)
    keep_events(store, [e for e in events if not (e.round == 1 and e.kind in unjudged)])

    (found,) = rendered(store, Prompts(told=True))

    assert found != critique
    assert "lacked a title" not in found[1].text
