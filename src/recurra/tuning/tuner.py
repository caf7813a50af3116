"""The study: trial after trial until time or trials are used up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import optuna
import torch
from optuna.exceptions import StorageInternalError, UpdateFinishedTrialError
from optuna.trial import Trial, TrialState

from recurra.atomic import write_atomically
from recurra.bundle.format import encode
from recurra.data.corpus import Corpus
from recurra.data.fingerprint import Fingerprint
from recurra.data.model_columns import ModelColumns
from recurra.data.table import Table, rows_of
from recurra.errors import SettingsError, TrainingError
from recurra.folders import locked_folder
from recurra.interrupt import Interrupt
from recurra.presets import Recipe
from recurra.tasks.multi_label_detection import check_single_labels
from recurra.training.build import chosen_device
from recurra.training.callbacks import Callback
from recurra.training.held_out import scores_of
from recurra.training.run import MODEL, RunOptions, prepare_folder
from recurra.tuning.callbacks import StudyCallback, TrialCallback
from recurra.tuning.given import checked_limits, folder_of, recipe_of
from recurra.tuning.initial_trials import initial_trials
from recurra.tuning.limits import StudyLimits
from recurra.tuning.results import FOUND, StudyResult, TrialResult, best_of, csv_of, tried, tried_all
from recurra.tuning.rows import StudyRows, check_room
from recurra.tuning.shared import SharedStudy, SharedTrials, worker_name
from recurra.tuning.space import parameters_of, space_around, suggested, with_parameters
from recurra.tuning.storage import STUDY, open_shared_study, open_study, shared_storage, storage_of
from recurra.tuning.trial_models import TrialModels

__all__ = ["TRIALS", "Tuner", "check_study_folder"]

TRIALS = "trials.csv"

# Trials before the sampler learns from them, the given ones included (TPE: Bergstra et al. 2011).
STARTUP = 8
# A trial is compared from its second epoch on, once so many have reached it.
PRUNE_FROM, PRUNE_AFTER = 2, 4
# Settings in a row that fit into no file of the size asked for.
TOO_LARGE = 100
# Finished trials from which on the settings' importances mean something.
IMPORTANCE_FROM = 10


class Tuner:
    """Tries settings around a recipe.

    Args:
        corpus: documents with labels, such as :func:`recurra.read_table` gives; token ids alone must fit into memory.
        recipe: trial 0, or the name or path of its preset; its seed is the study's.
        folder: for the best model, and the study where no storage is named.
        limits: when to end.
        storage: see :func:`recurra.tuning.storage.storage_of`.
        resume: go on with the study that is there.
        shared: several processes work on the study; each has a folder of its own and a database as ``storage``, and
            the trials of ``limits`` are those of all together.
        engine: engine of the recurrence.
        device: as in :func:`recurra.training.fit.fit`.
        callback: notified of the progress.
        clock: seconds.
        validation_data: rows to choose by, such as the latest ones, instead of a share of the corpus.
        columns: names of the columns of the rows, for the record.
        single_label: each label is one class, also where it looks like several.

    Raises:
        DataError, SettingsError: nothing can be learned from this, the storage cannot be used, or no settings of the
            space give a model file of the size asked for.
        TrainingError: the study cannot be used.
        RecurraError: the folder cannot be used, or another run writes into it.
    """

    def __init__(
        self,
        corpus: Corpus | Table,
        *,
        recipe: Recipe | str | Path,
        folder: Path | str,
        limits: StudyLimits,
        storage: str | None = None,
        resume: bool = False,
        shared: SharedStudy | None = None,
        engine: str = "auto",
        device: str = "auto",
        callback: StudyCallback | None = None,
        clock: Callable[[], float] = time.monotonic,
        validation_data: Corpus | Table | None = None,
        columns: ModelColumns | None = None,
        single_label: bool = False,
    ) -> None:
        recipe, folder, limits = recipe_of(recipe), folder_of(folder), checked_limits(limits)
        corpus, columns = rows_of(corpus, "corpus", columns)
        validation_data = None if validation_data is None else rows_of(validation_data, "validation_data")[0]
        self._began, self._clock = clock(), clock
        self._callback = callback or StudyCallback()
        self._folder, self._limits, self._where = folder, limits, worker_name(folder) if shared else ""
        self._interrupt = Interrupt()
        if recipe.branch.branch and limits.max_size is not None:
            self._callback.on_message("linear branch: left out, as its bytes are not known before it is learned.")
            recipe = recipe.with_options({"branch": False})
        # What is wrong with it shows before the rows are read.
        chosen_device(device, recipe.training)
        if not single_label:
            check_single_labels(corpus)
        self._rows = StudyRows(
            corpus,
            recipe if validation_data is not None else _with_held_out(recipe),
            callbacks=_Messages(self._callback),
            validation_data=validation_data,
        )
        self._recipe = self._rows.recipe
        self._space = space_around(self._recipe)
        self._models = TrialModels(
            self._rows,
            self._recipe,
            folder,
            limits,
            run=RunOptions(engine=engine, device=device),
            columns=columns,
        )
        check_room(self._rows, self._recipe, self._space, limits)
        with locked_folder(folder):
            check_study_folder(folder, resume=resume)
            first = initial_trials(self._recipe, self._space, small=limits.max_size is not None)
            described = self._described(corpus, validation_data)
            self._shared: SharedTrials | None = None
            if shared is not None:
                database = shared_storage(storage, shared)
                self._study = open_shared_study(
                    database,
                    shared.name,
                    described=described,
                    initial=first[: limits.trials],
                    say=self._callback.on_message,
                )
                self._shared = SharedTrials(
                    self._study,
                    database,
                    shared,
                    trials=limits.trials,
                    stopped=lambda: self._time_is_up() or self._interrupt.received,
                    waiting=self._callback.on_wait,
                )
            else:
                self._study = self._own_study(storage, described, resume=resume)
                for parameters in first[len(self._study.trials) :]:
                    self._study.enqueue_trial(parameters)
            self._study.pruner = optuna.pruners.MedianPruner(n_startup_trials=PRUNE_AFTER, n_warmup_steps=PRUNE_FROM)

    def _own_study(self, storage: str | None, described: dict[str, Any], *, resume: bool) -> optuna.Study:
        """The study of this process alone.

        Raises:
            TrainingError: it is there and is not to go on, or has other data or settings.
        """
        kept = storage_of(storage, self._folder)
        study, known = open_study(kept, described=described, resume=resume)
        if resume and not known:
            if storage is None and len(optuna.get_all_study_names(kept)) > 1:
                raise TrainingError(
                    f"The study in {self._folder} belongs to other data or settings",
                    "Resume with the same data and options as before, or name another folder.",
                )
            self._callback.on_message("There is no such study yet: it starts from the beginning.")
        return study

    def run(self) -> StudyResult:
        """Tries until time or trials are used up, or a person stops it.

        Raises:
            RecurraError: another run writes into the folder.
        """
        with locked_folder(self._folder), self._interrupt:
            try:
                interrupted = self._try_all()
            except StorageInternalError as error:
                reason = str(error.__cause__ or error).partition("\n")[0]
                raise TrainingError(
                    f"The storage could not be read or written: {reason:.120}", "Go on with --resume when it is back."
                ) from error
        trials = self._trials()
        best = best_of(trials)
        some = self._rows.of(self._recipe.text.tokens)
        return StudyResult(
            trials=trials,
            best=best,
            rows=(len(some.rows), len(some.held or ()), len(self._rows.aside)),
            importances=self._importances(),
            seconds=self._clock() - self._began,
            interrupted=interrupted,
            elsewhere=best.folder if best and best.folder != self._where else "",
        )

    def _try_all(self) -> bool:
        """Tries until the study ends; says whether a person stopped it."""
        best = best_of(self._trials())
        if best and not self._shared and not (self._folder / MODEL).exists():
            self._callback.on_message(
                f"The model of trial {best.number} is not in {self._folder}: it is trained again."
            )
            self._models.again(best, self._trial_callback(best.number, None))
        interrupted = False
        for trial in self._next_trials():
            interrupted = self._try_alive(trial) or self._interrupt.received
            if interrupted:
                break
        if self._shared:
            # What the other processes have found, too.
            trials = self._trials()
            write_atomically(self._folder / TRIALS, csv_of(trials).encode())
            if best := best_of(trials):
                self._models.keep_recipe(best.number, with_parameters(self._recipe, best.settings))
        return interrupted or self._interrupt.received

    def _try_alive(self, trial: Trial) -> bool:
        """As :meth:`_try`; the other processes of a study are told meanwhile that this one lives."""
        if self._shared is None:
            return self._try(trial)
        try:
            with self._shared.alive(trial):
                return self._try(trial)
        except UpdateFinishedTrialError:
            self._callback.on_message(
                f"Trial {trial.number} was given up by the other processes, as this one was not heard of for so long."
            )
            return False

    def _next_trials(self) -> Iterator[Trial]:
        """Trials that a killed or stopped run has left, then new ones."""
        if self._shared:
            while not self._fits_nothing() and (trial := self._shared.next()) is not None:
                # No two processes have a trial of the same number, so each draws settings of its own.
                self._seed(trial.number)
                yield trial
            return
        for left in self._study.get_trials(states=(TrialState.RUNNING,)):
            if self._time_is_up():
                return
            self._seed(left.number)
            yield Trial(self._study, left._trial_id)
        while not self._time_is_up():
            trials = self._trials()
            ended = [one for one in trials if one.state != "unfinished"]
            counted = sum(one.state != "too large" for one in ended)
            if self._limits.trials is not None and counted >= self._limits.trials:
                return
            if self._fits_nothing():
                return
            self._seed(len(trials))
            yield self._study.ask()

    def _fits_nothing(self) -> bool:
        """Whether the settings that are proposed are too large again and again; says so."""
        ended = [one for one in self._trials() if one.state != "unfinished"]
        if len(ended) < TOO_LARGE or any(one.state != "too large" for one in ended[-TOO_LARGE:]):
            return False
        self._callback.on_message(f"The last {TOO_LARGE} settings fit into no file of the size: the study ends.")
        return True

    def _try(self, trial: Trial) -> bool:
        """Trains one trial; says whether a person stopped it."""
        best = best_of(self._trials())
        before = tried(self._study.trials[trial.number])
        recipe = suggested(trial, self._recipe, self._space)
        began = self._clock()
        self._callback.on_trial_begin(trial.number)
        callback = self._trial_callback(trial.number, best, trial)
        prepared = self._rows.prepared(recipe, self._limits)
        if prepared is None:
            found = TrialResult(trial.number, "too large", parameters_of(recipe, self._space))
            return self._told(trial, found, is_best=False)
        recipe = recipe.with_options({"vocabulary_size": prepared.pipeline.settings.vocabulary_size})
        settings = parameters_of(recipe, self._space)
        try:
            fitted = self._models.trained(trial.number, recipe, prepared, callback)
        except (SettingsError, TrainingError, MemoryError, torch.OutOfMemoryError) as error:
            if isinstance(error, SettingsError) and trial.number == 0:
                # The recipe itself, and not what is tried around it.
                raise
            why = getattr(error, "received", "") or type(error).__name__
            found = TrialResult(trial.number, "failed", settings, seconds=self._clock() - began, why=why)
            return self._told(trial, found, is_best=False)
        interrupted = fitted.outcome.interrupted
        if self._shared and interrupted:
            self._shared.give_back(trial)
            return True
        found = TrialResult(
            trial.number,
            "stopped" if interrupted or callback.stopped else "pruned" if callback.pruned else "done",
            settings,
            validation=scores_of(fitted.bundle.task, fitted.validation) or None,
            epochs=fitted.outcome.epochs,
            best_epoch=fitted.outcome.best_epoch,
            folder=self._where,
        )
        # Other processes may have found a better one meanwhile.
        best = best_of(self._trials())
        if found.state == "stopped" and found.log_loss > before.log_loss:
            # Trained again, and not as far as the time before.
            return interrupted
        is_best = best is None or found.log_loss < best.log_loss or best.number == found.number
        if is_best or trial.number == 0:
            fitted, aside = self._models.scored(fitted)
            found = replace(found, aside=aside)
        found = replace(found, size=len(encode(fitted.bundle)), seconds=self._clock() - began)
        if self._limits.max_size is not None and (found.size or 0) > self._limits.max_size:
            found, is_best = replace(found, state="too large", validation=None, aside=None), False
        if is_best:
            self._models.keep(fitted, found.number, recipe)
        self._told(trial, found, is_best=is_best)
        return interrupted

    def _told(self, trial: Trial, found: TrialResult, *, is_best: bool) -> bool:
        """Stores what was found. What was stopped stays unfinished there: resumed, it is trained to its end."""
        trial.set_user_attr(FOUND, asdict(found))
        if found.state == "done":
            self._study.tell(trial, found.log_loss)
        elif found.state != "stopped" or self._shared:
            self._study.tell(trial, state=TrialState.FAIL if found.state == "failed" else TrialState.PRUNED)
        write_atomically(self._folder / TRIALS, csv_of(self._trials()).encode())
        self._callback.on_trial_end(found, is_best=is_best)
        return False

    def _trial_callback(self, number: int, best: TrialResult | None, trial: Trial | None = None) -> TrialCallback:
        loss = best.log_loss if best else None
        return TrialCallback(trial, self._callback, number=number, best=loss, time_is_up=self._time_is_up)

    def _time_is_up(self) -> bool:
        minutes = self._limits.minutes
        return minutes is not None and self._clock() - self._began >= 60 * minutes

    def _trials(self) -> list[TrialResult]:
        states = tuple(state for state in TrialState if state != TrialState.WAITING)
        trials = self._study.get_trials(deepcopy=False)
        found = zip(trials, tried_all(trials), strict=True)
        return [result for one, result in found if one.state in states and result.state != "surplus"]

    def _seed(self, number: int) -> None:
        """A sampler a trial: a resumed study draws what an uninterrupted one would have drawn."""
        seed = (self._recipe.training.seed * 1_000_003 + number) % 2**32
        self._study.sampler = optuna.samplers.TPESampler(n_startup_trials=STARTUP, seed=seed)

    def _importances(self) -> dict[str, float]:
        done = self._study.get_trials(states=(TrialState.COMPLETE,))
        if len(done) < IMPORTANCE_FROM or len({one.value for one in done}) < 2:
            return {}
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=self._recipe.training.seed)
        found = optuna.importance.get_param_importances(self._study, evaluator=evaluator)
        return {name: round(float(share), 4) for name, share in found.items()}

    def _described(self, corpus: Corpus, validation_data: Corpus | None) -> dict[str, Any]:
        """Everything that the trials depend on."""
        recipe = self._recipe
        return {
            "data": _fingerprint(corpus),
            **({} if validation_data is None else {"validation_data": _fingerprint(validation_data)}),
            "settings": [part.to_dict() for part in (recipe.text, recipe.network, recipe.training)],
            "space": [asdict(one) for one in self._space],
            "size": [self._limits.max_size, self._limits.int8],
        }


def check_study_folder(folder: Path, *, resume: bool) -> None:
    """Raises a :class:`recurra.errors.TrainingError` if a folder holds something, and is not to be gone on with."""
    if not resume and (folder / STUDY).exists():
        raise TrainingError(f"The folder {folder} holds a study", "Go on with --resume, or name an empty folder.")
    prepare_folder(folder, resume=resume)


def _fingerprint(corpus: Corpus) -> str:
    fingerprint = Fingerprint(len(corpus))
    for block in corpus.blocks():
        fingerprint.add(block)
    return fingerprint.of(corpus.labels)


class _Messages(Callback):
    """Passes on what is said about the rows."""

    def __init__(self, study: StudyCallback) -> None:
        self._study = study

    def on_message(self, message: str) -> None:
        """Passes it on."""
        self._study.on_message(message)


def _with_held_out(recipe: Recipe) -> Recipe:
    """The recipe, holding out a tenth of the rows if it holds out none: trials are chosen by them."""
    return recipe if recipe.training.validation else recipe.with_options({"validation": 0.1})
