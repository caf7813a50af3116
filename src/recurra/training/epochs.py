"""The batches of an epoch: which training rows it reads, and in what order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recurra.batches import Batches, cut_batches
from recurra.presets import TrainingSettings

__all__ = ["balanced_rows", "epoch_batches"]


def epoch_batches(
    lengths: npt.NDArray[np.int64],
    settings: TrainingSettings,
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


def balanced_rows(targets: npt.NDArray[np.int64], generator: np.random.Generator) -> npt.NDArray[np.int64]:
    """As many rows as there are, of every class alike to one: small classes repeat, of large ones a part is drawn.

    A class is gone through as a whole, in a new order each time, before a row of it comes up again; a draw with
    replacement would leave out a third of a class that is to be read once. Which classes get the row that is left over
    is drawn, too, so that in expectation they are alike exactly.

    Args:
        targets: int64[B], the class of each row.
        generator: of this epoch.

    Returns:
        int64[B], rows, in no particular order. A class without rows has none.
    """
    classes, sizes = np.unique(targets, return_counts=True)
    by_class = np.split(np.argsort(targets, kind="stable"), np.cumsum(sizes)[:-1])
    wanted = np.full(len(classes), len(targets) // len(classes))
    wanted[generator.permutation(len(classes))[: len(targets) % len(classes)]] += 1
    drawn = []
    for rows, count in zip(by_class, wanted.tolist(), strict=True):
        passes = [generator.permutation(rows) for _ in range(-(-count // len(rows)))]
        drawn.append(np.concatenate([*passes, rows[:0]])[:count])
    return np.concatenate(drawn) if drawn else np.empty(0, dtype=np.int64)
