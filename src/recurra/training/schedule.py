"""How the learning rate changes over training."""

from __future__ import annotations

import math

from recurra.presets.training_settings import TrainingSettings

__all__ = ["learning_rate"]


def learning_rate(settings: TrainingSettings, progress: float) -> float:
    """The learning rate after a share ``progress`` of the training, from 0 to 1.

    It rises in a line over the first ``warmup``, then stays or falls to 0 in a line or along half a cosine
    (Loshchilov and Hutter 2017, arXiv 1608.03983).
    """
    if progress < settings.warmup:
        return settings.learning_rate * progress / settings.warmup
    rest = (progress - settings.warmup) / (1 - settings.warmup)
    factor = {"none": 1.0, "linear": 1 - rest, "cosine": (1 + math.cos(math.pi * rest)) / 2}[settings.decay]
    return settings.learning_rate * factor
