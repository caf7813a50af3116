"""The batches of an epoch, and after which of them something that is done some times an epoch is due."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from recurra.batches.balanced import balanced_rows
from recurra.batches.bucketing import Batches, cut_batches

__all__ = ["BatchSettings", "epoch_batches", "is_due", "next_due"]


class BatchSettings(Protocol):
    """What of :class:`recurra.presets.TrainingSettings` says how rows are put into batches."""

    @property
    def seed(self) -> int:
        """Seed of the order of the rows."""

    @property
    def sampler(self) -> str:
        """``balanced`` draws each class as often as the others."""

    @property
    def batch_size(self) -> int:
        """Documents in a batch."""

    @property
    def batch_tokens(self) -> int | None:
        """Largest number of tokens in a batch, or ``None``."""

    @property
    def bucketing(self) -> bool:
        """Whether documents of like length are together."""


def epoch_batches(
    lengths: npt.NDArray[np.int64],
    settings: BatchSettings,
    epoch: int,
    targets: npt.NDArray[np.int64] | None = None,
) -> Batches:
    """The batches of an epoch; the same for the same seed.

    Args:
        lengths: int64[B], tokens of each training row.
        settings: the training settings.
        epoch: how many were before.
        targets: int64[B], the rows' classes, which a balanced sampler needs.
    """
    generator = np.random.default_rng([settings.seed, epoch])
    rows = None
    if settings.sampler == "balanced":
        if targets is None:
            raise TypeError("A balanced sampler needs the rows' classes")
        rows = balanced_rows(targets, generator)
    batches = cut_batches(
        lengths if rows is None else lengths[rows],
        batch_size=settings.batch_size,
        batch_tokens=settings.batch_tokens,
        bucketing=settings.bucketing,
        generator=generator,
    )
    return batches if rows is None else batches.of(rows)


def is_due(batch: int, batches: int, times: int) -> bool:
    """Whether what is done so many times an epoch is done after so many batches of it."""
    return batch * times // batches > (batch - 1) * times // batches


def next_due(batch: int, batches: int, times: int) -> int:
    """After how many batches it is next done."""
    return -(-(batch * times // batches + 1) * batches // times)
