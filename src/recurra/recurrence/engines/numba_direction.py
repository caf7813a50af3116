"""One direction of a layer on Numba's kernels, forward and backward: the jobs of each stage."""

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

__all__ = ["Direction", "Job", "Named", "Sizes"]

Array = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]
# A kernel's entry and its arguments; see recurra.kernels.job_list.
Job: TypeAlias = tuple[int, ...]


class Sizes(NamedTuple):
    """What a direction has room for; I and H are multiples of eight.

    Attributes:
        rows: N, at most.
        different: inputs, at most.
        inputs: I.
        hidden: H.
        documents: B.
        blocks: of documents that are read together.
    """

    rows: int
    different: int
    inputs: int
    hidden: int
    documents: int
    blocks: int


class Named(IntEnum):
    """What changes from batch to batch, as jobs name it: -1 - k stands for the k-th number of the table."""

    STEPS, STARTS, ROWS, HALF_ROWS, COUNT, HALF_COUNT, INPUTS, PROJECTION, PLACES = range(-1, -10, -1)
    W_I, W_H, W_H_LATE, B, B_H, H0, C0, GIVEN = range(-10, -18, -1)
    OUTER, OUTER_ROW, MORE, MORE_ROW, D_W_I, D_W_H, D_W_H_LATE = range(-18, -25, -1)


_NONE = DirectionWeights(*(np.empty(0, dtype=np.float32) for _ in range(3)))


class Direction:
    """A direction. Its methods give the jobs of a stage, which need those of the stages before.

    Args:
        cell: the formula, one with kernels for CPUs.
        reverse: whether it reads from the last step to the first.
        shared: whether tokens share inputs.
        sizes: what there is to be room for.
        arena: where arrays go.

    Attributes:
        hidden: [N, H], the states, once they have been read.
        d_inputs: [N, I], the gradient of each token's input, once it has been computed.
        table: int64, what the jobs name.
    """

    def __init__(self, cell: Cell, reverse: bool, shared: bool, sizes: Sizes, arena: Arena) -> None:
        form, self.sizes, self.shared = cell.compiled.numba, sizes, shared
        if form is None:
            raise SettingsError(f"The cell {cell.name} has no kernels for CPUs", "Choose the reference engine.")
        self.form, gates = form, len(cell.gates)
        self._dense, self._kernels = addresses_of("training.dense"), addresses_of(f"training.{form.kernels}")
        # What is taken from it is known by its address alone.
        self._arena = arena
        size, rows = sizes.hidden, sizes.rows
        self.size, self.width, self.early = size, gates * size, form.early * size
        self.line = 4 * self.width
        self.table = np.zeros(len(Named), dtype=np.int64)
        self.parts, self._targets = _NONE, _NONE
        self._steps = (Named.STEPS, Named.STARTS, int(reverse), size)
        self._gates = arena.take(rows * self.width)
        self._projection = arena.take(sizes.different * self.width) if shared else self._gates
        self.hidden, self._hidden = arena.array(rows, size)
        self._cell = arena.take(rows * size) if cell.cell_state else 0
        self._extra = arena.take(rows * self.form.extra * size)
        zeros, self._zeros = arena.array(sizes.documents, size)
        zeros[...] = 0
        self._W_I, self._W_H = arena.take(sizes.inputs * self.width), arena.take(size * self.width)
        self._W_I_T, self._W_T = arena.take(sizes.inputs * self.width), arena.take(size * self.width)
        self._carry_h, self._carry_h_at = arena.array(sizes.documents, size)
        self._carry_c, self._carry_c_at = arena.array(sizes.documents, size)
        self._earlier = arena.take(rows * size)
        self._second = arena.take(rows * self.form.second * size)
        self._sums, self._sums_at = arena.array(sizes.blocks, (gates + form.product_gradient) * size)
        self._summed = arena.take(sizes.different * self.width) if shared else self._gates
        self.d_inputs, self._d_inputs = arena.array(rows, sizes.inputs)
        self._scratch = arena.take(BLOCK * (max(sizes.inputs, size) + self.width))

    def begin(self, starts: Places, inputs: Array, parts: DirectionWeights, places: Places | None) -> None:
        """Takes a batch.

        Args:
            starts: int64[T + 1], the first row of each step.
            inputs: [N, I], or [U, I] where tokens share inputs.
            parts: weights and initial states.
            places: int64[N], which input each token has, where they share them.
        """
        # The table holds addresses alone: what they stand for is kept here.
        self._kept = starts, inputs, places
        rows, count = int(starts[-1]), len(inputs)
        projection = self._projection if self.shared else 0
        self.table[:9] = (
            len(starts) - 1, address(starts), rows, rows // 2, count, count // 2, address(inputs), projection,
            address(places),
        )  # fmt: skip
        # Who trains gives the same arrays batch after batch.
        if parts is not self.parts:
            self.parts = parts
            W_I, W_H, b, b_H, h0, c0 = map(address, parts)
            zeros, late = self._zeros, 4 * self.early
            self.table[9:17] = W_I, W_H, W_H + late, b, b_H, h0 or zeros, c0 or zeros, h0 != 0

    def lay_out(self) -> list[Job]:
        """First stage forward: the weights in the order in which the products read them."""
        panels, early, size = self._dense.pack_panels, self.early, self.size
        jobs: list[Job] = [
            (panels, Named.W_I, self.line, self.sizes.inputs, self.width, self._W_I),
            (panels, Named.W_H, self.line, size, early, self._W_H),
        ]
        if early < self.width:
            jobs.append((panels, Named.W_H_LATE, self.line, size, self.width - early, self._W_H + 4 * early * size))
        return jobs

    def project(self, first: int, end: int) -> Job:
        """Second stage: the input projection of the inputs from ``first`` to ``end``."""
        columns = self.sizes.inputs
        return (
            self._dense.affine, first, end, Named.INPUTS, 4 * columns, columns, self._W_I, Named.B, self.width,
            self._projection, self.line,
        )  # fmt: skip

    def read(self, first: int, last: int) -> Job:
        """Third stage: the states of the documents from ``first`` to ``last``."""
        return (
            self._kernels.forward, first, last, *self._steps, Named.PROJECTION, Named.PLACES, self._gates, self._W_H,
            Named.B_H, self._hidden, self._cell, self._extra, Named.H0, Named.C0, Named.GIVEN,
        )  # fmt: skip

    def copy(self, target: Array) -> Job:
        """After the third stage: the states to an array [N, H] whose rows may be columns of a wider one."""
        row = target.strides[0]
        return (self._dense.copy, Named.ROWS, self._hidden, 4 * self.size, address(target), row, self.size)

    def begin_back(self, outer: list[Array], targets: DirectionWeights | None) -> None:
        """Takes the gradient of the states.

        Args:
            outer: one or two [N, H], to be added up, of which the first may be changed; the numbers of a row stand side
                by side.
            targets: where to write the gradients of W_I and W_H, arrays without gaps; ``None`` for new ones.
        """
        W_I, W_H = self.parts.W_I, self.parts.W_H
        targets = targets or DirectionWeights(np.empty_like(W_I), np.empty_like(W_H), self.parts.b)
        first, second = outer[0], outer[-1]
        at = address(first)
        self._outer = outer
        self.table[17:21] = at, first.strides[0], at if second is first else address(second), second.strides[0]
        if targets is not self._targets:
            self._targets, at = targets, address(targets.W_H)
            self.table[21:] = address(targets.W_I), at, at + 4 * self.early

    def turn(self, parts: int) -> list[Job]:
        """First stage backward.

        Args:
            parts: how many the gradient of the states is the sum of.
        """
        dense, early, size = self._dense, self.early, self.size
        states = self.sizes.documents * size
        jobs: list[Job] = [(dense.clear, at, states) for at in (self._carry_h_at, self._carry_c_at)]
        jobs.append((dense.clear, self._sums_at, self._sums.size))
        if parts == 2:
            jobs.append((dense.add, Named.ROWS, Named.OUTER, Named.OUTER_ROW, Named.MORE, Named.MORE_ROW, size))
        jobs.append((dense.pack_transposed_panels, Named.W_H, self.line, early, size, self._W_T))
        if early < self.width:
            late = (self.line, self.width - early, size, self._W_T + 4 * early * size)
            jobs.append((dense.pack_transposed_panels, Named.W_H_LATE, *late))
            jobs.append((dense.clear, self._second, self.sizes.rows * self.form.second * size))
        return jobs

    def read_back(self, block: int, first: int, last: int) -> Job:
        """Second stage: the gradient of the input projection of the documents from ``first`` to ``last``."""
        return (
            self._kernels.backward, first, last, *self._steps, self._gates, self._W_T, self._hidden, self._cell,
            self._extra, Named.H0, Named.C0, Named.GIVEN, Named.OUTER, Named.OUTER_ROW, self._carry_h_at,
            self._carry_c_at, self._second, self._earlier, self._sums_at + block * self._sums.strides[0],
        )  # fmt: skip

    def lay_out_back(self) -> Job:
        """Beside the first stage, if the gradient of the inputs is asked for."""
        return (
            self._dense.pack_transposed_panels, Named.W_I, self.line, self.width, self.sizes.inputs, self._W_I_T
        )  # fmt: skip

    def to_inputs(self, first: int, end: int) -> Job:
        """Third stage: the gradient of the inputs of the tokens from ``first`` to ``end``."""
        columns = self.sizes.inputs
        return (
            self._dense.affine, first, end, self._gates, self.line, self.width, self._W_I_T, 0, columns,
            self._d_inputs, 4 * columns,
        )  # fmt: skip

    def to_weights(self) -> list[Job]:
        """Beside the third stage: the gradients of the weights."""
        jobs: list[Job] = []
        d_projection, early, size, width = self._gates, self.early, self.size, self.width
        count = Named.COUNT if self.shared else Named.ROWS
        if self.shared:
            # Tokens that share an input have their gradients added up before they are multiplied.
            jobs.append(
                (self._dense.segment_sum, Named.ROWS, Named.PLACES, d_projection, width, self._summed, Named.COUNT)
            )
        jobs.append(self._multiply(Named.INPUTS, self.sizes.inputs, self._summed, count, Named.D_W_I, width))
        multiplied = self._second if self.form.product_gradient else d_projection
        jobs.append(self._multiply(self._earlier, size, multiplied, Named.ROWS, Named.D_W_H, early))
        if early < width:
            late = (d_projection + 4 * early, Named.ROWS, Named.D_W_H_LATE, width - early)
            jobs.append(self._multiply(self._extra, size, *late))
        return jobs

    def gradients(self) -> DirectionWeights:
        """Those of weights and initial states, after all stages."""
        summed = self._sums[0] if len(self._sums) == 1 else self._sums.sum(axis=0)
        d_b_H = None
        if self.form.product_gradient:
            d_b_H = np.concatenate([summed[: self.width - self.size], summed[self.width :]])
        d_c0 = None if self.parts.c0 is None else self._carry_c
        d_h0 = None if self.parts.h0 is None else self._carry_h
        return DirectionWeights(self._targets.W_I, self._targets.W_H, summed[: self.width], d_b_H, d_h0, d_c0)

    def _multiply(self, inputs: int, size: int, d_outputs: int, rows: int, gradient: int, width: int) -> Job:
        """Gradient = inputsᵀ @ d_outputs, of which d_outputs and gradient may be columns of wider arrays."""
        return (
            self._dense.weight_gradient, inputs, 4 * size, size, d_outputs, self.line, rows, width, gradient, self.line,
            self._scratch,
        )  # fmt: skip
