from __future__ import annotations

from pathlib import Path

from tests.sandbox.defect_tests import assert_found, each
from tests.sandbox.defects import Defect
from tests.sandbox.defects_of_texts import LAYOUT


@each(LAYOUT)
def test_a_seeded_defect_is_found(defect: Defect, tmp_path: Path) -> None:
    assert_found(defect, tmp_path)
