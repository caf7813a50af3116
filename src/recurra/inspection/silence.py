"""A network in which units say nothing: each gives its mean, whatever it reads (mean ablation)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged
from recurra.bundle import Bundle
from recurra.cells import cell_named
from recurra.inspection.trajectories import Trajectory, trajectories
from recurra.networks.shapes import DIRECTIONS

__all__ = ["Means", "Unit", "means_of", "silenced"]

Array = npt.NDArray[np.float32]

# A gate's pre-activation at which float32's sigmoid and tanh are 0 and 1 as good as exactly; at more, the kernels'
# products of powers could overflow.
SATURATED = np.float32(20.0)
# What opens or shuts each gate so that a unit's h is the same number after every word.
GATES = {
    "lstm": {"i": SATURATED, "f": -SATURATED, "g": SATURATED, "o": SATURATED},
    "gru": {"z": -SATURATED, "h": SATURATED},
    "gru_reset_before": {"z": -SATURATED, "h": SATURATED},
    "simple_rnn": {"h": SATURATED},
}
# That number: h = 1 · tanh(1 · 1) in an LSTM, tanh's limit elsewhere.
LEVEL = {"lstm": math.tanh(1.0), "gru": 1.0, "gru_reset_before": 1.0, "simple_rnn": 1.0}


class Unit(NamedTuple):
    """A unit of a network.

    Attributes:
        layer: from 0.
        direction: ``forward`` or ``backward``.
        number: its place in the state, from 0.
    """

    layer: int
    direction: str
    number: int


class Means(NamedTuple):
    """What those that read the units see on average.

    Attributes:
        states: float32[H] by (layer, direction), the mean of h over all tokens, which the recurrence and the layer
            above read.
        pooled: float32[P], the mean over documents of what the output reads.
    """

    states: dict[tuple[int, str], Array]
    pooled: Array


def means_of(bundle: Bundle, documents: Ragged) -> Means:
    """Means over documents.

    Args:
        bundle: a trained model.
        documents: the ids of one document or more.
    """
    states, top = {}, []
    for one in trajectories(bundle, documents):
        tokens = max(len(one.hidden), 1)
        states[one.layer, one.direction] = (one.hidden.sum(axis=0, dtype=np.float64) / tokens).astype(np.float32)
        if one.layer == bundle.network.layers - 1:
            top.append(one)
    return Means(states, pooled_states(bundle, top).mean(axis=0, dtype=np.float64).astype(np.float32))


def pooled_states(bundle: Bundle, top: Sequence[Trajectory]) -> Array:
    """What the output layer reads, float32[B, P]; zero for an empty document.

    Args:
        bundle: the model.
        top: all directions of its top layer.
    """
    offsets = top[0].offsets
    states = np.concatenate([one.hidden for one in top], axis=1)
    # An empty document's sums and maxima are over nothing; reduceat would take the next one's first state.
    some = np.flatnonzero(offsets[1:] > offsets[:-1])
    pooled = np.zeros((len(offsets) - 1, bundle.network.pooled_size), dtype=np.float32)
    if not len(some):
        return pooled
    begins, lengths = offsets[:-1][some], (offsets[1:] - offsets[:-1])[some, None]
    width = bundle.network.state_size
    for place, name in enumerate(bundle.network.pooling):
        if name == "last":
            part = np.concatenate([one.hidden[one.last[some]] for one in top], axis=1)
        elif name == "max":
            part = np.maximum.reduceat(states, begins, axis=0)
        elif name == "mean":
            part = np.add.reduceat(states, begins, axis=0) / lengths
        else:
            W, b, v = (bundle.tensors[f"attention.{one}"] for one in "Wbv")
            scores = np.tanh(states @ W + b) @ v
            highest = np.maximum.reduceat(scores, begins)
            powers = np.exp(scores - np.repeat(highest, lengths[:, 0]))
            shares = powers / np.repeat(np.add.reduceat(powers, begins), lengths[:, 0])
            part = np.add.reduceat(shares[:, None] * states, begins, axis=0)
        pooled[some, place * width : (place + 1) * width] = part
    return pooled


def silenced(bundle: Bundle, units: Sequence[Unit], means: Means) -> Bundle:
    """The same network with units that give their means.

    From its first word on, a silenced unit's h is a constant, and the weights of all that read it (the recurrence, the
    layer above, attention, the output) are scaled so that each reads the mean of what it used to. An LSTM's c acts
    through h alone, so nothing of it is heard any more. It stays an ordinary network, as fast as before.

    Args:
        bundle: a trained model.
        units: which ones; they are silenced together.
        means: of :func:`means_of`.
    """
    settings = bundle.network
    tensors = dict(bundle.tensors)
    for unit in units:
        prefix = f"layers.{unit.layer}.{unit.direction}"
        _hold(tensors, prefix, settings.cell, unit.number, settings.hidden)
        share = means.states[unit.layer, unit.direction][unit.number] / np.float32(LEVEL[settings.cell])
        _scale(tensors, f"{prefix}.W_H", unit.number, share)
        place = DIRECTIONS.index(unit.direction) * settings.hidden + unit.number
        if unit.layer < settings.layers - 1:
            for direction in DIRECTIONS[: settings.directions]:
                _scale(tensors, f"layers.{unit.layer + 1}.{direction}.W_I", place, share)
            continue
        if "attention" in settings.pooling:
            _scale(tensors, "attention.W", place, share)
        for number in range(len(settings.pooling)):
            row = number * settings.state_size + place
            _scale(tensors, "W_O", row, means.pooled[row] / np.float32(LEVEL[settings.cell]))
    return replace(bundle, tensors=tensors)


def _hold(tensors: dict[str, Array], prefix: str, cell: str, unit: int, hidden: int) -> None:
    """Makes a unit's state a constant: nothing is read, and the gates stand where they give it.

    A GRU's reset gate stays, for it only decides what of the others' states the candidate sees.
    """
    for block, gate in enumerate(cell_named(cell).gates):
        if gate in GATES[cell]:
            column = block * hidden + unit
            for name in ("W_I", "W_H", "b", "b_H"):
                if f"{prefix}.{name}" in tensors:
                    weights = tensors[f"{prefix}.{name}"].copy()
                    weights[..., column] = GATES[cell][gate] if name == "b" else 0
                    tensors[f"{prefix}.{name}"] = weights


def _scale(tensors: dict[str, Array], name: str, row: int, share: np.float32) -> None:
    weights = tensors[name].copy()
    weights[row] *= share
    tensors[name] = weights
