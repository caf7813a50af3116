"""A scikit-learn compatible text classifier."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Document
from recurra.data.plain_values import other_order_note
from recurra.data.split import check_one_split
from recurra.errors import in_python
from recurra.estimator_answers import Absent, FittedClassifier
from recurra.estimator_notes import lost_classes_note, other_preset_note
from recurra.estimator_parameters import (
    ANEW,
    changed,
    check_names,
    checked_options,
    explain_keywords,
    parameters_of,
    plain,
    seed_of,
    split_options,
    unknown_of_fit,
    unknown_parameter,
    with_options,
)
from recurra.estimator_rows import GivenRows
from recurra.presets import load_preset, recipe_of_model, setting_names
from recurra.runtime import Model, load
from recurra.tasks import Task
from recurra.text.named_vectors import check_vectors
from recurra.training.callbacks import Callback, PrintProgress
from recurra.training.distributed import prints
from recurra.training.ending import end_of_training
from recurra.training.fit import Provenance, RunOptions, fit
from recurra.training.warm_start import bundle_of

__all__ = ["TextClassifier"]


class TextClassifier(FittedClassifier):
    """A recurrent text classifier.

    ``X`` is a sequence of texts or of (title, text) pairs: a list, an array or a column of a data frame. If it is a
    whole data frame or Arrow table, ``fit`` guesses the columns of texts and titles, and ``predict`` reads the same;
    after a ``fit`` of texts alone, a table must have the fitted column's name or a single column of texts, and after
    one of pairs two of them, one with a title's name.
    For multi-label data ``y`` has a list of labels for each text, or is a binary indicator matrix [texts, labels];
    ``predict`` then returns such lists or such a matrix, and ``score`` is the subset accuracy: the share of texts whose
    labels are exactly right.

    Args:
        model: name of a preset (:func:`recurra.presets.preset_names`) or path of your own preset.
        options: settings that differ from the preset's, such as ``{"hidden": 128, "dropout": 0.3}``. In ``set_params``
            and in a grid a single one is ``options__hidden``. See below.
        epochs: number of passes over the rows; ``None`` takes the preset's.
        batch_size: number of documents in a step; ``None`` takes the preset's.
        learning_rate: learning rate of the optimizer; ``None`` takes the preset's.
        vectors: pretrained word vectors: a file (:mod:`recurra.text.vectors`), or a name such as ``glove-6b-50d``
            (:data:`recurra.text.named_vectors.NAMED_VECTORS`), which is fetched and kept.
        engine: engine that computes the recurrence; ``auto`` takes the fastest one for the cell.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        random_state: seed of every random choice, or a ``numpy.random.RandomState`` from which ``fit`` draws one;
            ``None`` takes the preset's.
        minutes: after which ``fit`` ends, with the best model until then; ``None`` sets no limit.
        task: what is learned, a :class:`recurra.tasks.Task` or its name, ``single_label`` or
            ``multi_label``; ``None`` infers it from ``y``.
        verbose: whether ``fit`` prints a line for each epoch, what it decided, and when it ended.

    The settings that are changed most often in ``options``:
        tokens: ``words``, ``characters`` or ``auto``.
        max_tokens: how much of a text is read.
        vocabulary_size: rows of the embedding.
        cell, hidden, layers, bidirectional: the recurrent network.
        embedding, pooling, dropout: what stands before and behind it.
        branch: whether a linear model of n-grams stands beside the network.
        class_weights: ``balanced`` for classes of unequal size.
        validation: share of the rows that are held out; 0 for none.
        patience: epochs without a better one before training stops; 0 for all epochs.

    ``recurra.presets.setting_names()`` lists all settings, and ``recurra.presets.load_preset("default")`` shows their
    values in a preset. Their meanings stand in the classes that hold them: ``help(recurra.text.TextSettings)``,
    ``help(recurra.networks.settings.NetworkSettings)``, ``help(recurra.linear_branch.BranchSettings)`` and
    ``help(recurra.presets.TrainingSettings)``.

    Attributes:
        columns_: the columns of a table that ``predict`` reads: the text that ``fit`` read, or whose column it was
            given, and the title or ``None``; ``None`` if it got texts without a name.
        classes_: the classes, sorted; for an indicator matrix its columns in their order: the names of a data frame's
            if they are all texts or all whole numbers, otherwise their numbers.
        thresholds_: the least probability at which each of several labels is given, float32[C]; otherwise ``None``.
        model_: the trained :class:`recurra.runtime.Model`, which predicts without torch.
        history_: loss and accuracy of the recurrent network alone during training
            (:class:`recurra.training.callbacks.History`).
        validation_: scores of the whole model on the rows that ``fit`` held out, or ``None``.

    Example:
        >>> clf = TextClassifier(model="lesson/gru").fit(texts, labels)  # doctest: +SKIP
        >>> clf.predict(["Oil prices rise again"])  # doctest: +SKIP
    """

    # Set by fit; a model file holds neither the curves nor these scores.
    history_: Any = Absent("fit sets it, and model files do not hold it; model_.record has the scores of a model")
    validation_: Any = Absent("fit sets it, and model files do not hold it; model_.record has the scores of a model")
    # The parameters of one that was loaded, until it is fitted.
    _as_loaded: dict[str, Any] | None = None

    @explain_keywords
    def __init__(
        self,
        model: str | Path = "default",
        *,
        options: Mapping[str, Any] | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        vectors: str | Path | None = None,
        engine: str = "auto",
        device: str = "auto",
        random_state: int | np.random.RandomState | None = 0,
        task: Task | str | None = None,
        minutes: float | None = None,
        verbose: bool = False,
    ) -> None:
        self.model = model
        self.options = options
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.vectors = vectors
        self.engine = engine
        self.device = device
        self.random_state = random_state
        self.task = task
        self.minutes = minutes
        self.verbose = verbose

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """A fitted classifier from a model file; it reads, scores and saves as the one that was saved.

        It predicts as that one, but where ``fit`` had an indicator matrix ``predict`` gives lists of labels: the names
        or numbers of its columns.

        The parameters are those that describe the model: a shipped preset, and in ``options`` the settings that differ
        from it, so that ``set_params``, ``clone`` and ``cross_val_score`` train networks of the same kind.
        ``fit(X, y)`` trains a new one, and warns that it does not use the weights, while ``fit(X, y, initial=path)``
        goes on from them. ``vectors`` names those that the embedding began with, without their folder; ``engine``,
        ``device`` and ``minutes`` are the default ones. There is no ``history_`` and no ``validation_`` (the scores are
        in ``model_.record``). ``score`` takes an indicator matrix all the same.

        Args:
            path: a file that Recurra has written.

        Raises:
            ModelFileError: there is no such file, or it cannot be used.
        """
        model = load(path)
        found = cls()
        # Those of a class derived from this one may be fewer.
        found.__dict__.update(parameters_of(model.bundle), model_=model)
        known = found.model_.columns
        found.columns_ = None if known is None else (known.text, known.title)
        found.classes_ = found.model_.classes_
        found._as_loaded = found.get_params(deep=False)
        return found

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters by name.

        Args:
            deep: name the settings of ``options`` as well, such as ``options__hidden``.
        """
        own: dict[str, Any] = super().get_params(deep=False)
        if deep:
            # Whatever else was given is refused by fit, as scikit-learn wants it.
            options = self.options if isinstance(self.options, Mapping) else {}
            own |= {f"options__{name}": value for name, value in options.items()}
        return own

    def set_params(self, **params: Any) -> Self:
        """Changes parameters; ``options__hidden=64`` changes a single one of the settings in ``options``.

        Args:
            params: parameters of the constructor by name, or ``options__NAME``.

        Raises:
            SettingsError: there is no such setting.
            ValueError: there is no such parameter.
        """
        whole, settings = split_options(params)
        parameters = self.get_params(deep=False)
        for name, value in whole.items():
            if name not in parameters and name in setting_names():
                raise unknown_parameter(name, value, list(parameters))
        # Names that no preset has are refused here; values when they are used.
        check_names(settings)
        super().set_params(**whole)
        if settings:
            self.options = {**(self.options or {}), **settings}
        return self

    def fit(
        self,
        X: Sequence[Document],
        y: Sequence[Any],
        *,
        sample_weight: npt.ArrayLike | None = None,
        initial: Model | TextClassifier | str | Path | None = None,
        validation_data: tuple[Sequence[Document], Sequence[Any]] | None = None,
        callbacks: Sequence[Callback] | None = (),
        **unknown: Any,
    ) -> Self:
        """Trains on documents and their labels. If it fails, the estimator stays as it was, fitted or not.

        Args:
            X: B documents: texts, pairs (title, text), a data frame or Arrow table, whose columns of texts and titles
                are guessed, or one column of it, such as ``frame["body"]``. Where columns have names, a data frame
                given to ``predict`` or ``score`` afterwards is read by them (``columns_``).
            y: B labels, B lists of labels, or a binary indicator matrix [B, C]: a list, an array, a column or, for a
                matrix, a data frame or Arrow table.
            sample_weight: float[B], what the loss of each row counts beside the others', 0 or more. Their mean is made
                1; a row of weight 0 is left out, and the weights of ``class_weights`` are multiplied. Rows are held out
                in proportion to them, and count once each in the scores then.
            initial: a model, a fitted classifier, the path of a model file or ``hf://owner/name``, for a warm start:
                its settings are used instead of the preset's, but all epochs are trained unless ``patience`` is given;
                its vocabulary and classes are kept, and new words and classes are added. Others call this
                ``partial_fit``; but it trains for whole epochs with an optimiser that starts from the beginning, and
                leaves the model that it continues from unchanged.
            callbacks: called during training, which they may stop (:class:`recurra.training.callbacks.Callback`);
                ``None`` for none.
            validation_data: (X, y) to validate on, such as the latest documents; then none of ``X`` is held out. Rows
                with a label that the training rows lack are left out, with a warning.
            unknown: refused, with what to give instead.

        Raises:
            DataError: the documents or labels cannot be trained on.
            KeyboardInterrupt: Ctrl-C was pressed. The step that runs is finished first, and the best model so far is
                kept: ``model_``, ``history_`` and ``validation_`` are there, and ``predict`` works. A second Ctrl-C
                interrupts at once and keeps nothing.
            SettingsError: the settings contradict each other.
            TrainingError: the training failed.
        """
        began, callbacks = time.monotonic(), () if callbacks is None else callbacks
        for name, value in unknown.items():
            raise unknown_of_fit(name, value, self.get_params(deep=False))
        named = {
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
            "seed": seed_of(self.random_state),
        }
        given = plain({name: value for name, value in named.items() if value is not None})
        options, vectors = plain(checked_options(self.options, given)), self.vectors
        if initial is None and self._as_loaded is not None:
            warnings.warn(ANEW, UserWarning, stacklevel=2)
        bundle = bundle_of(initial)
        if bundle is not None and self._as_loaded is not None:
            # Who continues has given what differs from that which was loaded.
            given, options = changed(given, self._as_loaded), changed(options, self._as_loaded["options"])
            vectors = None if vectors == self._as_loaded["vectors"] else vectors
        if bundle is not None and (said := other_preset_note(self.model, bundle)):
            warnings.warn(said, UserWarning, stacklevel=2)
        recipe = load_preset(self.model) if bundle is None else recipe_of_model(bundle)
        recipe = with_options(recipe, {**options, **given})
        if vectors is not None:
            check_vectors(vectors)
        recipe = replace(recipe, vectors=vectors)
        rows = GivenRows.of(X, y)
        if bundle is not None:
            rows.check_goes_on(bundle, getattr(initial, "_indicator_width", None))
        # Of several processes one prints.
        told = rows.tell(bundle, asked=self.task is not None, verbose=(verbose := self.verbose and prints()))
        if note := other_order_note(X, sample_weight, "sample_weight"):
            warnings.warn(note, UserWarning, stacklevel=2)
        if validation_data is not None:
            check_one_split(options)
        fitted = fit(
            rows.documents,
            rows.labels,
            recipe=recipe,
            task=self.task,
            initial=bundle,
            validation_data=None if validation_data is None else rows.validation_rows(validation_data),
            run=RunOptions(engine=self.engine, device=self.device, minutes=self.minutes, began=began),
            provenance=Provenance(columns=rows.named_columns, titles=rows.titles_for_record(bundle)),
            callbacks=[PrintProgress(told), *callbacks] if verbose else callbacks,
            sample_weight=sample_weight,
            class_order=rows.matrix_classes or (),
        )
        # Only now: a fit that fails leaves the estimator as it was.
        self.columns_, self._indicator = rows.columns, rows.matrix_classes is not None
        self.model_ = Model(fitted.bundle)
        self.classes_ = self.model_.classes_ if rows.matrix_classes is None else np.array(rows.matrix_classes)
        self.history_ = fitted.outcome.history
        self.history_.has_branch, self._as_loaded = fitted.bundle.branch is not None, None
        self.validation_ = fitted.validation
        ended = end_of_training(fitted.outcome, recipe.training.epochs)
        if vectors is not None and options.get("embedding", size := self.model_.settings.embedding) != size:
            given_size = f"options gives embedding = {options['embedding']!r:.40}"
            said = f"{given_size}, and the vectors have {size:,} numbers, which hold: leave embedding out"
            warnings.warn(said, UserWarning, stacklevel=2)
        if verbose:
            print(ended, flush=True)
        # What was printed.
        before = () if verbose else (fitted.copies, fitted.remembered)
        lost = "" if sample_weight is None else lost_classes_note(rows.labels, fitted.bundle.labels.classes)
        for said in filter(None, (fitted.left_out, lost, *before, fitted.lower_loss, fitted.idle)):
            warnings.warn(in_python(said), UserWarning, stacklevel=2)
        if fitted.outcome.interrupted:
            # Whoever called must not take this model for a whole one, as a cross-validation would.
            raise KeyboardInterrupt(f"Training {ended}; the model so far is in model_.")
        return self
