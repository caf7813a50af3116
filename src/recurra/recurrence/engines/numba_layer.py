"""One layer on Numba's kernels as a torch function with a gradient."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from recurra.kernels.arrays import address
from recurra.kernels.compiled import kernels_of
from recurra.kernels.threads import run_together

__all__ = ["FORMS", "PARTS", "NumbaLayer", "backward_layer", "forward_layer"]

# W_I, W_H, b, b_H, h0, c0
PARTS = 6
# What forward keeps of each direction.
KEPT = 10
# From this many multiply-adds of the recurrence in a direction the work is shared among threads: handing over costs
# some 50 µs, and the kernels do 30 to 40 thousand a microsecond.
WORTH_A_THREAD = 4_000_000
# Documents a thread computes at once: enough to reuse each weight it loads, few enough for a step to stay in its cache.
BLOCK, TILE = 16, 4
_NONE = np.empty((0, 0), dtype=np.float32)
_told = threading.local()


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
        outputs, kept = forward_layer(cell, starts, inputs, tensors)
        ctx.cell, ctx.starts = cell, starts
        ctx.save_for_backward(inputs, *kept)
        return tuple(outputs)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *outer: Tensor) -> tuple[Any, ...]:
        """The gradients of the arguments from those of the states."""
        inputs, *kept = ctx.saved_tensors
        d_inputs, gradients = backward_layer(
            ctx.cell, ctx.starts, inputs, kept, outer, to_inputs=ctx.needs_input_grad[2]
        )
        asked = ctx.needs_input_grad[3:]
        wanted = [gradient if need else None for gradient, need in zip(gradients, asked, strict=True)]
        return None, None, d_inputs, *wanted


def forward_layer(
    cell: str, starts: npt.NDArray[np.int64], inputs: Tensor, tensors: Sequence[Any], places: Tensor | None = None
) -> tuple[list[Tensor], list[Tensor | None]]:
    """The states of a layer.

    Args:
        cell: its name.
        starts: int64[T + 1], the first row of each step.
        inputs: [N, I]; or, with ``places``, [U, I], the different ones.
        tensors: W_I, W_H, b, b_H, h0, c0 of each direction, of which the last three may be ``None``.
        places: int64[N], which of the different inputs each token has: each is multiplied only once.

    Returns:
        [N, H] a direction; and what :func:`backward_layer` needs.
    """
    form, kernel = FORMS[cell], kernels_of(f"training.{cell}").forward
    rows, documents, steps = int(starts[-1]), int(starts[1]), len(starts) - 1
    directions = len(tensors) // PARTS
    products: list[Callable[[], object]] = []
    calls, outputs = [], []
    kept: list[Tensor | None] = []
    for direction in range(directions):
        W_I, W_H, b, b_H, h0, c0 = tensors[PARTS * direction : PARTS * (direction + 1)]
        size = W_H.shape[0]
        work = rows * form.gates * size * size
        gates = inputs.new_empty(rows, form.gates * size)
        if places is not None:
            products.append(partial(_look_up, b, inputs, W_I, places, gates))
        else:
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
            calls.append((first, last, steps, address(starts), direction, size, *arrays))
    together = work >= WORTH_A_THREAD
    _multiply(products, together=together)
    _run([partial(kernel, *call) for call in calls], together=together)
    return outputs, kept


def backward_layer(
    cell: str,
    starts: npt.NDArray[np.int64],
    inputs: Tensor,
    kept: Sequence[Any],
    outer: Sequence[Tensor],
    *,
    to_inputs: bool,
    places: Tensor | None = None,
) -> tuple[Tensor | None, list[Tensor | None]]:
    """The gradients of a layer from those of its states.

    Args:
        cell: its name.
        starts: int64[T + 1], the first row of each step.
        inputs: as given to :func:`forward_layer`.
        kept: what it gave.
        outer: [N, H] a direction, the loss's gradient of the states.
        to_inputs: whether the gradient of the inputs is asked for.
        places: as given to :func:`forward_layer`.

    Returns:
        The gradient of each token's input, [N, I], also where inputs are shared; and those of the weights and initial
        states in the order of ``tensors``.
    """
    form, kernel = FORMS[cell], kernels_of(f"training.{cell}").backward
    rows, documents, steps = int(starts[-1]), int(starts[1]), len(starts) - 1
    calls, found = [], []
    for direction, d_hidden in enumerate(outer):
        _, W_H, gates, hidden, states, extra, h0, c0, _, _ = kept[KEPT * direction : KEPT * (direction + 1)]
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
            sizes = (first, last, steps, address(starts), direction, size)
            calls.append((*sizes, *arrays, 4 * d_hidden.stride(0), *more, summed.data_ptr()))
    together = work >= WORTH_A_THREAD
    _run([partial(kernel, *call) for call in calls], together=together)
    d_inputs = inputs.new_empty(rows, inputs.shape[1]) if to_inputs else None
    products: list[Callable[[], object]] = []
    if d_inputs is not None:
        drives = [(one[2], kept[KEPT * direction]) for direction, one in enumerate(found)]
        # Cut in two, because it would else be the longest piece of work by far.
        cut = rows // 2 if together else 0
        for part in (slice(cut), slice(cut, rows)) if cut else (slice(rows),):
            products.append(partial(_flow_back, d_inputs[part], [(d_drive[part], W_I) for d_drive, W_I in drives]))
    gradients: list[Tensor | None] = []
    for direction, (d_h0, d_c0, d_drive, second, earlier, sums, *_) in enumerate(found):
        W_I, W_H, extra = kept[KEPT * direction], kept[KEPT * direction + 1], kept[KEPT * direction + 5]
        d_W_I, d_W_H = torch.empty_like(W_I), torch.empty_like(W_H)
        summed = sums[0] if len(sums) == 1 else sums.sum(0)
        width, two = d_drive.shape[1], 2 * earlier.shape[1]
        d_b_H = torch.cat([summed[:two], summed[width:]]) if cell == "gru" else None
        products.append(partial(_input_weights, inputs, d_drive, places, d_W_I))
        if cell == "gru_reset_before":
            products.append(partial(torch.mm, earlier.t(), d_drive[:, :two], out=d_W_H[:, :two]))
            products.append(partial(torch.mm, extra.t(), d_drive[:, two:], out=d_W_H[:, two:]))
        else:
            products.append(partial(torch.mm, earlier.t(), second if cell == "gru" else d_drive, out=d_W_H))
        gradients += [d_W_I, d_W_H, summed[:width], d_b_H, d_h0, d_c0]
    _multiply(products, together=together)
    return d_inputs, gradients


def _look_up(b: Tensor, inputs: Tensor, W_I: Tensor, places: Tensor, gates: Tensor) -> None:
    torch.index_select(torch.addmm(b, inputs, W_I), 0, places, out=gates)


def _input_weights(inputs: Tensor, d_drive: Tensor, places: Tensor | None, d_W_I: Tensor) -> None:
    """inputs.t() @ d_drive, where tokens share inputs with their gradients added up before."""
    if places is not None:
        summed = d_drive.new_zeros(len(inputs), d_drive.shape[1])
        kernels_of("adam").sum_rows(places.numpy(), d_drive.numpy(), summed.numpy(), _NONE)
        d_drive = summed
    torch.mm(inputs.t(), d_drive, out=d_W_I)


def _flow_back(d_inputs: Tensor, parts: list[tuple[Tensor, Tensor]]) -> None:
    """The sum over the directions of d_drive @ W_I.t()."""
    for place, (d_drive, W_I) in enumerate(parts):
        torch.addmm(d_inputs, d_drive, W_I.t(), beta=float(place > 0), out=d_inputs)


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
    _told.once = True
    _run([partial(_without_graph, product) for product in products] if together else products, together=together)


def _without_graph(product: Callable[[], object]) -> None:
    # Both are decided thread by thread: what is recorded for a gradient, and how many threads a product takes. A new
    # thread would take all processors for each, whatever torch was told elsewhere; telling it takes 0.1 ms.
    if not getattr(_told, "once", False):
        torch.set_num_threads(1)
        _told.once = True
    with torch.no_grad():
        product()
