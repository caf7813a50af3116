"""Steps that go on where memory runs out: the batch is cut in parts, and their gradients are added up."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from recurra.errors import TrainingError
from recurra.training.callbacks import Listener
from recurra.training.steps.autograd import PartedStep, Rows, Stepped

__all__ = ["SparingStep", "is_out_of_memory", "parts_of"]

Places = npt.NDArray[np.int64]

# What torch says where it raises a plain RuntimeError.
SAID = ("out of memory", "can't allocate memory", "not enough memory")


def is_out_of_memory(error: Exception) -> bool:
    """Whether an error says that memory ran out, on a CPU or a device."""
    if isinstance(error, MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in SAID)


class SparingStep:
    """A step that, when memory runs out, takes the same batch in parts of half the tokens, and half of that again.

    The gradient is that of the whole batch to the rounding of float32 (with dropout, one of the same distribution). The
    number of tokens that was too many is remembered: later batches of as many are cut at once.

    Args:
        step: what computes gradients, also in parts.
        rows: the training rows.
        masked: whether pads are left out; otherwise documents are as long as the longest of their batch.
        generator: draws the dropout masks; ``None`` where none are drawn.
        listener: hears once that batches are cut.
    """

    def __init__(
        self, step: PartedStep, rows: Rows, *, masked: bool, generator: torch.Generator | None, listener: Listener
    ) -> None:
        self.step, self.listener, self.generator = step, listener, generator
        self._lengths, self._masked = rows.documents.lengths, masked
        self.tokens: int | None = None
        """Tokens that a part may have; ``None`` as long as memory has been enough."""

    def gradient(self, indices: Places) -> Stepped:
        """See :meth:`recurra.training.steps.autograd.Step.gradient`.

        Raises:
            TrainingError: a single document is too much.
        """
        state = None if self.generator is None else self.generator.get_state()
        while True:
            parts = parts_of(indices, self._taken(indices), self.tokens)
            try:
                return self.step.gradient(indices) if len(parts) == 1 else self.step.gradient_in_parts(parts)
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                reason = str(error) or "MemoryError"
            # Out of the handler, whose error holds what the step had made.
            self._halve(indices, parts, reason)
            if self.generator is not None and state is not None:
                self.generator.set_state(state)

    def _taken(self, indices: Places) -> Places:
        """Tokens of each document as they are computed."""
        lengths = self._lengths[indices]
        return lengths if self._masked or not len(lengths) else np.full_like(lengths, lengths.max())

    def _halve(self, indices: Places, parts: list[Places], reason: str) -> None:
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        tokens = self._taken(indices)
        first = self.tokens is None
        largest = max(int(tokens[np.isin(indices, part)].sum()) for part in parts)
        if len(indices) == 1 or largest <= tokens.max():
            raise TrainingError(
                f"Memory runs out on a single document of {int(tokens.max()):,} tokens ({reason[:120]})",
                "Cut the longest texts, or choose a smaller network (hidden, embedding, layers).",
            )
        self.tokens = max(1, min(largest, self.tokens or largest) // 2)
        if first:
            self.listener.said(
                f"Memory runs out on a batch of {len(indices):,} documents, {int(tokens.sum()):,} tokens: such batches "
                "are computed in parts, whose gradients are added up. The steps are the same."
            )

    def update(self, rate: float, following: Places | None = None) -> None:
        """See :meth:`recurra.training.steps.autograd.Step.update`."""
        self.step.update(rate, following)

    def settle(self) -> None:
        """See :meth:`recurra.training.steps.autograd.Step.settle`."""
        self.step.settle()

    def settled(self) -> dict[str, Tensor]:
        """See :meth:`recurra.training.steps.autograd.Step.settled`."""
        return self.step.settled()

    def tensors(self) -> dict[str, Tensor]:
        """See :meth:`recurra.training.steps.autograd.Step.tensors`."""
        return self.step.tensors()

    def restore(self, tensors: dict[str, Tensor], steps: int) -> None:
        """See :meth:`recurra.training.steps.autograd.Step.restore`."""
        self.step.restore(tensors, steps)

    def layout(self, steps: int) -> dict[str, Tensor]:
        """See :meth:`recurra.training.steps.autograd.Step.layout`."""
        return self.step.layout(steps)


def parts_of(indices: Places, tokens: Places, most: int | None) -> list[Places]:
    """The documents of a batch in parts of at most so many tokens, or of one document.

    Args:
        indices: int64[B], training rows.
        tokens: int64[B], of each.
        most: tokens of a part; ``None`` for the batch as a whole.
    """
    if most is None or int(tokens.sum()) <= most:
        return [indices]
    parts, first, taken = [], 0, 0
    for place, count in enumerate(tokens.tolist()):
        if place > first and taken + count > most:
            parts.append(indices[first:place])
            first, taken = place, 0
        taken += count
    return [*parts, indices[first:]]
