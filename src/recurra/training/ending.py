"""How a training ended, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from recurra.tasks import Task

if TYPE_CHECKING:
    # Whoever only tells of it needs no torch.
    from recurra.training.outcome import Outcome

__all__ = ["end_of_training", "learned_nothing", "lower_loss_before", "only_the_branch"]

# The last loss on the rows held out is clearly higher by this share of the lowest, and by so many nats.
HIGHER_SHARE, HIGHER_NATS = 0.05, 0.01
# The patience of the presets.
USUAL_PATIENCE = 4
# Less than this part of the way from the most frequent answer's right rows to the branch's is as good as nothing.
LEARNED = 0.25
# A network alone is looked at from so many held-out rows on. It learned something if more rows are right than by the
# most frequent answer, by so many standard errors, or if this share of the loss is gone.
FEWEST_ROWS, STANDARD_ERRORS, LOSS_SHARE = 20, 1.96, 0.05


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


def lower_loss_before(outcome: Outcome) -> str:
    """Where the last weights were kept, though the loss on the held-out rows was clearly lower before; else empty.

    Args:
        outcome: of the training.
    """
    # Those at the end of an epoch.
    found = [one for one in outcome.history.validation if one.epoch == int(one.epoch)]
    if (
        outcome.best_epoch
        or not found
        or outcome.epochs != found[-1].epoch
        or outcome.interrupted
        or outcome.time_is_up
    ):
        return ""
    lowest, last = min(found, key=lambda one: one.loss), found[-1]
    if last.loss <= lowest.loss + max(HIGHER_NATS, HIGHER_SHARE * lowest.loss):
        return ""
    patience = max(USUAL_PATIENCE, _longest_wait([one.loss for one in found]))
    return (
        f"The lowest loss on held-out rows was {lowest.loss:.3f} after epoch {int(lowest.epoch)}; the weights kept, of "
        f"epoch {int(last.epoch)}, have {last.loss:.3f}. "
        f"--set patience={patience} keeps the best epoch's."
    )


def only_the_branch(
    record: Mapping[str, Any] | None, majority: float | None, learning_rate: float, *, time_is_up: bool = False
) -> str:
    """Where the recurrent network learned next to nothing and the linear branch beside it answers; else empty.

    Args:
        record: what :meth:`recurra.training.branch.BranchTraining.finish` recorded; ``None`` without a branch.
        majority: share of the rows held out that the most frequent answer makes right; ``None`` where none are.
        learning_rate: of the training.
        time_is_up: whether ``minutes`` ended the training.
    """
    if not record or not record["branch_factor"]:
        return ""
    chosen, more = record["chosen_on_held_out_rows"], _give_more(learning_rate, time_is_up=time_is_up)
    # Without rows that choose, a network is left out only where it is worse than guessing.
    if not chosen and record.get("network_factor") != 0:
        return ""
    if majority is None:
        return (
            "The recurrent network learned next to nothing: on the rows it learned from it is worse than guessing. The "
            f"linear branch beside it answers; for a network that adds to it {more}"
        )
    network, branch = record["network_right"], record["branch_right"]
    if chosen and (branch <= majority or network - majority >= LEARNED * (branch - majority)):
        return ""
    return (
        f"{_next_to_nothing(network, majority)} The linear branch beside it answers ({branch:.4f} alone); for a "
        f"network that adds to it {more}"
    )


def learned_nothing(
    task: Task,
    probabilities: npt.NDArray[np.floating],
    targets: npt.NDArray[Any],
    learning_rate: float,
    *,
    time_is_up: bool = False,
) -> str:
    """Where a network that answers alone learned next to nothing; else empty.

    Neither are more rows right than by the most frequent answer beyond chance (McNemar 1947), nor is the loss clearly
    lower than that of one answer for all rows, the mean of the network's probabilities.

    Args:
        task: what was learned.
        probabilities: float[B, C] of the rows held out.
        targets: of these rows.
        learning_rate: of the training.
        time_is_up: whether ``minutes`` ended the training.
    """
    if len(targets) < FEWEST_ROWS:
        return ""
    right = task.right(probabilities, targets)
    _, answers, counts = np.unique(targets, axis=0, return_inverse=True, return_counts=True)
    usual = answers.reshape(-1) == counts.argmax()
    gained, lost = int((right & ~usual).sum()), int((usual & ~right).sum())
    constant = np.broadcast_to(probabilities.mean(axis=0), probabilities.shape)
    before = float(task.losses(constant, targets).mean())
    left = float(task.losses(probabilities, targets).mean())
    if gained - lost > STANDARD_ERRORS * (gained + lost) ** 0.5 or left <= (1 - LOSS_SHARE) * before:
        return ""
    more = _give_more(learning_rate, time_is_up=time_is_up)
    return f"{_next_to_nothing(float(right.mean()), float(usual.mean()))} {more[0].upper()}{more[1:]}"


def _next_to_nothing(network: float, majority: float) -> str:
    return (
        f"The recurrent network learned next to nothing: {network:.4f} of the rows held out right, and "
        f"{majority:.4f} by the most frequent answer."
    )


def _give_more(learning_rate: float, *, time_is_up: bool) -> str:
    return (
        f"give more {'minutes' if time_is_up else 'epochs'} or rows, or another learning rate than {learning_rate:g}."
    )


def _longest_wait(losses: Sequence[float]) -> int:
    """The most epochs from one lowest loss so far to the next: with less patience the lowest is never reached."""
    lowest = [epoch for epoch, loss in enumerate(losses) if loss < min(losses[:epoch], default=float("inf"))]
    return max((later - earlier for earlier, later in pairwise(lowest)), default=0)
