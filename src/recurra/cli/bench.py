"""``recurra bench``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from typer.core import TyperCommand

from recurra.cli.failures import UsageError

__all__ = ["Bench", "bench"]

COMPARISONS = ("train", "predict", "latency", "recurrence")


class Bench(TyperCommand):
    """The command, which knows the comparisons that it once had as commands of its own."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Reads the words; a comparison's name says where it is now, whatever options stand behind it."""
        if args and args[0] in COMPARISONS and not Path(args[0]).exists():
            raise UsageError(
                f"recurra bench {args[0]} compares with other libraries, which is done in a checkout of Recurra: "
                f"python benchmarks/compare.py {args[0]}",
                ctx,
            )
        return super().parse_args(ctx, args)


def bench() -> None:
    """Comparisons with other libraries are in a checkout of Recurra: python benchmarks/compare.py."""
