"""A command with its options in groups in the help, and an answer to options that have another name now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from typer.core import TyperCommand

from recurra.cli.failures import UsageError

__all__ = ["GroupedCommand"]


class GroupedCommand(TyperCommand):
    """A command whose help has a heading for each group of options; used by ``app.command(cls=…)``.

    Attributes:
        groups: names of parameters, by the heading of their group; options of no group come last.
        renamed: what to write instead of an option that is no more, by its old spelling.
    """

    groups: ClassVar[Mapping[str, Sequence[str]]] = {}
    renamed: ClassVar[Mapping[str, str]] = {}

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parses the arguments; an old spelling is an error that says the new one."""
        for word in args[: args.index("--")] if "--" in args else args:
            old = word.partition("=")[0]
            if old in self.renamed:
                raise UsageError(f"{old} is now {self.renamed[old]}", ctx)
        return super().parse_args(ctx, args)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Writes the arguments, each group, and the options of no group."""
        heading_of = {name: heading for heading, names in self.groups.items() for name in names}
        sections: dict[str, list[Any]] = {heading: [] for heading in ("Arguments", *self.groups, "Options")}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None:
                argument = param.param_type_name == "argument"
                sections["Arguments" if argument else heading_of.get(param.name or "", "Options")].append(record)
        for heading, records in sections.items():
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)
