"""A learning rate found on the training rows: it rises from step to step while the loss is watched.

The range test of Smith 2017, "Cyclical Learning Rates for Training Neural Networks" (arXiv 1506.01186).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.atomic import write_atomically
from recurra.batches.epochs import epoch_batches
from recurra.errors import TrainingError
from recurra.models.network import Network
from recurra.models.torch_process import fitting_threads
from recurra.presets import TrainingSettings
from recurra.training.callbacks import Callback
from recurra.training.run import RATE, RunOptions
from recurra.training.steps import choose_step
from recurra.training.steps.step import EncodedRows

__all__ = ["RateFinderResult", "fall_and_noise", "find_rate", "flat_warning", "lowest_rate", "with_found_rate"]

LOWEST, HIGHEST = 1e-5, 1.0
STEPS = 150
# Weight of the last loss in the smoothed one: it forgets what is more than about ten steps ago.
SHARE = 0.1
# Where the smoothed loss is that many times the lowest, nothing more is learned from higher rates.
TOO_HIGH = 3.0
# Steps at the beginning whose smoothed loss is of too few batches to be compared.
FIRST = 10
# Noises of the smoothed loss that it must fall by: of a thousand curves of pure noise one seems to fall as far.
CLEAR = 6.0
# Steps at the beginning, at rates of which nothing is learned, whose mean loss it falls from.
BEGINNING = 20
# An epoch that no training comes to: the batches are others than those of the run.
EPOCH = 2**31


@dataclass(frozen=True)
class RateFinderResult:
    """What the range test found.

    Attributes:
        suggested: the learning rate to train with: a tenth of ``lowest``, to two digits.
        lowest: the rate at which the smoothed loss was lowest.
        rates: of each step, rising.
        losses: of each step's batch before its update.
        smoothed: their moving mean, each step counting a tenth.
        fall: by how much the smoothed loss fell, from the mean of the first 20 steps to its lowest point.
        noise: standard deviation of the smoothed loss by the choice of batches alone.
    """

    suggested: float
    lowest: float
    rates: list[float]
    losses: list[float]
    smoothed: list[float]
    fall: float
    noise: float

    @property
    def flat(self) -> bool:
        """Whether the curve may be noise alone: it fell by less than six times its noise."""
        return self.fall < CLEAR * self.noise

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "flat": self.flat}


def with_found_rate(
    network: Network,
    rows: EncodedRows,
    settings: TrainingSettings,
    *,
    run: RunOptions,
    callbacks: Callback,
) -> float:
    """A learning rate that is found on a copy of the network.

    The curve is written into the run's folder; a run that is resumed takes the rate from there.

    Args:
        network: as training begins with it; it stays as it is.
        rows: the training rows.
        settings: the run's training settings.
        run: its folder and engine.
        callbacks: told the rate.

    Raises:
        TrainingError: the loss is not finite from the beginning, or what lies in the folder is no curve.
    """
    path = run.folder / RATE if run.folder else None
    if path is not None and path.exists():
        return _read(path)
    copy = Network(network.settings, network.arrays(), engine=run.engine)
    copy.place(network.generator.device, seed=settings.seed)
    found = find_rate(copy, rows, settings)
    if path is not None:
        write_atomically(path, (json.dumps(found.to_dict(), indent=1) + "\n").encode())
    callbacks.on_message(
        f"learning rate: {found.suggested:g}, a tenth of where the loss was lowest ({found.lowest:.2g})."
    )
    if found.flat:
        callbacks.on_message(flat_warning(found.to_dict()))
    return found.suggested


def flat_warning(found: Mapping[str, Any]) -> str:
    """What is said of a curve that may be noise alone.

    Args:
        found: from :meth:`RateFinderResult.to_dict`.
    """
    return (
        f"The curve of the learning rate is flat: the smoothed loss falls by {found['fall']:.2g}, less than {CLEAR:g} "
        f"times its noise of {found['noise']:.2g}, so that its lowest point says nothing. Give "
        "--learning-rate, or leave out --find-learning-rate."
    )


def find_rate(network: Network, rows: EncodedRows, settings: TrainingSettings) -> RateFinderResult:
    """Takes up to 150 steps at rates that rise from 1e-5 to 1, each by the same factor.

    Args:
        network: a copy of the one that is to be trained, on its device; its weights are worth nothing afterwards.
        rows: the training rows; those held out are not looked at.
        settings: the run's training settings; ``learning_rate``, ``warmup`` and ``decay`` play no part.

    Raises:
        TrainingError: the loss is not finite from the beginning.
    """
    if settings.freeze_vectors and "embedding" in network.named_weights():
        network.named_weights()["embedding"].requires_grad_(False)
    step = choose_step(network, rows, settings)
    rates = np.geomspace(LOWEST, HIGHEST, STEPS)
    losses: list[float] = []
    with fitting_threads(network.settings):
        for rate, indices in zip(rates.tolist(), _batches(rows, settings), strict=False):
            results = step.run([indices], [rate])
            if results.failed:
                break
            losses.append(results.taken[0].loss)
            means = _smoothed(losses)
            if means[-1] > TOO_HIGH * means.min():
                break
    if not losses:
        raise TrainingError(
            "The loss is not finite before the first step", "Set clip to 1 or less, or look at vectors."
        )
    smoothed, used = _smoothed(losses), rates[: len(losses)]
    lowest = lowest_rate(used, smoothed)
    fall, noise = fall_and_noise(np.array(losses), smoothed)
    return RateFinderResult(
        float(f"{lowest / 10:.1e}"), lowest, used.tolist(), losses, smoothed.tolist(), fall=fall, noise=noise
    )


def lowest_rate(rates: npt.NDArray[np.float64], smoothed: npt.NDArray[np.float64]) -> float:
    """The rate at which the smoothed loss is lowest; the first ten steps do not count.

    Args:
        rates: rising.
        smoothed: the loss at each of them.
    """
    return float(rates[_lowest(smoothed)])


def fall_and_noise(losses: npt.NDArray[np.float64], smoothed: npt.NDArray[np.float64]) -> tuple[float, float]:
    """By how much the smoothed loss falls to its lowest point, and the standard deviation of it as noise.

    The noise of a loss is measured by differences of neighbours, which a slope hardly changes; their mean square is
    twice the variance (von Neumann 1941). The moving mean of shares s leaves s / (2 - s) of the variance.

    Args:
        losses: of each step.
        smoothed: their moving mean.
    """
    lowest = _lowest(smoothed)
    steps = np.diff(losses[: max(lowest + 1, BEGINNING)])
    variance = float(np.mean(steps**2)) / 2 if len(steps) else 0.0
    fall = float(losses[:BEGINNING].mean() - smoothed[lowest])
    return fall, float(np.sqrt(variance * SHARE / (2 - SHARE)))


def _lowest(smoothed: npt.NDArray[np.float64]) -> int:
    first = min(FIRST, len(smoothed) - 1)
    return first + int(np.argmin(smoothed[first:]))


def _read(path: Path) -> float:
    """The rate that was found before.

    Raises:
        TrainingError: the file is none that was written here.
    """
    try:
        rate = json.loads(path.read_bytes())["suggested"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        rate = None
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 < rate <= HIGHEST:
        raise TrainingError(f"{path} has no learning rate", "Start again in another folder.")
    return float(rate)


def _smoothed(losses: list[float]) -> npt.NDArray[np.float64]:
    """A moving mean m ← (1 - s) m + s loss from 0 on, divided by what is missing to 1 at first, as in Adam."""
    means, mean = [], 0.0
    for count, loss in enumerate(losses, start=1):
        mean += SHARE * (loss - mean)
        means.append(mean / (1 - (1 - SHARE) ** count))
    return np.array(means)


def _batches(rows: EncodedRows, settings: TrainingSettings) -> Iterator[npt.NDArray[np.int64]]:
    """Batches without end."""
    epoch = EPOCH
    while True:
        batches = epoch_batches(rows.documents.lengths, settings, epoch, rows.targets)
        for place in range(len(batches)):
            yield batches[place]
        epoch += 1
