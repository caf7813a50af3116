"""Where the rows of a step stand in a packed batch."""

from __future__ import annotations

from numba import njit

from recurra.kernels.vectors import integer

__all__ = ["before", "walked"]


@njit
def walked(place: int, steps: int, starts: int, reverse: int) -> tuple[int, int, int, int]:
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
def before(document: int, states: int, past: int, past_running: int, initial: int, row: int) -> int:
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
