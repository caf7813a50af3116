"""Holds out rows of the training set for validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Label
from recurra.data.encoded_labels import EncodedLabels
from recurra.data.stratify import stratified
from recurra.errors import DataError, SettingsError

__all__ = ["check_one_split", "copied_texts", "hold_out", "new_texts"]

Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# Labels of more words are hardly labels.
MOST_WORDS = 3


def hold_out(
    rows: Sequence[Label] | EncodedLabels | Flags | int, *, share: float, limit: int = 2000, seed: int
) -> tuple[Places, Places]:
    """Splits rows into those to train on and those held out.

    With labels the split is stratified by class (largest remainders make up the total); multi-label rows are stratified
    by label as far as possible (:func:`recurra.data.stratify.stratified`). Every class keeps at least one training row.
    The same arguments give the same split.

    Args:
        rows: the labels of the rows; an indicator bool[B, C] of multi-label rows; or the number of rows.
        share: share of the rows to hold out, in [0, 1); at least one row unless it is 0.
        limit: maximum number of rows to hold out.
        seed: seed of the shuffle.

    Returns:
        Row indices to train on and row indices held out, int64, ascending; together they are all rows.

    Raises:
        DataError: there are no rows, or none can be held out.
        SettingsError: ``share`` or ``limit`` is out of range.
    """
    count = rows if isinstance(rows, int) else len(rows)
    if not 0 <= share < 1:
        raise SettingsError(f"The share {share} to hold out", "Give one from 0 to below 1.")
    if limit < 0:
        raise SettingsError(f"The limit {limit} of rows to hold out", "Give 0 or more.")
    if count < 1:
        raise DataError(f"{count} rows to split", "Give at least one row.")
    wanted = min(max(round(share * count), 1), limit) if share > 0 else 0
    order = np.random.default_rng(seed).permutation(count)
    if not wanted:
        held = np.zeros(count, dtype=bool)
    elif isinstance(rows, np.ndarray):
        held = stratified(rows, order, wanted)
    else:
        held = _by_class(rows, order, wanted)
    if wanted and not held.any():
        raise DataError(
            f"{count:,} rows, one a label: none can be held out",
            "Give more rows a label, or hold nothing out with --set validation=0."
            + (" Are texts and labels swapped?" if _are_texts(rows) else ""),
        )
    return np.flatnonzero(~held), np.flatnonzero(held)


def check_one_split(options: Mapping[str, Any]) -> None:
    """Raises a :class:`SettingsError` if options ask to hold out a share of the training rows as well."""
    if options.get("validation"):
        raise SettingsError(
            f"validation = {options['validation']} is given with rows to validate on",
            "Leave one of them out: nothing of the training rows is held out then.",
        )


def new_texts(hashes: Places, held: Flags) -> Places:
    """Which of the held-out rows have a text that no row to train on has; all, if those are the fewer.

    The others say nothing of new texts: their answer was learned, or a contradictory one, as where the same text with
    the same label stands in a file once (Django's languages and surnames in benchmarks/own_files/LOG.md).

    Args:
        hashes: int64[B], equal for equal texts.
        held: bool[B], which rows are held out.

    Returns:
        int64, ascending, places among the held-out rows.
    """
    held_count = int(held.sum())
    new = np.flatnonzero(~np.isin(hashes[held], hashes[~held]))
    return new if 2 * len(new) >= held_count else np.arange(held_count)


def copied_texts(hashes: Places, held: Flags) -> int:
    """How many of the held-out rows have the text of a row to train on. Arguments: see :func:`new_texts`."""
    return int(np.isin(hashes[held], hashes[~held]).sum())


def _are_texts(rows: Any) -> bool:
    """Whether labels look like texts: most are of several words."""
    labels = rows.values if isinstance(rows, EncodedLabels) else () if isinstance(rows, int | np.ndarray) else rows
    return 2 * sum(isinstance(label, str) and len(label.split()) > MOST_WORDS for label in labels) > max(1, len(labels))


def _by_class(rows: Sequence[Label] | EncodedLabels | int, order: Places, wanted: int) -> Flags:
    """The rows held out, bool[B], stratified by class; none if no class has a row to spare."""
    held = np.zeros(len(order), dtype=bool)
    if isinstance(rows, int):
        classes = np.zeros(rows, dtype=np.int32)
    else:
        classes = (rows if isinstance(rows, EncodedLabels) else EncodedLabels.of(rows)).codes
    sizes = np.bincount(classes)
    by_class = order[np.argsort(classes[order], kind="stable")]  # shuffled within each class
    starts = np.cumsum(sizes) - sizes
    for start, part in zip(starts, _parts(sizes, min(wanted, int((sizes - 1).sum()))), strict=True):
        held[by_class[start : start + part]] = True
    return held


def _parts(sizes: npt.NDArray[np.int64], wanted: int) -> npt.NDArray[np.int64]:
    """Number of rows of each class to hold out: proportional, ``wanted`` in all, never a whole class."""
    exact = wanted * sizes / sizes.sum()
    parts: npt.NDArray[np.int64] = np.minimum(np.floor(exact).astype(np.int64), sizes - 1)
    while (missing := wanted - int(parts.sum())) > 0:
        room = np.flatnonzero(parts < sizes - 1)
        furthest = room[np.argsort(-(exact - parts)[room], kind="stable")]
        parts[furthest[:missing]] += 1
    return parts
