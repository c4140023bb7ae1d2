"""The loop that goes on with a stored run: as it was, but for what is said otherwise now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from critique_loop.building.loops import Parts, build
from critique_loop.building.pricing import with_own_price
from critique_loop.building.settings import LoopSettings
from critique_loop.building.trusting import followed
from critique_loop.cli.asking import AskOptions, AskSettings
from critique_loop.cli.changing import ChangeOptions, changed
from critique_loop.cli.stored import StoredRun, stopped_at
from critique_loop.cli.text import notify
from critique_loop.cli.trusting import TrustOptions
from critique_loop.errors import CallError
from critique_loop.loop import Loop
from critique_loop.proxy import Ask
from critique_loop.proxy.answers import check
from critique_loop.store import SqliteStore
from critique_loop.values import Answer

_WRITING = ("model", "writer_agent")
_JUDGING = ("critic_model", "panel", "bigger_critic", "critic_agent")


class GoingOnOptions(AskOptions, ChangeOptions, TrustOptions):
    """What the options give that say how it goes on."""


@dataclass(frozen=True, slots=True)
class GoingOn:
    """How a run goes on.

    ``settings`` and ``asking`` hold from here on, ``asked_now`` only this time: also at the moment
    that a given answer is for.
    """

    settings: LoopSettings
    asking: AskSettings
    asked_now: AskSettings
    is_changed: bool

    def kept(self) -> Mapping[str, object]:
        """Return what the trace keeps of it."""
        return {**self.settings.plain(), **self.asking.plain()}


def going_on(
    stored: StoredRun, options: GoingOnOptions, answer: Answer | None, *, is_branch: bool = False
) -> GoingOn:
    """Return how the run goes on. A branch leaves the questions of the run alone.

    Raises:
        CallError: settings contradict each other, or came from elsewhere and reach outside; the
            answer does not fit, or nobody gives one.
    """
    before = followed(
        stored.run_id,
        stored.checkpoint.settings,
        trusted=options["trust"] or not stored.is_foreign,
        said=options,
    )
    settings, asking = LoopSettings.from_plain(before), AskSettings.from_plain(before)
    now, asking_now = _changed(settings, options), asking.with_options(options)
    asked_now = asking_now
    if not is_branch:
        asked_now = _with_question(asking_now, stored, answer, anew=options["ask"] is not None)
    now = replace(
        now,
        ask_at=asking_now.ask_at,
        apply_above=asking_now.apply_above,
        unsure_below=asking_now.unsure_below,
    )
    is_changed = stored.is_foreign or (now, asking_now) != (settings, asking)
    return GoingOn(now, asking_now, asked_now, is_changed=is_changed)


def _changed(settings: LoopSettings, options: GoingOnOptions) -> LoopSettings:
    """Return the settings with what is given instead; a price only for whom it was said."""
    now = changed(settings, options)
    if options["price"] is not None:
        return now
    own = with_own_price(settings, now)
    if own != now:
        notify("--price was said for other models, and is not used any more: say it anew")
    return own


def loop_of(stored: StoredRun, going: GoingOn, ask: Ask, *, store: SqliteStore) -> Loop:
    """Return the loop that goes on with the run, or with a branch of it.

    Raises:
        CallError: its actors can't be told from its settings.
    """
    found = stored.checkpoint
    settings = replace(going.settings, ask_at=going.asked_now.ask_at)
    parts = Parts(ask=ask, store=store, on_notice=notify)
    loop = build(settings, parts, kind=found.started.task.kind)
    before = LoopSettings.from_plain(found.settings)
    for role, name, was, fields, option in (
        ("writer", loop.writer.name, found.writer, _WRITING, "--model"),
        ("critic", loop.critic.name, found.critic, _JUDGING, "--critic-model"),
    ):
        replaced = any(getattr(settings, field) != getattr(before, field) for field in fields)
        if not replaced and name != was:
            raise CallError(
                f"run {stored.run_id} was made by {role} {was}, and does not tell how to build it",
                remedy="Go on with it where it was made (await loop.resume(run_id)), or say who "
                f"takes the {role}'s place: {option}.",
            )
    return loop


def _with_question(
    asking: AskSettings, stored: StoredRun, answer: Answer | None, *, anew: bool
) -> AskSettings:
    """Return the settings with which the question that the answer is for is asked.

    Raises:
        CallError: there is no such question, or the answer does not fit; or there is one and
            nobody to answer it.
    """
    question = stored.checkpoint.question
    if question is None:
        kind = None if answer is None else stopped_at(stored)
    else:
        kind = question.kind
        if answer is not None:
            check(question, answer)
        elif asking.asks_nobody_now and not anew:
            raise CallError(
                f"question {question.id} is open: {question.prompt}",
                remedy=f"Answer it: critique-loop resume {stored.run_id} --answer "
                f"{'|'.join(question.choices)}, or --ask terminal, or --ask never.",
            )
    if kind is None:
        return asking
    return replace(asking, ask_at=tuple(dict.fromkeys((*asking.ask_at, kind.value))))
