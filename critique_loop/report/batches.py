"""Many runs on one page: what they came to, where they failed, each of them in a table."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from critique_loop.report.distributions import Spread, histogram, spread
from critique_loop.report.page import make_fragment, make_page
from critique_loop.report.rows import Row, row_of
from critique_loop.report.runs import run_view
from critique_loop.report.traces import Trace
from critique_loop.report.wording import count, short_end

DETAILS = 25
MOST_DETAIL_BYTES = 20_000_000
_WITHOUT_SCRIPT = 100
_MOST_GROUPS = 15


@dataclass(frozen=True, slots=True)
class _Detail:
    run_id: str
    accepted: bool
    html: str


@dataclass(frozen=True, slots=True)
class Group:
    """How many runs share something: how they ended, or what was found."""

    name: str
    number: int
    share: float


class Batch:
    """Many runs, taken in one by one; of each a row is kept, of some all that happened."""

    def __init__(self, *, details: int = DETAILS) -> None:
        """``details`` is of how many runs the page tells all; those not accepted come first."""
        self.rows: list[Row] = []
        self._wanted = details
        self._details: list[_Detail] = []
        self._bytes = 0

    def add(self, trace: Trace) -> None:
        """Take in a run; nothing of it is held but its row and, of some, its finished page."""
        row = row_of(trace)
        self.rows.append(row)
        kept = [detail for detail in self._details if detail.accepted is row.accepted]
        if len(kept) >= self._wanted or self._bytes > 2 * MOST_DETAIL_BYTES:
            return
        html = make_fragment("run_content.html", view=run_view(trace, thumbnails=False))
        self._details.append(_Detail(row.run_id, row.accepted, html))
        self._bytes += len(html)

    @property
    def detailed(self) -> tuple[str, ...]:
        """The ids of the runs of which the page tells all."""
        return tuple(detail.run_id for detail in self._chosen())

    def html(self, *, title: str = "") -> str:
        """Return the page."""
        rows, chosen = self.rows, self._chosen()
        heading = title or count(len(rows), "run")
        return make_page(
            "batch.html",
            title=f"{heading} · critique-loop",
            heading=heading,
            rows=rows[:_WITHOUT_SCRIPT],
            details=chosen,
            totals=totals(rows),
            overall=histogram((r.overall, r.accepted) for r in rows if r.overall is not None),
            spreads=spreads(rows),
            ends=_groups([short_end(row.stopped_because) for row in rows], len(rows)),
            problems=_groups([code for row in rows for code in row.problems], len(rows)),
            data=_data(rows, {detail.run_id for detail in chosen}),
        )

    def _chosen(self) -> list[_Detail]:
        order = sorted(self._details, key=lambda detail: detail.accepted)
        chosen: list[_Detail] = []
        held = 0
        for detail in order[: self._wanted]:
            held += len(detail.html)
            if held > MOST_DETAIL_BYTES:
                break
            chosen.append(detail)
        return chosen


@dataclass(frozen=True, slots=True)
class Totals:
    """What many runs came to. ``cost_usd`` is what is known; of ``unpriced`` runs it is not."""

    runs: int
    accepted: int
    median_overall: float | None
    rounds: int
    seconds: float
    cost_usd: float
    unpriced: int
    first_at: float
    last_at: float


def totals(rows: Sequence[Row]) -> Totals:
    """Sum up the rows."""
    from statistics import median  # noqa: PLC0415 - slow to load, and few need it

    overall = [row.overall for row in rows if row.overall is not None]
    times = [row.started_at for row in rows if row.started_at]
    return Totals(
        runs=len(rows),
        accepted=sum(row.accepted for row in rows),
        median_overall=median(overall) if overall else None,
        rounds=sum(row.rounds for row in rows),
        seconds=sum(row.seconds for row in rows),
        cost_usd=sum(row.cost_usd or 0.0 for row in rows),
        unpriced=sum(row.cost_usd is None for row in rows),
        first_at=min(times, default=0.0),
        last_at=max(times, default=0.0),
    )


def spreads(rows: Sequence[Row]) -> list[Spread]:
    """Return how the marks of each dimension are spread, in the order they are met."""
    marks: defaultdict[str, list[tuple[float | None, bool]]] = defaultdict(list)
    for row in rows:
        for name, value, passed in row.scores:
            marks[name].append((value, passed))
    return [spread(name, found) for name, found in marks.items()]


def _groups(names: Sequence[str], of: int) -> list[Group]:
    found = Counter(names).most_common(_MOST_GROUPS)
    return [Group(name, number, number / of) for name, number in found]


def _data(rows: Sequence[Row], detailed: set[str]) -> dict[str, object]:
    """Return the rows for the script: texts that come again and again by their place in a list."""
    ends, problems, writers = _Pool(), _Pool(), _Pool()
    table = [
        [
            row.run_id,
            row.goal,
            row.item,
            row.overall if row.overall is None else round(row.overall, 2),
            row.rounds,
            round(row.seconds, 2),
            row.cost_usd,
            round(row.started_at),
            int(row.accepted),
            ends.place(short_end(row.stopped_because)),
            [problems.place(code) for code in row.problems],
            writers.place(row.writer),
            int(row.run_id in detailed),
        ]
        for row in rows
    ]
    pools = {"ends": ends.texts, "problems": problems.texts, "writers": writers.texts}
    return {**pools, "rows": table}


class _Pool:
    """Texts in the order they were first met."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def place(self, text: str) -> int:
        return self._places.setdefault(text, len(self._places))

    @property
    def texts(self) -> list[str]:
        return list(self._places)
