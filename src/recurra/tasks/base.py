"""What a network learns: all that differs between kinds of answers, behind one interface."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Label
from recurra.data.label_format import SINGLE_LABEL_FORMAT, LabelFormat
from recurra.errors import DataError, SettingsError
from recurra.evaluation.abstaining import answered, checked_below
from recurra.evaluation.metrics import log_losses
from recurra.evaluation.row_scores import RowScores
from recurra.tasks.decision import Decision
from recurra.tasks.scores import MeanRows, Score, Scores
from recurra.tasks.wording import Wording
from recurra.text import Labels

if TYPE_CHECKING:
    # What only training and scoring need is imported where it is used: who predicts would wait for it at each start.
    from recurra.data.encoded_labels import EncodedLabels
    from recurra.evaluation.targets import UnknownLabels
    from recurra.evaluation.temperature import Link
    from recurra.tasks.answered import Answered, Section
    from recurra.tasks.unknown_labels import ScoredRows

__all__ = ["Task"]

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.floating]
Places = npt.NDArray[np.int64]


class Task:
    """A kind of answers. As it stands: each row has one class, and the most probable one is given.

    A task of one's own names itself and overrides what differs; ``probabilities`` and ``torch`` have no default.
    B stands for rows, C for classes and L for the network's outputs. Targets are NumPy arrays of B rows.

    Attributes:
        name: in the model file.
        wording: phrases.
        scores: what :meth:`evaluate` gives, in the order in which it is told.
        compared: the keys of the scores that a comparison tells; all without it.
        cells: how a table's cells of labels are read.
        key: of the answer in JSON and in scored files.
        lists: whether an answer is a list of labels.
        views: whether a row has one class whose probabilities are a softmax's, as views of a whole file take for given.
        link_name: what makes probabilities of outputs, for people.
        kernel: the compiled form of that in ``kernels.inference.documents``: ``softmax``, ``sigmoid`` or ``None``.
        link: the same with its loss, where a temperature can divide the outputs; ``None`` skips calibration.
        tensors: what the file holds beside the weights, float32[C], by name.
        torch: the module of the loss that torch computes, with a class ``Loss``, a
            :class:`recurra.tasks.objective.Objective`. Nothing but training imports it.
        compiled: the module of the loss that kernels compute, with a class ``CompiledLoss``; or ``None``.
        counts_unknown: whether a label that training never saw can count as wrong; such rows are left out otherwise.
        on_device: whether its loss can be taken many times without a look at the device.
        page: the module of the report's part, with a function ``part(task, evaluation, answered, abstaining)``.
    """

    name: ClassVar[str]
    wording: ClassVar[Wording]
    scores: ClassVar[tuple[Score, ...]] = (
        Score("accuracy", "accuracy", "Rows that are answered rightly.", percent=True),
        Score("log_loss", "log loss", "Mean surprise at the true class, −log p in nats; 0 is perfect."),
    )
    compared: ClassVar[tuple[str, ...]] = ()
    cells: ClassVar[LabelFormat] = SINGLE_LABEL_FORMAT
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

    # What the file holds.

    @classmethod
    def of(cls, tensors: Mapping[str, Array]) -> Self:
        """The task of a model file, from :attr:`tensor_names` of its tensors."""
        return cls()

    @property
    def tensors(self) -> dict[str, Array]:
        """What the file holds beside the weights, float32[C] each."""
        return {}

    def check(self) -> None:
        """Raises a :class:`recurra.errors.ModelFileError` for tensors that mean nothing."""

    # Targets.

    def accepts(self, values: Sequence[Any]) -> bool:
        """Whether these labels of rows, as they were read, are of this task's kind."""
        return not any(isinstance(value, tuple) for value in values)

    def learn(
        self, values: Sequence[Any], *, rows: int, learn: Callable[[Iterable[Label]], Labels] = Labels.learn
    ) -> tuple[Labels, Array]:
        """The labels in order, and the target of each value.

        Args:
            values: V different ones that rows have.
            rows: how many have them, for messages.
            learn: makes the labels.

        Raises:
            DataError: fewer than two labels, or some that are none.
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
        """The targets of rows that have no other labels. Arguments and errors: see :meth:`scored`."""
        return self.scored(labels, values, "error", source=source, separator=separator, **say).targets

    def scored(
        self,
        labels: Labels,
        values: Sequence[Any],
        how: UnknownLabels,
        *,
        source: str,
        say: Callable[[str], None] = lambda message: None,
        separator: str | None = None,
    ) -> ScoredRows:
        """The rows of a table that can be scored, with their targets.

        Args:
            labels: the model's.
            values: B, as they were read.
            how: what becomes of those rows.
            source: the table's name, for messages.
            say: hears what a person should know.
            separator: between the labels of a cell, where it may hold several.

        Raises:
            DataError: there are such rows and ``how`` is ``error``, or all are.
        """
        how = "skip" if how == "wrong" and not self.counts_unknown else how
        from recurra.tasks.unknown_labels import labels_to_score

        return labels_to_score(labels, values, how, source=source, say=say)

    def checked_separator(self, separator: str | None) -> str | None:
        """The separator itself, if cells are split.

        Raises:
            SettingsError: they are not.
        """
        if separator is not None:
            raise SettingsError(
                f"--label-separator {separator!r:.20} is given for a model of one class a row", "Leave it out."
            )
        return None

    def members(self, cell: str, separator: str | None) -> tuple[str, ...] | None:
        """The labels of a cell of text, as a check counts them; ``None`` where a label is missing."""
        return (cell,) if cell.strip() else None

    def a_row(self, mean_labels: float) -> str:
        """What stands behind the number of a file's labels: how many a row has, if that is worth telling."""
        return ""

    def counts(self, targets: Array, classes: int) -> Places:
        """Rows of each class, int64[C]."""
        return np.bincount(targets, minlength=classes).astype(np.int64)

    def single(self, targets: Array) -> Places | None:
        """The class of each row, int64[B]; ``None`` where rows have more than one."""
        return targets

    def truth(self, targets: Array, classes: Sequence[Label], unknown: Sequence[Any] = ()) -> Callable[[int], Any]:
        """Gives what a row has, by its place, as JSON tells it. Arguments: see :meth:`evaluate`."""
        labels = [*classes, *unknown]
        return lambda place: labels[int(targets[place])]

    def slices(
        self, targets: Array, classes: Sequence[Label], unknown: Sequence[Any] = ()
    ) -> dict[str, npt.NDArray[np.bool_]]:
        """The rows of each class by name, bool[B]. Arguments: see :meth:`evaluate`."""
        return {f"class {label}": targets == place for place, label in enumerate(classes)}

    def no_class(self, targets: Array, classes: int, unknown: Sequence[Any] = ()) -> npt.NDArray[np.bool_]:
        """Which rows have a label that is none of C classes, bool[B]."""
        return np.asarray(targets >= classes)

    def hold_out(self, labels: EncodedLabels, targets: Array, *, share: float, seed: int) -> tuple[Places, Places]:
        """The rows to learn from and those held out, each label in its share; see :func:`recurra.data.split.hold_out`.

        Args:
            labels: of the rows.
            targets: the same as the task has them.
            share: of the rows to hold out.
            seed: of the shuffle.
        """
        from recurra.data.split import hold_out

        return hold_out(labels, share=share, seed=seed)

    # Outputs and answers.

    def outputs(self, classes: int) -> int:
        """L, of so many classes."""
        return classes

    def probabilities(self, logits: Floats) -> Floats:
        """[B, C] of the network's outputs [B, L], in their precision."""
        raise NotImplementedError(f"{type(self).__name__} has to override probabilities: it has no default")

    def evidence(self, logits: Floats) -> npt.NDArray[np.float64]:
        """What a word's evidence is a change of, float64[B, C]: here the logarithms of the probabilities."""
        wide = self.probabilities(logits.astype(np.float64))
        return np.log(np.maximum(wide, np.finfo(np.float64).tiny))

    def explained(self, logits: npt.NDArray[np.float64], target: int | None) -> tuple[int, npt.NDArray[np.float64]]:
        """The class to explain, and its score's derivative by the outputs, float64[L], the same for every document.

        Args:
            logits: float64[L], of the document.
            target: the class, ``None`` for the most probable.

        Raises:
            SettingsError: no score of a class is linear in the outputs.
        """
        raise SettingsError(
            f"Attribution is asked for of a model that gives {self.wording.gives}",
            "Leave it out: the task has no explanation by gradients.",
        )

    def leading(self, probabilities: Floats) -> Places:
        """The class that is named first, int64[B]."""
        return np.asarray(probabilities.argmax(axis=1))

    def decide(self, probabilities: Floats, below: float | None = None) -> Decision:
        """The answers.

        Args:
            probabilities: float[B, C].
            below: a row whose most probable class is less probable gets none.
        """
        places = self.leading(probabilities)
        return Decision(places if below is None else np.where(answered(probabilities, below), places, -1))

    def checked_abstaining(self, below: float | None) -> float | None:
        """The probability itself, if answers can be held back below it.

        Raises:
            SettingsError: it is no probability, or they cannot.
        """
        return None if below is None else checked_below(below)

    def shown(self, probabilities: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The numbers behind the answer in a scored file: the largest, and then each class's, float32[B, 1 + C]."""
        return np.concatenate([probabilities.max(axis=1, keepdims=True), probabilities], axis=1)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a scored file: the answer, and what :meth:`shown` has before each class's probability."""
        return self.key, "probability"

    def reading(self, probabilities: npt.NDArray[np.float32], classes: Sequence[Label]) -> dict[str, Any]:
        """What the JSON of a reading tells beside the class that leads; ``probabilities`` is float32[C]."""
        return {}

    def permuted(self, columns: Sequence[int]) -> Self:
        """The task with its tensors for the classes in another order."""
        return type(self).of({name: tensor[list(columns)].copy() for name, tensor in self.tensors.items()})

    # Scores.

    def right(self, probabilities: Floats, targets: Array) -> npt.NDArray[np.bool_]:
        """Which rows are answered rightly, bool[B]."""
        return np.asarray(self.leading(probabilities) == targets)

    def losses(self, probabilities: Floats, targets: Array) -> npt.NDArray[np.float64]:
        """-log of the probability of what is true, in nats; the mean is the log loss."""
        return log_losses(probabilities, targets)

    def row_scores(self, probabilities: Floats, targets: Array) -> dict[str, npt.ArrayLike]:
        """[B] numbers by the keys of :attr:`scores`, of which the scores are the means."""
        return {
            "accuracy": self.right(probabilities, targets),
            "log_loss": self.losses(probabilities, targets),
        }

    def scoring(
        self, probabilities: Floats, targets: Array, classes: Sequence[Label], unknown: Sequence[Any] = ()
    ) -> RowScores[Scores]:
        """What each row adds to the scores: here the numbers of :meth:`row_scores`. Arguments: see :meth:`evaluate`."""
        return MeanRows(self.right(probabilities, targets), self.row_scores(probabilities, targets))

    def sure(self, probabilities: Floats) -> npt.NDArray[np.float64]:
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
            unknown: labels that are no classes, as :meth:`scored` gives them.

        Raises:
            DataError: arguments that do not fit each other.
        """
        return self.scoring(probabilities, targets, classes, unknown).evaluated()

    def heading(self, evaluation: Any) -> str:
        """What stands behind the number of rows and their source."""
        return ""

    def class_table(self, evaluation: Any) -> list[tuple[str, ...]]:
        """Scores of each class as they are printed, a header first; empty where there are none."""
        return []

    def class_scores(self, evaluation: Any) -> Sequence[Any]:
        """Of each class an object with ``support``, ``precision``, ``recall`` and ``f1``, if there are such scores."""
        return ()

    def card_columns(self) -> dict[str, list[str]]:
        """More columns for a model card's table of classes, by title."""
        return {}

    def sections(self, evaluation: Any, answered: Answered) -> list[Section]:
        """Parts of the page behind the scores, where :attr:`page` is not the task's own."""
        return []

    # Training.

    def trainable(self, settings: Any) -> None:
        """Raises a :class:`SettingsError` for training settings that say nothing about this task."""

    def objective(
        self, settings: Any, targets: Array, outputs: int, *, every_step: float = 0.0, device: Any = "cpu"
    ) -> Any:
        """The loss in torch: a :class:`recurra.tasks.objective.Objective`.

        Args:
            settings: of the training.
            targets: of all training rows.
            outputs: L.
            every_step: share of the loss at every step, from the network's settings.
            device: where batches are.
        """
        loss = import_module(self.torch).Loss
        return loss(self, settings, targets, outputs, every_step=every_step, device=device)

    def compiled_loss(self, settings: Any, targets: Array, outputs: int) -> Any:
        """The loss as kernels compute it, ``None`` where there are none. Arguments: see :meth:`objective`."""
        if self.compiled is None:
            return None
        return import_module(self.compiled).CompiledLoss(settings, targets, outputs)

    def tuned(self, probabilities: Floats | None, targets: Array | None, classes: int, *, seed: int) -> Self:
        """The task with what is chosen on held-out rows.

        Args:
            probabilities: float[B, C] of these rows; ``None`` where there are none.
            targets: of the same.
            classes: C.
            seed: of what is dealt.
        """
        return self

    @property
    def record(self) -> dict[str, Any]:
        """What a model's record tells of :meth:`tuned`."""
        return {}
