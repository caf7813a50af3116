"""A layer of a cell without a recurrent product, as a torch autograd function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
import triton
from torch import Tensor

from recurra.cells import Cell, State
from recurra.errors import SettingsError
from recurra.recurrence.engines.base import Weights
from recurra.recurrence.triton import elementwise
from recurra.recurrence.triton.layout import Layout
from recurra.recurrence.triton.plan import Products
from recurra.recurrence.triton.products import matmul, matmul_precision, storage_type

__all__ = ["elementwise_layer"]

# Documents of a program: few, so that there are enough programs; a step waits for memory, not for arithmetic.
BLOCK = 4
MAX_UNITS = 64


class _Config(NamedTuple):
    """What stays the same from batch to batch: the formula, H, the precision, and whether a gradient is needed."""

    cell: Cell
    hidden: int
    products: Products
    keep: bool

    def options(self) -> dict[str, Any]:
        """The constants of the kernels."""
        form = self.cell.compiled.triton
        if form is None or form.elementwise == "none":
            raise SettingsError(f"The cell {self.cell.name} has no kernels for GPUs", "Choose the reference engine.")
        return {
            "FORM": form.elementwise,
            "G": len(self.cell.gates),
            "H": self.hidden,
            "UNITS": self.units,
            "BLOCK": BLOCK,
            "PRODUCTS": self.products,
            "num_warps": max(1, BLOCK * self.units // 128),
        }

    @property
    def units(self) -> int:
        """Units of a program."""
        return min(MAX_UNITS, max(16, 1 << (self.hidden - 1).bit_length()))

    def grid(self, documents: int, directions: int) -> tuple[int, int, int]:
        """Blocks of documents, directions, blocks of units."""
        return triton.cdiv(documents, BLOCK), directions, triton.cdiv(self.hidden, self.units)


def elementwise_layer(
    cell: Cell,
    inputs: Tensor,
    weights: Sequence[Weights],
    layout: Layout,
    *,
    initial: Sequence[State] | None = None,
    products: Products = "ieee",
) -> list[Tensor]:
    """See :func:`recurra.recurrence.triton.autograd.layer`; a layer of any width."""
    first = [state.cell if cell.cell_state else state.hidden for state in initial or ()]
    diagonals = [one.W_H for one in weights if one.W_H is not None]
    tensors = [
        inputs,
        torch.cat([one.W_I for one in weights], dim=1),
        torch.cat([one.b for one in weights]),
        torch.stack(diagonals) if diagonals else None,
        torch.stack(first) if first else None,
    ]
    keep = torch.is_grad_enabled() and any(one is not None and one.requires_grad for one in tensors)
    config = _Config(cell, len(weights[0].b) // len(cell.gates), products, keep)
    run: Callable[..., tuple[Tensor, ...]] = _Function.apply
    return list(run(config, layout, *tensors))


class _Function(torch.autograd.Function):
    """The layer; weights and states of all directions are in one array each.

    Arguments: config, layout, inputs [R, I], W_I [I, D·G·H], b [D·G·H], diagonals [D, P, H] and the carried initial
    state [D, B, H].
    """

    @staticmethod
    def forward(ctx: Any, config: _Config, layout: Layout, inputs: Tensor, *tensors: Any) -> tuple[Tensor, ...]:
        """The states; ``ctx`` gets what the gradient needs."""
        W_I, b, diagonals, initial = tensors
        storage = storage_type(config.products)
        inputs, W_I = inputs.to(storage), W_I.to(storage)
        with matmul_precision(config.products, inputs.device):
            projection = torch.addmm(b.to(storage), inputs, W_I)
        width = len(config.cell.gates) * config.hidden
        projection = projection.view(len(inputs), -1, width)
        shape = (*projection.shape[:2], config.hidden)
        hidden = torch.empty(shape, device=inputs.device)
        past = torch.empty(shape, device=inputs.device) if config.keep else None
        _launch(
            elementwise.forward, config, layout, shape, projection, diagonals, initial, hidden, past,
            INITIAL=initial is not None, KEEP=config.keep,
        )  # fmt: skip
        ctx.config, ctx.layout = config, layout
        if past is not None:
            ctx.save_for_backward(inputs, W_I, projection, diagonals, past)
        return hidden.unbind(dim=1)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Any, ...]:
        """The gradients of the arguments from those of the states."""
        config, layout = ctx.config, ctx.layout
        inputs, W_I, projection, diagonals, past = ctx.saved_tensors
        _, directions, hidden = past.shape
        documents, device = len(layout.lengths), past.device
        d_projection = torch.empty_like(projection)
        d_initial = torch.empty((directions, documents, hidden), device=device)
        d_diagonals = None
        if diagonals is not None:
            blocks = config.grid(documents, directions)[0]
            d_diagonals = torch.empty((blocks, *diagonals.shape), device=device)
        _launch(
            elementwise.backward, config, layout, past.shape, projection, diagonals, past,
            torch.stack(grad_outputs, dim=1), d_projection, d_diagonals, d_initial,
        )  # fmt: skip
        flat = d_projection.flatten(1)
        to_inputs, to_W_I, to_b, to_diagonals, to_initial = ctx.needs_input_grad[2:]
        with matmul_precision(config.products, device):
            d_inputs = matmul(flat, W_I.t()) if to_inputs else None
            d_W_I = matmul(inputs.t(), flat) if to_W_I else None
        d_b = flat.sum(dim=0, dtype=torch.float32) if to_b else None
        d_W_H = d_diagonals.sum(dim=0) if d_diagonals is not None and to_diagonals else None
        return None, None, d_inputs, d_W_I, d_b, d_W_H, d_initial if to_initial else None


def _launch(kernel: Any, config: _Config, layout: Layout, shape: Sequence[int], *arrays: Any, **options: Any) -> None:
    documents = len(layout.lengths)
    sizes = {"documents": documents, "steps": len(layout.starts) - 1, "rows": shape[0]}
    device_of: Any = torch.cuda.device_of
    # Triton launches on the current device, which need not be that of the tensors.
    with device_of(arrays[0]):
        kernel[config.grid(documents, shape[1])](*arrays, *layout, **sizes, **config.options(), **options)
