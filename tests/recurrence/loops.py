"""The lesson's formulas, one document at a time in NumPy's float64: an oracle that shares no code with the engines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

GATES = {
    "simple_rnn": "h",
    "gru": "zrh",
    "gru_reset_before": "zrh",
    "lstm": "ifgo",
    "sru": "frgx",
    "min_gru": "zh",
    "min_lstm": "ifh",
}


@dataclass(frozen=True)
class Read:
    """One document: a row a word, in the order of the text."""

    hidden: Array
    cell: Array
    gates: Array


def read_document(
    cell: str, words: Array, weights: Mapping[str, Array], h: Array, c: Array, *, backwards: bool = False
) -> Read:
    """Reads the words of one document.

    Args:
        cell: its name.
        words: [T, I].
        weights: ``W_I``, ``b``, for most cells ``W_H``, and for ``gru`` ``b_H``.
        h: [H], hidden state before the first word that is read.
        c: [H], cell state before it.
        backwards: read from the last word to the first.
    """
    names, size = GATES[cell], len(h)

    def block(name: str, gate: str) -> Array:
        place = names.index(gate)
        return weights[name][..., place * size : (place + 1) * size]

    rows: list[Any] = [None] * len(words)
    for t in reversed(range(len(words))) if backwards else range(len(words)):
        x, h0 = words[t], h
        W_I, b = ({gate: block(name, gate) for gate in names} for name in ("W_I", "b"))
        d = {gate: x @ W_I[gate] + b[gate] for gate in names}
        if cell == "sru":
            v_f, v_r = weights["W_H"]
            gates = {"f": sigmoid(d["f"] + v_f * c), "r": sigmoid(d["r"] + v_r * c), "g": d["g"], "x": d["x"]}
            c = gates["f"] * c + (1 - gates["f"]) * d["g"]
            h = gates["r"] * c + (1 - gates["r"]) * d["x"]
        elif cell == "min_gru":
            gates = {"z": sigmoid(d["z"]), "h": d["h"]}
            h = gates["z"] * h0 + (1 - gates["z"]) * d["h"]
        elif cell == "min_lstm":
            gates = {"i": sigmoid(d["i"]), "f": sigmoid(d["f"]), "h": d["h"]}
            h = (gates["f"] * h0 + gates["i"] * d["h"]) / (gates["f"] + gates["i"])
        else:
            h, c, gates = _with_products(cell, d, h0, c, block)
        rows[t] = (h, c, np.concatenate([gates[gate] for gate in names]))
    widths = (size, size, size * len(names))
    return Read(*(np.array([row[k] for row in rows]).reshape(len(words), width) for k, width in enumerate(widths)))


def _with_products(
    cell: str, d: dict[str, Array], h0: Array, c: Array, block: Callable[[str, str], Array]
) -> tuple[Array, Array, dict[str, Array]]:
    W_H = {gate: block("W_H", gate) for gate in d}
    if cell == "simple_rnn":
        gates = {"h": np.tanh(h0 @ W_H["h"] + d["h"])}
        return gates["h"], c, gates
    if cell == "lstm":
        a = {gate: d[gate] + h0 @ W_H[gate] for gate in d}
        gates = {gate: np.tanh(a[gate]) if gate == "g" else sigmoid(a[gate]) for gate in d}
        c = gates["f"] * c + gates["i"] * gates["g"]
        return gates["o"] * np.tanh(c), c, gates
    b_H = {gate: block("b_H", gate) if cell == "gru" else np.zeros(len(h0)) for gate in d}
    z = sigmoid(d["z"] + h0 @ W_H["z"] + b_H["z"])
    r = sigmoid(d["r"] + h0 @ W_H["r"] + b_H["r"])
    recurrent = r * (h0 @ W_H["h"] + b_H["h"]) if cell == "gru" else (r * h0) @ W_H["h"]
    n = np.tanh(d["h"] + recurrent)
    return z * h0 + (1 - z) * n, c, {"z": z, "r": r, "h": n}


def sigmoid(a: Array) -> Array:
    return 1 / (1 + np.exp(-a))


def packed_places(lengths: Sequence[int]) -> list[tuple[int, int]]:
    """(document, step) of each packed row, for documents that stand by falling length."""
    assert list(lengths) == sorted(lengths, reverse=True)
    return [(k, t) for t in range(max(lengths, default=0)) for k, length in enumerate(lengths) if t < length]
