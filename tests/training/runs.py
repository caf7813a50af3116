"""Small runs with every part that draws random numbers or remembers something switched on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rows import make_rows

from recurra.bundle import Bundle
from recurra.data.corpus import Corpus
from recurra.linear_branch import BranchSettings
from recurra.networks.settings import NetworkSettings
from recurra.presets import Recipe, TrainingSettings
from recurra.tasks import Task
from recurra.text import TextSettings
from recurra.training.callbacks import Callback
from recurra.training.fit import FitResult, Provenance, RunOptions, fit
from recurra.training.steps.step import StepResults

TEXT = TextSettings(tokens="lesson")
PLAIN = NetworkSettings(cell="gru", hidden=5, embedding=4)
FULL = PLAIN.replace(layers=2, bidirectional=True, dropout=0.2, weight_drop=0.2, word_dropout=0.2, every_step=0.2)
SHORT = TrainingSettings(epochs=2, batch_size=8, learning_rate=0.01, validation=0.0, calibrate=False)
THOROUGH = TrainingSettings(
    epochs=3,
    batch_size=8,
    batch_tokens=120,
    bucketing=True,
    optimiser="adamw",
    weight_decay=0.01,
    learning_rate=0.02,
    warmup=0.1,
    decay="cosine",
    clip=1.0,
    label_smoothing=0.1,
    class_weights="balanced",
    averaging=0.9,
    validation=0.2,
    patience=2,
    seed=4,
)


class Steps(Callback):
    """Counts what it hears."""

    def __init__(self) -> None:
        self.steps, self.losses, self.checks, self.messages = 0, [], [], []
        self.began: tuple[int, int] = (0, 0)

    def on_train_begin(self, documents: int, done: int) -> None:
        self.began = (documents, done)

    def on_steps_end(self, results: StepResults) -> None:
        for result in results.taken:
            self.count_step(result.documents, result.loss)

    def count_step(self, documents: int, loss: float) -> None:
        self.steps += 1
        self.losses.append(loss)

    def on_validation_end(self, metrics: Any) -> None:
        self.checks.append(metrics)

    def on_message(self, message: str) -> None:
        self.messages.append(message)


def train(
    folder: Path | None = None,
    *,
    count: int = 60,
    rows: tuple[Any, Any] | None = None,
    network: NetworkSettings = PLAIN,
    training: TrainingSettings = SHORT,
    text: TextSettings = TEXT,
    vectors: Path | str | None = None,
    branch: BranchSettings | None = None,
    preset: str = "",
    task: Task | str | None = None,
    initial: Bundle | None = None,
    validation_data: Corpus | None = None,
    callbacks: Sequence[Callback] = (),
    **options: Any,
) -> FitResult:
    """A run; what is not named here is an option of the run or of its provenance."""
    documents, labels = rows or make_rows(count)
    told = {name: options.pop(name) for name in ("cleaning", "label_separator") if name in options}
    return fit(
        documents,
        labels,
        recipe=Recipe(
            name=preset,
            text=text,
            network=network,
            branch=branch or BranchSettings(),
            training=training,
            vectors=vectors,
        ),
        task=task,
        initial=initial,
        validation_data=validation_data,
        run=RunOptions(folder=folder, **options),
        provenance=Provenance(**told),
        callbacks=callbacks,
    )
