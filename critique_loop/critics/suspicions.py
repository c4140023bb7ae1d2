"""A model that looks for bugs, believed only as far as the calls that it names go wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from critique_loop import rubric as rubrics
from critique_loop.critics.suspecting import Suspected, request_for, suspected_in
from critique_loop.critics.trying import Confirmed, tried
from critique_loop.definitions import Definition, Sharing, load
from critique_loop.errors import CallError, DefinitionError, ModelError, SandboxUnavailable
from critique_loop.protocols import Executor, Model
from critique_loop.values import (
    Critique,
    Draft,
    Evidence,
    Execution,
    ExecutionStatus,
    Finding,
    Round,
    Scorer,
    Severity,
    Task,
    TaskKind,
)

CODE = "suspected_bug"
_WITHOUT_A_RIGHT_ANSWER = 0.8


class SuspicionCritic:
    """Asks a model for suspected bugs, makes the call of each in the sandbox, tells those proven.

    A suspicion is proven where its call raises an error that nobody announced, does not end, or
    ends otherwise than the reference or an example does. Each one is a finding "suspected_bug";
    the others are counted (``claims`` and ``unsupported``) and never told to the writer. A
    dimension that lists the code among its checks loses its points. Only programs are tried in
    which no error was measured: those have bugs enough that are known.
    """

    scorer: Scorer = Scorer.MEASURED
    seeks: bool = True

    def __init__(
        self,
        model: Model,
        executor: Executor,
        *,
        definition: Definition | str | Path = "code_suspect",
        most: int = 5,
        timeout_s: float = 5.0,
    ) -> None:
        """At most ``most`` suspicions are tried, each for ``timeout_s`` seconds.

        Raises:
            DefinitionError: the definition is wrong, or no tester's.
            CallError: fewer than one suspicion, or no time.
        """
        if not isinstance(definition, Definition):
            definition = load(definition)
        if definition.role != "tester":
            problem = f"the agent {definition.name} is a {definition.role}, not a tester"
            raise DefinitionError(Path(definition.name), problem)
        if most < 1 or not timeout_s > 0:
            raise CallError(f"most is {most}, timeout_s {timeout_s}", remedy="Give more.")
        self.definition: Definition = definition
        self.sharing: Sharing = definition.sharing
        self._model = model
        self._executor = executor
        self._most = most
        self._timeout_s = timeout_s

    @property
    def name(self) -> str:
        """The definition's name and the model's."""
        return f"{self.definition.name} ({self._model.name})"

    @property
    def model_name(self) -> str:
        """The name of the model that is asked."""
        return self._model.name

    async def review(
        self, task: Task, draft: Draft, execution: Execution, *, history: Sequence[Round]
    ) -> Critique:
        """Return the suspected bugs that are real.

        Raises:
            ModelError: the model can't be reached, or refuses to work.
            BudgetEnded: asking could go over the budget.
        """
        del history
        why = _not_asked(task, execution)
        if why:
            return Critique(self.name, (), notes=(f"{self.name} was not asked: {why}",))
        request, told = request_for(task, draft, execution, self.definition, self.sharing)
        try:
            reply = await self._model.complete(request)
        except ModelError as error:
            if not error.kind.is_answer:
                raise
            problem = f"no usable answer ({error.kind.value}): {error.problem}"
            return Critique(self.name, (), notes=(problem,))
        suspected = suspected_in(reply.data if reply.choices else None, most=self._most)
        notes = tuple(f"not shown to the tester: {cut}" for cut in told.cut)
        confirmed: list[Confirmed] = []
        if suspected.suspicions:
            try:
                confirmed = await tried(
                    self._executor, task, draft, suspected.suspicions, timeout_s=self._timeout_s
                )
            except SandboxUnavailable as error:
                why = f"suspected bugs could not be tried: {error.problem}"
                return Critique(self.name, (), notes=(*notes, why))
        evidence = execution.evidence or Evidence()
        return self._critique(task, evidence, suspected, _findings(task, draft, confirmed), notes)

    def _critique(
        self,
        task: Task,
        evidence: Evidence,
        suspected: Suspected,
        findings: tuple[Finding, ...],
        notes: tuple[str, ...],
    ) -> Critique:
        known = (*evidence.findings, *findings)
        checks = ("run_error", *evidence.checks, CODE)
        scores = tuple(
            replace(rubrics.score(d, known, checks), by=self.name)
            for d in task.rubric.dimensions
            if CODE in d.checks
        )
        claims = len(suspected.suspicions) + suspected.unusable
        left = claims - len(findings)
        if left:
            notes = (*notes, f"{left} of {claims} suspected bugs did not show when they were tried")
        return Critique(
            critic=self.name,
            scores=scores,
            findings=findings,
            overall=rubrics.overall(task.rubric, scores),
            notes=notes,
            claims=claims,
            unsupported=left,
        )


def _not_asked(task: Task, execution: Execution) -> str:
    if task.kind is not TaskKind.CODE or task.code is None or not task.code.entry_point:
        return "there is no function to call"
    if execution.status is not ExecutionStatus.OK:
        return "the program failed"
    evidence = execution.evidence
    if evidence is None:
        return "nothing was measured"
    errors = [f.code for f in evidence.findings if f.severity is Severity.ERROR]
    return f"there are errors to mend first ({', '.join(errors)})" if errors else ""


def _findings(task: Task, draft: Draft, confirmed: Sequence[Confirmed]) -> tuple[Finding, ...]:
    owner = next((d.name for d in task.rubric.dimensions if CODE in d.checks), "")
    return tuple(replace(_finding(one, draft), dimension=owner) for one in confirmed)


def _finding(confirmed: Confirmed, draft: Draft) -> Finding:
    suspicion = confirmed.suspicion
    is_there = suspicion.line and "".join(suspicion.line.split()) in "".join(draft.code.split())
    return Finding(
        code=CODE,
        severity=Severity.WARNING,
        message=confirmed.happened,
        advice=suspicion.reason,
        place=suspicion.line if is_there else "",
        numbers={"arguments": list(suspicion.arguments), "claim": suspicion.claim},
        confidence=1.0 if confirmed.certain else _WITHOUT_A_RIGHT_ANSWER,
    )
