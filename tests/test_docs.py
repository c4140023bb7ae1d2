"""What the documents say is so: their blocks run, their links lead on, their tables agree."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import click
import pytest

from critique_loop.cli import cli as root
from critique_loop.rubric import load, shipped
from critique_loop.testing.fault_server import FaultServer
from critique_loop.testing.fault_server_acts import Say, always
from critique_loop.values import ExecutionStatus, StopReason

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
REFERENCE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
FOLDERS = ("docs", "recipes", "tests", "benchmarks")
DOCUMENTS = sorted(
    path.relative_to(ROOT)
    for found in (ROOT.glob("*.md"), *((ROOT / folder).rglob("*.md") for folder in FOLDERS))
    for path in found
)
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)")
RUN_PLACEHOLDER = "7f3a"
TASK = {
    "task_id": "own/1",
    "prompt": 'def double(x: int) -> int:\n    """Return twice x."""\n',
    "entry_point": "double",
    "canonical_solution": "    return 2 * x\n",
    "test": "def check(candidate):\n    assert candidate(2) == 4\n",
}
OF_A_READER = {
    "mine.py": "def double(x: int) -> int:\n    return 2 * x\n",
    "test_mine.py": "from mine import double\n\n\ndef test_two():\n    assert double(2) == 4\n",
    "humaneval.jsonl": json.dumps(TASK),
    "samples.jsonl": json.dumps({"task_id": "own/1", "completion": "    return 2 * x\n"}),
}


def blocks(language: str) -> list[str]:
    return [text for found, text in BLOCK.findall(README) if found == language]


def section(heading: str) -> str:
    return REFERENCE.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def first_cells(text: str) -> list[str]:
    """Return the names in the first column of a table, and whatever else stands there in code."""
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("|")]
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row)]


def commands(
    command: click.Command = root, path: tuple[str, ...] = ("critique-loop",)
) -> Generator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield " ".join(path), command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None
        yield from commands(inner, (*path, name))


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    folders = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": folders, "CRITIQUE_LOOP_STORE": str(tmp_path / "traces.db")}


@pytest.mark.docker
@pytest.mark.slow
def test_the_commands_of_the_readme_run_as_they_stand(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    shutil.copyfile(ROOT / "tests" / "data" / "cars.csv", tmp_path / "cars.csv")
    for name, text in OF_A_READER.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    lines = [line for text in blocks("") for line in text.splitlines()]
    typed = [shlex.split(line, comments=True) for line in lines if line.startswith("critique-loop")]
    run_id = ""

    for words in typed:
        arguments = [run_id if word == RUN_PLACEHOLDER else word for word in words[1:]]
        done = subprocess.run(
            [sys.executable, "-m", "critique_loop", *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{shlex.join(words)}: {done.stderr}"
        if words[1] == "ls":
            run_id = done.stdout.splitlines()[1].split()[0][:4]

    assert {words[1] for words in typed} >= {"chart", "code", "ls", "show", "doctor"}
    assert (tmp_path / "out" / "cars" / "chart.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.parametrize("block", blocks("python"))
def test_the_python_of_the_readme_prints_what_it_says(
    block: str, environment: dict[str, str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", block],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    expected = re.findall(r"# prints -> (.*)", block)
    assert done.returncode == 0, done.stderr
    assert expected
    assert done.stdout.splitlines()[: len(expected)] == expected


def test_every_make_target_that_the_readme_types_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    targets = re.findall(r"^make (\w+)$", "".join(blocks("")), re.MULTILINE)

    assert len(targets) == 2
    assert all(f"\n{target}:" in makefile for target in targets)


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_link_leads_to_a_file_that_is_there(document: Path) -> None:
    place = (ROOT / document).parent
    links = LINK.findall((ROOT / document).read_text(encoding="utf-8"))

    missing = [link for link in links if "://" not in link and not (place / link).exists()]

    assert missing == []


def test_the_reference_lists_every_command_with_its_arguments_and_no_other() -> None:
    there: list[str] = []
    for path, command in commands():
        context = click.Context(command)
        arguments = [p for p in command.params if isinstance(p, click.Argument)]
        there.append(" ".join([path, *(each.make_metavar(context) for each in arguments)]))

    listed = [name for name in first_cells(section("Commands")) if name.startswith("critique-loop")]

    assert sorted(listed) == sorted(there)


def test_the_reference_lists_every_option_with_its_commands_and_no_other() -> None:
    there: dict[str, set[str]] = {}
    for path, command in commands():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                metavar = (
                    "" if parameter.is_flag else parameter.make_metavar(click.Context(command))
                )
                name = f"{parameter.opts[0]} {metavar}".strip()
                there.setdefault(name, set()).add(path.removeprefix("critique-loop "))

    rows = [
        line.split("|") for line in section("Commands").splitlines() if line.startswith("| `--")
    ]
    listed = {row[1].strip(" `"): set(re.findall(r"`([^`]+)`", row[2])) for row in rows}

    assert listed == there


def test_every_option_named_in_any_document_exists() -> None:
    there = {name for _, c in commands() for p in c.params for name in p.opts} | {"--help"}
    ours = "\n".join([REFERENCE, *(line for line in README.splitlines() if "docker" not in line)])

    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", ours))

    assert named <= there


def test_the_reference_lists_the_findings_of_the_shipped_rubrics_and_no_other() -> None:
    rubrics = [load(name) for name in shipped()]
    known = {code for rubric in rubrics for d in rubric.dimensions for code in d.checks}

    assert sorted(first_cells(section("Findings"))) == sorted(known)


def test_the_reference_lists_every_way_a_run_or_an_execution_can_end() -> None:
    reasons = re.search(r"`stopped_because` is one of ([\w, ]+)\.", REFERENCE)
    states = re.findall(r"\| `(\w+)` \|", section("How an execution can end"))

    assert reasons is not None
    assert reasons[1].split(", ") == [reason.value for reason in StopReason]
    assert sorted(states) == sorted(ExecutionStatus)


def test_the_keys_of_the_shipped_rubric_are_in_the_reference() -> None:
    text = (ROOT / "agents" / "rubrics" / "charts.toml").read_text(encoding="utf-8")
    used = set(re.findall(r"^(\w+) =", text, re.MULTILINE))

    assert used <= set(first_cells(section("Rubric files")))


@pytest.mark.docker
@pytest.mark.slow
def test_the_json_of_the_reference_has_the_keys_of_a_real_outcome(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    table = ROOT / "tests" / "data" / "cars.csv"
    command = [sys.executable, "-m", "critique_loop", "chart", str(table), "horsepower by origin"]

    done = subprocess.run(
        [*command, "--json"], cwd=tmp_path, env=environment, capture_output=True, check=False
    )

    record = json.loads(done.stdout)
    described = re.findall(r'"(\w+)"', section("JSON").split("`stopped_because`")[0])
    best = record["best"]
    assert {*record, *best, *best["scores"][0]} <= set(described)
    assert {"code", "severity", "dimension", "place", "message", "numbers"} <= set(described)


@pytest.mark.docker
@pytest.mark.slow
def test_the_commands_with_a_model_run_as_they_stand(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    shutil.copyfile(ROOT / "tests" / "data" / "cars.csv", tmp_path / "cars.csv")
    task = {"data": "cars.csv", "goal": "average horsepower by origin"}
    (tmp_path / "tasks.jsonl").write_text(json.dumps(task), encoding="utf-8")
    _run(["critique-loop", "rubric", "new", "mine.toml"], tmp_path, environment)
    environment |= {"OPENAI_API_KEY": "sk-not-used", "XDG_CONFIG_HOME": str(tmp_path / "config")}
    ended: dict[str, int] = {}

    with FaultServer() as server:
        model = server.play(always(Say()))
        for line in "".join(blocks("sh")).splitlines():
            here = line.replace("http://localhost:8000/v1", server.base_url)
            words = shlex.split(here.replace("qwen3", model), comments=True)
            listed = _run(["critique-loop", "ls", "--json"], tmp_path, environment)
            runs = json.loads(listed.stdout)
            run_id = runs[0]["run"] if runs else ""
            words = [run_id if word == RUN_PLACEHOLDER else word for word in words]
            ended[line] = _run(words, tmp_path, environment).returncode

    # The server's programs draw nothing, so the runs end stuck, the resumed one as well; of one
    # chart that was accepted at once no pair can be made.
    assert list(ended.values()) == [3, 0, 0, 3, 0, 0, 1]


def _run(
    words: list[str], cwd: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
