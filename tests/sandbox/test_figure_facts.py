from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from figure_facts import (
    MAX_CHARACTERS,
    MAX_NUMBERS,
    AxesFacts,
    AxisFacts,
    Box,
    Facts,
    FigureFacts,
    Point,
    SeriesFacts,
    TextFacts,
    TickFacts,
    encode,
    parse,
)

from tests.sandbox.clean_charts import CHARTS
from tests.sandbox.drawing import draw


def _facts(*series: SeriesFacts, x: AxisFacts | None = None) -> Facts:
    axes = AxesFacts(Box(0.0, 0.0, 1.0, 1.0), x or AxisFacts(), AxisFacts(), series=series)
    return Facts((FigureFacts("chart.png", 640.0, 480.0, 100.0, axes=(axes,)),))


@pytest.mark.parametrize("name", ["bars", "pandas_lines", "scaled_scatter", "boxes", "heat_map"])
def test_facts_of_real_charts_survive_json(name: str, tmp_path: Path) -> None:
    document = draw(CHARTS[name].program, tmp_path).facts

    facts = parse(document)

    assert facts is not None
    assert facts.figures
    assert encode(facts) == document


def test_numbers_that_are_not_finite_survive_json() -> None:
    facts = _facts(SeriesFacts("line", y=(1.5, math.nan, math.inf, -math.inf)))

    document = encode(facts)
    read = parse(document)

    assert read is not None
    values = read.figures[0].axes[0].series[0].y
    assert values[0] == 1.5
    assert math.isnan(values[1])
    assert values[2:] == (math.inf, -math.inf)
    json.loads(document, parse_constant=lambda constant: pytest.fail(constant))


def test_what_a_document_leaves_out_keeps_its_default() -> None:
    facts = _facts(SeriesFacts("line"))

    assert parse(encode(facts)) == facts


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"null",
        b"3",
        b'"figures"',
        b'{"figures": null}',
        b'{"figures": [{}]}',
        b'{"figures": [{"picture": 1, "width_px": 1, "height_px": 1, "dpi": 1}]}',
        b'{"figures": [{"picture": "", "width_px": "1", "height_px": 1, "dpi": 1}]}',
        b'{"figures": [{"picture": "", "width_px": true, "height_px": 1, "dpi": 1}]}',
        b'{"figures": [{"picture": "", "width_px": 1, "height_px": 1, "dpi": 1, "tight": 1}]}',
        b'{"figures": [{"picture": "", "width_px": 1, "height_px": 1, "dpi": 1, "axes": {}}]}',
        b"[" * 200_000,
        b"\xff\xfe",
        b'{"figures": [' + b"9" * 5_000 + b"]}",
    ],
)
def test_any_other_document_is_no_facts(document: bytes) -> None:
    assert parse(document) is None


def test_a_list_longer_than_the_limit_is_no_facts() -> None:
    fits = _facts(SeriesFacts("line", y=(0.0,) * MAX_NUMBERS))
    longer = _facts(SeriesFacts("line", y=(0.0,) * (MAX_NUMBERS + 1)))

    assert parse(encode(fits)) == fits
    assert parse(encode(longer)) is None


def test_a_number_beyond_floats_is_no_facts() -> None:
    huge = b'{"figures": [{"picture": "", "width_px": 1' + b"0" * 400 + b"}]}"

    assert parse(huge) is None


def test_long_texts_are_cut() -> None:
    read = parse(encode(_facts(SeriesFacts("line", label="a" * 10_000))))

    assert read is not None
    assert len(read.figures[0].axes[0].series[0].label) == MAX_CHARACTERS


def test_fields_nobody_knows_are_ignored() -> None:
    assert parse(b'{"figures": [], "more": [1, 2]}') == Facts()


def test_a_place_on_an_axis_has_the_name_of_its_category() -> None:
    axis = AxisFacts(kind="category", categories=("a", "b"))

    assert [axis.name_at(place) for place in (0.0, 0.8, 1.2, 2.0, -0.6, math.nan)] == [
        "a",
        "b",
        "b",
        "",
        "",
        "",
    ]


def test_a_place_on_an_axis_has_the_name_of_the_nearest_tick() -> None:
    axis = AxisFacts(ticks=tuple(TickFacts(float(at), TextFacts(f"t{at}")) for at in (0, 5, 10)))

    assert axis.name_at(5.3) == "t5"
    assert axis.name_at(7.0) == ""
    assert axis.name_at(7.0, within=2.5) == "t5"


def test_the_upright_box_holds_all_corners() -> None:
    text = TextFacts("a", (Point(1, 5), Point(4, 2), Point(6, 4), Point(3, 7)))

    assert text.box == Box(1, 2, 6, 7)
