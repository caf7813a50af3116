"""Small models with a linear branch of random weights, and what such a branch says, written down sum by sum."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from bundles import WORDS, make_bundle

from recurra.batches import Ragged
from recurra.bundle import Bundle
from recurra.linear_branch import BranchSettings, LinearBranch
from recurra.linear_branch.count import count_ngrams, count_subwords
from recurra.text import TextPipeline, TextSettings, Vocabulary

TEXTS = (
    "oil prices rise", "oil prices rise again", "the team wins a late match in rome", "rise again and again and again",
    "the oil team", "oil",
)  # fmt: skip


def make_branched(
    *,
    tokens: str = "lesson",
    scale: float = 0.7,
    seed: int = 0,
    ngrams: int = 3,
    subwords: int = 4,
    max_tokens: int | None = None,
    lowercase: bool = False,
    branch_max_tokens: int | None = None,
    **others: Any,
) -> Bundle:
    """:func:`bundles.make_bundle` with a branch, by words or by characters."""
    characters = tokens == "characters"
    vocabulary = Vocabulary(tuple(sorted(set("".join(WORDS)))) if characters else WORDS)
    text = TextSettings(tokens=tokens, max_tokens=max_tokens, lowercase=lowercase)
    bundle = make_bundle(seed=seed, scale=scale, **others)
    pipeline = TextPipeline(text, vocabulary)
    generator = np.random.default_rng(seed + 1)
    embedding = generator.uniform(-scale, scale, (pipeline.rows, bundle.network.embedding)).astype(np.float32)
    settings = BranchSettings(
        branch=True, ngrams=ngrams, subwords=0 if characters else subwords, ngram_min_count=1,
        branch_max_tokens=branch_max_tokens,
    )  # fmt: skip
    ids = pipeline.cut_to(None).encode(TEXTS)
    known = count_ngrams(Ragged(ids.values, ids.offsets), len(vocabulary) + 2, settings)
    some = count_subwords(WORDS, np.ones(len(WORDS), dtype=np.int64), settings) if settings.subwords else None
    W, U = (
        generator.uniform(-scale, scale, (rows, len(bundle.labels))).astype(np.float32)
        for rows in (len(known), len(some) if some else 0)
    )
    return replace(
        bundle,
        text=text,
        vocabulary=vocabulary,
        tensors=bundle.tensors | {"embedding": embedding},
        branch=LinearBranch(settings, vocabulary, known, some, W, U),
    )


def counted(bundle: Bundle, words: list[str | None]) -> list[tuple[np.ndarray, list[int], str | None]]:
    """All that the branch counts in a text: its weight, the places of its words, and its text; ``None`` for subwords.

    Args:
        bundle: the model.
        words: the text's words; ``None`` is one that is left out.
    """
    branch = bundle.branch
    assert branch is not None
    tokens = list(bundle.vocabulary.tokens)
    rows = {tuple(branch.ngrams.tokens(row)): row for row in range(2, len(branch.ngrams))}
    ids = [tokens.index(word) + 2 if word in tokens else 1 for word in words]
    bounded = [0, *ids, 0]
    found: list[tuple[np.ndarray, list[int], str | None]] = []
    pieces: list[tuple[np.ndarray, list[int], str | None]] = []
    for size in range(1, branch.settings.ngrams + 1):
        for first in range(len(bounded) - size + 1 if ids else 0):
            gram = tuple(bounded[first : first + size])
            if gram in rows:
                inside = [place - 1 for place in range(first, first + size) if 1 <= place <= len(ids)]
                shown = [
                    "[start]" if place == 0 else "[end]" if place == len(ids) + 1 else str(words[place - 1])
                    for place in range(first, first + size)
                ]
                joint = "" if bundle.text.tokens == "characters" else " "
                text = joint.join(shown).replace("[start]", "[start] ").replace("[end]", " [end]")
                found.append((branch.W[rows[gram]].astype(np.float64), inside, " ".join(text.split())))
    for place, word in enumerate(words):
        if branch.subwords is not None and word is not None:
            marked, known = f" {word} ", list(branch.subwords.vocabulary.tokens)
            for begin in range(len(marked)):
                for end in range(begin + 2, min(begin + branch.settings.subwords, len(marked)) + 1):
                    if marked[begin:end] in known:
                        row = known.index(marked[begin:end])
                        pieces.append((branch.U[row].astype(np.float64), [place], None))
    return [(weight / math.sqrt(len(some)), places, text) for some in (found, pieces) for weight, places, text in some]


def branch_logits(bundle: Bundle, words: list[str | None]) -> np.ndarray:
    """The branch's outputs for a text."""
    return sum((weight for weight, _, _ in counted(bundle, words)), np.zeros(len(bundle.labels)))
