"""Each row has one class: softmax, and the most probable class is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Label
from recurra.evaluation import Evaluation
from recurra.evaluation.single_label_scores import SingleLabelRowScores
from recurra.evaluation.temperature import SOFTMAX
from recurra.tasks.base import Task
from recurra.tasks.scores import Score
from recurra.tasks.wording import Wording

if TYPE_CHECKING:
    from recurra.evaluation.confusions import Confusion

__all__ = ["SingleLabel", "class_weights"]

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.floating]


class SingleLabel(Task):
    """See :class:`recurra.tasks.base.Task`. Targets are int64[B]."""

    name = "single_label"
    wording = Wording(
        gives="one label",
        each="class",
        plural="classes",
        whole="the label",
        unlike="several labels",
        rare="Every class has one row",
        right="accuracy",
        summary="gives each of {count} classes its probability",
        use="in one of these {count} classes",
        limit="It always names one of its classes, also for a text that belongs to none of them or is in another "
        "language.",
        doubtful="`recurra check` and `recurra inspect --view doubts` find",
    )
    scores = (
        Score("accuracy", "accuracy", "Rows whose most probable class is the true one.", percent=True),
        Score("macro_f1", "macro F1", "Mean F1 of the classes, each counting alike.", percent=True),
        Score(
            "weighted_f1", "weighted F1", "Mean F1 of the classes, weighted by their rows.", percent=True,
            recorded=False, printed=False,
        ),
        Score("log_loss", "log loss", "Mean surprise at the true class, −log p in nats; 0 is perfect."),
        Score(
            "ece", "calibration error",
            "Mean gap between probability and share that is right (ECE, 15 bins); 0 is perfect.",
            card="expected calibration error", short="ECE",
        ),
    )  # fmt: skip
    comparison_scores = ("accuracy", "macro_f1", "log_loss")
    views = counts_unknown = True
    link_name = kernel = "softmax"
    link = SOFTMAX
    on_device = True
    torch = "recurra.tasks.single_label_torch"
    compiled = "recurra.tasks.single_label_compiled"
    page = "recurra.report.single_label_part"

    def probabilities(self, logits: Floats) -> Floats:
        """Softmax."""
        # Two logits may differ by more than float32 holds: then the smaller one's probability is 0.
        with np.errstate(over="ignore"):
            powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))

    def evidence(self, logits: Floats) -> npt.NDArray[np.float64]:
        """Logits minus their mean, to which softmax is invariant: a row's sum is 0."""
        wide = logits.astype(np.float64)
        return np.asarray(wide - wide.mean(axis=1, keepdims=True))

    def attribution_target(
        self, logits: npt.NDArray[np.float64], target: int | None
    ) -> tuple[int, npt.NDArray[np.float64]]:
        """The class's logit minus the mean of all logits."""
        chosen = int(logits.argmax()) if target is None else target
        direction = np.full(len(logits), -1 / len(logits))
        direction[chosen] += 1
        return chosen, direction

    def scoring(
        self, probabilities: Floats, targets: Array, classes: Sequence[Label], unknown: Sequence[Any] = ()
    ) -> SingleLabelRowScores:
        """See :class:`recurra.tasks.base.Task`."""
        return SingleLabelRowScores(probabilities, targets, classes, unknown=unknown)

    def class_table(self, evaluation: Evaluation) -> list[tuple[str, ...]]:
        """Precision, recall, F1 and rows."""
        return [
            ("class", "precision", "recall", "F1", "rows"),
            *(
                (str(one.label), f"{one.precision:.4f}", f"{one.recall:.4f}", f"{one.f1:.4f}", f"{one.support:,}")
                for one in evaluation.classes
            ),
        ]

    def class_scores(self, evaluation: Evaluation) -> Sequence[Any]:
        """See :class:`recurra.tasks.base.Task`."""
        return evaluation.classes

    def confusions(self, evaluation: Evaluation, top: int) -> list[Confusion]:
        """See :class:`recurra.tasks.base.Task`."""
        from recurra.evaluation.confusions import top_confusions

        return top_confusions(evaluation.confusion, [one.label for one in evaluation.classes], top)


def class_weights(settings: Any, targets: npt.NDArray[np.int64], classes: int) -> npt.NDArray[np.float32]:
    """Weight of each class, float32[C]: 1, or with ``balanced`` rows / (classes × rows of the class).

    Args:
        settings: of the training.
        targets: int64[B], the classes of all training rows.
        classes: C.
    """
    if settings.class_weights == "none":
        return np.ones(classes, dtype=np.float32)
    rows = np.bincount(targets, minlength=classes)
    # The weight of a class without a training row is never used.
    balanced: npt.NDArray[np.float64] = len(targets) / (np.count_nonzero(rows) * np.maximum(rows, 1))
    return balanced.astype(np.float32)
