"""Random texts made of a model's vocabulary, to measure on if there are no others."""

from __future__ import annotations

import numpy as np

from recurra.bundle import Bundle
from recurra.errors import DataError
from recurra.tokenizers import TOKENIZERS

__all__ = ["generated_texts", "usual_length"]

# A model file does not record how long its documents were. This is about a headline with a sentence or two.
WORDS, LETTERS = 40, 200
# Tokenizers whose words are separated by spaces; segmenters are for languages without spaces.
SPACED = ("lesson", "words")


def usual_length(bundle: Bundle) -> int:
    """A typical number of tokens of a document: the length that the model pads to, or 40 words, or 200 characters."""
    if bundle.pad_to is not None:
        return max(1, bundle.pad_to)
    return LETTERS if bundle.text.tokens in ("characters", "bytes") else WORDS


def generated_texts(bundle: Bundle, count: int, length: int) -> list[str]:
    """Texts of tokens drawn by Zipf's law: the vocabulary has the most frequent ones first.

    Args:
        bundle: the model.
        count: number of texts.
        length: mean number of tokens of a text; the standard deviation is a quarter of it.

    Returns:
        The same texts each time.

    Raises:
        DataError: the vocabulary has no token to draw.
    """
    tokens = bundle.vocabulary.tokens
    chances = 1 / np.arange(1, len(tokens) + 1)
    if bundle.text.tokens == "bytes":
        # The vocabulary is all 256 bytes in rising order: only ASCII ones are characters, and no order of frequency.
        tokens = tuple(token for token in tokens if token.isascii() and token.isprintable())
        chances = np.ones(len(tokens))
    if not tokens:
        raise DataError("The model's vocabulary is empty: no text can be made of it", "Give a file of texts.")
    generator = np.random.default_rng(0)
    lengths = np.maximum(1, generator.normal(length, length / 4, count).round()).astype(np.int64)
    drawn = generator.choice(len(tokens), size=int(lengths.sum()), p=chances / chances.sum())
    mark = " " if bundle.text.tokens in SPACED or bundle.text.tokens in TOKENIZERS else ""
    return [mark.join([tokens[place] for place in part]) for part in np.split(drawn, np.cumsum(lengths)[:-1])]
