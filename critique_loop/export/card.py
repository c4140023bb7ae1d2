"""The dataset card: where rows come from and what was left out, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import cast

from critique_loop._version import __version__
from critique_loop.curation.pipeline import Report
from critique_loop.export.counting import Dropped, counted
from critique_loop.export.files import Written
from critique_loop.export.selecting import Selection
from critique_loop.export.tokens import as_words

Card = dict[str, object]
_LISTED = 20


def files_record(files: Iterable[Written]) -> list[dict[str, object]]:
    """Return names, sizes and hashes of files."""
    return [
        {
            "name": file.path.name,
            "part": file.part or "all",
            "rows": file.rows,
            "size_bytes": file.size_bytes,
            "sha256": file.sha256,
        }
        for file in files
    ]


def filters_record(selection: Selection) -> dict[str, object]:
    """Return the filters that were said."""
    nothing = asdict(Selection())
    said = asdict(selection).items()
    return {name: value for name, value in said if value != nothing[name]}


def dropped_record(dropped: Iterable[Dropped]) -> list[dict[str, object]]:
    """Return what was left out, line by line."""
    return [{"step": line.step, "why": line.why, "number": line.number} for line in dropped]


def version_record() -> dict[str, str]:
    """Return what made the export."""
    return {"critique-loop": __version__}


def as_json(card: Card) -> str:
    """Return the card for programs."""
    return json.dumps(card, indent=2, ensure_ascii=False) + "\n"


def as_markdown(card: Card, curation: Report) -> str:
    """Return the card for people."""
    contents = cast("Mapping[str, object]", card["contents"])
    files = cast("Sequence[Mapping[str, object]]", card["files"])
    dropped = cast("Sequence[Mapping[str, object]]", card["dropped"])
    title = f"# {card['kind']} for {card['dialect']}"
    facts = [
        f"{counted(cast('int', card['rows']), 'row')} from "
        f"{counted(cast('int', card['runs']), 'run')}, made by critique-loop "
        f"{cast('Mapping[str, str]', card['versions'])['critique-loop']}.",
        f"Prompts: {card['prompts']}. Seed: {card['seed']}. Pictures: {card['pictures']}.",
    ]
    parts = [
        title,
        "\n".join(facts),
        _notes(cast("Sequence[str]", card["notes"])),
        "## Files",
        _table(("file", "part", "rows", "bytes", "SHA-256"),
               [(f["name"], f["part"], f["rows"], f["size_bytes"], f["sha256"]) for f in files]),
        "## Filters",
        _pairs(cast("Mapping[str, object]", card["filters"]), "none"),
        "## Scores",
        _scores(cast("Mapping[str, object]", card["scores"])),
        "## Redacted",
        _redacted(cast("Mapping[str, object]", card["redacted"])),
        "## What was left out",
        _table(("step", "why", "number"), [(d["step"], d["why"], d["number"]) for d in dropped]),
        "## Curation",
        _table(("step", "in", "dropped", "why"), list(curation.rows())),
        "## Diversity",
        _pairs(cast("Mapping[str, object]", card["diversity"]), "not measured"),
        "## Split",
        _pairs(cast("Mapping[str, object]", card["split"]), "not split"),
        "## Tokens",
        f"{as_words(cast('Mapping[str, object]', card['tokens']))}.",
        *_sections(contents),
    ]  # fmt: skip
    return "\n\n".join(part for part in parts if part) + "\n"


def _scores(scores: Mapping[str, object]) -> str:
    if not scores:
        return "Those of the loops."
    asked = ", ".join(cast("Sequence[str]", scores["asked"]))
    rows = cast("Sequence[Mapping[str, object]]", scores["by"])
    told = _table(
        ("rubric", "critic", "runs"), [(r["rubric"], r["critic"], r["runs"]) for r in rows]
    )
    return f"Those of rescorings ({_cell(asked)}); prompts are as they were asked then.\n\n{told}"


def _redacted(redacted: Mapping[str, object]) -> str:
    if not redacted:
        return "No run says so."
    told = _counts(cast("Mapping[str, int]", redacted["what"]))
    runs = counted(cast("int", redacted["runs"]), "run")
    return f"{runs}, of which was taken out (by runs):\n\n{told}"


def _sections(contents: Mapping[str, object]) -> list[str]:
    titles = {
        "sources": "Sources",
        "licences": "Licences",
        "rubrics": "Rubrics",
        "critics": "Critics",
        "scored_by": "Whose word chose",
        "writers": "Writers",
        "models": "Models",
        "definitions": "Agents",
        "task_kinds": "Kinds of tasks",
    }
    return [
        f"## {title}\n\n{_counts(cast('Mapping[str, int]', contents[name]))}"
        for name, title in titles.items()
    ]


def _counts(counts: Mapping[str, int]) -> str:
    if not counts:
        return "Nobody said."
    shown = list(counts.items())[:_LISTED]
    more = len(counts) - len(shown)
    lines = [f"- {_cell(name)}: {number:,}" for name, number in shown]
    return "\n".join([*lines, *([f"- and {more:,} more, in card.json"] if more else [])])


def _notes(notes: Sequence[str]) -> str:
    return "\n".join(f"> {_cell(note)}" for note in notes)


def _pairs(pairs: Mapping[str, object], nothing: str) -> str:
    return "\n".join(f"- {name}: {_cell(value)}" for name, value in pairs.items()) or nothing


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    if not rows:
        return "Nothing."
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(value: object) -> str:
    """Return a value that can't end a cell, a line or the text: names come from files."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    text = " ".join(str(value).split())
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("`", "'")
