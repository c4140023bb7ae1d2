from __future__ import annotations

import anyio
import faults
import faults_clients
import pytest

from critique_loop.testing import FAULTS

QUICK = (
    "3 402",
    "10 once",
    "12 quota",
    "13 content null",
    "14 once",
    "15 refusal",
    "18 vLLM",
    "21 renamed",
    "22 done without a reason",
    "24 n",
)


@pytest.fixture(scope="module")
def rows() -> list[faults.Row]:
    clients = {name: faults_clients.CLIENTS[name] for name in ("critique-loop", "openai")}
    chosen = [fault for fault in FAULTS if fault.name in QUICK]
    return anyio.run(faults.measure, chosen, clients)


def test_the_bare_sdk_makes_something_else_of_the_same_bytes(rows: list[faults.Row]) -> None:
    plain = [row.plain() for row in rows]

    assert len(plain) == len(QUICK)
    assert [row["as_stated"] for row in plain] == [True] * len(QUICK)
    for row in rows:
        ours, bare = row.trials["critique-loop"], row.trials["openai"]
        assert (ours.outcome, ours.requests) != (bare.outcome, bare.requests)
        assert bare.differs(row.fault)


def test_the_rows_say_what_happened(rows: list[faults.Row]) -> None:
    row = next(row for row in rows if row.fault.name == "3 402").plain()

    assert row["fault"] == 3
    assert row["variant"] == "402"
    assert (row["outcome"], row["requests"]) == ("quota", 1)
    assert isinstance(row["time_s"], float)


def test_the_table_has_a_line_for_each_fault_and_counts_what_is_as_stated(
    rows: list[faults.Row],
) -> None:
    text = faults.table(rows)

    lines = text.splitlines()
    assert sum(line.startswith("| ") for line in lines) == 1 + len(rows)
    assert f"critique-loop: {len(rows)} of {len(rows)} as stated." in lines
    assert f"openai: 0 of {len(rows)} as stated." in lines
