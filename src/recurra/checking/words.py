"""Words that the vocabulary misses: how many, which, and in which rows."""

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

__all__ = ["MissedWords", "learned_words", "missed_words", "rows_of", "word_findings"]

MANY, VERY_MANY = 0.05, 0.15
"""The share of tokens that the vocabulary misses from which on it is a note, and a warning. At one in seven, a text
of ordinary length has several holes."""

WORST = 100
"""Rows that are listed, those with the most missed tokens among theirs first."""

COMMONEST = 50
"""Missed words that are kept for the report."""

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class MissedWords:
    """How well a vocabulary knows some rows.

    Attributes:
        known: tokens in the vocabulary.
        tokens: of the rows, together.
        missed: of these, those that it does not know.
        rows: how many have such a token.
        worst: places of the worst, and with how many tokens of how many they miss.
        common: the most frequent missed tokens, and how often each is there.
    """

    known: int
    tokens: int
    missed: int
    rows: int
    worst: list[tuple[int, int, int]]
    common: list[tuple[str, int]]

    @property
    def share(self) -> float:
        """Of the tokens, those that are missed; 0 where there is none."""
        return self.missed / self.tokens if self.tokens else 0.0


def rows_of(reader: LenientReader, rows: Places) -> Iterator[tuple[Places, list[Document]]]:
    """Documents of some rows, block by block.

    Args:
        reader: the file.
        rows: rising.
    """
    for block in reader:
        places = block.places(rows)
        if len(places) == len(block):
            yield places + block.first, block.documents
        elif len(places):
            yield places + block.first, [block.documents[place] for place in places.tolist()]


def learned_words(documents: Iterable[tuple[Places, list[Document]]], settings: TextSettings) -> TextPipeline:
    """The vocabulary that training learns from these rows.

    Args:
        documents: of :func:`rows_of`.
        settings: of the text pipeline.

    Raises:
        DataError: there is no token.
    """
    counts: Counter[str] = Counter()
    for _, some in documents:
        counts.update(count_tokens([text for text in input_texts(some, settings) if text], settings.tokens))
    return TextPipeline(settings, Vocabulary.learn(counts, settings))


def missed_words(documents: Iterable[tuple[Places, list[Document]]], pipeline: TextPipeline) -> MissedWords:
    """What a vocabulary misses in these rows."""
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
    return MissedWords(len(pipeline.vocabulary), tokens, missed, rows, worst, common)


def word_findings(missed: MissedWords, part: Part, *, whose: str, rows_named: str) -> list[Draft]:
    """A finding where too much is missed.

    Args:
        missed: of the rows.
        part: their file.
        whose: the vocabulary, such as ``that training would learn``.
        rows_named: the rows, such as ``test rows``.
    """
    if missed.share < MANY:
        return []
    shown = ", ".join(f"{word} ({times:,})" for word, times in missed.common[:8])
    meaning = (
        f"{missed.share:.1%} of the {missed.tokens:,} tokens of the {rows_named} are not in the vocabulary {whose} "
        f"({missed.known:,} tokens), and say nothing: {shown}."
    )
    mend = (
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
            mend,
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
