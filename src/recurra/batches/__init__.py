"""Token sequences of different lengths: stored ragged, computed packed, cut into batches."""

from recurra.batches.bucketing import Batches, cut_batches
from recurra.batches.collected import Collected, Mapped
from recurra.batches.packed import Packed, pack
from recurra.batches.ragged import Ragged

__all__ = ["Batches", "Collected", "Mapped", "Packed", "Ragged", "cut_batches", "pack"]
