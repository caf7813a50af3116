"""A training step on a CPU that calls the kernels itself: the gradient written down, no graph recorded.

Small networks spend most of a step outside their arithmetic otherwise. It gives what
:class:`recurra.training.steps.autograd.AutogradStep` gives, to the rounding of float32.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from recurra.batches import Packed
from recurra.kernels.compiled import addresses_of, kernels_of
from recurra.kernels.threads import parallel_for
from recurra.models.network import UNKNOWN, Network, RowKind
from recurra.networks.shapes import DIRECTIONS
from recurra.presets import TrainingSettings
from recurra.recurrence.engines.arena import Arena
from recurra.recurrence.engines.direction_weights import DirectionWeights
from recurra.recurrence.engines.numba_engine import NumbaEngine
from recurra.recurrence.engines.numba_layer import Layer
from recurra.recurrence.engines.numba_pooling import PackedPooling
from recurra.tasks import SINGLE_LABEL, Task
from recurra.training.distributed import HEADER
from recurra.training.optimisers import kind_of
from recurra.training.optimisers.adam_state import WORTH_A_THREAD
from recurra.training.optimisers.lazy_adam import LazyAdam, RowGradient
from recurra.training.steps.step import HostStep, StepResult, longest_of, pack_batch

__all__ = ["CompiledStep"]

Array = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]
# What a step calls beside the layers.
PARTS = ("pooling", "output")
# From the gradient of what an operation gave to that of what it was given; both are sums of arrays.
Back = Callable[[list[Array]], list[Array]]


class CompiledStep(HostStep):
    """See :class:`recurra.training.steps.step.HostStep`; for a network that :meth:`takes` says yes to."""

    optimiser: LazyAdam

    def prepare(self) -> None:
        """See :meth:`recurra.training.steps.step.HostStep.prepare`."""
        network, rows, settings = self.network, self.rows, self.settings
        self.optimiser = LazyAdam(network.named_weights(), settings)
        self._weights = {name: weight.detach().numpy() for name, weight in network.named_weights().items()}
        # Of every direction of a layer: weights, and where their gradients go.
        self._parts = [
            [
                (_parts(self._weights, prefix), _parts(self.optimiser.gradients, prefix))
                for prefix in (f"layers.{layer}.{side}" for side in DIRECTIONS[: network.settings.directions])
            ]
            for layer in range(network.settings.layers)
        ]
        self._loss = rows.task.compiled_loss(settings, rows.targets, len(self._weights["b_O"]))
        weights = rows.weights
        self._row_weights = np.ones(len(rows), dtype=np.float32) if weights is None else weights
        self._seen = np.zeros(len(self._weights["embedding"]), dtype=np.int32)
        # Of a batch of which a part is computed: its different ids, and where each stands among them.
        self._found, self._place_of = np.zeros(0, dtype=np.int64), np.zeros_like(self._seen)
        self._arena, self._layers = Arena(), dict[int, Layer]()
        # Compiled here, the first time on a machine: the first step would else seem to take seconds.
        parts = *(f"training.{part}" for part in PARTS), self._loss.kernels
        for name in ("packing", "unique_ids", "adam", "job_list", "spin_wait", *parts):
            kernels_of(name)
        form = network.cell.compiled.numba
        for name in ("dense", *([form.kernels] if form else [])):
            addresses_of(f"training.{name}")
        self._row_gradient: RowGradient | None = None
        # The rows of a batch that was packed before its turn.
        self._ahead: tuple[Places, Packed] | None = None
        self._norm = 0.0
        # Of the batch that the one at hand is a part of.
        self._longest = 0

    @staticmethod
    def takes(network: Network, settings: TrainingSettings, task: Task = SINGLE_LABEL) -> bool:
        """Whether this step computes what network and settings ask for."""
        shape = network.settings
        return (
            task.compiled is not None
            and kind_of(settings).compiled
            and isinstance(network.engine, NumbaEngine)
            and network.generator.device.type == "cpu"
            and all(weight.dtype == torch.float32 for weight in network.named_weights().values())
            and shape.input == "embedding"
            and "attention" not in shape.pooling
            and not shape.every_step
            and settings.precision == "float32"
        )

    # What overflows shows in the loss or the gradient's norm, which are looked at.
    @np.errstate(over="ignore", invalid="ignore")
    def gradient(self, indices: Places) -> StepResult:
        """See :meth:`recurra.training.steps.step.HostStep.gradient`."""
        shape = self.network.settings
        self._arena.reset()
        part = self.network.part
        batch = self._packed(indices) if part is None else part.packed()
        found, places = self._words(batch)
        back: list[Back] = []
        table = self._weights["embedding"]
        states, _ = self._arena.array(len(found), table.shape[1])
        np.take(table, found, axis=0, out=states, mode="clip")
        shared: Places | None = places
        if len(places):
            for layer in range(shape.layers):
                if shape.dropout:
                    # Each token's vector is dropped by itself: from here on they are no longer shared.
                    states = states if shared is None else states[shared]
                    states, shared = self._dropped(states, back, "tokens"), None
                states, shared = self._layer(layer, states, batch, shared, back), None
        else:
            # Empty documents alone reach nothing but the output's bias.
            self.optimiser.clear()
            states = np.zeros((0, shape.state_size), dtype=np.float32)
        pooled = PackedPooling(shape, batch, states, self._arena)
        back.append(pooled.backward)
        values = self._dropped(pooled.values, back, "documents") if shape.dropout else pooled.values
        loss, right, d = self._output(values, indices[batch.order])
        for step in reversed(back):
            d = step(d)
        self._row_gradient = self._by_row(found, places, d) if self.optimiser.rows else None
        return StepResult(len(indices), loss, right, None if part else self._non_finite(loss))

    def gradient_in_parts(self, parts: Sequence[Places]) -> StepResult:
        """See :meth:`recurra.training.steps.step.HostStep.gradient_in_parts`."""
        weights = np.array([self._loss.weight(self.rows.targets[part], self._row_weights[part]) for part in parts])
        sums = {name: np.zeros_like(gradient) for name, gradient in self.optimiser.gradients.items()}
        rows, loss, right = list[RowGradient](), 0.0, 0
        documents = self.rows.documents
        self._longest = 0 if self.network.settings.masked else longest_of(documents, np.concatenate(parts))
        try:
            for part, share in zip(parts, (weights / weights.sum()).tolist(), strict=True):
                found = self.gradient(part)
                loss, right = loss + share * found.loss, right + found.correct
                for name, gradient in self.optimiser.gradients.items():
                    sums[name] += np.float32(share) * gradient
                if self._row_gradient is not None:
                    rows.append(self._row_gradient.times(share))
        finally:
            self._longest = 0
        for name, gradient in self.optimiser.gradients.items():
            gradient[...] = sums[name]
        self._row_gradient = RowGradient.joined(rows) if rows else None
        return StepResult(sum(map(len, parts)), loss, right, self._non_finite(loss))

    @np.errstate(over="ignore", invalid="ignore")
    def add_up(self, result: StepResult) -> StepResult:
        """See :meth:`recurra.training.steps.step.HostStep.add_up`; of the embedding, the rows of the batch's words."""
        part, processes, rows = self.network.part, self.processes, self._row_gradient
        assert part is not None  # noqa: S101
        assert processes is not None  # noqa: S101
        mine, loss_of = self.batch[part.documents], self._loss.weight
        share = loss_of(self.rows.targets[mine], self._row_weights[mine]) if part.counted else 0.0
        share /= loss_of(self.rows.targets[self.batch], self._row_weights[self.batch])
        dense, width = self.optimiser.flat_gradients, self._weights["embedding"].shape[1]
        ends = np.cumsum([HEADER, len(dense), *([] if rows is None else [len(self._found) * width] * len(rows.arrays))])
        numbers = np.zeros(ends[-1], dtype=np.float32)
        np.multiply(dense, np.float32(share), out=numbers[HEADER : ends[1]])
        by_word = [numbers[first:end].reshape(-1, width) for first, end in pairwise(ends[1:])]
        if rows is not None:
            places = self._place_of[rows.rows]
            for into, one in zip(by_word, rows.times(share).arrays, strict=True):
                into[places] = one
        loss, correct = processes.add_up_step(torch.from_numpy(numbers), share * result.loss, result.correct)
        dense[:] = numbers[HEADER : ends[1]]
        self._row_gradient = RowGradient(self._found, *by_word) if rows is not None else None
        return StepResult(len(self.batch), loss, correct, self._non_finite(loss))

    def update(self, rate: float, following: Places | None = None) -> None:
        """See :meth:`recurra.training.steps.step.HostStep.update`."""
        # torch's clipping divides by a little more than the norm, and so does this.
        scale = min(1.0, self.settings.clip / (self._norm + 1e-6)) if self.settings.clip else 1.0
        beside = None if following is None else partial(self._pack, following)
        self.optimiser.step(rate, self._row_gradient, scale=scale, beside=beside)

    def flush(self) -> None:
        """See :meth:`recurra.training.steps.step.Step.flush`."""
        self.optimiser.flush()

    def flushed(self) -> dict[str, Tensor]:
        """See :meth:`recurra.training.steps.step.Step.flushed`."""
        return self.optimiser.flushed()

    def _packed(self, indices: Places) -> Packed:
        ahead, self._ahead = self._ahead, None
        if ahead is not None and np.array_equal(ahead[0], indices):
            return ahead[1]
        return pack_batch(self.network, self.rows.documents, indices, longest=self._longest)

    def _pack(self, indices: Places) -> None:
        self._ahead = indices, pack_batch(self.network, self.rows.documents, indices)

    def _words(self, batch: Packed) -> tuple[Places, Places]:
        """The different ids of a batch, caught up, and which of them each token has."""
        part, share = self.network.part, self.network.settings.word_dropout
        ids = batch.ids if part is None else part.whole.ids
        if share:
            ids = np.where(self.network.uniform(torch.Size([len(ids)])).numpy() < share, np.int32(UNKNOWN), ids)
        rows, places = self._unique(ids)
        if self.optimiser.rows:
            self.optimiser.rows.catch_up(rows)
        if part is not None:
            # The update moves the words of the other parts as well.
            self._found, self._place_of[rows] = rows, np.arange(len(rows), dtype=np.int32)
            rows, places = self._unique(ids[part.rows])
        return rows, places

    def _unique(self, ids: npt.NDArray[np.int32]) -> tuple[Places, Places]:
        """The different ids, and which of them each is."""
        found = np.empty(min(len(ids), len(self._seen)), dtype=np.int32)
        places, count = np.empty(len(ids), dtype=np.int32), np.empty(1, dtype=np.int64)
        kernels_of("unique_ids").unique_ids(ids, self._seen, found, places, count)
        return found[: count[0]].astype(np.int64), places.astype(np.int64)

    def _layer(self, layer: int, inputs: Array, batch: Packed, shared: Places | None, back: list[Back]) -> Array:
        """The states of a layer, [N, D]."""
        network = self.network
        size, to_inputs = network.settings.hidden, layer > 0 or self.optimiser.rows is not None
        parts, masks = [], []
        into = [gradients for _, gradients in self._parts[layer]]
        for one, _ in self._parts[layer]:
            W_H, share = one.W_H, network.settings.weight_drop
            masks.append(None if W_H is None else self._mask(W_H.shape, share))
            parts.append(one if W_H is None or masks[-1] is None else one._replace(W_H=W_H * masks[-1]))
        run = self._layer_with_room(layer, len(batch.ids), inputs, shared=shared is not None)
        run.forward(batch.starts, inputs, parts, shared)

        def backward(outer: list[Array]) -> list[Array]:
            sides = [[part[:, size * side : size * (side + 1)] for part in outer] for side in range(len(parts))]
            found = run.backward(sides, to_inputs=to_inputs, targets=into)
            for mask, targets, gradients in zip(masks, into, found.parts, strict=True):
                for target, gradient in zip(targets, gradients, strict=True):
                    if target is not None and target is not gradient:
                        target[...] = gradient
                if mask is not None and targets.W_H is not None:
                    targets.W_H[...] *= mask
            return found.inputs

        back.append(backward)
        return run.states

    def _layer_with_room(self, layer: int, rows: int, inputs: Array, *, shared: bool) -> Layer:
        """The layer as it was made for an earlier batch, or a larger one."""
        found, count = self._layers.get(layer), len(inputs)
        if found is None or not found.fits(rows, count):
            shape = self.network.settings
            self._layers[layer] = found = Layer(
                self.network.cell,
                shape.directions,
                rows=rows + rows // 4,
                count=count + count // 4 if shared else None,
                inputs=inputs.shape[1],
                hidden=shape.hidden,
                documents=min(self.settings.batch_size, len(self.rows)),
                join=True,
            )
        return found

    def _output(self, values: Array, indices: Places) -> tuple[float, int, list[Array]]:
        """Loss, documents classified correctly, and the gradient of the pooled values."""
        W_O, b_O, into = self._weights["W_O"], self._weights["b_O"], self.optimiser.gradients
        logits, result = np.empty((len(values), len(b_O)), dtype=np.float32), np.empty((1, 2))
        d_logits, d_values = np.empty_like(logits), np.empty_like(values)
        kernels = kernels_of("training.output")
        kernels.output(values, W_O, b_O, logits)
        self._loss(logits, self.rows.targets[indices], self._row_weights[indices], d_logits, result)
        kernels.output_backward(values, d_logits, W_O, into["W_O"], into["b_O"], d_values)
        return float(result[0, 0]), int(result[0, 1]), [d_values]

    def _by_row(self, found: Places, places: Places, d_tokens: Sequence[Array]) -> RowGradient:
        width = self._weights["embedding"].shape[1]
        squared = len(found) if self.settings.optimiser == "keras_adam" else 0
        (sums, _), (squares, _) = (self._arena.array(rows, width) for rows in (len(found), squared))
        kernel = kernels_of("adam").sum_rows
        if len(found):
            parts = [np.ascontiguousarray(part) for part in d_tokens]
            parallel_for(
                lambda first, end: kernel(places, parts[0], parts[-1], len(parts), first, end, sums, squares),
                width,
                least=max(1, WORTH_A_THREAD // (4 * len(places))),
            )
        return RowGradient(found, sums, squares if len(squares) else None)

    def _non_finite(self, loss: float) -> tuple[str, float] | None:
        self._norm = self.optimiser.norm(self._row_gradient)
        if math.isfinite(self._norm) or not math.isfinite(loss):
            return None
        found = {name: float(np.linalg.norm(gradient)) for name, gradient in self.optimiser.gradients.items()}
        if self._row_gradient:
            found["embedding"] = float(np.linalg.norm(self._row_gradient.sums))
        return next((name, norm) for name, norm in found.items() if not math.isfinite(norm))

    def _dropped(self, values: Array, back: list[Back], rows: RowKind) -> Array:
        mask = self._mask(values.shape, self.network.settings.dropout, rows)
        if mask is None:
            return values
        back.append(lambda d: [part * mask for part in d])
        return values * mask

    def _mask(self, shape: Sequence[int], share: float, rows: RowKind | None = None) -> Array | None:
        if not share:
            return None
        mask: Array = ((self.network.uniform(torch.Size(shape), rows) >= share) / (1 - share)).numpy()
        return mask


def _parts(arrays: Mapping[str, Array], prefix: str) -> DirectionWeights:
    W_I, b = (arrays[f"{prefix}.{name}"] for name in ("W_I", "b"))
    return DirectionWeights(W_I, arrays.get(f"{prefix}.W_H"), b, arrays.get(f"{prefix}.b_H"))
