"""What a loop produces, step by step: draft, execution, critique, decision, round, outcome."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from critique_loop.values.spending import Spend
from critique_loop.values.tasks import Task

_FULL = 10.0


@dataclass(frozen=True, slots=True)
class Draft:
    """One program a writer produced.

    ``reading`` says in one line how the goal was understood, ``not_used`` lists words of the goal
    that changed nothing. ``cost_usd`` is what it cost besides the calls in the trace, None where
    that is unknown. ``model`` and ``definition`` (name and hash) are what wrote it, ``cut`` what
    its prompt had no room for. It is number ``candidate`` of the ``candidates`` of its turn.
    """

    code: str
    writer: str
    explanation: str = ""
    reading: str = ""
    not_used: tuple[str, ...] = ()
    cost_usd: float | None = 0.0
    model: str = ""
    definition: str = ""
    cut: tuple[str, ...] = ()
    candidate: int = 1
    candidates: int = 1


class ExecutionStatus(StrEnum):
    """How a run ended."""

    OK = "ok"
    ERROR = "error"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out_of_memory"
    KILLED = "killed"
    SANDBOX_LOST = "sandbox_lost"
    REFUSED = "refused"


class Severity(StrEnum):
    """How bad a finding is: an error keeps its dimension below any pass mark."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class OutputFile:
    """One file a program left in its work folder. ``name`` is relative and holds no ``..``."""

    name: str
    media_type: str
    data: bytes = field(repr=False)

    @property
    def is_picture(self) -> bool:
        """Whether its first bytes are those of a picture."""
        return self.media_type.startswith("image/")


@dataclass(frozen=True, slots=True)
class Finding:
    """One measured fact that matters: what, how bad, where, the numbers, one line of advice.

    ``dimension`` is "" until a critic has looked the code up in the task's rubric. ``confidence``
    (0 to 1) is 1 for what was measured, less for what a model suggests.
    """

    code: str
    severity: Severity
    message: str
    advice: str = ""
    place: str = ""
    numbers: Mapping[str, object] = field(default_factory=dict[str, object])
    dimension: str = ""
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was measured on an execution by code that the draft could not touch.

    ``checks`` are the codes of all checks that ran, with or without a finding. ``facts`` is a plain
    summary of what was drawn (JSON types only). ``picture`` names the output file that was judged,
    "" where there is none.
    """

    findings: tuple[Finding, ...] = ()
    checks: tuple[str, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict[str, object])
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Execution:
    """What happened when a draft was run. A failing draft is an execution, never an exception.

    ``exit_code`` is None where a signal ended the program, which is then in ``signal``. ``stdout``
    and ``stderr`` are capped: beginning and end are kept. What was cut is in ``truncated``
    ("stdout", "stderr", "files", "pictures"). ``limits_hit`` names limits ("wall", "cpu", "memory",
    "processes", ...), ``not_enforced`` those that nothing enforced there. ``sandbox`` is the kind
    of isolation ("docker", "bubblewrap", "none"); ``container_id`` and ``image_digest`` are the
    engine's own.
    """

    status: ExecutionStatus
    exit_code: int | None = None
    signal: int | None = None
    stdout: str = ""
    stderr: str = ""
    truncated: tuple[str, ...] = ()
    files: tuple[OutputFile, ...] = ()
    files_skipped: int = 0
    leftovers_killed: int = 0
    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_memory_bytes: int | None = None
    limits_hit: tuple[str, ...] = ()
    sandbox: str = ""
    container_id: str = ""
    image_digest: str = ""
    not_enforced: tuple[str, ...] = ()
    evidence: Evidence | None = None

    @property
    def pictures(self) -> tuple[OutputFile, ...]:
        """The files that are pictures, judged or not."""
        return tuple(file for file in self.files if file.is_picture)

    @property
    def picture(self) -> bytes | None:
        """The bytes of the picture that was judged (PNG), or None."""
        if self.evidence is None or not self.evidence.picture:
            return None
        return next((f.data for f in self.files if f.name == self.evidence.picture), None)


@dataclass(frozen=True, slots=True)
class Vote:
    """What one of several critics, or one sample of a model, gave a dimension.

    ``value`` is None with ``unscored`` saying why. ``record`` says in words how often this critic
    agreed with persons before ("" where nobody looked).
    """

    by: str
    value: float | None
    unscored: str = ""
    record: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """The mark of one dimension.

    0 to 10, or None with ``unscored`` saying why. Unscored never passes. ``confidence`` (0 to 1) is
    None where nothing tells; ``by`` names the critic where several scored one draft. ``votes`` are
    those it was made of, ``spread`` is how far apart they are (None: there was one).
    """

    dimension: str
    value: float | None
    pass_mark: float
    evidence: tuple[str, ...] = ()
    advice: str = ""
    unscored: str = ""
    confidence: float | None = None
    by: str = ""
    votes: tuple[Vote, ...] = ()
    spread: float | None = None

    @property
    def passed(self) -> bool:
        """Whether the dimension is scored from 0 to 10 and reaches its pass mark."""
        return self.value is not None and self.pass_mark <= self.value <= _FULL


@dataclass(frozen=True, slots=True)
class Critique:
    """The scores of one draft by one critic.

    ``overall`` is the weighted mean, None while any dimension is unscored. ``spread`` is how far
    samples or critics are apart on the dimension they agree on least (None: there was one).
    ``notes`` say what the critic could not do ("the server dropped the picture"). Of ``claims``
    scores with evidence that was looked up, ``unsupported`` rest on some that isn't there.
    """

    critic: str
    scores: tuple[Score, ...]
    findings: tuple[Finding, ...] = ()
    overall: float | None = None
    spread: float | None = None
    notes: tuple[str, ...] = ()
    claims: int = 0
    unsupported: int = 0


class DecisionKind(StrEnum):
    """What the user proxy wants next.

    PENDING until it has been asked; COMPARE while another candidate of the same turn is to be run.
    """

    PENDING = "pending"
    COMPARE = "compare"
    ACCEPT = "accept"
    REFINE = "refine"
    ESCALATE = "escalate"
    STOP = "stop"


class StopReason(StrEnum):
    """Why a loop ended."""

    ACCEPTED = "accepted"
    ROUNDS = "rounds"
    TIME = "time"
    CALLS = "calls"
    TOKENS = "tokens"
    COST = "cost"
    STUCK = "stuck"
    PERSON = "person"
    PAUSED = "paused"
    MODEL_UNAVAILABLE = "model_unavailable"
    WRITER_GAVE_UP = "writer_gave_up"
    SANDBOX_UNAVAILABLE = "sandbox_unavailable"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Decision:
    """The user proxy's word on one round.

    ``advice`` goes to the writer, ``reason`` is set when the loop stops, ``role`` says whose model
    is to be a bigger one (escalate). ``by`` is who decided: "rule", "person", "policy", "default".
    A person may have given ``code``, which is then the next draft, or a ``critique`` that overrules
    the critic's, and chosen which findings are ``applied`` and which ``skipped`` (codes). ``focus``
    names the dimensions to mend first (none: all). ``back_to`` is the round to go on from where the
    last one made things worse (0: as the writer sees fit).
    """

    kind: DecisionKind
    reason: StopReason | None = None
    advice: str = ""
    role: str = ""
    by: str = "rule"
    code: str = ""
    critique: Critique | None = None
    applied: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    focus: tuple[str, ...] = ()
    back_to: int = 0


@dataclass(frozen=True, slots=True)
class Round:
    """One turn of the loop.

    Draft, execution, critique, decision, and the seconds each actor took. ``overruled`` is the
    critics' critique where a person's stands in its place.
    """

    number: int
    draft: Draft
    execution: Execution
    critique: Critique
    decision: Decision = Decision(DecisionKind.PENDING)
    writer_s: float = 0.0
    sandbox_s: float = 0.0
    critic_s: float = 0.0
    overruled: Critique | None = None

    @property
    def code(self) -> str:
        """The program of this round."""
        return self.draft.code

    @property
    def picture(self) -> bytes | None:
        """The picture of this round as PNG bytes, or None."""
        return self.execution.picture


@dataclass(frozen=True, slots=True)
class Lesson:
    """One thing learned from past traces, for the writer.

    ``codes`` are the findings it helps against.
    """

    text: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: the best round (not the last), why it stopped, what it cost, all rounds.

    ``message`` explains in words why there is no accepted result, e.g. a writer's reason for
    refusing the goal.
    """

    run_id: str
    task: Task
    rounds: tuple[Round, ...]
    best: Round | None
    stopped_because: StopReason
    spend: Spend
    message: str = ""

    @property
    def accepted(self) -> bool:
        """Whether the user's criteria were met."""
        return self.stopped_because is StopReason.ACCEPTED

    @property
    def critique(self) -> Critique | None:
        """The critique of the best round, or None where no round was finished."""
        return self.best.critique if self.best else None

    @property
    def cost_usd(self) -> float | None:
        """Money spent, in US dollars; None where a price is unknown."""
        return self.spend.cost_usd

    def _repr_mimebundle_(self, **_options: object) -> dict[str, str]:
        """Show the best picture and one line of text in a notebook."""
        overall = self.critique.overall if self.critique else None
        score = "" if overall is None else f", overall {overall:.1f}"
        rounds = f"{len(self.rounds)} round{'' if len(self.rounds) == 1 else 's'}"
        line = f"{self.stopped_because.value} after {rounds}{score}"
        shown = {"text/plain": f"{line}\n{self.message}".strip()}
        if self.best and self.best.picture:
            shown["image/png"] = b64encode(self.best.picture).decode("ascii")
        return shown
