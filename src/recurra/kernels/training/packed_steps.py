"""The rows of each step in a packed batch, previous states, and the recurrent product of a step."""

from __future__ import annotations

from numba import njit

from recurra.kernels.matrix_products import add_product
from recurra.kernels.simd import integer, load, store

__all__ = ["add_recurrent_product", "copy_projections", "locate_step", "previous_state"]


@njit
def locate_step(place: int, steps: int, starts: int, reverse: int) -> tuple[int, int, int, int]:
    """Where the rows of a step are.

    Args:
        place: how many steps the direction has read before.
        steps: T.
        starts: address of int64[T + 1], the first row of each step.
        reverse: whether it reads from the last step to the first.

    Returns:
        The step's first row and number of active documents; the same of the step read before, or 0 and 0.
    """
    t = steps - 1 - place if reverse else place
    start = integer(starts, t)
    active = integer(starts, t + 1) - start
    if place == 0:
        return start, active, 0, 0
    t = t + 1 if reverse else t - 1
    past = integer(starts, t)
    return start, active, past, integer(starts, t + 1) - past


@njit
def previous_state(document: int, states: int, past: int, past_active: int, initial: int, row: int) -> int:
    """The address of a document's state before a step: its state at the step read before, or its initial state.

    Args:
        document: its index in order of falling length.
        states: address of the states of all tokens.
        past: the first row of the step read before.
        past_active: the number of active documents there.
        initial: address of the initial states, a row a document.
        row: bytes of a row of both.
    """
    return states + row * (past + document) if document < past_active else initial + row * document


@njit
def copy_projections(projection: int, places: int, start: int, first: int, stop: int, row: int, gates: int) -> None:
    """Copies the input projections of a step's documents to ``gates``.

    Args:
        projection: address of float32 rows.
        places: address of int64[N], the row of each token.
        start: the step's first row.
        first: first document.
        stop: the document after the last.
        row: bytes from one row to the next, of both arrays.
        gates: address of float32 [N, ·].
    """
    for n in range(start + first, start + stop):
        source, target = projection + row * integer(places, n), gates + row * n
        for u in range(0, row, 32):
            store(target + u, load(source + u))


@njit
def add_recurrent_product(
    sums: int, row: int, hidden: int, step: int, past: int, first: int, first_new: int, stop: int, h0: int,
    has_initial: int, W: int, width: int, size: int,
) -> None:  # fmt: skip
    """Adds the recurrent product to the sums of a step's documents.

    Args:
        sums: address of the step's float32 rows.
        row: bytes from one to the next.
        hidden: address of all tokens' hidden states.
        step: bytes of a state.
        past: the first row of the step read before.
        first: first document.
        first_new: the first document that begins at this step.
        stop: the document after the last.
        h0: address of the initial states.
        has_initial: 0 if all of them are zero, so that their product is skipped.
        W: address of the panels of [size, width].
        width: columns.
        size: H.
    """
    add_product(sums, row, hidden + step * past, step, first, first_new, W, width, size)
    if has_initial:
        add_product(sums, row, h0, step, first_new, stop, W, width, size)
