"""Predictions in Spark: a function of columns, which loads the model once in each of Spark's Python processes.

from recurra.spark import predict_udf
answer = predict_udf("/shared/news.safetensors")
tickets.withColumn("answer", answer("text")).select("id", "answer.*")
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recurra.batch_prediction.sinks import column_names, written
from recurra.data.content_digest import content_digest
from recurra.errors import ModelFileError, RecurraError, SettingsError
from recurra.kernels.threads import limit_threads
from recurra.runtime import Model, load

# Spark reads the annotations of the function below, so they must not be texts: no annotations from the future here.
if TYPE_CHECKING:
    from pyspark.sql.types import DataType, StructType

__all__ = ["answer_type", "predict_udf"]


def predict_udf(model: str | Path, *, every: bool = False, abstain_below: float | None = None) -> Callable[..., Any]:
    """A Spark function of a text column, or of a title and a text column, for one machine and for clusters.

    Its answers are those of ``recurra score``: a struct of ``label``, ``probability`` and, with ``every``,
    ``probability_CLASS`` for each class; of a multi-label model ``labels`` and these. A null is an empty text. Each
    Python process of Spark loads the model once and computes with one thread, as Spark gives it one processor.

    Args:
        model: path of the model file, at which every machine sees the same file; or ``hf://owner/name``.
        every: whether to return the probability of every class.
        abstain_below: rows whose most probable class is less probable than this get a null as their label; not for
            multi-label models.

    Raises:
        ModelFileError: there is no such file, or it cannot be used.
        SettingsError: ``abstain_below`` is not in (0, 1], or the model is a multi-label one.
        RecurraError: pyspark, pandas or pyarrow is not installed.
    """
    try:
        import pandas as pd
        import pyarrow  # noqa: F401
        from pyspark.sql.functions import pandas_udf
    except ImportError as error:
        raise RecurraError(f"predict_udf needs Spark: {error}", "Run: pip install 'recurra[spark]'.") from None
    from recurra.hub import local_path

    path = str(Path(local_path(str(model))).absolute())
    loaded = load(path)
    below, digest = loaded.checked_abstaining(abstain_below), content_digest(Path(path))

    def answers(batches: Iterator[pd.Series]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            # With one column Spark gives it alone, with several a tuple.
            columns = batch if isinstance(batch, tuple) else (batch,)
            yield pd.DataFrame(_answers(_model(path, digest), columns, every, below))

    return pandas_udf(answers, answer_type(loaded, every=every))  # type: ignore[no-any-return]


def answer_type(model: Model, *, every: bool = False) -> "StructType":
    """The type of the answers: the names and types of their fields.

    Args:
        model: the model.
        every: as for :func:`predict_udf`.
    """
    from pyspark.sql.types import ArrayType, FloatType, StructField, StructType

    label = _label_type(_labels(model))
    first, *others = column_names((), model.bundle.labels.classes, every=every, task=model.task)
    fields = [StructField(first, ArrayType(label) if model.task.lists else label)]
    return StructType([*fields, *(StructField(name, FloatType()) for name in others)])


@functools.cache
def _model(path: str, digest: str) -> Model:
    """The model of this process."""
    limit_threads(1)
    if content_digest(Path(path)) != digest:
        raise ModelFileError(
            f"This machine has another model at {path}", "Put the file where all machines see the same one."
        )
    return load(path)


def _answers(model: Model, columns: Sequence[Any], every: bool, below: float | None) -> dict[str, Any]:
    """The fields of the answers, by name.

    Args:
        model: the model.
        columns: the Series of the texts, or of the titles and texts.
        every: as for :func:`predict_udf`.
        below: likewise.
    """
    if len(columns) > 2:
        raise SettingsError(
            f"The function was given {len(columns)} columns", "Give it the text column, or the title and the text."
        )
    texts = [[value if isinstance(value, str) else _empty(value) for value in column] for column in columns]
    documents: list[Any] = texts[0] if len(texts) == 1 else list(zip(*texts, strict=True))
    probabilities = model.predict_proba(documents)
    names = column_names((), model.bundle.labels.classes, every=every, task=model.task)
    shown = model.task.column_values(probabilities)[:, : len(names) - 1]
    return {
        names[0]: model.task.decide(probabilities, below).labels(_labels(model)),
        **dict(zip(names[1:], shown.T, strict=True)),
    }


def _empty(value: Any) -> str:
    import pandas as pd

    if pd.isna(value) is True:
        return ""
    raise SettingsError(f"{value!r:.80} is no text", "Give the function columns of strings.")


def _labels(model: Model) -> Sequence[Any]:
    """The labels as Spark has them: those that it has no type for as texts."""
    classes = model.bundle.labels.classes
    if all(type(label) is int for label in classes):
        return classes if all(-(1 << 63) <= int(label) < 1 << 63 for label in classes) else [*map(written, classes)]
    return classes if len({type(label) for label in classes}) == 1 else [*map(written, classes)]


def _label_type(labels: Sequence[Any]) -> "DataType":
    from pyspark.sql.types import BooleanType, DoubleType, LongType, StringType

    return {bool: BooleanType(), int: LongType(), float: DoubleType()}.get(type(labels[0]), StringType())
