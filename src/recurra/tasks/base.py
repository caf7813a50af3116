"""The interface of a task: everything that depends on what a network learns and what kind of answer it returns."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Label
from recurra.data.label_format import SINGLE_LABEL_FORMAT, LabelFormat
from recurra.errors import DataError, SettingsError
from recurra.evaluation.abstention import answer_mask, check_abstain_below
from recurra.evaluation.metrics import log_losses
from recurra.evaluation.row_scores import RowScores
from recurra.tasks.decision import Decision
from recurra.tasks.scores import MeanRowScores, Score, Scores
from recurra.tasks.wording import Wording
from recurra.text import Labels

if TYPE_CHECKING:
    # Modules that only training and scoring need are imported where they are used: prediction starts faster without.
    from recurra.data.encoded_labels import EncodedLabels
    from recurra.data.label_format import UnknownLabels
    from recurra.evaluation.confusions import Confusion
    from recurra.evaluation.temperature import Link
    from recurra.tasks.predictions import Predictions, Section
    from recurra.tasks.unknown_labels import EncodedTargets

__all__ = ["Task"]

# What a task of your own may declare under its old name until the next release.
RENAMED = {"cells": "label_cells", "explained": "attribution_target"}

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.floating]
Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Task:
    """What is learned, from labels to scores. By default a row has one class, and the answer is the most probable one.

    A task of your own sets ``name`` and overrides what differs; ``probabilities`` and ``torch`` have no default.
    B is the number of rows, C that of classes and L that of the network's outputs. Targets are NumPy arrays of B rows.

    Attributes:
        name: in the model file.
        wording: phrases for messages, tables and model cards.
        scores: the scores of :meth:`evaluate`, in the order in which they are shown.
        comparison_scores: keys of the scores that a comparison shows; empty for all.
        label_cells: how cells of a table's label column are read.
        key: of the answer in JSON and in scored files.
        lists: whether an answer is a list of labels.
        views: whether a row has one class and the probabilities are a softmax, as tuning and views of a file require.
        link_name: name of the function from outputs to probabilities, for people.
        kernel: its compiled form in ``kernels.inference.probabilities``: ``softmax``, ``sigmoid`` or ``None``.
        link: the function with its loss, for temperature scaling of the outputs; ``None`` skips calibration.
        tensor_names: names of :attr:`tensors`.
        torch: the module of the loss in torch, whose ``Loss`` is a :class:`recurra.tasks.objective.Objective`.
        compiled: the module of the loss in compiled kernels, with a class ``CompiledLoss``; or ``None``.
        counts_unknown: whether a label that training never saw can count as wrong; otherwise such rows are left out.
        on_device: whether many steps can compute the loss without synchronising with the device.
        page: the module of the report's part, with a function ``part(task, evaluation, predictions, abstaining)``.
    """

    name: ClassVar[str]
    wording: ClassVar[Wording]
    scores: ClassVar[tuple[Score, ...]] = (
        Score("accuracy", "accuracy", "Rows with the right answer.", percent=True),
        Score("log_loss", "log loss", "Mean surprise at the true class, −log p in nats; 0 is perfect."),
    )
    comparison_scores: ClassVar[tuple[str, ...]] = ()
    label_cells: ClassVar[LabelFormat] = SINGLE_LABEL_FORMAT
    key: ClassVar[str] = "label"
    lists: ClassVar[bool] = False
    views: ClassVar[bool] = False
    link_name: ClassVar[str]
    kernel: ClassVar[str | None] = None
    link: ClassVar[Link | None] = None
    tensor_names: ClassVar[tuple[str, ...]] = ()
    torch: ClassVar[str]
    compiled: ClassVar[str | None] = None
    counts_unknown: ClassVar[bool] = False
    on_device: ClassVar[bool] = False
    page: ClassVar[str] = "recurra.report.task_part"

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for old, new in RENAMED.items():
            if old in vars(cls):
                warnings.warn(f"Task.{old} is called {new} now.", DeprecationWarning, stacklevel=2)
                setattr(cls, new, vars(cls)[old])

    # The model file.

    @classmethod
    def of(cls, tensors: Mapping[str, Array]) -> Self:
        """The task of a model file, from :attr:`tensor_names` of its tensors."""
        return cls()

    @property
    def tensors(self) -> dict[str, Array]:
        """Tensors of the model file besides the weights, float32[C] each."""
        return {}

    def check(self) -> None:
        """Raises a :class:`recurra.errors.ModelFileError` if the tensors have invalid values."""

    # Targets.

    def accepts(self, values: Sequence[Any]) -> bool:
        """Whether these labels of rows, as they were read, suit this task."""
        return not any(isinstance(value, tuple) for value in values)

    def learn(
        self, values: Sequence[Any], *, rows: int, learn: Callable[[Iterable[Label]], Labels] = Labels.learn
    ) -> tuple[Labels, Array]:
        """The classes in order, and the target of each value, int64[V].

        Args:
            values: the V distinct values of the label column.
            rows: number of rows, for messages.
            learn: makes the classes from labels.

        Raises:
            DataError: fewer than two labels, or a value that cannot be a label.
        """
        classes = learn(values)
        if len(classes) < 2:
            raise DataError(
                f"All {rows:,} rows have the label {classes.classes[0]!r}", "Give rows of two classes or more."
            )
        return classes, classes.encode(values)

    def targets(
        self, labels: Labels, values: Sequence[Any], *, source: str, separator: str | None = None, **say: Any
    ) -> Array:
        """The targets of B rows whose labels are all classes, int64[B]. Arguments: see :meth:`encode_targets`."""
        return self.encode_targets(labels, values, "error", source=source, separator=separator, **say).targets

    def encode_targets(
        self,
        labels: Labels,
        values: Sequence[Any],
        how: UnknownLabels,
        *,
        source: str,
        say: Callable[[str], None] = lambda message: None,
        separator: str | None = None,
    ) -> EncodedTargets:
        """The targets of a table's rows, as far as they can be scored.

        Args:
            labels: the model's classes.
            values: labels of B rows, as they were read.
            how: what to do with rows that have a label which is not a class.
            source: the table's name, for messages.
            say: called with messages for the user.
            separator: between the labels of a cell, if it may hold several.

        Raises:
            DataError: there is such a row and ``how`` is ``error``, or all rows are such.
        """
        how = "skip" if how == "wrong" and not self.counts_unknown else how
        from recurra.tasks.unknown_labels import single_label_targets

        return single_label_targets(labels, values, how, source=source, say=say)

    def check_separator(self, separator: str | None) -> str | None:
        """Returns the separator if the task splits cells.

        Raises:
            SettingsError: a separator is given and the task does not split cells.
        """
        if separator is not None:
            received = f"--label-separator {separator!r:.20} is given for a model of one class a row"
            raise SettingsError(received, "Leave it out.")
        return None

    def members(self, cell: str, separator: str | None) -> tuple[str, ...] | None:
        """The labels of a cell of text, as ``recurra check`` counts them; ``None`` if the label is missing."""
        return (cell,) if cell.strip() else None

    def labels_per_row(self, mean_labels: float) -> str:
        """Text after the number of a file's labels: the mean number of labels a row, empty if it is always one."""
        return ""

    def counts(self, targets: Array, classes: int) -> Places:
        """Rows of each class, int64[C]."""
        return np.bincount(targets, minlength=classes).astype(np.int64)

    def single(self, targets: Array) -> Places | None:
        """The class of each row, int64[B]; ``None`` if rows may have more than one."""
        return targets

    def truth(self, targets: Array, classes: Sequence[Label], unknown: Sequence[Any] = ()) -> Callable[[int], Any]:
        """A function from a row's index to its true label or labels, for JSON. Arguments: see :meth:`evaluate`."""
        labels = [*classes, *unknown]
        return lambda place: labels[int(targets[place])]

    def slices(self, targets: Array, classes: Sequence[Label], unknown: Sequence[Any] = ()) -> dict[str, Flags]:
        """The rows of each class, bool[B] by the name of the slice. Arguments: see :meth:`evaluate`."""
        return {f"class {label}": targets == place for place, label in enumerate(classes)}

    def has_unknown_label(self, targets: Array, classes: int, unknown: Sequence[Any] = ()) -> Flags:
        """Which rows have a label that is not one of the C classes, bool[B]."""
        return np.asarray(targets >= classes)

    def has_class(self, targets: Array, classes: Flags) -> Flags:
        """Which rows have one of these classes, bool[B].

        Args:
            targets: of the B rows; labels that are not classes have none of them.
            classes: bool[C].
        """
        return np.append(classes, False)[np.minimum(targets, len(classes))]

    def hold_out(self, labels: EncodedLabels, targets: Array, *, share: float, seed: int) -> tuple[Places, Places]:
        """The rows to train on and the rows held out, stratified by label; see :func:`recurra.data.split.hold_out`.

        Args:
            labels: of the rows.
            targets: of the rows, as the task encodes them.
            share: of the rows to hold out.
            seed: of the shuffle.
        """
        from recurra.data.split import hold_out

        return hold_out(labels, share=share, seed=seed)

    # Outputs and answers.

    def outputs(self, classes: int) -> int:
        """L, the number of the network's outputs for C classes."""
        return classes

    def probabilities(self, logits: Floats) -> Floats:
        """Probabilities [B, C] from the network's outputs [B, L], in the same precision."""
        raise NotImplementedError(f"{type(self).__name__} has to override probabilities: it has no default")

    def evidence(self, logits: Floats) -> npt.NDArray[np.float64]:
        """The class scores whose change is a word's evidence, float64[B, C]: by default log probabilities."""
        wide = self.probabilities(logits.astype(np.float64))
        return np.log(np.maximum(wide, np.finfo(np.float64).tiny))

    def attribution_target(
        self, logits: npt.NDArray[np.float64], target: int | None
    ) -> tuple[int, npt.NDArray[np.float64]]:
        """The class to explain, and the gradient of its score with respect to the outputs, float64[L].

        Args:
            logits: float64[L], of the document.
            target: the class, ``None`` for the most probable.

        Raises:
            SettingsError: the task has no class scores that are linear in the outputs, so the gradient would depend on
                the document.
        """
        raise SettingsError(
            f"Attribution is asked for of a model that gives {self.wording.gives}",
            "Leave it out: the task has no explanation by gradients.",
        )

    def leading(self, probabilities: Floats) -> Places:
        """The class of the answer, or the first of several, int64[B]."""
        return np.asarray(probabilities.argmax(axis=1))

    def decide(self, probabilities: Floats, below: float | None = None) -> Decision:
        """The answers.

        Args:
            probabilities: float[B, C].
            below: a row whose most probable class is less probable gets no answer.
        """
        places = self.leading(probabilities)
        return Decision(places if below is None else np.where(answer_mask(probabilities, below), places, -1))

    def check_abstain_below(self, below: float | None) -> float | None:
        """Returns the bound below which answers are held back.

        Raises:
            SettingsError: it is not a probability, or the task cannot abstain.
        """
        return None if below is None else check_abstain_below(below)

    def column_values(self, probabilities: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The numbers after the answer in a scored file: the largest probability, then all, float32[B, 1 + C]."""
        return np.concatenate([probabilities.max(axis=1, keepdims=True), probabilities], axis=1)

    @property
    def columns(self) -> tuple[str, ...]:
        """First columns of a scored file: the answer, and what :meth:`column_values` has before the probabilities."""
        return self.key, "probability"

    def reading(self, probabilities: npt.NDArray[np.float32], classes: Sequence[Label]) -> dict[str, Any]:
        """More keys for the JSON of a reading, besides the most probable class; ``probabilities`` is float32[C]."""
        return {}

    def permuted(self, columns: Sequence[int]) -> Self:
        """The task with its tensors reordered: class ``i`` is the present class ``columns[i]``."""
        return type(self).of({name: tensor[list(columns)].copy() for name, tensor in self.tensors.items()})

    # Scores.

    def right(self, probabilities: Floats, targets: Array) -> Flags:
        """Which rows have the right answer, bool[B]."""
        return np.asarray(self.leading(probabilities) == targets)

    def losses(self, probabilities: Floats, targets: Array) -> npt.NDArray[np.float64]:
        """-log of the probability of the true class in nats, float64[B]; the mean is the log loss."""
        return log_losses(probabilities, targets)

    def row_scores(self, probabilities: Floats, targets: Array) -> dict[str, npt.ArrayLike]:
        """[B] numbers for each key of :attr:`scores`, whose means are the scores."""
        return {
            "accuracy": self.right(probabilities, targets),
            "log_loss": self.losses(probabilities, targets),
        }

    def scoring(
        self, probabilities: Floats, targets: Array, classes: Sequence[Label], unknown: Sequence[Any] = ()
    ) -> RowScores[Scores]:
        """Each row's part in the scores, by default :meth:`row_scores`. Arguments: see :meth:`evaluate`."""
        return MeanRowScores(self.right(probabilities, targets), self.row_scores(probabilities, targets))

    def confidence(self, probabilities: Floats) -> npt.NDArray[np.float64]:
        """The probability of each answer, float64[B]."""
        return np.asarray(probabilities.max(axis=1), dtype=np.float64)

    def evaluate(
        self, probabilities: Floats, targets: Array, classes: Sequence[Label], unknown: Sequence[Any] = ()
    ) -> Scores:
        """The scores, with intervals.

        Args:
            probabilities: float[B, C].
            targets: of the B rows.
            classes: C labels.
            unknown: labels that are not classes, as :meth:`encode_targets` returns them.

        Raises:
            DataError: arguments whose shapes do not match.
        """
        return self.scoring(probabilities, targets, classes, unknown).evaluate()

    def heading(self, evaluation: Any) -> str:
        """Text after the number of rows and their source; empty for none."""
        return ""

    def class_table(self, evaluation: Any) -> list[tuple[str, ...]]:
        """Scores of each class as they are printed, a header first; empty if there are none."""
        return []

    def class_scores(self, evaluation: Any) -> Sequence[Any]:
        """Objects with ``support``, ``given``, ``precision``, ``recall`` and ``f1``, one a class, if there are any."""
        return ()

    def confusions(self, evaluation: Any, top: int) -> list[Confusion]:
        """The ``top`` most frequent confusions of two classes, if a row has one class."""
        return []

    def card_columns(self) -> dict[str, list[str]]:
        """More columns by title for a model card's table of classes."""
        return {}

    def sections(self, evaluation: Any, predictions: Predictions) -> list[Section]:
        """Sections of the page after the scores; used with the default :attr:`page`."""
        return []

    # Training.

    def check_training_settings(self, settings: Any) -> None:
        """Raises a :class:`SettingsError` for training settings that do not apply to this task."""

    def objective(
        self, settings: Any, targets: Array, outputs: int, *, every_step: float = 0.0, device: Any = "cpu"
    ) -> Any:
        """The loss in torch: a :class:`recurra.tasks.objective.Objective`.

        Args:
            settings: of the training.
            targets: of all training rows.
            outputs: L.
            every_step: share of the loss at every step, from the network's settings.
            device: of the batches.
        """
        loss = import_module(self.torch).Loss
        return loss(self, settings, targets, outputs, every_step=every_step, device=device)

    def compiled_loss(self, settings: Any, targets: Array, outputs: int) -> Any:
        """The loss in compiled kernels, ``None`` if there are none. Arguments: see :meth:`objective`."""
        if self.compiled is None:
            return None
        return import_module(self.compiled).CompiledLoss(settings, targets, outputs)

    def tuned(self, probabilities: Floats | None, targets: Array | None, classes: int, *, seed: int) -> Self:
        """The task with the tensors that are chosen on held-out rows, such as thresholds.

        Args:
            probabilities: float[B, C] of these rows; ``None`` if there are none.
            targets: of the same rows.
            classes: C.
            seed: of the random split into folds.
        """
        return self

    @property
    def record(self) -> dict[str, Any]:
        """Entries about :meth:`tuned` for a model's record."""
        return {}
