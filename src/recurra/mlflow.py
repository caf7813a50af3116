"""Recurra's models in MLflow's format: saved, logged and loaded with the runtime alone (no torch, no pickle).

``mlflow.pyfunc.load_model`` and what serves MLflow's models read them as well: ``predict`` takes texts and gives labels
with probabilities.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import shutil
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recurra.batch_prediction.sinks import column_names
from recurra.bundle import write_bundle
from recurra.data.documents import Document, check_documents
from recurra.errors import DataError, RecurraError, SettingsError
from recurra.folders import made_folder
from recurra.runtime import Model, load
from recurra.version import VERSION

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FLAVOR_NAME", "TextModel", "load_mlflow", "load_model", "log_model", "save_model"]

FLAVOR_NAME = "recurra"
MODEL = "model.safetensors"
REQUIREMENT = f"recurra[mlflow]=={VERSION}"

# Unless the environment says otherwise, MLflow reports its use to its makers, waits minutes for a server that is not
# there, and prints addresses into the output.
_DEFAULTS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}


def load_mlflow() -> Any:
    """The package ``mlflow``, which sends nothing to its makers when it is started here."""
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    try:
        import mlflow
    except ModuleNotFoundError as error:
        if error.name != "mlflow":
            raise
        said = "MLflow is not installed. Run: pip install 'recurra[mlflow]'."
        raise ModuleNotFoundError(said, name=error.name) from None

    logging.getLogger("mlflow").setLevel(logging.WARNING)
    return mlflow


def save_model(
    model: Any,
    path: str | os.PathLike[str],
    mlflow_model: Any = None,
    *,
    signature: Any = None,
    metadata: Mapping[str, Any] | None = None,
) -> None:
    """Writes a model in MLflow's format.

    Args:
        model: a :class:`recurra.Model`, a fitted :class:`recurra.TextClassifier`, or the path of a model file.
        path: a folder that is not there yet, or is empty.
        mlflow_model: the ``mlflow.models.Model`` that this becomes a part of; MLflow itself gives it.
        signature: an ``mlflow.models.ModelSignature``; without one texts and tables are taken alike.
        metadata: of your own, for the file ``MLmodel``.

    Raises:
        SettingsError: ``model`` is none.
        RecurraError: the folder cannot be used.
    """
    mlflow = load_mlflow()
    bundle, folder = _model_of(model).bundle, Path(path).absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RecurraError(f"The folder {folder} is not empty", "Name one that is not there yet.")
    described = mlflow.models.Model() if mlflow_model is None else mlflow_model
    if signature is not None:
        described.signature = signature
    if metadata is not None:
        described.metadata = dict(metadata)
    # Into a folder beside it first: what stands under the name is whole.
    with made_folder(folder.parent), tempfile.TemporaryDirectory(prefix=".", dir=folder.parent) as made:
        part = Path(made) / "model"
        part.mkdir()
        write_bundle(bundle, part / MODEL)
        for name, text in _environment().items():
            (part / name).write_text(text, encoding="utf-8")
        load_pyfunc().add_to_model(
            described, loader_module="recurra.mlflow", data=MODEL, conda_env="conda.yaml", python_env="python_env.yaml"
        )
        described.add_flavor(FLAVOR_NAME, data=MODEL, recurra_version=VERSION)
        described.save(str(part / "MLmodel"))
        if folder.exists():
            folder.rmdir()
        shutil.move(part, folder)


def log_model(model: Any, name: str = "model", **options: Any) -> Any:
    """Logs a model to MLflow's active run; a run is started where there is none.

    Args:
        model: as for :func:`save_model`.
        name: of the model.
        options: of ``mlflow.models.Model.log``, such as ``registered_model_name``, and of :func:`save_model`.

    Returns:
        MLflow's ``ModelInfo``; its ``model_uri`` is what :func:`load_model` takes.
    """
    from recurra import mlflow as flavor

    return load_mlflow().models.Model.log(
        artifact_path=None, name=name, flavor=flavor, model=_model_of(model), **options
    )


def load_model(model_uri: str) -> Model:
    """Loads a model that was saved or logged here.

    Args:
        model_uri: a folder, or an address of MLflow: ``models:/name/1``, ``runs:/ID/model``.

    Raises:
        ModelFileError: the model file is not there or cannot be used.
    """
    folder = load_mlflow().artifacts.download_artifacts(artifact_uri=str(model_uri))
    return load(Path(folder) / MODEL)


def load_pyfunc() -> Any:
    """MLflow's module ``pyfunc``, which needs pandas."""
    load_mlflow()
    with warnings.catch_warnings():
        # It warns of its own annotations.
        warnings.simplefilter("ignore")
        import mlflow.pyfunc

    return mlflow.pyfunc


def _load_pyfunc(path: str) -> TextModel:
    """What ``mlflow.pyfunc.load_model`` calls, with the path of the model file."""
    return TextModel(load(path))


class TextModel:
    """A model as MLflow calls it.

    Args:
        model: that computes the answers.
    """

    def __init__(self, model: Model) -> None:
        self.model = model

    def predict(self, model_input: Any, params: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """Labels with probabilities, a row for each text, in the columns of a file that ``recurra score`` writes.

        Args:
            model_input: B texts as a list, a Series or an array; or a data frame or a dict of columns, of which those
                that the model learned from are read, or the only column.
            params: not used.

        Returns:
            B rows: ``label`` and ``probability`` (for several labels ``labels``, a list, and their number), then
            ``probability_CLASS`` for each class.

        Raises:
            DataError: a text or a column is missing.
        """
        import pandas as pd

        task, classes = self.model.task, self.model.bundle.labels.classes
        found = self.model.predict_proba(self._documents(model_input))
        names = column_names((), classes, every=True, task=task)
        values = task.column_values(found)
        columns = {name: values[:, place] for place, name in enumerate(names[1:])}
        return pd.DataFrame({names[0]: list(task.decide(found).labels(classes)), **columns})

    def _documents(self, given: Any) -> list[Document]:
        if isinstance(given, Mapping) or hasattr(given, "columns"):
            return self._of_table({str(name): list(given[name]) for name in given})
        values = given.tolist() if hasattr(given, "tolist") else [given] if isinstance(given, str) else list(given)
        documents = [one[0] if isinstance(one, list) and len(one) == 1 else one for one in values]
        check_documents(documents)
        return documents

    def _of_table(self, columns: Mapping[str, Sequence[Any]]) -> list[Document]:
        known = self.model.columns
        if known is None or (known.text not in columns and len(columns) == 1 and known.title is None):
            if len(columns) != 1:
                raise DataError(
                    f"The table has the columns {', '.join(columns):.80}, and the model knows no names",
                    "Give one column of texts, or a list of texts.",
                )
            documents = list(*columns.values())
        elif missing := [name for name in (known.title, known.text) if name is not None and name not in columns]:
            raise DataError(
                f"The table has no column {missing[0]!r}; it has {', '.join(columns):.80}",
                "Give the columns that the model learned from.",
            )
        elif known.title is None:
            documents = list(columns[known.text])
        else:
            documents = list(zip(columns[known.title], columns[known.text], strict=True))
        check_documents(documents)
        return documents


def _model_of(model: Any) -> Model:
    if isinstance(model, str | os.PathLike):
        return load(model)
    found = getattr(model, "model_", model)
    if not isinstance(found, Model):
        raise SettingsError(
            f"{model!r:.60} is no model", "Give a recurra.Model, a fitted TextClassifier or the path of a model file."
        )
    return found


def _environment() -> dict[str, str]:
    """The files from which MLflow makes an environment for the model; JSON's lists and texts are YAML's, too."""
    python = platform.python_version()
    conda = {
        "name": "recurra",
        "channels": ["conda-forge"],
        "dependencies": [f"python={python}", "pip", {"pip": [REQUIREMENT]}],
    }
    env = {"python": python, "build_dependencies": ["pip"], "dependencies": ["-r requirements.txt"]}
    return {
        "requirements.txt": f"{REQUIREMENT}\n",
        "conda.yaml": json.dumps(conda, indent=1) + "\n",
        "python_env.yaml": json.dumps(env, indent=1) + "\n",
    }
