"""From documents and labels to a model: the one way of training, used by Python and by the commands."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch

from recurra.bundle import Bundle, digest_in
from recurra.bundle.schema import largest_pad_to
from recurra.data.corpus import Corpus, InMemoryRows
from recurra.data.decisions import Cleaning
from recurra.data.documents import Document, Label, LabelSet
from recurra.errors import SettingsError
from recurra.folders import locked_folder
from recurra.networks.settings import NetworkSettings
from recurra.presets.training_settings import TrainingSettings
from recurra.tasks import Task, task_named
from recurra.text import TextSettings
from recurra.text.choice import TokenChoice
from recurra.training.answering import validate
from recurra.training.build import build, chosen_device
from recurra.training.calibrate import calibrated
from recurra.training.callbacks import Callback, Callbacks
from recurra.training.epochs import epoch_batches
from recurra.training.folder import prepare_folder
from recurra.training.loop import Trainer
from recurra.training.prepare import Prepared, labelled_rows, prepare
from recurra.training.rate_finder import with_found_rate
from recurra.training.reading import resolve
from recurra.training.record import Fitted, bundled, write_run
from recurra.training.steps.step import EncodedRows
from recurra.training.tensorboard import TensorBoard
from recurra.training.warm_start import check_continues

__all__ = ["Fitted", "chosen_device", "fit", "fit_prepared"]


def fit(
    documents: Sequence[Document] | Corpus,
    labels: Sequence[Label] | Sequence[LabelSet] | None = None,
    *,
    text: TextSettings,
    network: NetworkSettings,
    training: TrainingSettings,
    task: Task | str | None = None,
    characters: Mapping[str, Any] | None = None,
    preset: str = "",
    vectors: Path | None = None,
    engine: str = "auto",
    device: str = "auto",
    folder: Path | None = None,
    resume: bool = False,
    checkpoint_seconds: float = 60.0,
    callbacks: Sequence[Callback] = (),
    cleaning: Cleaning | None = None,
    label_separator: str | None = None,
    initial: Bundle | None = None,
    find_learning_rate: bool = False,
    tensorboard: bool = False,
) -> Fitted:
    """Trains a classifier.

    Args:
        documents: texts, or (title, text) pairs; or a corpus, which has its own labels and need not be in memory.
        labels: as many as documents; each a tuple of labels, which may be empty, where documents have several.
        text: the text pipeline's settings.
        network: the network's.
        training: the training's.
        task: what is learned, or its name; ``None`` goes by the labels: several where they are tuples.
        characters: single settings that differ where ``tokens = "auto"`` chooses characters.
        preset: name of what the settings came from, for the record.
        vectors: file of pretrained vectors for the embedding, whose size then follows from it.
        engine: of the recurrence.
        device: ``auto`` (a GPU where there is one), ``cpu``, ``cuda`` or ``mps``.
        folder: of the run: checkpoints, the model file and the curves are written there.
        resume: go on from the folder's checkpoint.
        checkpoint_seconds: time between checkpoints within an epoch.
        callbacks: hear of the progress, and may stop the training.
        cleaning: what was done to the rows before, for the record.
        label_separator: what stood between the labels of a row, for the record.
        initial: a model that training goes on from; its words and classes stay, new ones are added.
        find_learning_rate: find one on the training rows first, instead of that of the settings.
        tensorboard: write curves for TensorBoard into the folder.

    Raises:
        DataError, SettingsError: nothing can be learned from this.
        TrainingError: the run could not go on; with a folder, the last good model lies in it.
        RecurraError: the folder cannot be used, or another run writes into it.
    """
    told = Callbacks(callbacks)
    if folder is None and resume:
        raise SettingsError("A run without a folder is to be resumed", "Name the folder of the run.")
    if folder is None and tensorboard:
        raise SettingsError("Curves for TensorBoard are asked for without a folder", "Name the folder of the run.")
    with nullcontext() if folder is None else locked_folder(folder):
        corpus = (
            cast(Corpus, documents) if labels is None else InMemoryRows(cast(Sequence[Document], documents), labels)
        )
        if initial is not None:
            check_continues(initial, text, network)
            if vectors is not None:
                raise SettingsError(f"The vectors {vectors} are given with a model to go on from", "Leave them out.")
        labelled = labelled_rows(
            corpus, text, told, task=task_named(task) if isinstance(task, str) else task, initial=initial
        )
        labelled.task.trainable(training)
        if training.freeze_vectors and vectors is None and initial is None:
            raise SettingsError("freeze_vectors is set without vectors", "Name their file, or let the embedding learn.")
        place = chosen_device(device, training)
        if folder is not None:
            prepare_folder(folder, resume=resume)

        chosen = resolve(labelled, text=text, network=network, training=training, characters=characters, callbacks=told)
        return fit_prepared(
            prepare(labelled, chosen.text, chosen.training, folder=folder, callbacks=told, initial=initial),
            network=chosen.network,
            training=chosen.training,
            choice=chosen.choice,
            preset=preset,
            vectors=vectors,
            engine=engine,
            device=place,
            folder=folder,
            resume=resume,
            checkpoint_seconds=checkpoint_seconds,
            callbacks=callbacks,
            cleaning=cleaning,
            label_separator=label_separator,
            initial=initial,
            find_learning_rate=find_learning_rate,
            tensorboard=tensorboard,
        )


def fit_prepared(
    prepared: Prepared,
    *,
    network: NetworkSettings,
    training: TrainingSettings,
    preset: str,
    engine: str,
    device: torch.device,
    callbacks: Sequence[Callback],
    choice: TokenChoice | None = None,
    cleaning: Cleaning | None = None,
    label_separator: str | None = None,
    vectors: Path | None = None,
    folder: Path | None = None,
    resume: bool = False,
    checkpoint_seconds: float = 60.0,
    initial: Bundle | None = None,
    find_learning_rate: bool = False,
    tensorboard: bool = False,
) -> Fitted:
    """Trains a classifier on rows that are prepared already, as several trainings on the same rows want them.

    Args:
        prepared: rows, classes and vocabulary.
        network: the network's settings.
        training: the training's.
        preset: as in :func:`fit`, and so are all that follow.
        engine: of the recurrence.
        device: where to.
        callbacks: hear of the progress.
        choice: why these tokens are read, for the record.
        cleaning: what was done to the rows before, for the record.
        label_separator: what stood between the labels of a row, for the record.
        vectors: file of pretrained vectors.
        folder: of the run, made ready; ``None`` writes nothing.
        resume: go on from the folder's checkpoint.
        checkpoint_seconds: time between checkpoints within an epoch.
        initial: a model that training goes on from, whose words and classes the rows have.
        find_learning_rate: find one first.
        tensorboard: write curves for TensorBoard into the folder.

    Raises:
        DataError, SettingsError: nothing can be learned from this.
        TrainingError: the run could not go on; with a folder, the last good model lies in it.
    """
    text, told = prepared.pipeline.settings, Callbacks(callbacks)
    pad_to = None if network.masked else _pad_to(prepared.rows, network, training)
    module = build(
        network,
        prepared,
        training,
        vectors=vectors,
        engine=engine,
        device=device,
        callbacks=told,
        initial=initial,
    )
    if find_learning_rate:
        training = with_found_rate(module, prepared.rows, training, engine=engine, folder=folder, callbacks=told)
    if tensorboard and folder:
        told = Callbacks([*callbacks, TensorBoard(folder)])

    settings = {"text": text.to_dict(), "network": module.settings.to_dict(), "training": training.to_dict()}
    described = [prepared.fingerprint, settings, str(vectors), *([digest_in(initial)] if initial else [])]
    trainer = Trainer(
        module,
        prepared.rows,
        prepared.held,
        training,
        pad_to=pad_to,
        folder=folder,
        run=hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest(),
        checkpoint_seconds=checkpoint_seconds,
        callbacks=told,
    )
    if resume and not trainer.resume():
        told.on_message(f"There is no checkpoint in {folder}: training starts from the beginning.")
    outcome = trainer.run()

    calibration = calibrated(module, prepared.held, prepared.task, training, pad_to=pad_to, callbacks=told)
    validation, task = validate(
        module, prepared.held, prepared.task, prepared.classes, trainer.objective, training, pad_to=pad_to
    )
    bundle = bundled(
        module,
        prepared,
        training,
        outcome,
        preset=preset,
        pad_to=pad_to,
        validation=validation,
        task=task,
        cleaning=cleaning,
        label_separator=label_separator,
        choice=choice,
        calibration=calibration,
        initial=initial,
    )
    write_run(folder, bundle, outcome)
    return Fitted(bundle, outcome, prepared.count, validation)


def _pad_to(rows: EncodedRows, network: NetworkSettings, training: TrainingSettings) -> int:
    """The mean length of the first epoch's batches, each padded to its longest document.

    Raises:
        SettingsError: it is more than a model file may hold.
    """
    lengths = rows.documents.lengths
    batches = epoch_batches(lengths, training, 0, rows.targets)
    pad_to, largest = round(float(np.mean([lengths[batch].max() for batch in batches]))), largest_pad_to(network)
    if pad_to > largest:
        raise SettingsError(
            f"masked is false, so every text would be padded to {pad_to:,} tokens, the mean of the batches' longest, "
            f"and a model of this size may ask for {largest:,}",
            "Set masked = true, give shorter texts, or lower hidden or layers.",
        )
    return pad_to
