"""The engine for NVIDIA GPUs: our own Triton kernels, forward and backward, on packed batches without padding."""

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

__all__ = ["TritonEngine", "requested_precision", "triton_missing"]

# The first version whose compiler is known to take the kernels.
MIN_VERSION = (3, 6)
# The lowest compute capability with bfloat16 and tf32 matrix units, and the shared memory that streamed weights need.
MIN_CAPABILITY = (8, 0)
# torch's setting of float32 products, and that precision in the kernels.
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
        # Imported here: importing Triton is slow, and it is not installed everywhere.
        from recurra.recurrence.triton import Layout, layer

        products = requested_precision(inputs.device.type)
        layout = Layout.of(active, inputs.device)
        return layer(cell, inputs, weights, layout, initial=initial, products=products)

    def takes(self, inputs: Tensor, weights: Sequence[Weights]) -> bool:
        """Whether the kernels can compute such a layer: on Ampere or later, with float32 weights, and not too wide."""
        if not inputs.is_cuda or torch.cuda.get_device_capability(inputs.device) < MIN_CAPABILITY:
            return False
        return self.fits(inputs, weights)

    @staticmethod
    def fits(inputs: Tensor, weights: Sequence[Weights]) -> bool:
        """Whether the kernels support precision and width, whatever device the tensors are on."""
        from recurra.recurrence.triton.plan import MAX_HIDDEN

        one = weights[0]
        # A cell without a recurrent product has no W_H, or two rows of diagonals.
        narrow = one.W_H is None or len(one.W_H) <= MAX_HIDDEN
        return inputs.dtype in (torch.float32, torch.bfloat16) and one.b.dtype == torch.float32 and narrow


def requested_precision(device: str) -> Products:
    """The precision of products that autocast or torch's setting selects on this kind of device."""
    if torch.is_autocast_enabled(device) and torch.get_autocast_dtype(device) == torch.bfloat16:
        return "bf16"
    return PRECISIONS[torch.get_float32_matmul_precision()]


@cache
def triton_missing() -> str | None:
    """Why Triton cannot be used here, as the beginning of a message; ``None`` if it can."""
    try:
        found = version("triton")
    except PackageNotFoundError:
        return "Triton is not installed"
    numbers = tuple(int(part) for part in found.split(".")[:2] if part.isdigit())
    if numbers < MIN_VERSION:
        return f"Triton {found} is older than {'.'.join(map(str, MIN_VERSION))}"
    return None
