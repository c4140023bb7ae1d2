"""``critique-loop otel``: send stored runs to whatever reads OpenTelemetry."""

from __future__ import annotations

import logging
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import anyio
import click

from critique_loop.cli.options import option, store_option
from critique_loop.errors import MachineError
from critique_loop.store import SqliteStore, default_path
from critique_loop.telemetry import RunSpans, sending

_EXPORTER = "opentelemetry.exporter"


def _headers(_: click.Context, __: click.Parameter, pairs: Sequence[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise click.BadParameter(f"{pair!r} is not NAME=VALUE")
        headers[name] = value
    return headers


@click.command(
    "otel",
    epilog="""\b
Examples:
  critique-loop otel 7f3a --endpoint http://localhost:4318
  critique-loop otel 7f3a 81bc --content
  critique-loop otel 7f3a --endpoint http://localhost:5000 --header x-mlflow-experiment-id=0

Without --endpoint, OTEL_EXPORTER_OTLP_ENDPOINT and its kin say where. Needs the extra otel.""",
)
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@option("--endpoint", default="", metavar="URL", help="The OTLP/HTTP receiver.")
@option(
    "--header",
    "headers",
    multiple=True,
    callback=_headers,
    metavar="NAME=VALUE",
    help="A header of each request; may be repeated.",
)
@option("--content", is_flag=True, help="Send goals, prompts, answers, programs and output, too.")
@store_option
def otel_command(
    *,
    runs: tuple[str, ...],
    endpoint: str,
    headers: dict[str, str],
    content: bool,
    store: Path | None,
) -> None:
    """Send the steps of each RUN as OpenTelemetry spans, one trace a run."""
    with SqliteStore(store or default_path()) as kept:
        ids = [anyio.run(kept.find, prefix) for prefix in runs]
        with (
            _one_voice(),
            sending(endpoint, headers=headers, content=content, patient=True) as spans,
        ):
            for run_id in dict.fromkeys(ids):
                anyio.run(_tell, kept, run_id, spans)
    number = len(set(ids))
    click.echo(f"sent {number} run{'' if number == 1 else 's'}", err=True)


async def _tell(store: SqliteStore, run_id: str, spans: RunSpans) -> None:
    async for event in store.events(run_id):
        spans.on_event(event)


@contextmanager
def _one_voice() -> Generator[None]:
    """Leave it to our error to say what the exporter would log: its last word is part of it."""
    logger, last = logging.getLogger(_EXPORTER), _LastWord()
    propagate, logger.propagate = logger.propagate, False
    logger.addHandler(last)
    try:
        yield
    except MachineError as error:
        if not last.said:
            raise
        remedy = f"{error.remedy}\nThe exporter said: {last.said}"
        raise MachineError(error.problem, remedy=remedy) from error
    finally:
        logger.removeHandler(last)
        logger.propagate = propagate


class _LastWord(logging.Handler):
    """Keeps the last message."""

    said = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Take in a message."""
        self.said = record.getMessage()
