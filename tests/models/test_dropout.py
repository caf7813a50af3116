"""Dropout of values, recurrent weights and words: in training only, in its share, and by the seed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from models.networks import ROWS, network, random_documents
from torch import Tensor

from recurra.batches import Ragged
from recurra.models.batch import Batch

KINDS = [{"dropout": 0.4}, {"weight_drop": 0.4}, {"word_dropout": 0.4}]
BATCH = Batch.of(Ragged.from_lists(random_documents([7, 0, 4, 9])))


def near(share: float, expected: float, count: int) -> bool:
    """Within four standard deviations of a binomial share."""
    return abs(share - expected) < 4 * math.sqrt(expected * (1 - expected) / count)


def outputs(seed: int, *, training: bool, **settings: Any) -> list[Tensor]:
    built = network(layers=2, bidirectional=True, **settings)
    built.place("cpu", seed=seed)
    built.train(training)
    return [built(BATCH).logits.detach() for _ in range(3)]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_masks_are_drawn_in_training_only(kind: dict[str, float]) -> None:
    plain = outputs(0, training=False)
    still = outputs(0, training=False, **kind)
    assert all(torch.equal(one, plain[0]) for one in still + plain)
    moving = outputs(0, training=True, **kind)
    assert not torch.equal(moving[0], moving[1])
    assert not torch.equal(moving[0], plain[0])


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_the_seed_chooses_the_masks(kind: dict[str, float]) -> None:
    first, same, other = (outputs(seed, training=True, **kind) for seed in (1, 1, 2))
    assert all(torch.equal(a, b) for a, b in zip(first, same, strict=True))
    assert not torch.equal(first[0], other[0])


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_the_callers_random_numbers_are_left_alone(kind: dict[str, float]) -> None:
    before = torch.random.get_rng_state()
    outputs(0, training=True, **kind)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_weight_drop_zeroes_recurrent_weights_alone_and_scales_the_rest() -> None:
    built = network(hidden=60, weight_drop=0.3)
    built.train()
    whole = built.named_weights()
    dropped = built.dropped_weights(0, "forward")
    W_H = whole["layers.0.forward.W_H"]
    kept = dropped.W_H != 0
    assert near(1 - kept.double().mean().item(), 0.3, W_H.numel())
    torch.testing.assert_close(dropped.W_H[kept], W_H[kept] / 0.7)
    assert torch.equal(dropped.W_I, whole["layers.0.forward.W_I"])
    assert torch.equal(dropped.b, whole["layers.0.forward.b"])
    # Gradients reach only what was kept.
    dropped.W_H.sum().backward()
    assert torch.equal(W_H.grad != 0, kept)


def test_word_dropout_puts_the_unknown_token_in_place_of_words() -> None:
    """A network whose state shows one number of each word's vector, which only the unknown token has."""
    weights = {
        "embedding": np.eye(ROWS)[:, 1:2],
        "layers.0.forward.W_I": np.ones((1, 1)),
        "layers.0.forward.W_H": np.zeros((1, 1)),
        "layers.0.forward.b": np.zeros(1),
        "W_O": np.ones((1, 3)),
        "b_O": np.zeros(3),
    }
    built = network(weights, cell="simple_rnn", hidden=1, embedding=1, word_dropout=0.25)
    batch = Batch.of(Ragged.from_lists([[3] * 2000, [5] * 1000]))
    assert not built.states(batch).any()
    built.train()
    replaced = built.states(batch)[:, 0] > 0
    assert near(replaced.double().mean().item(), 0.25, 3000)


def test_dropout_stands_after_the_embedding_between_layers_and_before_the_output() -> None:
    """Layers that pass a number on, tanh apart: each survivor has been scaled three times."""
    size = 2000
    passed = {"W_I": np.eye(size), "W_H": np.zeros((size, size)), "b": np.zeros(size)}
    weights = {
        "embedding": np.full((ROWS, size), 1e-4),
        **{f"layers.{layer}.forward.{name}": part for layer in (0, 1) for name, part in passed.items()},
        "W_O": np.eye(size),
        "b_O": np.zeros(size),
    }
    built = network(weights, cell="simple_rnn", hidden=size, embedding=size, layers=2, dropout=0.2)
    batch = Batch.of(Ragged.from_lists([[4]]))
    np.testing.assert_allclose(built(batch).logits.detach(), 1e-4, rtol=1e-6)
    built.train()
    logits = built(batch).logits.detach()
    kept = logits != 0
    assert near(kept.double().mean().item(), 0.8**3, size)
    np.testing.assert_allclose(logits[kept], 1e-4 / 0.8**3, rtol=1e-6)
