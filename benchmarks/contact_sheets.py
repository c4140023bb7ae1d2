"""Pictures of a chart benchmark on disk, and sheets of twelve to look at them quickly."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from pathlib import Path

from chart_results import Result
from PIL import Image, ImageDraw, ImageFont

COLUMNS, ROWS = 3, 4
CELL = (640, 520)
CAPTION_HEIGHT = 76


def save(results: Sequence[Result], folder: Path) -> None:
    """Write each goal's first and best picture and program, and sheets of the best pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    for result in results:
        names = ("first", "best") if result.rounds > 1 else ("first",)
        for name, picture, code in zip(names, result.pictures, result.programs, strict=False):
            if picture:
                (folder / f"{result.goal.id}.{name}.png").write_bytes(picture)
            if code:
                (folder / f"{result.goal.id}.{name}.py").write_text(code, encoding="utf-8")
    pictured = [result for result in results if result.pictures[1]]
    size = COLUMNS * ROWS
    for number, start in enumerate(range(0, len(pictured), size), start=1):
        sheet(pictured[start : start + size]).save(folder / f"sheet-{number:02}.png")


def sheet(results: Sequence[Result]) -> Image.Image:
    """Return one page of best pictures, each under its goal and verdict."""
    page = Image.new("RGB", (CELL[0] * COLUMNS, CELL[1] * ROWS), "white")
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(15)
    for place, result in enumerate(results):
        left, top = CELL[0] * (place % COLUMNS), CELL[1] * (place // COLUMNS)
        state = "accepted" if result.accepted else result.stopped
        head = f"{result.goal.id} · {result.verdict} · {result.rounds} rounds · {state}"
        caption = "\n".join([head, *textwrap.wrap(f"“{result.goal.text}”", 82)[:2]])
        color = "black" if result.verdict == "right" else "#b00020"
        draw.multiline_text((left + 10, top + 6), caption, fill=color, font=font)
        picture = Image.open(io.BytesIO(result.pictures[1] or b"")).convert("RGB")
        picture.thumbnail((CELL[0] - 12, CELL[1] - CAPTION_HEIGHT))
        page.paste(picture, (left + 6, top + CAPTION_HEIGHT))
        draw.rectangle((left, top, left + CELL[0] - 1, top + CELL[1] - 1), outline="#cccccc")
    return page
