"""The card says where rows come from, and what was left out."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import cast

from critique_loop.curation.defaults import Curation
from critique_loop.curation.splitting import Shares
from critique_loop.export import Selection, export
from critique_loop.store import SqliteStore
from critique_loop.testing.stored_runs import Turn, keep, task_of

BAD = Turn("print('bad')\n", 5.0)
GOOD = Turn("total = 1 + 2\nprint('good', total)\n", 9.0, model="small-writer")


def read(path: Path) -> dict[str, dict[str, object]]:
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_card_tells_sources_rubric_models_licences_filters_and_hashes(
    store: SqliteStore, tmp_path: Path
) -> None:
    keep(store, BAD, GOOD)
    keep(store, GOOD, run_id="cheap", task=task_of("another", 1))

    done = export(
        store, kind="preference", out=tmp_path / "pairs", licences=["CC0-1.0"],
        selection=Selection(min_gap=1.0, accepted=True),
    )  # fmt: skip

    card = read(tmp_path / "pairs" / "card.json")
    contents, (data,) = card["contents"], cast("list[dict[str, object]]", card["files"])
    assert done.card == card
    assert contents["sources"] == {f"cars.csv@{'0' * 12}": 1}
    assert [name.split("@")[0] for name in cast("dict[str, int]", contents["rubrics"])] == ["short"]
    assert contents["models"] == {"small-writer": 1}
    assert contents["licences"] == {"CC0-1.0": 1}
    assert card["filters"] == {"accepted": True, "min_gap": 1.0}
    written = (tmp_path / "pairs" / "train.jsonl").read_bytes()
    assert data["sha256"] == hashlib.sha256(written).hexdigest()
    assert card["dropped"] == [
        {
            "step": "examples",
            "why": "the first draft was accepted: there is nothing to compare it with",
            "number": 1,
        }
    ]


def test_a_card_has_the_table_of_the_curation_and_the_split(
    store: SqliteStore, tmp_path: Path
) -> None:
    for place in range(20):
        keep(store, BAD, replace(GOOD, code=f"import os\nos.remove('file {place}')\nprint(1)\n"),
             run_id=f"danger{place}", task=task_of(f"goal {place}", place))  # fmt: skip
        keep(store, BAD, replace(GOOD, code=f"rows_{place} = [{place}]\nprint(rows_{place})\n"),
             run_id=f"fine{place}", task=task_of(f"sum {place}", 100 + place))  # fmt: skip

    export(store, kind="sft", out=tmp_path / "out", steps=Curation().steps(),
           shares=Shares(0.3, 0.0))  # fmt: skip

    card = read(tmp_path / "out" / "card.json")
    table = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    steps = cast("list[dict[str, object]]", card["curation"])
    assert sum(cast("int", step["dropped"]) for step in steps) >= 20
    assert card["split"]["by"] == "group of tasks"
    assert cast("int", card["rows"]) + sum(cast("int", s["dropped"]) for s in steps) == 40
    assert "| step | in | dropped | why |" in table


def test_names_from_files_cant_end_a_cell_or_a_line_of_the_card(
    store: SqliteStore, tmp_path: Path
) -> None:
    keep(store, BAD, replace(GOOD, model="evil | model\n# Title <script>"))

    export(store, kind="sft", out=tmp_path / "out")

    table = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "- evil \\| model # Title &lt;script>: 1" in table
