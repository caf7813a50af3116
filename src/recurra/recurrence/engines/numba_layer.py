"""One layer on Numba's kernels as a torch function with a gradient."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor

from recurra.recurrence.engines.threads import run_together

__all__ = ["FORMS", "NumbaLayer"]

# W_I, W_H, b, b_H, h0, c0
PARTS = 6
# Two directions go to two threads from this many multiply-adds of the recurrence each.
WORTH_A_THREAD = 2_000_000


class _Form(NamedTuple):
    """The arrays that a cell's kernels need, in blocks of H columns.

    Attributes:
        gates: G.
        extra: what forward keeps for backward beside gates and states.
        second: what backward needs beside d_drive.
        sums: the sums over all rows that backward gives.
    """

    gates: int
    extra: int
    second: int
    sums: int


FORMS = {
    "simple_rnn": _Form(1, 0, 0, 1),
    "gru": _Form(3, 3, 3, 4),
    "gru_reset_before": _Form(3, 1, 1, 3),
    "lstm": _Form(4, 1, 0, 4),
}


class NumbaLayer(torch.autograd.Function):
    """All directions of a layer; sizes are multiples of 8, tensors float32 on a CPU.

    Arguments: the cell's name; int64[T + 1], the first row of each step; inputs [N, I]; then W_I, W_H, b, b_H, h0, c0
    of each direction, of which the last three may be ``None``. Answers [N, H] a direction.
    """

    @staticmethod
    def forward(ctx: Any, cell: str, starts: Any, inputs: Tensor, *tensors: Tensor | None) -> tuple[Tensor, ...]:
        """The states, and in ``ctx`` what the gradient needs."""
        form, kernel = FORMS[cell], _kernels_of(cell).forward
        rows, documents = len(inputs), int(starts[1])
        tasks, kept, outputs = [], [inputs], []
        for place in range(0, len(tensors), PARTS):
            W_I, W_H, b, b_H, h0, c0 = tensors[place : place + PARTS]
            size = len(W_H)
            gates = torch.addmm(b, inputs, W_I)
            hidden = inputs.new_empty(rows, size)
            states = inputs.new_empty(rows, size) if cell == "lstm" else None
            extra = inputs.new_empty(rows, form.extra * size) if form.extra else None
            h0 = inputs.new_zeros(documents, size) if h0 is None else h0.contiguous()
            c0 = None if states is None else inputs.new_zeros(documents, size) if c0 is None else c0.contiguous()
            arrays = (gates, _in_blocks(cell, W_H), b_H, hidden, states, extra, h0, c0)
            tasks.append(_task(kernel, starts, place // PARTS, size, arrays))
            kept += [W_I, W_H, gates, hidden, states, extra, h0, c0]
            outputs.append(hidden)
        _run(tasks, rows * form.gates * size * size)
        ctx.cell, ctx.starts = cell, starts
        ctx.save_for_backward(*kept)
        return tuple(outputs)

    @staticmethod
    @torch.autograd.function.once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, *outer: Tensor) -> tuple[Any, ...]:
        """The gradients of the arguments from those of the states."""
        cell, starts = ctx.cell, ctx.starts
        form, kernel = FORMS[cell], _kernels_of(cell).backward
        inputs, *kept = ctx.saved_tensors
        rows, documents = len(inputs), int(starts[1])
        tasks, found = [], []
        for place, d_hidden in enumerate(outer):
            W_I, W_H, gates, hidden, states, extra, h0, c0 = kept[8 * place : 8 * place + 8]
            size = len(W_H)
            if d_hidden.stride(1) != 1:
                d_hidden = d_hidden.contiguous()
            carry_h, *carry_c = inputs.new_zeros(2 if cell == "lstm" else 1, documents, size)
            d_drive = inputs.new_empty(rows, form.gates * size)
            second = inputs.new_zeros(rows, form.second * size) if form.second else None
            earlier = inputs.new_empty(rows, size)
            sums = inputs.new_zeros(form.sums * size)
            arrays = (gates, W_H.t().contiguous(), hidden, states, extra, h0, c0, d_hidden)
            more = (carry_h, carry_c[0] if carry_c else None, d_drive, second, earlier, sums)
            tasks.append(_task(kernel, starts, place, size, arrays, 4 * d_hidden.stride(0), more))
            found.append(more)
        _run(tasks, rows * form.gates * size * size)
        d_inputs = None
        gradients: list[Tensor | None] = []
        for place, (d_h0, d_c0, d_drive, second, earlier, sums) in enumerate(found):
            W_I, W_H, extra = kept[8 * place], kept[8 * place + 1], kept[8 * place + 5]
            width = d_drive.shape[1]
            if ctx.needs_input_grad[2]:
                d_inputs = d_drive @ W_I.t() if d_inputs is None else d_inputs.addmm_(d_drive, W_I.t())
            size = len(W_H)
            if cell == "gru_reset_before":
                parts = (earlier.t() @ d_drive[:, : 2 * size], extra.t() @ d_drive[:, 2 * size :])
                d_W_H = torch.cat(parts, dim=1)
            else:
                d_W_H = earlier.t() @ (second if cell == "gru" else d_drive)
            d_b_H = torch.cat([sums[: 2 * size], sums[width:]]) if cell == "gru" else None
            gradients += [inputs.t() @ d_drive, d_W_H, sums[:width], d_b_H, d_h0, d_c0]
        asked = ctx.needs_input_grad[3:]
        wanted = [gradient if need else None for gradient, need in zip(gradients, asked, strict=True)]
        return None, None, d_inputs, *wanted


def _kernels_of(cell: str) -> Any:
    # Here and not above: only who computes with Numba waits for its import.
    from recurra.recurrence.engines.numba_kernels.compiled import kernels_of

    return kernels_of(cell)


def _in_blocks(cell: str, W_H: Tensor) -> Tensor:
    if cell != "gru_reset_before":
        return W_H.contiguous()
    split = 2 * len(W_H)
    return torch.cat([W_H[:, :split].flatten(), W_H[:, split:].flatten()])


def _task(
    kernel: Callable[..., None], starts: Any, direction: int, size: int, *arguments: Any
) -> Callable[[], None]:
    words: list[int] = []
    for argument in arguments:
        if isinstance(argument, tuple):
            words += [0 if tensor is None else tensor.data_ptr() for tensor in argument]
        else:
            words.append(argument)
    steps, documents = len(starts) - 1, int(starts[1])
    # The arrays go along with the task, so that none is freed before it has run.
    return partial(_call, kernel, (0, documents, steps, starts.ctypes.data, direction, size, *words), arguments)


def _call(kernel: Callable[..., None], words: tuple[int, ...], arrays: Any) -> None:
    kernel(*words)


def _run(tasks: list[Callable[[], None]], work: int) -> None:
    if work >= WORTH_A_THREAD:
        run_together(tasks)
    else:
        for task in tasks:
            task()
