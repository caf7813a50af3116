"""The network's forward pass on compiled kernels: documents sorted by length, in parts for several threads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged
from recurra.cells import cell_named
from recurra.kernels.array_types import address
from recurra.kernels.compiled import kernels_of
from recurra.kernels.inference import GROUP, SCRATCH
from recurra.kernels.threads import run_parallel
from recurra.networks.settings import NetworkSettings
from recurra.runtime.finite import checked_finite
from recurra.runtime.input_gates import compute_gates
from recurra.runtime.input_projection import InputProjection
from recurra.runtime.numpy_network import NumpyNetwork
from recurra.runtime.pooling import cumulative_pool
from recurra.runtime.weight_layout import (
    AffineWeights,
    RecurrentWeights,
    input_weights,
    numba_form,
    padded_rows,
    recurrent_weights,
)
from recurra.tasks import SINGLE_LABEL, Task

__all__ = ["CompiledNetwork", "inference_network"]

Array = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]
# (first, end, order, logits of the documents between, the answers of all): writes those of these documents.
Writer: TypeAlias = Callable[[int, int, Places, Array, Array], None]

# Floating-point operations of a part of a call, at most some milliseconds; threads take one part after another.
PART_WORK = 2e8
# Cost of the activations of a unit in such operations.
ACTIVATIONS = 100


def inference_network(
    settings: NetworkSettings, tensors: Mapping[str, Array], *, pad_to: int | None, task: Task = SINGLE_LABEL
) -> CompiledNetwork | NumpyNetwork:
    """The network on compiled kernels, or through NumPy where its cell has none. Arguments: see :class:`Network`."""
    kind = NumpyNetwork if cell_named(settings.cell).compiled.numba is None else CompiledNetwork
    return kind(settings, tensors, pad_to=pad_to, task=task)


class CompiledNetwork:
    """A trained network on compiled kernels, float32 throughout. Several threads may predict with it at the same time.

    Args:
        settings: the network's shape.
        tensors: the weights, by the names of :func:`recurra.networks.shapes.weight_shapes`.
        pad_to: the length to which documents are padded with id 0; ``None`` if the network is masked.
        task: the task, which turns outputs into probabilities.

    Attributes:
        outputs: L, the number of outputs.
        input_projection: of the first layer.
        inputs: the weights of the input projections of the other layers.
        recurrent: the recurrent weights of each layer.
        width: D, the numbers of a state of both directions, padding included.
        output: the weights of the output.
        kernels: name of the cell's kernels, for :func:`recurra.kernels.compiled.kernels_of`.
    """

    def __init__(
        self,
        settings: NetworkSettings,
        tensors: Mapping[str, Array],
        *,
        pad_to: int | None,
        task: Task = SINGLE_LABEL,
    ) -> None:
        self.settings, self.task = settings, task
        self.pad_to = pad_to or 0
        self.outputs = len(tensors["b_O"])
        self.kernels = f"inference.{numba_form(settings).kernels}"
        self.input_projection = InputProjection(settings, tensors)
        self.inputs = [
            AffineWeights.of(*input_weights(settings, tensors, layer)) for layer in range(1, settings.layers)
        ]
        self.recurrent = [recurrent_weights(settings, tensors, layer) for layer in range(settings.layers)]
        self.width = settings.directions * self.recurrent[0].size
        self.output = AffineWeights.of(padded_rows(tensors["W_O"], settings.hidden), tensors["b_O"])
        self._v: Array | None = None
        if "attention" in settings.pooling:
            W = padded_rows(
                np.ascontiguousarray(padded_rows(tensors["attention.W"], settings.hidden).T), settings.hidden
            )
            b, v = (padded_rows(tensors[f"attention.{name}"], settings.hidden) for name in "bv")
            self._keys, self._v = AffineWeights.of(np.ascontiguousarray(W.T), b), v
        # Operations for a token.
        layer, rows = self.recurrent[0], sum(inputs.size for inputs in self.inputs)
        recurrent = layer.size * settings.layers if cell_named(settings.cell).recurrent_weights else 0
        products = 2 * layer.width * (recurrent + rows)
        work = settings.directions * (products + ACTIVATIONS * layer.width * settings.layers)
        self._part_tokens = max(1, int(PART_WORK / work))

    def probabilities(self, documents: Ragged) -> Array:
        """The probability of each class, [B, C], in the given order. No document depends on the others.

        Raises:
            ModelFileError: a probability is not finite; the other methods raise likewise.
        """
        if self.task.kernel is None:
            return checked_finite(self.task.probabilities(self.logits(documents)).astype(np.float32))
        return self._answers(documents, getattr(kernels_of("inference.probabilities"), self.task.kernel))

    def logits(self, documents: Ragged) -> Array:
        """The outputs before the task turns them into probabilities, [B, L]."""
        return self._answers(documents, _scattered)

    def step_logits(self, ids: npt.NDArray[np.int32]) -> Array:
        """The logits after each token of one document, [T, L], in one pass with cumulative pooling.

        No pads are read. A bidirectional network has no state of a prefix alone; pass its prefixes to :meth:`logits`.

        Args:
            ids: int32[T].

        Raises:
            ValueError: the network is bidirectional.
        """
        if self.settings.bidirectional:
            raise ValueError("A network of two directions cannot be read in one pass.")
        offsets = np.array([0, len(ids)], dtype=np.int64)
        table, document = self.input_projection.look_up(Ragged(ids, offsets))
        _, states = self._stacked(table, document.values.astype(np.int64), offsets, keep=True)
        keys = self._multiplied(self._keys, states) if "attention" in self.settings.pooling else states
        pooled = [cumulative_pool(name, states, keys, self._v) for name in self.settings.pooling]
        return checked_finite(self._multiplied(self.output, np.concatenate(pooled, axis=1))[:, : self.outputs])

    def __getstate__(self) -> Any:
        raise TypeError("A network holds addresses of this process and cannot be copied; copy its model.")

    def _parts(self, bounds: Places) -> list[tuple[int, int]]:
        """Splits documents of falling length into ranges without splitting groups that are read together."""
        documents = len(bounds) - 1
        if documents <= GROUP:
            return [(0, documents)]
        # An empty document is some work as well.
        ends = bounds + np.arange(documents + 1)
        parts, first = [], 0
        while first < documents:
            size = int(np.searchsorted(ends, ends[first] + self._part_tokens, side="right")) - 1 - first
            end = min(first + max(size - size % GROUP, GROUP), documents)
            parts.append((first, end))
            first = end
        return parts

    def _answers(self, documents: Ragged, write: Writer) -> Array:
        """The results of ``write`` for all documents, [B, L], in their order."""
        answers = np.empty((len(documents), self.outputs), dtype=np.float32)
        table, ids = self.input_projection.look_up(documents)
        order = np.empty(len(documents), dtype=np.int64)
        bounds = np.empty(len(documents) + 1, dtype=np.int64)
        kernels_of("inference.batching").sort_by_length(ids.offsets, self.pad_to, order, bounds)
        answer = partial(self._answer, table, ids, order, bounds, answers, write)
        run_parallel([partial(answer, *part) for part in self._parts(bounds)])
        return checked_finite(answers)

    def _answer(
        self, table: Array, ids: Ragged, order: Places, bounds: Places, answers: Array, write: Writer, first: int,
        end: int,
    ) -> None:  # fmt: skip
        """Writes the results of the documents from ``first`` to ``end`` of ``order``."""
        kernels = kernels_of("inference.batching")
        offsets = np.empty(end - first + 1, dtype=np.int64)
        rows = np.empty(int(bounds[end] - bounds[first]), dtype=np.int64)
        kernels.gather(first, end, order, bounds, ids.values, ids.offsets, rows, offsets)
        if self.pools_as_it_reads:
            pooled = self._read_and_pooled(table, rows, offsets)
        else:
            final, states = self._stacked(table, rows, offsets, keep=self._pools_states)
            pooled = self._pooled(final, states, offsets)
        write(first, end, order, self._multiplied(self.output, pooled), answers)

    def _stacked(self, table: Array, rows: Places, offsets: Places, *, keep: bool) -> tuple[Array, Array]:
        """The top layer's final states, and those at all tokens if ``keep``; see :meth:`_read`."""
        projection, places = self._top_projection(table, rows, offsets)
        return self._read(self.recurrent[-1], projection, places, offsets, keep=keep)

    def _top_projection(self, table: Array, rows: Places, offsets: Places) -> tuple[Array, Places | None]:
        """The top layer's input projections, and the row of each token among them; ``None`` if each has its own."""
        projection = table
        places: Places | None = rows
        for layer, inputs in zip(self.recurrent[:-1], self.inputs, strict=True):
            _, states = self._read(layer, projection, places, offsets, keep=True)
            projection, places = compute_gates(self.settings, self._multiplied(inputs, states)), None
        return projection, places

    def _read_and_pooled(self, table: Array, rows: Places, offsets: Places) -> Array:
        """The pooled states, [B, P], in the order of the poolings, without the states themselves."""
        projection, places = self._top_projection(table, rows, offsets)
        layer, documents, pooling = self.recurrent[-1], len(offsets) - 1, self.settings.pooling
        outputs = np.empty((documents, self.width * len(pooling)), dtype=np.float32)
        scratch = np.empty(SCRATCH * layer.size, dtype=np.float32)
        for arguments in self.pooled_arguments(
            (documents, address(offsets), address(places)), projection, outputs, address(scratch)
        ):
            kernels_of(self.kernels).pooled(*arguments)
        return outputs

    def pooled_arguments(
        self, documents: tuple[int, int, int], projection: Array, outputs: Array, scratch: int
    ) -> list[tuple[int, ...]]:
        """The arguments of the kernel that pools as it reads, for each direction of the top layer.

        Args:
            documents: number of documents, and the addresses of their offsets and rows.
            projection: the layer's input projections.
            outputs: float32[documents, P], where the pooled states go.
            scratch: address of the kernel's scratch memory.
        """
        layer, found = self.recurrent[-1], []
        starts = {name: address(outputs) + 4 * place * self.width for place, name in enumerate(self.settings.pooling)}
        for direction, weights in enumerate(layer.places):
            side = 4 * direction * layer.size
            wanted = [starts[name] + side if name in starts else 0 for name in ("max", "mean", "last")]
            found.append((
                *documents, direction, layer.size, address(projection) + 4 * direction * layer.width,
                4 * projection.shape[1], *weights, *wanted, outputs.strides[0], scratch,
            ))  # fmt: skip
        return found

    def _read(
        self, layer: RecurrentWeights, projection: Array, rows: Places | None, offsets: Places, *, keep: bool
    ) -> tuple[Array, Array]:
        """The final states, [B, D], and those at all tokens, [N, D], if ``keep``."""
        documents, line = len(offsets) - 1, 4 * self.width
        final = np.zeros((documents, self.width), dtype=np.float32)
        states = np.empty((int(offsets[-1]) if keep else 0, self.width), dtype=np.float32)
        scratch = np.empty(SCRATCH * layer.size, dtype=np.float32)
        forward = kernels_of(self.kernels).forward
        to_states, to_final, to_projection = address(states) if keep else 0, address(final), address(projection)
        fixed = (documents, address(offsets), address(rows))
        for direction, weights in enumerate(layer.places):
            side = 4 * direction * layer.size
            forward(
                *fixed, direction, layer.size, to_projection + 4 * direction * layer.width, 4 * projection.shape[1],
                *weights, to_states + side if keep else 0, line, to_final + side, line, address(scratch),
            )  # fmt: skip
        return final, states

    @property
    def pools_as_it_reads(self) -> bool:
        """Whether the states of the top layer are pooled by the kernel that reads."""
        return numba_form(self.settings).pools and "attention" not in self.settings.pooling

    @property
    def _pools_states(self) -> bool:
        return self.settings.pooling != ("last",)

    def _pooled(self, final: Array, states: Array, offsets: Places) -> Array:
        """The pooled states, [B, P], in the order of the poolings."""
        if not self._pools_states:
            return final
        kernels, documents, width = kernels_of("inference.pooling"), len(final), self.width
        pooled = np.empty((documents, width * len(self.settings.pooling)), dtype=np.float32)
        for place, name in enumerate(self.settings.pooling):
            part = pooled[:, place * width : (place + 1) * width]
            where = (documents, address(offsets), address(states), 4 * width, 4 * width, address(part), part.strides[0])
            if name == "last":
                part[:] = final
            elif name == "max":
                kernels.maximum(*where)
            elif name == "mean":
                kernels.mean(*where)
            else:
                keys = self._multiplied(self._keys, states)
                scores = np.empty(len(states) + 8, dtype=np.float32)
                kernels.attention(*where, address(keys), 4 * keys.shape[1], address(self._v), address(scores))
        return pooled

    @staticmethod
    def _multiplied(affine: AffineWeights, inputs: Array) -> Array:
        """Inputs @ W + b, [rows, columns]."""
        outputs = np.empty((len(inputs), affine.columns), dtype=np.float32)
        kernels_of("inference.dense").affine(
            0, len(inputs), address(inputs), 4 * inputs.shape[1], affine.size, *affine.places, affine.columns,
             address(outputs), 4 * affine.columns,
        )  # fmt: skip
        return outputs


def _scattered(first: int, end: int, order: Places, logits: Array, answers: Array) -> None:
    answers[order[first:end]] = logits[:, : answers.shape[1]]
