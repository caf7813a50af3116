"""Small models for pages of plain files: every kind of tokens, with a branch of what some texts have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from bundles import make_bundle

from recurra.bundle import Bundle
from recurra.linear_branch import BranchSettings, LinearBranch
from recurra.linear_branch.count import count_ngrams, count_subwords
from recurra.networks.shapes import weight_shapes
from recurra.text import TextPipeline, TextSettings, Vocabulary
from recurra.text.segmenters import tokeniser
from recurra.tokenizers import LOWERCASE_CHARACTERS

TEXTS = (
    "Oil prices rise again, don’t they?", "The team wins a late match in Rome!", "Öl und Gas: ΟΔΥΣΣΕΥΣ, İstanbul",
    "好的，谢谢 नमस्ते می\u200cخواهم e\u0301te\u0301", "oil prices rise again and again and again",
)  # fmt: skip

# What pipelines tend to get wrong.
ODD = (
    "", " ", "\0", "\n\t \u00a0\u3000\u2028", "'", "’a", "a’’b", "a'b'c' 'd", "e\u0301'\u0301e", " \u0301\u0301x",
    "İ I ı i ẞ", "Σ", "ΑΣ", "ΑΣ.", "Α\u0301Σ", "ΑΣ\u0301Α", "Σ'Σ 'Σ' aΣ:b ΣΣ", "\ud800", "\udfff a\udc80b",
    "👩\u200d👩\u200d👧", "🇯🇵☃\ufe0f", "A_1 ²½ ٣", "\x1c\x1d\x85x", "oil oil prices rise prices rise again zzz oil",
)  # fmt: skip


def make_page_model(
    tokens: str,
    *,
    texts: Sequence[str] = TEXTS,
    branch: bool = True,
    ngrams: int = 3,
    subwords: int = 4,
    branch_max_tokens: int | None = None,
    seed: int = 0,
    scale: float = 0.7,
    text: dict[str, Any] | None = None,
    **model: Any,
) -> Bundle:
    """A model with random weights that knows nine of ten tokens of the texts."""
    bundle = make_bundle(seed=seed, scale=scale, **model)
    lowercase = tokens == LOWERCASE_CHARACTERS
    tokens = "characters" if lowercase else tokens
    settings = TextSettings(tokens=tokens, lowercase=lowercase, **(text or {}))
    generator = np.random.default_rng(seed)
    found = sorted({token for one in texts for token in tokeniser(settings.tokeniser)(one)})
    known = [found[place] for place in generator.permutation(len(found))[: max(1, len(found) * 9 // 10)].tolist()]
    vocabulary = Vocabulary(tuple(map(chr, range(256))) if tokens == "bytes" else tuple(known))
    pipeline = TextPipeline(settings, vocabulary)

    def drawn(*shape: int) -> np.ndarray:
        return generator.uniform(-scale, scale, shape).astype(np.float32)

    shapes = weight_shapes(bundle.network, rows=pipeline.rows, classes=len(bundle.labels))
    tensors = bundle.tensors | {"embedding": drawn(*shapes["embedding"])}
    bundle = replace(bundle, text=settings, vocabulary=vocabulary, tensors=tensors)
    if not branch:
        return bundle
    counted = BranchSettings(
        branch=True, ngrams=ngrams, subwords=subwords if tokens in ("lesson", "words") else 0, ngram_min_count=1,
        branch_max_tokens=branch_max_tokens,
    )  # fmt: skip
    phrases = count_ngrams(pipeline.cut_to(None).encode(list(texts)), len(vocabulary) + 2, counted)
    parts = count_subwords(found, np.ones(len(found), dtype=np.int64), counted) if counted.subwords else None
    W, U = (drawn(rows, len(bundle.labels)) for rows in (len(phrases), len(parts) if parts else 0))
    return replace(bundle, branch=LinearBranch(counted, vocabulary, phrases, parts, W, U))
