"""The recurrences and their gradients on packed batches, one file per cell.

Every cell's module has two functions of plain integers: addresses of float32 arrays without gaps, and sizes. All sizes
are multiples of 8 (the caller pads with zeros, which stay zero). Documents are sorted by falling length; a call
computes those from ``first`` to ``last``, so that several threads can share a batch: they write to different rows, and
only ``sums`` needs a row per thread.

``forward(first, last, steps, starts, reverse, size, projection, places, gates, W_H, b_H, hidden, cell, extra, h0, c0,
has_initial)``
    starts: int64[T + 1], the first row of each step; reverse: 1 to read from the last step to the first; projection:
    rows of the input projection W_I·x + b, and places: int64[N], the row of each token; or both 0, and gates already
    holds the projections. gates [N, G·H]: the gates' activations, written; W_H [H, G·H] in panels
    (:mod:`recurra.kernels.matrix_panels`); b_H [G·H]; hidden, cell [N, H]: the states, written; extra: what else the
    gradient needs, written; h0, c0 [B, H]: initial states; has_initial: 0 if all of these are zero. A cell without a
    recurrent product gets its diagonals [P, H] as W_H, if it has any, and writes no past_hidden.
``backward(first, last, steps, starts, reverse, size, gates, W_T, hidden, cell, extra, h0, c0, has_initial, d_hidden,
d_hidden_row, carry_h, carry_c, second, past_hidden, sums)``
    gates: as written by forward; the gradient of the input projection overwrites them, so that the caches hold one
    array less; W_T [G·H, H]: W_H transposed, in panels, or the diagonals; d_hidden [N, H] with d_hidden_row bytes a
    row: the loss's gradient of the hidden states; carry_h, carry_c [B, H]: zero before, afterwards the gradient of the
    initial states if there are any; second: scratch memory of some cells; past_hidden [N, H]: the hidden state before
    each token, written; sums: zero before, afterwards the sum of the input projection's gradient over the rows, and
    then that of the diagonals.
"""
