"""A layer as a torch autograd function: large products by torch, the recurrence by the kernels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from recurra.cells import Cell, State
from recurra.recurrence.engines.base import Weights
from recurra.recurrence.triton.elementwise_layer import elementwise_layer
from recurra.recurrence.triton.launch import Gradients, LayerConfig, SavedTensors, launch_backward, launch_forward
from recurra.recurrence.triton.layout import Layout
from recurra.recurrence.triton.plan import Products, plan_for, shared_memory
from recurra.recurrence.triton.products import matmul, matmul_precision

__all__ = ["layer"]


def layer(
    cell: Cell,
    inputs: Tensor,
    weights: Sequence[Weights],
    layout: Layout,
    *,
    initial: Sequence[State] | None = None,
    products: Products = "ieee",
) -> list[Tensor]:
    """One layer, one or two directions, in one launch each way.

    Nothing synchronises with the device, so a call can be captured in a CUDA graph. Results are deterministic: no sum
    depends on the order in which programs end.

    Args:
        cell: the formula.
        inputs: [R, I], the packed inputs; rows from N on are spare rows for a longer batch and must be finite.
        weights: float32, those of the forward direction, then those of the backward one if there are two.
        layout: where the documents lie, on the inputs' device.
        initial: the state before the first word each direction reads, float32 [B, H]; zero when not given.
        products: ``ieee`` (float32), ``tf32``, or ``bf16``, where the input projection and the tensors saved for
            backward are stored in sixteen bits, too; states and sums are float32 in all of them.

    Returns:
        A float32 [R, H] tensor of hidden states a direction, zero in spare rows, differentiable with respect to inputs,
        weights and initial.

    Raises:
        SettingsError: the layer is too wide for the kernels, or there are no such products.
    """
    if not cell.recurrent_weights:
        return elementwise_layer(cell, inputs, weights, layout, initial=initial, products=products)
    hidden = len(weights[0].recurrent)
    tensors: list[Tensor | None] = [
        inputs,
        torch.cat([one.W_I for one in weights], dim=1),
        torch.cat([one.b for one in weights]),
        torch.stack([one.recurrent for one in weights]),
        _stack([one.b_H for one in weights]),
        _stack([state.hidden for state in initial] if initial else []),
        _stack([state.cell for state in initial] if initial else []),
    ]
    keep = torch.is_grad_enabled() and any(one is not None and one.requires_grad for one in tensors)
    plan = plan_for(cell, hidden, products, shared=shared_memory(inputs.device))
    config = LayerConfig(cell, hidden, products, plan, keep)
    run: Callable[..., tuple[Tensor, ...]] = _Function.apply
    return list(run(config, layout, *tensors))


def _stack(parts: Sequence[Tensor | None]) -> Tensor | None:
    present = [part for part in parts if part is not None]
    return torch.stack(present) if present else None


class _Function(torch.autograd.Function):
    """The layer; weights and states of all directions are stacked into one array each.

    Arguments: config, layout, inputs [R, I], W_I [I, D·G·H], b [D·G·H], W_H [D, H, G·H], b_H [D, G·H], h0 and c0, both
    [D, B, H].
    """

    @staticmethod
    def forward(ctx: Any, config: LayerConfig, layout: Layout, inputs: Tensor, *tensors: Any) -> tuple[Tensor, ...]:
        """The states; ``ctx`` gets what the gradient needs."""
        W_I, b, W_H, b_H, h0, c0 = tensors
        inputs, W_I, W_H = (tensor.to(config.storage) for tensor in (inputs, W_I, W_H))
        with matmul_precision(config.products, inputs.device):
            projection = torch.addmm(b.to(config.storage), inputs, W_I)
        hidden, saved = launch_forward(config, projection.view(len(inputs), len(W_H), -1), W_H, b_H, h0, c0, layout)
        ctx.config, ctx.layout = config, layout
        if saved is not None:
            ctx.save_for_backward(inputs, W_I, W_H, *saved)
        return hidden.unbind(dim=1)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Any, ...]:
        """The gradients of the arguments from those of the states."""
        config: LayerConfig = ctx.config
        inputs, W_I, W_H, *arrays = ctx.saved_tensors
        saved = SavedTensors(*arrays)
        found = launch_backward(config, saved, W_H, torch.stack(grad_outputs, dim=1), ctx.layout)
        flat = found.projection.flatten(1)
        needed = dict(zip(("inputs", "W_I", "b", "W_H", "b_H", "h0", "c0"), ctx.needs_input_grad[2:], strict=True))
        gradients: dict[str, Tensor | None] = dict.fromkeys(needed)
        with matmul_precision(config.products, inputs.device):
            if needed["inputs"]:
                gradients["inputs"] = matmul(flat, W_I.t())
            if needed["W_I"]:
                gradients["W_I"] = matmul(inputs.t(), flat)
            if needed["W_H"]:
                gradients["W_H"] = torch.stack([_recurrent_gradient(config, saved, found, d) for d in range(len(W_H))])
        bias = flat.sum(dim=0, dtype=torch.float32)
        gradients["b"] = bias
        if needed["b_H"] and found.late is not None:
            early = bias.view(len(W_H), -1)[:, : 2 * config.hidden]
            gradients["b_H"] = torch.cat([early, found.late.sum(dim=0, dtype=torch.float32)], dim=1)
        gradients["h0"], gradients["c0"] = found.h0, found.c0
        return None, None, *(gradients[name] if need else None for name, need in needed.items())


def _recurrent_gradient(config: LayerConfig, saved: SavedTensors, found: Gradients, direction: int) -> Tensor:
    """W_H's gradient of one direction, [H, G·H]: past states times the gradient of their products."""
    past, d_a = saved.past_h[:, direction].t(), found.projection[:, direction]
    if saved.extra is None:
        return matmul(past, d_a)
    # A GRU's candidate: the projection's gradient lacks r (reset after), or the state was reset before the product.
    early = 2 * config.hidden
    if found.late is not None:
        return torch.cat([matmul(past, d_a[:, :early]), matmul(past, found.late[:, direction])], dim=1)
    return torch.cat([matmul(past, d_a[:, :early]), matmul(saved.extra[:, direction].t(), d_a[:, early:])], dim=1)
