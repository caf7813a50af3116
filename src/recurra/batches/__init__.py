"""Token sequences of different lengths: stored ragged, cut into batches and packed for computation."""

from recurra.batches.balanced import balanced_rows
from recurra.batches.bucketing import Batches, cut_batches
from recurra.batches.packed import Packed, pack
from recurra.batches.part import BatchPart
from recurra.batches.ragged import Ragged
from recurra.batches.ragged_writer import MappedRagged, RaggedWriter

__all__ = [
    "BatchPart",
    "Batches",
    "MappedRagged",
    "Packed",
    "Ragged",
    "RaggedWriter",
    "balanced_rows",
    "cut_batches",
    "pack",
]
