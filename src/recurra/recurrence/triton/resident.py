"""Kernels that keep W_H on the chip: a program reads one block of documents in one direction, from first word to last.

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
from recurra.recurrence.triton.formulas import gru_back, gru_candidate, gru_gates, lstm, lstm_back
from recurra.recurrence.triton.tiles import (
    clear_room,
    gate_tiles,
    line_of,
    place,
    product,
    runs_at,
    settled,
    start_of,
    store_gates,
    take,
    write,
)

__all__ = ["backward", "forward"]


# Compiled once for every batch, whatever its sizes and wherever its layout lies in memory.
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
        hidden: [R, D, H], takes the states.
        gates: [R, D, G·H], takes the gates' activations; may lie where the input projection does.
        past_h: [R, D, H], takes the state before each word.
        past_c: [R, D, H], takes the cell state before each word.
        extra: [R, D, H], takes W_Hn h + b_Hn of a GRU with reset after, r ⊙ h of one with reset before.
        starts: int32[T + 1].
        lengths: int32[B].
        documents: B.
        steps: T.
        rows: R.
        CELL_STATE: whether there is one.
        RESET: where a GRU's reset gate stands; none, after or before.
        G: its gates.
        H: units.
        UNITS: the power of two from H on.
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

    W = _weights(W_H + direction * H * G * H, u, G, H)
    b = _bias(b_H, direction, u, RESET, G, H)
    origin = direction * documents + k
    h = tl.zeros([BLOCK, UNITS], dtype=tl.float32)
    c = tl.zeros([BLOCK, UNITS], dtype=tl.float32)
    if INITIAL:
        h = take(h0, origin, u, there, H)
        if CELL_STATE:
            c = take(c0, origin, u, there, H)

    t = place(0, longest, backwards)
    line = line_of(start_of(starts, t, longest), k)
    d = gate_tiles(projection, line, u, runs_at(t, length)[:, None] & there, G, H)
    ahead = start_of(starts, place(1, longest, backwards), longest)
    for s in range(longest):
        t_next = place(s + 1, longest, backwards)
        line_next = line_of(ahead, k)
        d_next = gate_tiles(projection, line_next, u, runs_at(t_next, length)[:, None] & there, G, H)
        ahead = start_of(starts, place(s + 2, longest, backwards), longest)

        runs = runs_at(t, length)[:, None] & there
        if KEEP:
            write(past_h, line, u, h, runs, H)
            if CELL_STATE:
                write(past_c, line, u, c, runs, H)
        activations, second, h_new, c_new = _step(W, b, d, h, c, CELL_STATE, RESET, PRODUCTS)
        if KEEP:
            store_gates(gates, line, u, activations, runs, G, H)
            if RESET != "none":
                write(extra, line, u, second, runs, H)
        # Backward, a document joins at its last word; forward, nobody reads the state of one that has ended.
        h = tl.where(runs, h_new, h)
        c = tl.where(runs, c_new, c)
        write(hidden, line, u, h, runs, H)
        t, line, d = t_next, line_next, d_next

    tokens = tl.load(starts + steps)
    clear_room(hidden, tokens, rows, H, UNITS, BLOCK)
    if KEEP:
        clear_room(past_h, tokens, rows, H, UNITS, BLOCK)
        if RESET == "before":
            clear_room(extra, tokens, rows, H, UNITS, BLOCK)


# Compiled once for every batch, whatever its sizes and wherever its layout lies in memory.
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
        gates: [R, D, G·H], as forward has left them, like W_H, past_h, past_c and extra.
        W_H: [D, H, G·H].
        past_h: [R, D, H].
        past_c: [R, D, H].
        extra: [R, D, H].
        d_hidden: [R, D, H], the gradient of the states from outside.
        d_projection: [R, D, G·H], takes the gradient of the input projection.
        d_late: [R, D, H], takes the gradient of W_Hn h + b_Hn of a GRU with reset after: d_projection times r.
        d_h0: [D, B, H], takes the gradient of the initial hidden state.
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
        UNITS: the power of two from H on.
        BLOCK: documents of a program.
        PRODUCTS: ieee, tf32 or bf16.
    """
    direction = tl.program_id(1)
    # The way back of the forward direction is that of the backward one.
    backwards = direction == 0
    k, u = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK), tl.arange(0, UNITS)
    there = (k < documents)[:, None] & (u < H)[None, :]
    length = tl.load(lengths + k, mask=k < documents, other=0)
    longest = tl.max(length, axis=0)

    W = _transposed(W_H + direction * H * G * H, u, G, H)
    d_h = tl.zeros([BLOCK, UNITS], dtype=tl.float32)
    d_c = tl.zeros([BLOCK, UNITS], dtype=tl.float32)

    t = place(0, longest, backwards)
    line = line_of(start_of(starts, t, longest), k)
    now = _kept(
        gates, past_h, past_c, extra, d_hidden, line, u, runs_at(t, length)[:, None] & there, CELL_STATE, RESET, G, H
    )
    ahead = start_of(starts, place(1, longest, backwards), longest)
    for s in range(longest):
        t_next = place(s + 1, longest, backwards)
        line_next = line_of(ahead, k)
        follow = runs_at(t_next, length)[:, None] & there
        following = _kept(gates, past_h, past_c, extra, d_hidden, line_next, u, follow, CELL_STATE, RESET, G, H)
        ahead = start_of(starts, place(s + 2, longest, backwards), longest)

        runs = runs_at(t, length)[:, None] & there
        d_a, late, d_h_new, d_c_new = _step_back(W, now, d_h, d_c, CELL_STATE, RESET, PRODUCTS)
        store_gates(d_projection, line, u, d_a, runs, G, H)
        if RESET == "after":
            write(d_late, line, u, late, runs, H)
        d_h = tl.where(runs, d_h_new, d_h)
        d_c = tl.where(runs, d_c_new, d_c)
        t, line, now = t_next, line_next, following

    origin = direction * documents + k
    write(d_h0, origin, u, d_h, there, H)
    if CELL_STATE:
        write(d_c0, origin, u, d_c, there, H)
    tokens = tl.load(starts + steps)
    clear_room(d_projection, tokens, rows, G * H, UNITS, BLOCK)
    if RESET == "after":
        clear_room(d_late, tokens, rows, H, UNITS, BLOCK)


@triton.jit
def _weights(W_H, u, G: tl.constexpr, H: tl.constexpr):
    """W_H, a [units, units] tile a gate."""
    tiles = ()
    for g in tl.static_range(G):
        tiles = tiles + (take(W_H, u, g * H + u, (u < H)[:, None] & (u < H)[None, :], G * H),)  # noqa: RUF005
    return tiles


@triton.jit
def _transposed(W_H, u, G: tl.constexpr, H: tl.constexpr):
    """The tiles of W_H with rows and columns exchanged."""
    tiles = ()
    for g in tl.static_range(G):
        at = u[None, :] * (G * H) + (g * H + u)[:, None]
        tiles = tiles + (tl.load(W_H + at, mask=(u < H)[:, None] & (u < H)[None, :], other=0.0),)  # noqa: RUF005
    return tiles


@triton.jit
def _bias(b_H, direction, u, RESET: tl.constexpr, G: tl.constexpr, H: tl.constexpr):
    """b_H, a row of units a gate; nothing for cells without one."""
    rows = ()
    if RESET == "after":
        for g in tl.static_range(G):
            rows = rows + (tl.load(b_H + (direction * G + g) * H + u, mask=u < H, other=0.0)[None, :],)  # noqa: RUF005
    return rows


@triton.jit
def _step(W, b, d, h, c, CELL_STATE: tl.constexpr, RESET: tl.constexpr, PRODUCTS: tl.constexpr):
    """The gates, what stands in ``extra`` (elsewhere h), and the new states."""
    if CELL_STATE:
        activations, c_new, h_new = lstm(_sums(W, d, h, 4, PRODUCTS), c, PRODUCTS)
        return activations, h, h_new, c_new
    elif RESET == "none":
        new = tanh(_sums(W, d, h, 1, PRODUCTS)[0], PRODUCTS)
        return (new,), h, new, c
    elif RESET == "after":
        a_z, a_r = _sums(W, d, h, 2, PRODUCTS)
        z, r = gru_gates(a_z + b[0], a_r + b[1], PRODUCTS)
        v = product(h, W[2], tl.zeros_like(h), PRODUCTS) + b[2]
        n, h_new = gru_candidate(z, d[2].to(tl.float32) + r * v, h, PRODUCTS)
        return (z, r, n), v, h_new, c
    else:
        a_z, a_r = _sums(W, d, h, 2, PRODUCTS)
        z, r = gru_gates(a_z, a_r, PRODUCTS)
        reset = r * h
        n, h_new = gru_candidate(z, product(reset, W[2], d[2].to(tl.float32), PRODUCTS), h, PRODUCTS)
        return (z, r, n), reset, h_new, c


@triton.jit
def _kept(
    gates, past_h, past_c, extra, d_hidden, line, u, mask,
    CELL_STATE: tl.constexpr, RESET: tl.constexpr, G: tl.constexpr, H: tl.constexpr,
):  # fmt: skip
    """What a step back reads: the states' outer gradient, the gates, then what the cell needs besides."""
    outer, activations = take(d_hidden, line, u, mask, H), gate_tiles(gates, line, u, mask, G, H)
    if CELL_STATE:
        return outer, activations, take(past_c, line, u, mask, H)
    elif RESET == "none":
        return outer, activations
    elif RESET == "after":
        return outer, activations, take(past_h, line, u, mask, H), take(extra, line, u, mask, H)
    else:
        return outer, activations, take(past_h, line, u, mask, H)


@triton.jit
def _step_back(W, now, d_h, d_c, CELL_STATE: tl.constexpr, RESET: tl.constexpr, PRODUCTS: tl.constexpr):
    """The gradients of the input projection, of what comes late (elsewhere d_h), and of the states before the step."""
    d_h = d_h + now[0]
    if CELL_STATE:
        i, f, g, o = now[1]
        activations = (i.to(tl.float32), f.to(tl.float32), g.to(tl.float32), o.to(tl.float32))
        d_a, d_c = lstm_back(activations, now[2], d_h, d_c, PRODUCTS)
        return d_a, d_h, _sums_back(W, d_a, tl.zeros_like(d_h), 4, PRODUCTS), d_c
    elif RESET == "none":
        a = now[1][0].to(tl.float32)
        d_a = (d_h * (1.0 - a * a),)
        return d_a, d_h, _sums_back(W, d_a, tl.zeros_like(d_h), 1, PRODUCTS), d_c
    else:
        z, r, n = now[1][0].to(tl.float32), now[1][1].to(tl.float32), now[1][2].to(tl.float32)
        past_h = now[2].to(tl.float32)
        d_z, d_n = gru_back(z, n, past_h, d_h)
        if RESET == "after":
            d_v = d_n * r
            d_r = d_n * now[3].to(tl.float32) * r * (1.0 - r)
            return (d_z, d_r, d_n), d_v, _sums_back(W, (d_z, d_r, d_v), d_h * z, 3, PRODUCTS), d_c
        else:
            d_reset = settled(product(d_n, W[2], tl.zeros_like(d_h), PRODUCTS), PRODUCTS)
            d_r = d_reset * past_h * r * (1.0 - r)
            return (d_z, d_r, d_n), d_h, _sums_back(W, (d_z, d_r), d_h * z + d_reset * r, 2, PRODUCTS), d_c


@triton.jit
def _sums(W, d, h, FIRST: tl.constexpr, PRODUCTS: tl.constexpr):
    """The input projection and the recurrent product of the first gates."""
    sums = ()
    for g in tl.static_range(FIRST):
        sums = sums + (product(h, W[g], d[g].to(tl.float32), PRODUCTS),)  # noqa: RUF005
    return sums


@triton.jit
def _sums_back(W, d_a, total, FIRST: tl.constexpr, PRODUCTS: tl.constexpr):
    """``total`` and what flows back through the recurrent products of the first gates."""
    sums = tl.zeros_like(total)
    for g in tl.static_range(FIRST):
        sums = product(d_a[g], W[g], sums, PRODUCTS)
    return total + settled(sums, PRODUCTS)
