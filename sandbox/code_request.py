"""What the judge of code is asked: the draft's text, and everything that is known of the task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

MOST_CHARACTERS = 200_000
_WALL_S = 20.0


@dataclass(frozen=True, slots=True)
class SuiteText:
    """The tests of one suite as text; what a hidden one holds must never be told."""

    kind: str
    source: str
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class CodeRequest:
    """One draft, and what it was to be.

    ``checks`` are the codes that the rubric wants, None: all. ``wall_s`` is the judge's time.
    ``reference`` is a right program whose text must never be told, ``previous`` the best earlier
    draft; "" where there is none.
    """

    code: str
    goal: str = ""
    entry_point: str = ""
    signature: str = ""
    suites: tuple[SuiteText, ...] = ()
    reference: str = ""
    previous: str = ""
    checks: frozenset[str] | None = None
    wall_s: float = _WALL_S

    def wants(self, *codes: str) -> bool:
        """Whether the rubric has any of the codes."""
        return self.checks is None or not self.checks.isdisjoint(codes)


def read_code_request(request: Mapping[str, object]) -> CodeRequest:
    """Read a judge request; what is missing or of another type keeps its default."""

    def text(key: str) -> str:
        value = request.get(key)
        return value if isinstance(value, str) else ""

    suites, checks, wall_s = (request.get(key) for key in ("suites", "checks", "wall_s"))
    return CodeRequest(
        code=text("code"),
        goal=text("goal"),
        entry_point=text("entry_point"),
        signature=text("signature"),
        suites=tuple(
            _suite(cast("dict[str, object]", suite))
            for suite in (cast("list[object]", suites) if isinstance(suites, list | tuple) else [])
            if isinstance(suite, dict)
        ),
        reference=text("reference"),
        previous=text("previous"),
        checks=_codes(cast("list[object]", checks)) if isinstance(checks, list | tuple) else None,
        wall_s=float(wall_s) if isinstance(wall_s, int | float) and wall_s > 0 else _WALL_S,
    )


def _suite(suite: dict[str, object]) -> SuiteText:
    return SuiteText(
        kind=str(suite.get("kind", "")),
        source=str(suite.get("source", "")),
        hidden=suite.get("hidden") is not False,
    )


def _codes(checks: list[object]) -> frozenset[str]:
    return frozenset(str(code) for code in checks)
