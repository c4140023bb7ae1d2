"""`agree` over runs that two scripted judges and their panel have scored."""

from __future__ import annotations

import csv
import json
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anyio
import pytest
from click.testing import CliRunner, Result

from critique_loop.agreement.ratings import code_hash
from critique_loop.budget import Budget
from critique_loop.cli.agree import agree_command
from critique_loop.critics.panel import Panel
from critique_loop.errors import CallError
from critique_loop.loop import Loop
from critique_loop.proxy import UserProxy
from critique_loop.store import SqliteStore
from critique_loop.testing import ScriptedExecutor, ScriptedWriter
from critique_loop.values import (
    Critique,
    Dimension,
    Draft,
    Evidence,
    Execution,
    ExecutionStatus,
    Label,
    Preference,
    Preferred,
    Round,
    Rubric,
    Score,
    Shown,
    Task,
)

Agree = Callable[..., Result]
RUBRIC = Rubric("r", (Dimension("tone", "Is the tone right?"),), target=10.0)
RUNS = 15


class Judge:
    """Judges with an error of its own."""

    def __init__(self, name: str, mark: Callable[[int], float]) -> None:
        self.name = name
        self._mark = mark

    async def review(
        self, task: Task, draft: Draft, execution: Execution, *, history: Sequence[Round]
    ) -> Critique:
        del task, execution, history
        mark = self._mark(quality_of(draft.code))
        return Critique(self.name, (Score("tone", mark, 7.0, by=self.name),))


def panel() -> Panel:
    strict = Judge("strict", lambda quality: max(0.0, quality - 1.0))
    kind = Judge("kind", lambda quality: min(9.0, quality + 3.0))
    return Panel([strict, kind])


def quality_of(code: str) -> int:
    return int(code.rpartition("#")[2])


def program(run: int, number: int) -> str:
    return f"print({run}) #{(run * 7 + number * 3) % 10}"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with runs of two rounds each."""
    path = tmp_path / "traces.db"
    with SqliteStore(path) as store:
        for run in range(RUNS):
            programs = [program(run, number) for number in (1, 2)]
            executed = {
                code: Execution(
                    ExecutionStatus.OK,
                    evidence=Evidence(facts={"tests_passed": quality_of(code), "tests_total": 9}),
                )
                for code in programs
            }
            Loop(
                writer=ScriptedWriter(programs),
                executor=ScriptedExecutor(executed),
                critic=panel(),
                proxy=UserProxy(budget=Budget(max_rounds=2)),
                store=store,
            ).run_sync(Task("a goal", RUBRIC), run_id=f"run-{run:02}")
    return path


@pytest.fixture
def agree(path: Path, monkeypatch: pytest.MonkeyPatch) -> Agree:
    monkeypatch.setenv("COLUMNS", "120")

    def run(*arguments: object) -> Result:
        words = ["--store", str(path), *map(str, arguments)]
        done = CliRunner().invoke(agree_command, words)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    return run


def keep_labels(path: Path, *, by: str = "ada", shift: int = 0) -> None:
    with SqliteStore(path) as store:
        for run in range(RUNS):
            for number in (1, 2):
                mark = min(10.0, quality_of(program(run, number)) + shift)
                anyio.run(
                    store.keep_label,
                    Label(uuid.uuid4().hex, shown(run, number), "tone", mark, by, time.time()),
                )


def shown(run: int, number: int) -> Shown:
    return Shown(f"run-{run:02}", number, code_hash(program(run, number)))


def test_without_a_label_it_says_n_0_and_how_to_label_and_never_a_number(agree: Agree) -> None:
    told = agree()
    record = json.loads(agree("--json").stdout)

    assert told.stdout == "n = 0: no label of a person is about these drafts\n"
    assert told.stderr == "Score some drafts: critique-loop label\n"
    assert record["n"] == 0
    assert {row["rater"] for row in record["rows"]} == {"panel", "strict", "kind"}
    for row in record["rows"]:
        estimates = [row[name] for name in ("kappa", "weighted_kappa", "alpha", "brier", "bias")]
        assert {(e["value"], e["low"], e["high"], e["n"]) for e in estimates} == {
            (None, None, None, 0)
        }


def test_two_judges_their_panel_and_a_file_of_a_person_are_one_table(
    agree: Agree, tmp_path: Path
) -> None:
    scores = tmp_path / "person.csv"
    with scores.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["run", "round", "dimension", "value"])
        for run in range(RUNS):
            for number in (1, 2):
                rows.writerow([f"run-{run:02}", number, "tone", quality_of(program(run, number))])

    told = agree("--against", scores).stdout.splitlines()
    rows_of = {
        row["rater"]: row for row in json.loads(agree("--against", scores, "--json").stdout)["rows"]
    }

    assert told[0] == "tone · against person.csv"
    assert told[1].split() == [
        *("critic", "n", "kappa", "weighted", "alpha", "Brier", "tp", "fp", "fn", "tn", "bias")
    ]
    assert [line.split()[:2] for line in told[2:5]] == [
        ["panel", "30"],
        ["strict", "30"],
        ["kind", "30"],
    ]
    assert rows_of["strict"]["confusion"]["fp"] == 0 < rows_of["strict"]["confusion"]["fn"]
    assert rows_of["kind"]["confusion"]["fn"] == 0 < rows_of["kind"]["confusion"]["fp"]
    assert rows_of["strict"]["bias"]["value"] < 0 < rows_of["kind"]["bias"]["value"]
    for row in rows_of.values():
        assert row["kappa"]["low"] < row["kappa"]["value"] < row["kappa"]["high"]
    assert rows_of["panel"]["brier"]["n"] == 30
    assert rows_of["kind"]["brier"]["undefined"] == "no confidence was stated"


def test_labels_of_persons_are_the_default_and_their_own_agreement_is_shown(
    agree: Agree, path: Path
) -> None:
    keep_labels(path)
    keep_labels(path, by="ben", shift=1)

    told = agree("--critic", "strict").stdout.splitlines()
    record: dict[str, Any] = json.loads(agree("--json").stdout)

    assert told[0].startswith("tone · against persons, alpha among them 0.9")
    assert [line.split()[0] for line in told[1:3]] == ["critic", "strict"]
    assert (record["against"], record["n"]) == ("persons", 30)
    assert record["among_persons"][0]["alpha"]["n"] == 30


def test_a_fact_of_the_execution_is_an_oracle(agree: Agree) -> None:
    record = json.loads(agree("--against", "tests_passed", "--json").stdout)

    rows = {row["rater"]: row for row in record["rows"]}
    passing = [program(r, n) for r in range(RUNS) for n in (1, 2)]
    right = sum(quality_of(code) == 9 for code in passing)
    assert rows["strict"]["confusion"]["tp"] + rows["strict"]["confusion"]["fn"] == right
    assert rows["strict"]["spearman"]["value"] > 0.9


def test_what_nothing_says_anything_about_is_n_0(agree: Agree) -> None:
    assert agree("--against", "no_such_fact").stdout == (
        "n = 0: no_such_fact says nothing of what was scored here\n"
    )


def test_few_labels_are_said_to_be_few(agree: Agree, path: Path) -> None:
    keep_labels(path)

    wide = agree(*(f"run-{run:02}" for run in range(6))).stdout
    none = agree("run-00", "run-01", "run-02").stdout

    assert "n = 12: the interval is wide, and rough" in wide
    assert "n = 6 from only 3 runs: too few for an interval" in none
    assert "[" not in none


def test_numbers_are_the_same_every_time_and_intervals_can_be_left_out(
    agree: Agree, path: Path
) -> None:
    keep_labels(path)

    bare = json.loads(agree("--bootstrap", "0", "--json").stdout)["rows"][0]["kappa"]

    assert agree("--json").stdout == agree("--json").stdout
    assert bare["value"] is not None
    assert (bare["low"], bare["high"]) == (None, None)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--critic", "nobody"), "no critic 'nobody' scored these runs"),
        (("--dimension", "nothing"), "no dimension 'nothing'"),
        (("--against", "none.csv"), "can't be read"),
        (("zzz",), "no run's id begins with 'zzz'"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(
    agree: Agree, arguments: tuple[str, ...], problem: str
) -> None:
    with pytest.raises(CallError, match=problem):
        agree(*arguments)


def test_pairwise_ranks_drafts_and_shows_who_orders_as_persons_do(agree: Agree, path: Path) -> None:
    nothing = agree("--pairwise")
    with SqliteStore(path) as store:
        for one in range(6):
            for two in range(one):
                first, second = shown(one, 1), shown(two, 1)
                better = quality_of(program(one, 1)) > quality_of(program(two, 1))
                turned = (one + two) % 5 == 0  # a person is not always of one mind
                said = Preferred.FIRST if better is not turned else Preferred.SECOND
                anyio.run(
                    store.keep_label,
                    Preference(uuid.uuid4().hex, first, second, "tone", said, "ada", 1.0),
                )

    writers = agree("--pairwise").stdout
    drafts = agree("--pairwise", "--rank", "drafts").stdout
    record = json.loads(agree("--pairwise", "--rank", "drafts", "--json").stdout)

    assert nothing.stdout == "n = 0: nobody has said which of two of these drafts is better\n"
    assert "label --pairwise" in nothing.stderr
    assert "only drafts of one writer were compared; --rank drafts ranks them" in writers
    assert drafts.startswith("tone · drafts by 15 preferences\n")
    assert record["n"] == 15
    assert len(record["rankings"][0]["standings"]) == 6
    accuracy = {o["rater"]: o["accuracy"]["value"] for o in record["orderings"]}
    assert accuracy["strict"] == pytest.approx(12 / 15, abs=0.1)
