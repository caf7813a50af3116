"""Adam on a CPU: all weights in one pass, and of the embedding only the rows that are read."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from recurra.kernels.compiled import kernels_of
from recurra.kernels.threads import WorkItem, run_parallel, split_range
from recurra.presets import TrainingSettings
from recurra.training.optimisers.adam import BETAS, corrected_rate
from recurra.training.optimisers.adam_state import WORTH_A_THREAD, AdamState

__all__ = ["LazyAdam", "RowGradient"]

# Weights stand that many numbers apart, so that none shares a register with another.
ALIGNED = 16

Array = npt.NDArray[np.float32]


class RowGradient:
    """The gradient of the embedding rows that a batch read.

    Args:
        rows: int64[U], different ones.
        sums: [U, E], summed over a row's tokens.
        squares: [U, E], the sums of the tokens' squares, where the rule asks for them.
    """

    def __init__(self, rows: npt.NDArray[np.int64], sums: Array, squares: Array | None = None) -> None:
        self.rows, self.sums, self.squares = rows, sums, squares

    @property
    def arrays(self) -> list[Array]:
        """Sums, and squares where there are any."""
        return [self.sums] if self.squares is None else [self.sums, self.squares]

    def times(self, share: float) -> RowGradient:
        """A copy of it, multiplied."""
        squares = None if self.squares is None else self.squares * np.float32(share * share)
        return RowGradient(self.rows, self.sums * np.float32(share), squares)

    @classmethod
    def joined(cls, parts: Sequence[RowGradient]) -> RowGradient:
        """The sum over parts of a batch, of which several may have read a row."""
        rows, places = np.unique(np.concatenate([part.rows for part in parts]), return_inverse=True)

        def summed(arrays: Sequence[Array]) -> Array:
            sums = np.zeros((len(rows), arrays[0].shape[1]), dtype=np.float32)
            np.add.at(sums, places, np.concatenate(arrays))
            return sums

        squares = [part.squares for part in parts if part.squares is not None]
        return cls(rows, summed([part.sums for part in parts]), summed(squares) if len(squares) == len(parts) else None)


class LazyAdam:
    """The rules of :class:`recurra.training.optimisers.adam.Adam` without its dense pass, to float32's rounding.

    Rows that a batch does not touch still move under the dense rules, but only when they are next read, or by
    :meth:`flush`; ``sparse_adam`` never moves them.

    Args:
        weights: the parameters, by name; float32 on the CPU. Those that learn, but the embedding, are moved to one
            array.
        settings: learning rate, epsilon, weight decay and the rule.

    Attributes:
        gradients: where to write the gradient of each weight but the embedding.
        flat_gradients: the same numbers in one array, zeros between them.
    """

    def __init__(self, weights: Mapping[str, torch.nn.Parameter], settings: TrainingSettings) -> None:
        learning = {name: weight for name, weight in weights.items() if weight.requires_grad}
        self.settings = settings
        self.steps = 0
        self.rows: AdamState | None = None
        if "embedding" in learning:
            table = learning.pop("embedding").detach().numpy()
            self.rows = AdamState(table, BETAS, settings.epsilon, touched=settings.optimiser == "sparse_adam")
        self._shapes = {name: weight.shape for name, weight in learning.items()}
        size = sum(weight.numel() + -weight.numel() % ALIGNED for weight in learning.values())
        self._weights, self._m, self._v, self.flat_gradients = np.zeros((4, size), dtype=np.float32)
        self.gradients = self._views(self.flat_gradients)
        for name, view in self._views(self._weights).items():
            view[...] = learning[name].detach().numpy()
            learning[name].data = torch.from_numpy(view)
        self._lanes, self._total = np.zeros(8, dtype=np.float32), np.zeros((1, 1))

    def _views(self, flat: Array) -> dict[str, Array]:
        views, at = {}, 0
        for name, shape in self._shapes.items():
            views[name] = flat[at : at + shape.numel()].reshape(shape)
            at += shape.numel() + -shape.numel() % ALIGNED
        return views

    def clear(self) -> None:
        """Sets all gradients to zero."""
        self.flat_gradients[:] = 0

    def norm(self, row_gradient: RowGradient | None) -> float:
        """The norm of all gradients together; finite where all of them are."""
        squares = 0.0
        for numbers in (self.flat_gradients, *(() if row_gradient is None else (row_gradient.sums.ravel(),))):
            kernels_of("adam").sum_squares(numbers, self._lanes, self._total)
            squares += float(self._total[0, 0])
        return math.sqrt(squares)

    def step(
        self,
        learning_rate: float,
        row_gradient: RowGradient | None,
        *,
        scale: float = 1.0,
        beside: WorkItem | None = None,
    ) -> bool:
        """Moves the weights along the gradients.

        Args:
            learning_rate: η of this step.
            row_gradient: gradient of the embedding's rows, which are up to date.
            scale: what to multiply gradients with.
            beside: what else a thread may do meanwhile.

        Returns:
            Whether the work was shared among threads, and ``beside`` was done.
        """
        self.steps += 1
        rate = corrected_rate(self.settings, learning_rate, self.steps)
        decay = 1 - learning_rate * self.settings.weight_decay
        kernel = kernels_of("adam").step
        fixed = (scale, *BETAS, rate, self.settings.epsilon, decay)

        def some(first: int, end: int) -> None:
            kernel(*[flat[first:end] for flat in (self._weights, self._m, self._v, self.flat_gradients)], *fixed)

        tasks, rows = split_range(some, len(self._weights), least=WORTH_A_THREAD), list[WorkItem]()
        if self.rows and row_gradient:
            one = row_gradient
            rows = self.rows.moving(one.rows, one.sums, one.squares, scale=scale, rate=rate, decay=decay)
        if len(tasks) == 1 and len(rows) < 2:
            for task in (*tasks, *rows):
                task()
            return False
        # Packing needs the interpreter: behind the kernels, so that the other threads get to theirs.
        run_parallel([*tasks, *([beside] if beside else []), *rows])
        return True

    def flush(self) -> None:
        """Moves every row to where it belongs after the steps so far."""
        if self.rows:
            self.rows.catch_up()

    def flushed(self) -> dict[str, Tensor]:
        """The embedding as :meth:`flush` would leave it, in a copy; nothing where it does not learn."""
        return {"embedding": torch.from_numpy(self.rows.flushed())} if self.rows else {}

    def tensors(self) -> dict[str, Tensor]:
        """The moments, and how far rows are behind, for a checkpoint."""
        if not self.steps:
            return {}
        state = {f"m.{name}": torch.from_numpy(view) for name, view in self._views(self._m).items()}
        state |= {f"v.{name}": torch.from_numpy(view) for name, view in self._views(self._v).items()}
        if self.rows:
            rows = self.rows
            parts = {
                "m.embedding": rows.m,
                "v.embedding": rows.v,
                "rows.last": rows.last,
                "rows.moves": rows.moves.table,
            }
            state |= {name: torch.from_numpy(array) for name, array in parts.items()}
        return state

    def restore(self, tensors: Mapping[str, Tensor], steps: int) -> None:
        """Restores what :meth:`tensors` returned after ``steps`` steps."""
        self.steps = steps
        if not steps:
            return
        for moment, flat in (("m", self._m), ("v", self._v)):
            for name, view in self._views(flat).items():
                view[...] = tensors[f"{moment}.{name}"].numpy()
        if self.rows:
            self.rows.m[:], self.rows.v[:] = tensors["m.embedding"].numpy(), tensors["v.embedding"].numpy()
            self.rows.last[:] = tensors["rows.last"].numpy()
            self.rows.moves.table = tensors["rows.moves"].numpy()

    def layout(self, steps: int) -> dict[str, Tensor]:
        """Tensors shaped like those of :meth:`tensors` after ``steps`` steps."""
        if not steps:
            return {}
        shapes = {f"{moment}.{name}": torch.empty(shape) for moment in "mv" for name, shape in self._shapes.items()}
        if self.rows:
            like = torch.from_numpy(self.rows.weights)
            last = torch.from_numpy(self.rows.last)
            shapes |= {"m.embedding": like, "v.embedding": like, "rows.last": last}
            shapes["rows.moves"] = torch.empty(steps + 1, 5, dtype=torch.float64)
        return shapes
