"""From documents and labels to a model: the one way of training, used by Python and by the commands."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from recurra.bundle import Bundle, write_bundle
from recurra.bundle.atomic import write_atomically
from recurra.data.decisions import Cleaning
from recurra.data.documents import Document, Label
from recurra.data.split import hold_out
from recurra.data.table import Table
from recurra.errors import DataError, SettingsError, TrainingError
from recurra.evaluation import Evaluation, evaluate
from recurra.models.initial import initial_weights
from recurra.models.network import Network
from recurra.models.settings import NetworkSettings
from recurra.text import Labels, TextPipeline, TextSettings, load_vectors
from recurra.text.vocabulary import SPECIAL_IDS
from recurra.training.card import for_the_card, write_card
from recurra.training.folder import HISTORY, MODEL, prepare_folder
from recurra.training.loop import Outcome, Rows, Trainer, epoch_batches
from recurra.training.predict import logits
from recurra.training.progress import Listener
from recurra.training.settings import TrainingSettings
from recurra.version import VERSION

__all__ = ["Fitted", "chosen_device", "fit"]


@dataclass(frozen=True)
class Fitted:
    """A trained model and how it came to be.

    Attributes:
        bundle: what the model file holds.
        outcome: curves, time, how the run ended.
        rows: training rows, those held out included.
        validation: scores on the held-out rows, or ``None`` if there were none.
    """

    bundle: Bundle
    outcome: Outcome
    rows: int
    validation: Evaluation | None


def fit(
    documents: Sequence[Document],
    labels: Sequence[Label],
    *,
    text: TextSettings,
    network: NetworkSettings,
    training: TrainingSettings,
    preset: str = "",
    vectors: Path | None = None,
    engine: str = "auto",
    device: str = "auto",
    folder: Path | None = None,
    resume: bool = False,
    checkpoint_seconds: float = 60.0,
    listener: Listener | None = None,
    cleaning: Cleaning | None = None,
) -> Fitted:
    """Trains a classifier.

    Args:
        documents: texts, or (title, text) pairs.
        labels: as many.
        text: the text pipeline's settings.
        network: the network's.
        training: the training's.
        preset: name of what the settings came from, for the record.
        vectors: file of pretrained vectors for the embedding, whose size then follows from it.
        engine: of the recurrence.
        device: ``auto`` (a GPU where there is one), ``cpu``, ``cuda`` or ``mps``.
        folder: of the run: checkpoints, the model file and the curves are written there.
        resume: go on from the folder's checkpoint.
        checkpoint_seconds: time between checkpoints within an epoch.
        listener: hears of the progress.
        cleaning: what was done to the rows before, for the record.

    Raises:
        DataError, SettingsError: nothing can be learned from this.
        TrainingError: the run could not go on; with a folder, the last good model lies in it.
    """
    listener = listener or Listener()
    if len(documents) != len(labels):
        raise DataError(
            f"There are {len(documents):,} documents and {len(labels):,} labels", "Give one label a document."
        )
    documents, labels = _with_title(documents, labels, text, listener)
    classes = Labels.learn(labels)
    if len(classes) < 2:
        raise DataError(
            f"All {len(labels):,} rows have the label {classes.classes[0]!r}", "Give rows of two classes or more."
        )
    targets = classes.encode(labels)
    if training.freeze_vectors and vectors is None:
        raise SettingsError("freeze_vectors is set without vectors", "Name their file, or let the embedding learn.")
    place = chosen_device(device, training)
    if folder is not None:
        prepare_folder(folder, resume=resume)
    elif resume:
        raise SettingsError("A run without a folder is to be resumed", "Name the folder of the run.")

    kept, held = hold_out(list(labels), share=training.validation, seed=training.seed)
    # A fixed number of texts is counted from the head of the file, whatever is held out; otherwise the held-out rows
    # must stay as new to the network as test rows are.
    seen = documents if text.vocabulary_documents else [documents[row] for row in kept]
    pipeline = TextPipeline.learn(seen, text)
    network, rows_of_vectors = _vectors(vectors, pipeline, network, listener)
    ids = pipeline.encode(documents)
    rows = Rows(ids.take(kept), targets[kept])
    held_rows = Rows(ids.take(held), targets[held]) if len(held) else None
    pad_to = None if network.masked else _pad_to(rows, training)

    weights = initial_weights(network, rows=pipeline.rows, classes=len(classes), seed=training.seed)
    if rows_of_vectors is not None:
        found, values = rows_of_vectors
        weights["embedding"][SPECIAL_IDS : SPECIAL_IDS + len(values)][found] = values[found]
    module = Network(network, weights, engine=engine)
    module.place(place, seed=training.seed)

    fingerprint = Table(list(documents), list(labels), "text", None, "label", "memory").fingerprint
    settings = {"text": text.to_dict(), "network": network.to_dict(), "training": training.to_dict()}
    run = hashlib.sha256(json.dumps([fingerprint, settings, str(vectors)], sort_keys=True).encode()).hexdigest()
    trainer = Trainer(
        module,
        rows,
        held_rows,
        training,
        pad_to=pad_to,
        folder=folder,
        run=run,
        checkpoint_seconds=checkpoint_seconds,
        listener=listener,
    )
    if resume and not trainer.resume():
        listener.said(f"There is no checkpoint in {folder}: training starts from the beginning.")
    outcome = trainer.run()

    validation = _evaluate(module, held_rows, classes, pad_to) if held_rows else None
    record: dict[str, Any] = {
        "preset": preset,
        "training": training.to_dict(),
        "rows": len(documents),
        "held_out": len(held),
        "epochs": outcome.epochs,
        "best_epoch": outcome.best_epoch,
        "steps": outcome.steps,
        "data_sha256": fingerprint,
        **({"cleaning": cleaning.to_dict()} if cleaning else {}),
        "scores": {"validation": _scores(validation)},
        **for_the_card(targets, held_rows, validation, outcome),
        "versions": {
            "recurra": VERSION,
            "numpy": np.__version__,
            "python": platform.python_version(),
            "torch": str(torch.__version__),
        },
    }
    bundle = Bundle(
        text=pipeline.settings,
        network=network,
        vocabulary=pipeline.vocabulary,
        labels=classes,
        pad_to=pad_to,
        tensors=module.arrays(),
        record=record,
    )
    if folder is not None:
        write_bundle(bundle, folder / MODEL)
        write_card(bundle, folder)
        write_atomically(folder / HISTORY, json.dumps(outcome.history.to_json(), indent=1).encode())
    if outcome.failure:
        kept_at = f"The last good model is {folder / MODEL}." if folder else ""
        raise TrainingError(outcome.failure.received, f"{outcome.failure.mend} {kept_at}") from outcome.failure
    return Fitted(bundle, outcome, len(documents), validation)


def _with_title(
    documents: Sequence[Document], labels: Sequence[Label], text: TextSettings, listener: Listener
) -> tuple[Sequence[Document], Sequence[Label]]:
    """Leaves out pairs without a title where titles are what is read."""
    if text.field != "title":
        return documents, labels
    kept = [row for row, one in enumerate(documents) if isinstance(one, str) or one[0].strip()]
    if len(kept) == len(documents):
        return documents, labels
    listener.said(f"{len(documents) - len(kept):,} of {len(documents):,} rows have no title and are left out.")
    return [documents[row] for row in kept], [labels[row] for row in kept]


def chosen_device(name: str, training: TrainingSettings) -> torch.device:
    """The device of a name, ``auto`` being a GPU where there is one.

    Raises:
        SettingsError: it is not there, or cannot compute in the precision of the settings.
    """
    try:
        device = torch.device(("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise SettingsError(f"The device {name!r} cannot be used here", "Choose auto or cpu.") from error
    if training.precision == "bfloat16" and device.type != "cuda":
        raise SettingsError(
            f"precision is bfloat16 on the device {device}", "Mixed precision needs a GPU; use float32."
        )
    return device


def _vectors(
    path: Path | None, pipeline: TextPipeline, network: NetworkSettings, listener: Listener
) -> tuple[NetworkSettings, tuple[npt.NDArray[np.bool_], npt.NDArray[np.float32]] | None]:
    if path is None:
        return network, None
    if network.input == "one_hot":
        raise SettingsError(f"The vectors {path} are given with one_hot input", "Set input to embedding.")
    values, found = load_vectors(path, pipeline.vocabulary.tokens)
    covered = f"{int(found.sum()):,} of {len(found):,} words of the vocabulary ({found.mean():.1%})"
    listener.said(f"{covered} have a vector in {path.name}.")
    return network.replace(embedding=values.shape[1]), (found, values)


def _pad_to(rows: Rows, training: TrainingSettings) -> int:
    """The mean length of the first epoch's batches, each padded to its longest document."""
    lengths = rows.documents.lengths
    return round(float(np.mean([lengths[batch].max() for batch in epoch_batches(lengths, training, 0)])))


def _evaluate(module: Network, held: Rows, classes: Labels, pad_to: int | None) -> Evaluation:
    scores = torch.softmax(logits(module, held.documents, pad_to=pad_to).double(), dim=1).numpy()
    return evaluate(scores, held.targets, classes.classes)


def _scores(evaluation: Evaluation | None) -> dict[str, float]:
    if evaluation is None:
        return {}
    values = evaluation.to_json()
    return {name: values[name] for name in ("rows", "accuracy", "macro_f1", "log_loss", "ece")}
