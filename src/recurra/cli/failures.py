"""Maps errors to one line for the user and an exit code."""

from __future__ import annotations

import errno
import re
from difflib import get_close_matches
from typing import Any, NamedTuple

import typer

from recurra.errors import RecurraError, SettingsError
from recurra.interrupt import exit_code

__all__ = ["EXIT_CODES", "FAILED", "FOUND", "NOBODY_READS", "USAGE", "Failure", "failure_of", "interrupted"]

# The exit codes of all commands; 0 is for what was done.
FAILED, USAGE, FOUND, NOBODY_READS = 1, 2, 3, 141
EXIT_CODES = {
    "0": "done",
    str(FAILED): "failed, on its input or on this machine",
    str(USAGE): "wrong usage: an option, an argument or a setting",
    str(FOUND): "check --strict found flaws, or compare --fail-if-worse a worse model",
    "130": "ended by Ctrl-C (143 by SIGTERM, 141 when its output is closed)",
}

# Newer versions of Typer bundle Click, older ones use the package; the base of BadParameter is right for both.
UsageError = typer.BadParameter.__mro__[1]

_EXTRAS = {
    "torch": "train",
    "sklearn": "train",
    "pyarrow": "data",
    "huggingface_hub": "hub",
    "openpyxl": "excel",
    "onnx": "onnx",
    "onnxruntime": "onnx",
    "mlflow": "mlflow",
    "optuna": "tune",
    "sqlalchemy": "tune",
    "jinja2": "report",
    "matplotlib": "report",
    "fastapi": "serve",
    "starlette": "serve",
    "pydantic": "serve",
    "uvicorn": "serve",
    "prometheus_client": "serve",
    "ray": "ray",
    "pyspark": "spark",
}
# How the dynamic linker, and llvmlite, say that they could not load one.
_LIBRARY = "shared object"
_HINTS = {
    errno.ENOSPC: "Free some space, or choose a place on another disk.",
    errno.EDQUOT: "Free some space, or choose a place on another disk.",
    errno.EACCES: "Choose a place that you may read and write.",
    errno.EPERM: "Choose a place that you may read and write.",
    errno.EROFS: "Choose a place that you may write.",
    errno.ENOENT: "Check the path.",
}
# What options are called elsewhere, and the name here; those of settings are in recurra.settings.
_OTHER_NAMES = {
    "--out": ("-o", "--output", "--output-dir", "--out-dir", "--save", "--dir"),
    "--epochs": ("-e",),
    "--batch-size": ("-b",),
    "--data": ("--file", "--input", "--input-file", "--csv", "-f", "-i"),
    "--model": ("-m", "--preset", "--arch", "--architecture"),
    "--validation": ("--val", "--valid", "--dev", "--validation-data", "--validation-file", "--val-data", "--test"),
    "--vectors": ("--embeddings", "--word-vectors", "--pretrained"),
    "--minutes": ("--time", "--time-limit", "--max-time"),
    "--resume": ("--continue",),
    "--from": ("--init", "--warm-start"),
    "--device cuda": ("--gpu", "--cuda"),
    "--tracker tensorboard": ("--tensorboard", "--tb"),
    "--tracker mlflow": ("--mlflow",),
    "--view gradients": ("--gradients",),
    "--text": ("--text-column", "--text-col", "--text-field"),
    "--label": ("--label-column", "--label-col", "--target", "--labels"),
    "--top-k": ("-k", "--top"),
    "--abstain-below": ("--threshold", "--min-confidence"),
}


# The first of the arguments that are too many, if it looks like a file.
_EXTRA_FILE = re.compile(r"unexpected extra argument\S* \(([^ )]+\.\w+)[ )]")


class Failure(NamedTuple):
    """How a command failed.

    Attributes:
        line: line for standard error, after the name of the program.
        code: exit code of the process.
    """

    line: str
    code: int


def interrupted() -> Failure:
    """The failure of a command that Ctrl-C or SIGTERM has ended."""
    return Failure("interrupted before it was done. Run the command again.", exit_code())


def failure_of(error: Exception) -> Failure | None:
    """The failure for an error, or ``None`` for a bug, whose traceback should show."""
    if isinstance(error, UsageError):
        return Failure(f"error: {_usage(error)}", USAGE)
    if isinstance(error, RecurraError):
        return Failure(f"error: {error.for_commands}", USAGE if isinstance(error, SettingsError) else FAILED)
    if isinstance(error, ModuleNotFoundError):
        # The name is dotted where the package is there and a part of it is not: that is no matter of extras.
        package = error.name or ""
        if package not in _EXTRAS:
            return None
        hint = f"Install it with: pip install 'recurra[{_EXTRAS[package]}]'"
        return Failure(f"error: This command needs {package}, which is not installed. {hint}", FAILED)
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and "start new thread" in str(error)):
        # An allocation of NumPy says how much it asked for, others nothing.
        what = f": {error}" if str(error) else ""
        return Failure(
            f"error: The memory does not suffice{what}. Raise its limit, end other programs, or take fewer rows.",
            FAILED,
        )
    if isinstance(error, ImportError | OSError) and _LIBRARY in str(error) and not getattr(error, "filename", None):
        said = str(error).rstrip(".")
        hint = "If the memory does not suffice, raise its limit (ulimit -v); else install the library again."
        return Failure(f"error: A library cannot be loaded: {said}. {hint}", FAILED)
    if isinstance(error, OSError):
        what = f"{error.filename}: " if error.filename else ""
        hint = _HINTS.get(error.errno or 0, "Check the path, or choose another place.")
        said = str(error.strerror or error).rstrip(".")
        if "usable temporary directory" in said:
            # So says the module tempfile, with all folders that it tried.
            hint = "Name a writable folder in the environment variable TMPDIR."
        return Failure(f"error: {what}{said}. {hint}", FAILED)
    return None


def _usage(error: Any) -> str:
    """What is wrong with the arguments, and what to write instead."""
    # Newer versions of Typer name the kind of a parser's error.
    received = " ".join(error.format_message().split()).rstrip(".").replace(": Value error, ", ": ")
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "recurra"
    hints = []
    name = type(error).__name__
    if name == "NoSuchOption":
        received = f"{path} has no option {error.option_name}"
        if meant := _option_meant(error.option_name, context):
            hints.append(f"Did you mean {meant}?")
        elif error.possibilities:
            hints.append(f"Did you mean {' or '.join(sorted(error.possibilities))}?")
        elif context and any(param.nargs == -1 for param in context.command.params):
            hints.append("Put -- before a text that begins with a dash.")
    elif name == "MissingParameter" and error.param is not None:
        words = [*error.param.opts[:1]] if error.param.param_type_name == "option" else []
        received = f"{path} was given no {words[0] if words else error.param.metavar}"
        hints.append(f"Give {' '.join([*words, str(error.param.metavar)])}: {error.param.help}")
    elif name == "UsageError" and (extra := _EXTRA_FILE.search(received)) and _reads_data(context):
        from recurra.data.several_files import join_hint, table_ending

        hints.append(join_hint(f"*{table_ending(extra[1])}"))
    elif name == "UsageError" and (commands := getattr(getattr(context, "command", None), "commands", None)):
        hints.append(f"The commands are {', '.join(commands)}.")
    elif name == "BadParameter":
        return received + "."
    return f"{received}{'' if received.endswith('?') else '.'} {' '.join([*hints, f'See {path} --help.'])}"


def _reads_data(context: Any) -> bool:
    return any(param.metavar == "DATA" for param in (context.command.params if context else ()))


def _option_meant(word: str, context: Any) -> str | None:
    """What to write for an option that is called so elsewhere or nearly so: an option, a setting or an argument."""
    params = context.command.params if context else []
    known = {name for param in params for name in param.opts}
    word = word.lower().replace("_", "-")
    for option, others in _OTHER_NAMES.items():
        if word in others and option.partition(" ")[0] in known:
            return option
    if word in _OTHER_NAMES["--data"]:
        return _file_meant(params, context)
    if word.startswith("--"):
        from recurra.settings import setting_meant

        name = word[2:].replace("-", "_")
        name = setting_meant(name) or name
        if (option := f"--{name.replace('_', '-')}") in known:
            return option
        if "--set" in known and _is_setting(name):
            return f"--set {name}=VALUE"
    # One that is nearly the same is meant, whatever others are a little like it.
    return next(iter(get_close_matches(word, known, n=1, cutoff=0.85)), None)


def _file_meant(params: list[Any], context: Any) -> str | None:
    """Where a file of rows is given, in a command without --data."""
    place = next((param.metavar for param in params if param.metavar in ("DATA", "TEXTS")), None)
    if place is not None:
        words = [str(param.metavar) for param in params if param.param_type_name == "argument"]
        return " ".join([context.command_path, *words])
    return "recurra score MODEL DATA" if context.info_name == "predict" else None


def _is_setting(name: str) -> bool:
    from recurra.presets import Recipe
    from recurra.presets.describe import describe_settings

    return name in {setting.name for setting in describe_settings(Recipe())}
