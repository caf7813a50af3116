"""The recurrences and their gradients on packed batches, a file a cell.

Every cell's module has two functions of plain integers: addresses of float32 arrays without gaps, and sizes. All sizes
are multiples of 8 (the caller pads with zeros, which stay zero). Documents stand by falling length; a call computes
those from ``first`` to ``last``, so that several threads can share a batch: they write different rows, and only
``sums`` needs a row of its own for each.

``forward(first, last, steps, starts, reverse, size, drive, places, gates, W_H, b_H, hidden, cell, extra, h0, c0,
given)``
    starts: int64[T + 1], the first row of each step; reverse: 1 to read from the last step to the first; drive: rows of
    W_I·x + b, and places: int64[N], which of them each token has; or both 0, and the drive stands in gates. gates
    [N, G·H]: the gates' activations, written; W_H [H, G·H] in panels (:mod:`recurra.kernels.matrix_panels`); b_H [G·H];
    hidden, cell [N, H]: the states, written; extra: what else the gradient needs, written; h0, c0 [B, H]: initial
    states; given: 0 if all of these are zero.
``backward(first, last, steps, starts, reverse, size, gates, W_T, hidden, cell, extra, h0, c0, given, outer, outer_row,
carry_h, carry_c, second, earlier, sums)``
    gates: as written by forward; the gradient of the drive is written over them, which spares the caches an array; W_T
    [G·H, H]: W_H transposed, in panels; outer [N, H] with outer_row bytes a row: the loss's gradient of the hidden
    states; carry_h, carry_c [B, H]: zero before, afterwards the gradient of the initial states if they are given;
    second: scratch of some cells; earlier [N, H]: the hidden state before each token, written; sums: zero before, the
    sum of the drive's gradient over the rows afterwards.
"""
