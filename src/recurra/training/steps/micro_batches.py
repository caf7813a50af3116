"""What happens when memory runs out: a batch is cut into micro-batches, whose gradients are added up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from recurra.batches import Packed
from recurra.errors import TrainingError
from recurra.models.network import Output, TokenVectors

if TYPE_CHECKING:
    from recurra.training.steps.step import StepResult

__all__ = ["MicroBatches", "is_out_of_memory", "join_outputs", "join_token_vectors", "split_batch", "split_gradient"]

Places = npt.NDArray[np.int64]

# What torch says where it raises a plain RuntimeError.
SAID = ("out of memory", "can't allocate memory", "not enough memory")


def is_out_of_memory(error: Exception) -> bool:
    """Whether an error says that memory ran out, on a CPU or a device."""
    if isinstance(error, MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in SAID)


class MicroBatches:
    """Computes a batch's gradient; when memory runs out, in parts of half the tokens, and half of that again.

    The gradient is that of the whole batch to the rounding of float32 (with dropout, one of the same distribution). The
    number of tokens that was too many is remembered: later batches of as many are cut at once.

    Args:
        gradient: of a batch, all at once.
        in_parts: of a batch in parts, all together.
        lengths: int64[B], tokens of each training row.
        masked: whether pads are left out; otherwise documents are as long as the longest of their batch.
        generator: draws the dropout masks; ``None`` where none are drawn.
        say: called once, with a message, when batches are cut.
    """

    def __init__(
        self,
        gradient: Callable[[Places], StepResult],
        in_parts: Callable[[Sequence[Places]], StepResult],
        lengths: Places,
        *,
        masked: bool,
        generator: torch.Generator | None,
        say: Callable[[str], None],
    ) -> None:
        self._gradient, self._in_parts, self._say, self._generator = gradient, in_parts, say, generator
        self._lengths, self._masked = lengths, masked
        self.tokens: int | None = None
        """Tokens that a part may have; ``None`` as long as memory has been enough."""

    def gradient(self, indices: Places) -> StepResult:
        """Loss and gradients of a batch.

        Args:
            indices: its training rows.

        Raises:
            TrainingError: a single document is too much.
        """
        state = None if self._generator is None else self._generator.get_state()
        while True:
            # Tokens are counted once memory has run out, not in every step.
            parts = [indices] if self.tokens is None else split_batch(indices, self._taken(indices), self.tokens)
            try:
                return self._gradient(indices) if len(parts) == 1 else self._in_parts(parts)
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                reason = str(error) or "MemoryError"
            # Out of the handler, whose error holds what the step had made.
            self._halve(indices, parts, reason)
            if self._generator is not None and state is not None:
                self._generator.set_state(state)

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
            self._say(
                f"Memory runs out on a batch of {len(indices):,} documents, {int(tokens.sum()):,} tokens: such batches "
                "are computed in parts, whose gradients are added up. The steps are the same."
            )


def split_batch(indices: Places, tokens: Places, most: int) -> list[Places]:
    """The documents of a batch in parts of at most so many tokens, or of one document.

    Args:
        indices: int64[B], training rows.
        tokens: int64[B], of each.
        most: tokens of a part.
    """
    if int(tokens.sum()) <= most:
        return [indices]
    parts, first, taken = [], 0, 0
    for place, count in enumerate(tokens.tolist()):
        if place > first and taken + count > most:
            parts.append(indices[first:place])
            first, taken = place, 0
        taken += count
    return [*parts, indices[first:]]


def join_outputs(outputs: Sequence[Output], whole: Packed, parts: Sequence[Packed]) -> Output:
    """The output of the whole batch out of those of its parts, as leaves whose gradient may be asked for.

    Args:
        outputs: of each part.
        whole: the batch.
        parts: its documents, some after the others.
    """
    logits = torch.cat([one.logits for one in outputs]).detach().requires_grad_()
    if outputs[0].steps is None:
        return Output(logits)
    steps = logits.new_empty((len(whole.ids), logits.shape[1]))
    for one, rows in zip(outputs, _rows(whole, parts), strict=True):
        assert one.steps is not None  # noqa: S101 - every part has them or none
        steps[torch.from_numpy(rows).to(steps.device)] = one.steps.detach().to(steps.dtype)
    return Output(logits, steps.requires_grad_())


def split_gradient(output: Output, whole: Packed, parts: Sequence[Packed]) -> list[list[Tensor]]:
    """What of the gradient of :func:`join_outputs` belongs to each part: of its logits, and of its steps if any."""
    counts = [len(part.lengths) for part in parts]
    shares = [[one] for one in torch.split(_gradient(output.logits), counts)]
    if output.steps is not None:
        gradient = _gradient(output.steps)
        for share, rows in zip(shares, _rows(whole, parts), strict=True):
            share.append(gradient[torch.from_numpy(rows).to(gradient.device)])
    return shares


def join_token_vectors(readings: Sequence[TokenVectors | None]) -> TokenVectors | None:
    """The tokens of all parts and their gradients."""
    present = [one for one in readings if one is not None and one.vectors.grad is not None]
    if not present:
        return None
    vectors = torch.cat([one.vectors.detach() for one in present])
    vectors.grad = torch.cat([one.vectors.grad for one in present if one.vectors.grad is not None])
    return TokenVectors(torch.cat([one.ids for one in present]), vectors)


def _gradient(values: Tensor) -> Tensor:
    return torch.zeros_like(values) if values.grad is None else values.grad


def _rows(whole: Packed, parts: Sequence[Packed]) -> list[Places]:
    """For each part, the row of the whole batch that each of its rows is."""
    places, found, before = whole.inverse, [], 0
    for part in parts:
        steps = np.repeat(np.arange(len(part.starts) - 1), part.active)
        documents = before + part.order[part.documents]
        found.append(whole.starts[steps] + places[documents])
        before += len(part.lengths)
    return found
