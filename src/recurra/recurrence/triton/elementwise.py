"""Kernels of cells without a recurrent product: a program reads some units of a block of documents in one direction.

Such a cell carries one state, the cell state of an SRU or the hidden state of the others. A batch is a grid of blocks
of documents × directions × blocks of units; programs exchange nothing. Backward computes the gates again from the input
projection and the state before each word: a few operations instead of an array.

Arrays are [R, D, ·] as :mod:`recurra.recurrence.triton.tiles` says; diagonals are [D, 2, H], initial states [D, B, H].
"""

from __future__ import annotations

import triton
import triton.language as tl

from recurra.recurrence.triton.cells import elementwise_backward, elementwise_step
from recurra.recurrence.triton.tiles import (
    is_active,
    line_of,
    load_gates,
    load_tile,
    step_at,
    step_start,
    store_gates,
    store_tile,
    zero_spare_rows,
)

__all__ = ["backward", "forward"]


# Compiled once for all batches, whatever their sizes and the alignment of their layouts.
@triton.jit(do_not_specialize=["documents", "steps", "rows"], do_not_specialize_on_alignment=["starts", "lengths"])
def forward(
    projection, diagonals, initial, hidden, past, starts, lengths, documents, steps, rows,
    FORM: tl.constexpr, G: tl.constexpr, H: tl.constexpr, UNITS: tl.constexpr, BLOCK: tl.constexpr,
    PRODUCTS: tl.constexpr, INITIAL: tl.constexpr, KEEP: tl.constexpr,
):  # fmt: skip
    """The states.

    Args:
        projection: [R, D, G·H], W_I x + b.
        diagonals: [D, 2, H], of an SRU.
        initial: [D, B, H], the carried state before the first word, read where ``INITIAL``.
        hidden: [R, D, H], gets the hidden states.
        past: [R, D, H], gets the carried state before each word, where ``KEEP``.
        starts: int32[T + 1].
        lengths: int32[B].
        documents: B.
        steps: T.
        rows: R.
        FORM: the cell's step; see :class:`recurra.cells.TritonForm`.
        G: its gates.
        H: units.
        UNITS: units of a program.
        BLOCK: documents of a program.
        PRODUCTS: ieee, tf32 or bf16.
        INITIAL: whether there are initial states.
        KEEP: whether to write what backward needs.
    """
    direction = tl.program_id(1)
    backwards = direction == 1
    k, u = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK), tl.program_id(2) * UNITS + tl.arange(0, UNITS)
    there = (k < documents)[:, None] & (u < H)[None, :]
    length = tl.load(lengths + k, mask=k < documents, other=0)
    longest = tl.max(length, axis=0)
    v = _load_diagonals(diagonals, direction, u, FORM, H)
    state = tl.zeros([BLOCK, UNITS], dtype=tl.float32)
    if INITIAL:
        state = load_tile(initial, direction * documents + k, u, there, H)
    for s in range(longest):
        t = step_at(s, longest, backwards)
        line = line_of(step_start(starts, t, longest), k)
        active = is_active(t, length)[:, None] & there
        d = load_gates(projection, line, u, active, G, H)
        if KEEP:
            store_tile(past, line, u, state, active, H)
        h, after = elementwise_step(d, v, state, FORM, PRODUCTS)
        # Backward, a document joins at its last word; forward, the state of one that has ended is not read.
        state = tl.where(active, after, state)
        store_tile(hidden, line, u, h, active, H)
    if tl.program_id(2) == 0:
        zero_spare_rows(hidden, tl.load(starts + steps), rows, H, UNITS, BLOCK)


# Compiled once for all batches, whatever their sizes and the alignment of their layouts.
@triton.jit(do_not_specialize=["documents", "steps", "rows"], do_not_specialize_on_alignment=["starts", "lengths"])
def backward(
    projection, diagonals, past, d_hidden, d_projection, d_diagonals, d_initial, starts, lengths, documents, steps,
    rows,
    FORM: tl.constexpr, G: tl.constexpr, H: tl.constexpr, UNITS: tl.constexpr, BLOCK: tl.constexpr,
    PRODUCTS: tl.constexpr,
):  # fmt: skip
    """The gradients of the input projection, the diagonals and the initial states.

    Args:
        projection: [R, D, G·H], as in :func:`forward`.
        diagonals: [D, 2, H].
        past: [R, D, H], as forward wrote it.
        d_hidden: [R, D, H], the gradient of the hidden states.
        d_projection: [R, D, G·H], gets the gradient of the input projection.
        d_diagonals: [blocks of documents, D, 2, H], gets each block's part of the gradient of an SRU's diagonals.
        d_initial: [D, B, H], gets the gradient of the initial state.
        starts: int32[T + 1].
        lengths: int32[B].
        documents: B.
        steps: T.
        rows: R.
        FORM: see :func:`forward`.
        G: its gates.
        H: units.
        UNITS: units of a program.
        BLOCK: documents of a program.
        PRODUCTS: ieee, tf32 or bf16.
    """
    direction = tl.program_id(1)
    backwards = direction == 1
    k, u = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK), tl.program_id(2) * UNITS + tl.arange(0, UNITS)
    there = (k < documents)[:, None] & (u < H)[None, :]
    length = tl.load(lengths + k, mask=k < documents, other=0)
    longest = tl.max(length, axis=0)
    v = _load_diagonals(diagonals, direction, u, FORM, H)
    carry = tl.zeros([BLOCK, UNITS], dtype=tl.float32)
    sum_f = tl.zeros([BLOCK, UNITS], dtype=tl.float32)
    sum_r = tl.zeros([BLOCK, UNITS], dtype=tl.float32)
    for s in range(longest):
        t = step_at(longest - 1 - s, longest, backwards)
        line = line_of(step_start(starts, t, longest), k)
        active = is_active(t, length)[:, None] & there
        d = load_gates(projection, line, u, active, G, H)
        state, d_h = load_tile(past, line, u, active, H), load_tile(d_hidden, line, u, active, H)
        d_d, before = elementwise_backward(d, v, state, d_h, carry, FORM, PRODUCTS)
        store_gates(d_projection, line, u, d_d, active, G, H)
        carry = tl.where(active, before, carry)
        if FORM == "sru":
            # The state of a document that does not run is loaded as zero.
            sum_f += d_d[0] * state
            sum_r += d_d[1] * state
    store_tile(d_initial, direction * documents + k, u, carry, there, H)
    if FORM == "sru":
        at = d_diagonals + (tl.program_id(0) * tl.num_programs(1) + direction) * 2 * H + u
        tl.store(at, tl.sum(sum_f, axis=0), mask=u < H)
        tl.store(at + H, tl.sum(sum_r, axis=0), mask=u < H)
    if tl.program_id(2) == 0:
        zero_spare_rows(d_projection, tl.load(starts + steps), rows, G * H, UNITS, BLOCK)


@triton.jit
def _load_diagonals(diagonals, direction, u, FORM: tl.constexpr, H: tl.constexpr):
    """The diagonals of the program's units, [1, units] each; none but in an SRU."""
    if FORM == "sru":
        at = diagonals + direction * 2 * H + u
        v_f = tl.load(at, mask=u < H, other=0.0)[None, :]
        v_r = tl.load(at + H, mask=u < H, other=0.0)[None, :]
        return v_f, v_r
    else:
        return ()
