"""Splits: groups stay together, and so does what is nearly the same."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest

from critique_loop.curation.leakage import checked
from critique_loop.curation.splitting import Part, Shares, split
from critique_loop.errors import CallError
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


def shared(examples: list[Example], shares: Shares) -> Counter[str]:
    """Return why which examples are left out, how often."""
    why = Counter[str]()
    kept = list(split(examples, shares, left_out=lambda _, because: why.update([because])))
    assert len(kept) + why.total() == len(examples)
    return why


def test_of_nearly_the_same_questions_the_first_decides_which_part_has_them() -> None:
    question = " ".join(f"column {name} is a number" for name in "abcdefghijklmnopqrstuvw")
    shares = Shares(0.33, 0.33)
    chain = [in_group(f"g{i}", goal=f"{question} seen {'again ' * i}") for i in range(12)]
    apart = [in_group(f"x{i}", goal=told(i)) for i in range(12)]

    placed = parts([*chain, *apart], shares)

    first = shares.part_of("g0")
    own = {f"g{i}" for i in range(12) if shares.part_of(f"g{i}") is first}
    assert 1 < len(own) < 12
    assert {run: placed[run] for run in placed if run.startswith("g")} == dict.fromkeys(own, first)
    assert {f"x{i}" for i in range(12)} <= set(placed)
    why = shared(chain, shares)
    assert why.total() == 12 - len(own)
    assert all(f"{first} has nearly the same question" in each for each in why)


def test_of_the_same_program_the_first_decides_and_a_trivial_one_is_everybodys() -> None:
    shares = Shares(0.33, 0.33)
    renamed = [CHART.replace("data", f"data{i}") for i in range(12)]
    programs = [in_group(f"g{i}", code, told(i)) for i, code in enumerate(renamed)]
    trivial = [in_group(f"x{i}", "print(1)", told(20 + i)) for i in range(12)]

    placed = parts([*programs, *trivial], shares)

    assert {placed[run] for run in placed if run.startswith("g")} == {shares.part_of("g0")}
    assert {f"x{i}" for i in range(12)} <= set(placed)
    assert all("has the same program" in why for why in shared(programs, shares))


def test_what_is_left_out_claims_nothing() -> None:
    shares = Shares(0.5, 0.0)
    groups = [f"g{place}" for place in range(20)]
    one, again, *_ = (group for group in groups if shares.part_of(group) is Part.TRAIN)
    other = next(group for group in groups if shares.part_of(group) is Part.VALIDATION)
    bridge = in_group(other, CHART, told(1))

    placed = parts([in_group(one, CHART, told(0)), bridge, in_group(again, "", told(1))], shares)

    assert placed == {one: Part.TRAIN, again: Part.TRAIN}


@pytest.mark.parametrize("seed", range(25))
def test_a_growing_store_moves_nothing_and_leaks_nothing(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - a draw, no secret
    shares = Shares(0.3, 0.3, seed=seed)
    drawn = [
        in_group(
            f"g{dice.randrange(20)}",
            CHART.replace("size", f"size{dice.randrange(25)}") if dice.random() < 0.7 else "",
            f"{told(dice.randrange(25))} {'again ' * dice.randrange(3)}",
        )
        for _ in range(60)
    ]
    examples = [replace(each, provenance=replace(each.provenance, run_id=f"run{place}"))
                for place, each in enumerate(drawn)]  # fmt: skip

    early, late = parts(examples[:30], shares), parts(examples, shares)
    shuffled = dice.sample(examples, 45)

    assert early == {run: late[run] for run in late if int(run[3:]) < 30}
    groups = {each.provenance.run_id: each.provenance.group for each in examples}
    for placed in (late, parts(shuffled, shares)):
        assert all(part is shares.part_of(groups[run]) for run, part in placed.items())
    assert shared(examples, shares)
    for stream in (examples, shuffled):
        assert list(checked(split(stream, shares)))


def test_where_a_group_belongs_is_written_down() -> None:
    shares = Shares(0.3, 0.3)

    found = [shares.part_of(name).value for name in ("a", "b", "c", "cars", "i")]

    assert found == ["test", "train", "test", "train", "validation"]  # as in every export so far


def test_without_a_group_the_task_counts_and_else_the_prompt() -> None:
    tasks = [example(goal=told(i), where=Provenance(f"t{i}", task_sha256="t")) for i in range(12)]
    prompts = [example(goal="one and the same", where=Provenance(f"p{i}")) for i in range(12)]

    placed = parts([*tasks, *prompts], Shares(0.33, 0.33))

    assert len({placed[f"t{i}"] for i in range(12)}) == 1
    assert len({placed[f"p{i}"] for i in range(12)}) == 1


def test_empty_questions_unite_nothing() -> None:
    placed = parts([in_group(f"g{i}") for i in range(30)], Shares(0.33, 0.33))

    assert set(placed.values()) == set(Part)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan"), 1.0])
def test_shares_that_are_none_are_refused(share: float) -> None:
    with pytest.raises(CallError):
        Shares(share, 0.0)


def test_nothing_is_split_into_nothing() -> None:
    assert list(split([], Shares())) == []
