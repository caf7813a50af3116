"""Facts about the weights that Keras draws for the lesson's networks at their real sizes."""

from __future__ import annotations

from typing import Any

import numpy as np
from networks import Shape, build, get_weights


def make(shape: Shape, *, seed: int) -> dict[str, dict[str, Any]]:
    """Statistics of each weight array by its name.

    ``orthogonality`` is the largest entry of ``|W_H W_Hᵀ - I|`` for the whole [H, G·H] matrix; ``gate_orthogonality``
    the same for the first gate's [H, H] alone, which is far from 0 where there are several gates: Keras draws the
    joined matrix. Biases are listed by gate, since each gate's are all alike.
    """
    weights = get_weights(build(shape, rows=shape.rows, seed=seed), shape)
    return {name: _facts(name, array, shape.hidden) for name, array in weights.items()}


def _facts(name: str, array: np.ndarray, hidden: int) -> dict[str, Any]:
    facts: dict[str, Any] = {"shape": list(array.shape)}
    if name == "b_O":
        return facts | {"values": sorted(set(array.tolist()))}
    if array.ndim == 1:
        gates = array.reshape(-1, hidden)
        if np.ptp(gates, axis=1).any():
            raise ValueError(f"Keras drew {name} with different values within a gate.")
        return facts | {"gates": gates[:, 0].tolist()}
    facts |= {
        "min": float(array.min()),
        "max": float(array.max()),
        "mean": float(array.mean()),
        "std": float(array.std()),
    }
    if name.endswith("W_H"):
        facts["orthogonality"] = _distance(array)
        facts["gate_orthogonality"] = _distance(array[:, :hidden])
    elif name != "embedding":
        facts["glorot_limit"] = float(np.sqrt(6 / sum(array.shape)))
    return facts


def _distance(matrix: np.ndarray) -> float:
    exact = matrix.astype(np.float64)
    return float(np.abs(exact @ exact.T - np.eye(len(exact))).max())
