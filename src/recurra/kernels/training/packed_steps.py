"""Where the rows of a step stand in a packed batch."""

from __future__ import annotations

from numba import njit

from recurra.kernels.matrix_products import add_product
from recurra.kernels.simd import integer, load, store

__all__ = ["add_recurrent_product", "copy_projections", "locate_step", "previous_state"]


@njit
def locate_step(place: int, steps: int, starts: int, reverse: int) -> tuple[int, int, int, int]:
    """The step that a direction reads at a place of its walk.

    Args:
        place: how many steps it has read before.
        steps: T.
        starts: address of int64[T + 1], the first row of each step.
        reverse: whether it reads from the last step to the first.

    Returns:
        The step's first row and how many documents run; the same of the step read before it, 0 and 0 if there is none.
    """
    t = steps - 1 - place if reverse else place
    start = integer(starts, t)
    running = integer(starts, t + 1) - start
    if place == 0:
        return start, running, 0, 0
    t = t + 1 if reverse else t - 1
    past = integer(starts, t)
    return start, running, past, integer(starts, t + 1) - past


@njit
def previous_state(document: int, states: int, past: int, past_running: int, initial: int, row: int) -> int:
    """The address of a document's state before a step: from the step read last, or its initial state.

    Args:
        document: its place by falling length.
        states: address of the states of all tokens.
        past: the first row of the step read last.
        past_running: how many documents ran there.
        initial: address of the initial states, a row a document.
        row: bytes of a row of both.
    """
    return states + row * (past + document) if document < past_running else initial + row * document


@njit
def copy_projections(drive: int, places: int, start: int, first: int, stop: int, row: int, gates: int) -> None:
    """Copies the drive of a step's documents to where their gates are to be.

    Args:
        drive: address of float32 rows.
        places: address of int64[N], which of them each token has.
        start: the step's first row.
        first: first document.
        stop: the document after the last.
        row: bytes from one row of drive and gates to the next.
        gates: address of float32 [N, ·].
    """
    for n in range(start + first, start + stop):
        source, target = drive + row * integer(places, n), gates + row * n
        for u in range(0, row, 32):
            store(target + u, load(source + u))


@njit
def add_recurrent_product(
    sums: int, row: int, hidden: int, step: int, past: int, first: int, joined: int, stop: int, h0: int, given: int,
    W: int, width: int, size: int,
) -> None:  # fmt: skip
    """Adds the recurrent product to the sums of a step's documents.

    Args:
        sums: address of the step's float32 rows.
        row: bytes from one to the next.
        hidden: address of all tokens' hidden states.
        step: bytes of a state.
        past: the first row of the step read last.
        first: first document.
        joined: the first document that begins here.
        stop: the document after the last.
        h0: address of the initial states.
        given: 0 if all of them are zero, whose product need not be computed.
        W: address of the panels of [size, width].
        width: columns.
        size: H.
    """
    add_product(sums, row, hidden + step * past, step, first, joined, W, width, size)
    if given:
        add_product(sums, row, h0, step, joined, stop, W, width, size)
