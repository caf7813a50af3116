"""Fifty steps of Keras's training from known weights, and predictions of the weights that come out.

There are two runs. ``keras`` is ``train_on_batch`` as it is. On TensorFlow an embedding's gradient is a list of rows,
one for each token of the batch, and Keras 3's Adam squares each of them by itself: the second moment of a row grows
by the *sum of squares* of its tokens' gradients. ``summed`` adds up each row's gradients first, as Adam is published,
as Keras does on its other backends and as Keras 2 did: the second moment grows by the *square of the sum*. Of this
run only the losses are kept.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from networks import CLASSES, Shape, build, get_weights, set_weights

BATCHES = 50
# Few rows, so that the files stay small. The documents use those below USED: the others must stay as they are.
ROWS, USED = 240, 220
LONGEST = 30
# Longer than every document, so that the unmasked models see pads in all of them.
PAD_TO = 40
PREDICTED = 20
RUNS = ("keras", "summed")
# A final weight is stored as its change in whole multiples of this: at most 7.6e-6 away from Keras's own.
RESOLUTION = 2.0**-16


class SummedAdam(keras.optimizers.Adam):
    """Keras's Adam, given the embedding's gradient as one array."""

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Makes a list of rows an array; rows of the same token are summed."""
        super().update_step(tf.convert_to_tensor(gradient), variable, learning_rate)


def make(shape: Shape, folder: Path, *, seed: int) -> dict[str, Any]:
    """Writes ``<preset>_start.npz`` and ``<preset>_keras.npz``.

    Args:
        shape: of a preset.
        folder: the fixtures' folder.
        seed: of weights and documents.

    Returns:
        What the summary says of them.
    """
    generator = np.random.default_rng(seed)
    whole, scales, start = _initial(shape, generator, seed)
    batches = _batches(shape, generator)
    documents = [document for ids, _ in batches for document in ids]
    np.savez_compressed(
        folder / f"{shape.preset}_start.npz",
        **{f"weights.{name}": array for name, array in whole.items()},
        **{f"scale.{name}": np.float32(scales[name]) for name in whole},
        ids=np.concatenate(documents).astype(np.int16),
        lengths=np.array([len(document) for document in documents], np.int16),
        labels=np.concatenate([labels for _, labels in batches]).astype(np.int8),
        batch_sizes=np.array([len(labels) for _, labels in batches], np.int16),
    )
    facts: dict[str, Any] = {"rows": ROWS, "pad_to": PAD_TO, "resolution": RESOLUTION}
    for run in RUNS:
        losses, end = _train(shape, start, batches, run, "float32")
        losses64, end64 = _train(shape, start, batches, run, "float64")
        facts[run] = {
            "first_loss": float(losses[0]),
            "mean_of_last_ten_losses": float(losses[-10:].mean()),
            "float32_to_float64_losses": float(np.abs(losses - losses64).max()),
            "float32_to_float64_weights": max(float(np.abs(end[name] - end64[name]).max()) for name in end),
        }
        if run == "summed":
            facts[run]["losses"] = losses.astype(np.float32).tolist()
        else:
            _write_end(folder / f"{shape.preset}_keras.npz", shape, start, end, losses, generator)
    return facts


def _write_end(
    path: Path,
    shape: Shape,
    start: dict[str, np.ndarray],
    end: dict[str, np.ndarray],
    losses: np.ndarray,
    generator: np.random.Generator,
) -> None:
    """Losses, final weights as changes of the initial ones, and predictions with the weights so stored."""
    change = {name: np.rint((end[name].astype(np.float64) - start[name]) / RESOLUTION) for name in end}
    if max(float(np.abs(array).max()) for array in change.values()) > 32767:
        raise ValueError(f"The weights of {shape.preset} changed by more than int16 holds: coarsen RESOLUTION.")
    # Exact in float32: a whole multiple of 2**-16 below 4 needs 18 bits.
    stored = {name: (start[name] + change[name] * RESOLUTION).astype(np.float32) for name in end}
    np.savez_compressed(
        path,
        losses=losses.astype(np.float32),
        **{f"change.{name}": _byte_planes(array.astype("<i2")) for name, array in change.items()},
        **_predictions(shape, stored, generator),
    )


def _initial(
    shape: Shape, generator: np.random.Generator, seed: int
) -> tuple[dict[str, np.ndarray], dict[str, float], dict[str, np.ndarray]]:
    """Keras's own initial weights, rounded to int8 times a power of two.

    A byte a weight keeps the file small, and a power of two keeps the product exact, so that Keras and the test start
    from the same bits. Biases get a little noise: zeros would hide an exchange of gates or of the GRU's two biases.
    """
    drawn = get_weights(build(shape, rows=ROWS, seed=seed), shape)
    for name, array in drawn.items():
        if array.ndim == 1:
            drawn[name] = array + generator.uniform(-0.2, 0.2, array.shape)
    scales = {name: float(2.0 ** np.ceil(np.log2(np.abs(array).max() / 127))) for name, array in drawn.items()}
    whole = {name: np.rint(array / scales[name]).astype(np.int8) for name, array in drawn.items()}
    return whole, scales, {name: (array * scales[name]).astype(np.float32) for name, array in whole.items()}


def _document(generator: np.random.Generator, label: int, length: int) -> np.ndarray:
    """Ids from 1 on: half of them common to all classes, half by the class's own order, both by Zipf's law."""
    words = USED - 2
    law = 1 / np.arange(1, words + 1)
    common, own = generator.choice(words, (2, length), p=law / law.sum())
    # Each class has the words in another order: a turn by a quarter of them.
    own = (own + label * (words // CLASSES)) % words
    ids = np.where(generator.random(length) < 0.5, common, own) + 2
    return np.where(generator.random(length) < 0.05, 1, ids)


def _batches(shape: Shape, generator: np.random.Generator) -> list[tuple[list[np.ndarray], np.ndarray]]:
    """Documents of 5 to 30 tokens, one in twelve of a single one; for masked models three empty ones as well."""
    batches = []
    for batch in range(BATCHES):
        size = shape.batch_size if batch < BATCHES - 1 else 5  # an epoch's last batch is a smaller one
        labels = generator.integers(CLASSES, size=size)
        lengths = generator.integers(5, LONGEST + 1, size)
        lengths[generator.random(size) < 1 / 12] = 1
        if shape.masked and batch in (3, 20, 49):
            lengths[1] = 0
        batches.append(([_document(generator, *pair) for pair in zip(labels, lengths, strict=True)], labels))
    return batches


def _pad(documents: list[np.ndarray], length: int = 1) -> np.ndarray:
    padded = np.zeros((len(documents), max(length, *(len(document) for document in documents))), np.int32)
    for row, document in zip(padded, documents, strict=True):
        row[: len(document)] = document
    return padded


def _train(
    shape: Shape,
    start: dict[str, np.ndarray],
    batches: list[tuple[list[np.ndarray], np.ndarray]],
    run: str,
    dtype: str,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The loss of each batch before its update, and the final weights."""
    model = build(shape, rows=ROWS, seed=0, dtype=dtype, optimiser="adam" if run == "keras" else SummedAdam())
    set_weights(model, shape, start)
    losses = []
    for documents, labels in batches:
        model.reset_metrics()  # train_on_batch answers with a running mean otherwise
        losses.append(float(model.train_on_batch(_pad(documents), labels)))
    return np.array(losses), get_weights(model, shape)


def _predictions(shape: Shape, weights: dict[str, np.ndarray], generator: np.random.Generator) -> dict[str, np.ndarray]:
    """Probabilities of documents read one by one as they are, and all padded to :data:`PAD_TO`; the last is empty."""
    lengths = [1, 1, 2, *generator.integers(3, LONGEST + 1, PREDICTED - 4), 0]
    documents = [_document(generator, place % CLASSES, length) for place, length in enumerate(lengths)]
    model = build(shape, rows=ROWS, seed=0)
    set_weights(model, shape, weights)
    # Keras cannot read a sequence of no steps: a masked model gets one pad in its place, an unmasked one is not asked.
    alone = [model.predict_on_batch(_pad([ids])) for ids in (documents if shape.masked else documents[:-1])]
    return {
        "predicted.ids": np.concatenate(documents).astype(np.int16),
        "predicted.lengths": np.array(lengths, np.int16),
        "predicted.alone": np.concatenate(alone).astype(np.float32),
        "predicted.padded": model.predict_on_batch(_pad(documents, PAD_TO)).astype(np.float32),
    }


def _byte_planes(array: np.ndarray) -> np.ndarray:
    """int16[...] as uint8[2, ...]: all low bytes, then all high ones, which deflate packs far better."""
    return np.moveaxis(np.ascontiguousarray(array).view(np.uint8).reshape(*array.shape, 2), -1, 0)


def versions() -> dict[str, str]:
    """Of what computed the fixtures."""
    return {"keras": keras.__version__, "tensorflow": tf.__version__, "numpy": np.__version__}
