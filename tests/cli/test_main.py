"""What every command shares: help, wrong usage, streams, environment variables."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import click
import pytest

from critique_loop.cli import cli as root
from critique_loop.cli.options import Option

Cli = Callable[..., subprocess.CompletedProcess[str]]
COMMAND = [sys.executable, "-m", "critique_loop"]


def _commands(
    command: click.Command, path: tuple[str, ...]
) -> Generator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _commands(inner, (*path, name))


ALL = list(_commands(root, ()))


@pytest.mark.parametrize("path", [path for path, _ in ALL], ids=" ".join)
def test_every_command_has_help_with_examples_of_itself(cli: Cli, path: tuple[str, ...]) -> None:
    done = cli(*path, "--help")

    assert (done.returncode, done.stderr) == (0, "")
    assert " ".join(("Usage: critique-loop", *path)) in done.stdout
    assert f"  {' '.join(('critique-loop', *path))}" in done.stdout.split("Examples:")[1]


def test_every_option_is_an_environment_variable_named_as_it_is_typed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong: list[str] = []
    for path, command in ALL[1:]:
        prefix = "_".join(("CRITIQUE_LOOP", *path)).upper()
        context = click.Context(command, auto_envvar_prefix=prefix)
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                name = f"{prefix}_{max(parameter.opts, key=len)[2:].replace('-', '_').upper()}"
                monkeypatch.setenv(name, "here")
                found = parameter.resolve_envvar_value(context)
                if found != "here" or not isinstance(parameter, Option):
                    wrong.append(name)

    assert wrong == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("charts",), "error: No such command 'charts'.\nTry: critique-loop --help\n"),
        (("chart",), "error: Missing argument 'DATA'.\nTry: critique-loop chart --help\n"),
        (("sandbox", "exec"), "Try: critique-loop sandbox exec --help\n"),
        (("resume",), "error: Missing argument 'RUN'."),
        (("ls", "--jsn"), "error: No such option '--jsn'."),
        (("chart", "a.csv", "b", "c\x1b[31m"), "unexpected extra argument (c\\x1b[31m)"),
        (("chart", "a.csv", "b", "--max-rounds", "0"), "0 is not in the range x>=1"),
        (("chart", "a.csv", "b", "--max-time", "nan"), "nan is no number"),
        (("chart", "a.csv", "b", "--unit", "kg"), "'kg' is not COLUMN=UNIT"),
    ],
)
def test_wrong_usage_ends_with_2_and_points_to_the_help(
    cli: Cli, arguments: tuple[str, ...], said: str
) -> None:
    done = cli(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_no_command_at_all_shows_the_help_on_stderr(cli: Cli) -> None:
    done = cli()

    assert (done.returncode, done.stdout) == (2, "")
    assert "Usage: critique-loop" in done.stderr


def test_an_option_can_come_from_the_environment(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRITIQUE_LOOP_LS_JSON", "1")

    done = cli("ls")

    assert (done.returncode, done.stdout) == (0, "[]\n")


def test_a_reader_that_goes_away_is_no_traceback(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)

    with os.fdopen(writing, "w") as gone:
        done = subprocess.run(
            [*COMMAND, "--help"], stdout=gone, stderr=subprocess.PIPE, check=False, cwd=tmp_path
        )

    assert (done.returncode, done.stderr) == (1, b"")


def test_a_full_disk_under_the_output_is_an_error_in_one_line(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, "--help"], stdout=full, stderr=subprocess.PIPE, check=False, cwd=tmp_path
        )

    assert done.returncode == 1
    assert done.stderr == b"error: output: No space left on device\n"


def test_colours_stay_away_from_files_and_from_who_asked_for_none(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("FORCE_COLOR", "")

    done = cli("chart", "missing.csv", "goal")

    assert "\x1b" not in done.stdout + done.stderr
