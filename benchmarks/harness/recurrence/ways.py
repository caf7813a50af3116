"""The same layer in several ways: each a call that computes the states and every gradient."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from harness.recurrence.shapes import Shape
from recurra.cells import cell_named
from recurra.recurrence.engines import ENGINES, Weights

__all__ = ["Way", "our_ways", "packed_ways", "padded_ways"]

Call = Callable[[], object]


class Way(NamedTuple):
    """One way to compute.

    Attributes:
        name: in words.
        precision: of the products: ieee, tf32, bf16 or fp16.
        build: makes the call on inputs drawn with a seed.
    """

    name: str
    precision: str
    build: Callable[[int], Call]


def our_ways(shape: Shape, device: str) -> list[Way]:
    """Our kernels: Triton's in each precision on a GPU, Numba's on a CPU."""

    def build(products: str, seed: int) -> Call:
        inputs, outer, weights, lengths = _drawn(shape, device, seed)
        cell = cell_named(shape.cell)
        leaves = [inputs, *(part for one in weights for part in one if part is not None)]
        active = [sum(length > step for length in lengths) for step in range(shape.steps)]
        if device == "cpu":
            return _call(lambda: torch.cat(ENGINES["numba"].layer(cell, inputs, weights, active), dim=1), leaves, outer)
        from recurra.recurrence.triton import Layout, layer

        layout = Layout.of(active, inputs.device)
        options: Any = {"products": products}
        return _call(lambda: torch.cat(layer(cell, inputs, weights, layout, **options), dim=1), leaves, outer)

    if device == "cpu":
        return [Way("numba ieee", "ieee", partial(build, "ieee"))]
    return [Way(f"triton {products}", products, partial(build, products)) for products in ("ieee", "tf32", "bf16")]


def padded_ways(shape: Shape, device: str) -> list[Way]:
    """torch.nn on a padded grid, with weights in one block, in each precision.

    The grid is read to its end by every document, pads included: it is what is computed where nobody masks. So its
    states differ from ours, and it does more steps; its time is that of the usual way.
    """

    def build(precision: str, seed: int) -> Call:
        module, inputs, _ = _module(shape, device, seed, _DTYPES[precision])
        outer = torch.randn(shape.steps, shape.batch, shape.directions * shape.hidden, device=device)
        outer = outer.to(inputs.dtype)
        return _call(lambda: module(inputs)[0], [inputs, *module.parameters()], outer, precision)

    return _ways("torch padded" if device == "cpu" else "cuDNN padded", device, build)


def packed_ways(shape: Shape, device: str) -> list[Way]:
    """torch.nn on a PackedSequence, in each precision."""

    def build(precision: str, seed: int) -> Call:
        module, inputs, lengths = _module(shape, device, seed, _DTYPES[precision])
        packed = pack_padded_sequence(inputs.detach(), torch.tensor(lengths))
        data = packed.data.requires_grad_()
        outer = torch.randn(len(data), shape.directions * shape.hidden, device=device).to(data.dtype)
        return _call(lambda: module(packed)[0].data, [data, *module.parameters()], outer, precision)

    return _ways("torch PackedSequence" if device == "cpu" else "cuDNN PackedSequence", device, build)


_DTYPES = {"ieee": torch.float32, "tf32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def _ways(name: str, device: str, build: Callable[[str, int], Call]) -> list[Way]:
    # A CPU's kernels are compared in float32, in which ours are.
    precisions = ["ieee"] if device == "cpu" else list(_DTYPES)
    return [Way(f"{name} {precision}", precision, partial(build, precision)) for precision in precisions]


def _drawn(shape: Shape, device: str, seed: int) -> tuple[Tensor, Tensor, list[Weights], list[int]]:
    generator = torch.Generator(device).manual_seed(seed)
    cell, fused, lengths = cell_named(shape.cell), shape.gates * shape.hidden, shape.lengths(seed)

    def draw(*size: int) -> Tensor:
        scale = 1 / math.sqrt(size[0])
        return (torch.randn(size, generator=generator, device=device) * scale).requires_grad_()

    weights = [
        Weights(
            draw(shape.inputs, fused),
            draw(shape.hidden, fused),
            draw(fused),
            draw(fused) if cell.recurrent_bias else None,
        )
        for _ in range(shape.directions)
    ]
    tokens = sum(lengths)
    inputs = torch.randn(tokens, shape.inputs, generator=generator, device=device, requires_grad=True)
    outer = torch.randn(tokens, shape.directions * shape.hidden, generator=generator, device=device)
    return inputs, outer, weights, lengths


def _module(shape: Shape, device: str, seed: int, dtype: torch.dtype) -> tuple[Any, Tensor, list[int]]:
    kinds: dict[str, Any] = {"simple_rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
    module = kinds[shape.cell](
        shape.inputs, shape.hidden, bidirectional=shape.directions == 2, device=device, dtype=dtype
    )
    module.flatten_parameters()
    lengths = shape.lengths(seed)
    generator = torch.Generator(device).manual_seed(seed)
    grid = torch.randn(shape.steps, shape.batch, shape.inputs, generator=generator, device=device)
    return module, grid.to(dtype).requires_grad_(), lengths


def _call(states: Callable[[], Any], leaves: list[Tensor], outer: Tensor, precision: str | None = None) -> Call:
    def call() -> object:
        with _allowed(precision):
            return torch.autograd.grad(states(), leaves, outer)

    return call


@contextmanager
def _allowed(precision: str | None) -> Iterator[None]:
    """Lets cuDNN use tf32 for float32 layers, or not; nothing else where no precision is given."""
    if precision is None:
        yield
        return
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = precision == "tf32"
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before
