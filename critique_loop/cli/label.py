"""``critique-loop label``: a person scores stored drafts, blind and in random order."""

from __future__ import annotations

import getpass
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypedDict, Unpack

import anyio
import click

from critique_loop.agreement.labelling import ToLabel, Who, to_prefer, to_score
from critique_loop.agreement.ratings import JudgedDraft, judged_drafts
from critique_loop.cli.label_keys import Keys, keys
from critique_loop.cli.label_sheet import Sheet, question_lines, task_lines
from critique_loop.cli.options import option, store_option
from critique_loop.cli.text import coloured, plain
from critique_loop.errors import CallError
from critique_loop.store import SqliteStore, default_path
from critique_loop.store.labels import check_labeller
from critique_loop.values import Label, Outcome, Preference, Preferred

_MARKS: Mapping[str, float] = {**{str(n): float(n) for n in range(10)}, "t": 10.0}
_WORDS: Mapping[str, float] = {**_MARKS, "10": 10.0}
_SIDES = {"1": Preferred.FIRST, "2": Preferred.SECOND, "=": Preferred.TIE}
_CANNOT_SAY, _SKIP, _BACK, _AGAIN, _QUIT = "?suaq"
_COMMON = "? can't say · s skip · u back to the one before · a show all again · q quit"


class _Options(TypedDict):
    runs: tuple[str, ...]
    dimension: str | None
    pairwise: bool
    by: str | None
    limit: int | None
    seed: int
    findings: bool
    store: Path | None


@click.command(
    "label",
    epilog="""\b
Examples:
  critique-loop label
  critique-loop label 7f3a --dimension aesthetics --by ada
  critique-loop label --pairwise --limit 40

Each answer is kept at once: Ctrl-C loses nothing, and the next time goes on where this one ended.
Without a terminal answers are read from stdin, one per line.""",
)
@click.argument("runs", nargs=-1, metavar="[RUN]...")
@option("--dimension", metavar="NAME", help="Ask only about this dimension.")
@option("--pairwise", is_flag=True, help="Ask which of two drafts of the same task is better.")
@option("--by", metavar="NAME", help="Who you are.  [default: your name on this machine]")
@option("--limit", type=click.IntRange(min=1), metavar="N", help="Ask at most so much.")
@option("--seed", type=int, default=0, show_default=True, help="What the order is drawn by.")
@option("--findings", is_flag=True, help="Show what was measured, too; such labels are not blind.")
@store_option
def label_command(**options: Unpack[_Options]) -> None:
    """Score the drafts of all stored runs, or of each RUN, without seeing any critic's score."""
    with (
        SqliteStore(options["store"] or default_path()) as store,
        TemporaryDirectory(prefix="critique-loop-") as folder,
    ):
        who = Who(options["by"] or _user(), options["seed"])
        check_labeller(who.name)
        asked = _asked(store, who, options)
        if not asked:
            click.echo(f"nothing is left to ask {plain(who.name)}", err=True)
            return
        shown = _Shown(store, Path(folder), findings=options["findings"])
        session = _Session(store, shown, who.name, blind=not options["findings"])
        try:
            with keys(_say) as typed:
                session.run(asked, typed)
        finally:
            kept = f"{session.kept} label{'' if session.kept == 1 else 's'} kept"
            click.echo(f"{kept} · {plain(who.name)} · {store.path}")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:  # a user without a name, as in some containers
        raise CallError("nobody knows your name", remedy="Say it: --by NAME") from error


def _asked(store: SqliteStore, who: Who, options: _Options) -> list[ToLabel]:
    """Return the questions in their order.

    Raises:
        CallError: there is no such run, or no such dimension in any.
    """

    async def read() -> tuple[list[JudgedDraft], Sequence[Label | Preference]]:
        named = [await store.find(prefix) for prefix in options["runs"]]
        return await judged_drafts(store, named), await store.labels()

    drafts, labels = anyio.run(read)
    dimension = options["dimension"] or ""
    known = dict.fromkeys(d.name for draft in drafts for d in draft.dimensions)
    if dimension and dimension not in known:
        raise CallError(
            f"these runs have no dimension {dimension!r}",
            remedy=f"They have: {', '.join(known) or 'none'}.",
        )
    choose = to_prefer if options["pairwise"] else to_score
    return choose(drafts, labels, who, dimension=dimension)[: options["limit"]]


class _Shown:
    """Shows drafts; what they drew is laid into a folder under names that tell nothing."""

    def __init__(self, store: SqliteStore, folder: Path, *, findings: bool) -> None:
        self._store = store
        self._folder = folder
        self._findings = findings
        self._outcomes: dict[str, Outcome] = {}
        self._pictures = 0
        self._last: tuple[JudgedDraft, JudgedDraft | None] | None = None

    def show(self, asked: ToLabel, progress: str, *, whole: bool) -> None:
        """Show a question; the drafts too, unless they are those of the question before."""
        pair = (asked.draft, asked.other)
        _say(coloured(f"\n{progress}", "cyan"))
        if whole or pair != self._last:
            outcome = self._outcome(asked.draft)
            _say(*task_lines(outcome.task))
            drafts = [asked.draft] if asked.other is None else [asked.draft, asked.other]
            for number, draft in enumerate(drafts, 1):
                if asked.other is not None:
                    _say(coloured(f"[{number}]", "cyan"))
                _say(*self._sheet(draft).lines())
        else:
            _say("(the same as before; a shows it again)")
        self._last = pair
        _say("", *question_lines(asked.dimension))

    def _sheet(self, draft: JudgedDraft) -> Sheet:
        outcome = self._outcome(draft)
        turn = next(t for t in outcome.rounds if t.number == draft.shown.round)
        path = None
        if turn.picture is not None:
            self._pictures += 1
            path = self._folder / f"{self._pictures}.png"
            path.write_bytes(turn.picture)
        return Sheet(outcome.task, turn, path, self._findings)

    def _outcome(self, draft: JudgedDraft) -> Outcome:
        run_id = draft.shown.run_id
        if run_id not in self._outcomes:
            if len(self._outcomes) > 1:  # a pair has at most two
                self._outcomes.clear()
            self._outcomes[run_id] = anyio.run(self._store.outcome, run_id)
        return self._outcomes[run_id]


class _Session:
    """Asks and keeps, until all is asked or the person leaves."""

    def __init__(self, store: SqliteStore, shown: _Shown, by: str, *, blind: bool) -> None:
        self._store = store
        self._shown = shown
        self._by = by
        self._blind = blind
        self.kept = 0

    def run(self, asked: Sequence[ToLabel], typed: Keys) -> None:
        number = 0
        whole = False
        while number < len(asked):
            question = asked[number]
            typed.forget()
            self._shown.show(question, f"{number + 1} of {len(asked)}", whole=whole)
            _say(_told(question))
            began = time.monotonic()
            key = typed.next(_known(question))
            whole = key == _AGAIN
            if key is None or key == _QUIT:
                return
            if key == _BACK:
                number = max(0, number - 1)
            elif key != _AGAIN:
                if key != _SKIP:
                    self._keep(question, key, time.monotonic() - began)
                number += 1

    def _keep(self, asked: ToLabel, key: str, seconds: float) -> None:
        anyio.run(self._store.keep_label, self._label(asked, key, seconds))
        self.kept += 1

    def _label(self, asked: ToLabel, key: str, seconds: float) -> Label | Preference:
        if asked.other is None:
            return Label(
                id=uuid.uuid4().hex,
                shown=asked.draft.shown,
                dimension=asked.dimension.name,
                value=_WORDS.get(key),
                by=self._by,
                at=time.time(),
                seconds=round(seconds, 3),
                blind=self._blind,
                rubric=asked.draft.rubric,
            )
        return Preference(
            id=uuid.uuid4().hex,
            first=asked.draft.shown,
            second=asked.other.shown,
            dimension=asked.dimension.name,
            preferred=_SIDES.get(key),
            by=self._by,
            at=time.time(),
            seconds=round(seconds, 3),
            blind=self._blind,
            rubric=asked.draft.rubric,
        )


def _known(asked: ToLabel) -> list[str]:
    answers = list(_WORDS if asked.other is None else _SIDES)
    return [*answers, _CANNOT_SAY, _SKIP, _BACK, _AGAIN, _QUIT]


def _told(asked: ToLabel) -> str:
    answers = "0-9, t = 10" if asked.other is None else "1 or 2 is better, = as good"
    return f"[{answers} · {_COMMON}]"


def _say(*lines: str) -> None:
    for line in lines:
        click.echo(line, err=True)
