"""The gradient of a batch that is too large to be computed at once, by automatic differentiation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from recurra.batches import Packed
from recurra.models.network import Output, Reading

__all__ = ["joined_output", "joined_reading", "share_of_output"]

Places = npt.NDArray[np.int64]


def joined_output(outputs: Sequence[Output], whole: Packed, parts: Sequence[Packed]) -> Output:
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


def share_of_output(output: Output, whole: Packed, parts: Sequence[Packed]) -> list[list[Tensor]]:
    """What of the gradient of :func:`joined_output` belongs to each part: of its logits, and of its steps if any."""
    counts = [len(part.lengths) for part in parts]
    shares = [[one] for one in torch.split(_gradient(output.logits), counts)]
    if output.steps is not None:
        gradient = _gradient(output.steps)
        for share, rows in zip(shares, _rows(whole, parts), strict=True):
            share.append(gradient[torch.from_numpy(rows).to(gradient.device)])
    return shares


def joined_reading(readings: Sequence[Reading | None]) -> Reading | None:
    """The tokens of all parts and their gradients."""
    present = [one for one in readings if one is not None and one.vectors.grad is not None]
    if not present:
        return None
    vectors = torch.cat([one.vectors.detach() for one in present])
    vectors.grad = torch.cat([one.vectors.grad for one in present if one.vectors.grad is not None])
    return Reading(torch.cat([one.ids for one in present]), vectors)


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
