"""Batches packed on the device, many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from recurra.batches import MappedRagged, Ragged
from recurra.models.static_batch import StaticBatch
from recurra.tasks.single_label_torch import ABSENT
from recurra.training.steps.step import EncodedRows

__all__ = ["STEPS", "BatchShape", "DeviceBatches"]

Places = npt.NDArray[np.int64]

# Steps that are planned at once, at most: some tenths of a second's work.
STEPS = 256
# Tokens that are planned at once, at most, unless a single batch has more. Planning takes some 100 bytes a token.
TOKENS = 1 << 22
# Rows of the smallest batch: fewer would not make a matrix product any faster.
LEAST_ROWS = 64


class BatchShape(NamedTuple):
    """The size of the tensors that a batch is put into; all batches of a shape are computed alike.

    Attributes:
        rows: R, for tokens.
        steps: T, for steps.
    """

    rows: int
    steps: int


class DeviceBatches:
    """Keeps the training rows on the device and packs batches there, as :func:`recurra.batches.pack` does.

    What a batch needs is found by a counter on the device, so that a step asks the host for nothing. Tensors keep their
    addresses: a CUDA graph that reads them may be replayed after the next :meth:`fill`.

    Args:
        rows: the training rows.
        documents: B, in a batch at most.
        masked: whether pads are left out; otherwise documents are padded to their batch's longest.
        numbers: K, how many numbers of its own each step is given, such as the learning rate.
        fitting: as many steps in a shape as a batch has; otherwise as many as the longest document, which makes fewer
            shapes, for networks that do not look at the number of steps.
        device: where to.
        repeats: a batch may hold a row more than once.
    """

    def __init__(
        self,
        rows: EncodedRows,
        *,
        documents: int,
        masked: bool,
        numbers: int,
        fitting: bool,
        device: torch.device,
        repeats: bool = False,
    ) -> None:
        self.documents, self.masked, self.fitting, self.device = documents, masked, fitting, device
        self._lengths = rows.documents.lengths
        self._values = self._placed_ids(rows.documents)
        self._offsets, self._classes = self._placed(rows.documents.offsets), self._placed(rows.targets)
        self._longest = int(self._lengths.max(initial=0))
        self._largest = largest = _largest_batch(self._lengths, documents, masked=masked, repeats=repeats)
        self._tokens = max(min(TOKENS, STEPS * largest), largest)
        width = _rounded(max(largest, documents, LEAST_ROWS))
        self._ids = self._zeros(self._tokens + width, dtype=torch.int32)
        self._starts = self._zeros(self._tokens + STEPS, dtype=torch.int32)
        # A step's first token, its place among the starts, and how many steps it has.
        self._heads = self._zeros(STEPS, 3)
        self._batch_lengths = self._zeros(STEPS, documents, dtype=torch.int32)
        self._targets = self._zeros(STEPS, documents)
        self._numbers = self._zeros(STEPS, numbers, dtype=torch.float32)
        # What each training row counts, and the documents of each batch.
        self._row_weights = None if rows.weights is None else self._placed(rows.weights)
        self._batch_weights = self._zeros(STEPS, documents, dtype=torch.float32)
        self._counting = torch.arange(max(width, _rounded(self._longest) + 1), device=device)
        self.at = self._zeros(1)

    def limit(self, batches: Sequence[Places]) -> int:
        """How many of these batches can be planned at once, at least 1."""
        some = batches[:STEPS]
        if len(some) * self._largest <= self._tokens:
            return max(1, len(some))
        tokens, _ = self._sizes(some)
        return max(1, int(np.searchsorted(np.cumsum(tokens), self._tokens, side="right")))

    def fill(self, batches: Sequence[Places], numbers: npt.NDArray[np.float32]) -> list[BatchShape]:
        """Packs batches; the counter then stands at the first of them.

        Args:
            batches: the training rows of each, at least one; as many as :meth:`limit` allows.
            numbers: float32[batches, K].

        Returns:
            The shape of each.
        """
        tokens, steps = self._sizes(batches)
        counts = np.array([len(batch) for batch in batches], dtype=np.int64)
        first_token, first_start = _before(tokens), _before(steps + 1)
        number = np.repeat(np.arange(len(batches)), counts)
        self._heads[: len(batches)] = self._placed(np.stack([first_token, first_start, steps], axis=1))
        self._numbers[: len(batches)] = self._placed(numbers)
        order, batch, start_of, padded, place_of = self._placed(
            np.stack(
                [
                    np.concatenate(batches),
                    number,
                    first_start[number],
                    np.zeros_like(number) if self.masked else steps[number],
                    np.arange(len(number)) - _before(counts)[number],
                ]
            )
        )
        begin = self._offsets[order]
        held = self._offsets[order + 1] - begin
        filled = torch.maximum(held, padded)
        # Sorted by batch, then by falling length; equal lengths keep their order. Places of a batch stay together, so
        # what is the same for all of its documents need not be sorted.
        longest = int(steps.max(initial=0))
        sorting = torch.argsort(batch * (longest + 1) + longest - filled, stable=True)
        begin, held, filled, order = (one[sorting] for one in (begin, held, filled, order))
        cell = batch * self.documents + place_of
        self._batch_lengths.zero_().view(-1)[cell] = filled.int()
        self._targets.fill_(ABSENT).view(-1)[cell] = self._classes[order]
        if self._row_weights is not None:
            self._batch_weights.zero_().view(-1)[cell] = self._row_weights[order]

        # How many documents run at a step: each adds one at its batch's first step and takes it away behind its last.
        change = self._zeros(int((steps + 1).sum()))
        ones = torch.ones_like(filled)
        change.index_add_(0, start_of, ones).index_add_(0, start_of + filled, -ones)
        active = change.cumsum(0)
        starts = active.cumsum(0) - active
        within = torch.repeat_interleave(
            self._heads[: len(batches), 0], self._heads[: len(batches), 2] + 1, output_size=len(active)
        )
        self._starts[: len(active)] = (starts - within).int()

        total = int(tokens.sum())
        document = torch.repeat_interleave(self._counting_to(len(order)), filled, output_size=total)
        step = self._counting_to(total) - (filled.cumsum(0) - filled)[document]
        row = starts[start_of[document] + step] + place_of[document]
        source = (begin[document] + step).clamp(max=max(0, len(self._values) - 1))
        read = self._values[source] if len(self._values) else self._zeros(total, dtype=torch.int32)
        self._ids[row] = torch.where(step < held[document], read, 0)
        self.at.zero_()
        return [self._shape(rows, most) for rows, most in zip(tokens.tolist(), steps.tolist(), strict=True)]

    def batch(self, shape: BatchShape) -> tuple[StaticBatch, Tensor]:
        """The batch at which the counter stands, in a shape that holds it.

        Returns:
            Its documents by falling length, and int64[B] their classes, :data:`ABSENT` where
            there is no document.
        """
        first, first_start, steps = self._heads.index_select(0, self.at)[0].unbind()
        ids = self._ids.index_select(0, self._counting[: shape.rows] + first)
        starts = self._starts.index_select(0, torch.minimum(self._counting[: shape.steps + 1], steps) + first_start)
        lengths = self._batch_lengths.index_select(0, self.at)[0]
        return StaticBatch(ids, starts, lengths), self._targets.index_select(0, self.at)[0]

    def row_weights(self) -> Tensor | None:
        """float32[B], what each document of the batch counts; ``None`` if all count alike."""
        return None if self._row_weights is None else self._batch_weights.index_select(0, self.at)[0]

    def numbers(self) -> Tensor:
        """float32[K], the step's own numbers."""
        return self._numbers.index_select(0, self.at)[0]

    def _sizes(self, batches: Sequence[Places]) -> tuple[Places, Places]:
        """Tokens and steps of each batch, pads counted where they are computed."""
        counts = np.array([len(batch) for batch in batches], dtype=np.int64)
        lengths = self._lengths[np.concatenate(batches)]
        steps = np.maximum.reduceat(lengths, _before(counts))
        return (np.add.reduceat(lengths, _before(counts)) if self.masked else steps * counts), steps

    def _shape(self, rows: int, steps: int) -> BatchShape:
        return BatchShape(
            _rounded(max(rows, self.documents, LEAST_ROWS)), _rounded(steps if self.fitting else self._longest)
        )

    def _counting_to(self, count: int) -> Tensor:
        return torch.arange(count, device=self.device)

    def _zeros(self, *shape: int, dtype: torch.dtype = torch.int64) -> Tensor:
        return torch.zeros(shape, dtype=dtype, device=self.device)

    def _placed_ids(self, documents: Ragged) -> Tensor:
        """int32[N], the ids of all documents."""
        if not isinstance(documents, MappedRagged):
            return self._placed(documents.values)
        ids = self._zeros(len(documents.values), dtype=torch.int32)
        for first in range(0, len(ids), TOKENS):
            some = documents.values[first : first + TOKENS]
            ids[first : first + TOKENS] = self._placed(some.astype(np.int32))
            documents.file.note_read(some.nbytes, 1)
        return ids

    def _placed(self, array: npt.NDArray[np.generic]) -> Tensor:
        tensor = torch.from_numpy(np.ascontiguousarray(array))
        if self.device.type != "cuda":
            return tensor.to(self.device)
        # From pinned memory the host need not wait.
        return tensor.pin_memory().to(self.device, non_blocking=True)


def _before(counts: Places) -> Places:
    """How many stand before each part."""
    return np.cumsum(counts) - counts


def _rounded(count: int) -> int:
    """The next of four sizes an octave: a quarter is padding at most, a ninth on average."""
    unit = 1 << max(0, (max(1, count) - 1).bit_length() - 3)
    return -(-max(1, count) // unit) * unit


def _largest_batch(lengths: Places, documents: int, *, masked: bool, repeats: bool) -> int:
    """Tokens that a batch may have."""
    most = min(documents, len(lengths))
    if not most:
        return 0
    if repeats:
        return int(lengths.max()) * documents
    longest = np.partition(lengths, len(lengths) - most)[len(lengths) - most :]
    return int(longest.sum()) if masked else int(longest.max()) * most
