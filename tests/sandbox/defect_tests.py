"""What every test of a seeded defect does: find it, and nothing in its clean twin."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.sandbox.clean_charts import CHARTS
from tests.sandbox.defects import Defect
from tests.sandbox.drawing import Found, draw, judge_drawn


def each(defects: Sequence[Defect]) -> pytest.MarkDecorator:
    """Run a test once per defect, named after it."""
    return pytest.mark.parametrize("defect", defects, ids=[defect.name for defect in defects])


def assert_found(defect: Defect, folder: Path) -> Found:
    """Put the defect into its chart and return what the judge says of it."""
    chart = CHARTS[defect.chart]
    assert chart.program.count(defect.old) == 1

    drawn = draw(chart.program.replace(defect.old, defect.new), folder)
    judged = judge_drawn(drawn, table=chart.table)

    assert drawn.error == ""
    found = [finding for finding in judged.findings if finding.code == defect.code]
    assert [finding.severity for finding in found if finding.severity == "note"] == []
    assert found, f"not found; the judge says {sorted(judged.codes)}"
    assert all(finding.message and finding.advice and finding.numbers for finding in found)
    return found[0]
