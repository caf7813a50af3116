"""Random documents to compare two models on if there are no real ones."""

from __future__ import annotations

import numpy as np

from recurra.text import TextPipeline

__all__ = ["generated_documents"]

# Words of a document: none, a headline's few, a page's many.
LENGTHS = (0, 1, 2, 4, 8, 16, 32, 64, 128)
EACH = 100


def generated_documents(pipeline: TextPipeline, *, seed: int = 0) -> list[str]:
    """900 texts of 0 to 128 tokens, drawn at random from a model's vocabulary.

    A vocabulary has its most frequent tokens first, and the token of rank r is drawn with probability ~ 1/r, like the
    words of natural texts (Zipf 1949). A model that reads bytes gets printable ASCII.

    Args:
        pipeline: the model's text pipeline.
        seed: the same seed gives the same texts.
    """
    tokens = list(pipeline.vocabulary.tokens)
    if pipeline.settings.tokens == "bytes":
        tokens = [token for token in tokens if token.isascii() and token.isprintable()]
    joint = " " if pipeline.settings.tokens in {"lesson", "words"} else ""
    shares = 1 / np.arange(1, len(tokens) + 1)
    lengths = np.repeat(LENGTHS, EACH)
    drawn = np.random.default_rng(seed).choice(len(tokens), size=lengths.sum(), p=shares / shares.sum())
    return [joint.join(tokens[place] for place in places) for places in np.split(drawn, np.cumsum(lengths)[:-1])]
