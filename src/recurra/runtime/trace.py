"""Every state and gate of a document, from the cells' own formulas, with NumPy.

The compiled kernels keep a state only while the next one needs it. Here everything is kept, in float64, for K documents
of the same length side by side: one document to look at, or many variants of it to differentiate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import SimpleNamespace
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from recurra.cells import Cell, State, cell_named
from recurra.kernels.threads import run_together
from recurra.networks.settings import NetworkSettings
from recurra.networks.shapes import DIRECTIONS

__all__ = [
    "LayerTrace",
    "Steps",
    "at_once",
    "fitting_documents",
    "product",
    "run_direction",
    "run_layers",
    "trace_of",
    "word_products",
]

Array = npt.NDArray[np.float64]
Value = TypeVar("Value")
Tensors = Mapping[str, npt.NDArray[np.float32]]


# Multiplications in a matrix product up to which OpenBLAS keeps to the calling thread. With more, its threads wait for
# each other at every product, of which a document needs hundreds: milliseconds each on a machine that does other work.
ONE_THREAD = 1 << 18


def _sigmoid(a: Any) -> Any:
    # No power overflows in this form.
    return 0.5 + 0.5 * np.tanh(0.5 * a)


OPS: Any = SimpleNamespace(tanh=np.tanh, sigmoid=_sigmoid)


class Steps(NamedTuple):
    """What one direction of one layer computed.

    Attributes:
        hidden: [T, K, H], the hidden state after each token.
        cell: [T, K, H], the cell state; ``None`` for cells without one.
        gates: [T, K, G·H], the gates' activations in the cell's order.
    """

    hidden: Array
    cell: Array | None
    gates: Array


@dataclass(frozen=True, eq=False)
class LayerTrace:
    """One direction of one layer over the T tokens of a document.

    Attributes:
        layer: its number from the input, 0 first.
        direction: ``forward`` or ``backward``; a backward layer's state at a token has read all that follow it.
        cell: name of the cell.
        h: [T, H], hidden states.
        c: [T, H], cell states, or ``None``.
        gates: [T, H] by gate: i, f, g, o of an LSTM (g is the candidate), z, r, h of a GRU (h is the candidate);
            empty for a SimpleRNN, whose only activation is its state.
    """

    layer: int
    direction: str
    cell: str
    h: Array
    c: Array | None
    gates: dict[str, Array]

    def first(self, tokens: int) -> LayerTrace:
        """The same of the first tokens alone."""
        return replace(
            self,
            h=self.h[:tokens],
            c=None if self.c is None else self.c[:tokens],
            gates={name: gate[:tokens] for name, gate in self.gates.items()},
        )


def product(rows: Array, matrix: Array) -> Array:
    """Rows @ matrix, [..., I] @ [I, O], some rows at a time, so that it stays in this thread."""
    flat = rows.reshape(-1, rows.shape[-1])
    some = max(1, ONE_THREAD // matrix.size)
    if len(flat) <= some:
        return np.asarray(rows @ matrix)
    outputs = np.empty((len(flat), matrix.shape[1]))
    for first in range(0, len(flat), some):
        np.matmul(flat[first : first + some], matrix, out=outputs[first : first + some])
    return outputs.reshape(*rows.shape[:-1], -1)


def fitting_documents(settings: NetworkSettings) -> int:
    """How many documents side by side keep the products with W_H in one thread; 1 at least."""
    gates = len(cell_named(settings.cell).gates)
    return max(1, ONE_THREAD // (gates * settings.hidden**2))


def word_products(settings: NetworkSettings, tensors: Tensors, ids: npt.NDArray[np.int32]) -> list[Array]:
    """W_I·x of the first layer, without its bias: for each direction [T, G·H].

    Args:
        settings: the network's shape.
        tensors: its weights.
        ids: int32[T], tokens.
    """
    products = []
    for direction in DIRECTIONS[: settings.directions]:
        W_I = tensors[f"layers.0.{direction}.W_I"]
        if settings.input == "one_hot":
            products.append(W_I[ids].astype(np.float64))
        else:
            products.append(product(tensors["embedding"][ids].astype(np.float64), W_I.astype(np.float64)))
    return products


def at_once(tasks: Sequence[Callable[[], Value]]) -> list[Value]:
    """What some tasks give, in their order: directions of a layer know nothing of each other."""
    found: dict[int, Value] = {}

    def run(place: int, task: Callable[[], Value]) -> None:
        found[place] = task()

    run_together([partial(run, place, task) for place, task in enumerate(tasks)])
    return [found[place] for place in range(len(tasks))]


def run_layers(
    settings: NetworkSettings,
    weights: Mapping[str, Array],
    products: Sequence[Array],
    *,
    changed: tuple[Sequence[Steps], int, int] | None = None,
) -> list[list[Steps]]:
    """Every layer, from the input up: what each of its directions computed.

    Args:
        settings: the network's shape.
        weights: its weights in float64; the embedding is not among what is read.
        products: of :func:`word_products`, with an axis of K documents: [T, K, G·H].
        changed: of one document the first layer's steps, K = 1, and two tokens, the second left out, between which
            alone these documents are others: what was read before is not read again.
    """
    cell = cell_named(settings.cell)
    layers: list[list[Steps]] = []
    for layer in range(settings.layers):
        directions = DIRECTIONS[: settings.directions]
        if layer:
            inputs = np.concatenate([steps.hidden for steps in layers[-1]], axis=2)
            products = [product(inputs, weights[f"layers.{layer}.{direction}.W_I"]) for direction in directions]
        tasks = []
        for place, (direction, pushed) in enumerate(zip(directions, products, strict=True)):
            prefix, backwards = f"layers.{layer}.{direction}.", direction == "backward"
            W_H, b_H = weights[prefix + "W_H"], weights.get(prefix + "b_H")
            known = None
            if changed is not None and not layer:
                begin = len(pushed) - changed[2] if backwards else changed[1]
                known = (changed[0][place], begin)
            drive = pushed + weights[prefix + "b"]
            tasks.append(partial(run_direction, cell, drive, W_H, b_H, backwards=backwards, known=known))
        layers.append(at_once(tasks))
    return layers


def run_direction(
    cell: Cell,
    drive: Array,
    W_H: Array,
    b_H: Array | None,
    *,
    backwards: bool,
    known: tuple[Steps, int] | None = None,
) -> Steps:
    """One direction of one layer, from zero states.

    Args:
        cell: the formula.
        drive: [T, K, G·H], W_I·x + b.
        W_H: [H, G·H].
        b_H: [G·H], or ``None``.
        backwards: read from the last token to the first.
        known: what one document's reading gave, K = 1, and how many of its steps, in their order, are these documents'
            as well.
    """
    steps, documents, _ = drive.shape
    hidden = np.empty((steps, documents, len(W_H)))
    cells = np.empty_like(hidden) if cell.cell_state else None
    gates = np.empty_like(drive)
    zeros = np.zeros(hidden.shape[1:])
    state = State(zeros, zeros if cell.cell_state else None)
    order = list(range(steps - 1, -1, -1) if backwards else range(steps))
    if known is not None and known[1]:
        read, order = order[: known[1]], order[known[1] :]
        hidden[read], gates[read] = known[0].hidden[read], known[0].gates[read]
        if cells is not None and known[0].cell is not None:
            cells[read] = known[0].cell[read]
        state = State(hidden[read[-1]], None if cells is None else cells[read[-1]])
    for t in order:
        state, activations = cell.step(OPS, drive[t], state, W_H, b_H)
        hidden[t] = state.hidden
        np.concatenate(activations, axis=1, out=gates[t])
        if cells is not None:
            cells[t] = state.cell
    return Steps(hidden, cells, gates)


def trace_of(settings: NetworkSettings, tensors: Tensors, ids: npt.NDArray[np.int32]) -> list[LayerTrace]:
    """States and gates of one document, layer by layer, forward before backward.

    Args:
        settings: the network's shape.
        tensors: its weights.
        ids: int32[T], tokens, with the pads that an unmasked network reads behind them.
    """
    products = [one[:, None] for one in word_products(settings, tensors, ids)]
    weights = {name: array.astype(np.float64) for name, array in tensors.items() if name.startswith("layers.")}
    cell, found = cell_named(settings.cell), []
    for layer, passed in enumerate(run_layers(settings, weights, products)):
        for direction, steps in zip(DIRECTIONS, passed, strict=False):
            # A SimpleRNN's one activation is its state.
            names = cell.gates if len(cell.gates) > 1 else ()
            blocks = np.split(steps.gates[:, 0], len(cell.gates), axis=1)
            found.append(
                LayerTrace(
                    layer=layer,
                    direction=direction,
                    cell=cell.name,
                    h=steps.hidden[:, 0],
                    c=None if steps.cell is None else steps.cell[:, 0],
                    gates=dict(zip(names, blocks, strict=False)),
                )
            )
    return found
