"""Temperature scaling of a trained network, on the rows that were held out."""

from __future__ import annotations

from typing import Any

import torch

from recurra.evaluation.temperature import LEAST_ROWS, calibrate
from recurra.models.network import Network
from recurra.presets.training_settings import TrainingSettings
from recurra.tasks import Task
from recurra.training.callbacks import Callback
from recurra.training.held_out import logits
from recurra.training.steps.step import EncodedRows

__all__ = ["calibrated"]


def calibrated(
    network: Network,
    held: EncodedRows | None,
    task: Task,
    training: TrainingSettings,
    *,
    pad_to: int | None,
    callbacks: Callback,
) -> dict[str, Any]:
    """Divides the output's weights by the best temperature, and tells for the record what that did.

    What the network answers with is then W_O S / T + b_O / T: whoever computes with its weights, in whatever form,
    gives calibrated probabilities. W_O · T and b_O · T are the weights as they were trained.

    Args:
        network: trained; its output is changed in place.
        held: the held-out rows, or ``None``.
        task: what was learned.
        training: says whether to calibrate.
        pad_to: for unmasked networks, the length up to which documents get pads.
        callbacks: hears why there is no temperature.

    Returns:
        ``{"calibration": …}``: what :class:`recurra.evaluation.temperature.Calibration` holds, or why it was skipped;
        nothing where no calibration was asked for.
    """
    if not training.calibrate:
        return {}
    rows, link = len(held) if held else 0, task.link
    if link is None:
        reason = f"no temperature suits {task.wording.gives}"
        callbacks.on_message(f"calibration: skipped, {reason}.")
        return {"calibration": {"skipped": reason}}
    if held is None or rows < LEAST_ROWS:
        reason = f"{rows:,} held-out rows are fewer than {LEAST_ROWS}" if rows else "no rows were held out"
        callbacks.on_message(f"calibration: skipped, {reason}.")
        return {"calibration": {"skipped": reason}}
    found = calibrate(
        logits(network, held.documents, pad_to=pad_to).numpy(), held.targets, link=link, seed=training.seed
    )
    with torch.no_grad():
        for name in ("W_O", "b_O"):
            weight = network.named_weights()[name]
            weight.copy_(weight.double() / found.temperature)
    return {"calibration": found.to_dict()}
