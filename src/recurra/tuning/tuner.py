"""The study: trial after trial until time or trials are used up, the best model always in the folder."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import optuna
import torch
from optuna.trial import Trial, TrialState

from recurra.bundle import int8_bundle
from recurra.bundle.atomic import write_atomically
from recurra.bundle.format import encode
from recurra.data.decisions import Cleaning
from recurra.data.documents import Document, Label
from recurra.data.table import Table
from recurra.errors import RecurraError, SettingsError, TrainingError
from recurra.evaluation import Evaluation, evaluate
from recurra.presets import Preset
from recurra.runtime import Model
from recurra.training.building import chosen_device
from recurra.training.finishing import Fitted, write_run
from recurra.training.fit import fit_prepared
from recurra.training.folder import MODEL, prepare_folder
from recurra.training.interrupt import Interrupt
from recurra.tuning.listener import StudyListener, TrialListener
from recurra.tuning.results import Tried, best_of, csv_of, tried
from recurra.tuning.rows import StudyRows
from recurra.tuning.size import header_room, shown_bytes, tensor_bytes
from recurra.tuning.space import Sizes, parameters_of, space_around, suggested, with_parameters
from recurra.tuning.starts import starts
from recurra.tuning.storage import STUDY, open_study, storage_of
from recurra.tuning.toml import preset_toml

__all__ = ["BEST", "TRIALS", "Limits", "Tuned", "Tuner"]

BEST, TRIALS = "best.toml", "trials.csv"

# Trials before the sampler learns from them, the given ones included (TPE: Bergstra et al. 2011).
STARTUP = 8
# A trial is compared from its second epoch on, once so many have reached it.
PRUNE_FROM, PRUNE_AFTER = 2, 4
# Settings in a row that fit into no file of the size asked for.
TOO_LARGE = 100
# Finished trials from which on the settings' importances mean something.
IMPORTANCE_FROM = 10


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What ends a study, and what a model may be.

    Attributes:
        minutes: from now; ``None`` sets no bound.
        trials: in all, those before a resumption included; ``None`` sets no bound.
        max_size: bytes of the model's file, or ``None``.
        int8: the file holds the large weights as int8.
    """

    minutes: float | None = None
    trials: int | None = None
    max_size: int | None = None
    int8: bool = False

    def __post_init__(self) -> None:
        if self.minutes is None and self.trials is None:
            raise SettingsError("Neither minutes nor trials are given", "Say when the study is to end.")


@dataclass(frozen=True)
class Tuned:
    """How a study ended.

    Attributes:
        trials: all of them.
        best: whose model is in the folder, or ``None``.
        rows: (learned from, held out to choose by, set aside).
        importances: share of the differences in loss that each setting explains (fANOVA: Hutter et al. 2014); empty
            for fewer than ten finished trials.
        seconds: of this run.
        interrupted: whether a person stopped it.
    """

    trials: list[Tried]
    best: Tried | None
    rows: tuple[int, int, int]
    importances: dict[str, float]
    seconds: float
    interrupted: bool


class Tuner:
    """Tries settings around a preset.

    Args:
        documents: texts or (title, text) pairs.
        labels: as many.
        preset: trial 0; its seed is the study's.
        folder: for the best model, and the study where no storage is named.
        limits: when to end.
        storage: see :func:`recurra.tuning.storage.storage_of`.
        resume: go on with the study that is there.
        engine: of the recurrence.
        device: as in :func:`recurra.training.fit.fit`.
        cleaning: what was done to the rows before, for the record.
        listener: hears of the progress.
        clock: seconds.

    Raises:
        DataError, SettingsError: nothing can be learned from this, or the storage cannot be used.
        TrainingError: the folder or the study cannot be used.
    """

    def __init__(
        self,
        documents: Sequence[Document],
        labels: Sequence[Label],
        *,
        preset: Preset,
        folder: Path,
        limits: Limits,
        storage: str | None = None,
        resume: bool = False,
        engine: str = "auto",
        device: str = "auto",
        cleaning: Cleaning | None = None,
        listener: StudyListener | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._began, self._clock = clock(), clock
        self._listener = listener or StudyListener()
        self._preset, self._folder, self._limits = _with_held_out(preset), folder, limits
        self._engine, self._cleaning = engine, cleaning
        self._device: torch.device = chosen_device(device, preset.training)
        self._space = space_around(self._preset)
        largest = next(one for one in self._space if isinstance(one, Sizes) and one.name == "vocabulary_size")
        self._rows = StudyRows(
            documents,
            labels,
            self._preset,
            largest_vocabulary=largest.values[-1],
            listener=_Said(self._listener),
        )
        if not resume and (folder / STUDY).exists():
            raise TrainingError(f"The folder {folder} holds a study", "Go on with --resume, or name an empty folder.")
        prepare_folder(folder, resume=resume)
        kept = storage_of(storage, folder)
        self._study, known = open_study(kept, described=self._described(documents, labels), resume=resume)
        if resume and not known:
            if storage is None and len(optuna.get_all_study_names(kept)) > 1:
                raise TrainingError(
                    f"The study in {folder} belongs to other data or settings",
                    "Resume with the same data and options as before, or name another folder.",
                )
            self._listener.said("There is no such study yet: it starts from the beginning.")
        self._study.pruner = optuna.pruners.MedianPruner(n_startup_trials=PRUNE_AFTER, n_warmup_steps=PRUNE_FROM)
        for parameters in starts(self._preset, self._space)[len(self._study.trials) :]:
            self._study.enqueue_trial(parameters)

    def run(self) -> Tuned:
        """Tries until time or trials are used up, or a person stops it.

        Raises:
            SettingsError: no settings of the space fit into a file of the size asked for.
        """
        with Interrupt() as interrupt:
            best = best_of(self._trials())
            if best and not (self._folder / MODEL).exists():
                self._listener.said(f"The model of trial {best.number} is not in {self._folder}: it is trained again.")
                self._again(best)
            interrupted = False
            for trial in self._next_trials():
                interrupted = self._try(trial) or interrupt.received
                if interrupted:
                    break
        trials = self._trials()
        if best_of(trials) is None and not interrupted and all(one.state == "too large" for one in trials):
            raise self._nothing_fits()
        some = self._rows.of(self._preset.text.tokens)
        return Tuned(
            trials=trials,
            best=best_of(trials),
            rows=(len(some.rows), len(some.held or ()), len(self._rows.aside[0])),
            importances=self._importances(),
            seconds=self._clock() - self._began,
            interrupted=interrupted,
        )

    def _next_trials(self) -> Iterator[Trial]:
        """Trials that a killed or stopped run has left, then new ones."""
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
            if len(ended) >= TOO_LARGE and all(one.state == "too large" for one in ended[-TOO_LARGE:]):
                self._listener.said(f"The last {TOO_LARGE} settings fit into no file of the size: the study ends.")
                return
            self._seed(len(ended))
            yield self._study.ask()

    def _try(self, trial: Trial) -> bool:
        """Trains one trial; says whether a person stopped it."""
        best = best_of(self._trials())
        before = tried(self._study.trials[trial.number])
        preset = suggested(trial, self._preset, self._space)
        began = self._clock()
        self._listener.began(trial.number)
        ear = self._ear(trial.number, best, trial)
        prepared = self._rows.prepared(preset, max_size=self._limits.max_size, int8=self._limits.int8)
        if prepared is None:
            found = Tried(trial.number, "too large", parameters_of(preset, self._space))
            return self._told(trial, found, is_best=False)
        preset = preset.with_options({"vocabulary_size": prepared.pipeline.settings.vocabulary_size})
        settings = parameters_of(preset, self._space)
        try:
            fitted = self._fitted(trial.number, preset, prepared, ear)
        except (TrainingError, MemoryError, torch.OutOfMemoryError) as error:
            why = getattr(error, "received", "") or type(error).__name__
            found = Tried(trial.number, "failed", settings, seconds=self._clock() - began, why=why)
            return self._told(trial, found, is_best=False)
        interrupted = fitted.outcome.interrupted
        found = Tried(
            trial.number,
            "stopped" if interrupted or ear.stopped else "pruned" if ear.pruned else "done",
            settings,
            validation=_scores(fitted.validation),
            epochs=fitted.outcome.epochs,
            best_epoch=fitted.outcome.best_epoch,
        )
        if found.state == "stopped" and found.log_loss > before.log_loss:
            # Trained again, and not as far as the time before.
            return interrupted
        is_best = best is None or found.log_loss < best.log_loss or best.number == found.number
        if is_best or trial.number == 0:
            found = replace(found, aside=self._aside(fitted))
            fitted = _with_aside(fitted, found)
        found = replace(found, size=len(encode(fitted.bundle)), seconds=self._clock() - began)
        if self._limits.max_size is not None and (found.size or 0) > self._limits.max_size:
            found, is_best = replace(found, state="too large", validation=None, aside=None), False
        if is_best:
            self._keep(fitted, found, preset)
        self._told(trial, found, is_best=is_best)
        return interrupted

    def _told(self, trial: Trial, found: Tried, *, is_best: bool) -> bool:
        """Stores what was found. What was stopped stays unfinished there: resumed, it is trained to its end."""
        for name, value in asdict(found).items():
            if name != "number":
                trial.set_user_attr(name, value)
        if found.state == "done":
            self._study.tell(trial, found.log_loss)
        elif found.state != "stopped":
            self._study.tell(trial, state=TrialState.FAIL if found.state == "failed" else TrialState.PRUNED)
        write_atomically(self._folder / TRIALS, csv_of(self._trials()).encode())
        self._listener.ended(found, is_best=is_best)
        return False

    def _fitted(self, number: int, preset: Preset, prepared: Any, ear: TrialListener) -> Fitted:
        fitted = fit_prepared(
            prepared,
            network=preset.network,
            training=preset.training,
            preset=preset.name,
            engine=self._engine,
            device=self._device,
            listener=ear,
            cleaning=self._cleaning,
        )
        study = {"trial": number, "seed": preset.training.seed, "set_aside": len(self._rows.aside[0])}
        bundle = replace(fitted.bundle, record={**fitted.bundle.record, "tuning": study})
        return replace(fitted, bundle=int8_bundle(bundle) if self._limits.int8 else bundle)

    def _aside(self, fitted: Fitted) -> dict[str, float] | None:
        documents, labels = self._rows.aside
        targets = self._rows.classes.encode(labels)
        return _scores(evaluate(Model(fitted.bundle).predict_proba(documents), targets, self._rows.classes.classes))

    def _keep(self, fitted: Fitted, found: Tried, preset: Preset) -> None:
        """Puts the best model into the folder; a kill at any moment leaves the one before or this one."""
        write_run(self._folder, fitted.bundle, fitted.outcome)
        about = f"Trial {found.number} of a study around {self._preset.name}."
        write_atomically(self._folder / BEST, preset_toml(replace(preset, about=about)).encode())

    def _again(self, best: Tried) -> None:
        preset = with_parameters(self._preset, best.settings)
        prepared = self._rows.prepared(preset, max_size=self._limits.max_size, int8=self._limits.int8)
        fitted = self._fitted(best.number, preset, prepared, self._ear(best.number, None))
        self._keep(_with_aside(fitted, replace(best, aside=self._aside(fitted))), best, preset)

    def _ear(self, number: int, best: Tried | None, trial: Trial | None = None) -> TrialListener:
        loss = best.log_loss if best else None
        return TrialListener(trial, self._listener, number=number, best=loss, time_is_up=self._time_is_up)

    def _time_is_up(self) -> bool:
        minutes = self._limits.minutes
        return minutes is not None and self._clock() - self._began >= 60 * minutes

    def _trials(self) -> list[Tried]:
        states = tuple(state for state in TrialState if state != TrialState.WAITING)
        return [tried(one) for one in self._study.get_trials(states=states)]

    def _seed(self, number: int) -> None:
        """A sampler a trial: a resumed study draws what an uninterrupted one would have drawn."""
        seed = (self._preset.training.seed * 1_000_003 + number) % 2**32
        self._study.sampler = optuna.samplers.TPESampler(n_startup_trials=STARTUP, seed=seed)

    def _importances(self) -> dict[str, float]:
        done = self._study.get_trials(states=(TrialState.COMPLETE,))
        if len(done) < IMPORTANCE_FROM or len({one.value for one in done}) < 2:
            return {}
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=self._preset.training.seed)
        found = optuna.importance.get_param_importances(self._study, evaluator=evaluator)
        return {name: round(float(share), 4) for name, share in found.items()}

    def _described(self, documents: Sequence[Document], labels: Sequence[Label]) -> str:
        """All that the trials hang on."""
        preset = self._preset
        return json.dumps(
            {
                "data": Table(list(documents), list(labels), "text", None, "label", "memory").fingerprint,
                "settings": [part.to_dict() for part in (preset.text, preset.network, preset.training)],
                "space": [asdict(one) for one in self._space],
                "size": [self._limits.max_size, self._limits.int8],
            },
            sort_keys=True,
        )

    def _nothing_fits(self) -> RecurraError:
        narrow = {one.name: one.values[0] for one in self._space if isinstance(one, Sizes)}
        preset = with_parameters(self._preset, narrow | {"bidirectional": False, "cell": "gru", "pooling": "max"})
        prepared = self._rows.prepared(preset)
        least = 0
        if prepared is not None:
            classes = len(self._rows.classes)
            least = tensor_bytes(preset.network, prepared.pipeline, classes=classes, int8=self._limits.int8)
        return SettingsError(
            f"No settings give a model file of {shown_bytes(self._limits.max_size or 0)}",
            f"Allow about {shown_bytes(least + header_room(self._rows.classes))}"
            f"{'' if self._limits.int8 else ', or store the weights with --int8'}.",
        )


class _Said(TrialListener):
    """Passes on what is said before there is a trial."""

    def __init__(self, study: StudyListener) -> None:
        self.study = study


def _with_held_out(preset: Preset) -> Preset:
    """The preset, holding out a tenth of the rows if it holds out none: trials are chosen by them."""
    return preset if preset.training.validation else preset.with_options({"validation": 0.1})


def _with_aside(fitted: Fitted, found: Tried) -> Fitted:
    """The same with the scores on the rows set aside in the model's record."""
    record = fitted.bundle.record
    scores = {**record["scores"], "set_aside": found.aside}
    return replace(fitted, bundle=replace(fitted.bundle, record={**record, "scores": scores}))


def _scores(evaluation: Evaluation | None) -> dict[str, float] | None:
    if evaluation is None:
        return None
    values = evaluation.to_json()
    return {name: values[name] for name in ("rows", "accuracy", "macro_f1", "log_loss", "ece")}
