"""The command line. Commands are loaded when they are called."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

from critique_loop._version import __version__
from critique_loop.cli.exits import Exit
from critique_loop.cli.notices import show_warnings_as_notices
from critique_loop.cli.text import complain
from critique_loop.errors import CritiqueLoopError

_COMMANDS = {
    "agree": ("critique_loop.cli.agree", "Compare critics with persons, or with facts."),
    "batch": ("critique_loop.cli.batch", "Run a loop for each line of a task file."),
    "chart": ("critique_loop.cli.chart", "Draw a chart from a table and a goal, and refine it."),
    "code": ("critique_loop.cli.code", "Write a program that passes your tests, or judge one."),
    "doctor": ("critique_loop.cli.doctor", "Check what this machine has, and say what to do."),
    "export": ("critique_loop.cli.export", "Write stored runs as rows to train on."),
    "import": ("critique_loop.cli.import_traces", "Bring in runs that were sealed elsewhere."),
    "label": ("critique_loop.cli.label", "Score stored drafts yourself, blind."),
    "ls": ("critique_loop.cli.ls", "List the runs in the trace store."),
    "otel": ("critique_loop.cli.otel", "Send stored runs to what reads OpenTelemetry."),
    "report": ("critique_loop.cli.report", "Show runs as one HTML file."),
    "rescore": ("critique_loop.cli.rescore", "Score stored runs by another rubric or critic."),
    "resume": ("critique_loop.cli.resume", "Go on with a run that stopped, or answer it."),
    "rubric": ("critique_loop.cli.rubric", "Write down what matters, check it, look at it."),
    "sandbox": ("critique_loop.cli.sandbox", "Build, inspect and try the sandbox."),
    "show": ("critique_loop.cli.show", "Show one run, or write its files."),
    "store": ("critique_loop.cli.store", "Check, measure, seal, copy and merge traces."),
    "worker": ("critique_loop.cli.worker", "Work on a batch beside other processes."),
}

_EPILOG = """\b
Examples:
  critique-loop chart cars.csv "average horsepower by origin"
  critique-loop chart stocks.csv "price of MSFT and AMZN over time" --out out/stocks
  critique-loop code --solution mine.py --tests test_mine.py
  critique-loop ls
  critique-loop show 7f3a --files out/7f3a

The result goes to stdout, progress and errors to stderr. Exit codes: 0 accepted, 1 error or
refused goal, 2 wrong usage, 3 criteria not met, 4 budget ended, 130 interrupted."""


class _LazyGroup(click.Group):
    """Lists commands without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        del ctx
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of one command."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        command: object = getattr(import_module(_COMMANDS[cmd_name][0]), f"{cmd_name}_command")
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table, so that --help stays quick."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, _COMMANDS[name][1]) for name in sorted(_COMMANDS)])


@click.group(
    cls=_LazyGroup,
    epilog=_EPILOG,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "auto_envvar_prefix": "CRITIQUE_LOOP",
        "max_content_width": 100,
    },
)
@click.version_option(__version__, package_name="critique-loop", message="%(prog)s %(version)s")
def cli() -> None:
    """Write, run, criticise, refine: programs judged by what they really did."""


def main() -> None:
    """Run the command line and end the process with its exit code."""
    reconfigure: object = getattr(sys.stdout, "reconfigure", None)
    if callable(reconfigure):
        reconfigure(errors="backslashreplace")  # not every terminal speaks UTF-8
    show_warnings_as_notices()
    try:
        code = _run()
        sys.stdout.flush()
    except OSError as error:  # a full disk under the output, say; ours are told apart before
        if not isinstance(error, BrokenPipeError):
            complain(f"{error.filename or 'output'}: {error.strerror or error}")
        # What is still waiting must not fail once more when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = Exit.ERROR
    sys.exit(code)


def _run() -> int:
    try:
        code: object = cli.main(standalone_mode=False, prog_name="critique-loop")
    except click.exceptions.NoArgsIsHelpError as help_:
        help_.show()
        return Exit.USAGE
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "critique-loop"
        complain(error.format_message(), f"Try: {where} --help")
        return Exit.USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return Exit.INTERRUPTED
    except CritiqueLoopError as error:
        complain(error.problem, error.remedy)
        return Exit.ERROR
    return code if isinstance(code, int) else Exit.ACCEPTED
