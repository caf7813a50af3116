"""The folder of answers: what was begun in it, what may lie in it, and whether every row is there in the end."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from recurra.atomic import write_if_changed
from recurra.batch_prediction.part_scorer import read_scored_part
from recurra.batch_prediction.resumable_file import Tally
from recurra.batch_prediction.resume_plan import check_same_plan
from recurra.batch_prediction.scoring_parts import SUFFIX, Part
from recurra.errors import RecurraError

__all__ = ["PLAN", "check_every_row", "check_folder_of", "remove_unfinished", "write_plan"]

PLAN = "_recurra_score.json"
"""The file that says what the answers depend on; readers of folders leave out what begins with an underscore."""

_LARGEST = 1 << 24


def check_folder_of(out: Path, plan: Mapping[str, Any], parts: Sequence[Part]) -> list[Part]:
    """Looks at a folder, which this process has locked, before anything is written there.

    Args:
        out: the folder.
        plan: everything but the rows that the answers depend on, as for
            :func:`recurra.batch_prediction.resume_plan.check_same_plan`.
        parts: what will be in it.

    Returns:
        The parts that an earlier run has scored.

    Raises:
        RecurraError: it was begun with another plan, or holds answers to other rows.
    """
    before = _read_plan(out)
    if before is not None:
        check_same_plan(out, before, plan, otherwise="choose another folder")
    remove_unfinished(out)
    _check_files(out, parts)
    done = [part for part in parts if (out / part.name).exists()]
    if before is None and done:
        raise RecurraError(
            f"{out / done[0].name} is there, and no {PLAN} that says what it was made with", "Choose another folder."
        )
    return done


def write_plan(out: Path, plan: Mapping[str, Any]) -> None:
    """Writes what the answers depend on; the first file of a folder.

    Raises:
        RecurraError: it cannot be written.
    """
    write_if_changed(out / PLAN, (json.dumps(plan, indent=1) + "\n").encode())


def check_every_row(out: Path, parts: Sequence[Part]) -> Tally:
    """Counts the rows that lie in the folder, by the files' own footers.

    Raises:
        RecurraError: a file is missing or is one too many, or has other rows than its part.
    """
    _check_files(out, parts)
    rows = empty = unanswered = without_text = 0
    counts: Any = 0
    for part in parts:
        if not (out / part.name).exists():
            raise RecurraError(
                f"{out / part.name} is missing, with the answers to {part.rows:,} rows", "Run the command again."
            )
        tally = read_scored_part(out / part.name).tally
        if tally.rows != part.rows:
            raise RecurraError(
                f"{out / part.name} has {tally.rows:,} rows, and its part of {part.source} {part.rows:,}",
                "Remove it and run the command again.",
            )
        rows, empty, unanswered = rows + tally.rows, empty + tally.empty, unanswered + tally.unanswered
        without_text += tally.without_text
        counts = np.array(tally.counts, dtype=np.int64) + counts
    return Tally(rows, empty, unanswered, tuple(np.atleast_1d(counts).tolist()), without_text)


def remove_unfinished(out: Path) -> None:
    """Removes what workers that were killed have left half-written (see :class:`recurra.atomic.AtomicFile`)."""
    for path in out.rglob(f".*{SUFFIX}.*.tmp"):
        path.unlink(missing_ok=True)


def _check_files(out: Path, parts: Sequence[Part]) -> None:
    expected = {part.name for part in parts}
    for path in sorted(out.rglob(f"*{SUFFIX}")):
        if path.relative_to(out).as_posix() not in expected:
            raise RecurraError(
                f"{path} answers none of the rows that are scored now", "Choose another folder, or remove the file."
            )


def _read_plan(out: Path) -> dict[str, Any] | None:
    path = out / PLAN
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError
        found = json.loads(path.read_bytes())
        if not isinstance(found, dict):
            raise TypeError
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError):
        raise RecurraError(f"{path} cannot be read", "Remove it, or choose another folder.") from None
    return found
