"""The large products of a layer, by torch, in the kernels' precision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from recurra.recurrence.triton.plan import Products

__all__ = ["matmul", "matmul_precision", "storage_type"]


def storage_type(products: Products) -> torch.dtype:
    """The type of the arrays that products read."""
    return torch.bfloat16 if products == "bf16" else torch.float32


def matmul(left: Tensor, right: Tensor) -> Tensor:
    """The product in float32, also of bfloat16 factors, whose sums are not rounded to bfloat16."""
    if left.dtype == torch.bfloat16:
        return torch.mm(left, right, out_dtype=torch.float32)
    return torch.mm(left, right)


@contextmanager
def matmul_precision(products: Products, device: torch.device) -> Iterator[None]:
    """Makes torch's products as precise as the kernels', whatever autocast and torch's own setting say."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high" if products == "tf32" else "highest")
    try:
        with torch.autocast(device.type, enabled=False):
            yield
    finally:
        torch.set_float32_matmul_precision(before)
