"""Tests of a pytest file, run by pytest itself in the judge's process.

The file never exists: its source is rewritten and run as a module in memory, so that no program
can read it while it runs. Only pytest's own plugins are there, and no configuration.
"""

from __future__ import annotations

import ast
import importlib
import linecache
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from suite_module import SolutionModule
from suite_records import Outcome, Reporter, Suite, Trial
from suite_subject import ProgramGone, Subject

NAME = "test_solution"
_UNUSED = (
    *("cacheprovider", "terminal", "doctest", "junitxml", "pastebin", "faulthandler", "stepwise"),
    *("setuponly", "setupplan", "unraisableexception", "threadexception"),
)
_OPTIONS = ("-c", "/dev/null", "--rootdir=/", "--noconftest", "--capture=sys")
_LEFT_OUT = {"skip", "xfail"}


def warm_up() -> bool:
    """Import what pytest is made of; return False where there is none."""
    try:
        config = importlib.import_module("_pytest.config")
    except ImportError:
        return False
    for name in config.default_plugins:
        if name not in _UNUSED:
            importlib.import_module(f"_pytest.{name}")
    importlib.import_module("_pytest.assertion.rewrite")
    return True


def run(suite: Suite, subject: Subject, reporter: Reporter) -> None:
    """Run the tests of a suite and record each."""
    import pytest  # noqa: PLC0415 - a place of the user's may have none

    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(name, None)
    sys.modules[subject.module] = SolutionModule(subject)
    recording = Recording(suite, subject, reporter)
    options = [*_OPTIONS, *(option for name in _UNUSED for option in ("-p", f"no:{name}"))]
    pytest.main(options, plugins=[recording])
    if recording.stopped is not None:
        raise recording.stopped


class Recording:
    """The plugin that hands pytest the module, and records each of its tests."""

    def __init__(self, suite: Suite, subject: Subject, reporter: Reporter) -> None:
        self._suite = suite
        self._subject = subject
        self._reporter = reporter
        self._failure: str | None = None
        self._reports: list[Any] = []
        self.stopped: BaseException | None = RuntimeError("pytest did not begin")

    def pytest_configure(self, config: Any) -> None:  # noqa: ANN401 - pytest's own
        """Have failures told without a look at the values around them: some lead to the draft."""
        config.option.tbstyle = "native"

    def pytest_collection(self, session: Any) -> bool:  # noqa: ANN401 - pytest's own
        """Collect the module in memory, and nothing else."""
        self.stopped = None
        try:
            session.items = self._collected(session)
        except BaseException as error:  # noqa: BLE001 - SystemExit, too; told to the judge
            self.stopped = error
            session.items = []
        session.testscollected = len(session.items)
        if self._failure is not None:
            self._reporter.broken(self._failure, by_draft=self._subject.blamed)
        self._reporter.plan([_name_of(item) for item in session.items])
        return True

    def _collected(self, session: Any) -> list[Any]:  # noqa: ANN401 - pytest's own
        source, path = self._suite.source, Path("/", f"{NAME}.py")
        module = _class_in_memory(source, path).from_parent(session, path=path)
        items = [item for item in session.genitems(module) if not _is_left_out(item)]
        session.config.hook.pytest_collection_modifyitems(
            session=session, config=session.config, items=items
        )
        return items

    def pytest_collectreport(self, report: Any) -> None:  # noqa: ANN401 - pytest's own
        """Keep why the module can't be loaded."""
        if report.failed and self._failure is None:
            self._failure = _message_of(report)

    def pytest_runtestloop(self, session: Any) -> bool:  # noqa: ANN401 - pytest's own
        """Run each test, up to the end or to where there is no use in going on."""
        items = session.items
        for item, following in zip(items, [*items[1:], None], strict=True):
            try:
                self._run_one(item, following)
            except BaseException as error:  # noqa: BLE001 - told to the judge
                self.stopped = error
                break
        return True

    def _run_one(self, item: Any, following: Any) -> None:  # noqa: ANN401 - pytest's own
        self._reports.clear()
        trial = Trial(self._reporter, self._subject, _name_of(item), self._suite.timeout_s)
        try:
            item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
        except ProgramGone:  # So ends whatever touches the program after it is gone.
            trial.end("crashed", "")
        else:
            trial.end(*self._outcome())

    def pytest_runtest_logreport(self, report: Any) -> None:  # noqa: ANN401 - pytest's own
        """Keep how each phase of the current test ended."""
        self._reports.append(report)

    def _outcome(self) -> Outcome:
        failed = [report for report in self._reports if report.failed]
        if failed:
            in_test = failed[0].when == "call"
            return Outcome("failed" if in_test else "error", _message_of(failed[0]))
        if any(report.skipped or hasattr(report, "wasxfail") for report in self._reports):
            return Outcome("not_run", "it was skipped")
        ended = {report.when for report in self._reports if report.passed}
        if ended >= {"setup", "call", "teardown"}:
            return Outcome("passed", "")
        return Outcome("not_run", "it did not get to its end")


def _class_in_memory(source: str, path: Path) -> Any:  # noqa: ANN401 - a class of pytest's
    import pytest  # noqa: PLC0415 - as above

    class InMemory(pytest.Module):
        def _getobj(self) -> ModuleType:
            return load(source, path, self.config)

    return InMemory


def load(source: str, path: Path, config: Any) -> ModuleType:  # noqa: ANN401 - pytest's own
    """Run the source as a module whose asserts tell the values they compare."""
    from _pytest.assertion.rewrite import rewrite_asserts  # noqa: PLC0415 - as above

    content = source.encode("utf-8", "replace")
    lines = source.splitlines(keepends=True)
    # No time stamp (None): linecache then never looks for a file of this name.
    linecache.cache[str(path)] = (len(content), None, lines, str(path))
    tree = ast.parse(source, str(path))
    rewrite_asserts(tree, content, str(path), config)
    module = ModuleType(NAME)
    module.__file__ = str(path)
    sys.modules[NAME] = module
    exec(compile(tree, str(path), "exec", dont_inherit=True), vars(module))
    return module


def _is_left_out(item: Any) -> bool:  # noqa: ANN401 - pytest's own
    """Return whether the file itself says that this is no test to pass, whatever the program is."""
    return any(mark.name in _LEFT_OUT for mark in item.iter_markers())


def _name_of(item: Any) -> str:  # noqa: ANN401 - pytest's own
    return str(item.nodeid).partition("::")[2]


def _message_of(report: Any) -> str:  # noqa: ANN401 - pytest's own
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(crash.message if crash is not None else report.longrepr).strip()
