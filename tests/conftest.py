"""What all tests share: the async backend, and the rule that in CI nothing is left out."""

from __future__ import annotations

import os
from typing import cast

import pytest


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for problem in _left_out(terminalreporter):
        terminalreporter.write_line(f"CI: {problem}", red=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A test that silently did not run is the one that would have failed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if isinstance(reporter, pytest.TerminalReporter) and _left_out(reporter):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _left_out(reporter: pytest.TerminalReporter) -> list[str]:
    config = reporter.config
    if os.environ.get("CI") != "true" or hasattr(config, "workerinput"):
        return []
    skipped = _reports(reporter, "skipped") + _reports(reporter, "xfailed")
    problems = [f"{report.nodeid} was left out" for report in skipped]
    everything = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    narrowed = bool(config.getoption("keyword") or config.getoption("markexpr"))
    in_docker = [report for report in _reports(reporter, "passed") if "docker" in report.keywords]
    if everything and not narrowed and not in_docker:
        problems.append("no test ran in Docker")
    return problems


def _reports(reporter: pytest.TerminalReporter, outcome: str) -> list[pytest.TestReport]:
    return cast("list[pytest.TestReport]", reporter.stats.get(outcome, []))
