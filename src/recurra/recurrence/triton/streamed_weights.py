"""Kernels for layers whose W_H does not fit on the chip: it is read at every step, tile by tile, from the L2 cache.

A program still reads one block of documents from first word to last, but one block of units after the other. The
states are in scratch memory, which the caches hold: the product with a block of W_H needs all units of the previous
state. There are two hidden states: one is read while the other is written, so that one barrier a step is enough.

The loop over the steps must not be pipelined, because a step reads what the previous one wrote; the loops over tiles of
W_H are. Arrays are as in :mod:`recurra.recurrence.triton.resident_weights`.
"""

from __future__ import annotations

import triton
import triton.language as tl

from recurra.recurrence.triton.activations import tanh
from recurra.recurrence.triton.cells import gru_backward, gru_candidate, gru_gates, lstm_backward, lstm_step
from recurra.recurrence.triton.tiles import (
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
    state_h, state_c, starts, lengths, documents, steps, rows,
    CELL_STATE: tl.constexpr, RESET: tl.constexpr, G: tl.constexpr, H: tl.constexpr, UNITS: tl.constexpr,
    BLOCK: tl.constexpr,
    DEPTH: tl.constexpr, PRODUCTS: tl.constexpr, INITIAL: tl.constexpr, KEEP: tl.constexpr,
):  # fmt: skip
    """The states; arguments are those of :func:`recurra.recurrence.triton.resident_weights.forward` and a few more.

    ``UNITS`` is the width of a block of units, ``DEPTH`` the rows of a tile of W_H. Scratch memory is ``state_h``
    [3, D, B, H], two hidden states and r ⊙ h of a GRU with reset before, and ``state_c`` [D, B, H], the cell state, or
    z of a GRU with reset before.
    """
    direction = tl.program_id(1)
    backwards = direction == 1
    k, columns = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK), tl.arange(0, UNITS)
    known = k < documents
    length = tl.load(lengths + k, mask=known, other=0)
    longest = tl.max(length, axis=0)
    origin = direction * documents + k
    layer_size = tl.num_programs(1) * documents * H
    W = W_H + direction * H * G * H
    reset_h = state_h + 2 * layer_size

    for first in range(0, H, UNITS):
        u = first + columns
        there = known[:, None] & (u < H)[None, :]
        h = tl.zeros([BLOCK, UNITS], dtype=tl.float32)
        c = tl.zeros([BLOCK, UNITS], dtype=tl.float32)
        if INITIAL:
            h = load_tile(h0, origin, u, there, H)
            if CELL_STATE:
                c = load_tile(c0, origin, u, there, H)
        store_tile(state_h, origin, u, h, there, H)
        if CELL_STATE:
            store_tile(state_c, origin, u, c, there, H)
    tl.debug_barrier()

    for s in tl.range(longest, num_stages=1):
        t = step_at(s, longest, backwards)
        active = is_active(t, length)
        line = line_of(step_start(starts, t, longest), k)
        old, new = state_h + (s % 2) * layer_size, state_h + (1 - s % 2) * layer_size
        if RESET == "before":
            for first in tl.range(0, H, UNITS, num_stages=1):
                u = first + columns
                there = known[:, None] & (u < H)[None, :]
                now = active[:, None] & there
                a_z, a_r = _recurrent_products(old, W, 0, origin, u, known, 2, G, H, BLOCK, UNITS, DEPTH, PRODUCTS)
                d_z = load_tile(projection, line, u, now, G * H).to(tl.float32)
                d_r = load_tile(projection, line, H + u, now, G * H).to(tl.float32)
                z, r = gru_gates(a_z + d_z, a_r + d_r, PRODUCTS)
                h = load_tile(old, origin, u, there, H)
                store_tile(reset_h, origin, u, r * h, there, H)
                store_tile(state_c, origin, u, z, there, H)
                if KEEP:
                    store_tile(gates, line, u, z, now, G * H)
                    store_tile(gates, line, H + u, r, now, G * H)
                    store_tile(extra, line, u, r * h, now, H)
            tl.debug_barrier()
        for first in tl.range(0, H, UNITS, num_stages=1):
            u = first + columns
            there = known[:, None] & (u < H)[None, :]
            now = active[:, None] & there
            h = load_tile(old, origin, u, there, H)
            if KEEP:
                store_tile(past_h, line, u, h, now, H)
            if RESET == "before":
                (a_n,) = _recurrent_products(reset_h, W, 2, origin, u, known, 1, G, H, BLOCK, UNITS, DEPTH, PRODUCTS)
                a_n += load_tile(projection, line, 2 * H + u, now, G * H).to(tl.float32)
                n, h_new = gru_candidate(load_tile(state_c, origin, u, there, H), a_n, h, PRODUCTS)
                if KEEP:
                    store_tile(gates, line, 2 * H + u, n, now, G * H)
            else:
                a = _recurrent_products(old, W, 0, origin, u, known, G, G, H, BLOCK, UNITS, DEPTH, PRODUCTS)
                d = load_gates(projection, line, u, now, G, H)
                if CELL_STATE:
                    c = load_tile(state_c, origin, u, there, H)
                    if KEEP:
                        store_tile(past_c, line, u, c, now, H)
                    a = (a[0] + d[0], a[1] + d[1], a[2] + d[2], a[3] + d[3])
                    activations, c_new, h_new = lstm_step(a, c, PRODUCTS)
                    store_tile(state_c, origin, u, c_new, now, H)
                elif RESET == "none":
                    h_new = tanh(a[0] + d[0].to(tl.float32), PRODUCTS)
                    activations = (h_new,)
                else:
                    b = b_H + direction * G * H + u
                    b_z = tl.load(b, mask=u < H, other=0.0)[None, :]
                    b_r = tl.load(b + H, mask=u < H, other=0.0)[None, :]
                    b_n = tl.load(b + 2 * H, mask=u < H, other=0.0)[None, :]
                    z, r = gru_gates(a[0] + b_z + d[0], a[1] + b_r + d[1], PRODUCTS)
                    v = a[2] + b_n
                    n, h_new = gru_candidate(z, d[2] + r * v, h, PRODUCTS)
                    activations = (z, r, n)
                    if KEEP:
                        store_tile(extra, line, u, v, now, H)
                if KEEP:
                    store_gates(gates, line, u, activations, now, G, H)
            h = tl.where(now, h_new, h)
            store_tile(new, origin, u, h, there, H)
            store_tile(hidden, line, u, h, now, H)
        tl.debug_barrier()

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
    DEPTH: tl.constexpr, PRODUCTS: tl.constexpr,
):  # fmt: skip
    """The gradients of the input projection and of the initial states.

    Arguments are those of :func:`recurra.recurrence.triton.resident_weights.backward`, ``UNITS`` and ``DEPTH`` those of
    :func:`forward`. ``d_h0`` and ``d_c0`` hold the gradient of the states during the loop. A step first computes the
    gradient of its input projection, one block of units after the other, and then multiplies it, from memory, with W_H
    transposed.
    """
    direction = tl.program_id(1)
    backwards = direction == 0
    k, columns = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK), tl.arange(0, UNITS)
    known = k < documents
    length = tl.load(lengths + k, mask=known, other=0)
    longest = tl.max(length, axis=0)
    origin = direction * documents + k
    W = W_H + direction * H * G * H

    for first in range(0, H, UNITS):
        u = first + columns
        there = known[:, None] & (u < H)[None, :]
        store_tile(d_h0, origin, u, tl.zeros([BLOCK, UNITS], dtype=tl.float32), there, H)
        if CELL_STATE:
            store_tile(d_c0, origin, u, tl.zeros([BLOCK, UNITS], dtype=tl.float32), there, H)
    tl.debug_barrier()

    for s in tl.range(longest, num_stages=1):
        t = step_at(s, longest, backwards)
        active = is_active(t, length)
        line = line_of(step_start(starts, t, longest), k)
        for first in tl.range(0, H, UNITS, num_stages=1):
            u = first + columns
            now = active[:, None] & known[:, None] & (u < H)[None, :]
            d_h = load_tile(d_h0, origin, u, now, H) + load_tile(d_hidden, line, u, now, H)
            activations = load_gates(gates, line, u, now, G, H)
            if CELL_STATE:
                i, f = activations[0].to(tl.float32), activations[1].to(tl.float32)
                g, o = activations[2].to(tl.float32), activations[3].to(tl.float32)
                c, d_c = load_tile(past_c, line, u, now, H), load_tile(d_c0, origin, u, now, H)
                d_a, d_c = lstm_backward((i, f, g, o), c, d_h, d_c, PRODUCTS)
                store_gates(d_projection, line, u, d_a, now, G, H)
                store_tile(d_c0, origin, u, d_c, now, H)
            elif RESET == "none":
                n = activations[0].to(tl.float32)
                store_tile(d_projection, line, u, d_h * (1.0 - n * n), now, H)
            else:
                z, r = activations[0].to(tl.float32), activations[1].to(tl.float32)
                n, h = activations[2].to(tl.float32), load_tile(past_h, line, u, now, H).to(tl.float32)
                d_z, d_n = gru_backward(z, n, h, d_h)
                store_tile(d_projection, line, u, d_z, now, G * H)
                store_tile(d_projection, line, 2 * H + u, d_n, now, G * H)
                if RESET == "after":
                    v = load_tile(extra, line, u, now, H).to(tl.float32)
                    store_tile(d_projection, line, H + u, d_n * v * r * (1.0 - r), now, G * H)
                    store_tile(d_late, line, u, d_n * r, now, H)
                # The direct part of the previous state's gradient; the parts through the products are added below.
                store_tile(d_h0, origin, u, d_h * z, now, H)
        tl.debug_barrier()
        if RESET == "before":
            for first in tl.range(0, H, UNITS, num_stages=1):
                u = first + columns
                now = active[:, None] & known[:, None] & (u < H)[None, :]
                d_reset = _transposed_product(
                    d_projection, 2 * H, G * H, W, 2, line, u, active, G, H, BLOCK, UNITS, DEPTH, PRODUCTS
                )
                r = load_tile(gates, line, H + u, now, G * H).to(tl.float32)
                h = load_tile(past_h, line, u, now, H).to(tl.float32)
                store_tile(d_projection, line, H + u, d_reset * h * r * (1.0 - r), now, G * H)
                store_tile(d_h0, origin, u, load_tile(d_h0, origin, u, now, H) + d_reset * r, now, H)
            tl.debug_barrier()
        for first in tl.range(0, H, UNITS, num_stages=1):
            u = first + columns
            now = active[:, None] & known[:, None] & (u < H)[None, :]
            total = tl.zeros([BLOCK, UNITS], dtype=tl.float32)
            if RESET != "none":
                total = load_tile(d_h0, origin, u, now, H)
                for g in tl.static_range(2):
                    total += _transposed_product(
                        d_projection, g * H, G * H, W, g, line, u, active, G, H, BLOCK, UNITS, DEPTH, PRODUCTS
                    )
                if RESET == "after":
                    total += _transposed_product(
                        d_late, 0, H, W, 2, line, u, active, G, H, BLOCK, UNITS, DEPTH, PRODUCTS
                    )
            else:
                for g in tl.static_range(G):
                    total += _transposed_product(
                        d_projection, g * H, G * H, W, g, line, u, active, G, H, BLOCK, UNITS, DEPTH, PRODUCTS
                    )
            store_tile(d_h0, origin, u, total, now, H)
        tl.debug_barrier()

    tokens = tl.load(starts + steps)
    zero_spare_rows(d_projection, tokens, rows, G * H, UNITS, BLOCK)
    if RESET == "after":
        zero_spare_rows(d_late, tokens, rows, H, UNITS, BLOCK)


@triton.jit
def _recurrent_products(
    states, W, first_gate, origin, u, known, COUNT: tl.constexpr, G: tl.constexpr,
    H: tl.constexpr, BLOCK: tl.constexpr, UNITS: tl.constexpr, DEPTH: tl.constexpr, PRODUCTS: tl.constexpr,
):  # fmt: skip
    """A block of units of states · W for some consecutive gates."""
    sums = ()
    for _ in tl.static_range(COUNT):
        sums = sums + (tl.zeros([BLOCK, UNITS], dtype=tl.float32),)  # noqa: RUF005
    for depth in tl.range(0, H, DEPTH, num_stages=3):
        v = depth + tl.arange(0, DEPTH)
        left = load_tile(states, origin, v, known[:, None] & (v < H)[None, :], H)
        more = ()
        for g in tl.static_range(COUNT):
            tile = load_tile(W, v, (first_gate + g) * H + u, (v < H)[:, None] & (u < H)[None, :], G * H)
            more = more + (dot(left, tile, sums[g], PRODUCTS),)  # noqa: RUF005
        sums = more
    return sums


@triton.jit
def _transposed_product(
    d_a, column, width, W, gate, line, u, active, G: tl.constexpr,
    H: tl.constexpr, BLOCK: tl.constexpr, UNITS: tl.constexpr, DEPTH: tl.constexpr, PRODUCTS: tl.constexpr,
):  # fmt: skip
    """A block of units of d_a · Wᵀ for one gate; d_a is read from columns of an array in memory."""
    total = tl.zeros([BLOCK, UNITS], dtype=tl.float32)
    for depth in tl.range(0, H, DEPTH, num_stages=3):
        v = depth + tl.arange(0, DEPTH)
        left = load_tile(d_a, line, column + v, active[:, None] & (v < H)[None, :], width)
        at = u[None, :] * (G * H) + (gate * H + v)[:, None]
        tile = tl.load(W + at, mask=(v < H)[:, None] & (u < H)[None, :], other=0.0)
        total = dot(left, tile, total, PRODUCTS)
    return total
