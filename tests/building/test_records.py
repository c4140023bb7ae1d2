"""Outcomes as plain JSON values."""

from __future__ import annotations

import json
import math

from critique_loop.building.records import readable
from critique_loop.values import Finding, Severity


def test_readable_json_has_no_marks_and_is_strict() -> None:
    value = Finding("c", Severity.NOTE, "\udc80", numbers={"n": math.nan, "t": (1, b"xx"), "\n": 1})

    plain = readable(value)

    document = json.dumps(plain, allow_nan=False)
    assert json.loads(document) == {
        "code": "c",
        "severity": "note",
        "message": "\\udc80",
        "advice": "",
        "place": "",
        "numbers": {"n": None, "t": [1, 2], "\n": 1},
        "dimension": "",
        "confidence": 1.0,
    }
