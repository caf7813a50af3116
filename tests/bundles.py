"""Small models with random weights, for the tests of everything that reads models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from recurra.bundle import Bundle
from recurra.linear_branch import BranchSettings, LinearBranch, Ngrams, Subwords
from recurra.networks.settings import NetworkSettings
from recurra.networks.shapes import weight_shapes
from recurra.tasks import SINGLE_LABEL, MultiLabel
from recurra.text import Labels, TextPipeline, TextSettings, Vocabulary

BRANCH = BranchSettings(branch=True, ngrams=3, subwords=4)
WORDS = ("oil", "prices", "rise", "again", "and", "the", "team", "wins", "a", "late", "match", "in", "rome")


def make_bundle(
    *,
    seed: int = 0,
    scale: float = 0.7,
    pad_to: int = 5,
    labels: tuple[Any, ...] = ("a", "b", "c"),
    thresholds: Sequence[float] | None = None,
    **network: Any,
) -> Bundle:
    """A model with weights drawn evenly from ±scale; ``network`` holds settings of the network.

    With thresholds it is one that gives any number of labels.
    """
    settings = NetworkSettings(**{"hidden": 4, "embedding": 3, **network})
    text, vocabulary = TextSettings(tokens="lesson"), Vocabulary(WORDS)
    rows = TextPipeline(text, vocabulary).rows
    generator = np.random.default_rng(seed)
    shapes = weight_shapes(settings, rows=rows, classes=len(labels))
    return Bundle(
        text=text,
        network=settings,
        vocabulary=vocabulary,
        labels=Labels(labels),
        pad_to=None if settings.masked else pad_to,
        tensors={name: generator.uniform(-scale, scale, shape).astype(np.float32) for name, shape in shapes.items()},
        record={"preset": "none", "scores": {"accuracy": 0.5}, "seed": seed},
        task=SINGLE_LABEL if thresholds is None else MultiLabel(np.array(thresholds, dtype=np.float32)),
    )


def make_branched(*, seed: int = 0, settings: BranchSettings = BRANCH, **model: Any) -> Bundle:
    """A model with a linear branch of random weights; its n-grams: oil prices, oil prices rise, the team."""
    bundle = make_bundle(seed=seed, **model)
    known, generator = len(WORDS) + 2, np.random.default_rng(seed + 1)
    ngrams = Ngrams(known, np.array([[2, 3], [known, 4], [7, 8]], dtype=np.int32), settings.ngrams)
    subwords = Subwords(Vocabulary(("ea", " t", "oil ", "ła")), settings.subwords) if settings.subwords else None
    outputs = len(bundle.labels)
    W, U = (generator.normal(size=(rows, outputs)) for rows in (len(ngrams), len(subwords) if subwords else 0))
    branch = LinearBranch(
        settings, bundle.vocabulary, ngrams, subwords, W.astype(np.float32), U.astype(np.float32)
    )  # fmt: skip
    return replace(bundle, branch=branch)


def make_overflowing(**network: Any) -> Bundle:
    """A model of finite weights: the logits of a text that ends in ``oil`` overflow, all others' are those of b_O."""
    bundle = make_bundle(cell="simple_rnn", **network)
    for name, weights in bundle.tensors.items():
        weights[...] = 20 if name.endswith("W_I") else 0
    bundle.tensors["embedding"][2 + WORDS.index("oil")] = 1
    bundle.tensors["b_O"][:] = range(len(bundle.labels))
    bundle.tensors["W_O"][:] = 3.4e38
    return bundle
