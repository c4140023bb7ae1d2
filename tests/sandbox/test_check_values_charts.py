"""Charts over real tables are judged silently; each defect put into one is an error.

`value_charts.toml` holds the charts and the defects that are made by changing a line of them. The
defects that suit any chart are made here: rows dropped before drawing, and drawn numbers or labels
changed after it. What can't be told by recomputing is listed there as ``unseen``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import check_values
import figure_probe
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from figure_facts import AxesFacts, FigureFacts, SeriesFacts, parse
from findings import Checked, Request, TableSource
from matplotlib import pyplot as plt

mpl.use("Agg")

HERE = Path(__file__).parent
DATA = HERE.parent / "data"
CHARTS: list[dict[str, Any]] = tomllib.loads(
    (HERE / "value_charts.toml").read_text(encoding="utf-8")
)["chart"]
ANY = {"values_mismatch", "goal_column_missing"}
EVERYWHERE = {
    "rows dropped": "df = df.sample(frac=0.6, random_state=2).sort_index()\n",
    "tail lost": "df = df.iloc[: int(0.85 * len(df))]\n",
}


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    yield
    plt.close("all")


@pytest.mark.slow
@pytest.mark.parametrize("chart", CHARTS, ids=[f"{c['table']}: {c['goal']}" for c in CHARTS])
def test_is_silent_on_the_chart_and_finds_each_of_its_defects(chart: dict[str, Any]) -> None:
    figure = _draw(chart["table"], chart["code"])

    complaints = [one for one in _judge(chart, figure).findings if one.severity != "note"]
    defects = list(_defects(chart, figure))
    missed = [name for name, bad, codes in defects if not _caught(chart, bad, codes)]

    assert complaints == []
    assert missed == chart.get("unseen", [])


def _caught(chart: dict[str, Any], figure: FigureFacts, codes: set[str]) -> bool:
    found = _judge(chart, figure).findings
    return any(one.severity == "error" and one.code in codes for one in found)


def _judge(chart: dict[str, Any], figure: FigureFacts) -> Checked:
    table = TableSource(f"{chart['table']}.csv")
    return check_values.check(figure, Request(chart["goal"], (table,)), str(DATA))


def _draw(table: str, code: str) -> FigureFacts:
    documents: list[bytes] = []
    plt.close("all")
    figure_probe.install(documents.append)
    try:
        names = {"df": pd.read_csv(DATA / f"{table}.csv"), "plt": plt, "pd": pd, "np": np}
        exec(code, names)  # noqa: S102 -- the charts are this test's own data
        plt.savefig("chart.png", dpi=50)  # pyright: ignore[reportUnknownMemberType] -- matplotlib
    finally:
        figure_probe.finish()
    facts = parse(documents[-1])
    assert facts is not None
    return facts.figures[-1]


def _defects(
    chart: dict[str, Any], figure: FigureFacts
) -> Iterator[tuple[str, FigureFacts, set[str]]]:
    for defect in chart["defects"]:
        assert defect["old"] in chart["code"]
        code = chart["code"].replace(defect["old"], defect["new"])
        yield defect["name"], _draw(chart["table"], code), set(defect["codes"])
    for name, start in EVERYWHERE.items():
        try:
            other = _draw(chart["table"], start + chart["code"])
        except (ValueError, IndexError, TypeError):
            continue  # so few rows are left that the program can't draw at all
        if any(s.y for s in _series(other)) and _values(other) != _values(figure):
            yield name, other, ANY
    for name, change in CHANGES.items():
        changed = _changed(figure, change)
        if changed is not None:
            yield name, changed, ANY
    exchanged = _labels_exchanged(figure)
    if exchanged is not None:
        yield "labels exchanged", exchanged, ANY


def _series(figure: FigureFacts) -> list[SeriesFacts]:
    return [series for axes in figure.axes for series in axes.series]


def _values(figure: FigureFacts) -> str:
    return repr([(s.kind, s.label, s.x, s.y) for s in _series(figure)])


def _changed(
    figure: FigureFacts, change: Callable[[SeriesFacts], SeriesFacts | None]
) -> FigureFacts | None:
    """The figure with the first series changed that can be; None if none can."""
    for at, axes in enumerate(figure.axes):
        for number, series in enumerate(axes.series):
            other = change(series)
            if other is not None:
                row = (*axes.series[:number], other, *axes.series[number + 1 :])
                return _with_axes(figure, at, replace(axes, series=row))
    return None


def _with_axes(figure: FigureFacts, at: int, axes: AxesFacts) -> FigureFacts:
    return replace(figure, axes=(*figure.axes[:at], axes, *figure.axes[at + 1 :]))


def _one_value_changed(series: SeriesFacts) -> SeriesFacts | None:
    telling = [at for at, y in enumerate(series.y) if np.isfinite(y) and y != 0]
    if len(telling) < 2:
        return None
    at = telling[len(telling) // 2]
    value = series.y[at] * 3 if series.kind == "hist" else round(series.y[at] * 1.4, 2)
    return replace(series, y=(*series.y[:at], value, *series.y[at + 1 :]))


def _names_exchanged(series: SeriesFacts) -> SeriesFacts | None:
    if series.kind not in {"bar", "line", "hist"} or len(series.y) < 2:
        return None
    values = list(series.y)
    high, low = int(np.nanargmax(values)), int(np.nanargmin(values))
    if values[high] == values[low]:
        return None
    values[high], values[low] = values[low], values[high]
    return replace(series, y=tuple(values))


def _values_invented(series: SeriesFacts) -> SeriesFacts | None:
    if series.kind in {"hist", "pie"} or not series.y:
        return None
    around = np.nanmean(series.y) * (0.6 + 0.8 * np.random.default_rng(5).random(len(series.y)))
    return replace(series, y=tuple(float(value) for value in around.round(1)))


def _labels_exchanged(figure: FigureFacts) -> FigureFacts | None:
    for at, axes in enumerate(figure.axes):
        named = [n for n, s in enumerate(axes.series) if s.label and not s.label.startswith("_")]
        if len(named) > 1:
            one, other = named[:2]
            row = list(axes.series)
            row[one] = replace(axes.series[one], label=axes.series[other].label)
            row[other] = replace(axes.series[other], label=axes.series[one].label)
            return _with_axes(figure, at, replace(axes, series=tuple(row)))
    return None


CHANGES: dict[str, Callable[[SeriesFacts], SeriesFacts | None]] = {
    "one value changed": _one_value_changed,
    "names exchanged": _names_exchanged,
    "values invented": _values_invented,
}
