"""What a trained network answers to the rows that were held out."""

from __future__ import annotations

from recurra.models.network import Network
from recurra.presets.training_settings import TrainingSettings
from recurra.tasks import Scores, Task
from recurra.tasks.objective import Objective
from recurra.text import Labels
from recurra.training.held_out import logits
from recurra.training.steps.step import EncodedRows

__all__ = ["scores_of", "validate"]


def validate(
    network: Network,
    held: EncodedRows | None,
    task: Task,
    classes: Labels,
    objective: Objective,
    training: TrainingSettings,
    *,
    pad_to: int | None,
) -> tuple[Scores | None, Task]:
    """Scores on the held-out rows, and the task with what is chosen on them.

    Args:
        network: trained, and calibrated.
        held: the held-out rows, or ``None``.
        task: what was learned.
        classes: C labels.
        objective: makes probabilities of the network's outputs.
        training: its seed deals the rows of what is chosen.
        pad_to: for unmasked networks, the length up to which documents get pads.
    """
    if not held:
        return None, task.tuned(None, None, len(classes), seed=training.seed)
    probabilities = objective.probabilities(logits(network, held.documents, pad_to=pad_to))
    tuned = task.tuned(probabilities, held.targets, len(classes), seed=training.seed)
    return tuned.evaluate(probabilities, held.targets, classes.classes), tuned


def scores_of(task: Task, validation: Scores | None) -> dict[str, float]:
    """The scores that stand in a model's record."""
    if validation is None:
        return {}
    values = validation.to_json()
    return {name: values[name] for name in ("rows", *(score.key for score in task.scores if score.recorded))}
