"""Back-propagation through time in NumPy and float64, for a trained network.

It needs no deep-learning framework, and reads K documents of the same length side by side. Its input is the first
layer's products W_I·x, not words: attribution moves them along a path and needs their gradient.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recurra.cells import State, cell_named
from recurra.networks.settings import NetworkSettings
from recurra.networks.shapes import DIRECTIONS
from recurra.runtime.forward import DirectionStates, run_layers, single_thread_matmul
from recurra.runtime.pooling import pool, pool_gradient

__all__ = ["DifferentiableNetwork", "ForwardPass", "Gradients"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ForwardPass:
    """A forward pass.

    Attributes:
        layers: the states and gates of each direction of each layer.
        states: [T, K, D], the top layer's, both directions joined.
        logits: [K, C].
    """

    layers: list[list[DirectionStates]]
    states: Array
    logits: Array


@dataclass(frozen=True, eq=False)
class Gradients:
    """Total gradients of one score a document.

    Attributes:
        products: with respect to the first layer's products, for each direction [T, K, G·H].
        hidden: with respect to the top layer's hidden states, for each direction [T, K, H].
        cell: with respect to its cell states, likewise; ``None`` for cells without one.
    """

    products: list[Array]
    hidden: list[Array]
    cell: list[Array] | None


class DifferentiableNetwork:
    """A network with forward and backward pass. Very large weights overflow even in float64: callers check results.

    Args:
        settings: the network's shape.
        tensors: its weights, by the names of :func:`recurra.networks.shapes.weight_shapes`.
    """

    def __init__(self, settings: NetworkSettings, tensors: Mapping[str, npt.NDArray[np.float32]]) -> None:
        self.settings = settings
        # The embedding is large, and is read only through the products.
        self.weights = {name: array.astype(np.float64) for name, array in tensors.items() if name != "embedding"}
        self._cell = cell_named(settings.cell)

    @np.errstate(over="ignore", invalid="ignore")
    def forward(self, products: Sequence[Array], *, known: tuple[ForwardPass, int, int] | None = None) -> ForwardPass:
        """Reads K documents of T tokens.

        Args:
            products: W_I·x of the first layer, for each direction [T, K, G·H].
            known: the pass of one document, and a range of tokens, end excluded, outside of which all K documents are
                the same as that one.
        """
        changed = None if known is None else (known[0].layers[0], known[1], known[2])
        layers = list(run_layers(self.settings, self.weights, products, changed=changed))
        states = np.concatenate([steps.hidden for steps in layers[-1]], axis=2)
        pooled = pool(self.settings, self.weights, *_one_after_another(states))
        return ForwardPass(layers, states, pooled @ self.weights["W_O"] + self.weights["b_O"])

    @np.errstate(over="ignore", invalid="ignore")
    def backward(self, forward_pass: ForwardPass, d_logits: Array) -> Gradients:
        """The gradients of a score.

        Args:
            forward_pass: the result of :meth:`forward`.
            d_logits: [K, C], the score's gradient with respect to the logits.
        """
        H, names = self.settings.hidden, DIRECTIONS[: self.settings.directions]
        flat, offsets = _one_after_another(forward_pass.states)
        d_flat = pool_gradient(self.settings, self.weights, flat, offsets, d_logits @ self.weights["W_O"].T)
        d_states = d_flat.reshape(len(d_logits), -1, flat.shape[1]).swapaxes(0, 1)
        top: tuple[list[Array], list[Array]] = ([], [])
        products: list[Array] = []
        for layer in range(self.settings.layers - 1, -1, -1):
            prefixes = [f"layers.{layer}.{direction}." for direction in names]
            found = [
                self._through_time(prefix, steps, d_states[:, :, place * H : (place + 1) * H])
                for place, (prefix, steps) in enumerate(zip(prefixes, forward_pass.layers[layer], strict=True))
            ]
            products = [projected for projected, _, _ in found]
            d_below: Array | float = 0.0
            for prefix, (projected, hidden, cell) in zip(prefixes, found, strict=True):
                if layer == self.settings.layers - 1:
                    top[0].append(hidden)
                    top[1].extend([] if cell is None else [cell])
                if layer:
                    d_below = d_below + single_thread_matmul(projected, self.weights[prefix + "W_I"].T)
            d_states = np.asarray(d_below)
        return Gradients(products, top[0], top[1] or None)

    @np.errstate(over="ignore", invalid="ignore")
    def _through_time(self, prefix: str, steps: DirectionStates, d_outer: Array) -> tuple[Array, Array, Array | None]:
        """The gradients with respect to a direction's input projection, hidden and cell states.

        Args:
            prefix: prefix of the names of its weights.
            steps: its states and gates.
            d_outer: [T, K, H], the part of the gradient of its hidden states that comes from the layers above.
        """
        W_H, b_H = self.weights.get(prefix + "W_H"), self.weights.get(prefix + "b_H")
        count, zeros = len(steps.hidden), np.zeros(steps.hidden.shape[1:])
        d_products, d_hidden = np.empty_like(steps.gates), np.empty_like(steps.hidden)
        d_cells = None if steps.cell is None else np.empty_like(steps.cell)
        carried: Array = zeros
        carried_cell: Array | None = None if d_cells is None else zeros
        backwards = prefix.endswith("backward.")
        for t in range(count) if backwards else range(count - 1, -1, -1):
            past = t + 1 if backwards else t - 1
            begins = not 0 <= past < count
            hidden = zeros if begins else steps.hidden[past]
            d_hidden[t] = d_outer[t] + carried
            cell = None if steps.cell is None else zeros if begins else steps.cell[past]
            d_state = State(d_hidden[t], carried_cell)
            activations = np.split(steps.gates[t], len(self._cell.gates), axis=1)
            found = self._cell.step_gradient(d_state, activations, State(hidden, cell), W_H, b_H)
            d_products[t], carried = found.projection, found.hidden
            if d_cells is not None:
                d_cells[t], carried_cell = found.cell_after, found.cell
        return d_products, d_hidden, d_cells


def _one_after_another(states: Array) -> tuple[Array, npt.NDArray[np.int64]]:
    """[T, K, D] as [K·T, D], one document after the other, and the documents' offsets, [K + 1]."""
    steps, documents, size = states.shape
    return states.swapaxes(0, 1).reshape(-1, size), np.arange(documents + 1) * steps
