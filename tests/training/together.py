"""Trainings by several processes of this machine, for tests: each is forked from a server that has the imports done."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from rows import make_rows
from training.runs import FULL, PLAIN, THOROUGH, Steps

from recurra.batches import Ragged
from recurra.errors import TrainingError
from recurra.models.network import Network
from recurra.networks.initial import initial_weights
from recurra.presets import Recipe, TrainingSettings
from recurra.text import TextSettings
from recurra.training import distributed
from recurra.training.distributed import Processes
from recurra.training.fit import RunOptions, fit
from recurra.training.loop import Trainer
from recurra.training.steps.step import EncodedRows

COUNT, STEPS = 96, 50
LOST, BROKEN = "lost", "broken"
COMPILED = PLAIN.replace(layers=2, bidirectional=True, dropout=0.3, weight_drop=0.2, word_dropout=0.2)
MANY = TrainingSettings(**{**THOROUGH.to_dict(), "batch_size": 4})
# Batches of three documents, some of them empty: the fourth process often has none.
FEW = TrainingSettings(
    epochs=2, batch_size=3, learning_rate=0.02, clip=0.5, class_weights="balanced", validation=0.2, patience=2, seed=3
)


class Ended(NamedTuple):
    """What a process knows at the end."""

    losses: list[float]
    checks: list[tuple[float, float, float]]
    weights: dict[str, Any]
    bytes_per_step: int = 0
    failure: str = ""


class Stops(Steps):
    """Stops after so many steps."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.most = steps

    def should_stop(self) -> bool:
        return self.steps >= self.most


def weighted_fit(network: Any, training: TrainingSettings, *, engine: str = "auto", **options: Any) -> Ended:
    """A training of rows that have weights, a few of them without a word."""
    documents, labels = make_rows(COUNT)
    for place in range(0, COUNT, 5):
        documents[place] = ("", "")
    heard = Stops(options.pop("steps", 10**6))
    try:
        found = fit(
            documents,
            labels,
            recipe=Recipe(text=TextSettings(tokens="lesson"), network=network, training=training),
            run=RunOptions(engine=engine, device="cpu", **options),
            callbacks=[heard],
            sample_weight=np.linspace(0.5, 1.5, COUNT),
        )
    except TrainingError as error:
        return Ended(heard.losses, [], {}, failure=str(error))
    history = found.outcome.history
    return Ended(
        heard.losses,
        [(one.epoch, one.loss, one.accuracy) for one in history.validation],
        {name: np.array(array) for name, array in found.bundle.tensors.items()},
        found.outcome.bytes_per_step,
    )


def compiled(**options: Any) -> Ended:
    return weighted_fit(COMPILED, MANY, **options)


def broken(**options: Any) -> Ended:
    """Weights that run away."""
    training = TrainingSettings(
        **{**MANY.to_dict(), "learning_rate": 1e38, "warmup": 0.0, "clip": 0.0, "averaging": 0.0}
    )
    return weighted_fit(COMPILED, training, **options)


def compiled_keras(**options: Any) -> Ended:
    training = TrainingSettings(**{**FEW.to_dict(), "optimiser": "keras_adam"})
    return weighted_fit(COMPILED.replace(layers=1), training, **options)


def autograd(**options: Any) -> Ended:
    training = TrainingSettings(**{**MANY.to_dict(), "optimiser": "keras_adam", "weight_decay": 0.0})
    return weighted_fit(
        FULL.replace(layers=1, pooling=("max", "attention"), every_step=0.0), training, engine="torch", **options
    )


def unmasked(**options: Any) -> Ended:
    training = TrainingSettings(**{**FEW.to_dict(), "optimiser": "sparse_adam"})
    return weighted_fit(FULL.replace(layers=1, masked=False), training, engine="torch", **options)


def reference(**options: Any) -> Ended:
    """50 steps of the reference engine in float64."""
    rng = np.random.default_rng(0)
    lengths = np.where(rng.random(COUNT) < 0.2, 0, rng.integers(1, 12, COUNT))
    documents = [rng.integers(0, 40, length).tolist() for length in lengths]
    rows = EncodedRows(Ragged.from_lists(documents), rng.integers(0, 3, COUNT))
    shape = FULL.replace(layers=1)
    network = Network(shape, initial_weights(shape, rows=40, classes=3, seed=1), engine="reference")
    network.place("cpu", seed=2)
    network.double()
    heard, processes = Steps(), distributed.joined()
    settings = TrainingSettings(
        **{**FEW.to_dict(), "epochs": 3, "batch_size": 5, "optimiser": "adam", "class_weights": "none"}
    )
    Trainer(network, rows, None, settings, callbacks=heard, processes=processes).run()
    return Ended(heard.losses, [], {name: w.detach().numpy().copy() for name, w in network.named_weights().items()})


JOBS: dict[str, Callable[..., Ended]] = {
    job.__name__: job for job in (compiled, compiled_keras, autograd, unmasked, reference, broken)
}


class Job(NamedTuple):
    """A training: its name in :data:`JOBS`, options, and the step before which the last process is killed."""

    name: str
    options: Mapping[str, Any] | None = None
    killed_before: int | None = None


def together(size: int, jobs: list[Job]) -> list[list[Ended]]:
    """Does jobs, one after the other, in so many processes; gives what each process that lives on knows of each."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["training.together"])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    pipes = [context.Pipe(duplex=False) for _ in range(size)]
    running = [
        context.Process(target=_one, args=(rank, size, port, jobs, write)) for rank, (_, write) in enumerate(pipes)
    ]
    for process in running:
        process.start()
    for _, write in pipes:
        write.close()
    found = []
    for (read, _), process in zip(pipes, running, strict=True):
        try:
            found.append(read.recv())
        except EOFError:
            process.join()
            assert process.exitcode == -signal.SIGKILL
    for process in running:
        process.join()
    return found


def _one(rank: int, size: int, port: int, jobs: list[Job], write: Any) -> None:
    torch.set_num_threads(1)
    numbers = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": size, "LOCAL_WORLD_SIZE": size, "MASTER_PORT": port}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", **{name: str(number) for name, number in numbers.items()}}
    found = []
    for job in jobs:
        if job.killed_before is not None and rank == size - 1:
            _die_before(job.killed_before)
        found.append(JOBS[job.name](**(job.options or {})))
    write.send(found)


def _die_before(step: int) -> None:
    sums, count = Processes.add_up_step, 0

    def counted(self: Processes, *args: Any) -> tuple[float, int]:
        nonlocal count
        count += 1
        if count == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return sums(self, *args)

    Processes.add_up_step = counted  # type: ignore[method-assign]


def in_folder(folder: Path, name: str) -> dict[str, Any]:
    """Options of a run in a folder of its own."""
    return {"folder": folder / name, "checkpoint_seconds": 1e6}
