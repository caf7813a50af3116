"""Mean ablation: a network in which chosen units have their mean activation, whatever is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged
from recurra.bundle import Bundle
from recurra.cells import Cell, cell_named
from recurra.inspection.trajectories import Trajectory, trajectories
from recurra.networks.shapes import DIRECTIONS
from recurra.runtime.finite import checked_finite
from recurra.runtime.pooling import pool

__all__ = ["MeanStates", "Unit", "ablate", "mean_states"]

Array = npt.NDArray[np.float32]


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


class MeanStates(NamedTuple):
    """Mean activations, as seen by what reads the units.

    Attributes:
        states: float32[H] by (layer, direction), the mean of h over all tokens, which the recurrence and the layer
            above read.
        pooled: float32[P], the mean over documents of what the output reads.
    """

    states: dict[tuple[int, str], Array]
    pooled: Array


def mean_states(bundle: Bundle, documents: Ragged) -> MeanStates:
    """Mean activations over documents.

    Args:
        bundle: a trained model.
        documents: the ids of one or more documents.
    """
    states, top = {}, []
    for one in trajectories(bundle, documents):
        tokens = max(len(one.hidden), 1)
        states[one.layer, one.direction] = (one.hidden.sum(axis=0, dtype=np.float64) / tokens).astype(np.float32)
        if one.layer == bundle.network.layers - 1:
            top.append(one)
    return MeanStates(states, pooled_states(bundle, top).mean(axis=0, dtype=np.float64).astype(np.float32))


def pooled_states(bundle: Bundle, top: Sequence[Trajectory]) -> Array:
    """What the output layer reads, float32[B, P]; zero for an empty document.

    Args:
        bundle: the model.
        top: all directions of its top layer.
    """
    states = np.concatenate([one.hidden for one in top], axis=1)
    return checked_finite(pool(bundle.network, bundle.tensors, states, top[0].offsets), "pooled state")


def ablate(bundle: Bundle, units: Sequence[Unit], means: MeanStates) -> Bundle:
    """The same network with some units ablated.

    An ablated unit's h is a constant from the first word on, and the weights of everything that reads it (the
    recurrence, the layer above, attention, the output) are scaled so that each reads the unit's mean. An LSTM's c acts
    only through h, so it has no effect any more. The result is an ordinary network, as fast as before.

    Args:
        bundle: a trained model.
        units: the units, ablated together.
        means: the result of :func:`mean_states`.

    Returns:
        A new model; ``bundle`` is not changed.
    """
    settings, cell = bundle.network, cell_named(bundle.network.cell)
    tensors, level = dict(bundle.tensors), np.float32(cell.held_state)
    for unit in units:
        prefix = f"layers.{unit.layer}.{unit.direction}"
        _hold(tensors, prefix, cell, unit.number, settings.hidden)
        share = means.states[unit.layer, unit.direction][unit.number] / level
        if cell.recurrent_weights:
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
            _scale(tensors, "W_O", row, means.pooled[row] / level)
    return replace(bundle, tensors=tensors)


def _hold(tensors: dict[str, Array], prefix: str, cell: Cell, unit: int, hidden: int) -> None:
    """Makes a unit's state constant: its input weights are zero, and its biases saturate the gates."""
    for block, gate in enumerate(cell.gates):
        if gate.held is None:
            continue
        for name in ("W_I", "W_H", "b", "b_H"):
            if f"{prefix}.{name}" in tensors:
                weights = tensors[f"{prefix}.{name}"].copy()
                column = unit if name == "W_H" and cell.diagonal_weights else block * hidden + unit
                weights[..., column] = gate.held if name == "b" else 0
                tensors[f"{prefix}.{name}"] = weights


def _scale(tensors: dict[str, Array], name: str, row: int, share: np.float32) -> None:
    weights = tensors[name].copy()
    # An overflow leads to answers that are not finite, which the network reports.
    with np.errstate(over="ignore"):
        weights[row] *= share
    tensors[name] = weights
