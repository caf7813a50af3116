"""The recurrences without their gradients, a file a cell: what a trained model computes.

Documents are ragged and stand by falling length: document d's tokens have the places ``offsets[d]`` up to
``offsets[d + 1]``. Sixteen of them are read together, from their first words on or from their last ones, four at a
time in registers; a document that ends leaves its state behind. The state before the first word is zero and needs no
product. No row is a pad, and a document's numbers are the same bits in every company.

Every cell's module has one function of integers, addresses of float32 arrays and sizes:

``read(documents, offsets, rows, backward, size, drive, drive_row, W_H, b_H, hidden, hidden_row, final, final_row,
scratch)``
    documents: how many. offsets: int64[documents + 1]. rows: int64, the row of the drive that each token has, or 0 if
    a token's place is its row. backward: 1 to read from the last word to the first. size: H, a multiple of 8. drive:
    rows of ``drive_row`` bytes with W_I·x + b. W_H and b_H: weights. hidden: the states at all tokens, written, rows
    of ``hidden_row`` bytes; or 0. final: the states at the end, zero before, rows of ``final_row`` bytes. scratch:
    :data:`SCRATCH`·H numbers.

Drive and weights are in units of eight: for units 0 to 7 the columns of all gates stand side by side, G vectors of
eight; then those of units 8 to 15; and so on. W_H is cut into as many panels, each [H, 8·G] without gaps, so that a
product reads memory in order (:mod:`recurra.runtime.weight_layout`).
"""

# Documents that are read together: enough to use each panel of weights four times while it is in the first cache.
GROUP = 16
# Rows of H numbers that ``read`` needs for a group: two states, and two of what a cell keeps beside them.
SCRATCH = 4 * GROUP
