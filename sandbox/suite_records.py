"""One positive record per test, from the process that runs a suite to the judge that counts."""

from __future__ import annotations

import json
import os
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple, NoReturn

from candidates import LostHostError
from suite_subject import CantTravelError, ProgramGone, Subject

Status = Literal["passed", "failed", "error", "timeout", "crashed", "not_run"]
MOST_TIMEOUTS = 3
_GRACE_S = 0.25
_WHOLE = {"calls", "program"}  # kinds that start the program themselves
_LONGEST = 1000
_MOST_TESTS = 5000


class Record(NamedTuple):
    """How one test ended; ``message`` is empty for one that passed."""

    name: str
    status: Status
    message: str = ""
    seconds: float = 0.0


class Suite(NamedTuple):
    """The tests that the judge was asked to run, see critique_loop's ``Suite``."""

    kind: str
    source: str
    name: str
    hidden: bool
    timeout_s: float
    entry_point: str


class TestTimeoutError(BaseException):
    """A test's own code takes too long."""


class StopSuite(BaseException):
    """There is no use in running more tests: no error, and none that a test may catch."""


class Reporter:
    """Tells the judge, line by line, what is planned, begun and recorded."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._timeouts = 0

    def plan(self, names: Sequence[str]) -> None:
        """Name all tests before the first one begins."""
        self._tell({"plan": list(names[:_MOST_TESTS])})

    def begin(self, name: str) -> None:
        """Say that a test begins."""
        self._tell({"begin": name})

    def record(self, record: Record) -> None:
        """Say how a test ended.

        Raises:
            StopSuite: so many took too long that the others are left out.
        """
        self._tell({"record": record._replace(message=record.message[:_LONGEST])._asdict()})
        self._timeouts += record.status == "timeout"
        if self._timeouts >= MOST_TIMEOUTS:
            raise StopSuite

    def broken(self, why: str, *, by_draft: bool) -> None:
        """Say that the tests can't be begun, and whether the draft is why."""
        self._tell({"broken": why[:_LONGEST], "by_draft": by_draft})

    def lost(self, why: str) -> None:
        """Say that nothing can be tested any more."""
        self._tell({"lost": why[:_LONGEST]})

    def done(self) -> None:
        """Say that there is nothing more to come."""
        self._tell({"done": True})

    def _tell(self, words: dict[str, Any]) -> None:
        rest = memoryview(json.dumps(words).encode() + b"\n")
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]


class Outcome(NamedTuple):
    """What became of a test."""

    status: Status
    message: str


class Trial:
    """One test: begun, held to its time, and recorded, however it ended.

    Without a ``name`` it is what prepares tests: held to its time, and in no report.
    """

    def __init__(self, reporter: Reporter, subject: Subject, name: str, timeout_s: float) -> None:
        self._reporter = reporter
        self._subject = subject
        self._name = name
        self._started = time.monotonic()
        self._timed_out = False
        if name:
            reporter.begin(name)
        subject.begin(timeout_s)
        signal.signal(signal.SIGALRM, self._interrupt)
        signal.setitimer(signal.ITIMER_REAL, timeout_s + _GRACE_S)

    def stop_clock(self) -> None:
        """End its time."""
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _interrupt(self, number: int, frame: object) -> NoReturn:
        del number, frame
        self._timed_out = True
        raise TestTimeoutError

    def end(self, status: Status, message: str) -> Outcome:
        """Record what became of it; what the subject knows counts for more than the outcome.

        Raises:
            LostHostError: the program can't be ended, so nothing after this can be tested.
            StopSuite: there is no use in running more.
        """
        self.stop_clock()
        subject = self._subject
        if self._timed_out:
            status, message = "timeout", "it did not end in time"
        elif subject.gone is not None:
            status, message = subject.gone.status, str(subject.gone)
        elif subject.refusal:
            status, message = (
                "failed",
                f"the program can't be asked for the verdict: {subject.refusal}",
            )
        elif subject.unfit:
            status, message = "not_run", f"this test can't be run here: {subject.unfit}"
        seconds = time.monotonic() - self._started
        if status == "timeout":
            subject.close()
        else:
            subject.finish()
        if self._name:
            self._reporter.record(Record(self._name, status, message, seconds))
        return Outcome(status, message)


def attempt(
    reporter: Reporter, subject: Subject, name: str, timeout_s: float, body: Callable[[], str]
) -> Outcome:
    """Run one test: ``body`` returns why it failed, "" if it did not.

    Raises:
        LostHostError, StopSuite: as ``Trial.end``.
    """
    trial = Trial(reporter, subject, name, timeout_s)
    try:
        why = body()
        trial.stop_clock()
    except BaseException as error:
        trial.stop_clock()
        if isinstance(error, LostHostError):
            raise
        return trial.end(*outcome_of(error))
    return trial.end("failed" if why else "passed", why)


def outcome_of(error: BaseException) -> Outcome:
    """Return what the exception that ended a test makes of it."""
    if isinstance(error, (TestTimeoutError, ProgramGone)):
        return Outcome("timeout", str(error) or "it did not end in time")
    if isinstance(error, CantTravelError):
        return Outcome("not_run", str(error))
    text = "".join(traceback.format_exception_only(type(error), error)).strip()
    return Outcome("failed", text)


def serve_suite(
    run: Callable[[Suite, Subject, Reporter], None], suite: Suite, subject: Subject, descriptor: int
) -> None:
    """Run a suite and report, whatever its code does short of ending the process."""
    reporter = Reporter(descriptor)
    try:
        if suite.kind not in _WHOLE:
            subject.open()
        run(suite, subject, reporter)
    except StopSuite:
        pass
    except LostHostError as lost:
        reporter.lost(str(lost))
    except BaseException as error:  # noqa: BLE001 - so end tests that can't be loaded
        reporter.broken(outcome_of(error).message, by_draft=subject.blamed)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    try:
        subject.close()
    except LostHostError as lost:
        reporter.lost(str(lost))
    reporter.done()
