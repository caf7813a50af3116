"""Findings while they are made: rows as places alone; their texts are looked up once, at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.checking.finding import LISTED, Finding, Part, Row, Severity
from recurra.checking.lenient_reader import LenientReader
from recurra.data.decisions import head_of

__all__ = ["Draft", "described"]

Places = npt.NDArray[np.int64]

EXCERPTS = 1_000
"""Rows of a finding that are listed with an excerpt, at most; it takes longer than the beginning of the text."""

NONE: Places = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Draft:
    """A finding whose rows have no texts yet; see :class:`recurra.checking.finding.Finding`.

    Attributes:
        rows: places, in the order in which they shall be listed.
        others: for each of them the row that it is compared with, in the file ``other_part``.
        details: for each of them what belongs to the kind; as many, or none.
        excerpt: what of a row's text shows the finding, where that need not be its beginning; the detail ``found``.
        count: where it is not the number of rows.
    """

    kind: str
    severity: Severity
    part: Part
    rows: Places
    meaning: str
    mend: str
    others: Places | None = None
    other_part: Part = "train"
    details: Sequence[Mapping[str, Any]] = ()
    excerpt: Callable[[str], str] | None = None
    count: int | None = None
    what: str = "row"
    mended: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)


def described(drafts: Sequence[Draft], readers: Mapping[Part, LenientReader]) -> list[Finding]:
    """The findings with the texts of their rows: one pass over each file, if any row of it is wanted."""
    wanted: dict[Part, list[Places]] = {part: [] for part in readers}
    for draft in drafts:
        wanted[draft.part].append(draft.rows[:LISTED])
        if draft.others is not None:
            wanted[draft.other_part].append(draft.others[:LISTED])
    excerpts: list[dict[int, str]] = [{} for _ in drafts]
    texts: dict[Part, dict[int, tuple[str, str]]] = {}
    for part, reader in readers.items():
        own = [
            (draft.excerpt, set(draft.rows[:EXCERPTS].tolist()), found)
            for draft, found in zip(drafts, excerpts, strict=True)
            if draft.part == part and draft.excerpt is not None
        ]
        texts[part] = {}
        for row, text, label in _rows(reader, np.unique(np.concatenate([*wanted[part], NONE]))):
            texts[part][row] = (head_of(text), label)
            for excerpt, rows, found in own:
                if row in rows:
                    found[row] = excerpt(text)
    return [_finding(draft, found, texts, readers) for draft, found in zip(drafts, excerpts, strict=True)]


def _rows(reader: LenientReader, rows: Places) -> Iterator[tuple[int, str, str]]:
    """Place, text and label of rows, which rise."""
    if not len(rows):
        return
    for block in reader:
        places = block.places(rows)
        texts = block.joined.take(places).to_pylist() if len(places) else []
        for place, text in zip(places.tolist(), texts, strict=True):
            yield block.first + place, text, reader.names[int(block.labels[place])]


def _finding(
    draft: Draft,
    excerpts: Mapping[int, str],
    texts: Mapping[Part, Mapping[int, tuple[str, str]]],
    readers: Mapping[Part, LenientReader],
) -> Finding:
    rows = []
    for place, row in enumerate(draft.rows[:LISTED].tolist()):
        details = dict(draft.details[place]) if draft.details else {}
        if row in excerpts:
            details["found"] = excerpts[row]
        if draft.others is not None:
            other = int(draft.others[place])
            text, label = texts[draft.other_part][other]
            details["other"] = {
                "part": draft.other_part,
                "row": other,
                "number": readers[draft.other_part].number(other),
                "text": text,
                "label": label,
            }
        text, label = texts[draft.part][row]
        rows.append(Row(row, readers[draft.part].number(row), text, label, details))
    return Finding(
        kind=draft.kind,
        severity=draft.severity,
        part=draft.part,
        count=len(draft.rows) if draft.count is None else draft.count,
        what=draft.what,
        meaning=draft.meaning,
        mend=draft.mend,
        mended=draft.mended,
        rows=rows,
        facts=draft.facts,
    )
