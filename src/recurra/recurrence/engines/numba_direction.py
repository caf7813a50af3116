"""One direction of a layer on the CPU kernels, forward and backward, as lists of kernel calls (jobs)."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from recurra.cells import Cell
from recurra.errors import SettingsError
from recurra.kernels.array_types import address
from recurra.kernels.compiled import addresses_of
from recurra.kernels.matrix_panels import BLOCK
from recurra.recurrence.engines.arena import Arena
from recurra.recurrence.engines.direction_weights import DirectionWeights

__all__ = ["Capacity", "Direction", "Job", "Slot"]

Array = npt.NDArray[np.float32]
Int64Array = npt.NDArray[np.int64]
# A kernel's address and its arguments; see recurra.kernels.job_list.
Job: TypeAlias = tuple[int, ...]


class Capacity(NamedTuple):
    """The largest batch that a direction can compute; I and H are multiples of eight.

    Attributes:
        rows: N.
        unique_inputs: U, the unique inputs where tokens share them, else N.
        inputs: I.
        hidden: H.
        documents: B.
        blocks: the number of blocks of documents that are read together.
    """

    rows: int
    unique_inputs: int
    inputs: int
    hidden: int
    documents: int
    blocks: int


class Slot(IntEnum):
    """Arguments that change from batch to batch: jobs hold -1 - k for the k-th number of the direction's table."""

    STEPS, STARTS, ROWS, HALF_ROWS, COUNT, HALF_COUNT, INPUTS, PROJECTION, PLACES = range(-1, -10, -1)
    W_I, W_H, W_H_LATE, B, B_H, H0, C0, HAS_INITIAL = range(-10, -18, -1)
    D_HIDDEN, D_HIDDEN_ROW, D_HIDDEN_2, D_HIDDEN_2_ROW, D_W_I, D_W_H, D_W_H_LATE = range(-18, -25, -1)


_NONE = DirectionWeights(*(np.empty(0, dtype=np.float32) for _ in range(3)))


class Direction:
    """A direction. Its methods return the jobs of a stage, which must run after those of the stages before.

    Args:
        cell: the formula, one with kernels for CPUs.
        reverse: whether it reads from the last step to the first.
        shared: whether tokens share inputs.
        capacity: the largest batch.
        arena: allocates the arrays.

    Attributes:
        hidden: [N, H], the states, after the forward jobs.
        d_inputs: [N, I], the gradient of each token's input, after the backward jobs.
        table: int64, the arguments in the order of :class:`Slot`.
    """

    def __init__(self, cell: Cell, reverse: bool, shared: bool, capacity: Capacity, arena: Arena) -> None:
        form, self.capacity, self.shared = cell.compiled.numba, capacity, shared
        if form is None:
            raise SettingsError(f"The cell {cell.name} has no kernels for CPUs", "Choose the reference engine.")
        self.form, gates = form, len(cell.gates)
        self._dense, self._kernels = addresses_of("training.dense"), addresses_of(f"training.{form.kernels}")
        # Kept because its arrays are known here by their addresses alone.
        self._arena = arena
        size, rows = capacity.hidden, capacity.rows
        self.size, self.width, self.early = size, gates * size, form.early * size
        self.line = 4 * self.width
        self.table = np.zeros(len(Slot), dtype=np.int64)
        self.parts, self._targets = _NONE, _NONE
        self._steps = (Slot.STEPS, Slot.STARTS, int(reverse), size)
        self._gates = arena.allocate(rows * self.width)
        self._projection = arena.allocate(capacity.unique_inputs * self.width) if shared else self._gates
        self.hidden, self._hidden = arena.array(rows, size)
        self._cell = arena.allocate(rows * size) if cell.cell_state else 0
        self._extra = arena.allocate(rows * self.form.extra * size)
        zeros, self._zeros = arena.array(capacity.documents, size)
        zeros[...] = 0
        self._W_I = arena.allocate(capacity.inputs * self.width)
        self._W_I_T = arena.allocate(capacity.inputs * self.width)
        # Diagonals need no panels.
        self._W_H = self._W_T = int(Slot.W_H)
        if self.early:
            self._W_H, self._W_T = arena.allocate(size * self.width), arena.allocate(size * self.width)
        self._carry_h, self._carry_h_at = arena.array(capacity.documents, size)
        self._carry_c, self._carry_c_at = arena.array(capacity.documents, size)
        self._past_hidden = arena.allocate(rows * size)
        self._second = arena.allocate(rows * self.form.second * size)
        self._diagonals = cell.diagonal_weights
        sums = gates + form.product_gradient + self._diagonals
        self._sums, self._sums_at = arena.array(capacity.blocks, sums * size)
        self._summed_projection = arena.allocate(capacity.unique_inputs * self.width) if shared else self._gates
        self.d_inputs, self._d_inputs = arena.array(rows, capacity.inputs)
        self._scratch = arena.allocate(BLOCK * (max(capacity.inputs, size) + self.width))

    def bind(self, starts: Int64Array, inputs: Array, parts: DirectionWeights, places: Int64Array | None) -> None:
        """Writes a batch to the table.

        Args:
            starts: int64[T + 1], the first row of each step.
            inputs: [N, I], or [U, I] where tokens share inputs.
            parts: weights and initial states.
            places: int64[N], the row in ``inputs`` of each token, where they share them.
        """
        # The table holds addresses alone: the arrays are kept alive here.
        self._held = starts, inputs, places
        rows, count = int(starts[-1]), len(inputs)
        projection = self._projection if self.shared else 0
        self.table[:9] = (
            len(starts) - 1, address(starts), rows, rows // 2, count, count // 2, address(inputs), projection,
            address(places),
        )  # fmt: skip
        # A training passes the same arrays batch after batch.
        if parts is not self.parts:
            self.parts = parts
            W_I, W_H, b, b_H, h0, c0 = map(address, parts)
            zeros, late = self._zeros, 4 * self.early
            self.table[9:17] = W_I, W_H, W_H + late, b, b_H, h0 or zeros, c0 or zeros, h0 != 0

    def pack_weights(self) -> list[Job]:
        """First stage forward: packs the weights into panels."""
        panels, early, size = self._dense.pack_panels, self.early, self.size
        jobs: list[Job] = [(panels, Slot.W_I, self.line, self.capacity.inputs, self.width, self._W_I)]
        if early:
            jobs.append((panels, Slot.W_H, self.line, size, early, self._W_H))
        if 0 < early < self.width:
            jobs.append((panels, Slot.W_H_LATE, self.line, size, self.width - early, self._W_H + 4 * early * size))
        return jobs

    def project_inputs(self, first: int, end: int) -> Job:
        """Second stage forward: the input projections of the inputs from ``first`` to ``end``."""
        columns = self.capacity.inputs
        return (
            self._dense.affine, first, end, Slot.INPUTS, 4 * columns, columns, self._W_I, Slot.B, self.width,
            self._projection, self.line,
        )  # fmt: skip

    def forward(self, first: int, last: int) -> Job:
        """Third stage forward: the states of the documents from ``first`` to ``last``."""
        return (
            self._kernels.forward, first, last, *self._steps, Slot.PROJECTION, Slot.PLACES, self._gates, self._W_H,
            Slot.B_H, self._hidden, self._cell, self._extra, Slot.H0, Slot.C0, Slot.HAS_INITIAL,
        )  # fmt: skip

    def copy_states(self, target: Array) -> Job:
        """After the third stage: copies the states to an array [N, H], which may be columns of a wider one."""
        row = target.strides[0]
        return (self._dense.copy, Slot.ROWS, self._hidden, 4 * self.size, address(target), row, self.size)

    def bind_gradient(self, d_hidden: list[Array], targets: DirectionWeights | None) -> None:
        """Writes the gradient of the states to the table.

        Args:
            d_hidden: one or two [N, H], to be added up; the first may be changed. Each row is contiguous.
            targets: where to write the gradients of W_I and W_H, contiguous arrays; ``None`` for new ones.
        """
        W_I, W_H = self.parts.W_I, self.parts.W_H
        if targets is None:
            targets = DirectionWeights(np.empty_like(W_I), None if W_H is None else np.empty_like(W_H), self.parts.b)
        first, second = d_hidden[0], d_hidden[-1]
        at = address(first)
        self._d_hidden = d_hidden
        self.table[17:21] = at, first.strides[0], at if second is first else address(second), second.strides[0]
        if targets is not self._targets:
            self._targets, at = targets, address(targets.W_H)
            self.table[21:] = address(targets.W_I), at, at + 4 * self.early

    def prepare_backward(self, parts: int) -> list[Job]:
        """First stage backward: clears sums and packs the transposed weights.

        Args:
            parts: the number of arrays whose sum is the gradient of the states.
        """
        dense, early, size = self._dense, self.early, self.size
        states = self.capacity.documents * size
        jobs: list[Job] = [(dense.clear, at, states) for at in (self._carry_h_at, self._carry_c_at)]
        jobs.append((dense.clear, self._sums_at, self._sums.size))
        if parts == 2:
            jobs.append(
                (dense.add, Slot.ROWS, Slot.D_HIDDEN, Slot.D_HIDDEN_ROW, Slot.D_HIDDEN_2, Slot.D_HIDDEN_2_ROW, size)
            )
        if early:
            jobs.append((dense.pack_transposed_panels, Slot.W_H, self.line, early, size, self._W_T))
        if 0 < early < self.width:
            late = (self.line, self.width - early, size, self._W_T + 4 * early * size)
            jobs.append((dense.pack_transposed_panels, Slot.W_H_LATE, *late))
            jobs.append((dense.clear, self._second, self.capacity.rows * self.form.second * size))
        return jobs

    def backward(self, block: int, first: int, last: int) -> Job:
        """Second stage backward: the gradient of the input projections of the documents from ``first`` to ``last``."""
        return (
            self._kernels.backward, first, last, *self._steps, self._gates, self._W_T, self._hidden, self._cell,
            self._extra, Slot.H0, Slot.C0, Slot.HAS_INITIAL, Slot.D_HIDDEN, Slot.D_HIDDEN_ROW, self._carry_h_at,
            self._carry_c_at, self._second, self._past_hidden, self._sums_at + block * self._sums.strides[0],
        )  # fmt: skip

    def pack_input_weights(self) -> Job:
        """Beside the first stage backward, if the gradient of the inputs is needed: packs W_I transposed."""
        return (
            self._dense.pack_transposed_panels, Slot.W_I, self.line, self.width, self.capacity.inputs, self._W_I_T
        )  # fmt: skip

    def input_gradient(self, first: int, end: int) -> Job:
        """Third stage backward: the gradient of the inputs of the tokens from ``first`` to ``end``."""
        columns = self.capacity.inputs
        return (
            self._dense.affine, first, end, self._gates, self.line, self.width, self._W_I_T, 0, columns,
            self._d_inputs, 4 * columns,
        )  # fmt: skip

    def weight_gradients(self) -> list[Job]:
        """Beside the third stage backward: the gradients of the weights."""
        jobs: list[Job] = []
        d_projection, early, size, width = self._gates, self.early, self.size, self.width
        count = Slot.COUNT if self.shared else Slot.ROWS
        if self.shared:
            # The gradients of tokens that share an input are added up before they are multiplied.
            jobs.append(
                (
                    self._dense.segment_sum,
                    Slot.ROWS,
                    Slot.PLACES,
                    d_projection,
                    width,
                    self._summed_projection,
                    Slot.COUNT,
                )
            )
        jobs.append(
            self._product_gradient(Slot.INPUTS, self.capacity.inputs, self._summed_projection, count, Slot.D_W_I, width)
        )
        d_product = self._second if self.form.product_gradient else d_projection
        if early:
            jobs.append(self._product_gradient(self._past_hidden, size, d_product, Slot.ROWS, Slot.D_W_H, early))
        if 0 < early < width:
            late = (d_projection + 4 * early, Slot.ROWS, Slot.D_W_H_LATE, width - early)
            jobs.append(self._product_gradient(self._extra, size, *late))
        return jobs

    def gradients(self) -> DirectionWeights:
        """The gradients of weights and initial states, after all stages."""
        summed = self._sums[0] if len(self._sums) == 1 else self._sums.sum(axis=0)
        d_W_H, d_b_H = self._targets.W_H, None
        if self._diagonals:
            d_W_H = summed[self.width :].reshape(self._diagonals, self.size)
        if self.form.product_gradient:
            d_b_H = np.concatenate([summed[: self.width - self.size], summed[self.width :]])
        d_c0 = None if self.parts.c0 is None else self._carry_c
        d_h0 = None if self.parts.h0 is None else self._carry_h
        return DirectionWeights(self._targets.W_I, d_W_H, summed[: self.width], d_b_H, d_h0, d_c0)

    def _product_gradient(self, inputs: int, size: int, d_outputs: int, rows: int, gradient: int, width: int) -> Job:
        """Gradient = inputsᵀ @ d_outputs, of which d_outputs and gradient may be columns of wider arrays."""
        return (
            self._dense.weight_gradient, inputs, 4 * size, size, d_outputs, self.line, rows, width, gradient, self.line,
            self._scratch,
        )  # fmt: skip
