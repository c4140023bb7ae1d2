from __future__ import annotations

from pathlib import Path

import pytest

from tests.sandbox.drawing import Judged, draw_snippet, judge_drawn


def _judged(lines: str, folder: Path, goal: str = "") -> Judged:
    drawn = draw_snippet(f"fig, ax = plt.subplots()\n{lines}\nfig.savefig('chart.png')", folder)
    return judge_drawn(drawn, goal=goal)


TWO_SCALES = "ax.plot([1, 2], [1, 2]); ax.twinx().plot([1, 2], [300, 100])"
CASES = {
    "axis_inverted": "ax.bar(['a', 'b'], [1, 2]); ax.invert_yaxis()",
    "dual_axis": TWO_SCALES,
    "data_cropped": "ax.scatter(range(50), range(50)); ax.set_ylim(0, 40)",
}


@pytest.mark.parametrize("code", CASES)
def test_a_misleading_design_is_found(code: str, tmp_path: Path) -> None:
    assert code in _judged(CASES[code], tmp_path).codes


@pytest.mark.parametrize(
    "lines",
    [
        "ax.bar(['a', 'b'], [1, 2])",
        "ax.barh(['a', 'b'], [1, 2]); ax.invert_yaxis()",
        "ax.plot([1, 2, 3], [3, 1, 2]); ax.invert_yaxis(); ax.set_ylabel('Rank')",
        "ax.plot([1, 2], [1, 2]); other = ax.twinx(); other.set_ylim(ax.get_ylim())",
        "ax.plot([1, 2], [1, 2]); ax.set_ylabel('kg'); b = ax.twinx(); b.plot([1, 2], [90, 10]); "
        "b.set_ylabel('cm')",
        "ax.scatter(range(200), range(200)); ax.set_ylim(1.5, 205)",
    ],
)
def test_an_honest_design_is_not(lines: str, tmp_path: Path) -> None:
    judged = _judged(lines, tmp_path)

    assert not judged.codes & set(CASES)
    assert set(CASES) <= set(judged.checks)


def test_a_goal_that_asks_for_depth_may_run_downwards(tmp_path: Path) -> None:
    lines = "ax.plot([1, 2, 3], [10, 20, 30]); ax.invert_yaxis()"

    assert "axis_inverted" not in _judged(lines, tmp_path, goal="temperature by depth").codes
