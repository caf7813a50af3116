"""What the held-out rows are for: the network's answers to them, its scores, thresholds and temperature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from recurra.batches import Ragged, cut_batches
from recurra.evaluation.temperature import MIN_ROWS, calibrate
from recurra.models.batch import Batch
from recurra.models.network import Network
from recurra.presets import TrainingSettings
from recurra.tasks import Scores, Task
from recurra.tasks.objective import Objective
from recurra.text import Labels
from recurra.training.callbacks import Callback
from recurra.training.distributed import Processes
from recurra.training.steps.step import EncodedRows

if TYPE_CHECKING:
    from recurra.training.branch import BranchResult

__all__ = ["calibrate_output", "logits", "scores_of", "validate"]

# Documents of a batch, and its tokens: a network takes some kilobytes for each.
BATCH, TOKENS = 256, 1 << 15


@torch.no_grad()
def logits(
    network: Network, documents: Ragged, *, pad_to: int | None = None, processes: Processes | None = None
) -> Tensor:
    """[B, C] float32 on the CPU: logits without dropout, documents of like length computed together.

    Args:
        network: left in the mode it is in.
        documents: token ids.
        pad_to: for unmasked networks, the length up to which pads are appended.
        processes: those that share the batches among them; each then has the logits of all.
    """
    if pad_to is not None:
        documents = documents.padded_to(pad_to)
    was_training = network.training
    network.eval()
    device = network.generator.device
    order = np.argsort(documents.lengths, kind="stable")
    parts = []
    rank, every = (0, 1) if processes is None else (processes.rank, processes.size)
    for number, rows in enumerate(cut_batches(documents.lengths[order], batch_size=BATCH, batch_tokens=TOKENS)):
        if number % every == rank:
            found = network(Batch.of(documents.take(order[rows]), device)).logits.float().cpu()
        else:
            found = torch.zeros(len(rows), network.named_weights()["b_O"].shape[0])
        parts.append(found)
    network.train(was_training)
    if not parts:
        return torch.empty(0, network.named_weights()["b_O"].shape[0])
    whole = torch.cat(parts)
    if processes is not None:
        # Each row is that of one process, beside zeros.
        processes.add_up(whole)
    return whole[torch.from_numpy(np.argsort(order, kind="stable"))]


def validate(
    network: Network,
    held: EncodedRows | None,
    task: Task,
    classes: Labels,
    objective: Objective,
    training: TrainingSettings,
    *,
    beside: BranchResult | None = None,
    pad_to: int | None,
) -> tuple[Scores | None, Task, npt.NDArray[np.float64] | None]:
    """Scores on the held-out rows, the task with what is chosen on them, and the probabilities, float64[held, C].

    Args:
        network: trained, and calibrate_output.
        held: the held-out rows, or ``None``.
        task: what was learned.
        classes: C labels.
        objective: makes probabilities of the network's outputs.
        training: its seed deals the rows of what is chosen.
        beside: the linear branch.
        pad_to: for unmasked networks, the length up to which documents get pads.
    """
    if not held:
        return None, task.tuned(None, None, len(classes), seed=training.seed), None
    probabilities = objective.probabilities(_joint_logits(network, held, beside, pad_to=pad_to))
    tuned = task.tuned(probabilities, held.targets, len(classes), seed=training.seed)
    return tuned.evaluate(probabilities, held.targets, classes.classes), tuned, probabilities


def _joint_logits(network: Network, held: EncodedRows, beside: BranchResult | None, *, pad_to: int | None) -> Tensor:
    found = logits(network, held.documents, pad_to=pad_to)
    return found if beside is None else found + torch.from_numpy(beside.held)


def scores_of(task: Task, validation: Scores | None) -> dict[str, float]:
    """The scores that stand in a model's record."""
    if validation is None:
        return {}
    values = validation.to_dict()
    return {name: values[name] for name in ("rows", *(score.key for score in task.scores if score.recorded))}


def calibrate_output(
    network: Network,
    held: EncodedRows | None,
    task: Task,
    training: TrainingSettings,
    *,
    beside: BranchResult | None = None,
    pad_to: int | None,
    callbacks: Callback,
) -> dict[str, Any]:
    """Divides the output's weights by the best temperature, and tells for the record what that did.

    What the network answers with is then W_O S / T + b_O / T: whoever computes with its weights, in whatever form,
    gives calibrate_output probabilities. W_O · T and b_O · T are the weights as they were trained.

    Args:
        network: trained; its output is changed in place.
        held: the held-out rows, or ``None``.
        task: what was learned.
        training: says whether to calibrate.
        beside: the linear branch, joined with the network; that fits the temperature already.
        pad_to: for unmasked networks, the length up to which documents get pads.
        callbacks: told why there is no temperature.

    Returns:
        ``{"calibration": …}``: what :class:`recurra.evaluation.temperature.Calibration` holds, or why it was skipped;
        nothing where no calibration was asked for.
    """
    if not training.calibrate:
        return {}
    rows, link = len(held) if held else 0, task.link
    few = f"{rows:,} held-out rows are fewer than {MIN_ROWS}" if rows else "no rows were held out"
    if beside is not None:
        reason = "the factors of network and branch hold the temperature" if beside.fitted else few
        return {"calibration": {"skipped": reason}}
    if link is None:
        reason = f"no temperature suits {task.wording.gives}"
        callbacks.on_message(f"calibration: skipped, {reason}.")
        return {"calibration": {"skipped": reason}}
    if held is None or rows < MIN_ROWS:
        callbacks.on_message(f"calibration: skipped, {few}.")
        return {"calibration": {"skipped": few}}
    found = calibrate(
        logits(network, held.documents, pad_to=pad_to).numpy(), held.targets, link=link, seed=training.seed
    )
    with torch.no_grad():
        for name in ("W_O", "b_O"):
            weight = network.named_weights()[name]
            weight.copy_(weight.double() / found.temperature)
    return {"calibration": found.to_dict()}
