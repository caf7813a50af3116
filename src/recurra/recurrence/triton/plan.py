"""Which kernels compute a layer, and the sizes of their tiles."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, TypeAlias

import torch
import triton

from recurra.cells import Cell
from recurra.errors import SettingsError

__all__ = ["MAX_HIDDEN", "Plan", "Products", "plan_for", "shared_memory"]

Products: TypeAlias = Literal["ieee", "tf32", "bf16"]

# Documents of a program. The matrix unit's tiles have at least 16 rows; more would leave multiprocessors idle, because
# a batch of 512 in two directions is 64 programs on 132 of them.
BLOCK = 16
# Bytes of shared memory that a program can have on an H100, and what it needs beside W_H for converting tiles from one
# layout to another: 24 KB at most by the compiler's reports.
H100_SHARED = 232_448
RESERVED = 28 * 1024
# Float32 products run on the ordinary units, whose operands stay in registers over the whole depth of a product: at
# 128 they no longer fit (the compiler reports 4 KB of spills a thread).
MAX_IEEE_UNITS = 64
# Beyond this, reading W_H in every program for only 16 documents takes longer than one product per step over the whole
# batch, as cuDNN does it.
MAX_HIDDEN = 512


class Plan(NamedTuple):
    """How a layer is computed.

    Attributes:
        resident: whether W_H stays on the chip.
        units: the width of a tile; all units of the layer where W_H is resident.
        block: documents per program.
        depth: rows of W_H that are read at a time where it is streamed.
        warps: warps per program.
    """

    resident: bool
    units: int
    block: int
    depth: int
    warps: int


def shared_memory(device: torch.device) -> int:
    """Bytes of shared memory that a program can have; an H100's where Triton's interpreter replaces the GPU."""
    if device.type != "cuda":
        return H100_SHARED
    properties: Any = torch.cuda.get_device_properties(device)
    return int(properties.shared_memory_per_block_optin)


def plan_for(cell: Cell, hidden: int, products: Products, *, shared: int = H100_SHARED) -> Plan:
    """The plan of a layer.

    Args:
        cell: the formula.
        hidden: H.
        products: precision of the products.
        shared: bytes of shared memory that a program can have.

    Raises:
        SettingsError: the layer is too wide, or there are no such products.
    """
    if products not in ("ieee", "tf32", "bf16"):
        raise SettingsError(f"products is {products!r}", "Choose ieee, tf32 or bf16.")
    if hidden > MAX_HIDDEN:
        raise SettingsError(
            f"The layer has {hidden:,} units, more than the {MAX_HIDDEN} of the Triton kernels",
            "Use the torch engine.",
        )
    units = max(16, triton.next_power_of_2(hidden))
    number = 2 if products == "bf16" else 4
    fits = products != "ieee" or units <= MAX_IEEE_UNITS
    if fits and len(cell.gates) * units * units * number + RESERVED <= shared:
        # A warp has 16 columns of every gate, two tiles of the matrix unit; 8 of float32 numbers, twice as wide.
        return Plan(True, units, BLOCK, units, max(1, min(8, units // (16 if products == "bf16" else 8))))
    # Two or three tiles of 8 KB a gate in flight; a thread of the ordinary units has half as many sums, or they spill.
    return Plan(False, 64, BLOCK, 64 if products == "bf16" else 32, 8 if products == "ieee" else 4)
