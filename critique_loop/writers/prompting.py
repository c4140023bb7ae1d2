"""What a model writer is told: the task, its best draft so far and what was wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from critique_loop.definitions import Definition, Sharing
from critique_loop.definitions.fences import RULE, without_addresses
from critique_loop.definitions.fitting import (
    Fitted,
    Form,
    Section,
    ends_of,
    estimated_tokens,
    fitted,
)
from critique_loop.definitions.telling import (
    finding_lines,
    rubric_section,
    shorter,
    task_sections,
)
from critique_loop.values import (
    Critique,
    Decision,
    DecisionKind,
    ExecutionStatus,
    Lesson,
    Message,
    Round,
    Score,
    Signals,
    Task,
)
from critique_loop.writers.starting import decision_about, start_of, that_broke
from critique_loop.writers.taking_back import taken_back_sections

_FIRST = "Write the program."
_NEXT = (
    "Write the next program: attempt {number}. Begin from the best program so far, mend what its "
    "critique names, and don't repeat an attempt that was no better."
)
_OUTPUT_SIZES = (4000, 1500, 500)
_STDOUT_SIZES = (1000, 300)
_LINE_STEPS = (20, 8, 3)
_MOST_LESSONS = 10
_BY_USER = frozenset({"person", "policy"})  # all else is a rule, also "default": nobody answered


@dataclass(frozen=True, slots=True)
class Turn:
    """What a draft is asked for with."""

    task: Task
    history: Sequence[Round]
    lessons: Sequence[Lesson] = ()


def system_message(definition: Definition) -> Message:
    """Return the definition's prompt and the rule for untrusted text."""
    return Message("system", f"{definition.prompt}\n\n{RULE}")


def prompt_of(turn: Turn, definition: Definition, sharing: Sharing, *, tokens: int) -> Fitted:
    """Return what the model is told, system message not included, within ``tokens`` for both."""
    task, history = turn.task, turn.history
    sections = (
        *task_sections(task, sharing),
        rubric_section(task.rubric),
        _lessons(turn.lessons),
        *(_history_sections(task, history, sharing) if history else ()),
        Section("Now", (Form(_now(history)),), 0, trusted=True),
    )
    room = tokens - estimated_tokens(system_message(definition).text)
    return fitted(sections, tokens=room)


def signals_of(turn: Turn) -> Signals:
    """Return what a cascade may decide by."""
    if not turn.history:
        return Signals()
    critique = start_of(turn.task, turn.history).critique
    decision = turn.history[-1].decision
    stuck = decision.kind is DecisionKind.ESCALATE and decision.role in ("", "writer")
    return Signals(score=critique.overall, spread=critique.spread, stuck=stuck)


def _now(history: Sequence[Round]) -> str:
    return _NEXT.format(number=history[-1].number + 1) if history else _FIRST


def _history_sections(
    task: Task, history: Sequence[Round], sharing: Sharing
) -> tuple[Section, ...]:
    best, last = start_of(task, history), history[-1]
    about = decision_about(best, history)
    failed = that_broke(task, best, history)
    return (
        *_best_sections(best, _to_mend(about, last), sharing),
        *_later_sections(best, history, sharing),
        *(taken_back_sections(task, best, failed, sharing) if failed else ()),
        *_decision_sections(last, sharing, repeats_critique=about is last.decision),
    )


def _lessons(lessons: Sequence[Lesson]) -> Section:
    lines = [f"- {lesson.text}" for lesson in lessons[:_MOST_LESSONS]]
    return Section("Lessons from earlier tasks", shorter(lines, (3,), "lessons"), 7, 0.15)


@dataclass(frozen=True, slots=True)
class _Mending:
    """What is not to be mended now (codes), and the dimensions that come first (none: all)."""

    skipped: frozenset[str]
    focus: tuple[str, ...]


def _to_mend(about: Decision, last: Round) -> _Mending:
    """Return what was decided on the best program, or by a person.

    What a rule leaves for later on another attempt says nothing about this one.
    """
    person = last.decision.skipped if last.decision.by in _BY_USER else ()
    return _Mending(frozenset((*about.skipped, *person)), about.focus)


def _best_sections(best: Round, mending: _Mending, sharing: Sharing) -> tuple[Section, ...]:
    number = best.number
    code = (Form(best.code),) if sharing.code else ()
    lines = _critique_lines(best.critique, mending, sharing)
    first = f"{', '.join(mending.focus)}. The rest comes later." if mending.focus else ""
    return (
        Section(f"Best program so far (attempt {number})", code, 3, 0.5),
        *_run_sections(best, sharing),
        Section(
            f"Critique of attempt {number}", shorter(lines, _LINE_STEPS, "lines of it"), 2, 0.3
        ),
        Section("What to mend first", (Form(first),), 1, 0.1, trusted=True),
    )


def _run_sections(turn: Round, sharing: Sharing) -> tuple[Section, ...]:
    """Return how the program ended and what it printed; its errors only where it failed."""
    execution = turn.execution
    failed = execution.status is not ExecutionStatus.OK
    status = f"How attempt {turn.number} ended"
    ended = Section(status, (Form(execution.status.value.replace("_", " ")),), 1, trusted=True)
    if not sharing.output:
        return (ended,)
    stderr = ends_of(without_addresses(execution.stderr), _OUTPUT_SIZES) if failed else ()
    stdout = ends_of(without_addresses(execution.stdout), _STDOUT_SIZES)
    return (
        ended,
        Section(f"Errors that attempt {turn.number} printed", stderr, 2, 0.3),
        Section(f"Output that attempt {turn.number} printed", stdout, 8, 0.1),
    )


def _critique_lines(critique: Critique, mending: _Mending, sharing: Sharing) -> list[str]:
    skipped = mending.skipped
    findings = [finding for finding in critique.findings if finding.code not in skipped]
    lines = finding_lines(findings, sharing)
    left = [finding.advice for finding in critique.findings if finding.code in skipped]
    left += [
        s.advice for s in critique.scores if mending.focus and s.dimension not in mending.focus
    ]
    said = "\n".join([*lines, *left])
    lines += [_score_line(score, sharing, said) for score in critique.scores]
    if critique.overall is not None:
        lines.append(f"- weighted mean: {critique.overall:g}")
    return lines


def _score_line(score: Score, sharing: Sharing, said: str) -> str:
    """Return a score, and its advice unless a finding says it, or said it and is to be left."""
    if score.value is None:
        return f"- {score.dimension}: unscored" + (f" ({score.unscored})" if sharing.output else "")
    line = f"- {score.dimension}: {score.value:g}, {'passes' if score.passed else 'fails'}"
    new = not all(part in said for part in score.advice.split("; "))
    told = new and not score.passed and sharing.output
    return f"{line} -> {score.advice}" if told else line


def _later_sections(best: Round, history: Sequence[Round], sharing: Sharing) -> tuple[Section, ...]:
    """Return what became of the attempts after the best one, the last one in more detail."""
    later = [turn for turn in history if turn.number > best.number]
    if not later:
        return ()
    lines = [_attempt_line(turn) for turn in reversed(later)]
    last = later[-1]
    stderr = "" if last.execution.status is ExecutionStatus.OK else last.execution.stderr
    errors = ends_of(without_addresses(stderr), (1500, 500)) if sharing.output else ()
    return (
        Section(
            "Attempts after it, which were no better", shorter(lines, (8, 3), "attempts"), 4, 0.2
        ),
        Section(f"Errors that attempt {last.number} printed", errors, 5, 0.15),
    )


def _attempt_line(turn: Round) -> str:
    codes = list(dict.fromkeys(f.code for f in turn.critique.findings))
    overall = turn.critique.overall
    mean = "" if overall is None else f", weighted mean {overall:g}"
    found = f", findings: {', '.join(codes)}" if codes else ""
    return f"- attempt {turn.number}: {turn.execution.status.value.replace('_', ' ')}{mean}{found}"


def _decision_sections(
    last: Round, sharing: Sharing, *, repeats_critique: bool
) -> tuple[Section, ...]:
    """Return what was decided after the last attempt.

    A rule's advice is made of findings: it is left out where these have been told already.
    """
    decision = last.decision
    if decision.by in _BY_USER:
        title = "What the user wants changed"
        lines = _own_words(decision.advice, last.critique).splitlines()
        return (
            Section(title, shorter(lines, _LINE_STEPS, "lines"), 1, 0.2, trusted=True),
            Section("Which findings count", _chosen(decision), 1, 0.1),
        )
    if repeats_critique or not sharing.output:
        return ()
    title = f"What was wrong with attempt {last.number}"
    lines = decision.advice.splitlines()
    return (Section(title, shorter(lines, _LINE_STEPS, "lines"), 5, 0.15),)


def _own_words(advice: str, critique: Critique) -> str:
    """Return ``advice`` without the findings that the user proxy adds at its end.

    A person is to be believed. What a finding says may quote a table or a program, and is told
    with the critique, in its fence.
    """
    said = {f"{f.code}: {f.advice or f.message}" for f in critique.findings}
    left = advice.rstrip()
    while end := max((one for one in said if one and left.endswith(one)), key=len, default=""):
        left = left.removesuffix(end).rstrip()
    return left


def _chosen(decision: Decision) -> tuple[Form, ...]:
    """Return which findings a person wants applied or left."""
    wanted = f"Mend these first: {', '.join(decision.applied)}." if decision.applied else ""
    left = f"Leave these as they are: {', '.join(decision.skipped)}." if decision.skipped else ""
    return (Form("\n".join(filter(None, (wanted, left)))),)
