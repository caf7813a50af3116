"""The lesson's networks in Keras, and their weights under Recurra's names."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

PRESETS = ("simple-rnn-titles", "simple-rnn-masked", "gru", "lstm", "bilstm")
CLASSES = 4

_FOLDER = Path(__file__).parents[2] / "src" / "recurra" / "presets" / "lesson"
_CELLS = {"simple_rnn": keras.layers.SimpleRNN, "gru": keras.layers.GRU, "lstm": keras.layers.LSTM}


@dataclass(frozen=True)
class Shape:
    """What of a preset decides the network; read from the preset's own file, without importing Recurra."""

    preset: str
    cell: str
    hidden: int
    layers: int
    bidirectional: bool
    embedding: int
    masked: bool
    batch_size: int
    rows: int

    @classmethod
    def read(cls, preset: str) -> Shape:
        """Reads ``src/recurra/presets/lesson/<preset>.toml``."""
        file = tomllib.loads((_FOLDER / f"{preset}.toml").read_text(encoding="utf-8"))
        network = file["network"]
        return cls(
            preset=preset,
            cell=network["cell"],
            hidden=network["hidden"],
            layers=network.get("layers", 1),
            bidirectional=network.get("bidirectional", False),
            embedding=network["embedding"],
            masked=network.get("masked", True),
            batch_size=file["training"]["batch_size"],
            rows=file["text"]["vocabulary_size"],
        )

    @property
    def directions(self) -> tuple[str, ...]:
        """The names of the directions, in Keras's order."""
        return ("forward", "backward") if self.bidirectional else ("forward",)


def build(
    shape: Shape, *, rows: int, seed: int, dtype: str = "float32", optimiser: str | keras.optimizers.Optimizer = "adam"
) -> keras.Model:
    """The network as the lesson writes it, compiled as the lesson compiles it.

    Args:
        shape: of a preset.
        rows: of the embedding.
        seed: of Keras's initialisers.
        dtype: of weights and computation.
        optimiser: Keras's default Adam, or one of your own.
    """
    keras.utils.set_random_seed(seed)
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    model = keras.Sequential([keras.Input((None,), dtype="int32")])
    model.add(keras.layers.Embedding(rows, shape.embedding, mask_zero=shape.masked))
    for layer in range(shape.layers):
        cell = _CELLS[shape.cell](shape.hidden, return_sequences=layer < shape.layers - 1)
        model.add(keras.layers.Bidirectional(cell) if shape.bidirectional else cell)
    model.add(keras.layers.Dense(CLASSES, activation="softmax"))
    # XLA would reorder sums from one CPU to the next; nothing else of Keras's defaults is changed.
    model.compile(optimizer=optimiser, loss="sparse_categorical_crossentropy", jit_compile=False)
    return model


def get_weights(model: keras.Model, shape: Shape) -> dict[str, np.ndarray]:
    """Keras's weights under Recurra's names; its gate orders (LSTM i, f, c, o and GRU z, r, h) are Recurra's too."""
    arrays = iter(model.get_weights())
    weights = {"embedding": next(arrays)}
    for layer in range(shape.layers):
        for direction in shape.directions:
            name = f"layers.{layer}.{direction}"
            weights[f"{name}.W_I"], weights[f"{name}.W_H"], bias = next(arrays), next(arrays), next(arrays)
            if shape.cell == "gru":  # reset_after: a row for the input product, a row for the recurrent one
                weights[f"{name}.b"], weights[f"{name}.b_H"] = bias
            else:
                weights[f"{name}.b"] = bias
    weights["W_O"], weights["b_O"] = arrays
    return weights


def set_weights(model: keras.Model, shape: Shape, weights: dict[str, np.ndarray]) -> None:
    """The inverse of :func:`get_weights`."""
    arrays: list[Any] = [weights["embedding"]]
    for layer in range(shape.layers):
        for direction in shape.directions:
            name = f"layers.{layer}.{direction}"
            bias = weights[f"{name}.b"]
            if shape.cell == "gru":
                bias = np.stack([bias, weights[f"{name}.b_H"]])
            arrays += [weights[f"{name}.W_I"], weights[f"{name}.W_H"], bias]
    model.set_weights([*arrays, weights["W_O"], weights["b_O"]])
