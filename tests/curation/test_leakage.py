"""The leakage check: what it fails for, and that our own split passes it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from critique_loop.curation.leakage import LeakageError, checked
from critique_loop.curation.splitting import Part, Placed, Shares, split
from critique_loop.values import Example, Provenance
from tests.curation.conftest import CHART, example

QUESTION = " ".join(f"column {name} is a number" for name in "abcdefghijklmnopqrstuvw")


def of(run: str, code: str = "", goal: str = "", group: str = "") -> Example:
    return example(code, goal=goal or run, where=Provenance(run, (1,), group=group or run))


@pytest.mark.parametrize(
    ("one", "other", "what"),
    [
        (of("a", group="g"), of("b", group="g"), "the same group"),
        (of("a", goal="draw"), of("b", goal="draw"), "the same question"),
        (of("a", CHART), of("b", CHART.replace("data", "table")), "the same program"),
        (of("a", CHART), replace(of("b"), rejected_code=CHART), "the same program"),
        (of("a", goal=QUESTION), of("b", goal=f"{QUESTION} indeed"), "nearly the same question"),
    ],
    ids=["group", "question", "program", "rejected", "near"],
)
def test_what_is_on_both_sides_fails(one: Example, other: Example, what: str) -> None:
    placed = [Placed(Part.TRAIN, one), Placed(Part.TEST, other)]

    with pytest.raises(LeakageError, match=what) as caught:
        list(checked(placed))

    (leak,) = caught.value.leaks
    assert (leak.example, leak.part, leak.other) == ("b:1", Part.TEST, Part.TRAIN)
    assert "Split by group" in caught.value.remedy


def test_everything_may_repeat_within_a_part() -> None:
    placed = [Placed(Part.TRAIN, of("a", CHART, QUESTION, "g")) for _ in range(3)]

    assert list(checked(placed)) == placed


def test_what_only_looks_alike_is_no_leak() -> None:
    placed = [
        Placed(Part.TRAIN, of("a", "print(1)", goal="mean price by region")),
        Placed(Part.TEST, of("b", "print(1)", goal="mean price by month")),
        Placed(Part.VALIDATION, of("c", "def broken(:")),
        Placed(Part.TEST, of("d", "def broken(:")),
        Placed(Part.TRAIN, replace(of("e"), prompt=())),
        Placed(Part.TEST, replace(of("f"), prompt=())),
    ]

    assert list(checked(placed)) == placed


def test_five_leaks_end_it_at_once() -> None:
    def endless() -> Iterator[Placed]:
        for number in range(1000):
            yield Placed(list(Part)[number % 3], of(f"r{number}", group="g"))

    stream = checked(endless())

    with pytest.raises(LeakageError) as caught:
        list(stream)

    assert len(caught.value.leaks) == 5


def test_a_split_of_ours_passes() -> None:
    examples = [
        of(f"r{i}", CHART.replace("size", f"size{i % 70}"), f"{QUESTION} {'so ' * (i % 5)}{i % 90}")
        for i in range(150)
    ]

    assert 0 < len(list(checked(split(examples, Shares(0.2, 0.2))))) < 150


@pytest.mark.parametrize("variants", [12, 60])
def test_a_split_of_ours_passes_also_where_likeness_is_a_chain(variants: int) -> None:
    dice = random.Random(variants)  # noqa: S311 - a draw, no secret
    examples: list[Example] = []
    for base in range(240 // variants):
        lines = [f"column {dice.randrange(9999)} number {dice.randrange(99)}" for _ in range(60)]
        for variant in range(variants):
            own = list(lines)
            for place in dice.sample(range(60), variant % 16):
                own[place] = f"other {dice.randrange(9999)} text {dice.randrange(99)}"
            examples.append(of(f"{base}-{variant}", goal="\n".join(own)))
    dice.shuffle(examples)

    assert 0 < len(list(checked(split(examples, Shares(0.3, 0.3))))) < 240


def test_tasks_are_not_alike_for_being_asked_by_the_same_rubric() -> None:
    rubric = "".join(f"- dimension {name}: is it {name}?\n" for name in "abcdefghijklmnopqrstuvw")

    def asked(goal: str) -> str:
        return f"## Goal\n{goal}\n\n## What it is judged by\n{rubric}\n## Now\nWrite the program."

    examples = [of(f"r{i}", goal=asked(f"the mean of {i} words")) for i in range(60)]

    assert len(list(checked(split(examples, Shares(0.3, 0.3))))) == 60
    with pytest.raises(LeakageError, match="nearly the same question"):
        list(checked([Placed(Part.TRAIN, of("a", goal=asked(QUESTION))),
                      Placed(Part.TEST, of("b", goal=asked(f"{QUESTION} indeed")))]))  # fmt: skip
