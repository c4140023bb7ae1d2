"""Tables and files that leave memory when they grow."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pytest

from critique_loop.curation import temporary
from critique_loop.curation.temporary import Firsts, Seen, Spool, slots
from critique_loop.errors import MachineError
from tests.curation.conftest import example


@pytest.fixture(params=["in memory", "in files"])
def where(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> object:
    if request.param == "in files":
        monkeypatch.setattr(temporary, "IN_MEMORY", 1)
    return request.param


@pytest.mark.usefixtures("where")
def test_a_set_knows_what_it_has_seen() -> None:
    dice = random.Random(1)  # noqa: S311 - a draw, no secret
    keys = [dice.getrandbits(64) for _ in range(3000)]
    seen = Seen()

    assert all(seen.add(key) for key in [0, *keys])
    assert not any(seen.add(key) for key in [0, *keys])
    assert len(seen) == 3001
    assert keys[5] in seen
    assert keys[5] ^ 1 not in seen


@pytest.mark.usefixtures("where")
def test_the_first_value_of_a_key_stays() -> None:
    dice = random.Random(2)  # noqa: S311 - a draw, no secret
    keys = [dice.getrandbits(64) for _ in range(3000)]
    firsts = Firsts()

    told = [firsts.first(key, number) for number, key in enumerate(keys)]
    again = [firsts.first(key, 7) for key in keys]

    assert told == again == list(range(3000))
    assert len(firsts) == 3000
    assert [firsts.get(key) for key in keys[:9]] == list(range(9))
    assert firsts.get(keys[0] ^ 1) is None


@pytest.mark.usefixtures("where")
def test_a_spool_gives_back_what_it_was_given_as_often_as_one_likes() -> None:
    examples = [example(prose=f"é{number}\udc80") for number in range(20)]
    spool = Spool[object]()

    for each in examples:
        spool.add(each)

    assert list(spool) == list(spool) == examples
    assert len(spool) == 20


def test_a_folder_that_can_not_be_written_is_told_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    monkeypatch.setattr(temporary, "IN_MEMORY", 1)

    with pytest.raises(MachineError, match="TMPDIR"):
        slots(1024, "Q")
    with pytest.raises(MachineError, match="TMPDIR"):
        Spool[bytes]().add(b"x" * 100)
