"""The machine's ceiling: documents a second if training did nothing but its products at a large product's speed."""

from __future__ import annotations

from typing import Any

import torch

from .job import Job
from .protocol import Participant, Timing, until

__all__ = ["prepare"]

SIZE = 2048


def prepare(job: Job, options: dict[str, Any]) -> Participant:
    """Multiplies two float32 matrices once.

    Args:
        job: ``flop_per_document`` is what a training step takes.
        options: ``threads``.
    """
    torch.set_num_threads(options["threads"])
    left, right = torch.rand(SIZE, SIZE), torch.rand(SIZE, SIZE)
    out = torch.mm(left, right)

    def product() -> int:
        torch.mm(left, right, out=out)
        return 1

    def play() -> Timing:
        seconds, products = until(job.settings["least_seconds"], product)
        return Timing(seconds * job.settings["flop_per_document"] / (2 * SIZE**3 * products), 1)

    return Participant(
        title="the machine's peak",
        settings=f"torch.mm of {SIZE} × {SIZE} float32, threads: {options['threads']}",
        versions={"torch": str(torch.__version__)},
        play=play,
    )
