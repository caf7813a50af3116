"""The recurrences without their gradients, one file per cell: what a trained model computes.

Documents are ragged and sorted by falling length: document d's tokens are those from ``offsets[d]`` to
``offsets[d + 1]``. Sixteen documents are read together, from their first words on or from their last ones, four at a
time in registers; when a document ends, its state is stored. The state before the first word is zero and needs no
product. There are no pad rows, and a document's numbers are the same bits whatever other documents are in the batch.

Every cell's module has one function of integers, addresses of float32 arrays and sizes:

``forward(documents, offsets, rows, backward, size, projection, projection_row, W_H, b_H, hidden, hidden_row, final,
final_row, scratch)``
    documents: how many. offsets: int64[documents + 1]. rows: int64, the row of each token in ``projection``, or 0 if a
    token's index is its row. backward: 1 to read from the last word to the first. size: H, a multiple of 8.
    projection: the input projections W_I·x + b, rows of ``projection_row`` bytes. W_H and b_H: weights. hidden: the
    states at all tokens, written, rows of ``hidden_row`` bytes; or 0. final: the states at the end, zero before, rows
    of ``final_row`` bytes. scratch: :data:`SCRATCH`·H numbers.

A cell without a product from step to step has a second one, which pools as it reads and keeps no states:

``pooled(documents, offsets, rows, backward, size, projection, projection_row, W_H, b_H, maximum, mean, last,
pooled_row, scratch)``
    maximum, mean, last: where the pooled states of the first document go, written, or 0 for a pooling that is not
    wanted; rows of ``pooled_row`` bytes; zeros for a document without tokens. The others as for ``forward``.

A cell whose gates depend on the input alone has a third one, which is called before both, and once for the whole
vocabulary where that is projected in advance: a step is then one multiplication and one addition.

``gates(rows, size, projection, projection_row)``
    rows: how many. Replaces a direction's input projections by its gates
    (:mod:`recurra.kernels.inference.input_gates`).

Input projections and weights are in units of eight: for units 0 to 7 the columns of all gates stand side by side, G
vectors of eight; then those of units 8 to 15; and so on. W_H is cut into as many panels, each [H, 8·G] without gaps, so
that a product reads memory in order (:mod:`recurra.runtime.weight_layout`); its diagonals are in units of eight, too. A
cell without a product reads document by document: its units do not wait for one another.
"""

# Documents that are read together: enough to use each panel of weights four times while it is in the L1 cache.
GROUP = 16
# Rows of H numbers that ``read`` needs for a group: two states, and two for what else a cell needs.
SCRATCH = 4 * GROUP
