"""Padding and time that bucketing (batching documents of similar length) saves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recurra.batches.epochs import epoch_batches
from recurra.data.table import Table
from recurra.lesson.trained_model import TrainedModel
from recurra.models.network import Network
from recurra.networks.initial import initial_weights
from recurra.presets import TrainingSettings
from recurra.training.build import chosen_device
from recurra.training.loop import Trainer
from recurra.training.steps.step import EncodedRows

__all__ = ["ROUNDS", "BatchingCost", "measure_bucketing"]

# Number of documents that each way of batching is timed on: a few seconds' work.
SAMPLE = 4_000
ROUNDS = 3


@dataclass(frozen=True)
class BatchingCost:
    """Padding and time of one way of batching.

    Attributes:
        bucketing: whether documents of similar length are batched together.
        padding: share of pads among all tokens of batches padded to their longest document.
        seconds: time to train on the sample, the median of three runs.
    """

    bucketing: bool
    padding: float
    seconds: float


def measure_bucketing(trained: TrainedModel, table: Table, *, seed: int, device: str) -> tuple[list[BatchingCost], int]:
    """Times a training without and with bucketing, alternating, from the same initial weights.

    Args:
        trained: the model whose network and batch size are used; it is not changed.
        table: the training rows.
        seed: seed of the runs.
        device: device to train on, as in :func:`recurra.training.fit.fit`.

    Returns:
        The costs without and with bucketing, and the number of timed documents.
    """
    bundle = trained.model.bundle
    base = TrainingSettings.from_dict(bundle.record["training"], where="the model").replace(
        epochs=1, seed=seed, validation=0.0, patience=0
    )
    documents = bundle.pipeline.encode(table.documents)
    sample = documents.take(np.arange(min(SAMPLE, len(documents))))
    rows = EncodedRows(sample, np.arange(len(sample)) % len(bundle.labels))
    seconds: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(ROUNDS):
        for bucketing in seconds:
            weights = initial_weights(bundle.network, rows=bundle.pipeline.rows, classes=len(bundle.labels), seed=seed)
            network = Network(bundle.network, weights)
            network.place(chosen_device(device, base), seed=seed)
            seconds[bucketing].append(Trainer(network, rows, None, base.replace(bucketing=bucketing)).run().seconds)
    measured = [
        BatchingCost(
            bucketing, padding_share(documents.lengths, base.replace(bucketing=bucketing)), float(np.median(times))
        )
        for bucketing, times in seconds.items()
    ]
    return measured, len(sample)


def padding_share(lengths: npt.NDArray[np.int64], settings: TrainingSettings) -> float:
    """Share of pads among the tokens of an epoch whose batches are padded to their longest document."""
    padded_tokens = sum(len(batch) * int(lengths[batch].max()) for batch in epoch_batches(lengths, settings, 0))
    return 1 - float(lengths.sum()) / max(padded_tokens, 1)
