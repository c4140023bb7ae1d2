"""Splits: groups stay together, and so does what is nearly the same."""

from __future__ import annotations

from collections import Counter

import pytest

from critique_loop.curation.splitting import Part, Shares, split
from critique_loop.values import Example, Provenance
from tests.curation.conftest import CHART, example


def in_group(group: str, code: str = "", goal: str = "") -> Example:
    return example(code, goal=goal, where=Provenance(group, (1,), group=group))


def parts(examples: list[Example], shares: Shares) -> dict[str, Part]:
    return {placed.example.provenance.run_id: placed.part for placed in split(examples, shares)}


def told(number: int) -> str:
    return " ".join(f"goal{number}word{place}" for place in range(20))


def test_shares_are_of_groups_and_nothing_is_lost_or_moved() -> None:
    examples = [in_group(f"g{i}", goal=told(i)) for i in range(500)]

    placed = list(split(examples, Shares(validation=0.1, test=0.2, seed=1)))

    assert [each.example for each in placed] == examples
    counts = Counter(each.part for each in placed)
    assert 30 < counts[Part.VALIDATION] < 70
    assert 70 < counts[Part.TEST] < 130


def test_a_group_is_never_torn_apart() -> None:
    examples = [in_group(f"g{i % 40}", goal=told(i)) for i in range(200)]

    sides: dict[str, set[Part]] = {}
    for part, each in split(examples, Shares(0.3, 0.3)):
        sides.setdefault(each.provenance.group, set()).add(part)

    assert all(len(side) == 1 for side in sides.values())
    assert len(set[Part]().union(*sides.values())) == 3


def test_the_seed_decides_and_the_order_does_not() -> None:
    examples = [in_group(f"g{i}", goal=told(i)) for i in range(100)]

    first, again = parts(examples, Shares(0.3, 0.3)), parts(examples[::-1], Shares(0.3, 0.3))
    other = parts(examples, Shares(0.3, 0.3, seed=1))

    assert first == again
    assert first != other


@pytest.mark.parametrize("reverse", [False, True])
def test_nearly_the_same_questions_unite_their_groups(reverse: bool) -> None:
    question = " ".join(f"column {name} is a number" for name in "abcdefghijklmnopqrstuvw")
    shares = Shares(0.33, 0.33)
    chain = [in_group(f"g{i}", goal=f"{question} seen {'again ' * i}") for i in range(12)]
    apart = [in_group(f"x{i}", goal=told(i)) for i in range(12)]
    examples = [*chain, *apart][:: -1 if reverse else 1]

    placed = parts(examples, shares)

    assert len({placed[f"g{i}"] for i in range(12)}) == 1
    assert len({placed[f"x{i}"] for i in range(12)}) > 1


def test_the_same_program_unites_groups_and_a_trivial_one_does_not() -> None:
    shares = Shares(0.33, 0.33)
    renamed = [CHART.replace("data", f"data{i}") for i in range(12)]
    programs = [in_group(f"g{i}", code, told(i)) for i, code in enumerate(renamed)]
    trivial = [in_group(f"x{i}", "print(1)", told(20 + i)) for i in range(12)]

    placed = parts([*programs, *trivial], shares)

    assert len({placed[f"g{i}"] for i in range(12)}) == 1
    assert len({placed[f"x{i}"] for i in range(12)}) > 1


def test_without_a_group_the_task_counts_and_else_the_prompt() -> None:
    tasks = [example(goal=told(i), where=Provenance(f"t{i}", task_sha256="t")) for i in range(12)]
    prompts = [example(goal="one and the same", where=Provenance(f"p{i}")) for i in range(12)]

    placed = parts([*tasks, *prompts], Shares(0.33, 0.33))

    assert len({placed[f"t{i}"] for i in range(12)}) == 1
    assert len({placed[f"p{i}"] for i in range(12)}) == 1


def test_empty_questions_unite_nothing() -> None:
    placed = parts([in_group(f"g{i}") for i in range(30)], Shares(0.33, 0.33))

    assert set(placed.values()) == set(Part)


def test_nothing_is_split_into_nothing() -> None:
    assert list(split([], Shares())) == []
