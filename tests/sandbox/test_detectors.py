"""Each finding code depends on its own detector: without it, the seeded defect is not found."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import check_drawn
import check_encoding
import check_layout
import check_legibility
import check_type
import check_values
import check_words
import goal_findings
import pytest
from findings import Checked

from critique_loop import MeasuredCritic, load_rubric
from critique_loop.critics import measured
from critique_loop.values import Draft, Execution, ExecutionStatus, Task
from tests.sandbox.charts import Chart, clean_chart
from tests.sandbox.clean_charts import CHARTS
from tests.sandbox.defects_of_marks import DRAWN, ENCODING, TYPE
from tests.sandbox.defects_of_texts import LAYOUT, LEGIBILITY, WORDS
from tests.sandbox.drawing import draw, judge_drawn

VALUE_CHARTS = Path(__file__).with_name("value_charts.toml")
RUN_CODE = "run_error"


def _nothing(*_: object) -> tuple[()]:
    return ()


def _no_ink_needed(*_: object) -> Checked:
    return Checked(codes=("blank_image",))


Detector = tuple[ModuleType, str, Callable[..., object]]

DETECTORS: dict[str, Detector] = {
    "blank_image": (check_drawn, "check_ink", _no_ink_needed),
    "empty_axes": (check_drawn, "_empty", _nothing),
    "nan_data": (check_drawn, "_missing", _nothing),
    "values_mismatch": (check_values, "value_findings", _nothing),
    "wrong_aggregate": (goal_findings, "_aggregates", _nothing),
    "goal_column_missing": (goal_findings, "_columns", _nothing),
    "line_on_nominal": (check_type, "_line_on_nominal", _nothing),
    "too_many_categories": (check_type, "_too_many", _nothing),
    "baseline_truncated": (check_encoding, "_baseline", _nothing),
    "legend_missing": (check_encoding, "_legend", _nothing),
    "title_missing": (check_words, "_title", _nothing),
    "label_missing": (check_words, "_labels", _nothing),
    "label_raw": (check_words, "_raw", _nothing),
    "ticks_overlap": (check_layout, "_overlaps", _nothing),
    "text_clipped": (check_layout, "_clipped", _nothing),
    "text_low_contrast": (check_legibility, "_pale", _nothing),
    "font_tiny": (check_legibility, "_tiny", _nothing),
}

# The one to take of a code's defects where the first is found for another reason too.
CHOSEN = {"empty_axes": "ax.set_xlim(0, 100)"}


def test_every_code_of_the_rubric_has_a_detector_here() -> None:
    codes = {code for dimension in load_rubric("charts").dimensions for code in dimension.checks}

    assert codes == {*DETECTORS, RUN_CODE}


@pytest.mark.parametrize("code", DETECTORS)
def test_a_detector_that_finds_nothing_misses_its_defect(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chart = _with_defect(code)
    drawn = draw(chart.program, tmp_path)
    whole = judge_drawn(drawn, table=chart.table, goal=chart.goal)
    module, name, finds_nothing = DETECTORS[code]
    monkeypatch.setattr(module, name, finds_nothing)

    without = judge_drawn(drawn, table=chart.table, goal=chart.goal)

    assert drawn.error == ""
    assert code in whole.codes
    assert code not in without.codes
    assert code in without.checks


@pytest.mark.anyio
async def test_a_critic_that_overlooks_failing_runs_misses_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = await _codes_of_a_failing_run()
    monkeypatch.setattr(measured, "_run_error", _nothing)

    without = await _codes_of_a_failing_run()

    assert found == {RUN_CODE}
    assert without == set()


async def _codes_of_a_failing_run() -> set[str]:
    task, failed = Task("", load_rubric("charts")), Execution(ExecutionStatus.ERROR)
    critique = await MeasuredCritic().review(task, Draft("", writer=""), failed, history=())
    return {finding.code for finding in critique.findings}


def _with_defect(code: str) -> Chart:
    """The clean chart of a code's defect, with the defect in it."""
    defects = [
        defect
        for defect in (*DRAWN, *TYPE, *ENCODING, *WORDS, *LAYOUT, *LEGIBILITY)
        if defect.code == code and CHOSEN.get(code, "") in defect.new
    ]
    if not defects:
        return _with_value_defect(code)
    chart = CHARTS[defects[0].chart]
    program = chart.program.replace(defects[0].old, defects[0].new)
    return Chart(chart.table, chart.goal, program)


def _with_value_defect(code: str) -> Chart:
    """The first chart of which one defect must be found under this code and no other."""
    charts = tomllib.loads(VALUE_CHARTS.read_text(encoding="utf-8"))["chart"]
    chart, defect = next(
        (chart, defect)
        for chart in charts
        for defect in chart["defects"]
        if defect["codes"] == [code]
    )
    code = chart["code"].replace(defect["old"], defect["new"])
    return clean_chart(f"{chart['table']}.csv", chart["goal"], f"df = data\n{code}")
