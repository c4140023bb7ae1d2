"""What an agent file says, and what of a task may be shown to a model."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sharing:
    """What of a task a model may be shown. The goal, the units and the rubric always are.

    ``summary``: the table's name, size and format, and its columns with their kinds, counts and
    ranges. ``samples``: values of its columns that are no numbers or times. ``code``: the programs
    of this run. ``output``: what a program printed, and what was measured on it, which may quote
    values. ``picture``: the picture it drew.
    """

    summary: bool = True
    samples: bool = True
    code: bool = True
    output: bool = True
    picture: bool = True

    def __and__(self, other: Sharing) -> Sharing:
        """Return what both allow."""
        return Sharing(
            summary=self.summary and other.summary,
            samples=self.samples and other.samples,
            code=self.code and other.code,
            output=self.output and other.output,
            picture=self.picture and other.picture,
        )


@dataclass(frozen=True, slots=True)
class Definition:
    """One agent: its prompt and settings; None leaves a setting to the server.

    ``role`` is "writer", "critic", "suggester" (of rubrics), "explainer" or "tester" (of suspected
    bugs). ``prompt`` is the system message. ``token_budget`` bounds what is sent: prompt and
    context, without pictures. ``candidates`` (writers) and ``samples`` (critics) say how many
    answers are asked for, ``dimensions`` (critics) which dimensions of the rubric are scored (none
    named: all), ``canary`` (critics) whether only answers are believed that copied what they were
    told to copy. ``sha256`` is that of the file's text.
    """

    name: str
    role: str
    prompt: str
    sha256: str
    description: str = ""
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    token_budget: int = 12_000
    candidates: int = 1
    samples: int = 1
    dimensions: tuple[str, ...] = ()
    canary: bool = True
    sharing: Sharing = field(default_factory=Sharing)

    @property
    def identity(self) -> str:
        """Name and hash, for the trace: "chart_writer@1f0c6d2a9b3e"."""
        return f"{self.name}@{self.sha256[:12]}"
