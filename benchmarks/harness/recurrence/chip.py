"""What this card reaches now, in a large copy and in large products: the ceilings that a floor is counted with."""

from __future__ import annotations

from functools import partial

import torch

from harness.recurrence.roofline import H100, Chip
from harness.recurrence.timing import median_seconds

__all__ = ["measured_chip"]

# Numbers of a copy, and of a side of a product: a gigabyte and a teraflop, which fill every card.
COPIED = 1 << 28
SIDE = 8192


def measured_chip() -> Chip:
    """This card. What is not measured is an H100's: its special functions, by multiprocessors, and its second cache."""
    card = torch.cuda.get_device_properties(torch.device("cuda"))
    return Chip(
        f"{card.name}, measured; special functions and second cache by an H100's data sheet",
        card.multi_processor_count,
        _bandwidth(),
        {
            "ieee": _flops(torch.float32, "highest"),
            "tf32": _flops(torch.float32, "high"),
            "bf16": _flops(torch.bfloat16, "highest"),
        },
        H100.special * card.multi_processor_count / H100.multiprocessors,
        H100.streaming,
    )


def _bandwidth() -> float:
    source, target = (torch.randn(COPIED, device="cuda") for _ in range(2))
    seconds = median_seconds([partial(target.copy_, source)], device="cuda", repeats=20)
    # Read and written.
    return 2 * source.nbytes / seconds


def _flops(dtype: torch.dtype, precision: str) -> float:
    left, right = (torch.randn(SIDE, SIDE, device="cuda", dtype=dtype) for _ in range(2))
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(precision)
    try:
        seconds = median_seconds([partial(torch.mm, left, right)], device="cuda", repeats=10)
    finally:
        torch.set_float32_matmul_precision(before)
    return 2 * SIDE**3 / seconds
