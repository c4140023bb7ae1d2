from __future__ import annotations

from pathlib import Path

import pytest

from tests.sandbox.drawing import draw_snippet, judge_drawn
from tests.sandbox.traps import TRAPS, Trap


@pytest.mark.parametrize("trap", TRAPS, ids=[trap.why for trap in TRAPS])
def test_a_sound_chart_is_not_taken_for_a_defect(trap: Trap, tmp_path: Path) -> None:
    drawn = draw_snippet(trap.snippet, tmp_path)

    judged = judge_drawn(drawn)

    assert drawn.error == ""
    assert [found for found in judged.findings if found.severity != "note"] == []
