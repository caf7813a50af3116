"""Texts of a delimited file that hold whole rows of it: a quote that is not closed swallows what follows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recurra.checking.label_names import NO_LABEL
from recurra.checking.lenient_reader import LenientBlock, LenientReader

__all__ = ["rows_inside_texts"]

# Without labels to tell rows by, so many lines, and columns of the file.
FEWEST_LINES, FEWEST_COLUMNS = 2, 3


def rows_inside_texts(block: LenientBlock, reader: LenientReader) -> dict[int, int]:
    """By row of the block, how many lines of its text look like rows of the file.

    Such a line has as many separators as a row, and a label where rows have theirs; of the row that begins or ends in
    the text, its own part. In files without labels all lines but the first and the last have as many as a row.

    Args:
        block: rows of the file.
        reader: the file.
    """
    delimiter, names = getattr(reader.blocks, "delimiter", None), block.raw.names
    if delimiter is None or len(names) < 2 or names.count(block.columns.text) != 1:
        return {}
    text, label = names.index(block.columns.text), block.columns.label
    place = names.index(label) if label in names else None
    known = _labels(block, reader) if place is not None else set()
    found = {}
    for row, value in enumerate(block.texts.to_pylist()):
        if not value or "\n" not in value:
            continue
        lines = value.split("\n")
        cells = [line.rstrip("\r").split(delimiter) for line in lines]
        if place is None:
            inside = cells[1:-1]
            count = len(inside) if all(len(one) == len(names) for one in inside) else 0
            count = count if count >= FEWEST_LINES and len(names) >= FEWEST_COLUMNS else 0
        else:
            # Separators in a text stand before the label or behind it, so it is counted from the other end.
            at = place - len(names) if place > text else place
            # The first line has the end of the row that begins there, the last one the beginning of that which ends.
            whole = cells[:-1] if place > text else cells[1:]
            least = [
                len(names) - text if one is cells[0] else text + 1 if one is cells[-1] else len(names) for one in whole
            ]
            count = sum(len(one) >= few and one[at].strip(' "') in known for one, few in zip(whole, least, strict=True))
        if count:
            found[row] = count
    return found


def _labels(block: LenientBlock, reader: LenientReader) -> set[str]:
    """The labels of the block's rows."""
    numbers: npt.NDArray[np.int32] = np.unique(block.labels[block.labels != NO_LABEL])
    return {name for number in numbers.tolist() for name in reader.names.members[number]}
