"""Several columns that hold the labels of a row together: one of 0 and 1 for each label, or Tag1, Tag2 and so on."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["join_hint"]

SHOWN = 3


def join_hint(names: Sequence[str], *, flags: Sequence[str]) -> str:
    """What to do where columns that may be the label may be several labels of each row; else empty.

    Args:
        names: of the columns that may be the label.
        flags: those of them whose values are 0 and 1.
    """
    if len(flags) > 1:
        return (
            f"Columns of 0 and 1, such as {_listed(flags)}, may be several labels of a row: write the names of those "
            "with 1 into one column with | between them, and say --multi-label; Python takes such a data frame as y."
        )
    numbered = _numbered(names)
    if not numbered:
        return ""
    return (
        f"If {_listed(numbered)} are several labels of a row, write them into one column with | between them, and say "
        "--multi-label."
    )


def _numbered(names: Sequence[str]) -> list[str]:
    """The first names that are alike but for a number at their end; empty if there are no two."""
    alike: dict[str, list[str]] = {}
    for name in names:
        if (stem := name.rstrip("0123456789")) and stem != name:
            alike.setdefault(stem, []).append(name)
    return next((same for same in alike.values() if len(same) > 1), [])


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"{name!r:.40}" for name in names[:SHOWN])
