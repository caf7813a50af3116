"""From documents and labels to a model: the one way of training, used by Python and by the commands."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy.typing as npt

from recurra.bundle import Bundle, digest_in
from recurra.bundle.format import decode, encode
from recurra.data.corpus import Corpus, InMemoryRows
from recurra.data.documents import Document, Label, LabelSet
from recurra.data.model_columns import ModelColumns
from recurra.data.plain_values import plain_list
from recurra.data.table import Table, rows_of
from recurra.errors import SettingsError, TrainingError
from recurra.file_size.limit import SizeLimit
from recurra.folders import locked_folder
from recurra.interrupt import Interrupt
from recurra.models.torch_process import own_defaults
from recurra.presets import Recipe
from recurra.runtime import Model
from recurra.tasks import Scores, Task, task_named
from recurra.text.named_vectors import check_vectors, load_pretrained
from recurra.training.baseline import measure_baselines
from recurra.training.branch import BranchTraining
from recurra.training.build import build, chosen_device, mean_longest, round_weights
from recurra.training.callbacks import Callback, Callbacks, FitFacts
from recurra.training.distributed import Processes, joined
from recurra.training.early_stopping import majority_share
from recurra.training.ending import learned_nothing, lower_loss_before, only_the_branch
from recurra.training.fit_events import FitEvents
from recurra.training.held_out import calibrate_output, logits, validate
from recurra.training.kept_examples import HeldSample, with_examples
from recurra.training.loop import Trainer
from recurra.training.outcome import Outcome
from recurra.training.prepare import TrainingData, labelled_rows, prepare, resolve_tokens
from recurra.training.progress import with_old_arguments
from recurra.training.rate_finder import with_found_rate
from recurra.training.record import FitResult, Provenance, build_bundle, write_run
from recurra.training.run import RunOptions, TimeLimit, prepare_folder
from recurra.training.validation_data import with_validation
from recurra.training.warm_start import bundle_of, check_warm_start

__all__ = ["FitResult", "Provenance", "RunOptions", "fit", "fit_prepared"]


@with_old_arguments
@own_defaults()
def fit(
    documents: Sequence[Document] | Corpus | Table,
    labels: Sequence[Label] | Sequence[LabelSet] | None = None,
    *,
    recipe: Recipe,
    task: Task | str | None = None,
    initial: Bundle | Model | str | Path | None = None,
    validation_data: Corpus | Table | None = None,
    run: RunOptions | None = None,
    provenance: Provenance | None = None,
    callbacks: Sequence[Callback] = (),
    sample_weight: npt.ArrayLike | None = None,
    class_order: Sequence[Label] = (),
) -> FitResult:
    """Trains a classifier.

    Where torchrun has started several processes, each of them calls this with the same rows, and computes a part of
    every batch. The first one alone writes files and hears of the progress.

    Args:
        documents: texts, or (title, text) pairs, in a list, an array or a column; or a table of
            :func:`recurra.read_table` or a corpus, which have their own labels; a corpus need not be in memory.
        labels: as many as documents; each a tuple of labels, which may be empty, where documents have several.
        recipe: text, network and training settings.
        task: what is learned, or its name; ``None`` goes by the labels: several where they are tuples.
        initial: a model to continue from (warm start), its bundle or its file's path; its words and classes stay, new
            ones are added.
        validation_data: rows to hold out, such as the latest ones, as a table or a corpus (lists:
            :class:`recurra.data.corpus.InMemoryRows`); none of ``documents`` is held out then, whatever share there is.
        run: where to compute and to write.
        provenance: for the record.
        callbacks: notified of the progress; they may stop the training.
        sample_weight: float[B], what the loss of each row counts, 0 or more; all alike if not given.
        class_order: classes that come first among the outputs, in this order; the others are sorted.

    Raises:
        DataError, SettingsError: nothing can be learned from this.
        TrainingError: the run could not go on; with a folder, the last good model lies in it.
        RecurraError: the folder cannot be used, or another run writes into it.
    """
    if not isinstance(recipe, Recipe):
        raise SettingsError(f"fit was given the recipe {recipe!r:.60}", "Give recurra.presets.load_preset(name).")
    run, processes = run or RunOptions(), joined()
    if processes is not None and not processes.is_first:
        run, callbacks = run.without_files(), ()
    told = Callbacks(callbacks)
    with nullcontext() if run.folder is None else locked_folder(run.folder):
        if labels is None:
            named = None if provenance is None else provenance.columns
            corpus, named = rows_of(documents, "documents without labels", named)
            provenance = replace(provenance or Provenance(), columns=named)
        else:
            corpus = InMemoryRows(cast(Sequence[Document], documents), labels)
        initial = bundle_of(initial)
        if initial is not None:
            check_warm_start(initial, recipe.text, recipe.network, recipe.branch)
            if recipe.vectors is not None:
                raise SettingsError(
                    f"The vectors {recipe.vectors} are given with a model to continue from", "Leave them out."
                )
        learned = task if task is None or isinstance(task, Task) else task_named(task)
        labelled = labelled_rows(
            corpus,
            recipe.text,
            told,
            task=learned,
            initial=initial,
            sample_weight=sample_weight,
            class_order=plain_list(class_order),
        )
        if validation_data is not None:
            held, _ = rows_of(validation_data, "validation_data")
            labelled = with_validation(labelled, held, recipe.text, told)
        labelled.task.check_training_settings(recipe.training)
        if recipe.training.freeze_vectors and recipe.vectors is None and initial is None:
            raise SettingsError("freeze_vectors is set without vectors", "Name their file, or let the embedding learn.")
        # What is wrong with it shows before anything is made.
        if recipe.vectors is not None:
            check_vectors(recipe.vectors)
        chosen_device(run.device, recipe.training, processes)
        if run.folder is not None:
            prepare_folder(run.folder, resume=run.resume)

        if initial is None:
            # A branch that learning goes on from keeps what it counts.
            recipe = recipe.for_rows(len(labelled.corpus))
        recipe, choice = resolve_tokens(labelled, recipe, told)
        prepared = prepare(
            labelled,
            recipe.text,
            recipe.training,
            # One process learns the branch.
            branch=recipe.branch if processes is None or processes.is_first else None,
            folder=run.folder,
            callbacks=told,
            initial=initial,
            limit=SizeLimit.of(recipe, labelled.classes, labelled.task),
        )
        baselines = measure_baselines(labelled, recipe, told) if run.baseline else None
        return fit_prepared(
            prepared,
            recipe=recipe,
            initial=initial,
            run=run,
            provenance=replace(provenance or Provenance(), tokens=choice, baselines=baselines),
            callbacks=callbacks,
            examples=HeldSample.of(labelled, recipe.training, run.keep_examples) if run.keep_examples else None,
            processes=processes,
        )


@own_defaults()
def fit_prepared(
    prepared: TrainingData,
    *,
    recipe: Recipe,
    initial: Bundle | None = None,
    run: RunOptions,
    provenance: Provenance,
    callbacks: Sequence[Callback],
    examples: HeldSample | None = None,
    processes: Processes | None = None,
) -> FitResult:
    """Trains a classifier on rows that are prepared already, as several trainings on the same rows want them.

    Args:
        prepared: rows, classes and vocabulary.
        recipe: network and training settings; text is read as ``prepared`` says.
        initial: a model to continue from (warm start), whose words and classes the rows have.
        run: where to compute and to write; a folder is made ready.
        provenance: for the record.
        callbacks: notified of the progress; they may stop the training.
        examples: rows held out, of which some are kept in the model file.
        processes: those that train together, each of which calls this; ``None`` where this one is alone.

    Raises:
        DataError, SettingsError: nothing can be learned from this.
        TrainingError: the run could not go on; with a folder, the last good model lies in it.
    """
    first = processes is None or processes.is_first
    told, text, pad_to = Callbacks(callbacks), prepared.pipeline.settings, None
    if not recipe.network.masked:
        pad_to = mean_longest(prepared.rows, recipe)
    vectors = None
    if recipe.vectors is not None:
        if recipe.network.input == "one_hot":
            raise SettingsError(f"The vectors {recipe.vectors} are given with one_hot input", "Set input to embedding.")
        vectors = load_pretrained(recipe.vectors, prepared.pipeline.vocabulary.tokens, say=told.on_message)
        provenance = replace(provenance, vectors=vectors.to_record())
    elif initial is not None and isinstance(before := initial.record.get("vectors"), dict):
        provenance = replace(provenance, vectors=before)
    if provenance.columns is None and initial is not None:
        provenance = replace(provenance, columns=ModelColumns.from_record(initial.record))
    module = build(recipe, prepared, run=run, callbacks=told, initial=initial, vectors=vectors, processes=processes)
    if run.find_learning_rate:
        rate = with_found_rate(module, prepared.rows, recipe.training, run=run, callbacks=told) if first else 0.0
        if processes is not None:
            (rate,) = processes.numbers_of_first([rate])
        recipe = recipe.with_options({"learning_rate": rate})

    settings = {
        "text": text.to_dict(),
        "network": module.settings.to_dict(),
        "training": recipe.training.to_dict(),
        **({"branch": recipe.branch.to_dict()} if recipe.branch.branch else {}),
    }
    described = [prepared.fingerprint, settings, str(recipe.vectors), *([digest_in(initial)] if initial else [])]
    if prepared.validation:
        # The same rows, held out by their place and not by the settings.
        described.append({"validation_rows": int(prepared.validation.held.sum())})
    if prepared.rows.weights is not None:
        described.append(hashlib.sha256(prepared.rows.weights.tobytes()).hexdigest())
    facts = FitFacts(
        preset=recipe.name,
        settings={name: value for part in settings.values() for name, value in part.items()},
        rows=prepared.count,
        held_out=len(prepared.held) if prepared.held else 0,
        data_sha256=prepared.fingerprint,
        folder=run.folder,
        resumed=run.resume,
    )
    with FitEvents(told, facts) as events:
        began = time.monotonic()
        fingerprint = json.dumps(described, sort_keys=True)
        if processes is not None:
            processes.check_same(fingerprint)
        branch = BranchTraining.of(prepared, recipe, told, initial=initial) if first else None
        # At the end it learns once more, from all rows.
        reserve = time.monotonic() - began
        trainer = Trainer(
            module,
            prepared.rows,
            prepared.choosing,
            recipe.training,
            pad_to=pad_to,
            folder=run.folder,
            fingerprint=fingerprint,
            checkpoint_seconds=run.checkpoint_seconds,
            limit=None if run.minutes is None else TimeLimit(60 * run.minutes, run.began, reserve=reserve),
            callbacks=told,
            processes=processes,
        )
        # All of several processes take part: the first one tells the others what it has read, if anything.
        found = (run.resume or processes is not None) and trainer.resume()
        resumed_after = trainer.position.steps
        if run.resume:
            missing = f"There is no checkpoint in {run.folder}: training starts from the beginning."
            told.on_message(f"Resumed after step {resumed_after:,}." if found else missing)
        # What ends the training of several processes may come twice: from the terminal, and from what has started them.
        with nullcontext() if processes is None else Interrupt(patient=True):
            outcome = trainer.run()
            if processes is not None and not first:
                # The first one chooses and scores on the rows held out, and writes.
                bundle, validation, idle = _told_bundle(processes), None, ""
            else:
                bundle, validation, idle = _model_of(
                    trainer,
                    prepared,
                    recipe,
                    outcome,
                    branch=branch,
                    provenance=provenance,
                    initial=initial,
                    callbacks=told,
                    examples=examples,
                )
                events.has_model(bundle, outcome)
                try:
                    write_run(run.folder, bundle, outcome)
                except TrainingError as error:
                    if processes is not None:
                        processes.told(json.dumps([error.received, error.hint]).encode())
                    raise
                if processes is not None:
                    processes.told(b"")
                    processes.told(encode(bundle))
    return FitResult(
        bundle,
        outcome,
        prepared.count,
        validation,
        choosing=len(prepared.new) if prepared.held else 0,
        left_out=prepared.validation.left_out if prepared.validation else "",
        # Whoever begins with a preset that has no patience has chosen that.
        lower_loss="" if initial is None else lower_loss_before(outcome),
        idle=idle,
        copies=prepared.copies,
        resumed_after=resumed_after,
        remembered=prepared.remembered,
    )


def _told_bundle(processes: Processes) -> Bundle:
    """The model of the first process.

    Raises:
        TrainingError: the run could not go on, in the words of the first process.
    """
    if failure := processes.told(None):
        raise TrainingError(*json.loads(failure))
    return decode(processes.told(None))


def _model_of(
    trainer: Trainer,
    prepared: TrainingData,
    recipe: Recipe,
    outcome: Outcome,
    *,
    branch: BranchTraining | None,
    provenance: Provenance,
    initial: Bundle | None,
    callbacks: Callback,
    examples: HeldSample | None,
) -> tuple[Bundle, Scores | None, str]:
    """The model of a trained network, its scores on the rows held out, and a sentence if the network learned nothing.

    Args:
        trainer: of the network, after its run.
        prepared: the rows.
        recipe: the settings.
        outcome: of the run.
        branch: the linear branch, learned, if there is one.
        provenance: for the record.
        initial: the model that training went on from.
        callbacks: told what is left out, and why.
        examples: rows held out, of which some are kept in the model file.
    """
    module, pad_to, told = trainer.network, trainer.pad_to, callbacks
    if recipe.training.weights != "float32":
        # Before anything is chosen or scored: what is written is what was measured.
        round_weights(module, compact=recipe.training.weights == "int8_compact")

    branched = None
    if branch:
        held = prepared.held.documents if prepared.held else prepared.rows.documents.take([])
        learned = prepared.rows.documents.take(branch.looked_at)
        branched = branch.finish(
            module, logits(module, held, pad_to=pad_to), learned=logits(module, learned, pad_to=pad_to)
        )
        if branched.branch is None:
            told.on_message("linear branch: left out, the network alone is best on the rows held out.")
    calibration = calibrate_output(
        module, prepared.held, prepared.task, recipe.training, beside=branched, pad_to=pad_to, callbacks=told
    )
    validation, task, probabilities = validate(
        module, prepared.held, prepared.task, prepared.classes, trainer.objective, recipe.training, beside=branched,
        pad_to=pad_to,
    )  # fmt: skip
    bundle = build_bundle(
        module,
        prepared,
        recipe,
        outcome,
        task=task,
        validation=validation,
        calibration=calibration,
        branched=branched,
        pad_to=pad_to,
        provenance=provenance,
        initial=initial,
    )
    bundle = with_examples(bundle, examples)
    _tell_of_size(bundle, recipe, told)
    idle = ""
    if branched is not None:
        majority = None if prepared.held is None else majority_share(prepared.held.targets)
        idle = only_the_branch(branched.record, majority, recipe.training.learning_rate, time_is_up=outcome.time_is_up)
    if (branched is None or branched.branch is None) and prepared.held is not None and probabilities is not None:
        idle = learned_nothing(
            task, probabilities, prepared.held.targets, recipe.training.learning_rate, time_is_up=outcome.time_is_up
        )
    return bundle, validation, idle


def _tell_of_size(bundle: Bundle, recipe: Recipe, callbacks: Callback) -> None:
    """Says if the model file takes more bytes than it should, as that of a larger model trained on does."""
    most = recipe.training.max_bytes
    if most is not None and (size := len(encode(bundle))) > most:
        callbacks.on_message(f"The model file takes {size:,} bytes, more than max_bytes = {most:,}.")
