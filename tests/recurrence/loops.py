"""The lesson's formulas, one document at a time in NumPy's float64: an oracle that shares no code with the engines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

GATES = {"simple_rnn": "h", "gru": "zrh", "gru_reset_before": "zrh", "lstm": "ifgo"}


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
        weights: ``W_I``, ``W_H``, ``b``, and for ``gru`` ``b_H``.
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
        W_I, W_H, b = ({gate: block(name, gate) for gate in names} for name in ("W_I", "W_H", "b"))
        if cell == "simple_rnn":
            gates = {"h": np.tanh(h0 @ W_H["h"] + x @ W_I["h"] + b["h"])}
            h = gates["h"]
        elif cell == "lstm":
            a = {gate: x @ W_I[gate] + h0 @ W_H[gate] + b[gate] for gate in names}
            gates = {gate: np.tanh(a[gate]) if gate == "g" else sigmoid(a[gate]) for gate in names}
            c = gates["f"] * c + gates["i"] * gates["g"]
            h = gates["o"] * np.tanh(c)
        else:
            b_H = {gate: block("b_H", gate) if cell == "gru" else np.zeros(size) for gate in names}
            z = sigmoid(x @ W_I["z"] + b["z"] + h0 @ W_H["z"] + b_H["z"])
            r = sigmoid(x @ W_I["r"] + b["r"] + h0 @ W_H["r"] + b_H["r"])
            recurrent = r * (h0 @ W_H["h"] + b_H["h"]) if cell == "gru" else (r * h0) @ W_H["h"]
            n = np.tanh(x @ W_I["h"] + b["h"] + recurrent)
            gates = {"z": z, "r": r, "h": n}
            h = z * h0 + (1 - z) * n
        rows[t] = (h, c, np.concatenate([gates[gate] for gate in names]))
    widths = (size, size, size * len(names))
    return Read(*(np.array([row[k] for row in rows]).reshape(len(words), width) for k, width in enumerate(widths)))


def sigmoid(a: Array) -> Array:
    return 1 / (1 + np.exp(-a))


def packed_places(lengths: Sequence[int]) -> list[tuple[int, int]]:
    """(document, step) of each packed row, for documents that stand by falling length."""
    assert list(lengths) == sorted(lengths, reverse=True)
    return [(k, t) for t in range(max(lengths, default=0)) for k, length in enumerate(lengths) if t < length]
