"""Which rescoring is meant: by its name, by its rubric, or the latest of each run."""

from __future__ import annotations

from pathlib import Path

import pytest

from critique_loop.agreement.ratings import rubric_hash
from critique_loop.errors import CallError
from critique_loop.export import export
from critique_loop.export.rescorings import Rescorings
from critique_loop.store import SqliteStore
from critique_loop.store.merging import merge
from critique_loop.testing.stored_runs import Turn, keep
from critique_loop.values import StopReason
from tests.export.rescoring_steps import OTHER, STRICT, rescore

FIRST, SECOND = Turn("print('first')\n", 5.0), Turn("print('second')\n", 9.0)
HASH = rubric_hash(STRICT)


@pytest.fixture
def scored(store: SqliteStore) -> SqliteStore:
    """Return a store with two runs, each scored again more than once."""
    for run_id in ("r1", "r2"):
        keep(store, FIRST, SECOND, run_id=run_id)
    rescore(store, "a1", 1.0, 9.0, run_id="r1")
    rescore(store, "a2", 2.0, 9.0, run_id="r2")
    rescore(store, "b1", 3.0, 9.0, run_id="r1", rubric=OTHER)
    rescore(store, "c1", 4.0, 9.5, run_id="r1")
    rescore(store, "cut", 4.0, run_id="r1", ended=None)
    rescore(store, "spent", 4.0, run_id="r2", rubric=OTHER, ended=StopReason.COST)
    return store


@pytest.mark.parametrize(
    ("names", "meant"),
    [
        (["latest"], {"r1": "c1", "r2": "a2"}),
        (["strict"], {"r1": "c1", "r2": "a2"}),
        ([f"strict@{HASH[:8]}"], {"r1": "c1", "r2": "a2"}),
        (["other"], {"r1": "b1"}),
        (["a1"], {"r1": "a1"}),
        (["a1", "a2"], {"r1": "a1", "r2": "a2"}),
        (["b"], {"r1": "b1"}),
        (["a1", "other"], {"r1": "b1"}),
    ],
    ids=["latest", "rubric", "hash", "other rubric", "name", "names", "prefix", "name and rubric"],
)
def test_names_rubrics_and_the_latest(
    scored: SqliteStore, names: list[str], meant: dict[str, str]
) -> None:
    found = Rescorings.named(scored, names)

    assert {run: each.row.id for run, each in found.of_run.items()} == meant


def test_an_older_one_that_was_merged_in_afterwards_does_not_count(tmp_path: Path) -> None:
    here, there = tmp_path / "here.db", tmp_path / "there.db"
    with SqliteStore(here) as store:
        rescore(store, "newer", 3.0, 3.0, 3.0)
    with SqliteStore(there) as store:
        rescore(store, "older", 9.0)  # each round takes a second: it ends earlier
    merge([there], here)

    with SqliteStore(here) as store:
        found = Rescorings.named(store, ["latest"])

    assert found.of_run["run"].row.id == "newer"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nothing", "there is no rescoring 'nothing', and none by a rubric of that name"),
        ("strict@ffff", "there is no rescoring"),
        ("r1", "there is no rescoring 'r1'"),
        ("", "there is no rescoring ''"),
        ("a", "several rescorings begin with 'a': a1, a2"),
        ("cut", r"rescoring cut of run r1 is not finished \(it was cut off\)"),
        ("spent", r"rescoring spent of run r2 is not finished \(it ended: cost\)"),
    ],
)
def test_what_is_unknown_or_unfinished_is_refused(
    scored: SqliteStore, name: str, said: str
) -> None:
    with pytest.raises(CallError, match=said):
        Rescorings.named(scored, [name])


def test_the_refusal_says_which_rubrics_there_are(scored: SqliteStore) -> None:
    with pytest.raises(CallError) as refused:
        Rescorings.named(scored, ["typo"])

    assert f"strict@{HASH[:12]}" in refused.value.remedy
    assert "ls --rescorings" in refused.value.remedy


def test_a_store_without_any_is_told_so(store: SqliteStore) -> None:
    keep(store, FIRST, SECOND)

    with pytest.raises(CallError, match="no run was scored again"):
        Rescorings.named(store, ["latest"])


def test_a_rubric_by_which_nothing_was_finished_is_refused(store: SqliteStore) -> None:
    keep(store, FIRST, SECOND)
    rescore(store, "cut", 4.0, ended=None)

    with pytest.raises(CallError, match="no run was scored again by 'strict' to its end"):
        Rescorings.named(store, ["strict"])


def test_the_scores_are_those_of_the_rescoring(scored: SqliteStore) -> None:
    with Rescorings.named(scored, ["b1"]).reading() as reading:
        found, none = reading.of("r1"), reading.of("r2")

    assert none is None
    assert found is not None
    assert (found.rubric, found.started.critic) == (OTHER, "new critic")
    assert [found.critiques[n].scores[0].value for n in (1, 2)] == [3.0, 9.0]


def test_the_card_names_rubric_and_critic(scored: SqliteStore, tmp_path: Path) -> None:
    done = export(scored, kind="sft", out=tmp_path / "rows", scores=["strict"])

    assert done.card["scores"] == {
        "asked": ["strict"],
        "by": [{"rubric": f"strict@{HASH[:12]}", "critic": "new critic", "runs": 2}],
    }
    card = (tmp_path / "rows/README.md").read_text(encoding="utf-8")
    assert f"| strict@{HASH[:12]} | new critic | 2 |" in card


def test_a_card_without_them_says_whose_scores_count(scored: SqliteStore, tmp_path: Path) -> None:
    export(scored, kind="sft", out=tmp_path / "rows")

    assert "Those of the loops." in (tmp_path / "rows/README.md").read_text(encoding="utf-8")
