"""How fast a layer could be: the largest of three floors of this design.

*Arithmetic*: the products of both passes at the peak of the unit that does them. *Bytes*: every array that the design
writes or reads, each once, at the memory's bandwidth. *Steps*: what one program must do in each step, at the peak of
one multiprocessor, times the steps, for they wait for one another.

Latencies are in none of them unless a step is measured, so by formula alone a share of 100 % cannot be reached. Bytes
are counted as if nothing stayed in the second cache from one kernel to the next; a small batch may get below them.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from harness.recurrence.shapes import Shape

__all__ = ["H100", "Chip", "Floor", "array_bytes", "floor_of", "operations", "step_seconds"]

# Documents of a program, as recurra.recurrence.triton.plan has it, which only machines with Triton can import.
BLOCK = 16
# Sigmoids and tanhs of a unit in a step: forward, and backward, where the LSTM computes tanh(c) again.
ACTIVATIONS = {"simple_rnn": (1, 0), "gru": (3, 0), "gru_reset_before": (3, 0), "lstm": (5, 1)}
# What a GRU keeps beside gates and states.
EXTRA = ("gru", "gru_reset_before")


class Chip(NamedTuple):
    """What a GPU can do.

    Attributes:
        name: and where the figures come from.
        multiprocessors: how many.
        bandwidth: of its memory, bytes a second.
        flops: operations a second in large products of each precision, a multiplication and an addition being two.
        special: instructions a second of the special function units (exp, reciprocal, tanh).
        streaming: bytes a second that one multiprocessor reads from the second cache.
    """

    name: str
    multiprocessors: int
    bandwidth: float
    flops: dict[str, float]
    special: float
    streaming: float


_CLOCK = 1.83e9
H100 = Chip(
    "NVIDIA H100 SXM, data sheet",
    132,
    3.35e12,
    {"ieee": 66.9e12, "tf32": 494.7e12, "bf16": 989.4e12},
    # 16 instructions and 64 bytes a cycle and multiprocessor.
    16 * 132 * _CLOCK,
    64 * _CLOCK,
)


class Floor(NamedTuple):
    """Seconds of both passes.

    Attributes:
        arithmetic: of the products.
        bytes: of the memory.
        steps: of the chain of steps.
    """

    arithmetic: float
    bytes: float
    steps: float

    @property
    def seconds(self) -> float:
        """The largest."""
        return max(self)

    def to_dict(self) -> dict[str, Any]:
        """Microseconds, for the bench's document."""
        names = {f"{name}_us": 1e6 * value for name, value in self._asdict().items()}
        return names | {"floor_us": 1e6 * self.seconds}


def operations(shape: Shape, tokens: int) -> float:
    """The products' operations: W_I x, W_H h and the two gradients of each, 2·m·k·n for [m, k] · [k, n]."""
    columns = shape.directions * shape.gates * shape.hidden
    return 3 * 2.0 * tokens * columns * (shape.inputs + shape.hidden)


def array_bytes(shape: Shape, tokens: int, products: str) -> dict[str, float]:
    """Bytes moved by the design, by the array. Weights are left out: they are the same for every token.

    Args:
        shape: of the layer.
        tokens: N.
        products: ieee, tf32 or bf16, where the input projection and what backward reads take two bytes a number.
    """
    half = 2 if products == "bf16" else 4
    units = tokens * shape.directions * shape.hidden
    found = {
        # Read by both input products; its gradient is written.
        "inputs and their gradient": tokens * shape.inputs * (2 * half + 4),
        # Written by the product, read by the kernel.
        "input projection": 2 * half * shape.gates * units,
        "gates": 2 * half * shape.gates * units,
        # Written by backward; read for x, W_I, W_H and b.
        "gradient of the input projection": 5 * half * shape.gates * units,
        "states and their gradient": 8 * units,
        # Written by forward, read for W_H and, in a GRU, by backward.
        "past states": (3 if shape.cell in EXTRA else 2) * half * units,
    }
    if shape.cell == "lstm":
        found["past cell states"] = 8 * units
    if shape.cell == "gru":
        # The candidate's product is written and read, its gradient written and read for W_H and b_H.
        found["extra"] = 5 * half * units
    if shape.cell == "gru_reset_before":
        found["extra"] = 2 * half * units
    return {name: float(count) for name, count in found.items()}


def step_seconds(shape: Shape, products: str, chip: Chip) -> float:
    """A step forward and one back on one multiprocessor: the larger of products and activations in each.

    W_H comes from the second cache where it has no room in shared memory; then a step is no shorter than its way.
    """
    product = 2.0 * BLOCK * shape.gates * shape.hidden**2 / (chip.flops[products] / chip.multiprocessors)
    # exp and a reciprocal, or one instruction beside bfloat16 products.
    special = (1 if products == "bf16" else 2) * BLOCK * shape.hidden / (chip.special / chip.multiprocessors)
    weights = shape.gates * shape.hidden**2 * (2 if products == "bf16" else 4)
    way = 0.0 if weights <= 192 * 1024 else weights / chip.streaming
    return sum(max(product, count * special, way) for count in ACTIVATIONS[shape.cell])


def floor_of(shape: Shape, tokens: int, products: str, chip: Chip, *, step: float | None = None) -> Floor:
    """The three floors of both passes.

    Args:
        shape: of the layer.
        tokens: N, the words of all documents.
        products: ieee, tf32 or bf16.
        chip: that computes.
        step: seconds of a step forward and one back as measured with nothing else on the chip, latencies and all; by
            :func:`step_seconds` if not given.
    """
    programs = math.ceil(shape.batch / BLOCK) * shape.directions
    waves = math.ceil(programs / chip.multiprocessors)
    return Floor(
        operations(shape, tokens) / chip.flops[products],
        sum(array_bytes(shape, tokens, products).values()) / chip.bandwidth,
        waves * shape.steps * (step_seconds(shape, products, chip) if step is None else step),
    )
