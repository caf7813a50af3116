"""Recurra as a participant: ``python -m harness.ours JOB``. Each task takes the way that a user takes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from math import ceil
from pathlib import Path

from harness.peers.job import Job
from harness.peers.protocol import Participant, Timing, serve
from recurra.version import VERSION

__all__ = ["prepare"]


def prepare(job: Job) -> Participant:
    """Builds or loads the model, compiles what it needs and warms up."""
    if job.settings["task"] == "train":
        return _training(job)
    return _prediction(job)


def _training(job: Job) -> Participant:
    import torch

    train = trainer(job)
    train(1)
    # As many epochs as the round shall last, in one run: a run's beginning and end are no part of its steps.
    epochs = max(1, ceil(job.settings["least_seconds"] / train(1)))

    def play() -> Timing:
        return Timing(train(epochs), epochs * len(job))

    return Participant(
        title=f"recurra {VERSION}",
        settings=f"Trainer.run, {'bucketed' if job.settings['training']['bucketing'] else 'shuffled'} batches",
        versions={"recurra": VERSION, "torch": str(torch.__version__)},
        play=play,
    )


def trainer(job: Job) -> Callable[[int], float]:
    """A function that trains so many epochs from the initial weights, and gives the seconds that took."""
    from recurra.batches import Ragged
    from recurra.models.network import Network
    from recurra.networks.settings import NetworkSettings
    from recurra.presets import TrainingSettings
    from recurra.training.loop import Trainer
    from recurra.training.steps.step import EncodedRows

    settings = NetworkSettings.from_dict(job.network, where="the job")
    training = TrainingSettings.from_dict(job.settings["training"], where="the job")
    rows = EncodedRows(Ragged(job.rows["values"], job.rows["offsets"]), job.rows["targets"])

    def train(epochs: int) -> float:
        network = Network(settings, job.weights)
        network.place("cpu", seed=training.seed)
        one = Trainer(network, rows, None, training.replace(epochs=epochs))
        began = time.perf_counter()
        one.run()
        return time.perf_counter() - began

    return train


def _prediction(job: Job) -> Participant:
    import numpy

    import recurra

    model = recurra.load(job.folder / "model.safetensors")
    texts = job.texts

    def everything() -> None:
        model.predict(texts)

    def one(index: int) -> None:
        model.predict([texts[index]])[0]

    everything()
    return Participant(
        title=f"recurra {VERSION}",
        settings="load(file).predict(strings)",
        versions={"recurra": VERSION, "numpy": numpy.__version__},
        play=job.predict_round(everything, one),
    )


if __name__ == "__main__":
    serve(lambda: prepare(Job.read(Path(sys.argv[1]))))
