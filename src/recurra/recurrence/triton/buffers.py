"""What forward leaves for backward, and the launches of the kernels."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import torch
import triton
from torch import Tensor

from recurra.cells import Cell, TritonForm
from recurra.errors import SettingsError
from recurra.recurrence.triton import resident, streamed
from recurra.recurrence.triton.layout import Layout
from recurra.recurrence.triton.plan import Plan, Products

__all__ = ["Gradients", "Kept", "Setting", "read", "read_back"]


class Setting(NamedTuple):
    """What does not change from batch to batch.

    Attributes:
        cell: the formula.
        hidden: H.
        products: precision of the products.
        plan: sizes of tiles.
        keep: whether a gradient will be asked for.
    """

    cell: Cell
    hidden: int
    products: Products
    plan: Plan
    keep: bool

    @property
    def form(self) -> TritonForm:
        """The branches that the kernels take."""
        if self.cell.compiled.triton is None:
            raise SettingsError(f"The cell {self.cell.name} has no kernels for GPUs", "Choose the reference engine.")
        return self.cell.compiled.triton

    @property
    def storage(self) -> torch.dtype:
        """Of the arrays that products read."""
        return torch.bfloat16 if self.products == "bf16" else torch.float32


class Kept(NamedTuple):
    """What forward leaves for backward: arrays of [R, D, ·].

    The gates' activations overwrite the input projection, which is not needed afterwards: saving them costs one write
    and no memory, while computing them again would cost a second product in every step, and W_H beside its transpose on
    the chip. The states *before* each word are saved so that a row needs no other row: backward then needs no ends of
    documents, and W_H's gradient is one plain product.

    Attributes:
        gates: [R, D, G·H]. Beside bfloat16 products they are float16, whose eleven digits suit numbers from -1 to 1: a
            forget gate near 1, rounded to eight digits, would be off by the same factor at every step.
        past_h: [R, D, H].
        past_c: float32 [R, D, H], of cells with a cell state.
        extra: [R, D, H], the recurrent product of a GRU's candidate, or the state after the reset.
    """

    gates: Tensor
    past_h: Tensor
    past_c: Tensor | None
    extra: Tensor | None


def read(
    setting: Setting,
    projection: Tensor,
    W_H: Tensor,
    b_H: Tensor | None,
    h0: Tensor | None,
    c0: Tensor | None,
    layout: Layout,
) -> tuple[Tensor, Kept | None]:
    """Launches the forward kernel.

    Args:
        setting: of the layer.
        projection: [R, D, G·H], which is overwritten where a gradient will be asked for.
        W_H: [D, H, G·H].
        b_H: float32 [D, G·H], or ``None``.
        h0: float32 [D, B, H], or ``None`` for zero.
        c0: the same of the cell state.
        layout: of the batch.

    Returns:
        The states, float32 [R, D, H], and what backward needs if it is to be kept.
    """
    rows, directions, _ = projection.shape
    cell, plan, device, documents = setting.cell, setting.plan, projection.device, len(layout.lengths)
    shape = (rows, directions, setting.hidden)
    hidden = torch.empty(shape, device=device)
    kept = None
    if setting.keep:
        kept = Kept(
            projection.view(torch.float16) if setting.products == "bf16" else projection,
            torch.empty(shape, dtype=setting.storage, device=device),
            torch.empty(shape, device=device) if cell.cell_state else None,
            torch.empty(shape, dtype=setting.storage, device=device) if setting.form.reset != "none" else None,
        )
    arrays: list[Tensor | None] = [projection, W_H, b_H, h0, c0, hidden, *(kept or (None,) * len(Kept._fields))]
    sizes = {"documents": documents, "steps": len(layout.starts) - 1, "rows": rows}
    options: dict[str, Any] = _options(setting) | {"INITIAL": h0 is not None, "KEEP": setting.keep}
    kernel = resident.forward
    if not plan.resident:
        kernel = streamed.forward
        arrays.append(torch.empty((3, directions, documents, setting.hidden), device=device))
        arrays.append(torch.empty((directions, documents, setting.hidden), device=device))
    with _on_device(projection):
        kernel[_grid(setting, documents, directions)](*arrays, *layout, **sizes, **options)
    return hidden, kept


class Gradients(NamedTuple):
    """What backward computes beside the products.

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


def read_back(setting: Setting, kept: Kept, W_H: Tensor, d_hidden: Tensor, layout: Layout) -> Gradients:
    """Launches the backward kernel.

    Args:
        setting: of the layer.
        kept: what forward left; it stays as it is.
        W_H: [D, H, G·H].
        d_hidden: float32 [R, D, H].
        layout: of the batch.
    """
    rows, directions, hidden = d_hidden.shape
    cell, plan, device = setting.cell, setting.plan, d_hidden.device
    documents = len(layout.lengths)
    found = Gradients(
        torch.empty(kept.gates.shape, dtype=setting.storage, device=device),
        torch.empty(d_hidden.shape, dtype=setting.storage, device=device) if setting.form.reset == "after" else None,
        torch.empty((directions, documents, hidden), device=device),
        torch.empty((directions, documents, hidden), device=device) if cell.cell_state else None,
    )
    kernel = resident.backward if plan.resident else streamed.backward
    arrays = [kept.gates, W_H, kept.past_h, kept.past_c, kept.extra, d_hidden, *found]
    sizes = {"documents": documents, "steps": len(layout.starts) - 1, "rows": rows}
    with _on_device(d_hidden):
        kernel[_grid(setting, documents, directions)](*arrays, *layout, **sizes, **_options(setting))
    return found


def _on_device(tensor: Tensor) -> AbstractContextManager[object]:
    """Triton launches on the current device, which need not be that of the tensors."""
    device_of: Callable[[Tensor], AbstractContextManager[object]] = torch.cuda.device_of
    return device_of(tensor)


def _grid(setting: Setting, documents: int, directions: int) -> tuple[int, int]:
    return triton.cdiv(documents, setting.plan.block), directions


def _options(setting: Setting) -> dict[str, Any]:
    plan = setting.plan
    return {
        "CELL_STATE": setting.cell.cell_state,
        "RESET": setting.form.reset,
        "G": len(setting.cell.gates),
        "H": setting.hidden,
        "UNITS": plan.units,
        "BLOCK": plan.block,
        "PRODUCTS": setting.products,
        **({} if plan.resident else {"DEPTH": plan.depth}),
        "num_warps": plan.warps,
        # Loops over the steps must not be pipelined; those over tiles ask for it themselves.
        "num_stages": 1,
    }
