"""`critique-loop chart`: results, refusals, and inputs that are nothing to draw from."""

from __future__ import annotations

import json
import shutil
import socket
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Cli = Callable[..., subprocess.CompletedProcess[str]]
CARS = Path(__file__).parents[1] / "data" / "cars.csv"
GOAL = "average horsepower by origin"
KEYS = {
    *("format", "run", "goal", "accepted", "stopped_because", "message", "rounds", "seconds"),
    *("cost_usd", "calls", "tokens", "person_seconds", "roles", "best", "report", "store"),
}
# Nothing measures the second dimension, so no draft is ever accepted.
NEVER_ACCEPTED = """
name = "never"
target = 5.0
[[dimensions]]
name = "bugs"
question = "Does it run?"
checks = { run_error = 10 }
[[dimensions]]
name = "taste"
question = "Is it beautiful?"
"""


def is_clean(text: str) -> bool:
    return "Traceback" not in text and "\x1b" not in text


def stored(cli: Cli) -> int:
    return len(json.loads(cli("ls", "--json").stdout))


BAD_TABLES = {
    "missing": (None, "no such file"),
    "empty": (b"", "the file is empty"),
    "header only": (b"a,b\n", "there is a line of names but no row"),
    "binary": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, "table.csv"),
    "uneven": (b"a,b\n1,2\n1,2,3\n", "line 3 has 3 fields"),
}


@pytest.mark.parametrize(("content", "said"), BAD_TABLES.values(), ids=BAD_TABLES)
def test_what_is_no_table_is_an_error_and_nothing_is_changed(
    cli: Cli, content: bytes | None, said: str
) -> None:
    table = Path("table.csv")
    if content is not None:
        table.write_bytes(content)

    done = cli("chart", table, GOAL)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 2, "what happened, and what to do"
    assert is_clean(done.stderr)
    assert (table.read_bytes() if table.exists() else None) == content
    assert list(Path().iterdir()) == ([] if content is None else [table])
    assert stored(cli) == 0


BAD_GOALS = {
    "empty": ("", "The goal is empty."),
    "blank": (" \n", "The goal is empty."),
    "10,000 characters": ("horsepower " * 910, "characters long"),
    "another alphabet": ("средняя мощность", "'средняя', 'мощность'"),
    "no such columns": ("average salary by department", "Horsepower"),
    "hostile": ("average \x1b[31mred\u202e by origin", "Origin"),
}


@pytest.mark.parametrize(("goal", "said"), BAD_GOALS.values(), ids=BAD_GOALS)
def test_a_goal_that_cannot_be_drawn_is_refused_and_kept(cli: Cli, goal: str, said: str) -> None:
    before = CARS.read_bytes()

    done = cli("chart", CARS, goal)

    assert (done.returncode, done.stdout) == (1, "")
    assert "\nerror: " in f"\n{done.stderr}"
    assert said in done.stderr
    assert "trace: critique-loop show " in done.stderr
    assert is_clean(done.stderr)
    assert list(Path().iterdir()) == []
    assert CARS.read_bytes() == before
    assert stored(cli) == 1


def test_a_refusal_keeps_the_json_contract_and_says_why_on_stderr(cli: Cli) -> None:
    done = cli("chart", CARS, "average salary", "--json", "--out", "there")

    record = json.loads(done.stdout)
    assert done.returncode == 1
    assert set(record) == KEYS
    assert (record["stopped_because"], record["best"]) == ("writer_gave_up", None)
    assert (record["accepted"], record["rounds"]) == (False, 0)
    assert "'salary'" in record["message"]
    assert done.stderr.startswith("error: ")
    kept = json.loads(Path("there/outcome.json").read_text())
    assert set(kept.pop("written")) == {"report.html"}
    assert kept == {key: value for key, value in record.items() if key != "store"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--rubric", "nope.toml"), "nope.toml: can't be read"),
        (("--out", "a-file"), "a-file is a file"),
        (("--out", "a-file/below"), "a-file is a file"),
        (("--out", "mine"), "chart.py: there already, and not as an earlier run wrote it"),
        (("--out", "x" * 300), "File name too long"),
    ],
)
def test_a_bad_option_is_told_before_the_table_is_read(
    cli: Cli, options: tuple[str, ...], said: str
) -> None:
    Path("a-file").write_text("mine")
    Path("mine").mkdir()
    Path("mine/chart.py").write_text("mine")

    done = cli("chart", "missing.csv", GOAL, *options)

    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert "missing.csv" not in done.stderr
    assert sorted(path.name for path in Path().rglob("*")) == ["a-file", "chart.py", "mine"]


def test_a_unit_of_no_column_names_the_columns(cli: Cli) -> None:
    done = cli("chart", CARS, GOAL, "--unit", "Weight=kg")

    assert done.returncode == 1
    assert "'Weight', which is no column of cars.csv" in done.stderr
    assert "Weight_in_lbs" in done.stderr


def test_a_store_that_cannot_be_written_is_an_error(cli: Cli) -> None:
    Path("folder").mkdir()

    done = cli("chart", CARS, GOAL, "--store", "folder")

    assert (done.returncode, done.stdout) == (1, "")
    assert "error: folder: is a folder" in done.stderr
    assert is_clean(done.stderr)


@pytest.mark.usefixtures("no_docker", "no_bubblewrap")
def test_without_docker_and_bubblewrap_nothing_runs_and_both_fixes_are_told(cli: Cli) -> None:
    done = cli("chart", CARS, GOAL)

    assert (done.returncode, done.stdout) == (1, "")
    assert "error: No Docker engine is running" in done.stderr
    assert "Nor bubblewrap: bwrap is not installed." in done.stderr
    assert "unset DOCKER_HOST" in done.stderr
    assert "or: sudo apt-get install bubblewrap" in done.stderr
    assert is_clean(done.stderr)
    assert list(Path().iterdir()) == []


@pytest.mark.slow
@pytest.mark.usefixtures("no_docker")
def test_without_docker_bubblewrap_runs_it_and_one_notice_says_so(cli: Cli) -> None:
    done = cli("chart", CARS, GOAL)
    shown = json.loads(cli("ls", "--json").stdout)

    notices = [line for line in done.stderr.splitlines() if line.startswith("notice: ")]
    assert done.returncode == 0, done.stderr
    assert len(notices) == 1
    assert "bubblewrap, which does not enforce: memory" in notices[0]
    assert "No Docker engine is running" in notices[0]
    assert "sandbox bubblewrap" in done.stderr
    assert len(shown) == 1


@pytest.mark.usefixtures("no_docker")
def test_where_docker_was_asked_for_nothing_else_runs_it(cli: Cli) -> None:
    done = cli("chart", CARS, GOAL, "--sandbox", "docker")

    assert (done.returncode, done.stdout) == (1, "")
    assert "error: No Docker engine is running" in done.stderr
    assert "bubblewrap" not in done.stderr


@pytest.mark.usefixtures("no_docker", "no_bubblewrap")
def test_without_docker_json_still_is_one_document(cli: Cli) -> None:
    done = cli("chart", CARS, GOAL, "--json")

    record = json.loads(done.stdout)
    assert done.returncode == 1
    assert set(record) == KEYS
    assert (record["stopped_because"], record["best"]) == ("sandbox_unavailable", None)


@pytest.mark.usefixtures("engine_without_image")
def test_without_the_image_the_command_that_builds_it_is_told(cli: Cli) -> None:
    done = cli("chart", CARS, GOAL)

    assert (done.returncode, done.stdout) == (1, "")
    assert "error: There is no image critique-loop-sandbox:" in done.stderr
    assert "\ncritique-loop sandbox build\n" in done.stderr


def test_docker_without_rights_is_told_with_the_fix(as_other_user: Cli, open_place: Path) -> None:
    closed = open_place / "docker.sock"
    table = open_place / "cars.csv"  # the checkout may lie where only its owner looks
    table.write_bytes(CARS.read_bytes())
    with socket.socket(socket.AF_UNIX) as engine:
        engine.bind(str(closed))
        engine.listen()
        closed.chmod(0)

        done = as_other_user("chart", table, GOAL, DOCKER_HOST=f"unix://{closed}")

    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert "error: The Docker engine is not open to this user." in done.stderr
    assert "usermod -aG docker" in done.stderr
    assert is_clean(done.stderr)


def test_a_folder_without_the_right_to_write_is_told_at_once(
    as_other_user: Cli, open_place: Path
) -> None:
    closed = open_place / "closed"
    closed.mkdir(mode=0o555)

    done = as_other_user("chart", "missing.csv", GOAL, "--out", closed / "out")

    assert (done.returncode, done.stdout) == (1, "")
    assert f"no right to write in {closed}" in done.stderr


@pytest.mark.docker
def test_a_private_file_of_a_user_is_drawn_and_stays_private(
    as_other_user: Cli, open_place: Path
) -> None:
    table = open_place / "home" / "cars.csv"
    shutil.copyfile(CARS, table)
    table.chmod(0o600)
    socket_of_engine = Path("/var/run/docker.sock")
    before = table.stat()

    done = as_other_user("chart", table, GOAL, groups=[socket_of_engine.stat().st_gid])

    after = table.stat()
    assert done.returncode == 0, done.stderr
    assert (after.st_mode, after.st_mtime_ns) == (before.st_mode, before.st_mtime_ns)
    assert stat.S_IMODE(table.parent.stat().st_mode) == 0o700
    assert table.read_bytes() == CARS.read_bytes()


@pytest.mark.docker
@pytest.mark.slow
def test_an_accepted_chart_keeps_the_json_contract(cli: Cli) -> None:
    done = cli("chart", CARS, GOAL, "--json", "--out", "out")

    record = json.loads(done.stdout)
    best = record["best"]
    assert (done.returncode, done.stderr) == (0, "")
    assert set(record) == KEYS
    assert (record["format"], record["accepted"], record["stopped_because"]) == (
        1,
        True,
        "accepted",
    )
    assert set(best) == {
        *("round", "overall", "reading", "code", "files", "scores", "findings"),
        *("notes", "claims", "unsupported"),
    }
    assert best["reading"] == "mean of Horsepower by Origin"
    assert Path(best["code"]).read_text().startswith("import ")
    assert [Path(path).read_bytes()[:4] for path in best["files"]] == [b"\x89PNG"]
    assert {frozenset(score) for score in best["scores"]} == {
        frozenset(
            (
                *("dimension", "value", "pass_mark", "passed", "evidence", "advice", "unscored"),
                *("confidence", "by", "spread", "votes"),
            )
        )
    }
    assert json.loads(cli("ls", "--json").stdout)[0]["run"] == record["run"]


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.parametrize(("rounds", "code", "reason"), [(1, 4, "rounds"), (6, 3, "writer_gave_up")])
def test_unmet_criteria_and_ended_budgets_have_exit_codes_of_their_own(
    cli: Cli, rounds: int, code: int, reason: str
) -> None:
    Path("never.toml").write_text(NEVER_ACCEPTED)

    done = cli("chart", CARS, GOAL, "--rubric", "never.toml", "--max-rounds", rounds)

    run = json.loads(cli("ls", "--json").stdout)[0]
    assert done.returncode == code
    assert done.stdout.startswith("not accepted: ")
    assert "round 1: " in done.stderr
    assert (run["accepted"], run["stopped_because"]) == (False, reason)
