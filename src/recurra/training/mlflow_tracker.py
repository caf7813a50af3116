"""A training as a run of MLflow: settings, curves, scores, the model, and how it ended."""

from __future__ import annotations

import contextlib
import json
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recurra.atomic import write_atomically
from recurra.bundle import Bundle, digest_of
from recurra.card import model_card
from recurra.errors import RecurraError
from recurra.mlflow import MODEL, load_mlflow, save_model
from recurra.runtime import Model
from recurra.training.callbacks import Callback, FitEnding, FitFacts, TrainingMetrics, ValidationMetrics
from recurra.training.run import CARD
from recurra.version import VERSION

if TYPE_CHECKING:
    from recurra.training.steps.step import StepResults

__all__ = ["RUN", "MLflow"]

RUN = "mlflow.json"
"""The file in a run's folder that names MLflow's run, so that a resumed training goes on with it."""

# Points are sent at each look at the held-out rows, or after so many seconds; MLflow takes so many at once.
SEND_EVERY, AT_ONCE = 10.0, 1000
PARAMETERS_AT_ONCE = 100
STATUS = {"finished": "FINISHED", "interrupted": "KILLED", "failed": "FAILED"}
LARGEST_FILE = 10_000


class MLflow(Callback):
    """Logs a training to MLflow: to the active run, or to one of its own.

    Where it is logged is said to MLflow: ``MLFLOW_TRACKING_URI`` and ``MLFLOW_EXPERIMENT_NAME`` in the environment, or
    ``mlflow.set_tracking_uri``; by default into ``mlflow.db`` and ``mlruns`` in the current folder. If MLflow fails in
    the middle of a training, the training goes on without.

    Args:
        run_name: by default the name of the run's folder.
        say: told in one line if something is not logged; by default a warning.

    Attributes:
        run_id: MLflow's, once it is there.

    Raises:
        ModuleNotFoundError: MLflow is not installed (``pip install 'recurra[mlflow]'``).
    """

    def __init__(self, *, run_name: str | None = None, say: Callable[[str], None] | None = None) -> None:
        self._mlflow = load_mlflow()
        self._run_name, self._say = run_name, say or (lambda message: warnings.warn(message, stacklevel=2))
        self.run_id: str | None = None
        self._client: Any = None
        self._is_own = False
        self._documents, self._known = 0, 0
        self._points: list[Any] = []
        self._sent = time.monotonic()

    def on_fit_begin(self, facts: FitFacts) -> None:
        """Begins the run, and logs settings and tags.

        Raises:
            RecurraError: MLflow cannot be used.
        """
        try:
            self._begin(facts)
        except Exception as error:
            # MLflow's errors are those of databases and of networks, too.
            self._end("FAILED")
            raise RecurraError(
                f"MLflow cannot be used: {_first_line(error)}",
                "Check MLFLOW_TRACKING_URI, or do not track with mlflow.",
            ) from error

    def on_train_begin(self, documents: int, done: int) -> None:
        """Points up to here were logged before a resumed run was interrupted."""
        self._documents = done

    def on_steps_end(self, results: StepResults) -> None:
        """Counts the documents."""
        self._documents += sum(result.documents for result in results.taken)

    def on_log(self, metrics: TrainingMetrics) -> None:
        """Logs loss, accuracy and learning rate."""
        self._add({
            "loss/training": metrics.loss,
            "accuracy/training": metrics.accuracy,
            "learning_rate": metrics.learning_rate,
            "epoch": metrics.epoch,
        })  # fmt: skip
        if time.monotonic() - self._sent > SEND_EVERY:
            self._send()

    def on_validation_end(self, metrics: ValidationMetrics) -> None:
        """Logs loss and accuracy on the rows held out."""
        self._add({"loss/validation": metrics.loss, "accuracy/validation": metrics.accuracy})
        self._send()

    def on_fit_end(self, ending: FitEnding) -> None:
        """Logs the last points, the scores and the model, and ends the run."""
        self._send()
        if ending.bundle is not None:
            self._try(self._log_model, ending.bundle)
        if ending.why:
            self._try(self._client and self._client.set_tag, self.run_id, "recurra.failure", ending.why[:500])
        self._end(STATUS[ending.state])

    def _begin(self, facts: FitFacts) -> None:
        mlflow, before = self._mlflow, self._before(facts)
        active = mlflow.active_run()
        if active is None:
            name = self._run_name or (facts.folder.name if facts.folder else None)
            active = mlflow.start_run(run_id=before, run_name=name)
            self._is_own = True
        self.run_id, self._client = active.info.run_id, mlflow.MlflowClient()
        if before == self.run_id:
            # What comes again is there already.
            points = self._client.get_metric_history(self.run_id, "loss/training")
            self._known = max((point.step for point in points), default=0)
            return
        from mlflow.entities import Param, RunTag

        values = {
            **{name: value for name, value in facts.settings.items() if value is not None},
            "preset": facts.preset,
            "rows": facts.rows,
            "held_out": facts.held_out,
        }
        parameters = [
            Param(name, value if isinstance(value, str) else json.dumps(value)) for name, value in values.items()
        ]
        tags = [RunTag("recurra.version", VERSION), RunTag("recurra.data_sha256", facts.data_sha256)]
        for first in range(0, len(parameters), PARAMETERS_AT_ONCE):
            self._client.log_batch(self.run_id, params=parameters[first : first + PARAMETERS_AT_ONCE], tags=tags)
        if facts.folder is not None and self._is_own:
            write_atomically(facts.folder / RUN, json.dumps({"run_id": self.run_id}).encode())

    def _before(self, facts: FitFacts) -> str | None:
        """MLflow's run that a resumed training began, if its store still has it."""
        if not facts.resumed or facts.folder is None:
            return None
        try:
            with (facts.folder / RUN).open("rb") as file:
                found = json.loads(file.read(LARGEST_FILE))["run_id"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        try:
            run = self._mlflow.MlflowClient().get_run(str(found))
        except self._mlflow.exceptions.MlflowException:
            self._say(f"MLflow has no run {str(found)[:40]} any more: a new one is begun.")
            return None
        return str(run.info.run_id) if run.info.lifecycle_stage == "active" else None

    def _add(self, values: Mapping[str, float]) -> None:
        if self._client is None or self._documents <= self._known:
            return
        from mlflow.entities import Metric

        now = int(1000 * time.time())
        self._points += [Metric(name, value, now, self._documents) for name, value in values.items()]

    def _send(self) -> None:
        points, self._points, self._sent = self._points, [], time.monotonic()
        for first in range(0, len(points), AT_ONCE):
            self._try(self._client.log_batch, self.run_id, metrics=points[first : first + AT_ONCE])

    def _log_model(self, bundle: Bundle) -> None:
        """The scores of the record; the model in MLflow's format, and its card."""
        scores = bundle.record["scores"]["validation"] or {}
        for name, value in scores.items():
            self._client.log_metric(self.run_id, f"scores/{name}", float(value), step=self._documents)
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            save_model(Model(bundle), folder / "model")
            card = model_card(bundle, digest=digest_of(folder / "model" / MODEL))
            (folder / CARD).write_text(card, encoding="utf-8")
            self._client.log_artifacts(self.run_id, made)

    def _end(self, status: str) -> None:
        """Ends a run of its own, also where logging has failed before."""
        if self._is_own:
            self._is_own = False
            with contextlib.suppress(Exception):
                self._mlflow.end_run(status)

    def _try(self, call: Callable[..., Any] | None, *values: Any, **named: Any) -> None:
        """Calls MLflow; what fails there is said once, and ends the tracking but not the training."""
        if self._client is None or call is None:
            return
        try:
            call(*values, **named)
        except Exception as error:
            self._client = None
            self._say(f"MLflow failed, and nothing more is logged: {_first_line(error)}")


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]:.160}"
