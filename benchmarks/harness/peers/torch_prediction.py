"""Predicting with torch.nn from ready ids."""

from __future__ import annotations

from typing import Any

import torch

from .job import Job
from .protocol import Participant
from .torch_network import TorchNetwork

__all__ = ["answers", "prepare"]


def prepare(job: Job, options: dict[str, Any]) -> Participant:
    """Builds the network, lays out the batches and predicts them once.

    Args:
        job: what to predict.
        options: ``threads``, ``batch``.
    """
    torch.set_num_threads(options["threads"])
    network = TorchNetwork(job, packed=False).eval()
    batches = [torch.from_numpy(batch.ids) for batch in job.by_length(options["batch"])]
    lengths = torch.empty(0, dtype=torch.int64)

    @torch.inference_mode()
    def everything() -> None:
        for ids in batches:
            network(ids, lengths).argmax(dim=1).numpy()

    @torch.inference_mode()
    def one(index: int) -> None:
        network(torch.from_numpy(job.document(index)[None]), lengths).argmax(dim=1).item()

    if job.settings["task"] == "predict":
        everything()
    return Participant(
        title=f"torch {torch.__version__}, ready ids",
        settings=f"padded batches of {options['batch']} by length, threads: {options['threads']}",
        versions={"torch": str(torch.__version__)},
        play=job.predict_round(everything, one),
    )


def answers(job: Job) -> Any:
    """[B, C] logits of each document alone, exact for any pads, to compare with ours."""
    network = TorchNetwork(job, packed=True).eval()
    with torch.inference_mode():
        rows = [network(torch.from_numpy(batch.ids), torch.from_numpy(batch.lengths)) for batch in job.by_length(1)]
    return torch.cat(rows).numpy()
