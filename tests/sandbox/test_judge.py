from __future__ import annotations

import json
from pathlib import Path

import pytest
from judge import judge

from tests.sandbox.clean_charts import CHARTS
from tests.sandbox.drawing import DATA, Drawn, draw, judge_drawn

MEASURED_HERE = {
    "blank_image",
    "empty_axes",
    "nan_data",
    "line_on_nominal",
    "too_many_categories",
    "baseline_truncated",
    "legend_missing",
    "title_missing",
    "label_missing",
    "label_raw",
    "ticks_overlap",
    "text_clipped",
    "text_low_contrast",
    "font_tiny",
    "axis_inverted",
    "dual_axis",
    "data_cropped",
    "personal_data_shown",
}
RECOMPUTED = {"values_mismatch", "wrong_aggregate", "goal_column_missing"}
NOT_RECOMPUTED = {"boxes", "heat_map"}


@pytest.mark.parametrize("name", CHARTS)
def test_a_clean_chart_has_no_finding(name: str, tmp_path: Path) -> None:
    chart = CHARTS[name]

    judged = judge_drawn(draw(chart.program, tmp_path), table=chart.table, goal=chart.goal)

    assert [found for found in judged.findings if found.severity != "note"] == []
    assert set(judged.checks) >= (
        MEASURED_HERE if name in NOT_RECOMPUTED else MEASURED_HERE | RECOMPUTED
    )
    assert judged.picture == "chart.png"
    assert "failed_checks" not in judged.facts


def test_every_answer_is_plain_json(tmp_path: Path) -> None:
    drawn = draw(CHARTS["bars"].program.replace("ax.set_title", "str"), tmp_path)

    answer = judge({"goal": "", "tables": [], "units": {}}, drawn.facts, drawn.files, str(DATA))

    assert json.loads(json.dumps(answer, allow_nan=False)) == json.loads(json.dumps(answer))
    assert set(answer) == {"findings", "checks", "facts", "picture"}


def test_the_summary_says_what_was_drawn(tmp_path: Path) -> None:
    judged = judge_drawn(draw(CHARTS["grouped_bars"].program, tmp_path))

    (plot,) = judged.facts["plots"]

    assert plot == {
        "title": "Mean barley yield by site and year",
        "x": "Site",
        "y": "Mean yield",
        "marks": ["bar"],
        "series": 2,
        "points": 12,
        "legend": ["1931", "1932"],
    }


def test_without_a_picture_only_its_absence_is_judged() -> None:
    judged = judge_drawn(Drawn(b"", 0, {}))

    assert judged.codes == {"blank_image"}
    assert judged.checks == ("blank_image",)
    assert judged.picture == ""


@pytest.mark.parametrize(
    "facts",
    [b"", b"{", b"[]", b'{"figures": 3}', b'{"figures": [{"axes": [1]}]}', b"[" * 100_000, b"\xff"],
)
def test_malformed_facts_count_as_none(facts: bytes, tmp_path: Path) -> None:
    drawn = draw(CHARTS["bars"].program, tmp_path)

    judged = judge_drawn(Drawn(facts, 1, drawn.files))

    assert judged.checks == ("blank_image",)
    assert judged.findings == ()


def test_facts_of_another_picture_are_not_believed(tmp_path: Path) -> None:
    drawn = draw(CHARTS["bars"].program, tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    small = draw(CHARTS["scatter"].program.replace("subplots(", "subplots(figsize=(3, 3), "), other)

    judged = judge_drawn(Drawn(drawn.facts, 1, small.files))

    assert judged.checks == ("blank_image",)


def test_a_picture_that_is_no_picture_is_blank(tmp_path: Path) -> None:
    drawn = draw(CHARTS["bars"].program, tmp_path)

    judged = judge_drawn(Drawn(drawn.facts, 1, {"chart.png": b"\x89PNG\r\n\x1a\n" + bytes(40)}))

    assert judged.codes == {"blank_image"}
    assert judged.picture == ""


def test_chart_png_is_judged_before_other_pictures(tmp_path: Path) -> None:
    program = CHARTS["bars"].program + 'plt.figure(); plt.savefig("later.png")\n'

    judged = judge_drawn(draw(program, tmp_path))

    assert judged.picture == "chart.png"
    assert judged.codes == set()


def test_a_picture_of_another_name_is_judged(tmp_path: Path) -> None:
    program = CHARTS["bars"].program.replace('"chart.png"', '"origin.png"')

    judged = judge_drawn(draw(program, tmp_path))

    assert judged.picture == "origin.png"
    assert set(judged.checks) >= MEASURED_HERE


def test_a_picture_written_through_memory_is_matched_by_its_size(tmp_path: Path) -> None:
    program = CHARTS["bars"].program.replace(
        'plt.savefig("chart.png")',
        "import io; png = io.BytesIO(); plt.savefig(png); "
        'open("chart.png", "wb").write(png.getvalue())',
    )

    judged = judge_drawn(draw(program, tmp_path))

    assert judged.picture == "chart.png"
    assert set(judged.checks) >= MEASURED_HERE


def test_the_values_are_recomputed_where_there_is_a_table(tmp_path: Path) -> None:
    chart = CHARTS["bars"]
    drawn = draw(chart.program, tmp_path)

    judged = judge_drawn(drawn, table=chart.table, goal=chart.goal)

    assert set(judged.checks) >= RECOMPUTED
    assert "Horsepower" in judged.facts["reading"]


def test_a_request_of_the_wrong_shape_is_not_fatal(tmp_path: Path) -> None:
    drawn = draw(CHARTS["bars"].program, tmp_path)

    answer = judge(
        {"goal": 3, "tables": [None, {"name": 5}], "units": []},
        drawn.facts,
        drawn.files,
        "/nowhere",
    )

    assert answer["findings"] == []


def test_a_check_that_fails_leaves_its_codes_unjudged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = draw(CHARTS["bars"].program.replace('ax.set_xlabel("Origin")', ""), tmp_path)

    def broken(_: object) -> None:
        raise ZeroDivisionError("odd facts")

    monkeypatch.setattr("check_layout.check", broken)
    judged = judge_drawn(drawn)

    assert judged.codes == {"label_missing"}
    assert set(judged.checks) - {"claim_contradicted"} == MEASURED_HERE - {
        "ticks_overlap",
        "text_clipped",
    }
    assert judged.facts["failed_checks"] == ["ZeroDivisionError: odd facts"]
