"""All clean charts: nothing is wrong with any of them."""

from __future__ import annotations

from tests.sandbox.charts import Chart
from tests.sandbox.clean_bars import BARS
from tests.sandbox.clean_marks import MARKS

CHARTS: dict[str, Chart] = {**BARS, **MARKS}
