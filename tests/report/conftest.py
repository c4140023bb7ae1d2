"""Runs to report on, and a browser that notices whatever a page should not do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from critique_loop.report import Trace
from critique_loop.values import (
    Answer,
    Asked,
    Call,
    Choice,
    Critique,
    Decision,
    DecisionKind,
    Dimension,
    Draft,
    Evidence,
    Execution,
    ExecutionStatus,
    Finding,
    Message,
    Outcome,
    OutputFile,
    Question,
    QuestionKind,
    RoleSpend,
    Round,
    Rubric,
    Score,
    Severity,
    Spend,
    Started,
    StopReason,
    Task,
    TaskKind,
    Usage,
    Vote,
)

CHROMIUM = shutil.which("chromium")
PNG = (Path(__file__).parents[2] / "docs" / "example" / "chart.png").read_bytes()

MakeRun = Callable[..., Trace]


@pytest.fixture(scope="session")
def picture() -> bytes:
    """A chart, as PNG."""
    return PNG


def _round(number: int, mark: float, text: Callable[[str], str], *, last: bool) -> Round:
    tests = [
        {"name": text("test_one"), "suite": text("s.py"), "status": "passed", "seconds": 0.1},
        {"name": "t2", "suite": "s.py", "status": "failed", "message": text("assert 1 == 2")},
        {"name": "secret", "suite": "s.py", "status": "failed", "hidden": True, "message": "said"},
    ]
    execution = Execution(
        ExecutionStatus.OK if last else ExecutionStatus.ERROR,
        exit_code=0 if last else 1,
        stdout=text("printed"),
        stderr="" if last else text("Traceback"),
        files=(OutputFile(text("chart.png"), "image/png", PNG),),
        wall_s=0.5,
        sandbox="docker",
        evidence=Evidence(picture=text("chart.png"), facts={"tests": tests}),
    )
    scores = (
        Score("right", mark, 7.0, evidence=("wrong_sum",), advice=text("add them")),
        Score(
            "clear",
            mark / 2,
            6.0,
            votes=(Vote(text("one"), mark, record="kappa 0.8"), Vote("other", 1.0)),
            spread=mark - 1.0,
        ),
        Score("safe", None, 5.0, unscored=text("nobody looked")),
    )
    critique = Critique(
        "panel",
        scores,
        (Finding("wrong_sum", Severity.ERROR, text("3 is not 4"), text("add"), place=text("bar")),),
        overall=mark,
        notes=(text("the picture was not shown"),),
    )
    kind = DecisionKind.ACCEPT if last else DecisionKind.REFINE
    decision = Decision(kind, advice=text("make it right"), focus=("right",))
    code = f"import os\n\n{text('x = 1')}\ny = {number}\nprint('done')\n"
    draft = Draft(code, text("writer"), text("why"), text("a sum"), (text("very"),))
    return Round(number, draft, execution, critique, decision)


def _run(  # noqa: PLR0913 - a run has many sides, and each test wants to vary one
    marks: tuple[float, ...] = (4.0, 8.0),
    *,
    run_id: str = "run1",
    goal: str = "sum by year",
    text: Callable[[str], str] = lambda plain: plain,
    reason: StopReason = StopReason.ACCEPTED,
    kind: TaskKind = TaskKind.CHART,
    batch: str = "",
) -> Trace:
    turns = tuple(_round(n, m, text, last=n == len(marks)) for n, m in enumerate(marks, 1))
    dimensions = (Dimension("right", text("Is it right?"), gate=True), Dimension("clear", "?"))
    task = Task(goal, Rubric(text("r"), dimensions), kind)
    spend = Spend(len(turns), 3.2, 2, 700, 0.01, roles=(RoleSpend("writer", 2, 700, 0.01, 1.5),))
    best = max(turns, key=lambda turn: turn.critique.overall or 0.0, default=None)
    call = Call(
        text("writer"),
        text("small-model"),
        Usage(300, 50),
        0.01,
        messages=(Message("system", text("be exact")), Message("user", text("a sum, please"))),
        answers=(Choice(text("here it is"), reasoning=text("first I add")),),
    )
    question = Question("q1", QuestionKind.STUCK, text("Go on?"), ("refine", "stop"), "stop")
    answer = Answer("refine", text("use a log scale"))
    return Trace(
        Outcome(run_id, task, turns, best, reason, spend, message=text("that is why")),
        Started(task, text("model writer"), "panel", "docker", "0.1.0", batch=batch, item="7"),
        started_at=1_760_000_000.0,
        calls={1: (call,), 0: (replace(call, messages=(), answers=()),)},
        asked={1: (Asked(question, answer, 2.0),)},
    )


@pytest.fixture(scope="session")
def make_run() -> MakeRun:
    """Make a run with a round for each of the given marks; ``text`` changes every text in it."""
    return _run


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    """Start Chromium once for the tests of one file.

    No longer: while Playwright runs, its event loop counts as running, and no other can.
    """
    if CHROMIUM is None:
        pytest.fail("Chromium is missing: `scripts/machine.sh dev` installs it, as root on Debian")
    options = ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield chromium
        chromium.close()


@dataclass
class Seen:
    """What a page did that it should not have done."""

    requests: list[str] = field(default_factory=list[str])
    said: list[str] = field(default_factory=list[str])


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Generator[Callable[..., Page]]:
    """Open a page from a file; at the end, it must have asked nobody and complained of nothing."""
    seen, pages = Seen(), list[Page]()

    def opened(html: str, **options: Any) -> Page:  # noqa: ANN401 - Playwright's own
        path = tmp_path / f"page{len(pages)}.html"
        path.write_text(html, encoding="utf-8")
        page = browser.new_context(offline=False, **options).new_page()
        pages.append(page)
        address = path.as_uri()
        page.on("request", lambda asked: seen.requests.append(asked.url))
        page.on("console", lambda message: seen.said.append(message.text))
        page.on("pageerror", lambda error: seen.said.append(str(error)))
        page.on("dialog", lambda dialog: seen.said.append(dialog.message))
        page.goto(address)
        seen.requests.remove(address)
        return page

    yield opened
    for page in pages:
        page.context.close()
    assert (seen.requests, seen.said) == ([], [])
