"""Every state of a network, document by document in float64, from the lesson's formulas; units may be held still."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from plain_oracle import STEPS, attend


def states(
    ids: list[int], bundle: Any, held: dict[tuple[int, str, int], float] | None = None
) -> dict[tuple[int, str], list[tuple[Any, Any]]]:
    """(h, c) after each token by (layer, direction); a held unit's h is what those that read it are told it is."""
    network, held = bundle.network, held or {}
    weights = {name: np.asarray(array, np.float64) for name, array in bundle.tensors.items()}
    if not network.masked:
        ids = ids + [0] * (bundle.pad_to - len(ids))
    xs = [weights["embedding"][token] for token in ids]
    found: dict[tuple[int, str], list[tuple[Any, Any]]] = {}
    for layer in range(network.layers):
        joined = []
        for direction in ("forward", "backward")[: network.directions]:
            w = {name.rsplit(".", 1)[1]: a for name, a in weights.items() if f"layers.{layer}.{direction}." in name}
            h, c, read = np.zeros(network.hidden), np.zeros(network.hidden), []
            for x in xs if direction == "forward" else xs[::-1]:
                h, c = STEPS[network.cell](x, h, c, w)
                for (where, way, unit), value in held.items():
                    if (where, way) == (layer, direction):
                        h = h.copy()
                        h[unit] = value
                read.append((h, c))
            found[layer, direction] = read if direction == "forward" else read[::-1]
            joined.append([h for h, _ in found[layer, direction]])
        xs = [np.concatenate(parts) for parts in zip(*joined, strict=True)]
    return found


def pooled(found: dict[tuple[int, str], list[tuple[Any, Any]]], bundle: Any) -> Any:
    """What the output reads."""
    network = bundle.network
    weights = {name: np.asarray(array, np.float64) for name, array in bundle.tensors.items()}
    top = [[h for h, _ in found[network.layers - 1, way]] for way in ("forward", "backward")[: network.directions]]
    if not top[0]:
        return np.zeros(network.pooled_size)
    xs = [np.concatenate(parts) for parts in zip(*top, strict=True)]
    parts = {
        "last": lambda: np.concatenate([top[0][-1], *(way[0] for way in top[1:])]),
        "max": lambda: np.max(xs, axis=0),
        "mean": lambda: sum(xs) / len(xs),
        "attention": lambda: attend(xs, weights),
    }
    return np.concatenate([parts[name]() for name in network.pooling])


def softmax(vector: Any, bundle: Any) -> Any:
    logits = vector @ np.asarray(bundle.tensors["W_O"], np.float64) + bundle.tensors["b_O"]
    powers = np.array([math.exp(x - max(logits)) for x in logits])
    return powers / powers.sum()
