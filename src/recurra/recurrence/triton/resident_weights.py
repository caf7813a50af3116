"""Kernels that keep W_H on the chip (persistent kernels): a program reads one block of documents in one direction.

A batch is a grid of blocks × directions; programs exchange nothing. The hidden state, the cell state and W_H stay in
registers and shared memory, so that a step moves only its input projection, its states and what backward will need.
The input projection of the next step is loaded while this one is computed: a step takes less time than an access to
memory.

Arrays are [R, D, ·] as :mod:`recurra.recurrence.triton.tiles` says; W_H is [D, H, G·H], initial states are [D, B, H].
"""

from __future__ import annotations

import triton
import triton.language as tl

from recurra.recurrence.triton.activations import tanh
from recurra.recurrence.triton.cells import gru_backward, gru_candidate, gru_gates, lstm_backward, lstm_step
from recurra.recurrence.triton.tiles import (
    convert_layout,
    dot,
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
    projection, W_H, b_H, h0, c0, hidden, gates, past_h, past_c, extra,
    starts, lengths, documents, steps, rows,
    CELL_STATE: tl.constexpr, RESET: tl.constexpr, G: tl.constexpr, H: tl.constexpr, UNITS: tl.constexpr,
    BLOCK: tl.constexpr,
    PRODUCTS: tl.constexpr, INITIAL: tl.constexpr, KEEP: tl.constexpr,
):  # fmt: skip
    """The states.

    Args:
        projection: [R, D, G·H], W_I x + b.
        W_H: [D, H, G·H].
        b_H: [D, G·H], of a GRU with reset after.
        h0: [D, B, H], read where ``INITIAL``.
        c0: the same of the cell state.
        hidden: [R, D, H], gets the states.
        gates: [R, D, G·H], gets the gates' activations; may be the same memory as the input projection.
        past_h: [R, D, H], gets the state before each word.
        past_c: [R, D, H], gets the cell state before each word.
        extra: [R, D, H], gets W_Hn h + b_Hn of a GRU with reset after, r ⊙ h of one with reset before.
        starts: int32[T + 1].
        lengths: int32[B].
        documents: B.
        steps: T.
        rows: R.
        CELL_STATE: whether there is one.
        RESET: where a GRU applies its reset gate; none, after or before.
        G: its gates.
        H: units.
        UNITS: the smallest power of two that is at least H.
        BLOCK: documents of a program.
        PRODUCTS: ieee, tf32 or bf16.
        INITIAL: whether there are initial states.
        KEEP: whether to write what backward needs: gates, past states, extra.
    """
    direction = tl.program_id(1)
    backwards = direction == 1
    k, u = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK), tl.arange(0, UNITS)
    there = (k < documents)[:, None] & (u < H)[None, :]
    length = tl.load(lengths + k, mask=k < documents, other=0)
    longest = tl.max(length, axis=0)

    W = _load_weights(W_H + direction * H * G * H, u, G, H)
    b = _load_bias(b_H, direction, u, RESET, G, H)
    origin = direction * documents + k
    h = tl.zeros([BLOCK, UNITS], dtype=tl.float32)
    c = tl.zeros([BLOCK, UNITS], dtype=tl.float32)
    if INITIAL:
        h = load_tile(h0, origin, u, there, H)
        if CELL_STATE:
            c = load_tile(c0, origin, u, there, H)

    t = step_at(0, longest, backwards)
    line = line_of(step_start(starts, t, longest), k)
    d = load_gates(projection, line, u, is_active(t, length)[:, None] & there, G, H)
    ahead = step_start(starts, step_at(1, longest, backwards), longest)
    for s in range(longest):
        t_next = step_at(s + 1, longest, backwards)
        line_next = line_of(ahead, k)
        d_next = load_gates(projection, line_next, u, is_active(t_next, length)[:, None] & there, G, H)
        ahead = step_start(starts, step_at(s + 2, longest, backwards), longest)

        active = is_active(t, length)[:, None] & there
        if KEEP:
            store_tile(past_h, line, u, h, active, H)
            if CELL_STATE:
                store_tile(past_c, line, u, c, active, H)
        activations, second, h_new, c_new = _step(W, b, d, h, c, CELL_STATE, RESET, PRODUCTS)
        if KEEP:
            store_gates(gates, line, u, activations, active, G, H)
            if RESET != "none":
                store_tile(extra, line, u, second, active, H)
        # Backward, a document joins at its last word; forward, the state of one that has ended is not read.
        h = tl.where(active, h_new, h)
        c = tl.where(active, c_new, c)
        store_tile(hidden, line, u, h, active, H)
        t, line, d = t_next, line_next, d_next

    tokens = tl.load(starts + steps)
    zero_spare_rows(hidden, tokens, rows, H, UNITS, BLOCK)
    if KEEP:
        zero_spare_rows(past_h, tokens, rows, H, UNITS, BLOCK)
        if RESET == "before":
            zero_spare_rows(extra, tokens, rows, H, UNITS, BLOCK)


# Compiled once for all batches, whatever their sizes and the alignment of their layouts.
@triton.jit(do_not_specialize=["documents", "steps", "rows"], do_not_specialize_on_alignment=["starts", "lengths"])
def backward(
    gates, W_H, past_h, past_c, extra, d_hidden, d_projection, d_late, d_h0,
    d_c0, starts, lengths, documents, steps, rows,
    CELL_STATE: tl.constexpr, RESET: tl.constexpr, G: tl.constexpr, H: tl.constexpr, UNITS: tl.constexpr,
    BLOCK: tl.constexpr,
    PRODUCTS: tl.constexpr,
):  # fmt: skip
    """The gradients of the input projection and of the initial states, from the last word read to the first.

    Args:
        gates: [R, D, G·H], as forward wrote them, like past_h, past_c and extra.
        W_H: [D, H, G·H].
        past_h: [R, D, H].
        past_c: [R, D, H].
        extra: [R, D, H].
        d_hidden: [R, D, H], the gradient of the states from the layer's output.
        d_projection: [R, D, G·H], gets the gradient of the input projection.
        d_late: [R, D, H], gets the gradient of W_Hn h + b_Hn of a GRU with reset after: d_projection times r.
        d_h0: [D, B, H], gets the gradient of the initial hidden state.
        d_c0: [D, B, H], and of the cell state.
        starts: int32[T + 1].
        lengths: int32[B].
        documents: B.
        steps: T.
        rows: R.
        CELL_STATE: see :func:`forward`.
        RESET: see :func:`forward`.
        G: its gates.
        H: units.
        UNITS: the smallest power of two that is at least H.
        BLOCK: documents of a program.
        PRODUCTS: ieee, tf32 or bf16.
    """
    direction = tl.program_id(1)
    # The gradient of the forward direction runs backward, and vice versa.
    backwards = direction == 0
    k, u = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK), tl.arange(0, UNITS)
    there = (k < documents)[:, None] & (u < H)[None, :]
    length = tl.load(lengths + k, mask=k < documents, other=0)
    longest = tl.max(length, axis=0)

    W = _load_transposed_weights(W_H + direction * H * G * H, u, G, H)
    d_h = tl.zeros([BLOCK, UNITS], dtype=tl.float32)
    d_c = tl.zeros([BLOCK, UNITS], dtype=tl.float32)

    t = step_at(0, longest, backwards)
    line = line_of(step_start(starts, t, longest), k)
    now = _load_saved(
        gates, past_h, past_c, extra, d_hidden, line, u, is_active(t, length)[:, None] & there, CELL_STATE, RESET, G, H
    )
    ahead = step_start(starts, step_at(1, longest, backwards), longest)
    for s in range(longest):
        t_next = step_at(s + 1, longest, backwards)
        line_next = line_of(ahead, k)
        follow = is_active(t_next, length)[:, None] & there
        following = _load_saved(gates, past_h, past_c, extra, d_hidden, line_next, u, follow, CELL_STATE, RESET, G, H)
        ahead = step_start(starts, step_at(s + 2, longest, backwards), longest)

        active = is_active(t, length)[:, None] & there
        d_a, late, d_h_new, d_c_new = _step_backward(W, now, d_h, d_c, CELL_STATE, RESET, PRODUCTS)
        store_gates(d_projection, line, u, d_a, active, G, H)
        if RESET == "after":
            store_tile(d_late, line, u, late, active, H)
        d_h = tl.where(active, d_h_new, d_h)
        d_c = tl.where(active, d_c_new, d_c)
        t, line, now = t_next, line_next, following

    origin = direction * documents + k
    store_tile(d_h0, origin, u, d_h, there, H)
    if CELL_STATE:
        store_tile(d_c0, origin, u, d_c, there, H)
    tokens = tl.load(starts + steps)
    zero_spare_rows(d_projection, tokens, rows, G * H, UNITS, BLOCK)
    if RESET == "after":
        zero_spare_rows(d_late, tokens, rows, H, UNITS, BLOCK)


@triton.jit
def _load_weights(W_H, u, G: tl.constexpr, H: tl.constexpr):
    """W_H, a [units, units] tile a gate."""
    tiles = ()
    for g in tl.static_range(G):
        tiles = tiles + (load_tile(W_H, u, g * H + u, (u < H)[:, None] & (u < H)[None, :], G * H),)  # noqa: RUF005
    return tiles


@triton.jit
def _load_transposed_weights(W_H, u, G: tl.constexpr, H: tl.constexpr):
    """W_H transposed, a [units, units] tile a gate."""
    tiles = ()
    for g in tl.static_range(G):
        at = u[None, :] * (G * H) + (g * H + u)[:, None]
        tiles = tiles + (tl.load(W_H + at, mask=(u < H)[:, None] & (u < H)[None, :], other=0.0),)  # noqa: RUF005
    return tiles


@triton.jit
def _load_bias(b_H, direction, u, RESET: tl.constexpr, G: tl.constexpr, H: tl.constexpr):
    """b_H, a row of units a gate; nothing for cells without one."""
    rows = ()
    if RESET == "after":
        for g in tl.static_range(G):
            rows = rows + (tl.load(b_H + (direction * G + g) * H + u, mask=u < H, other=0.0)[None, :],)  # noqa: RUF005
    return rows


@triton.jit
def _step(W, b, d, h, c, CELL_STATE: tl.constexpr, RESET: tl.constexpr, PRODUCTS: tl.constexpr):
    """The gates, what is saved in ``extra`` (h for cells without it), and the new states."""
    if CELL_STATE:
        activations, c_new, h_new = lstm_step(_pre_activations(W, d, h, 4, PRODUCTS), c, PRODUCTS)
        return activations, h, h_new, c_new
    elif RESET == "none":
        new = tanh(_pre_activations(W, d, h, 1, PRODUCTS)[0], PRODUCTS)
        return (new,), h, new, c
    elif RESET == "after":
        a_z, a_r = _pre_activations(W, d, h, 2, PRODUCTS)
        z, r = gru_gates(a_z + b[0], a_r + b[1], PRODUCTS)
        v = dot(h, W[2], tl.zeros_like(h), PRODUCTS) + b[2]
        n, h_new = gru_candidate(z, d[2].to(tl.float32) + r * v, h, PRODUCTS)
        return (z, r, n), v, h_new, c
    else:
        a_z, a_r = _pre_activations(W, d, h, 2, PRODUCTS)
        z, r = gru_gates(a_z, a_r, PRODUCTS)
        reset = r * h
        n, h_new = gru_candidate(z, dot(reset, W[2], d[2].to(tl.float32), PRODUCTS), h, PRODUCTS)
        return (z, r, n), reset, h_new, c


@triton.jit
def _load_saved(
    gates, past_h, past_c, extra, d_hidden, line, u, mask,
    CELL_STATE: tl.constexpr, RESET: tl.constexpr, G: tl.constexpr, H: tl.constexpr,
):  # fmt: skip
    """What a backward step reads: the gradient of the states, the gates, then what else the cell needs."""
    d_out, activations = load_tile(d_hidden, line, u, mask, H), load_gates(gates, line, u, mask, G, H)
    if CELL_STATE:
        return d_out, activations, load_tile(past_c, line, u, mask, H)
    elif RESET == "none":
        return d_out, activations
    elif RESET == "after":
        return d_out, activations, load_tile(past_h, line, u, mask, H), load_tile(extra, line, u, mask, H)
    else:
        return d_out, activations, load_tile(past_h, line, u, mask, H)


@triton.jit
def _step_backward(W, now, d_h, d_c, CELL_STATE: tl.constexpr, RESET: tl.constexpr, PRODUCTS: tl.constexpr):
    """The gradients of the input projection, for d_late (d_h where there is none), and of the previous states."""
    d_h = d_h + now[0]
    if CELL_STATE:
        i, f, g, o = now[1]
        activations = (i.to(tl.float32), f.to(tl.float32), g.to(tl.float32), o.to(tl.float32))
        d_a, d_c = lstm_backward(activations, now[2], d_h, d_c, PRODUCTS)
        return d_a, d_h, _backward_products(W, d_a, tl.zeros_like(d_h), 4, PRODUCTS), d_c
    elif RESET == "none":
        a = now[1][0].to(tl.float32)
        d_a = (d_h * (1.0 - a * a),)
        return d_a, d_h, _backward_products(W, d_a, tl.zeros_like(d_h), 1, PRODUCTS), d_c
    else:
        z, r, n = now[1][0].to(tl.float32), now[1][1].to(tl.float32), now[1][2].to(tl.float32)
        past_h = now[2].to(tl.float32)
        d_z, d_n = gru_backward(z, n, past_h, d_h)
        if RESET == "after":
            d_v = d_n * r
            d_r = d_n * now[3].to(tl.float32) * r * (1.0 - r)
            return (d_z, d_r, d_n), d_v, _backward_products(W, (d_z, d_r, d_v), d_h * z, 3, PRODUCTS), d_c
        else:
            d_reset = convert_layout(dot(d_n, W[2], tl.zeros_like(d_h), PRODUCTS), PRODUCTS)
            d_r = d_reset * past_h * r * (1.0 - r)
            return (d_z, d_r, d_n), d_h, _backward_products(W, (d_z, d_r), d_h * z + d_reset * r, 2, PRODUCTS), d_c


@triton.jit
def _pre_activations(W, d, h, FIRST: tl.constexpr, PRODUCTS: tl.constexpr):
    """The pre-activations of the first gates: input projection plus recurrent product."""
    sums = ()
    for g in tl.static_range(FIRST):
        sums = sums + (dot(h, W[g], d[g].to(tl.float32), PRODUCTS),)  # noqa: RUF005
    return sums


@triton.jit
def _backward_products(W, d_a, total, FIRST: tl.constexpr, PRODUCTS: tl.constexpr):
    """``total`` plus the gradient through the recurrent products of the first gates."""
    sums = tl.zeros_like(total)
    for g in tl.static_range(FIRST):
        sums = dot(d_a[g], W[g], sums, PRODUCTS)
    return total + convert_layout(sums, PRODUCTS)
