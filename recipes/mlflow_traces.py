"""Watch a loop in MLflow: start its server, draw a chart, send the spans, read them back.

pip install 'critique-loop[otel]' mlflow
python recipes/mlflow_traces.py                  # ends with what the server stored
python recipes/mlflow_traces.py --keep           # leaves the server open for your browser
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import critique_loop as cl
from critique_loop.telemetry import sending

HERE = Path(__file__).parent
DATA = HERE / "data" / "airports.csv"
GOAL = "number of airports by state"
EXPERIMENT = "0"  # MLflow's default one
START_S = 300  # on a machine that is busy


def main() -> int:
    """Draw one chart, and print the tree of spans as MLflow has it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", nargs="?", type=Path, default=DATA)
    parser.add_argument("goal", nargs="?", default=GOAL)
    parser.add_argument("--model", default="", help="a model writes, instead of the grammar")
    parser.add_argument("--base-url", default="", help="its OpenAI-compatible server")
    parser.add_argument("--keep", action="store_true", help="leave the server open until Ctrl-C")
    arguments = parser.parse_args()
    if find_spec("mlflow") is None:
        print("MLflow is not installed: pip install mlflow", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as url:
        with sending(url, headers={"x-mlflow-experiment-id": EXPERIMENT}, content=True) as spans:
            outcome = cl.chart(
                arguments.data,
                arguments.goal,
                model=arguments.model,
                base_url=arguments.base_url,
                on_event=spans.on_event,
            )
        for line in stored(url):
            print(line)
        if arguments.keep:
            print(f"look at {url} (Ctrl-C ends it)")
            wait_for_ctrl_c()
    return 0 if outcome.accepted else 3


@contextmanager
def server(folder: Path) -> Generator[str]:
    """Run an MLflow server that keeps everything in ``folder``, and lend its URL."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--workers", "1"]
    places = ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [*command, *places, "--port", str(port)], stdout=log, stderr=log, cwd=folder
        )
    try:
        wait_until_it_answers(url, process, folder / "server.log")
        yield url
    finally:
        process.terminate()
        process.wait()


def wait_until_it_answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when the server answers.

    Raises:
        SystemExit: it ended, or took too long; what it said is printed.
    """
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/health") as answer:  # noqa: S310 - our own URL
                if answer.status == 200:  # noqa: PLR2004 - HTTP: OK
                    return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    raise SystemExit(f"MLflow's server did not start:\n{log.read_text()}")


def stored(url: str) -> Iterator[str]:
    """Yield the spans that the server stored, indented by their depth."""
    os.environ["MLFLOW_TRACKING_URI"] = url
    client: Any = import_module("mlflow").MlflowClient(url)
    for trace in client.search_traces(locations=[EXPERIMENT]):
        spans = {span.span_id: span for span in trace.data.spans}
        for span in trace.data.spans:
            depth = 0
            parent = span.parent_id
            while parent in spans:
                depth, parent = depth + 1, spans[parent].parent_id
            took = (span.end_time_ns - span.start_time_ns) / 1e9
            evaluations = [e for e in span.events if e.name == "gen_ai.evaluation.result"]
            judged = f", {len(evaluations)} dimensions" if evaluations else ""
            yield f"{'  ' * depth}{span.name} [{span.span_type}] {took:.2f} s{judged}"


def wait_for_ctrl_c() -> None:
    """Sleep until the user has seen enough."""
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    sys.exit(main())
