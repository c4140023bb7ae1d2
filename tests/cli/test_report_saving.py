"""The report that commands leave beside a program and its picture."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

Cli = Callable[..., subprocess.CompletedProcess[str]]
CARS = Path(__file__).parents[1] / "data" / "cars.csv"


@pytest.fixture
def chart(cli: Cli) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Draw a chart without a sandbox."""

    def draw(*options: str) -> subprocess.CompletedProcess[str]:
        words = ("average horsepower by origin", "--sandbox", "none", "--out", "here")
        return cli("chart", CARS, *words, *options)

    return draw


def test_a_chart_has_a_report_beside_it_and_the_next_one_replaces_it(chart: Cli) -> None:
    done = chart()
    html = Path("here/report.html").read_text(encoding="utf-8")
    record = json.loads(chart("--json").stdout)

    kept = json.loads(Path("here/outcome.json").read_text())
    assert "report  here/report.html" in done.stdout
    assert "data:image/png;base64," in html
    assert "average horsepower by origin" in html
    assert record["report"] == kept["report"] == "here/report.html"
    assert "report.html" in kept["written"]
    assert record["run"] in Path("here/report.html").read_text(encoding="utf-8")


def test_it_is_left_out_where_nobody_wants_it(chart: Cli) -> None:
    record = json.loads(chart("--json", "--no-report").stdout)

    assert record["report"] is None
    assert not Path("here/report.html").exists()


def test_a_program_has_a_report_with_its_tests(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def double(x: int) -> int:\n    return 3 * x\n")
    (tmp_path / "test_mine.py").write_text(
        "from mine import double\n\n\ndef test_two():\n    assert double(2) == 4\n"
    )

    cli(
        *("code", "--solution", tmp_path / "mine.py", "--tests", tmp_path / "test_mine.py"),
        *("--sandbox", "none", "--out", "here"),
    )

    html = Path("here/report.html").read_text(encoding="utf-8")
    assert "Tests: 0 of 1 pass" in html
    assert "test_two" in html


def test_a_run_that_goes_on_has_a_report_of_all_of_it(cli: Cli) -> None:
    options = ("--sandbox", "none", "--ask", "later", "--ask-at", "accept", "--out", "first")
    cli("chart", CARS, "average horsepower by origin", *options)
    [run] = json.loads(cli("ls", "--json").stdout)

    done = cli("resume", run["run"], "--answer", "accept", "--out", "second")

    html = Path("second/report.html").read_text(encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert "✓ Accepted" in html
    assert "accept by person" in html
