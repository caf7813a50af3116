"""Vocabulary coverage: how many words are out of vocabulary, which ones, and in which rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recurra.checking.draft import Draft
from recurra.checking.finding import Part
from recurra.checking.lenient_reader import LenientReader
from recurra.data.documents import Document
from recurra.text import TextPipeline, TextSettings, Vocabulary
from recurra.text.counting import count_tokens
from recurra.text.fields import input_texts
from recurra.text.vocabulary import UNKNOWN_ID

__all__ = ["VocabularyCoverage", "coverage_findings", "learn_pipeline", "measure_coverage", "rows_of"]

MANY, VERY_MANY = 0.05, 0.15
"""Shares of out-of-vocabulary tokens from which there is a note and a warning. At one in seven, a text of ordinary
length misses several words."""

WORST = 100
"""Maximum number of rows that are listed, those with the largest share of missed tokens first."""

COMMONEST = 50
"""Maximum number of missed words in the report."""

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class VocabularyCoverage:
    """How well a vocabulary covers some rows.

    Attributes:
        known: number of tokens in the vocabulary.
        tokens: number of tokens in the rows.
        missed: number of tokens in the rows that are out of vocabulary.
        rows: number of rows with a missed token.
        worst: (row, missed tokens, tokens) of the rows with the largest share of missed tokens.
        common: the most frequent missed tokens with their counts.
    """

    known: int
    tokens: int
    missed: int
    rows: int
    worst: list[tuple[int, int, int]]
    common: list[tuple[str, int]]

    @property
    def share(self) -> float:
        """Share of the tokens that are missed; 0 without tokens."""
        return self.missed / self.tokens if self.tokens else 0.0


def rows_of(reader: LenientReader, rows: Places) -> Iterator[tuple[Places, list[Document]]]:
    """Documents of some rows, block by block.

    Args:
        reader: the file.
        rows: int64[R], ascending row indices.
    """
    for block in reader:
        places = block.places(rows)
        if len(places) == len(block):
            yield places + block.first, block.documents
        elif len(places):
            yield places + block.first, [block.documents[place] for place in places.tolist()]


def learn_pipeline(documents: Iterable[tuple[Places, list[Document]]], settings: TextSettings) -> TextPipeline:
    """The text pipeline with the vocabulary that training would learn from these rows.

    Args:
        documents: the result of :func:`rows_of`.
        settings: settings of the text pipeline.

    Raises:
        DataError: the rows have no tokens.
    """
    counts: Counter[str] = Counter()
    for _, some in documents:
        counts.update(count_tokens([text for text in input_texts(some, settings) if text], settings.tokeniser))
    return TextPipeline(settings, Vocabulary.learn(counts, settings))


def measure_coverage(documents: Iterable[tuple[Places, list[Document]]], pipeline: TextPipeline) -> VocabularyCoverage:
    """Measures the coverage of the rows by the pipeline's vocabulary."""
    tokens = missed = rows = 0
    worst: list[tuple[int, int, int]] = []
    words: Counter[str] = Counter()
    for places, some in documents:
        ids = pipeline.encode(some)
        unknown = ids.values == UNKNOWN_ID
        tokens += len(unknown)
        missed += int(unknown.sum())
        before = np.concatenate([[0], np.cumsum(unknown)])
        holes = before[ids.offsets[1:]] - before[ids.offsets[:-1]]
        with_holes = np.flatnonzero(holes)
        rows += len(with_holes)
        for at in with_holes.tolist():
            mask = unknown[ids.offsets[at] : ids.offsets[at + 1]]
            words.update(word for word, hole in zip(pipeline.tokens(some[at]), mask.tolist(), strict=True) if hole)
        lengths = ids.lengths
        worst += [(int(places[at]), int(holes[at]), int(lengths[at])) for at in with_holes.tolist()]
        worst = sorted(worst, key=lambda row: (-row[1] / row[2], -row[1], row[0]))[:WORST]
    common = sorted(words.items(), key=lambda item: (-item[1], item[0]))[:COMMONEST]
    return VocabularyCoverage(len(pipeline.vocabulary), tokens, missed, rows, worst, common)


def coverage_findings(missed: VocabularyCoverage, part: Part, *, whose: str, rows_named: str) -> list[Draft]:
    """A finding if too many tokens are missed.

    Args:
        missed: the coverage of the rows.
        part: the file of the rows.
        whose: which vocabulary, such as ``that training would learn``.
        rows_named: which rows, such as ``test rows``.
    """
    if missed.share < MANY:
        return []
    shown = ", ".join(f"{word} ({times:,})" for word, times in missed.common[:8])
    meaning = (
        f"{missed.share:.1%} of the {missed.tokens:,} tokens of the {rows_named} are not in the vocabulary {whose} "
        f"({missed.known:,} tokens), and say nothing: {shown}."
    )
    hint = (
        "More rows, pretrained --vectors or --set tokens=characters help; in many languages, so does cleaner spelling."
    )
    rows = np.array([row for row, _, _ in missed.worst], dtype=np.int64)
    details = [{"missed": holes, "tokens": tokens} for _, holes, tokens in missed.worst]
    return [
        Draft(
            "words that the vocabulary misses",
            "warning" if missed.share >= VERY_MANY else "note",
            part,
            rows,
            meaning,
            hint,
            details=details,
            count=missed.rows,
            facts={
                "share": missed.share,
                "tokens": missed.tokens,
                "missed": missed.missed,
                "vocabulary": missed.known,
                "common": [list(pair) for pair in missed.common],
            },
        )
    ]
