from __future__ import annotations

import json
from pathlib import Path

import model_overhead
import model_overhead_places
import model_overhead_talk as talk
import pytest
from model_overhead_places import PlaceMissing
from model_overhead_results import Measured, aims, ratio, table


def measured(name: str, *cpu_ms: float) -> Measured:
    seconds = [value / 1e3 for value in cpu_ms]
    return Measured(name, {}, seconds, [2 * value for value in seconds], [50.0, 51.5, 52.0])


def test_a_ratio_is_that_of_the_medians_within_its_interval() -> None:
    base = [0.010 + 0.001 * (run % 5) for run in range(50)]
    twice = [2 * value for value in base]

    found = ratio(twice, base)

    assert found.value == pytest.approx(2.0)
    assert found.low == pytest.approx(2.0)
    assert found.high == pytest.approx(2.0)


def test_noise_that_both_have_in_a_run_does_not_widen_the_interval() -> None:
    noise = [1.0 if run % 2 else 3.0 for run in range(60)]
    paired = ratio([1.1 * value for value in noise], noise)
    apart = ratio([1.1 * value for value in noise], [4.0 - value for value in noise])

    assert paired.high - paired.low < 0.001 < apart.high - apart.low


def test_the_table_tells_an_aim_that_is_missed() -> None:
    found = {"a": measured("a", 9, 10, 11), "b": measured("b", 12, 13, 14)}

    text = aims(found, {("b", "a"): 1.2, ("a", "b"): 1.2, ("c", "a"): 1.2})

    rows = text.splitlines()[2:]
    assert [row.rsplit("| ", 1)[1] for row in rows] == ["**missed** |", "met |"]


def test_every_contender_has_a_row_with_its_ratios() -> None:
    found = [measured("a", 9, 10, 11), measured("b", 19, 20, 21)]

    heads, _, *rows = table(found, found[:1]).splitlines()

    assert all(row.count("|") == heads.count("|") for row in rows)
    assert rows[1].startswith("| b | 20.0 (19.0 to 21.0) | 40.0 | 2.00 ")
    assert rows[1].endswith("| 52 | 2.0 |")


def test_an_environment_that_cannot_be_made_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(PlaceMissing, match="uv, which would make its environment"):
        model_overhead_places.python_of("autogen", tmp_path)


def test_writer_and_critic_get_different_answers_and_each_goal_another_program() -> None:
    writer, critic = (talk.prompt(role) for role in ("writer", "critic"))

    programs = {talk.answer(f"{writer}\n{talk.question(number)}") for number in range(3)}
    critiques = {talk.answer(f"{critic}\n{talk.question(0, one)}") for one in programs}

    assert len(programs) == 3
    assert len(critiques) == 1
    assert not critiques & programs


@pytest.mark.slow
def test_all_that_runs_in_this_environment_makes_four_requests_per_exchange(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    ours = [contender.name for contender in model_overhead.CONTENDERS if not contender.place]

    model_overhead.main(
        [*("--runs", "3", "--warm-up", "1", "--json", "--folder", str(tmp_path)), "--only", *ours]
    )

    rows = json.loads(capsys.readouterr().out)["rows"]
    assert {row["contender"] for row in rows} == set(ours)
    assert all(row["cpu_ms"] > 0 and row["runs"] == 3 for row in rows)


@pytest.mark.slow
def test_a_request_more_or_less_ends_the_benchmark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(talk, "CALLS", 5)

    with pytest.raises(SystemExit, match=r"made \d requests, not 5"):
        model_overhead.main(
            [*("--runs", "1", "--warm-up", "0", "--folder", str(tmp_path)), "--only", "openai SDK"]
        )
