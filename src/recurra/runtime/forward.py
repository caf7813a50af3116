"""Recurrent layers in NumPy, from the cells' own formulas: for cells without kernels, and where all states are needed.

K documents of the same length are side by side, [T, K, ·]: one to inspect, or many variants of it to differentiate.
Documents of different lengths are one after the other, [N, ·]; none depends on the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged
from recurra.cells import Cell, State, cell_named
from recurra.networks.settings import NetworkSettings
from recurra.networks.shapes import DIRECTIONS

__all__ = [
    "DirectionStates",
    "documents_per_pass",
    "first_layer_products",
    "read_documents",
    "run_layers",
    "single_thread_matmul",
]

# Float32 or float64: results have the precision of the arguments.
Array = npt.NDArray[Any]
Places = npt.NDArray[np.int64]
Tensors = Mapping[str, Array]
# For each step, in the order of reading, the places of its tokens on the first axis.
Order: TypeAlias = Sequence[Any]


# Multiplications in a matrix product up to which OpenBLAS uses only the calling thread. With more, its threads wait for
# each other at every product, of which a document needs hundreds: milliseconds each on a busy machine.
ONE_THREAD = 1 << 18


def _sigmoid(a: Any) -> Any:
    # This form has no exponential that could overflow.
    return 0.5 + 0.5 * np.tanh(0.5 * a)


OPS: Any = SimpleNamespace(tanh=np.tanh, sigmoid=_sigmoid)


class DirectionStates(NamedTuple):
    """States and gates of one direction of one layer; ``...`` is [T, K] or [N].

    Attributes:
        hidden: [..., H], the hidden state after each token.
        cell: [..., H], the cell state; ``None`` for cells without one.
        gates: [..., G·H], the gates' activations in the cell's order; empty if they were not asked for.
    """

    hidden: Array
    cell: Array | None
    gates: Array


def single_thread_matmul(rows: Array, matrix: Array) -> Array:
    """Rows @ matrix, [..., I] @ [I, O], in blocks of rows so small that OpenBLAS uses only this thread."""
    flat = rows.reshape(-1, rows.shape[-1])
    some = max(1, ONE_THREAD // matrix.size)
    if len(flat) <= some:
        return np.asarray(rows @ matrix)
    outputs = np.empty((len(flat), matrix.shape[1]), dtype=rows.dtype)
    for first in range(0, len(flat), some):
        np.matmul(flat[first : first + some], matrix, out=outputs[first : first + some])
    return outputs.reshape(*rows.shape[:-1], -1)


def documents_per_pass(settings: NetworkSettings) -> int:
    """How many documents can be side by side with single-threaded products with W_H; at least 1."""
    gates = len(cell_named(settings.cell).gates)
    return max(1, ONE_THREAD // (gates * settings.hidden**2))


# An overflow saturates a gate, or leads to a result that is not finite, which callers check for.
@np.errstate(over="ignore", invalid="ignore")
def first_layer_products(
    settings: NetworkSettings,
    tensors: Tensors,
    ids: npt.NDArray[np.int32],
    *,
    dtype: type[np.floating] = np.float64,
    multiply: Callable[[Array, Array], Array] = single_thread_matmul,
) -> list[Array]:
    """W_I·x of the first layer, without its bias: for each direction [T, G·H].

    Args:
        settings: the network's shape.
        tensors: its weights.
        ids: int32[T], tokens.
        dtype: precision of the result.
        multiply: function for the matrix product.
    """
    products = []
    for direction in DIRECTIONS[: settings.directions]:
        W_I = tensors[f"layers.0.{direction}.W_I"]
        if settings.input == "one_hot":
            products.append(W_I[ids].astype(dtype, copy=False))
        else:
            vectors = tensors["embedding"][ids].astype(dtype, copy=False)
            products.append(multiply(vectors, W_I.astype(dtype, copy=False)))
    return products


def run_layers(
    settings: NetworkSettings,
    weights: Tensors,
    products: Sequence[Array],
    *,
    changed: tuple[Sequence[DirectionStates], int, int] | None = None,
) -> Iterator[list[DirectionStates]]:
    """The states of K documents of the same length, layer by layer from the input up, for each direction.

    Gates are kept unless ``changed`` is given.

    Args:
        settings: the network's shape.
        weights: its weights; the embedding is not needed.
        products: the result of :func:`first_layer_products`, with an axis of K documents: [T, K, G·H].
        changed: the first layer's states of one document, K = 1, and a range of tokens, end excluded, outside of which
            all K documents are the same as that one: the first layer does not read the tokens before it again.
    """
    steps = range(len(products[0]))
    for layer in range(settings.layers):
        found = []
        for place, (direction, projected) in enumerate(zip(DIRECTIONS, products, strict=False)):
            known = None
            if changed is not None and not layer:
                begin = len(projected) - changed[2] if direction == "backward" else changed[1]
                known = (changed[0][place], begin)
            order = list(reversed(steps) if direction == "backward" else steps)
            prefix = f"layers.{layer}.{direction}."
            gates = changed is None
            found.append(_run_direction(settings, weights, prefix, projected, order, gates=gates, known=known))
        yield found
        if layer < settings.layers - 1:
            products = _products_above(settings, weights, layer, found, single_thread_matmul)


def read_documents(
    settings: NetworkSettings, tensors: Tensors, documents: Ragged, *, dtype: type[np.floating] = np.float32
) -> Iterator[list[DirectionStates]]:
    """The states of documents of any lengths, layer by layer from the input up, for each direction, without gates.

    No document depends on the others and none is padded: documents are packed by falling length. One layer's states are
    in memory at a time, H numbers for each token and direction, and as many for a cell state.

    Args:
        settings: the network's shape.
        tensors: its weights; those of the layers in precision ``dtype``.
        documents: the ids of B documents, with the pads that an unmasked network reads after them.
        dtype: precision of the computation.
    """
    by_length = np.argsort(-documents.lengths, kind="stable")
    lengths = documents.lengths[by_length]
    steps = np.arange(int(lengths[0]) if len(lengths) else 0)
    # How many documents have a token at each step.
    active = np.searchsorted(-lengths, -steps, side="left").tolist()
    first, last = documents.offsets[:-1][by_length], documents.offsets[1:][by_length] - 1
    orders = {
        "forward": [first[:running] + step for step, running in enumerate(active)],
        "backward": [last[:running] - step for step, running in enumerate(active)],
    }
    # Each distinct word is multiplied with W_I once.
    seen, rows = np.unique(documents.values, return_inverse=True)
    products = first_layer_products(settings, tensors, seen, dtype=dtype, multiply=np.matmul)
    for layer in range(settings.layers):
        found = []
        for direction, projected in zip(DIRECTIONS, products, strict=False):
            words = None if layer else rows
            prefix = f"layers.{layer}.{direction}."
            found.append(_run_direction(settings, tensors, prefix, projected, orders[direction], rows=words))
        yield found
        if layer < settings.layers - 1:
            products = _products_above(settings, tensors, layer, found, np.matmul)


@np.errstate(over="ignore", invalid="ignore")
def _products_above(
    settings: NetworkSettings,
    weights: Tensors,
    layer: int,
    below: Sequence[DirectionStates],
    multiply: Callable[[Array, Array], Array],
) -> list[Array]:
    """W_I·x of the next layer, for each direction, without its bias."""
    inputs = np.concatenate([steps.hidden for steps in below], axis=-1)
    names = DIRECTIONS[: settings.directions]
    return [multiply(inputs, weights[f"layers.{layer + 1}.{direction}.W_I"]) for direction in names]


@np.errstate(over="ignore", invalid="ignore")
def _run_direction(
    settings: NetworkSettings,
    weights: Tensors,
    prefix: str,
    projected: Array,
    order: Order,
    *,
    rows: Places | None = None,
    gates: bool = False,
    known: tuple[DirectionStates, int] | None = None,
) -> DirectionStates:
    """Runs one direction of one layer from zero states.

    Args:
        settings: the network's shape.
        weights: its weights.
        prefix: prefix of the names of the direction's weights.
        projected: [..., G·H], W_I·x of the tokens, or of distinct words.
        order: the order of reading.
        rows: int64[N], the row of ``projected`` for each token, if that is of distinct words.
        gates: whether to keep the gates.
        known: the states of one document, K = 1, and the number of its first steps that these documents share.
    """
    cell: Cell = cell_named(settings.cell)
    projection = projected + weights[prefix + "b"]
    W_H, b_H = weights.get(prefix + "W_H"), weights.get(prefix + "b_H")
    shape = projection.shape[:-1] if rows is None else rows.shape
    hidden = np.empty((*shape, settings.hidden), dtype=projection.dtype)
    cell_states = np.empty_like(hidden) if cell.cell_state else None
    gate_activations = np.empty((*shape, projection.shape[-1]) if gates else (0,), dtype=projection.dtype)
    documents = shape[1] if len(shape) > 1 else len(order[0]) if len(order) else 0
    zeros = np.zeros((documents, settings.hidden), dtype=projection.dtype)
    state = State(zeros, zeros if cell.cell_state else None)
    if known is not None and known[1]:
        read, order = order[: known[1]], order[known[1] :]
        hidden[read] = known[0].hidden[read]
        if cell_states is not None and known[0].cell is not None:
            cell_states[read] = known[0].cell[read]
        state = State(hidden[read[-1]], None if cell_states is None else cell_states[read[-1]])
    for places in order:
        now = projection[places if rows is None else rows[places]]
        state = State(*(None if part is None else part[: len(now)] for part in state))
        state, activations = cell.step(OPS, now, state, W_H, b_H)
        hidden[places] = state.hidden
        if cell_states is not None:
            cell_states[places] = state.cell
        if gates:
            np.concatenate(activations, axis=1, out=gate_activations[places])
    return DirectionStates(hidden, cell_states, gate_activations)
