"""The gradient of one step of each cell, the formulas of :mod:`recurra.cells` differentiated by hand."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from recurra.errors import SettingsError

__all__ = ["Before", "StepGradient", "step_gradient_of"]

Array = npt.NDArray[np.float64]


class Before(NamedTuple):
    """Gradients with respect to what a step takes.

    Attributes:
        drive: [K, G·H].
        hidden: [K, H], the hidden state before the step.
        cell: [K, H], the cell state before the step, or ``None``.
    """

    drive: Array
    hidden: Array
    cell: Array | None = None


class StepGradient(Protocol):
    """From the gradient by what a step gives to that by what it takes."""

    def __call__(
        self, d_hidden: Array, d_cell: Array | None, gates: Array, hidden: Array, cell: Array | None, W_H: Array,
        b_H: Array | None,
    ) -> Before:  # fmt: skip
        """One step of K documents.

        Args:
            d_hidden: [K, H], by the hidden state after the step.
            d_cell: [K, H], by the cell state after the step, all ways from there on included; or ``None``.
            gates: [K, G·H], the step's activations.
            hidden: [K, H], the hidden state before the step.
            cell: [K, H], the cell state before the step, or ``None``.
            W_H: [H, G·H].
            b_H: [G·H], or ``None``.
        """


def step_gradient_of(cell: str) -> StepGradient:
    """The function for the cell of that name.

    Raises:
        SettingsError: the cell has none.
    """
    if cell not in _STEP_GRADIENTS:
        raise SettingsError(
            f"The cell {cell!r} has no gradient written down", f"Inspect one of {', '.join(_STEP_GRADIENTS)}."
        )
    return _STEP_GRADIENTS[cell]


def _simple_rnn(
    d_hidden: Array, d_cell: Array | None, gates: Array, hidden: Array, cell: Array | None, W_H: Array,
    b_H: Array | None,
) -> Before:  # fmt: skip
    drive = d_hidden * (1 - gates * gates)
    return Before(drive, drive @ W_H.T)


def _gru(
    d_hidden: Array, d_cell: Array | None, gates: Array, hidden: Array, cell: Array | None, W_H: Array,
    b_H: Array | None,
) -> Before:  # fmt: skip
    z, r, n = np.split(gates, 3, axis=1)
    H = len(W_H)
    d_n = d_hidden * (1 - z) * (1 - n * n)
    d_z = d_hidden * (hidden - n) * z * (1 - z)
    u = hidden @ W_H[:, 2 * H :] + (0.0 if b_H is None else b_H[2 * H :])
    d_r = d_n * u * r * (1 - r)
    product = np.concatenate([d_z, d_r, d_n * r], axis=1)
    return Before(np.concatenate([d_z, d_r, d_n], axis=1), d_hidden * z + product @ W_H.T)


def _gru_reset_before(
    d_hidden: Array, d_cell: Array | None, gates: Array, hidden: Array, cell: Array | None, W_H: Array,
    b_H: Array | None,
) -> Before:  # fmt: skip
    z, r, n = np.split(gates, 3, axis=1)
    H = len(W_H)
    d_n = d_hidden * (1 - z) * (1 - n * n)
    d_z = d_hidden * (hidden - n) * z * (1 - z)
    d_kept = d_n @ W_H[:, 2 * H :].T  # of r ⊙ h
    d_r = d_kept * hidden * r * (1 - r)
    early = np.concatenate([d_z, d_r], axis=1)
    return Before(np.concatenate([early, d_n], axis=1), d_hidden * z + d_kept * r + early @ W_H[:, : 2 * H].T)


def _lstm(
    d_hidden: Array, d_cell: Array | None, gates: Array, hidden: Array, cell: Array | None, W_H: Array,
    b_H: Array | None,
) -> Before:  # fmt: skip
    i, f, g, o = np.split(gates, 4, axis=1)
    if d_cell is None or cell is None:
        raise ValueError("An LSTM has a cell state.")
    tanh_c = np.tanh(f * cell + i * g)
    drive = np.concatenate(
        [
            d_cell * g * i * (1 - i),
            d_cell * cell * f * (1 - f),
            d_cell * i * (1 - g * g),
            d_hidden * tanh_c * o * (1 - o),
        ],
        axis=1,
    )
    return Before(drive, drive @ W_H.T, d_cell * f)


_STEP_GRADIENTS: dict[str, StepGradient] = {
    "simple_rnn": _simple_rnn,
    "gru": _gru,
    "gru_reset_before": _gru_reset_before,
    "lstm": _lstm,
}
