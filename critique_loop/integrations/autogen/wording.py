"""What our steps say to agents that know no values of ours."""

from __future__ import annotations

from critique_loop.values import (
    Asked,
    Call,
    Critique,
    Decision,
    Draft,
    Ended,
    EventBody,
    Execution,
    Outcome,
    Severity,
)

_SHOWN = 4000


def in_words(step: EventBody) -> str:
    """Return ``step`` as text, printable; what a program printed is cut in its middle."""
    match step:
        case Draft():
            text = f"{step.explanation or step.reading}\n```python\n{step.code}\n```"
        case Execution():
            text = _execution(step)
        case Critique():
            text = _critique(step)
        case Decision():
            text = f"{step.kind.value}: {step.advice}" if step.advice else step.kind.value
        case Call():
            text = f"{step.role} asked {step.model}" + (f": {step.error}" if step.error else "")
        case Asked():
            answer = f" {step.answer.choice} {step.answer.text}" if step.answer else ""
            text = f"{step.question.prompt}{answer}"
        case Ended():
            text = f"Ended: {step.stopped_because.value}. {step.message}"
        case _:
            text = ""
    return printable(text.strip())


def outcome_in_words(outcome: Outcome) -> str:
    """Return how a run ended, with the best program."""
    rounds = f"{len(outcome.rounds)} round{'' if len(outcome.rounds) == 1 else 's'}"
    lines = [f"{outcome.stopped_because.value} after {rounds} (run {outcome.run_id})"]
    if outcome.message:
        lines.append(outcome.message)
    if outcome.best is not None:
        lines += [_critique(outcome.best.critique), f"```python\n{outcome.best.code}\n```"]
    return printable("\n".join(lines))


def printable(text: str) -> str:
    """Return ``text`` with control characters written out, but for line breaks and tabs."""
    return "".join(
        sign if sign.isprintable() or sign in "\n\t" else ascii(sign)[1:-1] for sign in text
    )


def _execution(execution: Execution) -> str:
    lines = [f"The program ended: {execution.status.value}."]
    lines += [f"{name}:\n{_cut(text)}" for name, text in _output(execution) if text.strip()]
    if execution.files:
        lines.append(f"Files: {', '.join(file.name for file in execution.files)}")
    return "\n".join(lines)


def _output(execution: Execution) -> tuple[tuple[str, str], ...]:
    return ("stdout", execution.stdout), ("stderr", execution.stderr)


def _critique(critique: Critique) -> str:
    mean = "unscored" if critique.overall is None else f"{critique.overall:g} of 10"
    lines = [f"Overall: {mean}"]
    for score in critique.scores:
        mark = f"unscored ({score.unscored})" if score.value is None else f"{score.value:g}"
        lines.append(f"{score.dimension}: {mark}" + (f". {score.advice}" if score.advice else ""))
    lines += [
        f"{finding.code}: {finding.message}"
        for finding in critique.findings
        if finding.severity is not Severity.NOTE
    ]
    return "\n".join(lines)


def _cut(text: str) -> str:
    if len(text) <= _SHOWN:
        return text
    half = _SHOWN // 2
    return f"{text[:half]}\n[...]\n{text[-half:]}"
