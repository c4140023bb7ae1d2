"""Are the drawn values what the table says, and what the goal asks for?

The table is read here, by code that never saw the program, and the drawn numbers are searched in
it: group aggregates for bars and lines, rows for points, bins for histograms.
"""

from __future__ import annotations

import warnings
from dataclasses import replace

from figure_facts import FigureFacts
from findings import Checked, Finding, Request, TableSource
from goal_findings import findings_of as goal_findings
from goal_reading import read_claims
from table_evidence import Part, Recogniser
from table_findings import findings_of as value_findings
from table_findings import reading_of
from table_reading import SourceTable, TableUnreadableError, read

CODES = ("values_mismatch", "wrong_aggregate", "goal_column_missing")
_MOST_FINDINGS = 12


def check(figure: FigureFacts, request: Request, data_folder: str) -> Checked:
    """Judge a figure's values; a request with several tables is judged by the one that fits best.

    Returns:
        Nothing at all where no table can be read or nothing is drawn that holds values.
    """
    answers: list[Checked] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for source in request.tables:
            table = _table(source, figure, request.goal, data_folder)
            if table is not None and table.rows:
                answers.append(_check(figure, request.goal, table))
    return min(answers, key=_badness, default=Checked())


def _table(
    source: TableSource, figure: FigureFacts, goal: str, data_folder: str
) -> SourceTable | None:
    texts = [text.text for axes in figure.axes for text in axes.titles]
    labels = [axis.label.text for a in figure.axes for axis in (a.x, a.y) if axis.label]
    legends = [label.text for axes in figure.axes if axes.legend for label in axes.legend.labels]
    try:
        return read(source, data_folder, wanted=" | ".join([goal, *texts, *labels, *legends]))
    except TableUnreadableError:
        return None


def _check(figure: FigureFacts, goal: str, table: SourceTable) -> Checked:
    claims = read_claims(goal, table)
    parts = Recogniser(table, claims).parts(figure)
    if not parts:
        return Checked()
    found = [finding for part in parts for finding in value_findings(part, claims, table)]
    found += goal_findings(parts, claims, table)
    once = {(finding.code, finding.message): finding for finding in found}
    readings = list(dict.fromkeys(text for part in parts if (text := _reading(part))))
    return Checked(tuple(_worst(list(once.values()))), CODES, "; ".join(readings[:4]))


def _worst(findings: list[Finding]) -> list[Finding]:
    order = {"error": 0, "warning": 1, "note": 2}
    ranked = sorted(findings, key=lambda finding: order[finding.severity])
    return [replace(one, message=one.message[:500]) for one in ranked[:_MOST_FINDINGS]]


def _reading(part: Part) -> str:
    if not part.known:
        return ""
    if part.search is not None:
        return reading_of(part.search.found[0])
    where = f" where {part.rows.text}" if part.rows.text else ""
    if part.points is not None:
        points = part.points
        each = f", {points.statistic} by {points.key}" if points.statistic else ""
        split = f", by {points.split}" if points.split else ""
        return f"{points.y} against {points.x}{each}{split}{where}"
    if part.bins is not None:
        split = f" by {part.bins.split}" if part.bins.split else ""
        return f"histogram of {part.bins.column}{split}{where}"
    return ""


def _badness(checked: Checked) -> tuple[int, int, bool]:
    errors = sum(finding.severity == "error" for finding in checked.findings)
    return errors, len(checked.findings), not checked.reading
