"""One layer on the CPU kernels: its directions in parallel, on threads where they pay off."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from recurra.cells import Cell
from recurra.kernels.array_types import address
from recurra.kernels.compiled import kernels_of
from recurra.kernels.simd import LANES
from recurra.kernels.threads import run_parallel
from recurra.recurrence.engines.arena import Arena
from recurra.recurrence.engines.direction_weights import DirectionWeights, pad_columns, pad_weights, unpad_weights
from recurra.recurrence.engines.numba_direction import Capacity, Direction, Job, Slot

__all__ = ["Gradients", "Layer"]

Array = npt.NDArray[np.float32]
Int64Array = npt.NDArray[np.int64]
# For each direction, lists of jobs that may run in parallel.
Stage: TypeAlias = list[list[list[Job]]]

# From this many multiply-adds of the recurrence in a step of a direction the work is shared among threads: starting
# them costs some 20 µs, the kernels do 40 thousand a microsecond, and most documents have tens of steps.
WORTH_A_THREAD = 25_000
# Documents a thread computes at once: enough to reuse each weight it loads, few enough for a step to stay in its cache.
BLOCK, TILE = 32, 4


class Gradients(NamedTuple):
    """The result of :meth:`Layer.backward`; the next batch overwrites the arrays.

    Attributes:
        inputs: [N, I] for each direction, to be added up; empty if they were not needed.
        parts: the gradients of each direction's weights and initial states.
    """

    inputs: list[Array]
    parts: list[DirectionWeights]


class Layer:
    """All directions of a layer, for batches up to a maximum size.

    Args:
        cell: the formula, one with kernels for CPUs.
        directions: 1 or 2; the first reads forward, the second backward.
        rows: N, at most.
        count: unique inputs at most, where tokens share them and each is multiplied only once; else ``None``.
        inputs: I.
        hidden: H.
        documents: B, at most.
        join: whether to concatenate the states of all directions as well.

    Attributes:
        outputs: [N, H], the states of each direction.
        states: [N, D·H], those of all directions side by side, with ``join``.
    """

    def __init__(
        self,
        cell: Cell,
        directions: int,
        *,
        rows: int,
        count: int | None,
        inputs: int,
        hidden: int,
        documents: int,
        join: bool = False,
    ) -> None:
        self._gates, self._columns, self._units = len(cell.gates), inputs, hidden
        size = hidden + -hidden % LANES
        self._aligned = size == hidden and inputs % LANES == 0
        self._capacity = (rows, rows if count is None else count)
        self._threaded = documents * self._gates * size * size >= WORTH_A_THREAD
        self._blocks = self._document_blocks(documents, directions)
        capacity = Capacity(rows, self._capacity[1], inputs + -inputs % LANES, size, documents, len(self._blocks))
        # Each direction runs on its own thread; with its own arena, its arrays stay in that processor's cache.
        arenas = [Arena() for _ in range(directions)]
        self._directions = [
            Direction(cell, bool(place), count is not None, capacity, arena) for place, arena in enumerate(arenas)
        ]
        self._concatenated = arenas[0].array(rows, directions * hidden)[0] if join and directions > 1 else None
        self._forward = self._forward_job_lists()
        self._backward: dict[tuple[int, bool], list[list[JobList]]] = {}

    def fits(self, rows: int, count: int) -> bool:
        """Whether a batch with this many rows and unique inputs fits."""
        return rows <= self._capacity[0] and count <= self._capacity[1]

    def forward(
        self, starts: Int64Array, inputs: Array, parts: Sequence[DirectionWeights], places: Int64Array | None = None
    ) -> None:
        """Computes the states of a batch.

        Args:
            starts: int64[T + 1], the first row of each step; N rows in all.
            inputs: float32[N, I]; or, where tokens share them, [U, I], the unique ones.
            parts: weights and initial states of each direction.
            places: int64[N], the row in ``inputs`` of each token, where they share them.
        """
        wide, rows = np.ascontiguousarray(pad_columns(inputs)), int(starts[-1])
        for direction, one in zip(self._directions, parts, strict=True):
            direction.bind(starts, wide, pad_weights(one, self._gates), places)
        self._run(self._forward)
        self._forward_done = True
        self._rows, units = rows, self._units
        self.outputs = [direction.hidden[:rows, :units] for direction in self._directions]
        self.states = self.outputs[0]
        if self._concatenated is not None:
            self.states = self._concatenated[:rows]
            if self._directions[0].size != units:
                np.concatenate(self.outputs, axis=1, out=self.states)

    def backward(
        self, d_hidden: Sequence[Sequence[Array]], *, to_inputs: bool, targets: Sequence[DirectionWeights] | None = None
    ) -> Gradients:
        """The gradients of inputs, weights and initial states.

        Args:
            d_hidden: for each direction, the gradient of its states: one or two [N, H] to be added up; the first may
                be changed.
            to_inputs: whether the gradient of the inputs is needed.
            targets: for each direction, where to write the gradients of W_I and W_H: contiguous arrays, which are used
                if I and H are multiples of eight.
        """
        for place, direction in enumerate(self._directions):
            into = targets[place] if targets and self._aligned else None
            direction.bind_gradient([pad_columns(one) for one in d_hidden[place]], into)
        if not self._forward_done:
            # An earlier call of backward has overwritten the gates.
            self._run(self._forward)
        self._forward_done = False
        kind = (len(d_hidden[0]), to_inputs)
        if kind not in self._backward:
            self._backward[kind] = self._backward_job_lists(*kind)
        self._run(self._backward[kind])
        return Gradients(
            [one.d_inputs[: self._rows, : self._columns] for one in self._directions if to_inputs],
            [unpad_weights(one.gradients(), self._gates, self._units, self._columns) for one in self._directions],
        )

    def _forward_job_lists(self) -> list[list[JobList]]:
        inputs = self._row_ranges(Slot.HALF_COUNT, Slot.COUNT)
        stages: list[Stage] = [
            [[one.pack_weights()] for one in self._directions],
            [[[one.project_inputs(*part)] for part in inputs] for one in self._directions],
            [[[one.forward(*block)] for block in self._blocks] for one in self._directions],
        ]
        if self._concatenated is not None and self._directions[0].size == self._units:
            sides = np.split(self._concatenated, len(self._directions), axis=1)
            stages.append([[[one.copy_states(side)]] for one, side in zip(self._directions, sides, strict=True)])
        return self._job_lists(stages)

    def _backward_job_lists(self, parts: int, to_inputs: bool) -> list[list[JobList]]:
        first: Stage = [[one.prepare_backward(parts)] for one in self._directions]
        second = [[[one.backward(n, *block)] for n, block in enumerate(self._blocks)] for one in self._directions]
        third = [[one.weight_gradients()] for one in self._directions]
        if to_inputs:
            for place, one in enumerate(self._directions):
                first[place][0].append(one.pack_input_weights())
                third[place] += [[one.input_gradient(*part)] for part in self._row_ranges(Slot.HALF_ROWS, Slot.ROWS)]
        return self._job_lists([first, second, third])

    def _job_lists(self, stages: list[Stage]) -> list[list[JobList]]:
        """The stages one after the other, each as lists of jobs that run in parallel.

        Directions are independent. So if there is only one block of documents, each direction runs all its stages on
        its own thread, and the threads wait for one another only once.
        """
        tables = [one.table for one in self._directions]
        each = [(table, [jobs for stage in stages for jobs in stage[place]]) for place, table in enumerate(tables)]
        if not self._threaded:
            return [[JobList(table, [job for jobs in lists for job in jobs])] for table, lists in each]
        if len(self._blocks) == 1:
            return [[JobList(table, [job for jobs in lists for job in jobs]) for table, lists in each]]
        return [
            [JobList(table, jobs) for place, table in enumerate(tables) for jobs in stage[place]] for stage in stages
        ]

    def _run(self, turns: list[list[JobList]]) -> None:
        for lists in turns:
            run_parallel([one.run for one in lists])

    def _document_blocks(self, documents: int, directions: int) -> list[tuple[int, int]]:
        """Blocks of documents that are read together; they depend on the batch size alone, as they order the sums."""
        if not self._threaded:
            return [(0, documents)]
        wanted = max(documents // BLOCK, 3 - directions)
        size = -(-documents // (wanted * TILE)) * TILE
        return [(first, min(first + size, documents)) for first in range(0, documents, size)]

    def _row_ranges(self, half: int, end: int) -> list[tuple[int, int]]:
        """Rows that are multiplied together: all, or halves where a single direction would leave a thread idle."""
        return [(0, half), (half, end)] if self._threaded and len(self._directions) == 1 else [(0, end)]


class JobList:
    """Jobs in the format of :func:`recurra.kernels.job_list.run`.

    Args:
        table: that of their direction.
        jobs: to be run one after the other.
    """

    def __init__(self, table: Int64Array, jobs: Sequence[Job]) -> None:
        self._words = np.array([word for job in jobs for word in (1 + len(job), *job)], dtype=np.int64)
        first = address(self._words)
        self.run = partial(kernels_of("job_list").run, first, first + self._words.nbytes, address(table))
