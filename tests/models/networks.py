"""Small networks with random weights everywhere, biases too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.models.network import Network
from recurra.networks.settings import NetworkSettings
from recurra.networks.shapes import weight_shapes

ROWS, CLASSES = 11, 3
CELLS = ("simple_rnn", "gru", "gru_reset_before", "lstm", "sru", "min_gru", "min_lstm")
JOINED = ("last", "max", "mean", "attention")


def random_weights(
    settings: NetworkSettings, *, seed: int = 0, dtype: type[np.floating] = np.float64
) -> dict[str, npt.NDArray[np.floating]]:
    rng = np.random.default_rng(seed)
    shapes = weight_shapes(settings, rows=ROWS, classes=CLASSES)
    return {
        # Recurrent weights small enough that 500 steps do not turn a rounding into another answer.
        name: rng.normal(0, 0.4 if name.endswith("W_H") else 0.8, shape).astype(dtype)
        for name, shape in shapes.items()
    }


def network(
    weights: dict[str, npt.NDArray[np.floating]] | None = None,
    *,
    engine: str = "auto",
    dtype: type[np.floating] = np.float64,
    **settings: Any,
) -> Network:
    """In evaluation mode, with seeded dropout masks."""
    shape = NetworkSettings(**{"hidden": 3, "embedding": 4, **settings})
    built = Network(shape, weights or random_weights(shape, dtype=dtype), engine=engine)
    built.place("cpu", seed=0)
    built.eval()
    return built


def random_documents(lengths: Sequence[int], *, seed: int = 0) -> list[list[int]]:
    rng = np.random.default_rng(seed)
    return [rng.integers(0, ROWS, length).tolist() for length in lengths]
