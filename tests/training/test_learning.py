"""Every cell learns what only a memory can: which of two words came last, any number of others after it."""

from __future__ import annotations

import random

import pytest
from training.runs import train

from recurra.networks.settings import NetworkSettings
from recurra.presets import TrainingSettings

MARKERS = ("red", "blue", "green")
OTHERS = ("a", "the", "of", "is", "and", "was")
TRAINING = TrainingSettings(
    epochs=10, batch_size=16, learning_rate=0.02, validation=0.25, bucketing=True, clip=1.0, decay="cosine"
)


def last_marker(count: int) -> tuple[list[str], list[str]]:
    """Texts of 4 to 12 words, two or three of them markers; the label is the last of these."""
    generator = random.Random(0)
    texts, labels = [], []
    for _ in range(count):
        words = generator.choices(OTHERS, k=generator.randint(2, 9))
        for marker in (markers := generator.choices(MARKERS, k=generator.randint(2, 3))):
            place = generator.randint(0, len(words))
            words.insert(place, marker)
        labels.append([word for word in words if word in markers][-1])
        texts.append(" ".join(words))
    return texts, labels


@pytest.mark.parametrize("engine", ["auto", "torch"])
@pytest.mark.parametrize("cell", ["simple_rnn", "gru", "lstm"])
def test_a_cell_remembers_the_last_marker(cell: str, engine: str) -> None:
    network = NetworkSettings(cell=cell, hidden=16, embedding=8)
    fitted = train(rows=last_marker(600), network=network, training=TRAINING, engine=engine)
    assert fitted.validation is not None
    assert fitted.validation.rows == 150
    assert fitted.validation.accuracy > 0.95


@pytest.mark.parametrize("pooling", ["last", "max", "mean", "attention"])
def test_a_cell_read_backwards_remembers_the_first(pooling: str) -> None:
    """The label is the first word's: the backward direction sees it last; the other poolings see every state."""
    texts, _ = last_marker(600)
    generator = random.Random(1)
    labels = [generator.choice(MARKERS) for _ in texts]
    rows = [f"{label} {text}" for label, text in zip(labels, texts, strict=True)]
    network = NetworkSettings(cell="gru_reset_before", hidden=12, embedding=8, bidirectional=True, pooling=(pooling,))
    fitted = train(rows=(rows, labels), network=network, training=TRAINING)
    assert fitted.validation is not None
    assert fitted.validation.accuracy > 0.95


def test_a_network_without_memory_of_order_does_not() -> None:
    """The task is not one of counting words: with the mean of the words themselves there is no telling."""
    texts, labels = last_marker(600)
    shuffled = [" ".join(sorted(text.split())) for text in texts]
    fitted = train(
        rows=(shuffled, labels), network=NetworkSettings(cell="gru", hidden=16, embedding=8), training=TRAINING
    )
    assert fitted.validation is not None
    assert fitted.validation.accuracy < 0.8
