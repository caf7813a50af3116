"""A command of the program: its help in groups, and a hint where arguments are swapped."""

from __future__ import annotations

import shlex
import stat
from pathlib import Path
from typing import Any

from typer.core import TyperCommand

from recurra.cli.failures import UsageError

__all__ = ["Command", "is_model_file"]

# The order of the groups; options that name none are in the second.
GROUPS = (
    "Arguments",
    "Options",
    "A text",
    "A file",
    "Doubts",
    "Data",
    "Model",
    "Training",
    "Run",
    "Many machines",
    "Output",
)
# What a safetensors file begins with: eight bytes for the length of its header, which is JSON.
HEADER_LENGTH = 8


class Command(TyperCommand):
    """A command whose options are grouped by ``rich_help_panel``, and that notices a model file in another's place."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Writes the arguments and the groups of options."""
        groups: dict[str, list[tuple[str, str]]] = {name: [] for name in GROUPS}
        for param in self.params:
            if record := param.get_help_record(ctx):
                group = "Arguments" if param.param_type_name == "argument" else getattr(param, "rich_help_panel", None)
                groups.setdefault(group or "Options", []).append(record)
        used = {name: records for name, records in groups.items() if records}
        if (own := self.get_help_option(ctx)) and (record := own.get_help_record(ctx)):
            list(used.values())[-1].append(record)
        for name, records in used.items():
            with formatter.section(name):
                formatter.write_dl(records)

    def invoke(self, ctx: Any) -> Any:
        """Runs the command.

        Raises:
            UsageError: an argument is a model file, and stands where something else is expected.
        """
        self._check_order(ctx)
        return super().invoke(ctx)

    def _check_order(self, ctx: Any) -> None:
        given = {one: ctx.params.get(one.name) for one in self.params if one.param_type_name == "argument"}
        names = {one: str(one.metavar) for one in given}
        model = next((one for one in given if names[one] == "MODEL"), None)
        for one, value in given.items():
            words = value if isinstance(value, list | tuple) else [value]
            found = next((str(word) for word in words if word is not None and is_model_file(word)), None)
            if found is None or names[one].startswith("MODEL"):
                continue
            if model is not None and not is_model_file(given[model]):
                order = " ".join([ctx.command_path, *names.values()])
                raise UsageError(
                    f"{found} is a model file and stands in the place of {names[one]}, "
                    f"{str(given[model])!r:.80} in that of MODEL: the order is {order}",
                    ctx,
                )
            if names[one] == "DATA":
                raise UsageError(
                    f"DATA is {found}, which is a model file: give a table of texts{_instead(ctx, found)}", ctx
                )


def is_model_file(name: str | Path) -> bool:
    """Whether a file looks like a model: safetensors by its first bytes; whether it can be used is not looked at."""
    path = Path(name)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return False
        with path.open("rb") as file:
            head = file.read(HEADER_LENGTH + 1)
    except (OSError, ValueError):
        # No file, or a text that is no file name.
        return False
    return head[HEADER_LENGTH:] == b"{" and int.from_bytes(head[:HEADER_LENGTH], "little") < path.stat().st_size


def _instead(ctx: Any, model: str) -> str:
    """What to write to use a model with this command, if that is possible."""
    ways = {
        "train": "train on from it: recurra train DATA --from",
        "check": "check rows with it: recurra check DATA --model",
    }
    way = ways.get(ctx.info_name)
    return f", or {way} {shlex.quote(model)}" if way else ""
