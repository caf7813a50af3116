"""Finds columns by their usual names, and writes the names of columns in messages."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from recurra.data.column_statistics import ColumnStatistics
from recurra.data.usual_names import plain_name, unprefixed_name
from recurra.errors import DataError

__all__ = ["ambiguous", "by_name", "quoted_names", "repeated_column", "shown"]


def by_name(
    facts: Sequence[ColumnStatistics], tiers: Sequence[Collection[str]], source: str, role: str, *, strict: bool
) -> str | None:
    """The column in the first tier with a match; several are an error if ``strict``, else the first is taken.

    Where none has such a name, the only one that has it after a prefix is taken.
    """
    for tier in tiers:
        found = [fact.name for fact in facts if plain_name(fact.name) in tier]
        if len(found) == 1:
            return found[0]
        if found:
            if not strict:
                return found[0]
            raise ambiguous(source, role, found)
    for tier in tiers:
        found = [fact.name for fact in facts if unprefixed_name(fact.name) in tier]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def quoted_names(names: Collection[str]) -> str:
    """Column names for a message: quoted, long ones cut, at most twenty."""
    return ", ".join(shown(list(names)[:20])) + (f" and {len(names) - 20} more" if len(names) > 20 else "")


def shown(names: Collection[str]) -> list[str]:
    """Column names for a message: quoted, long ones cut."""
    return [repr(name if len(name) <= 40 else name[:37] + "...") for name in names]


def repeated_column(source: str, names: Sequence[str], name: str, *, hint: str = "") -> DataError:
    """The error for a column that cannot be told from another of its name, with another ``hint`` than is usual."""
    called = f"{name!r}" if name else "without a name"
    return DataError(
        f"{source} has {names.count(name)} columns {called}", hint or "Give each column a name of its own."
    )


def ambiguous(source: str, role: str, found: Sequence[str]) -> DataError:
    """The error for a role that several columns may have."""
    if twice := [name for name in found if found.count(name) > 1]:
        # Naming such a column would not tell which.
        enough = "--text COLUMN --label COLUMN is enough" if role == "label" else f"--{role} COLUMN is enough"
        hint = "" if twice[0] else f"Name what is read: {enough}; or give each column a name."
        return repeated_column(source, found, twice[0], hint=hint)
    return DataError(f"{source}: the {role} column may be any of {quoted_names(found)}", f"Name it with --{role}.")
