"""The program ``recurra``: its commands, and the handling of errors."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recurra.cli.command import Command
from recurra.cli.failures import EXIT_CODES, NOBODY_READS, Failure, failure_of, interrupted
from recurra.cli.options import examples
from recurra.cli.output import Output, flush, plain
from recurra.interrupt import sigterm_as_ctrl_c

if TYPE_CHECKING:
    app: typer.Typer

__all__ = ["app", "main"]

# The commands in the order of the help. Each is a function in the module of its name, which is imported when it is
# needed: a command starts without the others' modules. Python's keywords name no module.
COMMANDS = (
    "lesson", "check", "train", "tune", "evaluate", "predict", "score", "serve", "inspect", "compare", "info", "export",
    "import", "push", "data", "bench",
)  # fmt: skip

MODULES = {"import": "import_model"}

HELP = ("--help", "-h")


def __getattr__(name: str) -> Any:
    if name == "app":
        return app_of(COMMANDS)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@functools.cache
def app_of(names: tuple[str, ...]) -> typer.Typer:
    """The program with the commands of these names alone."""
    # Plain help: the same in every terminal, file and document; it also starts faster.
    made = typer.Typer(name="recurra", rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)
    made.callback(
        invoke_without_command=True,
        context_settings={"help_option_names": list(HELP)},
        epilog=examples(
            "recurra lesson",
            "recurra train tickets.csv --out runs/tickets",
            "recurra predict runs/tickets/model.safetensors 'I was charged twice'",
        )
        + "\n\n\b\nExit codes:\n"
        + "\n".join(f"  {code:<3}  {meaning}" for code, meaning in EXIT_CODES.items()),
    )(start)
    for name in names:
        function = MODULES.get(name, name)
        module = import_module(f"recurra.cli.{function}")
        made.command(name, cls=getattr(module, "COMMAND_CLASS", Command), epilog=examples(*module.EXAMPLES))(
            getattr(module, function)
        )
    return made


def start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    """Trains, explains and ships recurrent text classifiers."""
    if version:
        from recurra import __version__

        _shown(f"recurra {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        _shown(context.get_help())


def _shown(text: str) -> None:
    # Unlike typer.echo it says that it is standard output that cannot be written.
    Output(as_json=False, quiet=False).result(text)


def main(args: Sequence[str] | None = None) -> int:
    """Runs one command.

    A user error is one line on standard error; an internal error keeps its traceback.

    Args:
        args: the arguments after ``recurra``; default those of this process.

    Returns:
        The exit code, one of :data:`recurra.cli.failures.EXIT_CODES`.
    """
    with sigterm_as_ctrl_c():
        return _main(sys.argv[1:] if args is None else list(args))


def _main(args: list[str]) -> int:
    try:
        code = _run(args)
        flush()
        return code
    except BrokenPipeError:
        # The reader of the output has closed it, such as head(1): the code is that of a program which SIGPIPE ends.
        _forget_output()
        return NOBODY_READS
    except KeyboardInterrupt:
        return _failed(interrupted())
    except Exception as error:
        failure = failure_of(error)
        if failure is None:
            raise
        return _failed(failure)


def _run(args: list[str]) -> int:
    known = bool(args) and args[0] in COMMANDS
    command = typer.main.get_command(app_of((args[0],) if known else COMMANDS))
    if not args or (len(args) == 1 and args[0] in HELP):
        # Without parsing, for which Typer loads pydantic.
        with typer.Context(command, info_name="recurra", **command.context_settings) as context:
            _shown(command.get_help(context))
        return 0
    try:
        with command.make_context("recurra", args) as context:
            command.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    return 0


def _failed(failure: Failure) -> int:
    _forget_output()
    if "WORLD_SIZE" in os.environ:
        from recurra.training.distributed import is_first_to_fail

        # Of processes that fail together one says why.
        if not is_first_to_fail():
            return failure.code
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
