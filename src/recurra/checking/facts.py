"""The first pass over a file collects facts: each row's label, text key and length, and the rows with damaged texts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from recurra.checking.label_names import NO_LABEL, label_text
from recurra.checking.lenient_reader import LenientBlock, LenientReader, key_of
from recurra.checking.rows_in_texts import rows_inside_texts
from recurra.data.arrow_columns import MAX_TEXT_BYTES
from recurra.data.text_repair import (
    CONTROL,
    ENTITY,
    MOJIBAKE,
    TAG,
    without_control_characters,
    without_entities,
    without_mojibake,
    without_tags,
)

if TYPE_CHECKING:
    import pyarrow

__all__ = ["Facts", "collect_facts"]

_DECIMAL = re.compile(r"-?[0-9]+\.[0-9]+")

# Patterns with which Arrow selects candidates, and the repairs that decide: a text that one changes is damaged.
_DAMAGE_TESTS: dict[str, tuple[str, Callable[[str], str]]] = {
    "mojibake": (MOJIBAKE, without_mojibake),
    "control characters": (CONTROL, without_control_characters),
    "HTML entities": (ENTITY, without_entities),
    "HTML tags": (TAG, without_tags),
}


@dataclass(frozen=True, eq=False)
class Facts:
    """The facts about the rows of a file; about 25 bytes a row.

    Attributes:
        labels: int32[rows], numbers of labels; a row that repeats the header has none.
        keys: uint64[rows], hashes of title and text that ignore white space; equal texts have equal keys.
        characters: int32[rows], length of title and text together.
        longest: int64[rows], bytes of the longer of title and text.
        damaged: int64 row indices by kind of damage.
        empty: int64 indices of the rows without any text.
        untitled: int64 indices of the rows with a text and no title, in a file with titles.
        textless: int64 indices of the rows with a title and no text.
        headers: int64 indices of the rows that repeat the header.
        inside: by index of a row, how many lines of its text look like rows of the file.
    """

    labels: npt.NDArray[np.int32]
    keys: npt.NDArray[np.uint64]
    characters: npt.NDArray[np.int32]
    longest: npt.NDArray[np.int64]
    damaged: dict[str, npt.NDArray[np.int64]]
    empty: npt.NDArray[np.int64]
    untitled: npt.NDArray[np.int64]
    textless: npt.NDArray[np.int64]
    headers: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    inside: dict[int, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def usable(self) -> npt.NDArray[np.int64]:
        """int64 indices of the rows that have a label and are short enough to be read."""
        return np.flatnonzero((self.labels != NO_LABEL) & (self.longest <= MAX_TEXT_BYTES))


def collect_facts(
    reader: LenientReader, *, advance: Callable[[int, int | None], None] = lambda rows, total: None
) -> Facts:
    """Collects the facts in one pass over a file.

    Args:
        reader: the file.
        advance: called with the number of rows just read and, as far as known, their total.

    Raises:
        DataError: the file cannot be read to its end.
    """
    labels, keys, characters, longest = [], [], [], []
    inside: dict[int, int] = {}
    kinds = (*_DAMAGE_TESTS, "replacement characters", "empty", "untitled", "textless", "headers")
    places: dict[str, list[npt.NDArray[np.int64]]] = {kind: [np.empty(0, dtype=np.int64)] for kind in kinds}
    for block in reader:
        labels.append(block.labels.copy())
        labels[-1][block.repeated_headers] = NO_LABEL
        places["headers"].append(block.repeated_headers + block.first)
        keys.append(np.fromiter(map(key_of, block.joined.to_pylist()), dtype=np.uint64, count=len(block)))
        characters.append(_lengths(block))
        longest.append(_sizes(block))
        for kind, found in _damaged(block).items():
            places[kind].append(found + block.first)
        inside |= {block.first + row: lines for row, lines in rows_inside_texts(block, reader).items()}
        advance(len(block), reader.blocks.total)
    joined = {kind: np.concatenate(found) for kind, found in places.items()}
    empty, untitled, textless, headers = (joined.pop(kind) for kind in ("empty", "untitled", "textless", "headers"))
    return Facts(
        labels=_as_read(np.concatenate(labels), reader),
        keys=np.concatenate(keys),
        characters=np.concatenate(characters),
        longest=np.concatenate(longest),
        damaged=joined,
        empty=empty,
        untitled=untitled,
        textless=textless,
        headers=headers,
        inside=inside,
    )


def _as_read(labels: npt.NDArray[np.int32], reader: LenientReader) -> npt.NDArray[np.int32]:
    """The labels of a text file whose cells are all decimals as training reads them: numbers, so that 5.0 is 5."""
    names = reader.names
    used = set(chain.from_iterable(names.members[number] for number in np.unique(labels[labels != NO_LABEL]).tolist()))
    if reader.lists or names.task.lists or not all(map(_DECIMAL.fullmatch, used)):
        return labels
    return names.respelled({name: label_text(float(name)) for name in used})[labels]


def _damaged(block: LenientBlock) -> dict[str, npt.NDArray[np.int64]]:
    """The row indices in the block by kind of damage."""
    from pyarrow import compute

    found = {}
    for kind, (pattern, repair) in _DAMAGE_TESTS.items():
        maybe = _where(compute.match_substring_regex(block.joined, pattern))
        texts = block.joined.take(maybe).to_pylist() if len(maybe) else []
        found[kind] = maybe[np.array([repair(text) != text for text in texts], dtype=bool)]
    found["replacement characters"] = _where(compute.match_substring(block.joined, "\ufffd"))
    blank = compute.equal(compute.utf8_trim_whitespace(block.joined), "")
    found["empty"] = _where(blank)
    found["untitled"] = found["textless"] = np.empty(0, dtype=np.int64)
    if block.titles is not None:
        no_title = compute.equal(compute.utf8_trim_whitespace(block.titles), "")
        no_text = compute.equal(compute.utf8_trim_whitespace(block.texts), "")
        found["untitled"] = _where(compute.and_not(no_title, blank))
        found["textless"] = _where(compute.and_not(no_text, blank))
    return found


def _lengths(block: LenientBlock) -> npt.NDArray[np.int32]:
    from pyarrow import compute

    return np.asarray(compute.utf8_length(block.joined).to_numpy(), dtype=np.int32)


def _sizes(block: LenientBlock) -> npt.NDArray[np.int64]:
    from pyarrow import compute

    sizes = compute.binary_length(block.texts).to_numpy()
    if block.titles is not None:
        sizes = np.maximum(sizes, compute.binary_length(block.titles).to_numpy())
    return np.asarray(sizes, dtype=np.int64)


def _where(mask: pyarrow.ChunkedArray) -> npt.NDArray[np.int64]:
    return np.flatnonzero(mask.to_numpy())
