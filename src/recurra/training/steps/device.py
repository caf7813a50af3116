"""Training that stays on the device: many steps between two looks at it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from recurra.models.cuda_graphs import CudaGraphs
from recurra.models.network import Network
from recurra.networks.shapes import DIRECTIONS
from recurra.presets import TrainingSettings
from recurra.recurrence.engines.triton_engine import TritonEngine
from recurra.tasks import SINGLE_LABEL, Task
from recurra.training.optimisers import kind_of
from recurra.training.optimisers.adam import corrected_rate
from recurra.training.optimisers.averaging import MovingAverage
from recurra.training.optimisers.device_adam import DeviceAdam, TokenGradients
from recurra.training.steps.autograd import mixed_precision
from recurra.training.steps.device_batches import STEPS, BatchShape, DeviceBatches
from recurra.training.steps.step import EncodedRows, StepResult, StepResults

__all__ = ["DeviceStep"]

# What a step is given: α, the decay of the weights, the share of the weights in their average.
RATE, DECAY, SHARE = range(3)


class DeviceStep:
    """Takes steps as :class:`recurra.training.steps.autograd.AutogradStep` does, and reads results back after many.

    Token ids, batches, losses and the optimiser stay on the device; see
    :class:`recurra.training.steps.device_batches.DeviceBatches`. On a GPU the step of each batch shape is a CUDA graph.

    Args:
        network: on its device.
        rows: to learn from.
        settings: the training settings.
        average: moving average of the weights, updated with each step.
    """

    def __init__(
        self, network: Network, rows: EncodedRows, settings: TrainingSettings, average: MovingAverage | None = None
    ) -> None:
        self.network, self.settings, self.average = network, settings, average
        self.device, self.steps = network.generator.device, 0
        shape, weights = network.settings, network.named_weights()
        self.batches = DeviceBatches(
            rows,
            documents=min(settings.batch_size, max(1, len(rows))),
            masked=shape.masked,
            numbers=3,
            fitting=bool(shape.every_step) or shape.pooling != ("last",),
            device=self.device,
            repeats=settings.sampler == "balanced",
        )
        self.objective = rows.task.objective(
            settings, rows.targets, len(weights["b_O"]), every_step=shape.every_step, device=self.device
        )
        self.adam = DeviceAdam(weights, settings)
        network.keep_token_vectors = True
        # 1 from the step on that found numbers that are not finite.
        self._skip = torch.zeros((), device=self.device)
        self._losses = torch.zeros(STEPS, device=self.device)
        self._right = torch.zeros(STEPS, dtype=torch.int64, device=self.device)
        # The norm of each weight's gradient in the first such step.
        self._norms = torch.zeros(len(self.adam.weights), device=self.device)
        self._graphs: CudaGraphs[BatchShape] | None = None
        if self.device.type == "cuda":
            random = shape.dropout or shape.weight_drop or shape.word_dropout
            self._graphs = CudaGraphs(self._step, network.generator if random else None, device=self.device)

    @staticmethod
    def takes(network: Network, settings: TrainingSettings, task: Task = SINGLE_LABEL) -> bool:
        """Whether the network can be trained so: on a GPU, with kernels that find lengths there themselves."""
        engine = network.engine
        return (
            task.on_device
            and kind_of(settings).compiled
            and isinstance(engine, TritonEngine)
            and engine.takes(network.named_weights()["W_O"], [network.layer_weights(0, DIRECTIONS[0])])
        )

    def limit(self, batches: Sequence[npt.NDArray[np.int64]]) -> int:
        """See :meth:`recurra.training.steps.step.Step.limit`."""
        return self.batches.limit(batches)

    def run(
        self,
        batches: Sequence[npt.NDArray[np.int64]],
        rates: Sequence[float],
        following: npt.NDArray[np.int64] | None = None,
    ) -> StepResults:
        """See :meth:`recurra.training.steps.step.Step.run`; nothing of the batch that follows is prepared."""
        with self._on_stream():
            batch_shapes = self.batches.fill(batches, self._numbers(rates))
            self.network.train()
            step = self._step if self._graphs is None else self._graphs
            for batch_shape in batch_shapes:
                step(batch_shape)
            self.network.token_vectors = None
            count = len(batches)
            found = torch.cat(
                [self._losses[:count].double(), self._right[:count].double(), self._norms.double(), self._skip[None]]
            ).cpu()
        losses, right, norms, skipped = torch.split(found, [count, count, len(self._norms), 1])
        results = [
            StepResult(len(batch), loss, int(n))
            for batch, loss, n in zip(batches, losses.tolist(), right.tolist(), strict=True)
        ]
        if not skipped.item():
            self.steps += count
            return StepResults(results)
        done = next(n for n, one in enumerate(results) if one.correct < 0)
        self.steps += done
        non_finite = next(
            ((n, v) for n, v in zip(self.adam.weights, norms.tolist(), strict=True) if not math.isfinite(v)), None
        )
        return StepResults(results[:done], results[done]._replace(correct=0, non_finite=non_finite))

    def flush(self) -> None:
        """Nothing is left behind."""

    def flushed(self) -> dict[str, Tensor]:
        """Nothing is left behind."""
        return {}

    def tensors(self) -> dict[str, Tensor]:
        """See :meth:`recurra.training.steps.step.Step.tensors`."""
        return self.adam.tensors() if self.steps else {}

    def restore(self, tensors: dict[str, Tensor], steps: int) -> None:
        """See :meth:`recurra.training.steps.step.Step.restore`."""
        self.steps = steps
        if steps:
            self.adam.restore(tensors)

    def layout(self, steps: int) -> dict[str, Tensor]:
        """See :meth:`recurra.training.steps.step.Step.layout`."""
        return self.adam.tensors() if steps else {}

    def _numbers(self, rates: Sequence[float]) -> npt.NDArray[np.float32]:
        numbers = np.empty((len(rates), 3), dtype=np.float32)
        for place, rate in enumerate(rates):
            step = self.steps + place + 1
            numbers[place, RATE] = corrected_rate(self.settings, rate, step)
            numbers[place, DECAY] = 1 - rate * self.settings.weight_decay
            numbers[place, SHARE] = self.average.share(step) if self.average else 0
        return numbers

    @contextmanager
    def _on_stream(self) -> Iterator[None]:
        if self._graphs is None:
            yield
            return
        self._graphs.stream.wait_stream(torch.cuda.current_stream(self.device))
        with torch.cuda.stream(self._graphs.stream):
            yield

    def _step(self, batch_shape: BatchShape) -> None:
        """One step, on the device alone."""
        batch, targets = self.batches.batch(batch_shape)
        with mixed_precision(self.settings, self.device):
            output = self.network(batch)
            loss = self.objective(output, batch, targets, self.batches.row_weights())
        gradients, read = self._gradients(loss, batch.starts[-1])
        with torch.no_grad():
            right = self.objective.right(output.logits, targets).sum()
            norms = torch.stack(torch._foreach_norm(gradients))
            sound = torch.isfinite(norms).all() & torch.isfinite(loss)
            self._norms.copy_(torch.where(self._skip > 0, self._norms, norms))
            self._skip.copy_(torch.where(sound, self._skip, 1.0))
            at = self.batches.at
            self._losses.index_copy_(0, at, loss.detach().float()[None])
            # A step that was not taken is marked.
            self._right.index_copy_(0, at, torch.where(self._skip > 0, -1, right)[None])
            numbers = self.batches.numbers()
            divisor = None
            if self.settings.clip:
                # torch's clipping divides by a little more than the norm, and so does this.
                divisor = ((torch.linalg.vector_norm(norms) + 1e-6) / self.settings.clip).clamp(min=1)
            self.adam.step(
                gradients, rate=numbers[RATE], decay=numbers[DECAY], divisor=divisor, skip=self._skip, read=read
            )
            if self.average:
                self.average.update(torch.where(self._skip > 0, 0.0, numbers[SHARE]))
            at += 1

    def _gradients(self, loss: Tensor, tokens: Tensor) -> tuple[list[Tensor], TokenGradients | None]:
        """The gradient of each weight that learns, the embedding's summed up from its tokens' own.

        torch would sum it up itself, but above some thousand tokens with a look from the host.
        """
        weights, token_vectors = self.adam.weights, self.network.token_vectors
        sources: list[Tensor] = [
            weight for name, weight in weights.items() if name != "embedding" or token_vectors is None
        ]
        if token_vectors is not None:
            sources.append(token_vectors.vectors)
        # Empty documents alone reach nothing but the output's bias.
        found = torch.autograd.grad(loss, sources, allow_unused=True, materialize_grads=True)
        # torch's fused kernels pair up numbers by their place in memory, and a gradient may come transposed.
        gradients = [gradient.contiguous() for gradient in found]
        if token_vectors is None:
            return gradients, None
        d_vectors = gradients.pop()
        whole = torch.zeros_like(weights["embedding"]).index_add_(0, token_vectors.ids, d_vectors)
        gradients.insert(list(weights).index("embedding"), whole)
        present = torch.arange(len(token_vectors.ids), device=tokens.device) < tokens
        return gradients, TokenGradients(token_vectors.ids, d_vectors, present.float())
