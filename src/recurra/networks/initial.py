"""Initial weights, with Keras's rules."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from recurra.cells import cell_named
from recurra.networks.settings import NetworkSettings
from recurra.networks.shapes import weight_shapes

__all__ = ["glorot_uniform", "initial_weights", "orthogonal"]

Array = npt.NDArray[np.float32]


def glorot_uniform(shape: tuple[int, int], generator: np.random.Generator) -> Array:
    """Uniform in ±sqrt(6 / (rows + columns)) (Glorot and Bengio 2010)."""
    limit = math.sqrt(6 / sum(shape))
    return generator.uniform(-limit, limit, shape).astype(np.float32)


def orthogonal(shape: tuple[int, int], generator: np.random.Generator) -> Array:
    """A matrix whose shorter side is orthonormal (Saxe et al. 2014, arXiv 1312.6120)."""
    tall = generator.standard_normal((max(shape), min(shape)))
    q, r = np.linalg.qr(tall)
    # QR does not determine the sign of each column; fixing it makes the draw uniform over orthogonal matrices.
    q *= np.sign(np.diag(r))
    return (q if shape[0] >= shape[1] else q.T).astype(np.float32)


def initial_weights(settings: NetworkSettings, *, rows: int, classes: int, seed: int) -> dict[str, Array]:
    """Draws every weight of a network.

    Input weights and diagonals are Glorot-uniform and recurrent weights orthogonal, both drawn for the fused [·, G·H]
    matrix and not gate by gate; biases are ``first_bias`` of the cell's gates, 1 for the forget gates of LSTM and
    minLSTM and otherwise 0; the embedding is uniform in ±0.05.

    Args:
        settings: the network's shape.
        rows: number of tokens that the network knows, including the two special ones.
        classes: number of classes.
        seed: of the draw.

    Returns:
        Arrays by the names of :func:`recurra.networks.shapes.weight_shapes`.
    """
    generator = np.random.default_rng(seed)
    cell = cell_named(settings.cell)
    weights: dict[str, Array] = {}
    for name, shape in weight_shapes(settings, rows=rows, classes=classes).items():
        if name == "embedding":
            weights[name] = generator.uniform(-0.05, 0.05, shape).astype(np.float32)
        elif name == "attention.v":
            weights[name] = glorot_uniform((shape[0], 1), generator)[:, 0]
        elif len(shape) == 1:
            weights[name] = np.zeros(shape, dtype=np.float32)
            if name.endswith(".b") and name.startswith("layers."):
                weights[name][:] = np.repeat([gate.first_bias for gate in cell.gates], settings.hidden)
        elif name.endswith("W_H") and cell.recurrent_weights:
            weights[name] = orthogonal((shape[0], shape[1]), generator)
        else:
            weights[name] = glorot_uniform((shape[0], shape[1]), generator)
    return weights
