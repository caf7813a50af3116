"""Kernels of our own for NVIDIA GPUs, forward and backward, on packed batches: no row is ever a pad."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from recurra.cells import Cell, State
from recurra.recurrence.engines.base import Weights
from recurra.recurrence.engines.fallback import fallback

if TYPE_CHECKING:
    from recurra.recurrence.triton.plan import Products

__all__ = ["TritonEngine", "products_asked_for", "triton_missing"]

# The first version whose compiler is known to take the kernels.
LEAST = (3, 6)
# Of the matrix units' bfloat16 and tf32, and of the shared memory that streamed weights need.
CAPABILITY = (8, 0)
# torch's setting of float32 products, and the same precision in the kernels.
PRECISIONS: dict[str, Products] = {"highest": "ieee", "high": "tf32", "medium": "bf16"}


class TritonEngine:
    """Every cell with float32 weights on a CUDA device; elsewhere torch or the reference computes a layer.

    Products are as precise as ``torch.set_float32_matmul_precision`` says, float32 by default; under autocast to
    bfloat16 they are of bfloat16 factors.
    """

    name = "triton"
    device: str | None = "cuda"

    def supports(self, cell: Cell) -> bool:
        """Every cell that has kernels, where Triton is installed."""
        return cell.compiled.triton is not None and triton_missing() is None

    def layer(
        self,
        cell: Cell,
        inputs: Tensor,
        weights: Sequence[Weights],
        active: Sequence[int],
        *,
        initial: Sequence[State] | None = None,
    ) -> list[Tensor]:
        """See :meth:`recurra.recurrence.engines.base.Engine.layer`."""
        if not self.takes(inputs, weights):
            return fallback(cell).layer(cell, inputs, weights, active, initial=initial)
        # Importing the kernels imports Triton, which takes its time and is not everywhere.
        from recurra.recurrence.triton import Layout, layer

        products = products_asked_for(inputs.device.type)
        layout = Layout.of(active, inputs.device)
        return layer(cell, inputs, weights, layout, initial=initial, products=products)

    def takes(self, inputs: Tensor, weights: Sequence[Weights]) -> bool:
        """Whether the kernels compute such a layer: on an Ampere or later, weights in float32, and not too wide."""
        if not inputs.is_cuda or torch.cuda.get_device_capability(inputs.device) < CAPABILITY:
            return False
        return self.fits(inputs, weights)

    @staticmethod
    def fits(inputs: Tensor, weights: Sequence[Weights]) -> bool:
        """Whether precision and width are what the kernels take, wherever the tensors are."""
        from recurra.recurrence.triton.plan import LARGEST_HIDDEN

        W_H = weights[0].W_H
        return W_H is not None and (
            inputs.dtype in (torch.float32, torch.bfloat16)
            and W_H.dtype == torch.float32
            and len(W_H) <= LARGEST_HIDDEN
        )


def products_asked_for(device: str) -> Products:
    """The precision of products that autocast or torch's setting asks for on this kind of device."""
    if torch.is_autocast_enabled(device) and torch.get_autocast_dtype(device) == torch.bfloat16:
        return "bf16"
    return PRECISIONS[torch.get_float32_matmul_precision()]


@cache
def triton_missing() -> str | None:
    """What is wrong with this machine's Triton, as the end of a sentence; ``None`` if nothing is."""
    try:
        found = version("triton")
    except PackageNotFoundError:
        return "Triton is not installed"
    numbers = tuple(int(part) for part in found.split(".")[:2] if part.isdigit())
    if numbers < LEAST:
        return f"Triton {found} is older than {'.'.join(map(str, LEAST))}"
    return None
