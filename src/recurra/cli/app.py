"""The program ``recurra``: its commands, and the handling of errors."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from recurra.cli import (
    bench,
    check,
    compare,
    data,
    evaluate,
    export,
    info,
    inspect,
    lesson,
    predict,
    push,
    score,
    serve,
    train,
    tune,
)
from recurra.cli.command import Command
from recurra.cli.failures import INTERRUPTED, Failure, failure_of
from recurra.cli.options import examples
from recurra.cli.output import flush, plain

__all__ = ["app", "main"]

# Plain help: the same in every terminal, file and document; it also starts faster.
app = typer.Typer(name="recurra", rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)

app.command(cls=Command, epilog=examples(*lesson.EXAMPLES))(lesson.lesson)
app.command(cls=Command, epilog=examples(*check.EXAMPLES))(check.check)
app.command(cls=Command, epilog=examples(*train.EXAMPLES))(train.train)
app.command(cls=Command, epilog=examples(*tune.EXAMPLES))(tune.tune)
app.command(cls=Command, epilog=examples(*evaluate.EXAMPLES))(evaluate.evaluate)
app.command(cls=Command, epilog=examples(*predict.EXAMPLES))(predict.predict)
app.command(cls=Command, epilog=examples(*score.EXAMPLES))(score.score)
app.command(cls=Command, epilog=examples(*serve.EXAMPLES))(serve.serve)
app.command(cls=Command, epilog=examples(*inspect.EXAMPLES))(inspect.inspect)
app.command(cls=Command, epilog=examples(*compare.EXAMPLES))(compare.compare)
app.command(cls=Command, epilog=examples(*info.EXAMPLES))(info.info)
app.command(cls=Command, epilog=examples(*export.EXAMPLES))(export.export)
app.command(cls=Command, epilog=examples(*push.EXAMPLES))(push.push)
app.command(cls=Command, epilog=examples(*data.EXAMPLES))(data.data)
app.command(cls=bench.Bench, epilog=examples(*bench.EXAMPLES))(bench.bench)


@app.callback(
    invoke_without_command=True,
    context_settings={"help_option_names": ["--help", "-h"]},
    epilog=examples(
        "recurra lesson",
        "recurra train tickets.csv --out runs/tickets",
        "recurra predict runs/tickets/model.safetensors 'I was charged twice'",
    ),
)
def start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    """Trains, explains and ships recurrent text classifiers."""
    if version:
        from recurra import __version__

        typer.echo(f"recurra {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main(args: Sequence[str] | None = None) -> int:
    """Runs one command.

    A user error is one line on standard error; an internal error keeps its traceback.

    Args:
        args: the arguments after ``recurra``; default those of this process.

    Returns:
        The exit code: 0, 2 for wrong usage, 130 after Ctrl-C, 1 for any other failure.
    """
    try:
        code = _run(sys.argv[1:] if args is None else list(args))
        flush()
        return code
    except BrokenPipeError:
        # The reader of the output has closed it, such as head(1).
        _forget_output()
        return 1
    except KeyboardInterrupt:
        return _failed(INTERRUPTED)
    except Exception as error:
        failure = failure_of(error)
        if failure is None:
            raise
        return _failed(failure)


def _run(args: list[str]) -> int:
    command = typer.main.get_command(app)
    try:
        with command.make_context("recurra", args) as context:
            command.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    return 0


def _failed(failure: Failure) -> int:
    _forget_output()
    with contextlib.suppress(OSError):
        print(f"recurra: {plain(failure.line)}", file=sys.stderr, flush=True)
    return failure.code


def _forget_output() -> None:
    """Discards output that cannot be written; Python would try again at exit and print an error."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stdout.flush()
        return
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
