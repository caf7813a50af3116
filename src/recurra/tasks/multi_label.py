"""Each row has any number of labels, or none: a sigmoid and a threshold for each label."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Label
from recurra.data.encoded_labels import EncodedLabels
from recurra.data.label_format import MULTI_LABEL_FORMAT, UnknownLabels, split_labels
from recurra.data.split import hold_out
from recurra.errors import DataError, ModelFileError, SettingsError
from recurra.evaluation.metrics import label_losses
from recurra.evaluation.multi_label_evaluation import MultiLabelEvaluation
from recurra.evaluation.multi_label_scores import MultiLabelRowScores
from recurra.evaluation.temperature import SIGMOID
from recurra.evaluation.thresholds import DEFAULT_THRESHOLD, Thresholds, tune_thresholds
from recurra.tasks.base import Task
from recurra.tasks.decision import Decision
from recurra.tasks.multi_label_indicator import multi_label_indicator
from recurra.tasks.scores import Score
from recurra.tasks.unknown_labels import EncodedTargets, multi_label_targets
from recurra.tasks.wording import Wording
from recurra.text import Labels

__all__ = ["MultiLabel", "label_weights"]

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]

DECIMALS = 7
"""Decimals of the thresholds in a reading."""


class MultiLabel(Task):
    """See :class:`recurra.tasks.base.Task`. Targets are bool[B, C], which labels a row has.

    Args:
        thresholds: float32[C], above 0 and below 1, the least probability at which each label is given; 0.5 without
            them.
        chosen: how they were chosen, if that is known.
    """

    name = "multi_label"
    wording = Wording(
        gives="several labels",
        each="label",
        plural="labels",
        whole="all labels",
        unlike="different sets of labels",
        rare="Every row has a class that no other has",
        right="exactly right",
        summary="gives it any of {count} labels, or none",
        use="with any of these {count} labels",
        limit="It decides about each label independently, by a threshold that was chosen on held-out rows: it does not "
        "know which labels exclude or need each other.",
        doubtful="`recurra check` finds",
    )
    scores = (
        Score("micro_f1", "micro F1", "F1 of all decisions about a label together.", percent=True),
        Score("macro_f1", "macro F1", "Mean F1 of the labels, each counting alike.", percent=True),
        Score(
            "subset_accuracy", "exactly right", "Rows that are given exactly the labels they have.", percent=True,
            card="rows with exactly the right labels",
        ),
        Score(
            "hamming_loss", "Hamming loss", "Decisions about a label that are wrong; 0 is perfect.", percent=True,
            printed=False, card="share of wrong decisions about a label",
        ),
        Score(
            "ranking_precision", "ranking precision",
            "Whether a row's labels are its most probable ones; 1 is perfect.",
            printed=False, card="label-ranking average precision",
        ),
        Score("log_loss", "log loss", "Mean surprise at each decision, −log p in nats; 0 is perfect."),
        Score(
            "ece", "calibration error", "Mean gap between probability and share that has the label (ECE, 15 bins).",
            card="expected calibration error", short="ECE",
        ),
    )  # fmt: skip
    comparison_scores = ("subset_accuracy", "micro_f1", "macro_f1", "log_loss")
    label_cells = MULTI_LABEL_FORMAT
    key = "labels"
    lists = counts_unknown = True
    link_name = kernel = "sigmoid"
    link = SIGMOID
    tensor_names = ("thresholds",)
    torch = "recurra.tasks.multi_label_torch"
    compiled = "recurra.tasks.multi_label_compiled"
    page = "recurra.report.multi_label_part"

    def __init__(self, thresholds: npt.NDArray[np.float32] | None = None, chosen: Thresholds | None = None) -> None:
        self.thresholds, self.chosen = thresholds, chosen

    @classmethod
    def of(cls, tensors: Mapping[str, Array]) -> Self:
        """The task with the file's thresholds."""
        return cls(tensors["thresholds"])

    @property
    def tensors(self) -> dict[str, Array]:
        """The thresholds."""
        return {} if self.thresholds is None else {"thresholds": self.thresholds}

    def check(self) -> None:
        """See :class:`recurra.tasks.base.Task`."""
        for thresholds in self.tensors.values():
            outside = (thresholds <= 0) | (thresholds >= 1)
            if outside.any():
                raise ModelFileError(
                    f"A threshold is {thresholds[outside][0]}, and not between 0 and 1",
                    "Save the trained model again.",
                )

    def accepts(self, values: Sequence[Any]) -> bool:
        """See :class:`recurra.tasks.base.Task`."""
        return any(isinstance(value, tuple) for value in values)

    def learn(
        self, values: Sequence[Any], *, rows: int, learn: Callable[[Iterable[Label]], Labels] = Labels.learn
    ) -> tuple[Labels, Flags]:
        """Values are tuples of labels, which may be empty."""
        for value in values:
            if not isinstance(value, tuple):
                raise DataError(
                    f"Some rows have a list of labels, and others one label, such as {value!r:.80}",
                    "Give every row a list.",
                )
        if not any(values):
            raise DataError(
                f"There are no labels: all {rows:,} rows have an empty list", "Give labels to some of the rows."
            )
        classes = learn(chain.from_iterable(values))
        if len(classes) < 2:
            raise DataError(
                f"All labels of {rows:,} rows are {classes.classes[0]!r}", "Give rows of two labels or more."
            )
        return classes, multi_label_indicator(classes, values)

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
        """Splits cells of text at the separator; without one each cell is one label."""
        return multi_label_targets(labels, values, how, source=source, say=say, separator=separator)

    def check_separator(self, separator: str | None) -> str | None:
        """See :class:`recurra.tasks.base.Task`."""
        return separator

    def members(self, cell: str, separator: str | None) -> tuple[str, ...]:
        """See :class:`recurra.tasks.base.Task`."""
        return tuple(map(str, split_labels([cell], separator)[0]))

    def labels_per_row(self, mean_labels: float) -> str:
        """See :class:`recurra.tasks.base.Task`."""
        return f", {mean_labels:.2f} a row"

    def counts(self, targets: Array, classes: int) -> Places:
        """Rows that have each label."""
        return np.asarray(targets.sum(axis=0, dtype=np.int64))

    def single(self, targets: Array) -> None:
        """``None``: rows may have several labels."""

    def truth(
        self, targets: Array, classes: Sequence[Label], unknown: Sequence[Any] = ()
    ) -> Callable[[int], list[Label]]:
        """A list of labels."""
        others = unknown or [()] * len(targets)
        return lambda place: [*(classes[label] for label in np.flatnonzero(targets[place]).tolist()), *others[place]]

    def slices(self, targets: Array, classes: Sequence[Label], unknown: Sequence[Any] = ()) -> dict[str, Flags]:
        """The rows that have each label, and those that have none."""
        having = {f"class {label}": targets[:, place] for place, label in enumerate(classes)}
        return {**having, "no label": ~targets.any(axis=1) & ~self.has_unknown_label(targets, len(classes), unknown)}

    def has_unknown_label(self, targets: Array, classes: int, unknown: Sequence[Any] = ()) -> Flags:
        """See :class:`recurra.tasks.base.Task`."""
        return np.array([bool(labels) for labels in unknown]) if unknown else np.zeros(len(targets), dtype=bool)

    def has_class(self, targets: Array, classes: Flags) -> Flags:
        """See :class:`recurra.tasks.base.Task`."""
        return np.asarray(targets[:, classes].any(axis=1))

    def hold_out(self, labels: EncodedLabels, targets: Array, *, share: float, seed: int) -> tuple[Places, Places]:
        """See :func:`recurra.data.split.hold_out`."""
        return hold_out(targets, share=share, seed=seed)

    def probabilities(self, logits: Floats) -> Floats:
        """A sigmoid each."""
        powers = np.exp(-np.abs(logits))
        return np.asarray(np.where(logits < 0, powers, logits.dtype.type(1)) / (1 + powers))

    def evidence(self, logits: Floats) -> npt.NDArray[np.float64]:
        """The logits: each label has its own."""
        return logits.astype(np.float64)

    def attribution_target(
        self, logits: npt.NDArray[np.float64], target: int | None
    ) -> tuple[int, npt.NDArray[np.float64]]:
        """The label's logit."""
        chosen = int(logits.argmax()) if target is None else target
        direction = np.zeros(len(logits))
        direction[chosen] = 1
        return chosen, direction

    def decide(self, probabilities: Floats, below: float | None = None) -> Decision:
        """The labels whose probability reaches their threshold."""
        return Decision.from_indicator(self._given(probabilities))

    def check_abstain_below(self, below: float | None) -> None:
        """See :class:`recurra.tasks.base.Task`."""
        if below is not None:
            raise SettingsError(
                f"abstain_below is {below} for a model that gives several labels",
                "Leave it out: if no label is probable enough, such a model gives none.",
            )

    def column_values(self, probabilities: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Each label's probability; a set of labels has no probability column."""
        return probabilities

    @property
    def columns(self) -> tuple[str, ...]:
        """See :class:`recurra.tasks.base.Task`."""
        return (self.key,)

    def reading(self, probabilities: npt.NDArray[np.float32], classes: Sequence[Label]) -> dict[str, Any]:
        """The labels that are given, and the thresholds."""
        marks = np.broadcast_to(self._marks, probabilities.shape)
        return {
            "given": self.decide(probabilities[None]).labels(classes)[0],
            "thresholds": np.round(marks.astype(np.float64), DECIMALS).tolist(),
        }

    def right(self, probabilities: Floats, targets: Array) -> Flags:
        """A row is right if it is given exactly the labels it has."""
        return np.asarray((self._given(probabilities) == targets).all(axis=1))

    def losses(self, probabilities: Floats, targets: Array) -> npt.NDArray[np.float64]:
        """-log of the probability of each decision about a label, float64[B, C]."""
        return label_losses(probabilities, targets)

    def scoring(
        self, probabilities: Floats, targets: Array, classes: Sequence[Label], unknown: Sequence[Any] = ()
    ) -> MultiLabelRowScores:
        """See :class:`recurra.tasks.base.Task`."""
        return MultiLabelRowScores(probabilities, targets, classes, thresholds=self.thresholds, unknown=unknown)

    def confidence(self, probabilities: Floats) -> npt.NDArray[np.float64]:
        """The probability of the whole set, as if labels were independent."""
        p = probabilities.astype(np.float64)
        return np.asarray(np.where(self._given(probabilities), p, 1 - p).prod(axis=1))

    def heading(self, evaluation: MultiLabelEvaluation) -> str:
        """The mean number of labels a row."""
        return f", {evaluation.mean_labels[0]:.2f} labels each"

    def class_table(self, evaluation: MultiLabelEvaluation) -> list[tuple[str, ...]]:
        """Threshold, precision, recall, F1, rows that have the label and rows that are given it."""
        numbers = [
            (f"{one.threshold:.3f}", f"{one.precision:.4f}", f"{one.recall:.4f}", f"{one.f1:.4f}")
            for one in evaluation.labels
        ]
        return [
            ("label", "threshold", "precision", "recall", "F1", "have it", "given it"),
            *(
                (str(one.label), *scores, f"{one.support:,}", f"{one.given:,}")
                for one, scores in zip(evaluation.labels, numbers, strict=True)
            ),
        ]

    def class_scores(self, evaluation: MultiLabelEvaluation) -> Sequence[Any]:
        """See :class:`recurra.tasks.base.Task`."""
        return evaluation.labels

    def card_columns(self) -> dict[str, list[str]]:
        """The thresholds."""
        return {name[:-1]: [f"{value:.3f}" for value in values.tolist()] for name, values in self.tensors.items()}

    def check_training_settings(self, settings: Any) -> None:
        """See :class:`recurra.tasks.base.Task`."""
        for name, value, usual in (
            ("loss", settings.loss, "cross_entropy"),
            ("sampler", settings.sampler, "shuffle"),
        ):
            if value != usual:
                raise SettingsError(
                    f"{name} is {value} for rows of several labels",
                    f"Leave it {usual}; --set class_weights=balanced weighs labels of unequal size.",
                )

    def tuned(self, probabilities: Floats | None, targets: Array | None, classes: int, *, seed: int) -> Self:
        """The task with the thresholds of the highest F1, or 0.5 if there are no rows to choose them on."""
        if probabilities is None or targets is None:
            return type(self)(np.full(classes, DEFAULT_THRESHOLD, dtype=np.float32))
        chosen = tune_thresholds(probabilities, targets, seed=seed)
        return type(self)(chosen.values, chosen)

    @property
    def record(self) -> dict[str, Any]:
        """How the thresholds were chosen."""
        return {"thresholds": self.chosen.to_dict()} if self.chosen else {}

    @property
    def _marks(self) -> npt.NDArray[np.float32]:
        return np.array(DEFAULT_THRESHOLD, dtype=np.float32) if self.thresholds is None else self.thresholds

    def _given(self, probabilities: Floats) -> Flags:
        return np.asarray(probabilities >= self._marks)


def label_weights(settings: Any, targets: Flags) -> npt.NDArray[np.float32]:
    """Weights of rows without each label, and of rows with it, float32[2, C].

    1, or with ``class_weights = balanced`` rows / (2 × rows of that kind), as in scikit-learn's one-vs-rest.

    Args:
        settings: of the training.
        targets: bool[B, C], the labels of all training rows.
    """
    rows, classes = targets.shape
    if settings.class_weights == "none":
        return np.ones((2, classes), dtype=np.float32)
    having = targets.sum(axis=0)
    # If no row has the label, or every row has it, the other kind's weight is never used.
    balanced: npt.NDArray[np.float64] = rows / (2 * np.maximum(np.stack([rows - having, having]), 1))
    return balanced.astype(np.float32)
