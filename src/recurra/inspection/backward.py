"""A trained network in float64 with its gradient: back-propagation through time, written out with NumPy.

It needs no deep-learning framework, and reads K documents of the same length side by side. It starts from the first
layer's products W_I·x and not from words: attribution moves them along a path, and what it asks is their gradient.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from recurra.inspection.pooling import pool, pool_gradient
from recurra.inspection.step_gradients import StepGradient, step_gradient_of
from recurra.networks.settings import NetworkSettings
from recurra.networks.shapes import DIRECTIONS
from recurra.runtime.trace import Steps, at_once, product, run_layers

__all__ = ["Differentiable", "Gradients", "Passed"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Passed:
    """A forward pass.

    Attributes:
        layers: what each direction of each layer computed.
        states: [T, K, D], the top layer's, both directions joined.
        logits: [K, C].
    """

    layers: list[list[Steps]]
    states: Array
    logits: Array


@dataclass(frozen=True, eq=False)
class Gradients:
    """Of a score of each document, all ways included.

    Attributes:
        products: by the first layer's products, for each direction [T, K, G·H].
        hidden: by the top layer's hidden states, for each direction [T, K, H].
        cell: by its cell states, likewise; ``None`` for cells without one.
    """

    products: list[Array]
    hidden: list[Array]
    cell: list[Array] | None


class Differentiable:
    """A network to be differentiated.

    Args:
        settings: its shape.
        tensors: its weights, by the names of :func:`recurra.networks.shapes.weight_shapes`.

    Raises:
        SettingsError: the gradient of its cell is not known.
    """

    def __init__(self, settings: NetworkSettings, tensors: Mapping[str, npt.NDArray[np.float32]]) -> None:
        self.settings = settings
        # The embedding is large, and is read only through the products.
        self.weights = {name: array.astype(np.float64) for name, array in tensors.items() if name != "embedding"}
        self._step: StepGradient = step_gradient_of(settings.cell)

    def forward(self, products: Sequence[Array], *, known: tuple[Passed, int, int] | None = None) -> Passed:
        """Reads K documents of T tokens.

        Args:
            products: W_I·x of the first layer, for each direction [T, K, G·H].
            known: the pass of one document from which all differ only between two tokens, the second left out.
        """
        changed = None if known is None else (known[0].layers[0], known[1], known[2])
        layers = run_layers(self.settings, self.weights, products, changed=changed)
        states = np.concatenate([steps.hidden for steps in layers[-1]], axis=2)
        pooled = pool(self.settings, self.weights, states)
        return Passed(layers, states, pooled @ self.weights["W_O"] + self.weights["b_O"])

    def backward(self, passed: Passed, d_logits: Array) -> Gradients:
        """The gradients of a score.

        Args:
            passed: of :meth:`forward`.
            d_logits: [K, C], the score's gradient by the logits.
        """
        H, names = self.settings.hidden, DIRECTIONS[: self.settings.directions]
        d_states = pool_gradient(self.settings, self.weights, passed.states, d_logits @ self.weights["W_O"].T)
        top: tuple[list[Array], list[Array]] = ([], [])
        products: list[Array] = []
        for layer in range(self.settings.layers - 1, -1, -1):
            prefixes = [f"layers.{layer}.{direction}." for direction in names]
            found = at_once(
                [
                    partial(self._through_time, prefix, steps, d_states[:, :, place * H : (place + 1) * H])
                    for place, (prefix, steps) in enumerate(zip(prefixes, passed.layers[layer], strict=True))
                ]
            )
            products, d_below = [drive for drive, _, _ in found], np.zeros(())
            for prefix, (drive, hidden, cell) in zip(prefixes, found, strict=True):
                if layer == self.settings.layers - 1:
                    top[0].append(hidden)
                    top[1].extend([] if cell is None else [cell])
                if layer:
                    d_below = d_below + product(drive, self.weights[prefix + "W_I"].T)
            d_states = d_below
        return Gradients(products, top[0], top[1] or None)

    def _through_time(self, prefix: str, steps: Steps, d_outer: Array) -> tuple[Array, Array, Array | None]:
        """The gradients by a direction's drive, hidden and cell states.

        Args:
            prefix: of its weights' names.
            steps: what it computed.
            d_outer: [T, K, H], by its hidden states, from the layers above alone.
        """
        W_H, b_H = self.weights[prefix + "W_H"], self.weights.get(prefix + "b_H")
        count, zeros = len(steps.hidden), np.zeros(steps.hidden.shape[1:])
        d_drive, d_hidden = np.empty_like(steps.gates), np.empty_like(steps.hidden)
        d_cells = None if steps.cell is None else np.empty_like(steps.cell)
        carried, carried_cell = zeros, zeros
        backwards = prefix.endswith("backward.")
        for t in range(count) if backwards else range(count - 1, -1, -1):
            past = t + 1 if backwards else t - 1
            begins = not 0 <= past < count
            hidden = zeros if begins else steps.hidden[past]
            d_hidden[t] = d_outer[t] + carried
            cell = d_cell = None
            if steps.cell is not None and d_cells is not None:
                cell = zeros if begins else steps.cell[past]
                o, tanh_c = steps.gates[t, :, -len(W_H) :], np.tanh(steps.cell[t])
                d_cells[t] = d_cell = carried_cell + d_hidden[t] * o * (1 - tanh_c * tanh_c)
            before = self._step(d_hidden[t], d_cell, steps.gates[t], hidden, cell, W_H, b_H)
            d_drive[t], carried = before.drive, before.hidden
            if before.cell is not None:
                carried_cell = before.cell
        return d_drive, d_hidden, d_cells
