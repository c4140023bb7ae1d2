"""Results of the chart benchmark: one per goal, and the tables made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from goal_oracle import Goal


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one goal.

    ``verdict`` is right, wrong, refused or crashed; pairs are (first round, best round).
    """

    goal: Goal
    verdict: str
    why: str = ""
    seconds: float = 0.0
    reading: str = ""
    stopped: str = ""
    rounds: int = 0
    accepted: bool = False
    first_accepted: bool = False
    first_verdict: str = ""
    off_accepted: bool | None = None
    scores: tuple[float | None, float | None] = (None, None)
    first_codes: tuple[str, ...] = ()
    best_codes: tuple[str, ...] = ()
    pictures: tuple[bytes | None, bytes | None] = (None, None)
    programs: tuple[str, str] = ("", "")

    def plain(self) -> dict[str, object]:
        """Return the result as JSON types, without pictures and programs."""
        names = [
            *("verdict", "why", "seconds", "reading", "stopped", "rounds", "accepted"),
            *("first_accepted", "first_verdict", "off_accepted", "scores"),
            *("first_codes", "best_codes"),
        ]
        about = {"id": self.goal.id, "table": self.goal.table, "goal": self.goal.text}
        return about | {name: getattr(self, name) for name in names}


def line(result: Result) -> str:
    """Return one line about a goal, for the screen."""
    expected = "refused" if result.goal.impossible else "right"
    mark = " " if result.verdict == expected else "!"
    told = result.why or result.reading
    return (
        f"{mark} {result.goal.id:<15}{result.verdict:<9}{result.rounds} rounds "
        f"{'accepted' if result.accepted else result.stopped:<16}{result.seconds:5.1f} s  {told}"
    )


def tables(results: Sequence[Result], title: str) -> str:
    """Return all tables as Markdown."""
    asked = [r for r in results if not r.goal.impossible]
    parts = [f"### Chart goals: {title}", _by_table(asked), _refinement(asked)]
    impossible = [r for r in results if r.goal.impossible]
    if impossible:
        parts.append(_impossible(impossible))
    misses = [r for r in asked if r.verdict != "right"]
    if misses:
        rows = [[r.goal.id, r.goal.text, r.verdict, r.why] for r in misses]
        parts.append(_markdown(["goal", "text", "verdict", "why"], rows))
    return "\n\n".join(parts)


def _by_table(results: Sequence[Result]) -> str:
    heads = ["table", "goals", "right", "wrong", "refused", "crashed"]
    heads += ["accepted in round 1", "accepted", "refinement off", "s per goal"]
    names = list(dict.fromkeys(r.goal.table for r in results))
    rows = [_summary(name, [r for r in results if r.goal.table == name]) for name in names]
    return _markdown(heads, [*rows, _summary("**all**", results)])


def _summary(name: str, results: Sequence[Result]) -> list[object]:
    verdicts = Counter(r.verdict for r in results)
    measured = [r.off_accepted for r in results if r.off_accepted is not None]
    seconds = sum(r.seconds for r in results) / max(1, len(results))
    return [
        name,
        len(results),
        *(verdicts[verdict] for verdict in ("right", "wrong", "refused", "crashed")),
        sum(r.first_accepted for r in results),
        sum(r.accepted for r in results),
        sum(measured) if measured else "not run",
        f"{seconds:.1f}",
    ]


def _refinement(results: Sequence[Result]) -> str:
    first = Counter(code for r in results for code in r.first_codes)
    best = Counter(code for r in results for code in r.best_codes)
    closed = Counter(c for r in results for c in r.first_codes if c not in r.best_codes)
    new = Counter(c for r in results for c in r.best_codes if c not in r.first_codes)
    rows = [[code, first[code], closed[code], new[code], best[code]] for code in first | best]
    spoiled = [r.goal.id for r in results if r.first_verdict == "right" != r.verdict]
    mended = [r.goal.id for r in results if r.first_verdict == "wrong" != r.verdict]
    heads = ["finding", "in round 1", "closed", "new", "in the best round"]
    note = (
        f"Refinement made a wrong chart right: {', '.join(mended) or 'none'}; "
        f"a right chart wrong: {', '.join(spoiled) or 'none'}."
    )
    return f"{_markdown(heads, rows)}\n\n{note}" if rows else f"No findings.\n\n{note}"


def _impossible(results: Sequence[Result]) -> str:
    drawn = [r for r in results if r.verdict != "refused"]
    told = "".join(f"\n- {r.goal.id}, {r.verdict}: {r.goal.text} ({r.reading})" for r in drawn)
    count = len(results) - len(drawn)
    return f"Goals that have no honest chart: {count} of {len(results)} refused.{told}"


def _markdown(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    def row(cells: Sequence[object]) -> str:
        plain = (str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells)
        return f"| {' | '.join(plain)} |"

    return "\n".join([row(heads), row(["---"] * len(heads)), *map(row, rows)])


def write(path: Path, name: str, text: str) -> None:
    """Put the tables between the marks of this benchmark in a Markdown file."""
    begin, end = f"<!-- charts {name}: begin -->", f"<!-- charts {name}: end -->"
    content = path.read_text(encoding="utf-8") if path.exists() else "# Results\n"
    if begin not in content:
        content = f"{content.rstrip()}\n\n{begin}\n{end}\n"
    before, rest = content.split(begin, 1)
    after = rest.split(end, 1)[1]
    path.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")
