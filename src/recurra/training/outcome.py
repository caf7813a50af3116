"""How a training ended."""

from __future__ import annotations

from dataclasses import dataclass

from recurra.errors import TrainingError
from recurra.training.callbacks import History

__all__ = ["Outcome"]


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        history: the curves.
        steps: updates made.
        documents: documents trained on, each epoch counted.
        seconds: time spent in training steps, without checks and checkpoints.
        epochs: whole epochs done.
        best_epoch: the epoch whose weights the network now has, 0 if none was chosen.
        interrupted: whether a person stopped it.
        time_is_up: whether its time was over before its epochs.
        failure: what stopped it, if it could not go on.
        processes: how many took each step together.
        bytes_per_step: bytes of the numbers that they summed up in a step, on average; 0 where one was alone.
    """

    history: History
    steps: int
    documents: int
    seconds: float
    epochs: int
    best_epoch: int
    interrupted: bool
    time_is_up: bool
    failure: TrainingError | None
    processes: int = 1
    bytes_per_step: int = 0
