"""Launches the forward and backward kernels, and holds the tensors that forward saves for backward."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import torch
import triton
from torch import Tensor

from recurra.cells import Cell, TritonForm
from recurra.errors import SettingsError
from recurra.recurrence.triton import resident_weights, streamed_weights
from recurra.recurrence.triton.layout import Layout
from recurra.recurrence.triton.plan import Plan, Products
from recurra.recurrence.triton.products import storage_type

__all__ = ["Gradients", "LayerConfig", "SavedTensors", "launch_backward", "launch_forward"]


class LayerConfig(NamedTuple):
    """What stays the same from batch to batch.

    Attributes:
        cell: the formula.
        hidden: H.
        products: precision of the products.
        plan: sizes of tiles.
        keep: whether a gradient will be needed.
    """

    cell: Cell
    hidden: int
    products: Products
    plan: Plan
    keep: bool

    @property
    def form(self) -> TritonForm:
        """The traits by which the kernels branch."""
        if self.cell.compiled.triton is None:
            raise SettingsError(f"The cell {self.cell.name} has no kernels for GPUs", "Choose the reference engine.")
        return self.cell.compiled.triton

    @property
    def storage(self) -> torch.dtype:
        """The type of the arrays that products read."""
        return storage_type(self.products)


class SavedTensors(NamedTuple):
    """What forward saves for backward: arrays of [R, D, ·].

    The gates' activations overwrite the input projection, which is not needed afterwards: saving them costs one write
    and no memory, while computing them again would cost a second product in every step, and W_H beside its transpose on
    the chip. The states *before* each word are saved so that a row needs no other row: backward then needs no ends of
    documents, and W_H's gradient is one plain product.

    Attributes:
        gates: [R, D, G·H]. With bfloat16 products they are float16, whose eleven bits suit numbers from -1 to 1: a
            forget gate near 1, rounded to eight bits, would be wrong by the same factor at every step.
        past_h: [R, D, H].
        past_c: float32 [R, D, H], of cells with a cell state.
        extra: [R, D, H], the recurrent product of a GRU's candidate, or the state after the reset.
    """

    gates: Tensor
    past_h: Tensor
    past_c: Tensor | None
    extra: Tensor | None


def launch_forward(
    config: LayerConfig,
    projection: Tensor,
    W_H: Tensor,
    b_H: Tensor | None,
    h0: Tensor | None,
    c0: Tensor | None,
    layout: Layout,
) -> tuple[Tensor, SavedTensors | None]:
    """Launches the forward kernel.

    Args:
        config: the layer's configuration.
        projection: [R, D, G·H], overwritten where a gradient will be needed.
        W_H: [D, H, G·H].
        b_H: float32 [D, G·H], or ``None``.
        h0: float32 [D, B, H], or ``None`` for zero.
        c0: the same of the cell state.
        layout: the batch's layout.

    Returns:
        The states, float32 [R, D, H], and what backward needs if there will be one.
    """
    rows, directions, _ = projection.shape
    cell, plan, device, documents = config.cell, config.plan, projection.device, len(layout.lengths)
    shape = (rows, directions, config.hidden)
    hidden = torch.empty(shape, device=device)
    saved = None
    if config.keep:
        saved = SavedTensors(
            projection.view(torch.float16) if config.products == "bf16" else projection,
            torch.empty(shape, dtype=config.storage, device=device),
            torch.empty(shape, device=device) if cell.cell_state else None,
            torch.empty(shape, dtype=config.storage, device=device) if config.form.reset != "none" else None,
        )
    arrays: list[Tensor | None] = [
        projection,
        W_H,
        b_H,
        h0,
        c0,
        hidden,
        *(saved or (None,) * len(SavedTensors._fields)),
    ]
    sizes = {"documents": documents, "steps": len(layout.starts) - 1, "rows": rows}
    options: dict[str, Any] = _options(config) | {"INITIAL": h0 is not None, "KEEP": config.keep}
    kernel = resident_weights.forward
    if not plan.resident:
        kernel = streamed_weights.forward
        arrays.append(torch.empty((3, directions, documents, config.hidden), device=device))
        arrays.append(torch.empty((directions, documents, config.hidden), device=device))
    with _on_device(projection):
        kernel[_grid(config, documents, directions)](*arrays, *layout, **sizes, **options)
    return hidden, saved


class Gradients(NamedTuple):
    """What the backward kernel computes; the large products follow it.

    Attributes:
        projection: [R, D, G·H].
        late: [R, D, H], the gradient of W_Hn h + b_Hn, of a GRU with reset after.
        h0: float32 [D, B, H].
        c0: the same of the cell state.
    """

    projection: Tensor
    late: Tensor | None
    h0: Tensor
    c0: Tensor | None


def launch_backward(
    config: LayerConfig, saved: SavedTensors, W_H: Tensor, d_hidden: Tensor, layout: Layout
) -> Gradients:
    """Launches the backward kernel.

    Args:
        config: the layer's configuration.
        saved: what forward saved; not changed.
        W_H: [D, H, G·H].
        d_hidden: float32 [R, D, H].
        layout: the batch's layout.
    """
    rows, directions, hidden = d_hidden.shape
    cell, plan, device = config.cell, config.plan, d_hidden.device
    documents = len(layout.lengths)
    found = Gradients(
        torch.empty(saved.gates.shape, dtype=config.storage, device=device),
        torch.empty(d_hidden.shape, dtype=config.storage, device=device) if config.form.reset == "after" else None,
        torch.empty((directions, documents, hidden), device=device),
        torch.empty((directions, documents, hidden), device=device) if cell.cell_state else None,
    )
    kernel = resident_weights.backward if plan.resident else streamed_weights.backward
    arrays = [saved.gates, W_H, saved.past_h, saved.past_c, saved.extra, d_hidden, *found]
    sizes = {"documents": documents, "steps": len(layout.starts) - 1, "rows": rows}
    with _on_device(d_hidden):
        kernel[_grid(config, documents, directions)](*arrays, *layout, **sizes, **_options(config))
    return found


def _on_device(tensor: Tensor) -> AbstractContextManager[object]:
    """Triton launches on the current device, which need not be that of the tensors."""
    device_of: Callable[[Tensor], AbstractContextManager[object]] = torch.cuda.device_of
    return device_of(tensor)


def _grid(config: LayerConfig, documents: int, directions: int) -> tuple[int, int]:
    return triton.cdiv(documents, config.plan.block), directions


def _options(config: LayerConfig) -> dict[str, Any]:
    plan = config.plan
    return {
        "CELL_STATE": config.cell.cell_state,
        "RESET": config.form.reset,
        "G": len(config.cell.gates),
        "H": config.hidden,
        "UNITS": plan.units,
        "BLOCK": plan.block,
        "PRODUCTS": config.products,
        **({} if plan.resident else {"DEPTH": plan.depth}),
        "num_warps": plan.warps,
        # Loops over the steps must not be pipelined; loops over tiles set their own number of stages.
        "num_stages": 1,
    }
