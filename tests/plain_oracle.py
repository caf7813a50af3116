"""The network written down document by document in float64, from the lesson's formulas alone: no packing, no batches.

Shares nothing with the package but the names of the weights in the model file.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]


def sigmoid(a: Vector) -> Vector:
    return np.array([1 / (1 + math.exp(-x)) if x > -700 else 0.0 for x in a])


def simple_rnn(x: Vector, h: Vector, c: Vector, w: dict[str, Vector]) -> tuple[Vector, Vector]:
    return np.tanh(x @ w["W_I"] + w["b"] + h @ w["W_H"]), c


def lstm(x: Vector, h: Vector, c: Vector, w: dict[str, Vector]) -> tuple[Vector, Vector]:
    i, f, g, o = np.split(x @ w["W_I"] + h @ w["W_H"] + w["b"], 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def gru(x: Vector, h: Vector, c: Vector, w: dict[str, Vector]) -> tuple[Vector, Vector]:
    dz, dr, dh = np.split(x @ w["W_I"] + w["b"], 3)
    uz, ur, uh = np.split(h @ w["W_H"] + w["b_H"], 3)
    z, r = sigmoid(dz + uz), sigmoid(dr + ur)
    return z * h + (1 - z) * np.tanh(dh + r * uh), c


def gru_reset_before(x: Vector, h: Vector, c: Vector, w: dict[str, Vector]) -> tuple[Vector, Vector]:
    dz, dr, dh = np.split(x @ w["W_I"] + w["b"], 3)
    Wz, Wr, Wh = np.split(w["W_H"], 3, axis=1)
    z, r = sigmoid(dz + h @ Wz), sigmoid(dr + h @ Wr)
    return z * h + (1 - z) * np.tanh(dh + (r * h) @ Wh), c


def mgu(x: Vector, h: Vector, c: Vector, w: dict[str, Vector]) -> tuple[Vector, Vector]:
    df, dh = np.split(x @ w["W_I"] + w["b"], 2)
    Wf, Wh = np.split(w["W_H"], 2, axis=1)
    f = sigmoid(df + h @ Wf)
    return (1 - f) * h + f * np.tanh(dh + (f * h) @ Wh), c


def t_rnn(x: Vector, h: Vector, c: Vector, w: dict[str, Vector]) -> tuple[Vector, Vector]:
    df, dh = np.split(x @ w["W_I"] + w["b"], 2)
    f = sigmoid(df)
    return f * h + (1 - f) * dh, c


def sru(x: Vector, h: Vector, c: Vector, w: dict[str, Vector]) -> tuple[Vector, Vector]:
    df, dr, dg, dx = np.split(x @ w["W_I"] + w["b"], 4)
    f, r = sigmoid(df + w["W_H"][0] * c), sigmoid(dr + w["W_H"][1] * c)
    c = f * c + (1 - f) * dg
    return r * c + (1 - r) * dx, c


def min_gru(x: Vector, h: Vector, c: Vector, w: dict[str, Vector]) -> tuple[Vector, Vector]:
    dz, dh = np.split(x @ w["W_I"] + w["b"], 2)
    # The paper's update gate, which lets the candidate in.
    new = sigmoid(-dz)
    return (1 - new) * h + new * dh, c


def min_lstm(x: Vector, h: Vector, c: Vector, w: dict[str, Vector]) -> tuple[Vector, Vector]:
    di, df, dh = np.split(x @ w["W_I"] + w["b"], 3)
    # f / (f + i), from logarithms: both may be too small for a number.
    kept = sigmoid(np.logaddexp(0, -di) - np.logaddexp(0, -df))
    return kept * h + (1 - kept) * dh, c


STEPS = {
    "simple_rnn": simple_rnn,
    "lstm": lstm,
    "sru": sru,
    "min_gru": min_gru,
    "min_lstm": min_lstm,
    "gru": gru,
    "gru_reset_before": gru_reset_before,
    # Cells of the tests' own: tests/cells/own_cells.py.
    "mgu": mgu,
    "t_rnn": t_rnn,
}


def probabilities(ids: list[int], network: Any, pad_to: int | None, tensors: dict[str, Any]) -> Vector:
    """The class probabilities of one document."""
    weights = {name: np.asarray(array, np.float64) for name, array in tensors.items()}
    if not network.masked:
        ids = ids + [0] * (pad_to - len(ids))
    if network.input == "one_hot":
        rows = len(weights["layers.0.forward.W_I"])
        xs = [np.array([float(i == token) for i in range(rows)]) for token in ids]
    else:
        xs = [weights["embedding"][token] for token in ids]
    ends = []
    for layer in range(network.layers):
        read, ends = [], []
        for direction in ["forward", "backward"][: 1 + network.bidirectional]:
            w = {name.rsplit(".", 1)[1]: a for name, a in weights.items() if f"layers.{layer}.{direction}." in name}
            h, c, states = np.zeros(network.hidden), np.zeros(network.hidden), []
            for x in xs if direction == "forward" else xs[::-1]:
                h, c = STEPS[network.cell](x, h, c, w)
                states.append(h)
            ends.append(h)
            read.append(states if direction == "forward" else states[::-1])
        xs = [np.concatenate(parts) for parts in zip(*read, strict=True)]
    zero = np.zeros(network.hidden * (1 + network.bidirectional))
    pooled = {
        "last": lambda: np.concatenate(ends),
        "max": lambda: np.max(xs, axis=0) if xs else zero,
        "mean": lambda: sum(xs) / len(xs) if xs else zero,
        "attention": lambda: attend(xs, weights) if xs else zero,
    }
    logits = np.concatenate([pooled[name]() for name in network.pooling]) @ weights["W_O"] + weights["b_O"]
    powers = np.array([math.exp(x - max(logits)) for x in logits])
    return powers / powers.sum()


def attend(xs: list[Vector], weights: dict[str, Vector]) -> Vector:
    scores = [np.tanh(x @ weights["attention.W"] + weights["attention.b"]) @ weights["attention.v"] for x in xs]
    powers = [math.exp(score) for score in scores]
    return sum(power * x for power, x in zip(powers, xs, strict=True)) / sum(powers)
