"""The network's answers during training."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from recurra.batches import Ragged, cut_batches
from recurra.models.batch import Batch
from recurra.models.network import Network

__all__ = ["logits"]

BATCH = 256


@torch.no_grad()
def logits(network: Network, documents: Ragged, *, pad_to: int | None = None) -> Tensor:
    """[B, C] float32 on the CPU: logits without dropout, documents of like length computed together.

    Args:
        network: left in the mode it is in.
        documents: token ids.
        pad_to: for unmasked networks, the length up to which pads are appended.
    """
    if pad_to is not None:
        documents = documents.padded_to(pad_to)
    was_training = network.training
    network.eval()
    device = network.generator.device
    order = np.argsort(documents.lengths, kind="stable")
    parts = []
    for rows in cut_batches(documents.lengths[order], batch_size=BATCH):
        parts.append(network(Batch.of(documents.take(order[rows]), device)).logits.float().cpu())
    network.train(was_training)
    if not parts:
        return torch.empty(0, network.named_weights()["b_O"].shape[0])
    return torch.cat(parts)[torch.from_numpy(np.argsort(order, kind="stable"))]
