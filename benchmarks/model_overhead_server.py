"""The model server of the overhead benchmark, in a process of its own: its CPU is not counted.

Reads a command per line and answers each with a line: ``play`` makes up a model name, ``count
NAME`` tells how many requests for it were answered in full.
"""

from __future__ import annotations

import sys

import model_overhead_talk

from critique_loop.testing import FaultServer
from critique_loop.testing.fault_server_acts import Say, always
from critique_loop.testing.fault_server_body import Body


def _answer(body: Body, index: int) -> str:
    del index
    return model_overhead_talk.answer(body.text)


def main() -> None:
    """Serve until the commands end."""
    with FaultServer(answer=_answer, key=model_overhead_talk.KEY) as server:
        print(server.base_url, flush=True)
        for line in sys.stdin:
            command, *names = line.split()
            if command == "play":
                print(server.play(always(Say())), flush=True)
            else:
                requests = server.requests(names[0])
                print(sum(received.done for received in requests), flush=True)


if __name__ == "__main__":
    main()
