"""Which maker makes examples of which kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from critique_loop.errors import CallError
from critique_loop.export import drafts, judgements, pairs, reasons
from critique_loop.export.making import Making
from critique_loop.export.traces import Trace
from critique_loop.values import Example, ExampleKind

Maker = Callable[[Trace, Making], Iterator[Example]]

MAKERS: dict[ExampleKind, Maker] = {
    ExampleKind.SFT: drafts.sft,
    ExampleKind.SFT_MESSAGES: drafts.sft_messages,
    ExampleKind.TRAJECTORY: drafts.trajectory,
    ExampleKind.PREFERENCE: pairs.preference,
    ExampleKind.KTO: pairs.kto,
    ExampleKind.REWARD: pairs.reward,
    ExampleKind.STEPWISE: reasons.stepwise,
    ExampleKind.CRITIC_SFT: judgements.critic_sft,
    ExampleKind.CRITIC_PREFERENCE: judgements.critic_preference,
    ExampleKind.EXPLANATION: reasons.explanation,
    ExampleKind.SELF_DISTILLATION: reasons.self_distillation,
    ExampleKind.RLVR: drafts.rlvr,
}


def kind_of(name: str) -> ExampleKind:
    """Return the kind called ``name``.

    Raises:
        CallError: there is none.
    """
    try:
        return ExampleKind(name)
    except ValueError as error:
        known = ", ".join(MAKERS)
        raise CallError(f"there is no kind {name!r}", remedy=f"Kinds: {known}.") from error
