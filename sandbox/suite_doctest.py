"""Tests that are examples of a session, as in a docstring: each with an output is a test."""

from __future__ import annotations

import contextlib
import doctest
import io
import sys
import traceback

from suite_module import SolutionModule, public_names
from suite_records import Reporter, Suite, attempt
from suite_subject import Subject, named

_LONGEST = 300


def run(suite: Suite, subject: Subject, reporter: Reporter) -> None:
    """Run the examples in order, in one scope that begins with the draft's names."""
    examples = doctest.DocTestParser().get_examples(suite.source)
    names = [f"example {number}" for number in range(1, len(examples) + 1)]
    reporter.plan(names)
    sys.modules[subject.module] = SolutionModule(subject)
    scope: dict[str, object] = {"__name__": "__main__"}
    scope |= {name: named(subject, name) for name in public_names(subject)} if examples else {}
    for name, example in zip(names, examples, strict=True):

        def body(example: doctest.Example = example) -> str:
            return _test(example, scope)

        attempt(reporter, subject, name, suite.timeout_s, body)


def _test(example: doctest.Example, scope: dict[str, object]) -> str:
    """Run one example; return why it failed, "" if it did not."""
    printed = io.StringIO()
    raised = ""
    with contextlib.redirect_stdout(printed):
        hook, sys.displayhook = sys.displayhook, sys.__displayhook__
        try:
            exec(compile(example.source, "<example>", "single", dont_inherit=True), scope)
        except Exception as error:  # noqa: BLE001 - what it raises may be what is expected
            raised = traceback.format_exception_only(type(error), error)[-1]
        finally:
            sys.displayhook = hook
    wanted = example.want if example.exc_msg is None else example.exc_msg
    got = _without_module(raised) if raised else printed.getvalue()
    flags = sum(flag for flag, is_set in example.options.items() if is_set)
    fits = bool(raised) == (example.exc_msg is not None)
    if fits and doctest.OutputChecker().check_output(wanted, got, flags):
        return ""
    shown = (text.strip()[:_LONGEST] or "nothing" for text in (example.source, wanted, got))
    source, expected, found = shown
    return f"{source}\nexpected {expected}, got {found}"


def _without_module(line: str) -> str:
    """Cut the module off the class that a traceback's last line begins with."""
    kind, colon, text = line.partition(":")
    return kind.rpartition(".")[2] + colon + text
