"""Judge what a program drew: its facts, its picture, and the table it was drawn from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import check_claims
import check_drawn
import check_encoding
import check_layout
import check_legibility
import check_misleading
import check_personal
import check_type
import check_values
import check_words
from column_names import read_column_names
from figure_facts import FigureFacts, parse
from findings import Checked, read_request
from picture import Picture, read_picture
from summary import summarise
from view import View

PREFERRED = "chart.png"

_CHECKS = (
    check_drawn,
    check_type,
    check_encoding,
    check_words,
    check_layout,
    check_legibility,
    check_personal,
)
_CHECKS_OF_GOAL = (check_claims, check_misleading)
_OFF_PX = 1.5
_MOST_CHARACTERS = 300


def judge(
    request: Mapping[str, object],
    facts: bytes,
    files: Mapping[str, bytes],
    data_folder: str,
) -> dict[str, object]:
    """Judge one run; facts that are malformed, or not those of the picture, count as none.

    Args:
        request: the goal, how to read the tables, and the units of their columns.
        facts: the document that the figure probe wrote in the program's own process.
        files: what the program left behind, by relative name.
        data_folder: where the untouched tables lie.

    Returns:
        Findings, the codes that could be judged, a plain summary of the chart, and the name of
        the picture that was judged ("" if there is none).
    """
    asked = read_request(request)
    figures = _read_figures(facts)
    name = _choose(figures, files)
    picture = read_picture(files[name]) if name else None
    checked = [check_drawn.check_ink(picture)]
    failed: list[str] = []
    figure = _figure_of(figures, name, picture)
    if figure is not None and picture is not None:
        view = View(figure, picture, read_column_names(asked.tables, data_folder))
        checks = [partial(module.check, view) for module in _CHECKS]
        checks += [partial(module.check, view, asked.goal) for module in _CHECKS_OF_GOAL]
        if any((Path(data_folder) / table.name).is_file() for table in asked.tables):
            checks.append(partial(check_values.check, figure, asked, data_folder))
        checked += [_ran(check, failed) for check in checks]
    return _answer(checked, figure, name if picture is not None else "", failed=failed)


def _read_figures(facts: bytes) -> tuple[FigureFacts, ...]:
    read = parse(facts)
    return read.figures if read is not None else ()


def _choose(figures: Sequence[FigureFacts], files: Mapping[str, bytes]) -> str:
    """The picture to judge: chart.png, else the one saved last, else the first PNG."""
    pictures = sorted(name for name in files if name.lower().endswith(".png"))
    if PREFERRED in pictures:
        return PREFERRED
    saved = [figure.picture for figure in figures if figure.picture in pictures]
    return saved[-1] if saved else next(iter(pictures), "")


def _figure_of(
    figures: Sequence[FigureFacts], name: str, picture: Picture | None
) -> FigureFacts | None:
    """The facts of the picture; those of one saved to no file of the folder fit by their size."""
    if picture is None:
        return None
    fitting = [figure for figure in reversed(figures) if _fits(figure, picture)]
    named = [figure for figure in fitting if figure.picture == name]
    unnamed = [figure for figure in fitting if not figure.picture]
    return next(iter(named or unnamed), None)


def _fits(figure: FigureFacts, picture: Picture) -> bool:
    return (
        abs(figure.width_px - picture.width) <= _OFF_PX
        and abs(figure.height_px - picture.height) <= _OFF_PX
    )


def _ran(check: Callable[[], Checked], failed: list[str]) -> Checked:
    """Run one check; what it was to judge stays unjudged if it fails on odd facts."""
    try:
        return check()
    # A draft can bring a check to fail. Its codes are then missing from `checks`, so that nothing
    # passes by it, and the answer says what failed; the other findings are still told.
    except Exception as error:  # noqa: BLE001 -- see above
        failed.append(f"{type(error).__name__}: {error}"[:_MOST_CHARACTERS])
        return Checked()


def _answer(
    checked: Sequence[Checked],
    figure: FigureFacts | None,
    picture: str,
    *,
    failed: Sequence[str],
) -> dict[str, object]:
    reading = "; ".join(one.reading for one in checked if one.reading)
    facts = summarise(figure, reading) if figure is not None else {}
    return {
        "findings": [asdict(finding) for one in checked for finding in one.findings],
        "checks": list(dict.fromkeys(code for one in checked for code in one.codes)),
        "facts": facts | ({"failed_checks": list(failed)} if failed else {}),
        "picture": picture,
    }
