"""The linear branch of a training: learned beside the network, and joined with it on the rows that are held out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from recurra.bundle import Bundle
from recurra.evaluation.temperature import MIN_ROWS, SIGMOID, SOFTMAX
from recurra.linear_branch import LinearBranch, OpenDocuments, fuse, learn_branch
from recurra.linear_branch.fuse import DEFAULT, FusionWeights
from recurra.models.network import Network
from recurra.presets import Recipe
from recurra.tasks.single_label import class_weights
from recurra.training.callbacks import Callback
from recurra.training.held_out import logits
from recurra.training.prepare import TrainingData
from recurra.training.warm_start import branch_with_classes

__all__ = ["BranchResult", "learn_beside"]


@dataclass(frozen=True, eq=False)
class BranchResult:
    """A branch, ready for the model file, and what it says of the rows that are held out.

    Attributes:
        branch: learned from all rows.
        held: float64[held, L], the outputs for the rows held out of a branch that has not seen them; ``None`` without
            such rows.
        record: for the model's record.
    """

    branch: LinearBranch
    held: npt.NDArray[np.float64] | None
    record: dict[str, Any]


def learn_beside(
    network: Network,
    prepared: TrainingData,
    recipe: Recipe,
    *,
    pad_to: int | None,
    callbacks: Callback,
    initial: Bundle | None = None,
) -> BranchResult | None:
    """Learns the branch, and multiplies the network's output and the branch's weights by what suits held-out rows best.

    The factors are found for a branch that has not seen the held-out rows; then one learns from all rows, and gets the
    same factor.

    Args:
        network: trained; its output is changed in place.
        prepared: the rows.
        recipe: settings of branch and training.
        pad_to: for unmasked networks, the length up to which documents get pads.
        callbacks: told why there is no branch.
        initial: the model that training continued from; its branch is learned on.
    """
    rows, task, held = prepared.branch_rows, prepared.task, prepared.held
    if rows is None:
        return None
    if task.link not in (SOFTMAX, SIGMOID):
        callbacks.on_message(f"linear branch: left out, none suits {task.wording.gives}.")
        return None
    targets = prepared.rows.targets[rows.places]
    before = None if initial is None else branch_with_classes(initial, prepared.classes)
    if held is None:
        branch = _learned(rows.rows, targets, prepared, recipe, before).times(DEFAULT.branch)
        _scale_output(network, DEFAULT.network)
        return BranchResult(branch, None, _record(DEFAULT, chosen=False))
    alone = _learned(rows.rows, targets, prepared, recipe, before)
    ours, theirs = logits(network, held.documents, pad_to=pad_to).double().numpy(), alone.logits(rows.held)
    factors, chosen = DEFAULT, len(held) >= MIN_ROWS
    if chosen:
        factors = fuse(ours, theirs, held.targets, link=task.link)
    _scale_output(network, factors.network)
    whole = _learned(rows.all, np.concatenate([targets, held.targets]), prepared, recipe, before)
    # What a model to continue from has chosen is for its classes alone.
    plain = task.tuned(None, None, len(prepared.classes), seed=recipe.training.seed)
    record = _record(factors, chosen=chosen) | {
        name: float(np.mean(plain.right(plain.probabilities(values), held.targets)))
        for name, values in (("network_right", ours), ("branch_right", theirs))
    }
    return BranchResult(whole.times(factors.branch), theirs * factors.branch, record)


def _learned(
    documents: OpenDocuments, targets: npt.NDArray[Any], prepared: TrainingData, recipe: Recipe,
    initial: LinearBranch | None,
) -> LinearBranch:  # fmt: skip
    link, outputs = prepared.task.link, prepared.task.outputs(len(prepared.classes))
    if link is None:
        raise TypeError("A branch needs a link")
    weights = class_weights(recipe.training, targets, outputs)[targets] if link is SOFTMAX else None
    return learn_branch(
        documents, link.indicator(targets, outputs), prepared.pipeline, recipe.branch,
        softmax=link is SOFTMAX, row_weights=weights, seed=recipe.training.seed, initial=initial,
    )  # fmt: skip


def _record(factors: FusionWeights, *, chosen: bool) -> dict[str, Any]:
    return {"network_factor": factors.network, "branch_factor": factors.branch, "chosen_on_held_out_rows": chosen}


@torch.no_grad()
def _scale_output(network: Network, factor: float) -> None:
    for name in ("W_O", "b_O"):
        weight = network.named_weights()[name]
        weight.copy_(weight.double() * factor)
