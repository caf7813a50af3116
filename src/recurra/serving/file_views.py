"""``GET /v1/flags`` and the other views: what :mod:`recurra.inspection` finds in a whole file."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NamedTuple

from starlette.responses import Response

from recurra import inspection
from recurra.runtime import Model
from recurra.serving.background_results import BackgroundResults
from recurra.serving.http_errors import RequestError
from recurra.serving.model_registry import ModelRegistry

if TYPE_CHECKING:
    from recurra.data.table import Table

__all__ = ["DOUBTED", "EXAMPLES", "VIEWS", "FileViews", "View"]

# Rows of each reason in a queue, and of each side of all pairs of models together: more would be many megabytes.
DOUBTED, EXAMPLES = 200, 400

_log = logging.getLogger(__name__)


class View(NamedTuple):
    """A view of a whole file.

    Attributes:
        function: name of the function of :mod:`recurra.inspection` that computes it from a model and a table.
        summary: what it shows.
    """

    function: str
    summary: str


VIEWS = {
    "flags": View("flags", "Units that a word switches on and that stay on, and their effect on accuracy"),
    "states": View("states", "Trajectories of documents in the first principal components of the states"),
    "doubts": View("label_issues", "Label issues: confident mistakes, suspected label errors and near-duplicates"),
    "gradients": View("gradients", "Gradient flow: how far back the gradient of the loss reaches"),
    "confusions": View(
        "confusions",
        "Scores, confusion matrix with the rows of its cells (for several labels a row: true and false positives and "
        "negatives of each label), and reliability diagram",
    ),
}


class FileViews:
    """Views of the models over one labelled file.

    Args:
        registry: the models.
        results: computes them in the background, and keeps them.
        data: the file's rows; ``None`` if the service was given none.
    """

    def __init__(self, registry: ModelRegistry, results: BackgroundResults, data: Table | None) -> None:
        self._registry, self._results = registry, results
        # Messages about the rows go to whoever asks: they name the file, and never where it lies on this machine.
        self._data = None if data is None else replace(data, source=PurePath(data.source).name or data.source)

    def answer(self, view: str, model: str | None) -> Response:
        """A view of a model, or 202 while it is being computed.

        Args:
            view: one of ``VIEWS``.
            model: name of the model; ``None`` is the first.

        Raises:
            RequestError: 404, there is no such model, or there are no rows.
        """
        name = self._registry.resolve(model)
        make = partial(_found, VIEWS[view].function, name, self._registry.models[name], self.rows(view))
        return self._results.answer(view, name, make)

    def compare(self) -> Response:
        """The models side by side on the file, or 202 while that is being computed.

        Only models of the same task can be compared: the first task that two or more models share is taken, and models
        of other tasks are left out.

        Raises:
            RequestError: 404, there are no rows.
        """
        models = self._registry.models
        kinds = dict.fromkeys(one.task.name for one in models.values())
        alike = [{name: one for name, one in models.items() if one.task.name == kind} for kind in kinds]
        compared = next((some for some in alike if len(some) > 1), models)
        return self._results.answer("compare", "", partial(_compared, compared, self.rows("compare")))

    def rows(self, view: str) -> Table:
        """The file's rows.

        Raises:
            RequestError: 404, there are none.
        """
        if self._data is None:
            raise RequestError(
                404,
                f"The view {view!r} needs labelled rows, and this service was given none",
                "Start it with --data, such as: recurra serve MODEL --data test.csv",
            )
        return self._data


def _found(function: str, name: str, model: Model, data: Table) -> Any:
    # What is said of the rows stands in the notes, and not in a warning.
    more: dict[str, Any] = {"say": _log.debug, "top": DOUBTED} if function == "label_issues" else {}
    return getattr(inspection, function)(model, data, name=name, **more).to_dict()


def _compared(models: Mapping[str, Model], data: Table) -> Any:
    pairs = max(1, len(models) * (len(models) - 1) // 2)
    return inspection.compare(models, data, examples=max(5, EXAMPLES // pairs)).to_dict()
