"""What models have cost, in words."""

from __future__ import annotations

from critique_loop.cli.text import plain
from critique_loop.values import RoleSpend, Spend

_CENT_PLACES = 4


def money(cost_usd: float | None) -> str:
    """Return dollars with as many places as tell something; what is unknown is not $0."""
    if cost_usd is None:
        return "cost unknown"
    if cost_usd == 0:
        return "$0"
    return f"${cost_usd:.{_CENT_PLACES}f}" if cost_usd < 1 else f"${cost_usd:,.2f}"


def spent_lines(spend: Spend) -> list[str]:
    """Return one line for each role that asked a model, and one for a person's time."""
    lines = [_role_line(role) for role in spend.roles]
    if spend.person_s:
        lines.append(f"person {spend.person_s:.1f} s")
    return lines


def _role_line(role: RoleSpend) -> str:
    calls = f"{role.calls} request{'' if role.calls == 1 else 's'}"
    who = plain(role.role or "other")
    return f"{who} {calls}, {role.tokens:,} tokens, {role.seconds:.1f} s, {money(role.cost_usd)}"
