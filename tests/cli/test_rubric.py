"""`rubric check`, `show`, `new`, `suggest` and `schema` as a user meets them."""

from __future__ import annotations

import json
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from critique_loop import rubric as rubrics
from critique_loop.testing.fault_server import FaultServer
from critique_loop.testing.fault_server_acts import Say, always

Cli = Callable[..., subprocess.CompletedProcess[str]]
HOSTILE = "\\u009b[31m"
WRONG = 'name = "mine"\n[[dimensions]]\nname = "n"\nquestion = "q"\npass_mark = "high"\nhue = 1\n'


def write(text: str, name: str = "mine.toml") -> Path:
    path = Path(name)
    path.write_text(text, encoding="utf-8")
    return path


def test_check_tells_all_errors_with_file_line_and_key_and_fails(cli: Cli) -> None:
    write(WRONG)

    done = cli("rubric", "check", "charts", "mine.toml")

    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "charts: ok, 7 dimensions, target 8.5",
        "mine.toml:5: error: dimensions[0].pass_mark: expected 0 to 10, found 'high'",
        "mine.toml:6: error: dimensions[0].hue: unknown key",
        "    Known keys: name, question, weight, pass_mark, gate, levels, checks, applies_to, "
        "scored_by.",
    ]


def test_check_warns_and_is_content(cli: Cli) -> None:
    write('name = "mine"\n[[dimensions]]\nname = "n"\nquestion = "q"\nchecks = { runerror = 1 }\n')

    done = cli("rubric", "check", "mine.toml")

    assert done.returncode == 0
    first, second, remedy, last = done.stdout.splitlines()
    assert first.startswith("mine.toml:2: warning: dimensions: no dimension is a gate")
    assert second.startswith("mine.toml:5: warning: dimensions[0].checks.runerror: ")
    assert remedy == "    Is run_error meant?"
    assert last == "mine.toml: ok, 1 dimension, target 8"


def test_check_speaks_json(cli: Cli) -> None:
    write(WRONG)

    done = cli("rubric", "check", "mine.toml", "safety", "--json")

    wrong, right = json.loads(done.stdout)
    assert done.returncode == 1
    assert (wrong["file"], wrong["ok"], right["ok"]) == ("mine.toml", False, True)
    assert wrong["errors"][0] == {
        "path": "mine.toml",
        "line": 5,
        "key": "dimensions[0].pass_mark",
        "text": "expected 0 to 10, found 'high'",
        "remedy": "",
    }


def test_check_without_a_file_is_wrong_usage(cli: Cli) -> None:
    assert cli("rubric", "check").returncode == 2


def test_show_prints_what_counts_how_much_and_who_scores_it(cli: Cli) -> None:
    write('name = "mine"\nextends = "charts-judged"\nwithout = ["message"]\n')

    done = cli("rubric", "show", "mine.toml")

    assert done.returncode == 0
    rows = {words[0]: words for line in done.stdout.splitlines() if (words := line.split())}
    assert rows["bugs"] == ["bugs", "15%", "8", "gate", "measured,", "person", "all"]
    assert rows["answer"] == ["answer", "23%", "7", "model,", "person", "all"]
    assert "-10 for run_error, blank_image" in done.stdout
    assert "message" not in rows


@pytest.mark.parametrize(
    ("gates", "said"),
    [(0, "that has no"), (1, "that passes the gate, has"), (2, "that passes all 2 gates, has")],
)
def test_show_says_what_is_accepted(cli: Cli, gates: int, said: str) -> None:
    entry = '[[dimensions]]\nname = "n{0}"\nquestion = "?"\ngate = {1}\n'
    entries = (entry.format(at, str(at < gates).lower()) for at in range(2))
    write('name = "mine"\ntarget = 7.5\n' + "".join(entries))

    shown = cli("rubric", "show", "mine.toml").stdout

    assert said in shown
    assert "weighted mean of 7.5 or more" in shown


def test_show_speaks_json_and_toml_which_extends_nothing(cli: Cli) -> None:
    write('name = "mine"\nextends = "charts"\nwithout = ["accessibility"]\ntarget = 7\n')

    shown = json.loads(cli("rubric", "show", "mine.toml", "--json").stdout)
    whole = write(cli("rubric", "show", "mine.toml", "--toml").stdout, "whole.toml")

    assert "extends" not in tomllib.loads(whole.read_text())
    assert rubrics.load(whole) == rubrics.load("mine.toml")
    assert (shown["name"], shown["target"], len(shown["dimensions"])) == ("mine", 7.0, 6)
    assert shown["dimensions"][0]["scored_by"] == ["measured", "person"]
    assert cli("rubric", "show", "mine.toml", "--toml", "--json").returncode == 2


def test_what_a_file_says_can_t_steer_the_terminal(cli: Cli) -> None:
    write(f'name = "a\\n"\n[[dimensions]]\nname = "{HOSTILE}"\n"{HOSTILE}" = "{HOSTILE}"\n')

    checked = cli("rubric", "check", "mine.toml")
    shown = cli("rubric", "show", "mine.toml")

    assert shown.returncode == 1
    assert "\x9b" not in checked.stdout + shown.stdout + shown.stderr
    assert "\\x9b[31m" in checked.stdout


@pytest.mark.parametrize(
    "options", [(), ("--extends", "charts"), ("--kind", "code"), ("--extends", "base.toml")]
)
def test_new_writes_a_file_that_can_be_loaded_as_it_is(cli: Cli, options: tuple[str, ...]) -> None:
    write('name = "b"\n[[dimensions]]\nname = "Usable"\nquestion = "?"\n', "base.toml")

    done = cli("rubric", "new", 'deep/own "file".toml', *options)

    assert done.returncode == 0
    report = rubrics.check('deep/own "file".toml')
    assert report.errors == ()
    assert report.rubric is not None
    assert report.rubric.name == 'own "file"'
    assert all("unscored" in w.text or "no dimension is a gate" in w.text for w in report.warnings)


def test_new_never_writes_over_a_file(cli: Cli) -> None:
    write("mine")

    done = cli("rubric", "new", "mine.toml")

    assert done.returncode == 1
    assert "stays as it is" in done.stderr
    assert Path("mine.toml").read_text() == "mine"


def test_new_follows_no_link_out_of_nowhere(cli: Cli) -> None:
    Path("link.toml").symlink_to("elsewhere.toml")

    assert cli("rubric", "new", "link.toml").returncode == 1
    assert not Path("elsewhere.toml").exists()


@pytest.mark.parametrize("name", ["mine.txt", "mine", "/proc/no/mine.toml"])
def test_new_says_where_nothing_can_be_written(cli: Cli, name: str) -> None:
    done = cli("rubric", "new", name)

    assert done.returncode in (1, 2)
    assert done.stderr


def test_schema_prints_the_shipped_one(cli: Cli) -> None:
    schema = json.loads(cli("rubric", "schema").stdout)

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.slow
def test_suggest_writes_a_draft_that_a_person_has_to_go_through(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    write("print(1)", "right.py")
    with FaultServer(answer=lambda _body, _index: "clear") as server:
        model = server.play(always(Say()))
        words = ("rubric", "suggest", "sales for the board", "--model", model)
        words += ("--base-url", server.base_url, "--good", "right.py", "--extends", "charts")
        printed = cli(*words)
        kept = cli(*words, "--out", "sub/board.toml")
        again = cli(*words, "--out", "sub/board.toml")

    assert (printed.returncode, kept.returncode, again.returncode) == (0, 0, 1)
    assert tomllib.loads(printed.stdout)["draft"] is True
    assert "tokens" in printed.stderr
    draft = Path("sub/board.toml").read_text()
    assert draft.startswith("# A DRAFT that ")
    assert cli("rubric", "check", "sub/board.toml").returncode == 1
    Path("sub/board.toml").write_text(draft.replace("draft = true\n", ""))
    assert [d.name for d in rubrics.load("sub/board.toml").dimensions][-1] == "clear"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("sales", "--model", "m", "--out", "x.txt"), "ends in .toml"),
        ((" ", "--model", "m"), "the sentence is empty"),
        (("sales", "--model", "m", "--good", "gone.py"), "gone.py: can't be read"),
        (("sales", "--model", "m", "--extends", "gone"), "gone: can't be read"),
    ],
)
def test_suggest_refuses_before_it_asks(cli: Cli, words: tuple[str, ...], said: str) -> None:
    done = cli("rubric", "suggest", *words)

    assert done.returncode == 1
    assert said in done.stderr


def test_every_command_has_examples(cli: Cli) -> None:
    for words in ((), ("check",), ("show",), ("new",), ("suggest",), ("schema",)):
        assert "Examples:" in cli("rubric", *words, "--help").stdout
