"""Drafts of findings hold row indices only; the texts of all of them are looked up together at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.checking.finding import LISTED, Finding, Part, Row, Severity
from recurra.checking.lenient_reader import LenientReader
from recurra.data.review_decisions import text_excerpt

__all__ = ["Draft", "complete_findings"]

Places = npt.NDArray[np.int64]

EXCERPTS = 1_000
"""Maximum number of rows of a finding with an excerpt, which is slower to make than the beginning of the text."""

NONE: Places = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Draft:
    """A finding without the texts of its rows; see :class:`recurra.checking.finding.Finding`.

    Attributes:
        rows: int64[R], row indices in the order in which they are listed.
        others: int64[R], the row that each is compared with, in the file ``other_part``.
        details: R details that depend on the kind, or none.
        excerpt: cuts the relevant part out of a row's text, for the detail ``found``; ``None`` shows its beginning.
        count: the count of the finding, if it is not the number of rows.
    """

    kind: str
    severity: Severity
    part: Part
    rows: Places
    meaning: str
    hint: str
    others: Places | None = None
    other_part: Part = "train"
    details: Sequence[Mapping[str, Any]] = ()
    excerpt: Callable[[str], str] | None = None
    count: int | None = None
    what: str = "row"
    fixable: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)


def complete_findings(drafts: Sequence[Draft], readers: Mapping[Part, LenientReader]) -> list[Finding]:
    """Adds the texts of the rows: one pass over each file that has findings with rows."""
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
            texts[part][row] = (text_excerpt(text), label)
            for excerpt, rows, found in own:
                if row in rows:
                    found[row] = excerpt(text)
    return [_finding(draft, found, texts, readers) for draft, found in zip(drafts, excerpts, strict=True)]


def _rows(reader: LenientReader, rows: Places) -> Iterator[tuple[int, str, str]]:
    """Index, text and label of the rows, which must be ascending."""
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
        hint=draft.hint,
        fixable=draft.fixable,
        rows=rows,
        facts=draft.facts,
    )
