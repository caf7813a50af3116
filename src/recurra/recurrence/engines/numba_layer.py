"""One layer on Numba's kernels as a torch function with a gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor

from recurra.kernels.threads import run_together

__all__ = ["FORMS", "NumbaLayer"]

# W_I, W_H, b, b_H, h0, c0
PARTS = 6
# What forward keeps of each direction.
KEPT = 10
# From this many multiply-adds of the recurrence in a direction the work is shared among threads: handing over costs
# some 50 µs, and the kernels do 30 to 40 thousand a microsecond.
WORTH_A_THREAD = 4_000_000
# Documents a thread computes at once: enough to reuse each weight it loads, few enough for a step to stay in its cache.
BLOCK, TILE = 16, 4


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
    def forward(ctx: Any, cell: str, starts: Any, inputs: Tensor, *tensors: Any) -> tuple[Tensor, ...]:
        """The states, and in ``ctx`` what the gradient needs."""
        form, kernel = FORMS[cell], _kernels_of(cell).forward
        rows, documents, steps = inputs.shape[0], int(starts[1]), len(starts) - 1
        directions = len(tensors) // PARTS
        products, calls, outputs = [], [], []
        kept: list[Tensor | None] = [inputs]
        for direction in range(directions):
            W_I, W_H, b, b_H, h0, c0 = tensors[PARTS * direction : PARTS * (direction + 1)]
            size = W_H.shape[0]
            work = rows * form.gates * size * size
            gates = inputs.new_empty(rows, form.gates * size)
            # A lone direction's product is cut in two, so that both halves of two processors have something to do.
            cut = 0 if directions > 1 or work < WORTH_A_THREAD else rows // 2
            for part in (slice(cut), slice(cut, rows)) if cut else (slice(rows),):
                products.append(partial(torch.addmm, b, inputs[part], W_I, out=gates[part]))
            hidden = inputs.new_empty(rows, size)
            states = inputs.new_empty(rows, size) if cell == "lstm" else None
            extra = inputs.new_empty(rows, form.extra * size) if form.extra else None
            h0 = inputs.new_zeros(documents, size) if h0 is None else h0.contiguous()
            c0 = None if states is None else inputs.new_zeros(documents, size) if c0 is None else c0.contiguous()
            recurrent = _in_blocks(cell, W_H)
            b_H = None if b_H is None else b_H.contiguous()
            kept += [W_I, W_H, gates, hidden, states, extra, h0, c0, recurrent, b_H]
            outputs.append(hidden)
            arrays = _addresses(gates, recurrent, b_H, hidden, states, extra, h0, c0)
            for first, last in _blocks(work, documents, directions):
                calls.append((first, last, steps, starts.ctypes.data, direction, size, *arrays))
        together = work >= WORTH_A_THREAD
        _multiply(products, together=together)
        _run([partial(kernel, *call) for call in calls], together=together)
        ctx.cell, ctx.starts = cell, starts
        ctx.save_for_backward(*kept)
        return tuple(outputs)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *outer: Tensor) -> tuple[Any, ...]:
        """The gradients of the arguments from those of the states."""
        cell, starts = ctx.cell, ctx.starts
        form, kernel = FORMS[cell], _kernels_of(cell).backward
        inputs, *kept = ctx.saved_tensors
        rows, documents, steps = inputs.shape[0], int(starts[1]), len(starts) - 1
        calls, found = [], []
        for direction, d_hidden in enumerate(outer):
            W_H, gates, hidden, states, extra, h0, c0 = kept[KEPT * direction + 1 : KEPT * direction + 8]
            size = W_H.shape[0]
            work = rows * form.gates * size * size
            if d_hidden.stride(1) != 1:
                d_hidden = d_hidden.contiguous()
            W_T = W_H.t().contiguous()
            carry_h = inputs.new_zeros(documents, size)
            carry_c = None if states is None else inputs.new_zeros(documents, size)
            d_drive = inputs.new_empty(rows, form.gates * size)
            second = inputs.new_zeros(rows, form.second * size) if form.second else None
            earlier = inputs.new_empty(rows, size)
            blocks = _blocks(work, documents, len(outer))
            sums = inputs.new_zeros(len(blocks), form.sums * size)
            found.append((carry_h, carry_c, d_drive, second, earlier, sums, W_T, d_hidden))
            arrays = _addresses(gates, W_T, hidden, states, extra, h0, c0, d_hidden)
            more = _addresses(carry_h, carry_c, d_drive, second, earlier)
            for (first, last), summed in zip(blocks, sums, strict=True):
                sizes = (first, last, steps, starts.ctypes.data, direction, size)
                calls.append((*sizes, *arrays, 4 * d_hidden.stride(0), *more, summed.data_ptr()))
        together = work >= WORTH_A_THREAD
        _run([partial(kernel, *call) for call in calls], together=together)
        d_inputs = torch.empty_like(inputs) if ctx.needs_input_grad[2] else None
        products: list[Callable[[], object]] = []
        if d_inputs is not None:
            products.append(partial(_flow_back, d_inputs, [(one[2], kept[KEPT * d]) for d, one in enumerate(found)]))
        gradients: list[Tensor | None] = []
        for direction, (d_h0, d_c0, d_drive, second, earlier, sums, *_) in enumerate(found):
            W_I, W_H, extra = kept[KEPT * direction], kept[KEPT * direction + 1], kept[KEPT * direction + 5]
            d_W_I, d_W_H = torch.empty_like(W_I), torch.empty_like(W_H)
            summed = sums[0] if len(sums) == 1 else sums.sum(0)
            width, two = d_drive.shape[1], 2 * earlier.shape[1]
            d_b_H = torch.cat([summed[:two], summed[width:]]) if cell == "gru" else None
            products.append(partial(torch.mm, inputs.t(), d_drive, out=d_W_I))
            if cell == "gru_reset_before":
                products.append(partial(torch.mm, earlier.t(), d_drive[:, :two], out=d_W_H[:, :two]))
                products.append(partial(torch.mm, extra.t(), d_drive[:, two:], out=d_W_H[:, two:]))
            else:
                products.append(partial(torch.mm, earlier.t(), second if cell == "gru" else d_drive, out=d_W_H))
            gradients += [d_W_I, d_W_H, summed[:width], d_b_H, d_h0, d_c0]
        _multiply(products, together=together)
        asked = ctx.needs_input_grad[3:]
        wanted = [gradient if need else None for gradient, need in zip(gradients, asked, strict=True)]
        return None, None, d_inputs, *wanted


def _flow_back(d_inputs: Tensor, parts: list[tuple[Tensor, Tensor]]) -> None:
    """The sum over the directions of d_drive @ W_I.t()."""
    for place, (d_drive, W_I) in enumerate(parts):
        torch.addmm(d_inputs, d_drive, W_I.t(), beta=float(place > 0), out=d_inputs)


def _kernels_of(cell: str) -> Any:
    # Here and not above: only who computes with Numba waits for its import.
    from recurra.kernels.compiled import kernels_of

    return kernels_of(f"training.{cell}")


def _in_blocks(cell: str, W_H: Tensor) -> Tensor:
    if cell != "gru_reset_before":
        return W_H.contiguous()
    split = 2 * len(W_H)
    return torch.cat([W_H[:, :split].flatten(), W_H[:, split:].flatten()])


def _blocks(work: int, documents: int, directions: int) -> list[tuple[int, int]]:
    """Documents that go to one thread. Only the shape decides: the sums of blocks would else hang on the machine."""
    if work < WORTH_A_THREAD:
        return [(0, documents)]
    wanted = max(documents // BLOCK, 3 - directions)
    size = -(-documents // (wanted * TILE)) * TILE
    return [(first, min(first + size, documents)) for first in range(0, documents, size)]


def _addresses(*tensors: Tensor | None) -> list[int]:
    return [0 if tensor is None else tensor.data_ptr() for tensor in tensors]


def _run(tasks: Sequence[Callable[[], object]], *, together: bool) -> None:
    if together:
        run_together(tasks)
    else:
        for task in tasks:
            task()


def _multiply(products: Sequence[Callable[[], object]], *, together: bool) -> None:
    # torch's own threads wait for work by spinning, and would slow down ours: products are ours to share only where
    # torch computes with one thread.
    together = together and torch.get_num_threads() == 1
    _run([partial(_without_graph, product) for product in products] if together else products, together=together)


def _without_graph(product: Callable[[], object]) -> None:
    # Both are decided thread by thread: what is recorded for a gradient, and how many threads a product takes. A new
    # thread would take all processors for each, whatever torch was told elsewhere.
    torch.set_num_threads(1)
    with torch.no_grad():
        product()
