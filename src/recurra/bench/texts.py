"""Texts made of a model's own vocabulary, for where there are no others to measure on."""

from __future__ import annotations

import numpy as np

from recurra.bundle import Bundle
from recurra.errors import DataError

__all__ = ["generated_texts", "usual_length"]

# A model file does not say how long its documents were. These are about a headline with a sentence or two.
WORDS, LETTERS = 40, 200
# Texts of words have spaces between them; segmenters read languages that have none.
SPACED = ("lesson", "words")


def usual_length(bundle: Bundle) -> int:
    """Tokens of a document: the length up to which the model reads pads, or 40 words, or 200 letters."""
    if bundle.pad_to is not None:
        return max(1, bundle.pad_to)
    return LETTERS if bundle.text.tokens in ("characters", "bytes") else WORDS


def generated_texts(bundle: Bundle, count: int, length: int) -> list[str]:
    """Texts of tokens drawn by Zipf's law: the vocabulary has the most frequent ones first.

    Args:
        bundle: the model.
        count: how many texts.
        length: tokens of a text, on average; lengths vary by a quarter.

    Returns:
        The same texts each time.

    Raises:
        DataError: the vocabulary has no token to draw.
    """
    tokens = bundle.vocabulary.tokens
    chances = 1 / np.arange(1, len(tokens) + 1)
    if bundle.text.tokens == "bytes":
        # All 256 bytes in rising order: those of ASCII alone are letters by themselves, none more frequent than others.
        tokens = tuple(token for token in tokens if token.isascii() and token.isprintable())
        chances = np.ones(len(tokens))
    if not tokens:
        raise DataError("The model's vocabulary is empty: no text can be made of it", "Give a file of texts.")
    generator = np.random.default_rng(0)
    lengths = np.maximum(1, generator.normal(length, length / 4, count).round()).astype(np.int64)
    drawn = generator.choice(len(tokens), size=int(lengths.sum()), p=chances / chances.sum())
    mark = " " if bundle.text.tokens in SPACED else ""
    return [mark.join([tokens[place] for place in part]) for part in np.split(drawn, np.cumsum(lengths)[:-1])]
