"""Addresses of tokens and input projections, which documents are still active, and the states of four of them."""

from __future__ import annotations

from typing import Any

from numba import njit

from recurra.kernels.simd import integer, join, load, load_like, splat, split, store, vector_max

__all__ = [
    "active_stop",
    "clear",
    "copy_state",
    "finish_pools",
    "length",
    "load_four",
    "pool_state",
    "projection_at",
    "store_final_states",
    "store_four",
    "token_index",
]


@njit
def length(offsets: int, document: int) -> int:
    """The number of tokens of a document."""
    return integer(offsets, document + 1) - integer(offsets, document)


@njit
def token_index(offsets: int, document: int, step: int, backward: int) -> int:
    """The index of the token that a document reads at a step."""
    return integer(offsets, document + 1) - 1 - step if backward else integer(offsets, document) + step


@njit
def projection_at(
    offsets: int, rows: int, backward: int, projection: int, projection_row: int, document: int, step: int
) -> int:  # fmt: skip
    """The address of the input projection that a document reads at a step."""
    place = token_index(offsets, document, step, backward)
    return projection + projection_row * (integer(rows, place) if rows else place)


@njit
def active_stop(offsets: int, first: int, stop: int, step: int) -> int:
    """Of the documents from ``first`` to ``stop``, the one after the last that has a token at a step."""
    while stop > first and length(offsets, stop - 1) <= step:
        stop -= 1
    return stop


@njit
def store_final_states(
    offsets: int, first: int, stop: int, step: int, states: int, line: int, final: int, final_row: int
) -> None:
    """Stores the states of those documents that have just read their last token."""
    for document in range(active_stop(offsets, first, stop, step + 1), stop):
        for u in range(0, line, 32):
            store(final + final_row * document + u, load(states + line * (document - first) + u))


@njit
def load_four(base: int, a: int, b: int, c: int, d: int) -> Any:
    """The vectors at four offsets from an address, as one value."""
    return join(load(base + a), load(base + b), load(base + c), load(base + d))


@njit
def store_four(four: Any, base: int, a: int, b: int, c: int, d: int) -> None:
    """Writes what :func:`load_four` reads; where two offsets are equal, so are their vectors."""
    v, w, x, y = split(four)
    store(base + a, v)
    store(base + b, w)
    store(base + c, x)
    store(base + d, y)


@njit
def copy_state(source: int, target: int, size: int) -> None:
    """Copies bytes, a multiple of 32."""
    for at in range(0, size, 32):
        store(target + at, load(source + at))


@njit
def pool_state(kind: Any, state: int, maximum: int, total: int, first: bool) -> None:
    """Takes a state into the maximum and the sum of those before; addresses, 0 for what is not wanted."""
    h = load_like(kind, state)
    if maximum:
        store(maximum, h if first else vector_max(load_like(kind, maximum), h))
    if total:
        store(total, h if first else load_like(kind, total) + h)


@njit
def finish_pools(tokens: int, state: int, maximum: int, mean: int, last: int, size: int) -> None:
    """Turns the sum at ``mean`` into the mean, and copies the last state; zeros for a document without tokens."""
    for u in range(0, size, 32):
        if maximum and not tokens:
            store(maximum + u, splat(0.0))
        if mean:
            store(mean + u, load(mean + u) / splat(tokens) if tokens else splat(0.0))
        if last:
            store(last + u, load(state + u))


@njit
def clear(address: int, size: int) -> None:
    """Sets bytes to zero, a multiple of 32."""
    for at in range(address, address + size, 32):
        store(at, splat(0.0))
