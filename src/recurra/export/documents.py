"""Documents to compare two models on: random ones if there are no real ones, and odd ones in any case."""

from __future__ import annotations

import numpy as np

from recurra.text import TextPipeline

__all__ = ["generated_documents", "odd_documents"]

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


def odd_documents(pipeline: TextPipeline, *, seed: int = 0) -> list[str]:
    """60 texts that pipelines tend to get wrong: empty, of 5,000 words, of unknown words, of any Unicode.

    Args:
        pipeline: the model's text pipeline.
        seed: the same seed gives the same texts.
    """
    generator = np.random.default_rng(seed)
    tokens = pipeline.vocabulary.tokens
    known = [tokens[place] for place in generator.integers(len(tokens), size=5000).tolist()]
    # Any code point, lone surrogates among them, and those of the first planes more often.
    points = np.concatenate([generator.integers(limit, size=(14, 40)) for limit in (0x80, 0x800, 0x10000, 0x110000)])
    return [
        "", " ", "\n\t \u00a0\u3000", "\0", ".", "'", "don't DON’T", "ΣΑΣ ΟΔΥΣΣΕΥΣ Σ", "İstanbul ISPARTA ıi ẞß ŉ",
        "e\u0301te\u0301 नमस्ते ภาษาไทย می\u200cخواهم", "👩\u200d👩\u200d👧 🇯🇵 ☃\ufe0f", "\ud800 \udfff a\udc80b",
        "zzqx zzqx unheardof", "x" * 3000, " ".join(known), "".join(known),
        " ".join(f"zq{number}x" for number in range(500)),
        *("".join(map(chr, row)) for row in points.tolist()),
    ]  # fmt: skip
