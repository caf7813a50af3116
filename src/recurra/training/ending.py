"""How a training ended, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # Whoever only tells of it needs no torch.
    from recurra.training.loop import Outcome

__all__ = ["end_of_training"]


def end_of_training(outcome: Outcome, epochs: int) -> str:
    """When training ended, and the weights of which epoch were kept, in one line.

    Args:
        outcome: of the training.
        epochs: how many there were at most.
    """
    kept = f"kept epoch {outcome.best_epoch}" if outcome.best_epoch else "kept the last weights"
    if outcome.epochs >= epochs:
        return f"trained all {epochs} epochs, {kept}"
    if outcome.time_is_up or outcome.interrupted:
        why = "the time was up" if outcome.time_is_up else "interrupted"
        return f"stopped in epoch {outcome.epochs + 1} ({why}), {kept}"
    return f"stopped after epoch {outcome.epochs}, {kept} (at most {epochs} epochs)"
