"""One layer on Numba's kernels: its directions side by side, on as many threads as pay."""

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
from recurra.recurrence.engines.direction_weights import DirectionWeights, narrower, wider, wider_columns
from recurra.recurrence.engines.numba_direction import Direction, Job, Named, Sizes

__all__ = ["Gradients", "Layer"]

Array = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]
# Of each direction, lists of jobs that may be done side by side.
Stage: TypeAlias = list[list[list[Job]]]

# From this many multiply-adds of the recurrence in a step of a direction the work is shared among threads: handing over
# costs some 20 µs, the kernels do 40 thousand a microsecond, and most documents have tens of steps.
WORTH_A_THREAD = 25_000
# Documents a thread computes at once: enough to reuse each weight it loads, few enough for a step to stay in its cache.
BLOCK, TILE = 32, 4


class Gradients(NamedTuple):
    """What :meth:`Layer.backward` gives; arrays that the next batch writes to.

    Attributes:
        inputs: [N, I] of each direction, to be added up; none if they were not asked for.
        parts: of each direction.
    """

    inputs: list[Array]
    parts: list[DirectionWeights]


class Layer:
    """All directions of a layer, for batches up to a size.

    Args:
        cell: the formula, one with kernels for CPUs.
        directions: 1 or 2; the first reads forward, the second backward.
        rows: N, at most.
        count: different inputs at most, where tokens share them and each is multiplied only once; else ``None``.
        inputs: I.
        hidden: H.
        documents: B, at most.
        join: whether the states of all directions are to stand side by side, too.

    Attributes:
        outputs: [N, H], the states of each direction.
        states: [N, D·H], those of all directions, if they were asked for.
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
        self._fitting = size == hidden and inputs % LANES == 0
        self._room = (rows, rows if count is None else count)
        self._together = documents * self._gates * size * size >= WORTH_A_THREAD
        self._blocks = self._cut_documents(documents, directions)
        sizes = Sizes(rows, self._room[1], inputs + -inputs % LANES, size, documents, len(self._blocks))
        # A direction is computed on a thread of its own, and finds in its own arena what is still in its cache.
        arenas = [Arena() for _ in range(directions)]
        self._directions = [
            Direction(cell, bool(place), count is not None, sizes, arena) for place, arena in enumerate(arenas)
        ]
        self._joined = arenas[0].array(rows, directions * hidden)[0] if join and directions > 1 else None
        self._forward = self._forward_lists()
        self._backward: dict[tuple[int, bool], list[list[_List]]] = {}

    def fits(self, rows: int, count: int) -> bool:
        """Whether there is room for a batch of so many rows and different inputs."""
        return rows <= self._room[0] and count <= self._room[1]

    def forward(
        self, starts: Places, inputs: Array, parts: Sequence[DirectionWeights], places: Places | None = None
    ) -> None:
        """Reads a batch.

        Args:
            starts: int64[T + 1], the first row of each step; N rows in all.
            inputs: float32[N, I]; or, where tokens share them, [U, I], the different ones.
            parts: of each direction.
            places: int64[N], which of the different inputs each token has.
        """
        wide, rows = np.ascontiguousarray(wider_columns(inputs)), int(starts[-1])
        for direction, one in zip(self._directions, parts, strict=True):
            direction.begin(starts, wide, wider(one, self._gates), places)
        self._run(self._forward)
        self._read = True
        self._rows, units = rows, self._units
        self.outputs = [direction.hidden[:rows, :units] for direction in self._directions]
        self.states = self.outputs[0]
        if self._joined is not None:
            self.states = self._joined[:rows]
            if self._directions[0].size != units:
                np.concatenate(self.outputs, axis=1, out=self.states)

    def backward(
        self, outer: Sequence[Sequence[Array]], *, to_inputs: bool, targets: Sequence[DirectionWeights] | None = None
    ) -> Gradients:
        """The gradients of inputs, weights and initial states.

        Args:
            outer: of each direction, the gradient of its states: one or two [N, H] to be added up; the first may be
                changed.
            to_inputs: whether the gradient of the inputs is asked for.
            targets: of each direction, where to write the gradients of W_I and W_H: arrays without gaps, which are
                used if I and H are multiples of eight.
        """
        for place, direction in enumerate(self._directions):
            into = targets[place] if targets and self._fitting else None
            direction.begin_back([wider_columns(one) for one in outer[place]], into)
        if not self._read:
            # The gradient was asked for before, and was written over the gates.
            self._run(self._forward)
        self._read = False
        kind = (len(outer[0]), to_inputs)
        if kind not in self._backward:
            self._backward[kind] = self._backward_lists(*kind)
        self._run(self._backward[kind])
        return Gradients(
            [one.d_inputs[: self._rows, : self._columns] for one in self._directions if to_inputs],
            [narrower(one.gradients(), self._gates, self._units, self._columns) for one in self._directions],
        )

    def _forward_lists(self) -> list[list[_List]]:
        inputs = self._halves(Named.HALF_COUNT, Named.COUNT)
        stages: list[Stage] = [
            [[one.lay_out()] for one in self._directions],
            [[[one.project(*part)] for part in inputs] for one in self._directions],
            [[[one.read(*block)] for block in self._blocks] for one in self._directions],
        ]
        if self._joined is not None and self._directions[0].size == self._units:
            sides = np.split(self._joined, len(self._directions), axis=1)
            stages.append([[[one.copy(side)]] for one, side in zip(self._directions, sides, strict=True)])
        return self._lists(stages)

    def _backward_lists(self, parts: int, to_inputs: bool) -> list[list[_List]]:
        first: Stage = [[one.turn(parts)] for one in self._directions]
        second = [[[one.read_back(n, *block)] for n, block in enumerate(self._blocks)] for one in self._directions]
        third = [[one.to_weights()] for one in self._directions]
        if to_inputs:
            for place, one in enumerate(self._directions):
                first[place][0].append(one.lay_out_back())
                third[place] += [[one.to_inputs(*part)] for part in self._halves(Named.HALF_ROWS, Named.ROWS)]
        return self._lists([first, second, third])

    def _lists(self, stages: list[Stage]) -> list[list[_List]]:
        """What is to be done, one after the other, as lists of jobs to be done side by side.

        Directions need nothing of one another. So if there is only one block of documents, each goes through all its
        stages on a thread of its own, and threads wait for one another only once.
        """
        tables = [one.table for one in self._directions]
        each = [(table, [jobs for stage in stages for jobs in stage[place]]) for place, table in enumerate(tables)]
        if not self._together:
            return [[_List(table, [job for jobs in lists for job in jobs])] for table, lists in each]
        if len(self._blocks) == 1:
            return [[_List(table, [job for jobs in lists for job in jobs]) for table, lists in each]]
        return [[_List(table, jobs) for place, table in enumerate(tables) for jobs in stage[place]] for stage in stages]

    def _run(self, turns: list[list[_List]]) -> None:
        for lists in turns:
            run_parallel([one.do for one in lists])

    def _cut_documents(self, documents: int, directions: int) -> list[tuple[int, int]]:
        """Documents that are read together. They decide the order of sums, so nothing that may change decides them."""
        if not self._together:
            return [(0, documents)]
        wanted = max(documents // BLOCK, 3 - directions)
        size = -(-documents // (wanted * TILE)) * TILE
        return [(first, min(first + size, documents)) for first in range(0, documents, size)]

    def _halves(self, half: int, end: int) -> list[tuple[int, int]]:
        """Rows that are multiplied together: all, or halves where a lone direction would leave a thread idle."""
        return [(0, half), (half, end)] if self._together and len(self._directions) == 1 else [(0, end)]


class _List:
    """Jobs as :func:`recurra.kernels.job_list.run` reads them.

    Args:
        table: of the direction that they belong to.
        jobs: to be done in turn.
    """

    def __init__(self, table: Places, jobs: Sequence[Job]) -> None:
        self._words = np.array([word for job in jobs for word in (1 + len(job), *job)], dtype=np.int64)
        first = address(self._words)
        self.do = partial(kernels_of("job_list").run, first, first + self._words.nbytes, address(table))
