"""``critique-loop export`` as a user types it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from critique_loop.store import SqliteStore, default_path
from critique_loop.testing.stored_runs import Turn, keep, task_of

Cli = Callable[..., CompletedProcess[str]]
BAD = Turn("print('bad')\n", 5.0)
GOOD = Turn("print('good')\n", 9.0)


@pytest.fixture
def runs(cli: Cli) -> Cli:
    """Return the command line, with three runs in its trace store."""
    with SqliteStore(default_path()) as store:
        keep(store, BAD, GOOD, run_id="aaa1", at=1_700_000_000.0)
        keep(
            store,
            replace(BAD, model="small"),
            replace(GOOD, model="small"),
            run_id="bbb2",
            task=task_of("total Power", 1),
            at=1_710_000_000.0,
            batch="night",
            cost_usd=2.5,
        )
        keep(store, BAD, run_id="ccc3", task=task_of("never good", 2), at=1_720_000_000.0)
    return cli


def lines(path: str) -> list[dict[str, dict[str, object]]]:
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


def test_rows_go_to_the_file_and_what_is_left_out_to_stderr(runs: Cli) -> None:
    done = runs("export", "--all", "--format", "sft", "--out", "sft.jsonl")

    assert done.returncode == 0, done.stderr
    assert len(lines("sft.jsonl")) == 2
    assert "2 rows" in done.stdout
    assert "left out         1  examples: the run has no accepted draft" in done.stderr


def test_one_run_is_named_by_how_its_id_begins(runs: Cli) -> None:
    runs("export", "bbb", "--format", "sft", "--out", "sft.jsonl")

    assert [row["meta"]["run"] for row in lines("sft.jsonl")] == ["bbb2"]


FILTERS = {
    "model": (["--model", "small"], {"bbb2"}),
    "batch": (["--batch", "night"], {"bbb2"}),
    "cost": (["--max-cost", "1"], {"aaa1"}),
    "since": (["--since", "2024-01-01"], {"bbb2"}),
    "until": (["--until", "2024-01-01"], {"aaa1"}),
    "writer": (["--writer", "grammar"], {"aaa1", "bbb2"}),
    "rubric": (["--rubric", "short"], {"aaa1", "bbb2"}),
    "task kind": (["--task-kind", "chart"], {"aaa1", "bbb2"}),
    "dimension": (["--dimension", "looks=8.5"], {"aaa1", "bbb2"}),
    "rounds": (["--max-rounds", "2"], {"aaa1", "bbb2"}),
}


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_lets_through_what_it_names(name: str, runs: Cli) -> None:
    words, expected = FILTERS[name]

    done = runs("export", "--all", "--format", "sft", "--out", "x.jsonl", *words)

    assert done.returncode == 0, done.stderr
    assert {row["meta"]["run"] for row in lines("x.jsonl")} == expected


NONE_LEFT = {
    "min score": (["--min-score", "9.5"], "--min-score: scores below 9.5"),
    "dimension": (["--dimension", "looks=9.5"], "--dimension: looks below 9.5"),
    "rubric": (["--rubric", "charts"], "--rubric: was judged by another rubric"),
    "kind": (["--task-kind", "code"], "--task-kind: is no code"),
    "rounds": (["--max-rounds", "1", "--accepted"], "--max-rounds: took more rounds"),
    "accepted": (["--accepted", "--until", "2023-01-01"], "--until: began later"),
}


@pytest.mark.parametrize("limit", ["--rows", "--cap", "--balance"])
def test_a_limit_of_nothing_is_refused(limit: str, runs: Cli) -> None:
    done = runs("export", "--all", "--format", "sft", "--preview", limit, "0")

    assert done.returncode == 2
    assert "0 is not in the range x>=1" in done.stderr


@pytest.mark.parametrize("name", NONE_LEFT)
def test_an_export_of_no_rows_names_the_filter(name: str, runs: Cli) -> None:
    words, why = NONE_LEFT[name]

    done = runs("export", "--all", "--format", "sft", "--out", "x.jsonl", *words)

    assert done.returncode == 1
    assert why in done.stderr
    assert not Path("x.jsonl").exists()


def test_a_preview_shows_rows_and_writes_nothing(runs: Cli) -> None:
    done = runs("export", "--all", "--format", "preference", "--preview")

    assert "2 rows; nothing was written" in done.stdout
    assert "chosen · assistant" in done.stdout
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    ("said", "limit"), [([], ""), (["--max-tokens", "9000"], "; none over 9,000")]
)
def test_a_preview_tells_lengths_in_words(said: list[str], limit: str, runs: Cli) -> None:
    done = runs("export", "aaa1", "--format", "sft", "--preview", *said)

    assert "\n1 row; nothing was written\n" in done.stdout
    (told,) = (line for line in done.stdout.splitlines() if line.startswith("tokens: "))
    way = re.escape(f"(estimated: 4 characters a token{limit})")
    assert re.fullmatch(
        rf"tokens: [\d,]+ to [\d,]+, half of them up to [\d,]+, 95 % up to [\d,]+ {way}", told
    )


def test_one_row_of_one_run_is_told_in_the_singular(runs: Cli) -> None:
    done = runs("export", "aaa1", "--format", "sft", "--out", "one")

    assert " 1 row " in done.stdout
    card = Path("one/README.md").read_text(encoding="utf-8")
    assert "1 row from 1 run, made by critique-loop" in card
    assert "(estimated: 4 characters a token)." in card


def test_the_json_of_a_preview_holds_the_rows(runs: Cli) -> None:
    done = json.loads(runs("export", "--all", "--format", "kto", "--preview", "--json").stdout)

    assert done["rows"] == 5
    assert {row["label"] for row in done["shown"]} <= {True, False}


def test_the_json_of_an_export_names_files_with_their_hashes(runs: Cli) -> None:
    done = json.loads(runs("export", "--all", "--format", "sft", "--out", "out", "--json").stdout)

    assert [Path(file["path"]).name for file in done["files"]] == [
        "train.jsonl", "README.md", "card.json",
    ]  # fmt: skip
    assert all(len(file["sha256"]) == 64 for file in done["files"])


MISTAKES = {
    "no runs": (["--format", "sft", "--out", "x.jsonl"], "which runs?"),
    "no place": (["--all", "--format", "sft"], "where to?"),
    "no mark": (["--all", "--format", "sft", "--out", "x", "--dimension", "looks"], "is no mark"),
    "no training": (["--all", "--format", "sft", "--out", "x", "--test", "0.6",
                     "--validation", "0.5"], "nothing is left for training"),
    "no such run": (["zzz", "--format", "sft", "--out", "x"], "no run's id begins with 'zzz'"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_said_in_one_line(name: str, runs: Cli) -> None:
    words, said = MISTAKES[name]

    done = runs("export", *words)

    assert done.returncode == 1
    assert said in done.stderr
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    ("out", "problem"),
    [
        ("/dev/full", "/dev/full: is neither a folder nor a regular file"),
        ("taken", "taken: is a file, no folder"),
        ("pipe.jsonl", "pipe.jsonl: is no regular file, and can't be replaced by one"),
    ],
)
def test_a_place_that_can_t_be_written_is_told_for_what_it_is(
    out: str, problem: str, runs: Cli
) -> None:
    Path("taken").touch()
    os.mkfifo("pipe.jsonl")

    done = runs("export", "--all", "--format", "sft", "--out", out, "--force")

    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == f"error: {problem}"
    assert sorted(each.name for each in Path().iterdir()) == ["pipe.jsonl", "taken"]


def test_a_folder_that_is_not_there_is_made(runs: Cli) -> None:
    done = runs("export", "--all", "--format", "sft", "--out", "far/away/sft.jsonl")

    assert done.returncode == 0, done.stderr
    assert len(lines("far/away/sft.jsonl")) == 2


def test_a_folder_that_is_not_to_be_written_is_told_by_the_name_that_was_asked_for(
    as_other_user: Cli, open_place: Path
) -> None:
    home = open_place / "home"
    with SqliteStore(home / "traces.db") as store:
        keep(store, GOOD, run_id="aaa1")
    (open_place / "closed").mkdir(mode=0o555)
    out = open_place / "closed" / "sft.jsonl"

    done = as_other_user("export", "--all", "--format", "sft", "--store", "traces.db", "--out", out)

    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"error: {out}: Permission denied",
        "Nothing was written. Name another place: --out.",
    ]


LENIENT = """
name = "lenient"
target = 8.0
[[dimensions]]
name = "bugs"
question = "Does it run?"
gate = true
checks = { run_error = 10, title_missing = 1 }
"""


def test_rows_are_judged_by_a_rescoring_that_is_named_as_rescore_prints_it(runs: Cli) -> None:
    Path("lenient.toml").write_text(LENIENT, encoding="utf-8")
    scored = runs("rescore", "ccc3", "--rubric", "lenient.toml")
    rubric, name = re.findall(r"(lenient@\w+).*kept as (\w+)", " ".join(scored.stdout.split()))[0]

    for asked in (rubric, name, "lenient", "latest"):
        done = runs(
            "export", "--all", "--format", "sft", "--scores", asked, "--out", f"{asked}.jsonl"
        )

        assert done.returncode == 0, done.stderr
        assert [row["meta"]["run"] for row in lines(f"{asked}.jsonl")] == ["ccc3"]
        assert "left out         2  runs: --scores: was not scored again so" in done.stderr


def test_scores_that_nobody_gave_are_an_error_that_says_how_to_get_them(runs: Cli) -> None:
    done = runs("export", "--all", "--format", "sft", "--scores", "strict", "--out", "a.jsonl")

    assert done.returncode == 1
    assert "there is no rescoring 'strict'" in done.stderr
    assert "critique-loop rescore RUN... --rubric FILE" in " ".join(done.stderr.split())
