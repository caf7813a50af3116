"""A training step on a CPU that calls the kernels itself: the gradient written down, no graph recorded.

Small networks spend most of a step outside their arithmetic otherwise. It gives what
:class:`recurra.training.step.AutogradStep` gives, to the rounding of float32.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from recurra.batches import Packed
from recurra.kernels.compiled import kernels_of
from recurra.models.network import UNKNOWN, Network
from recurra.models.shapes import DIRECTIONS
from recurra.recurrence.engines.numba_engine import NumbaEngine, missing_units, narrower, wider
from recurra.recurrence.engines.numba_layer import PARTS, backward_layer, forward_layer
from recurra.training.lazy_adam import LazyAdam, RowGradient
from recurra.training.loss import class_weights
from recurra.training.pooled import Pooled
from recurra.training.settings import TrainingSettings
from recurra.training.step import Rows, Stepped, packed

__all__ = ["DirectStep"]

Array = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]
# From the gradient of what an operation gave to that of what it was given.
Back = Callable[[Tensor], Tensor]


class DirectStep:
    """See :class:`recurra.training.step.Step`.

    Args:
        network: one that :meth:`takes` says yes to.
        rows: to learn from.
        settings: of the training.
    """

    def __init__(self, network: Network, rows: Rows, settings: TrainingSettings) -> None:
        self.network, self.rows, self.settings = network, rows, settings
        self.weights = network.named_weights()
        self.optimiser = LazyAdam(self.weights, settings)
        self._class_weights = class_weights(settings, rows.targets, len(self.weights["b_O"]))
        self._embedding = self.weights["embedding"].detach().numpy()
        self._seen = np.zeros(len(self._embedding), dtype=np.int32)
        self._row_gradient: RowGradient | None = None
        self._norm = 0.0

    @staticmethod
    def takes(network: Network, settings: TrainingSettings) -> bool:
        """Whether this step computes what network and settings ask for."""
        shape = network.settings
        return (
            isinstance(network.engine, NumbaEngine)
            and network.generator.device.type == "cpu"
            and all(weight.dtype == torch.float32 for weight in network.named_weights().values())
            and shape.input == "embedding"
            and "attention" not in shape.pooling
            and not shape.every_step
            and settings.precision == "float32"
        )

    @torch.no_grad()
    def gradient(self, indices: Places) -> Stepped:
        """See :meth:`recurra.training.step.Step.gradient`."""
        shape = self.network.settings
        batch = packed(self.network, self.rows.documents, indices)
        found, places = self._words(batch)
        back: list[Back] = []
        states = torch.from_numpy(self._embedding[found])
        shared: Tensor | None = places
        if len(places):
            for layer in range(shape.layers):
                if shape.dropout:
                    # Each token's vector is dropped by itself: from here on they are no longer shared.
                    states = states if shared is None else states[shared]
                    states, shared = self._dropped(states, back), None
                states, shared = self._layer(layer, states, batch, shared, back), None
        else:
            # Empty documents alone reach nothing but the output's bias.
            self.optimiser.clear()
            states = torch.zeros(0, shape.state_size)
        pooled = Pooled(shape, batch, states)
        back.append(pooled.back)
        values = self._dropped(pooled.values, back) if shape.dropout else pooled.values
        loss, right, d = self._output(values, self.rows.targets[indices[batch.order]])
        for step in reversed(back):
            d = step(d)
        self._row_gradient = self._by_row(found, places, d) if self.optimiser.rows else None
        return Stepped(loss, right, self._wrong(loss))

    def update(self, rate: float) -> None:
        """See :meth:`recurra.training.step.Step.update`."""
        # torch's clipping divides by a little more than the norm, and so does this.
        scale = min(1.0, self.settings.clip / (self._norm + 1e-6)) if self.settings.clip else 1.0
        self.optimiser.step(rate, self._row_gradient, scale=scale)

    def settle(self) -> None:
        """See :meth:`recurra.training.step.Step.settle`."""
        self.optimiser.settle()

    def settled(self) -> dict[str, Tensor]:
        """See :meth:`recurra.training.step.Step.settled`."""
        return self.optimiser.settled()

    def tensors(self) -> dict[str, Tensor]:
        """See :meth:`recurra.training.step.Step.tensors`."""
        return self.optimiser.tensors()

    def restore(self, tensors: dict[str, Tensor], steps: int) -> None:
        """See :meth:`recurra.training.step.Step.restore`."""
        self.optimiser.restore(tensors, steps)

    def layout(self, steps: int) -> dict[str, Tensor]:
        """See :meth:`recurra.training.step.Step.layout`."""
        return self.optimiser.layout(steps)

    def _words(self, batch: Packed) -> tuple[Places, Tensor]:
        """The different ids of a batch, caught up, and which of them each token has."""
        ids, share = batch.ids, self.network.settings.word_dropout
        if share:
            ids = np.where(self.network.chance(torch.Size([len(ids)])).numpy() < share, np.int32(UNKNOWN), ids)
        found = np.empty(min(len(ids), len(self._seen)), dtype=np.int32)
        places, count = np.empty(len(ids), dtype=np.int32), np.empty(1, dtype=np.int64)
        kernels_of("distinct").distinct(ids, self._seen, found, places, count)
        rows = found[: count[0]].astype(np.int64)
        if self.optimiser.rows:
            self.optimiser.rows.catch_up(rows)
        return rows, torch.from_numpy(places.astype(np.int64))

    def _layer(self, layer: int, inputs: Tensor, batch: Packed, shared: Tensor | None, back: list[Back]) -> Tensor:
        """The states of a layer, [N, D]."""
        network, cell = self.network, self.network.cell
        size, gates, to_inputs = network.settings.hidden, len(cell.gates), layer > 0 or self.optimiser.rows is not None
        more = missing_units(size)
        tensors: list[Tensor | None] = []
        masks = []
        for direction in DIRECTIONS[: network.settings.directions]:
            weights = network.stored(layer, direction)
            masks.append(self._mask(weights.W_H.shape, network.settings.weight_drop))
            W_H = weights.W_H if masks[-1] is None else weights.W_H * masks[-1]
            parts = [weights.W_I, W_H, weights.b, weights.b_H, None, None]
            tensors += wider(parts, gates, size, more) if more else parts
        outputs, kept = forward_layer(cell.name, batch.starts, inputs, tensors, shared)

        def backward(d_states: Tensor) -> Tensor:
            outer = [F.pad(part, (0, more)) if more else part for part in torch.split(d_states, size, dim=1)]
            d_inputs, found = backward_layer(
                cell.name, batch.starts, inputs, kept, outer, to_inputs=to_inputs, places=shared
            )
            for place, direction in enumerate(DIRECTIONS[: network.settings.directions]):
                gradients = narrower(found[PARTS * place : PARTS * place + 4], gates, size, more)
                for name, gradient in zip(("W_I", "W_H", "b", "b_H"), gradients, strict=True):
                    if gradient is not None:
                        target = self.optimiser.gradients[f"layers.{layer}.{direction}.{name}"]
                        mask = masks[place] if name == "W_H" else None
                        target.copy_(gradient if mask is None else gradient * mask)
            return d_states if d_inputs is None else d_inputs

        back.append(backward)
        states = [hidden[:, :size] for hidden in outputs] if more else outputs
        return states[0].contiguous() if len(states) == 1 else torch.cat(states, dim=1)

    def _output(self, values: Tensor, targets: Places) -> tuple[float, int, Tensor]:
        """Loss, documents classified rightly, and the gradient of the pooled values."""
        W_O, into = self.weights["W_O"], self.optimiser.gradients
        logits = torch.addmm(self.weights["b_O"], values, W_O)
        d_logits, result = torch.empty_like(logits), np.empty((1, 2))
        kernels_of("training.loss").cross_entropy(
            logits.numpy(), targets, self._class_weights, self.settings.label_smoothing, d_logits.numpy(), result
        )
        torch.mm(values.t(), d_logits, out=into["W_O"])
        torch.sum(d_logits, dim=0, out=into["b_O"])
        return float(result[0, 0]), int(result[0, 1]), d_logits @ W_O.t()

    def _by_row(self, found: Places, places: Tensor, d_tokens: Tensor) -> RowGradient:
        sums = np.zeros((len(found), self._embedding.shape[1]), dtype=np.float32)
        squares = np.zeros_like(sums if self.settings.optimiser == "keras_adam" else sums[:0])
        if len(found):
            kernels_of("adam").sum_rows(places.numpy(), d_tokens.numpy(), sums, squares)
        return RowGradient(found, sums, squares if len(squares) else None)

    def _wrong(self, loss: float) -> tuple[str, float] | None:
        self._norm = self.optimiser.norm(self._row_gradient)
        if math.isfinite(self._norm) or not math.isfinite(loss):
            return None
        found = {name: float(gradient.norm()) for name, gradient in self.optimiser.gradients.items()}
        if self._row_gradient:
            found["embedding"] = float(np.linalg.norm(self._row_gradient.sums))
        return next((name, norm) for name, norm in found.items() if not math.isfinite(norm))

    def _dropped(self, values: Tensor, back: list[Back]) -> Tensor:
        mask = self._mask(values.shape, self.network.settings.dropout)
        if mask is None:
            return values
        back.append(lambda d: d * mask)
        return values * mask

    def _mask(self, shape: torch.Size, share: float) -> Tensor | None:
        return (self.network.chance(shape) >= share) / (1 - share) if share else None
