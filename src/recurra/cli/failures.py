"""Errors as the one line that a person sees, and the exit code."""

from __future__ import annotations

import errno
from typing import Any, NamedTuple

import typer

from recurra.errors import RecurraError

__all__ = ["INTERRUPTED", "Failure", "failure_of"]

# Newer versions of Typer hold a Click of their own, older ones use the package; BadParameter's base is either's.
UsageError = typer.BadParameter.__mro__[1]

_EXTRAS = {
    "torch": "train",
    "sklearn": "train",
    "pyarrow": "data",
    "huggingface_hub": "data",
    "optuna": "tune",
    "sqlalchemy": "tune",
    "jinja2": "report",
    "matplotlib": "report",
    "fastapi": "serve",
    "starlette": "serve",
    "pydantic": "serve",
    "uvicorn": "serve",
    "prometheus_client": "serve",
}
_HINTS = {
    errno.ENOSPC: "Free some space, or choose a place on another disk.",
    errno.EDQUOT: "Free some space, or choose a place on another disk.",
    errno.EACCES: "Choose a place that you may read and write.",
    errno.EPERM: "Choose a place that you may read and write.",
    errno.EROFS: "Choose a place that you may write.",
    errno.ENOENT: "Check the path.",
}


class Failure(NamedTuple):
    """How a command failed.

    Attributes:
        line: for standard error, after the program's name.
        code: the process's exit code.
    """

    line: str
    code: int


INTERRUPTED = Failure("interrupted before it was done. Run the command again.", 130)


def failure_of(error: Exception) -> Failure | None:
    """The failure that an error stands for, or ``None`` if it is a bug and its traceback should show."""
    if isinstance(error, UsageError):
        return Failure(f"error: {_usage(error)}", 2)
    if isinstance(error, RecurraError):
        return Failure(f"error: {error}", 1)
    if isinstance(error, ModuleNotFoundError):
        package = (error.name or "").partition(".")[0]
        if package not in _EXTRAS:
            return None
        hint = f"Install it with: pip install 'recurra[{_EXTRAS[package]}]'"
        return Failure(f"error: This command needs {package}, which is not installed. {hint}", 1)
    if isinstance(error, OSError):
        what = f"{error.filename}: " if error.filename else ""
        hint = _HINTS.get(error.errno or 0, "Check the path, or choose another place.")
        return Failure(f"error: {what}{error.strerror or error}. {hint}", 1)
    return None


def _usage(error: Any) -> str:
    """What was wrong with the command's words, and what to write instead."""
    received = " ".join(error.format_message().split()).rstrip(".")
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "recurra"
    mends = []
    name = type(error).__name__
    if name == "NoSuchOption":
        received = f"{path} has no option {error.option_name}"
        if error.possibilities:
            mends.append(f"Did you mean {' or '.join(sorted(error.possibilities))}?")
        elif context and any(param.nargs == -1 for param in context.command.params):
            mends.append("Put -- before a text that begins with a dash.")
    elif name == "MissingParameter" and error.param is not None:
        words = [*error.param.opts[:1]] if error.param.param_type_name == "option" else []
        received = f"{path} was given no {words[0] if words else error.param.metavar}"
        mends.append(f"Give {' '.join([*words, str(error.param.metavar)])}: {error.param.help}")
    elif name == "UsageError" and (commands := getattr(getattr(context, "command", None), "commands", None)):
        mends.append(f"The commands are {', '.join(commands)}.")
    elif name == "BadParameter":
        return received + "."
    return f"{received}{'' if received.endswith('?') else '.'} {' '.join([*mends, f'See {path} --help.'])}"
