"""Training with torch.nn: padded and bucketed, or on PackedSequence."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional as F

from .job import Batch, Job
from .protocol import Participant
from .torch_network import TorchNetwork

__all__ = ["prepare"]

WARM_UP = 8


def prepare(job: Job, options: dict[str, Any]) -> Participant:
    """Builds the network and takes some steps.

    Args:
        job: what to train on.
        options: ``packed``, ``threads``.
    """
    torch.set_num_threads(options["threads"])
    packed = options["packed"]
    network = TorchNetwork(job, packed=packed)
    weights = {name: torch.from_numpy(array) for name, array in job.weights.items()}
    trained = [weight for weight in network.parameters() if weight.requires_grad]
    settings = job.settings

    def fresh() -> torch.optim.Optimizer:
        return torch.optim.Adam(trained, lr=settings["learning_rate"], eps=settings["epsilon"], fused=True)

    optimiser = fresh()

    def step(batch: Batch) -> None:
        # The work of any training loop: the loss is looked at, as it is in ours.
        optimiser.zero_grad()
        logits = network(torch.from_numpy(batch.ids), torch.from_numpy(batch.lengths))
        loss = F.cross_entropy(logits, torch.from_numpy(batch.targets))
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        loss.item()

    def epoch(number: int) -> None:
        for batch in job.shuffled(number, bucketed=not packed):
            step(batch)

    def reset() -> None:
        nonlocal optimiser
        network.load(weights)
        optimiser = fresh()

    for _, batch in zip(range(WARM_UP), job.shuffled(0, bucketed=not packed), strict=False):
        step(batch)
    way = "PackedSequence, shuffled batches" if packed else "padded, bucketed batches"
    return Participant(
        title=f"torch {torch.__version__} ({'PackedSequence' if packed else 'padded'})",
        settings=f"{way}, fused Adam, threads: {options['threads']}",
        versions={"torch": str(torch.__version__)},
        play=job.train_round(epoch, reset),
    )
