"""Token sequences of different lengths: stored ragged, computed packed, cut into batches."""

from recurra.batches.bucketing import cut_batches
from recurra.batches.packed import Packed, pack
from recurra.batches.ragged import Ragged

__all__ = ["Packed", "Ragged", "cut_batches", "pack"]
