"""Label leakage: the label's name in the text, or another column that determines the label."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np

from recurra.checking.draft import Draft
from recurra.checking.label_names import NO_LABEL
from recurra.checking.labels import NO_ROWS
from recurra.checking.lenient_reader import LenientReader
from recurra.data.arrow_columns import is_label

__all__ = ["SAMPLE_ROWS", "leakage_findings"]

SAMPLE_ROWS = 20_000
"""Size of the sample, spread evenly over the file; large enough for the shares that matter here."""

IN_MOST, ELSEWHERE = 0.5, 0.05
"""A class's name leaks if at least half of its own rows contain it and at most a twentieth of the others. Ordinary
words that name a topic ("weather", "age") are in fewer."""

LEAST_ROWS = 10
"""Minimum number of rows of a class or of a column's value for a finding."""

GIVES_AWAY = 0.99
"""A column leaks the label if predicting one label per value is right for this share of rows."""


@dataclass(frozen=True)
class _Sample:
    """A sample of rows: texts in lower case, labels, and the values of the other columns by name."""

    texts: list[str]
    labels: list[int]
    columns: dict[str, list[str]]


def leakage_findings(reader: LenientReader, rows: int) -> list[Draft]:
    """Both kinds of leakage in the training rows.

    Args:
        reader: the training file.
        rows: number of rows in it.
    """
    sample = _sample(reader, rows)
    return [*_named_in_text(reader, sample), *_other_columns(reader, sample)]


def _sample(reader: LenientReader, rows: int) -> _Sample:
    wanted = np.arange(rows) if rows <= SAMPLE_ROWS else np.arange(SAMPLE_ROWS) * rows // SAMPLE_ROWS
    roles = {reader.columns.text, reader.columns.title, reader.columns.label}
    names = [name for name in reader.head.names if name not in roles and reader.head.names.count(name) == 1]
    texts: list[str] = []
    labels: list[int] = []
    columns: dict[str, list[str]] = {name: [] for name in names}
    for block in reader:
        places = block.places(wanted)
        texts += [text.casefold() for text in block.joined.take(places).to_pylist()]
        labels += block.labels[places].tolist()
        for name in names:
            column = block.raw.columns[block.raw.names.index(name)]
            values = column.take(places).to_pylist() if is_label(column.type) else [None] * len(places)
            columns[name] += ["" if value is None else str(value) for value in values]
    return _Sample(texts, labels, columns)


def _named_in_text(reader: LenientReader, sample: _Sample) -> list[Draft]:
    names = reader.names
    counts = Counter(name for label in sample.labels if label != NO_LABEL for name in names.members[label])
    found = []
    for name, rows in counts.items():
        pattern = _name_pattern(name)
        if rows < LEAST_ROWS or pattern is None:
            continue
        having = set(names.having([name]))
        named = Counter(
            own in having for text, own in zip(sample.texts, sample.labels, strict=True) if pattern.search(text)
        )
        others = len(sample.texts) - rows
        if named[True] >= IN_MOST * rows and named[False] <= ELSEWHERE * max(others, 1):
            found.append((name, named[True] / rows))
    if not found:
        return []
    found.sort(key=lambda one: (-one[1], one[0]))
    listed = ", ".join(f"{name!r} in {share:.0%} of its rows" for name, share in found[:8])
    meaning = f"A class's name stands in its own texts and hardly in others: {listed}."
    hint = "Look whether it stands there before somebody has chosen the label, or was written because of it."
    facts = {"classes": [{"label": name, "share": share} for name, share in found]}
    return [
        Draft("labels named in their texts", "warning", "train", NO_ROWS, meaning, hint, count=len(found), what="class",
              facts=facts)
    ]  # fmt: skip


def _name_pattern(name: str) -> re.Pattern[str] | None:
    """A pattern for the name as words of a text; ``None`` if the name is too short to be meaningful."""
    words = re.findall(r"[^\W_]+", name.casefold())
    if len("".join(words)) < 3 or "".join(words).isdecimal():
        return None
    return re.compile(r"\b" + r"[\W_]+".join(map(re.escape, words)) + r"\b")


def _other_columns(reader: LenientReader, sample: _Sample) -> list[Draft]:
    drafts = []
    labelled = [place for place, label in enumerate(sample.labels) if label != NO_LABEL]
    if not labelled:
        return []
    commonest = Counter(sample.labels[place] for place in labelled).most_common(1)[0][1] / len(labelled)
    for name, values in sample.columns.items():
        pairs = Counter((values[place], sample.labels[place]) for place in labelled)
        by_value: dict[str, list[int]] = {}
        for (value, _), count in pairs.items():
            by_value.setdefault(value, []).append(count)
        if len(by_value) < 2 or len(labelled) < LEAST_ROWS * len(by_value):
            # Too few rows per value, such as in a column of ids, to conclude anything.
            continue
        right = sum(map(max, by_value.values())) / len(labelled)
        if right < GIVES_AWAY or commonest >= GIVES_AWAY:
            continue
        whole = reader.names.task.wording.whole
        meaning = f"Who knows column {name!r} knows {whole} in {right:.1%} of the rows. It is not read."
        hint = "Do not write it into the texts, unless it is known for the texts to come."
        facts = {"column": name, "right": right, "values": len(by_value)}
        drafts.append(
            Draft(
                "a column that tells the label",
                "note",
                "train",
                NO_ROWS,
                meaning,
                hint,
                count=1,
                what="column",
                facts=facts,
            )
        )
    return drafts
