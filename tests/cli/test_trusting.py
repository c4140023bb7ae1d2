"""Runs from elsewhere: what they name of servers, keys and files is not used unasked."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import anyio
import pytest

from critique_loop.building.judges import critic_of
from critique_loop.building.loops import writer_of
from critique_loop.building.settings import LoopSettings
from critique_loop.store import SqliteStore
from critique_loop.store.importing import import_runs
from critique_loop.store.merging import copy, merge
from critique_loop.store.sealing import SealedForm, seal
from critique_loop.testing import FaultServer
from critique_loop.testing.fault_server_acts import Say, always
from critique_loop.testing.stored_runs import RUBRIC, Turn, events_of, keep_events
from critique_loop.values import Event, EventKind, Resumed, Started, Task

Cli = Callable[..., subprocess.CompletedProcess[str]]


def _sealed(store: Path, here: Path) -> None:
    import_runs(seal(store, store.parent / "sealed", form=SealedForm.JSONL).folder, here)


def _merged(store: Path, here: Path) -> None:
    merge([store], here)


def _copied(store: Path, here: Path) -> None:
    copy(store, here)


RUBRIC_FILE = """
name = "new"
[[dimensions]]
name = "x"
question = "?"
checks = { run_error = 3 }
"""


@dataclass(frozen=True)
class Theirs:
    """A stranger's server, its model, and the settings of a stranger's run that name them."""

    server: FaultServer
    settings: LoopSettings

    @property
    def sent(self) -> int:
        """How many requests came."""
        return len(self.server.requests(self.settings.model))


@pytest.fixture
def theirs(monkeypatch: pytest.MonkeyPatch) -> Generator[Theirs]:
    monkeypatch.setenv("SECRET", "sk-mine")
    with FaultServer() as server:
        settings = LoopSettings(
            model=server.play(always(Say())),
            base_url=server.base_url,
            key_env="SECRET",
            sandbox="none",
            max_rounds=3,
        )
        yield Theirs(server, settings)


def steps(settings: LoopSettings, *later: LoopSettings) -> list[Event]:
    """Return a run that ended, and went on once for each of ``later``."""
    task = Task("mean Power by Origin", RUBRIC)
    events = events_of(
        [Turn("print('A')", 5.0)],
        run_id="r1",
        task=task,
        settings=settings.plain(),
        writer=writer_of(settings).name,
        critic=critic_of(settings).name,
    )
    end = events[-1]
    for each in later:
        said = Resumed("0", each.plain(), writer_of(each).name)
        events.append(replace(end, seq=len(events), kind=EventKind.RESUMED, body=said))
        events.append(replace(end, seq=len(events)))
    return events


def keep(path: Path, events: Sequence[Event]) -> Path:
    with SqliteStore(path) as store:
        keep_events(store, events)
    return path


@pytest.fixture
def elsewhere(tmp_path: Path, theirs: Theirs) -> Path:
    return keep(tmp_path / "elsewhere" / "traces.db", steps(theirs.settings))


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return tmp_path / "traces.db"


@pytest.fixture(params=[_sealed, _merged, _copied])
def brought(request: pytest.FixtureRequest, elsewhere: Path, here: Path) -> None:
    request.param(elsewhere, here)


@pytest.mark.usefixtures("brought")
@pytest.mark.parametrize("command", [("resume", "r1"), ("resume", "r1", "--from", "1")])
def test_a_run_that_was_brought_in_sends_nothing(
    cli: Cli, theirs: Theirs, command: Sequence[str]
) -> None:
    done = cli(*command, "--max-rounds", "4")

    assert (done.returncode, done.stdout) == (1, "")
    assert theirs.sent == 0
    for named in ("came from elsewhere", theirs.server.base_url, "'SECRET'", "sandbox 'none'"):
        assert named in " ".join(done.stderr.split())
    for said in ("--model", "--base-url", "--key-env", "--config", "--sandbox", "--trust"):
        assert said in done.stderr


def test_scoring_it_again_asks_nobody_it_names(
    cli: Cli, elsewhere: Path, here: Path, theirs: Theirs
) -> None:
    merge([elsewhere], here)
    rubric = Path("new.toml")
    rubric.write_text(RUBRIC_FILE)

    done = cli("rescore", "r1", "--rubric", rubric)

    assert done.returncode == 0, done.stderr
    assert theirs.sent == 0


def test_what_is_said_here_takes_its_place_and_holds_later(
    cli: Cli, elsewhere: Path, here: Path, theirs: Theirs
) -> None:
    merge([elsewhere], here)
    with FaultServer() as own:
        mine = own.play(always(Say()))
        said = ("--model", mine, "--base-url", own.base_url, "--sandbox", "none")
        first = cli("resume", "r1", *said, "--max-rounds", "2")
        second = cli("resume", "r1", "--max-rounds", "3", "--all-at-once")
        sent = len(own.requests(mine))

    assert (first.returncode, second.returncode) == (4, 4), first.stderr + second.stderr
    assert sent > 0
    assert theirs.sent == 0
    assert [each["key_env"] for each in _settings(here)] == ["SECRET", "", ""]


def _settings(path: Path) -> list[dict[str, object]]:
    async def read() -> list[dict[str, object]]:
        bodies = [event.body async for event in SqliteStore(path).events("r1")]
        return [dict(body.settings) for body in bodies if isinstance(body, Started | Resumed)]

    return anyio.run(read)


def test_a_trusted_run_goes_on_as_it_was(
    cli: Cli, elsewhere: Path, here: Path, theirs: Theirs
) -> None:
    merge([elsewhere], here)

    done = cli("resume", "r1", "--trust", "--max-rounds", "2")

    assert done.returncode == 4, done.stderr
    assert theirs.sent > 0


def test_settings_that_a_stranger_added_to_a_run_of_ones_own_are_a_strangers(
    cli: Cli, tmp_path: Path, here: Path, theirs: Theirs
) -> None:
    mine = LoopSettings(max_rounds=2)
    keep(here, steps(mine))
    merge([keep(tmp_path / "elsewhere" / "traces.db", steps(mine, theirs.settings))], here)

    done = cli("resume", "r1")

    assert done.returncode == 1
    assert "came from elsewhere" in done.stderr
    assert theirs.sent == 0


def test_a_run_that_reaches_nothing_goes_on_unasked(cli: Cli, tmp_path: Path, here: Path) -> None:
    own = LoopSettings(max_rounds=1)
    merge([keep(tmp_path / "elsewhere" / "traces.db", steps(own))], here)

    done = cli("resume", "r1", "--max-rounds", "1")

    assert "came from elsewhere" not in done.stderr
