"""What a critic learns: only what somebody or something else bears out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from critique_loop.export.judgements import level_of
from critique_loop.export.making import Making
from critique_loop.store import SqliteStore
from critique_loop.testing.stored_runs import PICTURE, Turn, keep
from critique_loop.values import DecisionKind, Example, Score

MakeExamples = Callable[..., list[Example]]
BAD = Turn("print('bad')\n", 5.0)
GOOD = Turn("print('good')\n", 9.0)
JUDGED = "judge (some model)"


def answers(found: list[Example]) -> list[dict[str, dict[str, object]]]:
    return [json.loads(example.completion) for example in found]


def test_what_was_measured_is_borne_out(store: SqliteStore, examples: MakeExamples) -> None:
    keep(store, BAD, GOOD)

    found = examples("critic-sft")

    assert [sorted(answer) for answer in answers(found)] == [["bugs", "looks"]] * 2
    assert BAD.code.strip() in found[0].prompt[1].text


def test_a_models_fault_counts_once_its_fix_was_accepted(
    store: SqliteStore, examples: MakeExamples
) -> None:
    keep(store, replace(BAD, critic=JUDGED), replace(GOOD, critic=JUDGED), critic=JUDGED)
    keep(store, replace(BAD, critic=JUDGED), run_id="never", critic=JUDGED)
    making = Making()

    found = examples("critic-sft", making)

    assert [example.code for example in found] == [BAD.code]
    assert {line.why for line in making.counts.dropped} == {"nothing bears the critique out"}


def test_a_person_who_agrees_bears_it_out(store: SqliteStore, examples: MakeExamples) -> None:
    turn = Turn("print('x')\n", 9.0, DecisionKind.ACCEPT, by="person", person=8.0, critic=JUDGED)
    keep(store, turn, critic=JUDGED)

    (found,) = answers(examples("critic-sft"))

    assert found["bugs"]["score"] == 9


def test_a_person_who_disagrees_makes_a_pair_for_the_critic(
    store: SqliteStore, examples: MakeExamples
) -> None:
    turn = Turn("print('x')\n", 5.0, DecisionKind.ACCEPT, by="person", person=9.0)
    keep(store, turn)

    (found,) = examples("critic-preference")

    assert examples("critic-sft") == []
    assert json.loads(found.completion)["looks"]["score"] == 8
    assert json.loads(found.rejected)["looks"]["score"] == 5
    assert found.provenance.scored_by == "person"


def test_a_person_who_decides_otherwise_without_marks_leaves_nothing_to_learn(
    store: SqliteStore, examples: MakeExamples
) -> None:
    keep(store, replace(GOOD, kind=DecisionKind.REFINE, by="person"))
    making = Making()

    assert examples("critic-sft", making) == []
    assert [line.why for line in making.counts.dropped] == [
        "a person decided otherwise than the critic"
    ]


def test_the_picture_is_in_the_prompt_where_it_is_asked_for(
    store: SqliteStore, examples: MakeExamples
) -> None:
    keep(store, BAD, GOOD)

    with_pictures = examples("critic-sft", Making(pictures=True))
    without = examples("critic-sft")

    assert [e.prompt[1].pictures[0].data for e in with_pictures] == [PICTURE, PICTURE]
    assert [e.prompt[1].pictures for e in without] == [(), ()]
    assert "Its picture is attached." in with_pictures[0].prompt[1].text
    assert "Its picture is not shown." in without[0].prompt[1].text


@pytest.mark.parametrize(
    ("value", "level"), [(6.9, 5), (7.0, 8), (9.4, 10), (2.5, 0), (10.0, 10), (0.0, 0)]
)
def test_a_mark_becomes_the_nearest_level_on_its_side_of_the_pass_mark(
    value: float, level: int
) -> None:
    assert level_of(Score("looks", value, 7.0), (0, 5, 8, 10)) == level
