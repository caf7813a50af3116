"""A task of your own, outside the package: labels that have an order, such as stars.

Cumulative logits (McCullagh 1980, "Regression Models for Ordinal Data"): P(y > k) is the sigmoid of a sequence that
falls with k, a_0 less the softplus of each further output up to k. The median is given, which errs least in steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra import tasks

Floats = npt.NDArray[np.floating]


class Ordinal(tasks.Task):
    """See :class:`recurra.tasks.Task`: C classes in their order have C - 1 outputs."""

    name = "ordinal"
    wording = tasks.Wording(
        gives="one label of an order",
        each="label",
        plural="labels",
        whole="the label",
        unlike="several labels",
        rare="Every label has one row",
        right="accuracy",
        summary="gives it one of {count} labels that have an order",
        use="with one of these {count} labels",
        limit="It always gives one of its labels.",
        doubtful="`recurra check` finds",
    )
    scores = (
        tasks.Score("mean_absolute_error", "mean absolute error", "Steps between the label given and the true one."),
        *tasks.Task.scores,
    )
    link_name = "cumulative logits"
    torch = "ordinal_torch"

    def outputs(self, classes: int) -> int:
        return classes - 1

    def probabilities(self, logits: Floats) -> Floats:
        falling = logits.copy()
        falling[:, 1:] = logits[:, :1] - np.cumsum(np.logaddexp(0, logits[:, 1:]), axis=1)
        above = 1 / (1 + np.exp(-np.clip(falling, -80, 80)))
        whole = np.ones((len(logits), 1), dtype=logits.dtype)
        return np.asarray(-np.diff(np.concatenate([whole, above, 0 * whole], axis=1), axis=1))

    def leading(self, probabilities: Floats) -> npt.NDArray[np.int64]:
        return np.asarray((np.cumsum(probabilities, axis=1) < 0.5).sum(axis=1).clip(max=probabilities.shape[1] - 1))

    def row_scores(self, probabilities: Floats, targets: npt.NDArray[Any]) -> dict[str, npt.ArrayLike]:
        steps = np.abs(self.leading(probabilities) - targets)
        return {"mean_absolute_error": steps, **super().row_scores(probabilities, targets)}

    def sections(self, evaluation: Any, predictions: tasks.Predictions) -> Sequence[tasks.Section]:
        steps = np.abs(self.leading(predictions.probabilities) - predictions.targets)
        rows = [(f"{k} steps off", f"{int((steps == k).sum()):,}") for k in range(len(predictions.classes))]
        return [tasks.Section("How far off", "Rows by the steps to the true label.", ("", "rows"), rows)]


tasks.register(Ordinal())
